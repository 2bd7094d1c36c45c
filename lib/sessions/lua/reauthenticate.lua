-- Notes that the user of a session has just proved who they are, and mints an access token for it. The
-- refresh token stays as it is: its next rotation keeps the newer time.
-- ARGV from 2 on, in this order; `verified` is the password hash that was verified, `access_ttl` is ms:
local sid, verified, access_ttl, kid, access_jti = unpack(ARGV, 2)
-- Answers JSON: ['proved', now, session, user], ['gone'] if there is no such session, or ['stale'] if the
-- account is inactive or has another password by now.

local now = clock()
local s, user = read(name('session', sid)), read(name('user'))
if not s.gen or lapse_of(s) <= now then return cjson.encode({'gone'}) end
if user.active ~= '1' or user.password ~= verified then return cjson.encode({'stale'}) end

s.auth_time, s.used = int(math.floor(now / 1000)), int(now)
mint_access(s, tonumber(access_ttl), kid, access_jti, now)
write(sid, s, now)
audit('reauthenticated', { session = sid })
return cjson.encode({'proved', int(now), s, user})
