-- What is true of a session and its account now.
-- KEYS[1]  base name of the user  ARGV[1]  session id
-- Answers JSON: [when the session lapses or 0, its transport, its generation, fields and values of the account]; one
-- string is read several times as fast as a list of them, and this is asked on every call of the API.

local s = redis.call('HMGET', KEYS[1] .. ':session:' .. ARGV[1], 'exp', 'access_exp', 'transport', 'gen')
local lapse = math.max(tonumber(s[1] or 0), tonumber(s[2] or 0))
return cjson.encode({string.format('%.0f', lapse), s[3], s[4], redis.call('HGETALL', KEYS[1] .. ':user')})
