-- Spends a refresh token R: the whole transition of a refresh, the first case that matches. No token outlives
-- the absolute end of its session, so that end needs no case of its own.
-- ARGV from 2 on, in this order; those that begin with r_ are what R says, `key` is the hash of the
-- Idempotency-Key or '', `ask` the scope asked for or '', `transport` how R came, `jkt` the thumbprint of the
-- key that was shown with it or '', times to live are ms; `spacing`
-- and `tolerance` (ms) are how fast the session may rotate, see lib/limits/pace.ts, spacing 0 is as fast as it likes:
local sid, r_jti, r_gen, r_rot, r_exp, r_auth_time, r_scope, successor, key, ask, access_ttl, refresh_ttl, kid,
  access_jti, transport, jkt, spacing, tolerance, record_rotations = unpack(ARGV, 2)
-- `record_rotations` is '1' to record each rotation, which is else told from the generation of its session only.
-- Answers JSON: [outcome, now, session, user] for rotated, retried, healed; else [outcome, detail ...]:
--   other_transport      R came another way than its session's tokens travel, or with another key; nothing was changed
--   inactive             the account may not go on
--   gone, late_reuse     there is no such session (any more)
--   expired              R, or what it stands for, has lapsed; nothing was changed
--   mismatch             a retry that asks for another scope
--   limited              too soon after other rotations; nothing was changed (detail: ms to wait)
--   reuse                R was spent before; the session has been ended (detail: predecessor or stale)

local now = clock()
local R = { jti = r_jti, gen = tonumber(r_gen), rot = tonumber(r_rot), auth_time = tonumber(r_auth_time), scope = r_scope }
local expired = tonumber(r_exp) <= now
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

-- Until when the rotations so far are paid for. If that is further ahead than one of them can have left it, the
-- clock was set back, and nobody waits for it to catch up.
local pace, slack = tonumber(spacing), tonumber(tolerance)
local paid = math.min(tonumber(s.paid or 0), now + slack + pace)
local wait = pace > 0 and paid - slack - now or 0

local function limited()
  redis.call('HSET', name('session', sid), 'paid', int(paid))
  return cjson.encode({'limited', int(wait)})
end

local function answer(outcome)
  return cjson.encode({outcome, int(now), s, user})
end

local function rotate(outcome)
  local time = math.max(now, tonumber(s.rot) + 1, R.rot + 1)
  s.gen, s.prev, s.jti, s.key, s.ask = int(R.gen + 1), R.jti, successor, key, ask
  s.rot, s.used = int(time), int(now)
  if pace > 0 then s.paid = int(math.max(now, paid) + pace) end
  s.exp = int(math.min(whole_second(now + tonumber(refresh_ttl)), tonumber(s['end'])))
  s.access_scope = ask ~= '' and narrower(ask, s.scope) or s.scope
  mint_pair(s, tonumber(access_ttl), kid, access_jti, now)
  keep(sid, s, now)
  return answer(outcome)
end

-- Told once of each session: who goes on with the same token must not fill the log.
local function late_reuse(reason)
  local first = redis.call('HSETNX', name('ended', sid), 'told', '1') == 1
  local write = first and audit or audit_minor
  write('late_reuse', { session = sid, reason = reason, alarm = first })
end

-- The session is gone. Its tombstone, if there is one, tells who presents a token that was spent before.
if not s.gen or lapse_of(s) <= now then
  local t = read(name('ended', sid))
  if t.gen and tonumber(t.exp) > now and R.jti ~= t.jti and R.gen <= tonumber(t.gen) and not may_retry(t) then
    late_reuse(t.reason)
    return cjson.encode({'late_reuse', t.reason})
  end
  if expired then return cjson.encode({'expired'}) end
  return cjson.encode({active and 'gone' or 'inactive'})
end

-- Taken out of the cookies of a browser, put into them, or without its key a token is good for nothing, not even
-- for harm.
if s.transport ~= transport or (s.jkt or '') ~= jkt then return cjson.encode({'other_transport'}) end

if not active then
  end_session(sid, 'inactive', now)
  return cjson.encode({'inactive'})
end

-- R is current: it is taken, and only one caller can take it.
if s.jti == R.jti then
  if wait > 0 and not expired and redis.call('EXISTS', name('refresh', R.jti)) == 1 then return limited() end
  if expired or not redis.call('GETDEL', name('refresh', R.jti)) then return cjson.encode({'expired'}) end
  if record_rotations == '1' then audit_minor('refresh', { session = sid }) end
  return rotate('rotated')
end
local orphan = redis.call('GETDEL', name('refresh', R.jti))

-- A lost response: the same pair again, with a longer-lived access token where the first has little left.
if may_retry(s) then
  if expired or redis.call('EXISTS', name('refresh', s.jti)) == 0 then return cjson.encode({'expired'}) end
  if s.ask ~= ask then return cjson.encode({'mismatch'}) end
  local ttl = tonumber(access_ttl)
  if tonumber(s.access_exp) - now < math.min(60000, ttl / 2) and tonumber(s.access_exp) < tonumber(s['end']) then
    mint_access(s, ttl, kid, access_jti, now)
    keep(sid, s, now)
  end
  audit_minor('retry', { session = sid, reason = key ~= '' and key == s.key and 'same_key' or 'grace' })
  return answer('retried')
end

-- The store lost writes of which R is the proof: R is honoured once, and what the store knew is void.
if R.gen > tonumber(s.gen) and R.rot > tonumber(s.rot) then
  if expired then return cjson.encode({'expired'}) end
  if wait > 0 then return limited() end
  redis.call('DEL', name('refresh', s.jti))
  s.scope = narrower(R.scope, s.scope)
  s.auth_time = int(math.min(R.auth_time, tonumber(s.auth_time)))
  audit('heal', { session = sid, alarm = true })
  return rotate('healed')
end

end_session(sid, 'reuse', now)
local token = R.jti == s.prev and 'predecessor' or 'stale'
audit('reuse', { session = sid, reason = token, details = cjson.encode({ opened_from = s.device }), alarm = true })
return cjson.encode({'reuse', token, orphan and 'orphan' or ''})
