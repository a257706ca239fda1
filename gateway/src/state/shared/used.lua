-- Tells what was used of a quota, as `Quota::used` does in memory.
-- KEYS: the counter. ARGV: the time in milliseconds, or nothing for the server's; when the period must have begun, or
-- nothing for any; the calls and bytes to set, or nothing to leave them.
-- Answers 1, the calls, the bytes, when the period began and when it ends, -1 for never; 0 without a counter.
local now = tonumber(ARGV[1])
if not now then
    local time = redis.call('TIME')
    now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local start, calls, bytes = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local raw = redis.call('GET', KEYS[1])
local state = raw and cmsgpack.unpack(raw)
if not state or (state[4] and state[4] <= now) or (start and start ~= state[3]) then
    return { 0, 0, 0, 0, 0 }
end
if calls or bytes then
    state[1], state[2] = calls or state[1], bytes or state[2]
    redis.call('SET', KEYS[1], cmsgpack.pack(state), 'KEEPTTL')
end
return { 1, state[1], state[2], state[3], state[4] or -1 }
