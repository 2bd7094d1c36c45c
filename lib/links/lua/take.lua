-- Takes a one-time link: of all who try, one gets it.
-- KEYS[1]  the link  ARGV  1 skew ms
-- Answers what was kept, or nothing if there is no such link (any more) or it has expired.

local kept = redis.call('GETDEL', KEYS[1])
if not kept then return false end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000) + tonumber(ARGV[1])
if tonumber(cjson.decode(kept).expires) <= now then return false end
return kept
