-- Records an event that is no part of another transition.
-- ARGV  2 'major' or 'minor'  3 action  4 session, or '' for that of the call  5 reason  6 details as JSON or ''  7 '1' for an alarm

local write = ARGV[2] == 'minor' and audit_minor or audit
write(ARGV[3], { session = ARGV[4] ~= '' and ARGV[4] or nil, reason = ARGV[5], details = ARGV[6], alarm = ARGV[7] == '1' })
