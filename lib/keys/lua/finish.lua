-- Gives former secrets up: what is still needed of them is kept, sealed under the one in use.
-- ARGV[2]  besides what ring.lua says: { secret (the one in use), keys: { kid: sealed }, former: { id: sealed } }
-- Answers JSON: ['ok', now, ring, facts]; a secret of which not all keys are kept stays needed.

local FORMER_KEPT = 400 * 86400000

local _, signing = current()
if signing.secret ~= ask.secret then return answer() end

local needed = {}
for _, key in ipairs(ring) do
  if key.secret ~= ask.secret then
    key.kept = ask.keys[key.kid]
    if not key.kept then needed[key.secret] = true end
  end
end
for id, sealed in pairs(ask.former) do
  local before = f['former:' .. id]
  local till = before and cjson.decode(before).till or now + FORMER_KEPT + ask.longest
  set('former:' .. id, cjson.encode({ till = till, sealed = sealed }))
end
for id in pairs(each('secret')) do
  if id ~= ask.secret and not needed[id] and ask.former[id] then
    unset('secret:' .. id)
    audit('secret_changed', {})
  end
end
unset('resealing')
return answer()
