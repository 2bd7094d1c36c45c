-- Shared by the scripts of pairings; comes after sessions' common.lua. A pairing is one hash, KEYS[1], whose
-- name is the keyed hash of its user code:
-- state  pending, approved or denied     device  keyed hash of the device code     asks  what the device says of itself, sealed
-- created  ends     interval  least ms between two polls     polled  time of the last one
-- user  token     whose API token was approved     collected  when the device was first given it

-- How far a pairing has come for those who have its user code.
local function state_of(pairing, now)
  if not pairing.state then return 'unknown' end
  if pairing.state ~= 'pending' then return 'used' end
  return now < tonumber(pairing.ends) and 'pending' or 'expired'
end
