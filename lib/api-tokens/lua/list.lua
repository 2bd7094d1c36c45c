-- A page of API tokens, the latest first.
-- ARGV  2 which list  3 place after which it goes on, or ''  4 least time of creation in ms  5 how many at most
-- Answers JSON: [now, [fields and values, ...]].

local now = clock()
sweep(now)
local from = ARGV[3] == '' and '+' or '(' .. ARGV[3]
local rows = {}
for _, place in ipairs(redis.call('ZREVRANGEBYLEX', list(ARGV[2]), from, string.format('[%015.0f', tonumber(ARGV[4])), 'LIMIT', 0, tonumber(ARGV[5]))) do
  rows[#rows + 1] = redis.call('HGETALL', name('api-token', id_in(place)))
end
return cjson.encode({int(now), rows})
