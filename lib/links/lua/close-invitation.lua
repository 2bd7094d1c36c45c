-- Takes an invitation off the list of who made it.
-- ARGV  2 id  3 '1' if it was withdrawn, which is recorded

redis.call('HDEL', name('invitations'), ARGV[2])
redis.call('ZREM', name('invitations:ends'), ARGV[2])
if ARGV[3] == '1' then audit('invitation_withdrawn', { details = cjson.encode({ invitation = ARGV[2] }) }) end
