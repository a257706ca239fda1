-- What wrk sends: a request with an ordinary client's headers, and the keys of all subscriptions in turn. BENCH_PATH
-- and BENCH_KEYS (a file with a key on each line) say which.
local requests, next = {}, 0

function init()
  for key in io.lines(os.getenv("BENCH_KEYS")) do
    requests[#requests + 1] = wrk.format("GET", os.getenv("BENCH_PATH"), {
      ["Host"] = "127.0.0.1",
      ["User-Agent"] = "bench/1.0",
      ["Accept"] = "application/json",
      ["Accept-Encoding"] = "gzip, deflate, br",
      ["Traceparent"] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
      ["Ocp-Apim-Subscription-Key"] = key,
    })
  end
end

function request()
  next = next % #requests + 1
  return requests[next]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format('RESULT {"requests": %d, "microseconds": %d, "bytes": %d, "refused": %d, "failed": %d, "p50": %.1f, "p99": %.1f}\n',
    summary.requests, summary.duration, summary.bytes, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout, latency:percentile(50), latency:percentile(99)))
end
