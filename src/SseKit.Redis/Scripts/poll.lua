-- Finds the topics of a bucket that changed. ARGV: 2 the last known number, 3 the bucket's identity at that time, 4 the most topics.
-- Returns the identity, the number, and the names of the topics that changed since.
load_bucket()
local bucket = redis.call('HMGET', bucket_key, 'id', 'number')
local identity, number = history() .. bucket[1], bucket[2] or '0'
local names = {}
if ARGV[3] == identity then
    names = redis.call('ZRANGEBYSCORE', changes_key, '(' .. ARGV[2], '+inf', 'LIMIT', '0', ARGV[4])
end
return { identity, number, names }
