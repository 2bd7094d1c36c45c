-- Shared by the scripts that touch a user's sessions.
-- KEYS[1]  base name '<prefix>{<uid>}'; every key of the call is base .. ':' .. something, so that all of
--          them lie in one slot of a cluster
-- ARGV[1]  what audit.lua, which comes before, reads; the skew in it is 0 in production, and moved by tests, which
--          cannot stop the clock of Redis
-- Times are milliseconds since the epoch. Each expiry is kept as a time and judged here; PEXPIRE only cleans up.

local base = KEYS[1]

local function name(kind, id)
  return id and (base .. ':' .. kind .. ':' .. id) or (base .. ':' .. kind)
end

local function clock()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000) + call_skew
end

-- A number as whole digits, whatever its size.
local function int(number)
  return string.format('%.0f', number)
end

-- Tokens carry whole seconds: a lifetime ends at the end of its last second, so that none becomes zero.
local function whole_second(ms)
  return math.ceil(ms / 1000) * 1000
end

local function read(key)
  local flat, fields = redis.call('HGETALL', key), {}
  for i = 1, #flat, 2 do fields[flat[i]] = flat[i + 1] end
  return fields
end

local function expire_at(key, time, now)
  redis.call('PEXPIRE', key, int(math.max(1, time - now)))
end

-- Forgets sessions that lapsed by themselves and lets the index lapse with its last member.
local function tidy_index(now)
  local index = name('sessions')
  redis.call('ZREMRANGEBYSCORE', index, '-inf', int(now))
  local last = redis.call('ZREVRANGE', index, 0, 0, 'WITHSCORES')
  if last[2] then expire_at(index, tonumber(last[2]), now) end
end

-- When nothing that a session has given out is good for anything any more.
local function lapse_of(s)
  return math.max(tonumber(s.exp), tonumber(s.access_exp))
end

-- Writes the fields of a session and renews its expiry.
local function write(sid, s, now)
  local key = name('session', sid)
  local flat = {}
  for field, value in pairs(s) do
    flat[#flat + 1] = field
    flat[#flat + 1] = value
  end
  redis.call('HSET', key, unpack(flat))
  local lapse = lapse_of(s)
  expire_at(key, lapse, now)
  redis.call('ZADD', name('sessions'), int(lapse), sid)
  tidy_index(now)
end

-- The same, and registers its refresh token, if it has any.
local function keep(sid, s, now)
  if tonumber(s.exp) > 0 then redis.call('SET', name('refresh', s.jti), sid, 'PX', int(math.max(1, tonumber(s.exp) - now))) end
  write(sid, s, now)
end

-- Mints an access token: what its claims are made of, so that it can be minted again.
local function mint_access(s, ttl, kid, jti, now)
  s.access_jti = jti
  s.access_iat = int(math.floor(now / 1000) * 1000)
  s.access_exp = int(math.min(tonumber(s.access_iat) + whole_second(ttl), tonumber(s['end'])))
  s.kid = kid
end

-- Mints a pair of tokens. The refresh token keeps the key that signed it, also when a further access token is minted.
local function mint_pair(s, ttl, kid, jti, now)
  mint_access(s, ttl, kid, jti, now)
  s.refresh_kid = kid
end

-- What an end is recorded as, by its reason; reuse is an event by itself.
local ends = { logout = 'logout', evicted = 'session_evicted', reuse = false }

-- Ends one session. A tombstone stays for as long as its refresh token had left, to tell a late reuse from
-- a token that is merely old. Answers whether there was such a session.
local function end_session(sid, reason, now)
  local s = read(name('session', sid))
  redis.call('ZREM', name('sessions'), sid)
  if not s.gen then return false end
  redis.call('DEL', name('session', sid), name('refresh', s.jti))
  if tonumber(s.exp) > now then
    local tomb = name('ended', sid)
    redis.call('HSET', tomb, 'gen', s.gen, 'jti', s.jti, 'prev', s.prev, 'key', s.key, 'rot', s.rot,
      'grace', s.grace, 'exp', s.exp, 'reason', reason)
    expire_at(tomb, tonumber(s.exp), now)
  end
  local action = ends[reason] == nil and 'session_revoked' or ends[reason]
  if action then audit(action, { session = sid, reason = action == 'session_revoked' and reason or nil }) end
  return true
end

-- Ends every session but `spared` (false: none). Answers the ids of those that were ended.
local function end_sessions(spared, reason, now)
  local ended = {}
  for _, sid in ipairs(redis.call('ZRANGE', name('sessions'), 0, -1)) do
    if sid ~= spared and end_session(sid, reason, now) then ended[#ended + 1] = sid end
  end
  return ended
end
