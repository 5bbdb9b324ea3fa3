-- Reads a page. ARGV: 8 the epoch and 9 the sequence to continue from, 10 the most events, 11 the most bytes.
-- Returns the state, a status (0 ok, 1 expired, 2 unknown) and the payloads, whose sequences follow the position.
local after_epoch, after = ARGV[8], tonumber(ARGV[9])
local most, most_bytes = tonumber(ARGV[10]), tonumber(ARGV[11])
local CHUNK = 16

local t = load_topic()
retain(t)

local function shared_sequence()
    if after_epoch == t.epoch then
        return t.head
    end
    for epoch, sequence in string.gmatch(t.forks, '(%w+)-(%d+)') do
        if epoch == after_epoch then
            return math.min(tonumber(sequence), t.head)
        end
    end
    return -1
end

if after < 0 or after > shared_sequence() then
    return { state_of(t), 2, {} }
end
if after + 1 < t.first then
    return { state_of(t), 1, {} }
end

local function sequence_of(entry)
    return entry and tonumber(string.match(entry[1], '%d+'))
end

-- Chunks grow, so that a page of large events holds little more than its bytes in memory.
local payloads, bytes, chunk = {}, 0, CHUNK
local average = math.max(1, t.bytes / math.max(1, count_of(t)))
while after + #payloads < t.head and #payloads < most and bytes < most_bytes do
    local wanted = after + #payloads + 1
    local fit = math.max(1, math.min(chunk, most - #payloads, math.floor((most_bytes - bytes) / average)))
    local page = redis.call('XRANGE', stream_key, wanted, '+', 'COUNT', fit)
    local first = sequence_of(page[1])
    if first ~= wanted then
        -- Redis has lost events: the stream was evicted or truncated.
        if #payloads == 0 then
            t.first = first or t.head + 1
            return { state_of(t), 1, {} }
        end
        break
    end
    -- Sequences grow, so a page is complete if its last one is as expected.
    local is_complete = sequence_of(page[#page]) == wanted + #page - 1
    for i, entry in ipairs(page) do
        if bytes >= most_bytes or not (is_complete or sequence_of(entry) == wanted + i - 1) then
            break
        end
        payloads[#payloads + 1] = entry[2][2]
        bytes = bytes + #entry[2][2]
    end
    chunk = chunk * 2
end

return { state_of(t), 0, payloads }
