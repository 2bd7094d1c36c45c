-- Opens a session for an account whose password was just verified.
-- ARGV  2 session id  3 refresh jti  4 password hash that was verified  5 scope  6 transport  7 grace ms
--       8 client id  9 device  10 access ttl ms  11 refresh ttl ms  12 max age ms  13 most sessions
--       14 policy at that limit (evict, reject)  15 kid  16 access jti
-- Answers JSON: ['opened', now, session, user, evicted ids], ['stale'] if the account is gone, inactive or has
-- another password by now, or ['limit'].

local sid, now = ARGV[2], clock()
local user = read(name('user'))
if user.active ~= '1' or user.password ~= ARGV[4] then return cjson.encode({'stale'}) end

tidy_index(now)
local evicted, open = {}, {}
for _, id in ipairs(redis.call('ZRANGE', name('sessions'), 0, -1)) do
  open[#open + 1] = { id = id, used = tonumber(redis.call('HGET', name('session', id), 'used') or 0) }
end
if #open >= tonumber(ARGV[13]) then
  if ARGV[14] == 'reject' then return cjson.encode({'limit'}) end
  table.sort(open, function(a, b) return a.used < b.used or (a.used == b.used and a.id < b.id) end)
  for i = 1, #open - tonumber(ARGV[13]) + 1 do
    end_session(open[i].id, 'evicted', now)
    evicted[#evicted + 1] = open[i].id
  end
end

local last = whole_second(now + tonumber(ARGV[12]))
local s = {
  gen = '0', jti = ARGV[3], prev = '', key = '', rot = int(now), scope = ARGV[5], access_scope = ARGV[5], ask = '',
  auth_time = int(math.floor(now / 1000)), created = int(now), used = int(now), transport = ARGV[6],
  grace = ARGV[7], client_id = ARGV[8], device = ARGV[9],
  exp = int(math.min(whole_second(now + tonumber(ARGV[11])), last)), ['end'] = int(last)
}
mint_access(s, tonumber(ARGV[10]), ARGV[15], ARGV[16], now)
keep(sid, s, now)
user.last_login = int(now)
redis.call('HSET', name('user'), 'last_login', user.last_login)
return cjson.encode({'opened', int(now), s, user, evicted})
