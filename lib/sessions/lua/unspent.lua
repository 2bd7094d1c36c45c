-- Whether a refresh token would be rotated if it came now; nothing is changed.
-- ARGV  2 session id  3 jti  4 how it would come
-- Answers JSON: [true or false, fields and values of the account].

local now = clock()
local s = read(name('session', ARGV[2]))
local is = s.jti == ARGV[3] and s.transport == ARGV[4] and tonumber(s.exp) > now and redis.call('EXISTS', name('refresh', ARGV[3])) == 1
return cjson.encode({is, redis.call('HGETALL', name('user'))})
