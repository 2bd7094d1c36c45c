-- Shared by the scripts of the key ring; comes after sessions' common.lua. All that replicas agree on is one hash:
-- ring            JSON, the keys by when they begin: { kid, alg, secret, created, from, access, longest, kept }, see ring.ts
-- secret:<id>     check value of a secret that is needed         issuer, salt  written once
-- until:<kid>     when the last API token that it signed expires    gone:<kid>  when a key was removed by order
-- former:<id>     JSON { till, sealed }: what is kept of a former secret, sealed under the one in use
-- resealing       JSON { by, till, secret, progress }: who seals anew what a former secret has sealed, and how far it is
-- replica:<id>    JSON { till, secrets }: a replica that runs, until when that is believed, and the secrets that it knows
-- ARGV[2]  JSON of the replica that calls: { replica, secrets: [ids], access, longest, overlap (ms) ... }

local SLACK = 60000
local REPLICA_LIVES = 30000
local GONE_KEPT = 90 * 86400000

local facts = name('facts')
local now = clock()
local ask = cjson.decode(ARGV[2])
local f = read(facts)

local function set(field, value)
  f[field] = value
  redis.call('HSET', facts, field, value)
end

local function unset(field)
  f[field] = nil
  redis.call('HDEL', facts, field)
end

-- The fields of a kind: their rest of the name and value.
local function each(kind)
  local found = {}
  for field, value in pairs(f) do
    if string.sub(field, 1, #kind + 1) == kind .. ':' then found[string.sub(field, #kind + 2)] = value end
  end
  return found
end

-- Those that wait for their beginning come last.
local function by_time(a, b)
  local from_a, from_b = a.from or math.huge, b.from or math.huge
  return from_a < from_b or (from_a == from_b and a.created < b.created)
end

local ring = cjson.decode(f.ring or '[]')

local function find(kid)
  for i, key in ipairs(ring) do if key.kid == kid then return i, key end end
end

local function current()
  for i = #ring, 1, -1 do if ring[i].from and ring[i].from <= now then return i, ring[i] end end
end

local function upcoming()
  local last = ring[#ring]
  return last and (not last.from or last.from > now) and last or nil
end

-- When the last session in which a key has signed and its last API token have ended, as far as that is known.
local function retirement(i)
  local successor = ring[i + 1]
  if not successor or not successor.from then return nil end
  return math.max(successor.from + ring[i].longest, tonumber(f['until:' .. ring[i].kid] or 0)) + SLACK
end

-- Which secrets every replica that runs knows.
local function known_to_all(id)
  for _, text in pairs(each('replica')) do
    local knows = false
    for _, known in ipairs(cjson.decode(text).secrets) do knows = knows or known == id end
    if not knows then return false end
  end
  return true
end

local function known_to_any(id)
  for _, text in pairs(each('replica')) do
    for _, known in ipairs(cjson.decode(text).secrets) do if known == id then return true end end
  end
  return false
end

local function save()
  table.sort(ring, by_time)
  local text = cjson.encode(ring)
  if text ~= f.ring then set('ring', text) end
end

-- Announces a key, unless there is one already that is to sign next. A key of a secret that some replica does not
-- know yet has no beginning.
local function announce(key, reason)
  key.created, key.access, key.longest = now, ask.access, ask.longest
  if known_to_all(key.secret) then key.from = now + ask.overlap end
  ring[#ring + 1] = key
  audit('key_announced', { reason = reason, details = cjson.encode({ kid = key.kid, alg = key.alg }) })
end

local function answer()
  save()
  for i, key in ipairs(ring) do key.retires = retirement(i) end
  return cjson.encode({'ok', int(now), ring, f})
end
