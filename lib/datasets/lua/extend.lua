-- Makes a lease last from now on again.
-- KEYS[1]  the scan  ARGV  1 fence  2 how long the lease lasts ms  3 skew ms
-- Answers 1, or 0 if somebody else has it.

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000) + tonumber(ARGV[3])
local key = KEYS[1] .. ':lease'
if redis.call('HGET', key, 'fence') ~= ARGV[1] then return 0 end
redis.call('HSET', key, 'ends', string.format('%.0f', now + tonumber(ARGV[2])))
return 1
