-- Whether a token would be issued now.
-- ARGV  2 most within a day, 0 for any number  3 cooldown ms
-- Answers {now, used within a day, next ms, reason or ''}.

local now = clock()
local used, next_at, reason = eligibility(tonumber(ARGV[2]), tonumber(ARGV[3]), now)
return {int(now), used, next_at, reason}
