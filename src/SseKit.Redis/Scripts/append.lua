-- Appends to one topic or several. KEYS: seven for each topic. ARGV from 8 on, for each topic: its name and the number of its appends;
-- for each append the number of payloads, the idempotency key or '', the expected epoch or '', the payloads. Returns for each topic an
-- error, or its epoch, for each append a status and the sequence of its last event, and how many events were deleted for the bounds:
--   0 appended; 1 the topic is completed; 3 an event with this key is held; 4 the topic has another epoch than expected
local KEYS_OF_TOPIC = 7
local id_format = '%.0f-' .. int(now)
local next = ARGUMENTS + 1

local function select_topic(before)
    bucket_key, changes_key, aged_key, idle_key = KEYS[before + 1], KEYS[before + 2], KEYS[before + 3], KEYS[before + 4]
    topic_key, stream_key, ids_key = KEYS[before + 5], KEYS[before + 6], KEYS[before + 7]
    name = ARGV[next]
end

local function held(t, id)
    local sequence = t.exists and id ~= '' and redis.call('HGET', ids_key, id)
    sequence = sequence and tonumber(sequence)
    return sequence and sequence >= t.first and sequence <= t.head and sequence
end

local function add(t, payload, count, id)
    if count_of(t) == 0 then
        t.first_at = now
    end
    for i = 1, count do
        t.head = t.head + 1
        t.bytes = t.bytes + #ARGV[payload + i]
        if i == count and id ~= '' then
            redis.call('XADD', stream_key, string.format(id_format, t.head), 'p', ARGV[payload + i], 'k', id)
            redis.call('HSET', ids_key, id, t.head)
        else
            redis.call('XADD', stream_key, string.format(id_format, t.head), 'p', ARGV[payload + i])
        end
    end
end

local function append_all(at, appends)
    local t = load_topic()
    local stored_epoch, results, appended = t.epoch, {}, 0
    for _ = 1, appends do
        local count, id, expected = tonumber(ARGV[at]), ARGV[at + 1], ARGV[at + 2]
        local status, sequence = 0, 0
        local is_stale = expected ~= '' and expected ~= stored_epoch and expected ~= t.epoch
        local found = not is_stale and held(t, id)
        if is_stale then
            status = 4
        elseif found then
            status, sequence = 3, found
        elseif t.status ~= 0 then
            status = 1
        else
            if appended == 0 then
                begin_change(t)
            end
            add(t, at + 2, count, id)
            appended, sequence = appended + count, t.head
        end
        results[#results + 1] = status
        results[#results + 1] = sequence
        at = at + 3 + count
    end
    local deleted = 0
    if appended > 0 then
        -- More than were added, so that a bound that was lowered is reached.
        local ids = plan_trim(t, appended * 2 + MAX_TRIMMED)
        deleted = t.first - t.stored_first
        store(t)
        remove_trimmed(t, ids)
        end_change(t)
    end
    return { t.epoch, results, deleted }
end

-- Returns the index after the appends of a topic.
local function skip(at, appends)
    for _ = 1, appends do
        at = at + 3 + tonumber(ARGV[at])
    end
    return at
end

local replies = {}
while next <= #ARGV do
    select_topic(#replies * KEYS_OF_TOPIC)
    local appends = tonumber(ARGV[next + 1])
    -- An error of one topic changes nothing of the others.
    local ok, reply = pcall(append_all, next + 2, appends)
    replies[#replies + 1] = ok and reply or { type(reply) == 'table' and reply.err or tostring(reply), {} }
    next = skip(next + 2, appends)
end
return replies
