-- What a replica does again and again: says that it runs, brings the ring forward, and reads it.
-- ARGV[2]  besides what ring.lua says: { boot, checks: { id: check value }, first (id), kid, alg, wish, period (ms), held }
--   boot    it is about to start, and may be refused        kid   of a key, should one be due
--   wish    { alg, secret } that it was configured with, until they are those of the ring
--   held    the ring as it knows it, to give back what the store has lost
--   gone    { [kid]: when } removed by order as far as it knows, to remove again what the store has brought back
-- Answers JSON: ['ok', now, ring, facts], or for one that may not go on ['refused', why, progress of the resealing or null]:
--   unknown   it does not know the secret in use       next    it does not know the one that is announced
--   needed    it does not know one that something is still sealed with

for id, text in pairs(each('replica')) do
  if cjson.decode(text).till <= now then unset('replica:' .. id) end
end
for kid, time in pairs(each('gone')) do
  if tonumber(time) + GONE_KEPT <= now then unset('gone:' .. kid) end
end
for id, text in pairs(each('former')) do
  if cjson.decode(text).till <= now then unset('former:' .. id) end
end

local function knows(id)
  return ask.checks[id] and ask.checks[id] == f['secret:' .. id]
end

-- A store that is empty.
if #ring == 0 and ask.boot and not next(each('secret')) then
  set('secret:' .. ask.first, ask.checks[ask.first])
  ring[1] = { kid = ask.kid, alg = ask.alg, secret = ask.first, created = now, from = now, access = ask.access, longest = ask.longest }
end

-- What a failover or an old backup took away and this replica still has. What was removed by order stays away.
for _, key in ipairs(#ring > 0 and ask.held or {}) do
  local derivable = key.kept or f['secret:' .. key.secret] or ask.checks[key.secret]
  if derivable and not find(key.kid) and not f['gone:' .. key.kid] then
    key.retires = nil
    ring[#ring + 1] = key
    table.sort(ring, by_time)
    local till = retirement((find(key.kid)))
    if till and till <= now then
      table.remove(ring, (find(key.kid)))
    else
      if not key.kept and not f['secret:' .. key.secret] then set('secret:' .. key.secret, ask.checks[key.secret]) end
      audit('key_restored', { details = cjson.encode({ kid = key.kid }), alarm = true })
    end
  end
end

for kid, time in pairs(ask.gone) do
  if tonumber(time) + GONE_KEPT > now and not f['gone:' .. kid] then
    set('gone:' .. kid, time)
    local at, key = find(kid)
    -- Something has to sign: what began before it goes on, if it is there.
    if at and (at ~= current() or at > 1) then
      table.remove(ring, at)
      unset('until:' .. kid)
      audit('key_removed', { reason = 'repeated', details = cjson.encode({ kid = kid, alg = key.alg }), alarm = true })
    end
  end
end

local i, signing = current()
if not signing then return cjson.encode({'refused', 'ring', cjson.null}) end
local coming = upcoming()
local resealing = cjson.decode(f.resealing or '{}')
local function refused(why)
  return cjson.encode({'refused', why, resealing.secret == signing.secret and resealing.progress or cjson.null})
end
if not knows(signing.secret) then return refused(coming and knows(coming.secret) and 'needed' or 'unknown') end
if ask.boot then
  if coming and coming.from and not knows(coming.secret) then return refused('next') end
  for id in pairs(each('secret')) do
    if not knows(id) and not (coming and coming.secret == id) then return refused('needed') end
  end
end
set('replica:' .. ask.replica, cjson.encode({ till = now + REPLICA_LIVES, secrets = ask.secrets }))

-- A secret that nobody knows any more before it was ever used was a mistake of somebody.
if coming and not coming.from then
  if not known_to_any(coming.secret) then
    unset('secret:' .. coming.secret)
    table.remove(ring)
  elseif known_to_all(coming.secret) then
    coming.from = now + ask.overlap
  end
  coming = upcoming()
end

for at = i, #ring do
  ring[at].access = math.max(ring[at].access, ask.access)
  ring[at].longest = math.max(ring[at].longest, ask.longest)
end
for at = i - 1, 1, -1 do
  local till = retirement(at)
  if till and till <= now then unset('until:' .. table.remove(ring, at).kid) end
end

if not coming then
  local wish = ask.wish ~= cjson.null and ask.wish
  if wish and wish.secret ~= signing.secret then
    set('secret:' .. wish.secret, ask.checks[wish.secret])
    announce({ kid = ask.kid, alg = wish.alg, secret = wish.secret }, 'secret')
  elseif wish and wish.alg ~= signing.alg then
    announce({ kid = ask.kid, alg = wish.alg, secret = signing.secret }, 'algorithm')
  elseif ask.period > 0 and now >= signing.from + ask.period - ask.overlap then
    announce({ kid = ask.kid, alg = signing.alg, secret = signing.secret }, 'scheduled')
  end
end
return answer()
