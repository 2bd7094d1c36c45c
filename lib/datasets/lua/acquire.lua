-- Takes the lease of a scan, if nobody holds it.
-- KEYS[1]  the scan
-- ARGV  1 how long the lease lasts ms  2 skew ms  3 how long a holder that never came back is remembered ms
--       4 who asks  5 fence of a holder that is known to be gone, or ''
-- Answers {'0', ms to wait, fence, who holds it}, or {'1', fence, fence before or '', '1' if its holder gave it back, else '0',
-- fences of holders that never came back, separated by spaces}.
-- A fence is a time, so that it is higher than all before it even when this key was lost.

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000) + tonumber(ARGV[2])
local key = KEYS[1] .. ':lease'
local fence, ends, released, strays, holder = unpack(redis.call('HMGET', key, 'fence', 'ends', 'released', 'strays', 'holder'))
local held, gone = fence and released ~= fence, fence == ARGV[5]
if held and not gone and now < tonumber(ends) then return {'0', string.format('%.0f', tonumber(ends) - now), fence, holder or ''} end

local kept = {}
for stray in string.gmatch(strays or '', '%S+') do
  if now - tonumber(stray) < tonumber(ARGV[3]) then kept[#kept + 1] = stray end
end
if held and not gone then kept[#kept + 1] = fence end
local left = table.concat(kept, ' ')
local taken = string.format('%.0f', math.max(now, tonumber(fence or 0) + 1))
redis.call('HSET', key, 'fence', taken, 'ends', string.format('%.0f', now + tonumber(ARGV[1])), 'released', '', 'holder', ARGV[4], 'strays', left)
redis.call('PEXPIRE', key, 86400000)
return {'1', taken, fence or '', held and '0' or '1', left}
