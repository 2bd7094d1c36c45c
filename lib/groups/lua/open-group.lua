-- Opens a group to members, if it is still the one that was created and nobody is deleting it.
-- KEYS[1]  base name of all groups  ARGV  1 name  2 term of the group
-- Answers 1, or 0 if it is gone.

local key = KEYS[1] .. ':group:' .. ARGV[1]
if redis.call('HGET', key, 'making') ~= ARGV[2] then return 0 end
redis.call('HDEL', key, 'making')
redis.call('HSET', key, 'term', ARGV[2])
return 1
