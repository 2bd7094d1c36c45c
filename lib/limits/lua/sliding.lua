-- Lets a call through unless as many as may be were let through in the stretch of time that ends now.
-- KEYS[1]  list of when calls were let through (ms), the latest last; never longer than the limit
-- ARGV  1 skew ms  2 how many may be  3 length of the stretch ms
-- Answers 0, or after how many ms the next call would be let through. What is refused is not recorded, so
-- whoever goes on calling is neither kept out for longer nor takes up more.

local key, most, length = KEYS[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000) + tonumber(ARGV[1])

-- After the clock was set back, what it let through counts as if it had been just now: nobody waits for it
-- to catch up.
local ahead = tonumber(redis.call('LINDEX', key, -1) or now) - now
if ahead > 0 then
  local times = redis.call('LRANGE', key, 0, -1)
  redis.call('DEL', key)
  for _, at in ipairs(times) do redis.call('RPUSH', key, string.format('%.0f', tonumber(at) - ahead)) end
end

-- Times are rounded down, so the stretch has passed once the difference is more than its length.
local wait = tonumber(redis.call('LINDEX', key, -most) or -length) + length + 1 - now
if wait > 0 then return wait end
redis.call('RPUSH', key, string.format('%.0f', now))
redis.call('LTRIM', key, -most, -1)
redis.call('PEXPIRE', key, length + 1)
return 0
