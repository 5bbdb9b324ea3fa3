-- The beginning of every script about a topic, after that about its bucket.
-- KEYS: of the bucket: 3 topics with events, 4 topics without; 5 the topic's hash, 6 its stream, 7 its idempotency keys.
-- ARGV: 2 name, 3 sender, 4 channel, 5 to 7 most events, most bytes and the age in milliseconds, which may be empty.
local aged_key, idle_key, topic_key, stream_key, ids_key = KEYS[3], KEYS[4], KEYS[5], KEYS[6], KEYS[7]
local name, sender, channel = ARGV[2], ARGV[3], ARGV[4]
local max_events, max_bytes, max_age = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local ARGUMENTS = 7
local MAX_TRIMMED = 1000

-- The epoch of a topic without a hash is computed, so that reading it stores nothing. A deleted topic has a number among the changes; so
-- has one whose hash was evicted.
local function unused_topic()
    local seed, earlier = load_bucket()
    local number = redis.call('ZSCORE', changes_key, name) or ''
    local forks = ''
    for each in string.gmatch(earlier, '%x+') do
        forks = forks .. hash(each, seed, number, name) .. '-0,'
    end
    return {
        exists = false, epoch = hash(history(), seed, number, name), history = history(), head = 0, first = 1, first_at = 0, bytes = 0,
        status = 0, forks = forks, stored_count = 0, stored_first = 1,
    }
end

local function load_topic()
    local f = redis.call('HMGET', topic_key, 'epoch', 'history', 'head', 'first', 'first_at', 'bytes', 'status', 'forks')
    if not f[1] then
        return unused_topic()
    end
    local head, first = tonumber(f[3]), tonumber(f[4])
    return {
        exists = true, epoch = f[1], history = f[2], head = head, first = first, first_at = tonumber(f[5]), bytes = tonumber(f[6]),
        status = tonumber(f[7]), forks = f[8], stored_count = head - first + 1, stored_first = first,
    }
end

local function count_of(t)
    return t.head - t.first + 1
end

-- The first write of another history gives the log another epoch: events above this head may have been lost.
local function fork(t)
    if t.history == history() then
        return
    end
    local forks, count = { t.epoch .. '-' .. int(t.head) }, 1
    for epoch, sequence in string.gmatch(t.forks, '(%w+)-(%d+)') do
        if count < MAX_FORKS then
            count = count + 1
            forks[count] = epoch .. '-' .. int(math.min(tonumber(sequence), t.head))
        end
    end
    t.epoch, t.history, t.forks = hash(t.epoch, history()), history(), table.concat(forks, ',')
    t.is_renewed = true
end

-- Begins a change of a topic, which may have no hash. The first command is one that Redis refuses if it is out of memory or read-only;
-- so a script changes all or nothing.
local function begin_change(t)
    t.number = redis.call('HINCRBY', bucket_key, 'number', 1)
    if t.exists then
        fork(t)
        if count_of(t) > 0 and redis.call('EXISTS', stream_key) == 0 then
            -- Redis has evicted the stream. Its bytes would count against the bound as long as the topic has events.
            redis.call('UNLINK', ids_key)
            t.first, t.bytes = t.head + 1, 0
        end
    else
        redis.call('UNLINK', stream_key, ids_key)
        t.exists, t.is_renewed = true, true
    end
end

local function store(t)
    redis.call('HSET', topic_key, 'head', t.head, 'first', t.first, 'first_at', t.first_at, 'bytes', t.bytes)
    if t.is_renewed then
        redis.call('HSET', topic_key, 'epoch', t.epoch, 'history', t.history, 'status', t.status, 'forks', t.forks)
    end
    if count_of(t) == 0 then
        redis.call('ZADD', idle_key, now, name)
        redis.call('ZREM', aged_key, name)
    elseif t.stored_count == 0 or t.stored_first ~= t.first then
        redis.call('ZADD', aged_key, t.first_at, name)
        redis.call('ZREM', idle_key, name)
    end
end

-- Ends a change. A server that may not publish is found by the polls of the others.
local function end_change(t)
    local is_added = redis.call('ZADD', changes_key, t.number, name) == 1
    if is_added and redis.call('ZCARD', changes_key) == 1 then
        local before, emptied = t.number - 1, redis.call('HGET', bucket_key, 'emptied') or 0
        if before ~= tonumber(emptied) then
            -- The bucket may have been evicted too, and then has no change.
            load_bucket()
            redis.call('ZADD', changes_key, t.number, name)
            replace_changes(before)
        end
    end
    redis.pcall('PUBLISH', channel, sender .. name)
end

local function exceeds(t)
    local count = count_of(t)
    return count > 0 and (
        count > max_events or (t.bytes > max_bytes and count > 1) or (max_age ~= nil and t.first_at < now - max_age))
end

-- Moves the beginning of a topic behind the events beyond its bounds, in memory only. Returns the keys of these events.
local function plan_trim(t, most)
    local ids, left = {}, most
    while exceeds(t) do
        local excess = math.min(count_of(t) - max_events, left)
        local page = redis.call('XRANGE', stream_key, t.first, '+', 'COUNT', math.max(2, math.min(excess + 1, 32)))
        if #page == 0 then
            -- Redis has lost the events: the stream was evicted or truncated.
            t.first, t.bytes = t.head + 1, 0
            return ids
        end
        for _, entry in ipairs(page) do
            local sequence, at = string.match(entry[1], '(%d+)-(%d+)')
            t.first, t.first_at = tonumber(sequence), tonumber(at)
            if left == 0 or not exceeds(t) then
                return ids
            end
            left = left - 1
            t.first, t.bytes = t.first + 1, t.bytes - #entry[2][2]
            if entry[2][3] then
                ids[#ids + 1] = entry[2][4]
            end
        end
        -- The next page has the time of the event that is now the first.
        t.first_at = 0
    end
    return ids
end

local function remove_trimmed(t, ids)
    if t.first == t.stored_first then
        return
    end
    if count_of(t) == 0 then
        -- Redis keeps an empty stream.
        redis.call('UNLINK', stream_key, ids_key)
        return
    end
    redis.call('XTRIM', stream_key, 'MINID', t.first)
    for _, id in ipairs(ids) do
        redis.call('HDEL', ids_key, id)
    end
end

-- Deletes the events beyond the bounds for a reader. If Redis takes no writes, they are hidden and not deleted.
local function retain(t)
    if not exceeds(t) then
        return false
    end
    local ids = plan_trim(t, MAX_TRIMMED)
    local stored = redis.pcall('HSET', topic_key, 'first', t.first)
    if type(stored) == 'table' and stored.err then
        return false
    end
    store(t)
    remove_trimmed(t, ids)
    return true
end

local function state_of(t)
    return { t.epoch, t.head, t.first, t.status, t.forks }
end
