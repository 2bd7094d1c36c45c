-- Spends a refresh token R: the whole transition of a refresh, the first case that matches. No token outlives
-- the absolute end of its session, so that end needs no case of its own.
-- ARGV  2 session id  3 R's jti  4 R's generation  5 R's time  6 R's expiry  7 R's auth_time  8 R's scope
--       9 jti of the successor  10 hash of the Idempotency-Key or ''  11 scope asked for or ''
--       12 access ttl ms  13 refresh ttl ms  14 kid  15 jti of a new access token
-- Answers JSON: [outcome, now, session, user] for rotated, retried, healed; else [outcome, detail ...]:
--   inactive             the account may not go on
--   gone, late_reuse     there is no such session (any more)
--   expired              R, or what it stands for, has lapsed; nothing was changed
--   mismatch             a retry that asks for another scope
--   reuse                R was spent before; the session has been ended (detail: predecessor or stale)

local sid, now = ARGV[2], clock()
local R = { jti = ARGV[3], gen = tonumber(ARGV[4]), rot = tonumber(ARGV[5]), auth_time = tonumber(ARGV[7]), scope = ARGV[8] }
local expired = tonumber(ARGV[6]) <= now
local key, ask = ARGV[10], ARGV[11]
local s = read(name('session', sid))
local user = read(name('user'))
local active = user.active == '1'

-- Whether R may be answered again: by the same Idempotency-Key however late, or without one within the
-- grace that the session was opened with. It depends on the session, never on how the request came.
local function may_retry(state)
  if state.prev ~= R.jti then return false end
  if key ~= '' and key == state.key then return true end
  -- Without the first condition a clock that was set back would make a grace of none a long one.
  return tonumber(state.grace) > 0 and now < tonumber(state.rot) + tonumber(state.grace)
end

local function narrower(a, b)
  local kept, items = {}, {}
  for item in string.gmatch(b, '%S+') do items[item] = true end
  for item in string.gmatch(a, '%S+') do if items[item] then kept[#kept + 1] = item end end
  return table.concat(kept, ' ')
end

local function answer(outcome)
  return cjson.encode({outcome, int(now), s, user})
end

local function rotate(outcome)
  local time = math.max(now, tonumber(s.rot) + 1, R.rot + 1)
  s.gen, s.prev, s.jti, s.key, s.ask = int(R.gen + 1), R.jti, ARGV[9], key, ask
  s.rot, s.used = int(time), int(now)
  s.exp = int(math.min(whole_second(now + tonumber(ARGV[13])), tonumber(s['end'])))
  s.access_scope = ask ~= '' and narrower(ask, s.scope) or s.scope
  mint_access(s, tonumber(ARGV[12]), ARGV[14], ARGV[15], now)
  keep(sid, s, now)
  return answer(outcome)
end

-- The session is gone. Its tombstone, if there is one, tells who presents a token that was spent before.
if not s.gen or lapse_of(s) <= now then
  local t = read(name('ended', sid))
  if t.gen and tonumber(t.exp) > now and R.jti ~= t.jti and R.gen <= tonumber(t.gen) and not may_retry(t) then return cjson.encode({'late_reuse', t.reason}) end
  if expired then return cjson.encode({'expired'}) end
  return cjson.encode({active and 'gone' or 'inactive'})
end

if not active then
  end_session(sid, 'inactive', now)
  return cjson.encode({'inactive'})
end

-- R is current: it is taken, and only one caller can take it.
if s.jti == R.jti then
  if expired or not redis.call('GETDEL', name('refresh', R.jti)) then return cjson.encode({'expired'}) end
  return rotate('rotated')
end
local orphan = redis.call('GETDEL', name('refresh', R.jti))

-- A lost response: the same pair again, with a longer-lived access token where the first has little left.
if may_retry(s) then
  if expired or redis.call('EXISTS', name('refresh', s.jti)) == 0 then return cjson.encode({'expired'}) end
  if s.ask ~= ask then return cjson.encode({'mismatch'}) end
  local ttl = tonumber(ARGV[12])
  if tonumber(s.access_exp) - now < math.min(60000, ttl / 2) and tonumber(s.access_exp) < tonumber(s['end']) then
    mint_access(s, ttl, ARGV[14], ARGV[15], now)
    keep(sid, s, now)
  end
  return answer('retried')
end

-- The store lost writes of which R is the proof: R is honoured once, and what the store knew is void.
if R.gen > tonumber(s.gen) and R.rot > tonumber(s.rot) then
  if expired then return cjson.encode({'expired'}) end
  redis.call('DEL', name('refresh', s.jti))
  s.scope = narrower(R.scope, s.scope)
  s.auth_time = int(math.min(R.auth_time, tonumber(s.auth_time)))
  return rotate('healed')
end

end_session(sid, 'reuse', now)
return cjson.encode({'reuse', R.jti == s.prev and 'predecessor' or 'stale', orphan and 'orphan' or ''})
