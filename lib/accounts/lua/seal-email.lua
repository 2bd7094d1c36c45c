-- Replaces an e-mail address by another form of the same one.
-- KEYS[1]  base name of the user  ARGV  1 the address as it is stored  2 as it is to be  3 its entry in the index
-- Answers 1, or 0 if the account has another address by now.

local key = KEYS[1] .. ':user'
if redis.call('HGET', key, 'email') ~= ARGV[1] then return 0 end
redis.call('HSET', key, 'email', ARGV[2], 'email_entry', ARGV[3])
return 1
