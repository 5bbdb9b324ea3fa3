-- Deletes a topic. ARGV: 8 the expected epoch or ''. Returns 0 if the topic has another epoch, otherwise 1.
-- Its number among the changes remains, which gives the next log another epoch.
local t = load_topic()
if ARGV[8] ~= '' and ARGV[8] ~= t.epoch then
    return 0
end
t.number = redis.call('HINCRBY', bucket_key, 'number', 1)
redis.call('ZADD', idle_key, now, name)
redis.call('ZREM', aged_key, name)
redis.call('UNLINK', topic_key, stream_key, ids_key)
end_change(t)
return 1
