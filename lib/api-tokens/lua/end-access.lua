-- Ends one access token that was issued for a client itself; done again it changes nothing.
-- KEYS[1]  base name of the user  ARGV  2 jti  3 until when it would have been good, ms  4 id of the client

if redis.call('SET', KEYS[1] .. ':ended-access:' .. ARGV[2], '1', 'NX', 'PXAT', ARGV[3]) then
  audit_minor('client_token_ended', { reason = 'revoked', details = cjson.encode({ client = ARGV[4], token = ARGV[2] }) })
end
