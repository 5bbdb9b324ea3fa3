-- Appends to a topic. ARGV from 8 on, for each append: the number of payloads, the idempotency key or '', the expected epoch or '', the
-- payloads. Returns the epoch, and for each append a status and the sequence of its last event:
--   0 appended; 1 the topic is completed; 3 an event with this key is held; 4 the topic has another epoch than expected
local t = load_topic()
local stored_epoch = t.epoch
local changed = false
local results = {}
local trimmed = {}
local appended = 0
local next = ARGUMENTS + 1
local id_format = '%.0f-' .. int(now)

local function held(id)
    local sequence = t.exists and id ~= '' and redis.call('HGET', ids_key, id)
    sequence = sequence and tonumber(sequence)
    return sequence and sequence >= t.first and sequence <= t.head and sequence
end

while next <= #ARGV do
    local count, id, expected = tonumber(ARGV[next]), ARGV[next + 1], ARGV[next + 2]
    local payload = next + 2
    next = next + 3 + count
    local status, sequence = 0, 0
    if expected ~= '' and expected ~= stored_epoch and expected ~= t.epoch then
        status = 4
    else
        local found = held(id)
        if found then
            status, sequence = 3, found
        elseif t.status ~= 0 then
            status = 1
        else
            if not changed then
                changed = true
                begin_change(t)
            end
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
            appended = appended + count
            sequence = t.head
        end
    end
    results[#results + 1] = status
    results[#results + 1] = sequence
end

if changed then
    -- More than were added, so that a bound that was lowered is reached.
    local ids = plan_trim(t, appended * 2 + MAX_TRIMMED)
    store(t)
    remove_trimmed(t, ids)
    end_change(t)
end

return { t.epoch, results }
