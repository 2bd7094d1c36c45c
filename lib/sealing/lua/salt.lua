-- The salt of a user; an account of before there were salts gets one now.
-- KEYS[1]  base name of the user  ARGV[1]  the salt for a user who has none
-- Answers {salt, field former}, the same to all callers, or false if there is no such account (any more): none is
-- made for it, or the account would be there again.

local key = KEYS[1] .. ':user'
local user = redis.call('HMGET', key, 'id', 'deleted', 'salt', 'former')
if not user[1] or user[2] then return false end
if not user[3] then redis.call('HSET', key, 'salt', ARGV[1]) end
return {user[3] or ARGV[1], user[4] or ''}
