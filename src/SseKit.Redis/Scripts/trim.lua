-- Deletes events beyond the bounds, a limited number in one call. Returns their number.
local t = load_topic()
local first = t.first
if t.exists and count_of(t) > 0 then
    if not retain(t) then
        -- The list may have an earlier time than the topic.
        redis.call('ZADD', aged_key, t.first_at, name)
    end
else
    redis.call('ZREM', aged_key, name)
end
return t.first - first
