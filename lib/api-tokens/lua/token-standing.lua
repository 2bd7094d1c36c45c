-- What is true of an API token and its owner now; notes at most once a minute that it was used.
-- KEYS[1]  base name of the user  ARGV  1 skew ms  2 id, or '' to ask of no API token
--       3 jti of an access token that was issued for a client, or ''
-- Answers JSON: ['good', 'ended' or 'unknown', fields and values of the account].

local key = KEYS[1] .. ':api-token:' .. ARGV[2]
local ended, used = '', nil
if ARGV[2] ~= '' then ended, used = unpack(redis.call('HMGET', key, 'ended', 'used')) end
local state = not ended and 'unknown' or ended == '' and 'good' or 'ended'
if ARGV[3] ~= '' and redis.call('EXISTS', KEYS[1] .. ':ended-access:' .. ARGV[3]) == 1 then state = 'ended' end
if state == 'good' and used then
  local time = redis.call('TIME')
  local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000) + tonumber(ARGV[1])
  if used == '' or now - tonumber(used) >= 60000 then redis.call('HSET', key, 'used', string.format('%.0f', now)) end
end
return cjson.encode({state, redis.call('HGETALL', KEYS[1] .. ':user')})
