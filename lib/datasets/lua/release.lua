-- Gives a lease back.
-- KEYS[1]  the scan  ARGV  1 fence
-- Answers 1 if it was held without a break, 0 if somebody has taken it meanwhile.

local key = KEYS[1] .. ':lease'
if redis.call('HGET', key, 'fence') ~= ARGV[1] then return 0 end
redis.call('HSET', key, 'released', ARGV[1])
return 1
