-- Removes a group that was closed. Who was ever a member stays noted.
-- KEYS[1]  base name of all groups  ARGV[2]  name
-- Answers 1, or 0 if another one of that name was created since.

local key = KEYS[1] .. ':group:' .. ARGV[2]
if redis.call('HEXISTS', key, 'making') == 1 or redis.call('HEXISTS', key, 'term') == 1 then return 0 end
redis.call('DEL', key)
redis.call('ZREM', KEYS[1] .. ':names', ARGV[2])
audit('group_deleted', { details = cjson.encode({ group = ARGV[2] }) })
return 1
