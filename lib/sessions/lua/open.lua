-- Opens a session for an account whose password was just verified.
-- ARGV from 2 on, in this order; `verified` is the password hash that was verified, times to live are ms,
-- a `refresh_ttl` of 0 makes a session without refresh tokens, `policy` is what happens at `most_sessions` (evict, reject),
-- `jkt` the thumbprint of the key that the tokens are bound to, or '':
local sid, jti, verified, scope, transport, grace, client_id, device, access_ttl, refresh_ttl, max_age, most_sessions,
  policy, kid, access_jti, jkt = unpack(ARGV, 2)
-- Answers JSON: ['opened', now, session, user, evicted ids], ['stale'] if the account is gone, inactive or has
-- another password by now, or ['limit'].

local now = clock()
local user = read(name('user'))
if user.active ~= '1' or user.password ~= verified then
  audit_minor('login_failed', { reason = 'changed_meanwhile' })
  return cjson.encode({'stale'})
end

tidy_index(now)
local evicted, open = {}, {}
for _, id in ipairs(redis.call('ZRANGE', name('sessions'), 0, -1)) do
  open[#open + 1] = { id = id, used = tonumber(redis.call('HGET', name('session', id), 'used') or 0) }
end
if #open >= tonumber(most_sessions) then
  if policy == 'reject' then
    audit_minor('login_failed', { reason = 'session_limit' })
    return cjson.encode({'limit'})
  end
  table.sort(open, function(a, b) return a.used < b.used or (a.used == b.used and a.id < b.id) end)
  for i = 1, #open - tonumber(most_sessions) + 1 do
    end_session(open[i].id, 'evicted', now)
    evicted[#evicted + 1] = open[i].id
  end
end

local last = whole_second(now + tonumber(max_age))
local s = {
  gen = '0', jti = jti, prev = '', key = '', rot = int(now), scope = scope, access_scope = scope, ask = '',
  auth_time = int(math.floor(now / 1000)), created = int(now), used = int(now), transport = transport,
  grace = grace, jkt = jkt ~= '' and jkt or nil, client_id = client_id, device = device,
  exp = int(tonumber(refresh_ttl) > 0 and math.min(whole_second(now + tonumber(refresh_ttl)), last) or 0), ['end'] = int(last)
}
mint_pair(s, tonumber(access_ttl), kid, access_jti, now)
keep(sid, s, now)
user.last_login = int(now)
redis.call('HSET', name('user'), 'last_login', user.last_login)
audit('login', { session = sid, details = cjson.encode({ client = client_id }) })
return cjson.encode({'opened', int(now), s, user, evicted})
