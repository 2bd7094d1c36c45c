-- Creates an account unless it exists.
-- ARGV  2 that its owner makes it (details as JSON), or ''  3 ... fields and values
-- Answers 1, or 0 if there is (or was) such an account.

if redis.call('EXISTS', name('user')) == 1 then return 0 end
redis.call('HSET', name('user'), unpack(ARGV, 3))
local user = read(name('user'))
audit('account_created', { details = cjson.encode({ username = user.username, roles = user.roles }) })
if ARGV[2] ~= '' then audit('registered', { details = ARGV[2] }) end
-- Not of the first admin, whom the service makes by itself.
if call_by ~= 'system' and string.find(' ' .. (user.roles or '') .. ' ', ' admin ', 1, true) then
  audit('role_changed', { details = cjson.encode({ from = '', to = user.roles }), alarm = true })
end
return 1
