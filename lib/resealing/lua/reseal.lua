-- Puts in place what was sealed anew for a user, wherever nobody has written something else meanwhile.
-- KEYS[1]  base name of the user  ARGV  1 the field former as it was  2 as it is to be
--          3 ... name of a hash, field, its value as it was and as it is to be
-- Answers 1, or 0 if the account is gone or has another field former.

local key = KEYS[1] .. ':user'
local user = redis.call('HMGET', key, 'id', 'deleted', 'former')
if not user[1] or user[2] or (user[3] or '') ~= ARGV[1] then return 0 end
redis.call('HSET', key, 'former', ARGV[2])
for i = 3, #ARGV, 4 do
  local hash = KEYS[1] .. ':' .. ARGV[i]
  if redis.call('HGET', hash, ARGV[i + 1]) == ARGV[i + 2] then redis.call('HSET', hash, ARGV[i + 1], ARGV[i + 3]) end
end
return 1
