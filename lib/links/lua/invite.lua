-- Keeps an invitation in the list of who made it, and forgets those that have expired.
-- ARGV  2 id  3 the invitation (JSON)  4 when it expires, ms
-- <base>:invitations  HASH  id -> JSON     <base>:invitations:ends  ZSET  id by when it expires

local now, facts, ends = clock(), name('invitations'), name('invitations:ends')
for _, id in ipairs(redis.call('ZRANGEBYSCORE', ends, '-inf', int(now))) do
  redis.call('HDEL', facts, id)
  redis.call('ZREM', ends, id)
end
redis.call('HSET', facts, ARGV[2], ARGV[3])
redis.call('ZADD', ends, ARGV[4], ARGV[2])
local last = redis.call('ZRANGE', ends, -1, -1, 'WITHSCORES')[2]
for _, key in ipairs({facts, ends}) do expire_at(key, tonumber(last), now) end
audit('invitation_created', { details = cjson.encode({ invitation = ARGV[2] }) })
