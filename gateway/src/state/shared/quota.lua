-- Spends from a quota: the decision that `Quota` makes in memory, in one step for all gateways.
-- KEYS: the counter. ARGV: the time in milliseconds, or nothing for the server's; the period: `endless`, `first`
-- (seconds), `since` (moment, seconds), `between` (moment, moment), or `none` to count in the period that is; its two
-- numbers; the calls and bytes allowed, or nothing for as many as one likes; the calls and bytes to count.
-- Answers 0 and the calls used, or what is used up (1 calls, 2 bytes) and the seconds to wait, -1 for ever.
local MONTH = 2592000000
local FAR = 315360000000

local now = tonumber(ARGV[1])
if not now then
    local time = redis.call('TIME')
    now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local kind, one, two = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local calls, bytes = tonumber(ARGV[5]), tonumber(ARGV[6])
local raw = redis.call('GET', KEYS[1])
local state = raw and cmsgpack.unpack(raw)

local function keep()
    local ends = state[4]
    if not ends or ends - now > FAR then
        redis.call('SET', KEYS[1], cmsgpack.pack(state))
    else
        -- Periods that follow the first call go on when one is over.
        local stays = kind == 'first' and MONTH or 0
        redis.call('SET', KEYS[1], cmsgpack.pack(state), 'PX', math.max(1, ends - now + stays))
    end
end

local function window(first, seconds)
    local length = math.max(1, seconds) * 1000
    local start = now - (now - first) % length
    return { 0, 0, start, start + length }
end

if kind == 'none' then
    if state then
        state[1], state[2] = state[1] + tonumber(ARGV[7]), state[2] + tonumber(ARGV[8])
        redis.call('SET', KEYS[1], cmsgpack.pack(state), 'KEEPTTL')
    end
    return { 0, state and state[1] or 0 }
end

local started = state and state[3]
if not state or (state[4] and state[4] <= now) then
    if kind == 'endless' then state = { 0, 0, started or now, false }
    elseif kind == 'first' then state = window(started or now, one)
    elseif kind == 'since' then state = window(one, two)
    else state = { 0, 0, one, two } end
end
local up = 0
if calls and state[1] >= calls then up = 1 elseif bytes and state[2] >= bytes then up = 2 end
if up == 0 then
    state[1], state[2] = state[1] + tonumber(ARGV[7]), state[2] + tonumber(ARGV[8])
end
keep()
if up == 0 then return { 0, state[1] } end
return { up, state[4] and math.max(1, math.ceil((state[4] - now) / 1000)) or -1 }
