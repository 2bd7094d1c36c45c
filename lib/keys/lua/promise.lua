-- Has a key stay until a token that it is about to sign has expired.
-- KEYS[1]  base name  ARGV  1 kid  2 that expiry ms
-- Answers 1, or 0 if there is no such key.

local facts = KEYS[1] .. ':facts'
for _, key in ipairs(cjson.decode(redis.call('HGET', facts, 'ring') or '[]')) do
  if key.kid == ARGV[1] then
    local field = 'until:' .. ARGV[1]
    if tonumber(redis.call('HGET', facts, field) or 0) < tonumber(ARGV[2]) then redis.call('HSET', facts, field, ARGV[2]) end
    return 1
  end
end
return 0
