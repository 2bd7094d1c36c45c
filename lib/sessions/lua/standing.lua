-- What is true of a session and its account now.
-- KEYS[1]  base name of the user  ARGV[1]  session id
-- Answers JSON: [end of the session or false, fields and values of the account]; one string is read several
-- times as fast as a list of them, and this is asked on every call of the API.

local ends = redis.call('HGET', KEYS[1] .. ':session:' .. ARGV[1], 'end')
return cjson.encode({ends, redis.call('HGETALL', KEYS[1] .. ':user')})
