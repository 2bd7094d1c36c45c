-- The open sessions of a user. Answers a flat list of fields and values per session, its id under 'id'.

local now, sessions = clock(), {}
for _, sid in ipairs(redis.call('ZRANGEBYSCORE', name('sessions'), '(' .. int(now), '+inf')) do
  local flat = redis.call('HGETALL', name('session', sid))
  if #flat > 0 then
    flat[#flat + 1] = 'id'
    flat[#flat + 1] = sid
    sessions[#sessions + 1] = flat
  end
end
return sessions
