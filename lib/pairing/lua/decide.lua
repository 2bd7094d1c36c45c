-- Approves or denies a pairing that waits; whoever comes first decides.
-- ARGV  2 'approved' or 'denied'  3 user  4 id of the API token, or ''
-- Answers 'decided', or the state that stands against it: 'used', 'expired' or 'unknown'.

local state = state_of(read(base), clock())
if state ~= 'pending' then return state end
redis.call('HSET', base, 'state', ARGV[2], 'user', ARGV[3], 'token', ARGV[4])
return 'decided'
