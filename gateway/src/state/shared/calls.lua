-- Counts a call of a rate limit: the decision that `Calls` makes in memory, in one step for all gateways.
-- KEYS: the counter. ARGV: the time in milliseconds, or nothing for the server's; `window` or `bucket`; the calls; the
-- period in seconds; for how much there must be room, or nothing to count in any case; how much is counted, or nothing.
-- Answers the calls that are left, or -1 and the seconds to wait.
local LONGEST = 300000
local PARTS = 1000000

local now = tonumber(ARGV[1])
if not now then
    local time = redis.call('TIME')
    now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local calls, period, wanted, counted =
    tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local raw = redis.call('GET', KEYS[1])
local state = raw and cmsgpack.unpack(raw) or {}

local function keep()
    redis.call('SET', KEYS[1], cmsgpack.pack(state), 'PX', LONGEST)
end

local function seconds(millis)
    return math.max(1, math.ceil(millis / 1000))
end

local function bucket()
    local missing, elapsed = state[1] or 0, math.max(0, now - (state[2] or now))
    if elapsed >= LONGEST then
        missing = 0
    else
        -- calls * elapsed * 1000 / period, in steps that numbers hold exactly.
        local whole = math.floor(calls / period)
        local rest = math.floor((calls - whole * period) * elapsed * 1000 / period)
        missing = math.max(0, missing - whole * elapsed * 1000 - rest)
    end
    local answer = { 0, 0 }
    if wanted then
        local left = math.max(0, calls * PARTS - missing) - wanted * PARTS
        if left >= 0 then
            answer[1] = math.floor(left / PARTS)
        elseif calls > 0 then
            answer = { -1, seconds(math.floor(-left * period / (calls * 1000))) }
        else
            answer = { -1, seconds(period * 1000) }
        end
    end
    if counted and answer[1] >= 0 then
        missing = missing + counted * PARTS
    end
    state = { missing, now }
    keep()
    return answer
end

-- Pairs of the moment when the first call of a second came, and how many came in it.
local function window()
    local length = period * 1000
    while state[1] and state[1] + math.max(LONGEST, length) <= now do
        table.remove(state, 1)
        table.remove(state, 1)
    end
    local used = 0
    for at = 1, #state, 2 do
        if state[at] + length > now then used = used + state[at + 1] end
    end
    if wanted and used + wanted > calls then
        for at = 1, #state, 2 do
            if state[at] + length > now then
                used = used - state[at + 1]
                if used + wanted <= calls then return { -1, seconds(state[at] + length - now) } end
            end
        end
        return { -1, math.max(1, period) }
    end
    if counted then
        local last = #state - 1
        if last > 0 and now - state[last] < 1000 then
            state[last + 1] = state[last + 1] + counted
        else
            state[#state + 1] = now
            state[#state + 1] = counted
        end
        keep()
    end
    return { math.max(0, calls - used - (wanted or 0)), 0 }
end

if ARGV[2] == 'bucket' then return bucket() end
return window()
