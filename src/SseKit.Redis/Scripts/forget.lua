-- Deletes what is left of a topic without events. ARGV: 8 the time in milliseconds for which it must be unused. Returns 1 if it was
-- deleted. The bucket gets another seed, so that the topic never gets an earlier epoch again.
local t = load_topic()
local since = redis.call('ZSCORE', idle_key, name)
if not since or tonumber(since) >= now - tonumber(ARGV[8]) then
    return 0
end
if t.exists and count_of(t) > 0 then
    redis.call('ZREM', idle_key, name)
    return 0
end
-- Redis may have evicted the bucket. Without its histories, a seed alone would be no bucket.
load_bucket()
redis.call('HSET', bucket_key, 'seed', new_seed)
redis.call('UNLINK', topic_key, stream_key, ids_key)
redis.call('ZREM', changes_key, name)
if redis.call('EXISTS', changes_key) == 0 then
    redis.call('HSET', bucket_key, 'emptied', redis.call('HGET', bucket_key, 'number') or '0')
end
redis.call('ZREM', idle_key, name)
return 1
