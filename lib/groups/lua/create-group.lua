-- Creates a group unless there is one of that name; it takes no members before it is opened.
-- KEYS[1]  base name of all groups  ARGV  2 name  3 ... fields and values
-- Answers 1, or 0 if there is such a group.

local key = KEYS[1] .. ':group:' .. ARGV[2]
if redis.call('EXISTS', key) == 1 then return 0 end
redis.call('HSET', key, unpack(ARGV, 3))
redis.call('ZADD', KEYS[1] .. ':names', 0, ARGV[2])
audit('group_created', { details = cjson.encode({ group = ARGV[2] }) })
return 1
