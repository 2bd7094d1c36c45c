-- Announces a key that is to sign next, unless there is one.
-- ARGV[2]  besides what ring.lua says: { kid } of that key
-- Answers JSON: ['ok', now, ring, facts].

local _, signing = current()
if not upcoming() then announce({ kid = ask.kid, alg = signing.alg, secret = signing.secret }, 'ordered') end
return answer()
