-- Keeps a pairing that waits for a user, unless its user code is that of another one.
-- ARGV  2 keyed hash of the device code  3 lifetime ms  4 least time between two polls, ms  5 what the device says of itself, sealed
-- Answers 1, or 0 if the user code is taken.

-- So long after its end a pairing can still be told from one that never was.
local KEPT = 3600000

if redis.call('EXISTS', base) == 1 then return 0 end
local now = clock()
redis.call('HSET', base, 'state', 'pending', 'device', ARGV[2], 'asks', ARGV[5], 'created', int(now), 'ends', int(now + tonumber(ARGV[3])),
  'interval', ARGV[4], 'polled', '', 'user', '', 'token', '', 'collected', '')
redis.call('PEXPIRE', base, int(tonumber(ARGV[3]) + KEPT))
return 1
