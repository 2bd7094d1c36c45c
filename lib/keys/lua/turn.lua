-- Gives one replica at a time the turn to seal anew what a former secret has sealed, once all have the one in use.
-- ARGV[2]  besides what ring.lua says: { progress } of who has the turn, or null
-- Answers JSON: ['mine', progress or null], or ['none'] if there is nothing to do, it is too early, or somebody else's turn.

local TURN_LASTS = 30000

local at, signing = current()
local since = signing and signing.from
while at and at > 1 and ring[at - 1].secret == signing.secret do
  at = at - 1
  since = ring[at].from
end
local coming = upcoming()
local former = 0
for id in pairs(each('secret')) do
  if signing and id ~= signing.secret and not (coming and coming.secret == id) then former = former + 1 end
end
-- A replica whose clock is late may seal with the former one for a moment longer.
if former == 0 or since + ask.overlap > now then return cjson.encode({'none'}) end

local turn = cjson.decode(f.resealing or '{}')
if turn.secret ~= signing.secret then turn = {} end
local reports = ask.progress ~= cjson.null
if turn.by ~= ask.replica and (reports or (turn.till or 0) > now) then return cjson.encode({'none'}) end
local progress = reports and ask.progress or turn.progress
set('resealing', cjson.encode({ by = ask.replica, till = now + TURN_LASTS, secret = signing.secret, progress = progress }))
return cjson.encode({'mine', progress or cjson.null})
