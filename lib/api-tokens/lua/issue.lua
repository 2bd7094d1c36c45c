-- Issues an API token, unless the limits say no: decided and recorded in one call.
-- ARGV  2 id  3 most within a day, 0 for any number  4 cooldown ms  5 '1' to end all others  6 expiry ms  7 ... fields and values
-- Answers JSON: ['issued', now, used within a day, next ms, ended ids], ['refused', now, used, next ms, reason], ['inactive'] or ['past', now].

local now, id, limit, cooldown, expires = clock(), ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[6])
if redis.call('HGET', name('user'), 'active') ~= '1' then return cjson.encode({'inactive'}) end
if expires <= now then return cjson.encode({'past', int(now)}) end
sweep(now)
local used, next_at, reason = eligibility(limit, cooldown, now)
if reason ~= '' then return cjson.encode({'refused', int(now), used, next_at, reason}) end

local ended = {}
if ARGV[5] == '1' then
  for _, place in ipairs(redis.call('ZRANGE', list('active'), 0, -1)) do
    if end_token(id_in(place), 'revoked', 'new_token_generated', now) then ended[#ended + 1] = id_in(place) end
  end
end

local place = string.format('%015.0f:%s', now, id)
local key, till = name('api-token', id), expires + KEPT
redis.call('HSET', key, 'id', id, 'place', place, 'created', int(now), 'expires', int(expires), 'ended', '', 'used', '', unpack(ARGV, 7))
redis.call('PEXPIREAT', key, int(till))
put('all', 0, place, till)
put('active', 0, place, till)
put('expiring', expires, place, till)
redis.call('ZADD', list('issued'), int(now), id)
redis.call('PEXPIRE', list('issued'), int(math.max(DAY, cooldown)))
local token = read(key)
audit('api_token_issued', { details = cjson.encode({ token = id, datasets = token.datasets, scope = token.scope }) })
used, next_at = eligibility(limit, cooldown, now)
return cjson.encode({'issued', int(now), used, next_at, ended})
