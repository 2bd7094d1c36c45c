-- A device asks whether it was approved (RFC 8628 section 3.5).
-- ARGV  2 keyed hash of the device code  3 what a poll that comes too early adds to the interval, ms
--       4 longest interval, ms  5 how long a device that was given its token may ask for it again, ms
-- Answers {'unknown'}, {'denied'}, {'expired'}, {'spent'}, {'early'}, {'pending'} or {'approved', user, id of the API token}.

local p, now = read(base), clock()
if p.device ~= ARGV[2] then return {'unknown'} end
if p.state == 'denied' then return {'denied'} end
if p.collected == '' and now >= tonumber(p.ends) then return {'expired'} end
if p.collected ~= '' and now > tonumber(p.collected) + tonumber(ARGV[5]) then return {'spent'} end

local early = p.polled ~= '' and now < tonumber(p.polled) + tonumber(p.interval)
redis.call('HSET', base, 'polled', int(now))
if early then
  -- A longest one, else a device that missed an answer would lag behind for ever.
  redis.call('HSET', base, 'interval', int(math.min(tonumber(p.interval) + tonumber(ARGV[3]), tonumber(ARGV[4]))))
  return {'early'}
end
if p.state == 'pending' then return {'pending'} end
if p.collected == '' then redis.call('HSET', base, 'collected', int(now)) end
return {'approved', p.user, p.token}
