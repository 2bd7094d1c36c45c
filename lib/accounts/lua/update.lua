-- Changes an account and, in the same call, ends the sessions that may not outlive the change.
-- ARGV  2 fields that must still have these values (JSON object)  3 which sessions end (none, others, all)
--       4 session spared by others  5 reason  6 'delete', 'verify' or ''  7 ... fields and values
-- Answers {'updated', user, ended ids, entry of the e-mail address before}, {'missing'}, or {'stale'} if a field has another value.

local now, user = clock(), read(name('user'))
if not user.id or user.deleted then return {'missing'} end
for field, value in pairs(cjson.decode(ARGV[2])) do
  if user[field] ~= value then return {'stale'} end
end

local fields, reason = {}, ARGV[5]
for i = 7, #ARGV, 2 do fields[ARGV[i]] = ARGV[i + 1] end

local function differs(field) return fields[field] and fields[field] ~= (user[field] or '') end

local function tell_changes()
  if differs('roles') then audit('role_changed', { details = cjson.encode({ from = user.roles or '', to = fields.roles }), alarm = true }) end
  if differs('active') then audit(fields.active == '1' and 'account_activated' or 'account_deactivated', {}) end
  -- Without a reason it is the same password with another hash.
  if differs('password') and reason ~= '' then audit('password_changed', { reason = reason }) end
  if differs('unlocked') and not fields.password then audit('account_unlocked', {}) end
  local members = {}
  for _, field in ipairs({'fullname', 'email', 'verified'}) do if differs(field) then members[#members + 1] = field end end
  if #members > 0 then audit('account_changed', { details = cjson.encode({ members = members }) }) end
end

if ARGV[6] == 'verify' then audit('email_verified', {}) end
if ARGV[6] == 'delete' then
  redis.call('DEL', name('user'))
  audit('account_deleted', { details = cjson.encode({ username = user.username }) })
else
  tell_changes()
end
if #ARGV > 6 then redis.call('HSET', name('user'), unpack(ARGV, 7)) end
local ended = ARGV[3] == 'none' and {} or end_sessions(ARGV[3] == 'others' and ARGV[4], reason, now)
return {'updated', redis.call('HGETALL', name('user')), ended, user.email_entry or ''}
