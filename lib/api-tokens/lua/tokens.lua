-- Shared by the scripts of a user's API tokens; comes after sessions' common.lua.
-- api-token:<id>              HASH    what is known of a token; `ended` is '' while it is good
-- api-tokens:all              ZSET    places of all tokens, in their order; likewise :active :expired :revoked
-- api-tokens:expiring         ZSET    places of active ones by their expiry
-- api-tokens:forgetting       ZSET    places of ended ones by when they are forgotten
-- api-tokens:issued           ZSET    ids by when they were issued, for as long as the limits look back
-- A place is the time of creation in 15 digits, ':' and the id: names in the order of time.

local KEPT = 90 * 86400000
local DAY = 86400000
local AT_ONCE = 200

local function list(kind) return name('api-tokens', kind) end

local function id_in(place) return string.sub(place, 17) end

-- Lets a list live as long as what is in it.
local function lasting(key, till)
  -- Redis 6.2 has no PEXPIRETIME. Nobody moves the clock that PTTL counts by.
  if redis.call('PTTL', key) < till - (clock() - call_skew) then redis.call('PEXPIREAT', key, int(till)) end
end

local function put(kind, score, place, till)
  redis.call('ZADD', list(kind), int(score), place)
  lasting(list(kind), till)
end

-- Ends a token that is good. Answers whether there was one.
local function end_token(id, how, reason, at)
  local key = name('api-token', id)
  local place, ended, expires = unpack(redis.call('HMGET', key, 'place', 'ended', 'expires'))
  if not place or ended ~= '' then return false end
  -- One that lapsed before it was ended expired, whoever is told first.
  if tonumber(expires) <= at then how, reason, at = 'expired', 'expired', tonumber(expires) end
  redis.call('HSET', key, 'ended', int(at), 'reason', reason, 'how', how)
  redis.call('ZREM', list('active'), place)
  redis.call('ZREM', list('expiring'), place)
  local till = at + KEPT
  redis.call('PEXPIREAT', key, int(till))
  if how ~= 'expired' then audit('api_token_ended', { reason = reason, details = cjson.encode({ token = id }) }) end
  put(how, 0, place, till)
  put('forgetting', till, place, till)
  lasting(list('all'), till)
  return true
end

-- Moves what has expired, and forgets what ended long ago; the rest of many at the next call.
local function sweep(now)
  for _, place in ipairs(redis.call('ZRANGEBYSCORE', list('expiring'), '-inf', int(now), 'LIMIT', 0, AT_ONCE)) do
    local expires = redis.call('HGET', name('api-token', id_in(place)), 'expires')
    if not expires or not end_token(id_in(place), 'expired', 'expired', tonumber(expires)) then
      redis.call('ZREM', list('expiring'), place)
      redis.call('ZREM', list('active'), place)
      redis.call('ZREM', list('all'), place)
    end
  end
  for _, place in ipairs(redis.call('ZRANGEBYSCORE', list('forgetting'), '-inf', int(now), 'LIMIT', 0, AT_ONCE)) do
    redis.call('DEL', name('api-token', id_in(place)))
    for _, kind in ipairs({'forgetting', 'all', 'expired', 'revoked'}) do redis.call('ZREM', list(kind), place) end
  end
end

-- When the user may get the next token: how many were issued within a day, when, and what stands against it now.
local function eligibility(limit, cooldown, now)
  local issued = list('issued')
  redis.call('ZREMRANGEBYSCORE', issued, '-inf', int(now - math.max(DAY, cooldown)))
  local used = redis.call('ZCOUNT', issued, '(' .. int(now - DAY), '+inf')
  local next_at, reason = now, ''
  local last = redis.call('ZREVRANGE', issued, 0, 0, 'WITHSCORES')[2]
  if last and tonumber(last) + cooldown > now then next_at, reason = tonumber(last) + cooldown, 'cooldown' end
  local oldest = limit > 0 and used >= limit and redis.call('ZREVRANGE', issued, limit - 1, limit - 1, 'WITHSCORES')[2]
  if oldest and tonumber(oldest) + DAY > next_at then next_at, reason = tonumber(oldest) + DAY, 'daily_limit' end
  return used, int(next_at), reason
end
