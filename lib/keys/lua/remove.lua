-- Removes a key, and with it all tokens that it signed.
-- ARGV[2]  besides what ring.lua says: { kid }
-- Answers JSON: ['ok', now, ring, facts], ['unknown'], or ['signing'] if it signs, or begins to before all replicas
-- could learn that it is gone.

local at, key = find(ask.kid)
if not key then return cjson.encode({'unknown'}) end
if at == current() or (key.from and key.from > now and key.from - now < ask.overlap / 2) then return cjson.encode({'signing'}) end
local coming = upcoming()
if key == coming and key.secret ~= ring[at - 1].secret then unset('secret:' .. key.secret) end
table.remove(ring, at)
unset('until:' .. key.kid)
set('gone:' .. key.kid, int(now))
audit('key_removed', { details = cjson.encode({ kid = key.kid, alg = key.alg }), alarm = true })
return answer()
