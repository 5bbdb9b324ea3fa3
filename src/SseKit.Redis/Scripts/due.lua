-- Finds the topics of a bucket that need upkeep. KEYS: 3 topics with events, 4 topics without. ARGV: 2 the age and 3 the time without
-- use, in milliseconds, which may be empty; 4 the most topics. Returns the names of topics with old events, and of topics to forget.
local function before(key, age)
    if age == '' then
        return {}
    end
    return redis.call('ZRANGEBYSCORE', key, '-inf', '(' .. int(now - tonumber(age)), 'LIMIT', '0', ARGV[4])
end
return { before(KEYS[3], ARGV[2]), before(KEYS[4], ARGV[3]) }
