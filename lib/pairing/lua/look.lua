-- What is known of a pairing, for the user who is to decide about it.
-- Answers JSON: [state: 'pending', 'used', 'expired' or 'unknown', fields and values].

return cjson.encode({state_of(read(base), clock()), redis.call('HGETALL', base)})
