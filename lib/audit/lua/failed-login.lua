-- Counts a failed login of an account, or from an address, and records it.
-- ARGV  2 name of the counter  3 how many within the window are an attack  4 window ms  5 '1' to record the failure itself
--       6 why it failed  7 what is being attacked, should it be an attack

local counter = KEYS[1] .. ':' .. ARGV[2]
local failures = redis.call('INCR', counter)
if failures == 1 then redis.call('PEXPIRE', counter, ARGV[4]) end
if ARGV[5] == '1' then audit_minor('login_failed', { reason = ARGV[6] }) end
-- Told at the threshold and at each doubling: a long attack is a few events.
local times = failures / tonumber(ARGV[3])
if times >= 1 and 2 ^ math.floor(math.log(times) / math.log(2) + 0.5) == times then
  audit('brute_force', { reason = ARGV[7], details = cjson.encode({ failures = failures }), alarm = true })
end
