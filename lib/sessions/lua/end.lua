-- Ends sessions of one user.
-- ARGV  2 which (one, others, all)  3 session id that is ended, or spared by others  4 reason
--       5 jti of a refresh token that must be the session's current one and not expired, or ''
--       6 transport that the session must have unless it is gone, or ''
-- Answers {'ended', ids} or {'refused'} if the jti or the transport was given and is not that.

local which, sid, reason, proof, transport, now = ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6], clock()
local s = read(name('session', sid))
if transport ~= '' and s.gen and lapse_of(s) > now and s.transport ~= transport then return {'refused'} end
if proof ~= '' then
  if s.jti ~= proof or tonumber(s.exp) <= now then return {'refused'} end
end
if which == 'one' then return {'ended', end_session(sid, reason, now) and {sid} or {}} end
return {'ended', end_sessions(which == 'others' and sid, reason, now)}
