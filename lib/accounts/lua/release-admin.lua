-- Takes an account off the set of active admins unless it is the last one.
-- KEYS[1]  the set  ARGV[1]  user id
-- Answers 1 if the account is not in the set (any more), 0 if it is the last one.

if redis.call('SISMEMBER', KEYS[1], ARGV[1]) == 0 then return 1 end
if redis.call('SCARD', KEYS[1]) == 1 then return 0 end
redis.call('SREM', KEYS[1], ARGV[1])
return 1
