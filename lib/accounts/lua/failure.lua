-- Counts a failed attempt of one account from one address.
-- KEYS[1]  the counter of that pair
-- ARGV  1 skew ms  2 attempts that are free  3 longest wait ms  4 how long a failure is remembered ms
-- After the free attempts each further one doubles the wait: 1, 2, 4 ... seconds.

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000) + tonumber(ARGV[1])
local failures = redis.call('HINCRBY', KEYS[1], 'failures', 1)
local over = failures - tonumber(ARGV[2])
local wait = over < 0 and 0 or math.min(1000 * 2 ^ math.min(over, 30), tonumber(ARGV[3]))
redis.call('HSET', KEYS[1], 'next', string.format('%.0f', now + wait))
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return failures
