-- Changes an account and, in the same call, ends the sessions that may not outlive the change.
-- ARGV  2 password hash that the account must still have, or ''  3 which sessions end (none, others, all)
--       4 session spared by others  5 reason  6 'delete', or ''  7 ... fields and values
-- Answers {'updated', user, ended ids}, {'missing'}, or {'stale'} for another password hash.

local now, user = clock(), read(name('user'))
if not user.id or user.deleted then return {'missing'} end
if ARGV[2] ~= '' and user.password ~= ARGV[2] then return {'stale'} end
if ARGV[6] == 'delete' then redis.call('DEL', name('user')) end
if #ARGV > 6 then redis.call('HSET', name('user'), unpack(ARGV, 7)) end
local ended = ARGV[3] == 'none' and {} or end_sessions(ARGV[3] == 'others' and ARGV[4], ARGV[5], now)
return {'updated', redis.call('HGETALL', name('user')), ended}
