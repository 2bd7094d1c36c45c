-- Makes an account a member of a group, or no member of it.
-- KEYS[1]  base name of the user  ARGV  2 'join' or 'leave'  3 name of the group
-- Answers 'changed', 'same' if it was so already, or 'missing'.

local key = KEYS[1] .. ':user'
local found = redis.call('HMGET', key, 'id', 'deleted', 'groups')
if not found[1] or found[2] then return 'missing' end
local kept, was = {}, false
for group in string.gmatch(found[3] or '', '%S+') do
  if group == ARGV[3] then was = true else kept[#kept + 1] = group end
end
if was == (ARGV[2] == 'join') then return 'same' end
if not was then kept[#kept + 1] = ARGV[3] end
redis.call('HSET', key, 'groups', table.concat(kept, ' '))
audit(was and 'group_left' or 'group_joined', { details = cjson.encode({ group = ARGV[3] }) })
return 'changed'
