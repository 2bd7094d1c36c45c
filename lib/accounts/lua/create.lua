-- Creates an account unless it exists.
-- ARGV  2 ... fields and values
-- Answers 1, or 0 if there is (or was) such an account.

if redis.call('EXISTS', name('user')) == 1 then return 0 end
redis.call('HSET', name('user'), unpack(ARGV, 2))
local user = read(name('user'))
audit('account_created', { details = cjson.encode({ username = user.username, roles = user.roles }) })
return 1
