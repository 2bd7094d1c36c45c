-- Ends sessions of one user.
-- ARGV  2 which (one, others, all)  3 session id that is ended, or spared by others  4 reason
--       5 jti of a refresh token that must be the session's current one and not expired, or ''
-- Answers {'ended', ids} or {'refused'} if the jti was given and is not that.

local which, sid, reason, proof, now = ARGV[2], ARGV[3], ARGV[4], ARGV[5], clock()
if proof ~= '' then
  local s = read(name('session', sid))
  if s.jti ~= proof or tonumber(s.exp) <= now then return {'refused'} end
end
if which == 'one' then return {'ended', end_session(sid, reason, now) and {sid} or {}} end
return {'ended', end_sessions(which == 'others' and sid, reason, now)}
