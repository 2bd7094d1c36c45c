-- Ends one API token, or all that are good.
-- ARGV  2 id, or '' for all  3 reason
-- Answers ids of those that ended; false if the one is not known.

local now = clock()
sweep(now)
if ARGV[2] ~= '' then
  if redis.call('EXISTS', name('api-token', ARGV[2])) == 0 then return false end
  return end_token(ARGV[2], 'revoked', ARGV[3], now) and {ARGV[2]} or {}
end
local ended = {}
for _, place in ipairs(redis.call('ZRANGE', list('active'), 0, -1)) do
  if end_token(id_in(place), 'revoked', ARGV[3], now) then ended[#ended + 1] = id_in(place) end
end
return ended
