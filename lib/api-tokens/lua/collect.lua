-- Hands out a token that is kept for its machine: from now on it lasts as long as was promised. Repeating it
-- changes nothing and answers the same.
-- ARGV  2 id  3 kid of the key that signs now
-- Answers JSON: ['good', now, [fields and values of the token], username], ['ended'] or ['inactive'].

local now, key = clock(), name('api-token', ARGV[2])
sweep(now)
local user = read(name('user'))
if user.active ~= '1' then return cjson.encode({'inactive'}) end
local token = read(key)
if not token.id or token.ended ~= '' or tonumber(token.expires) <= now then return cjson.encode({'ended'}) end
if token.promised then
  local till = tonumber(token.promised) + KEPT
  redis.call('HSET', key, 'expires', token.promised, 'kid', ARGV[3])
  redis.call('HDEL', key, 'promised')
  audit('api_token_collected', { details = cjson.encode({ token = ARGV[2] }) })
  redis.call('PEXPIREAT', key, int(till))
  put('all', 0, token.place, till)
  put('active', 0, token.place, till)
  put('expiring', tonumber(token.promised), token.place, till)
end
return cjson.encode({'good', int(now), redis.call('HGETALL', key), user.username})
