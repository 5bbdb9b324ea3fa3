-- The beginning of every script about a bucket, after the check for the primary. All keys of a bucket and its topics share a hash tag.
-- KEYS: 1 the bucket's hash, 2 its changes. ARGV: 1 a random seed.
local bucket_key, changes_key = KEYS[1], KEYS[2]
local new_seed = ARGV[1]
local MAX_FORKS = 8

-- Within a text, Lua writes large numbers with an exponent. As arguments of commands, Redis writes integers up to 2^53 exactly.
local function int(number)
    return string.format('%.0f', number)
end

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

-- The name of this server's history: its replication id, which changes with every restart and promotion.
local current_history
local function history()
    if not current_history then
        local id = string.match(replication, 'master_replid:(%x+)')
        current_history = string.sub(id or string.rep('0', 16), 1, 16)
    end
    return current_history
end

local function hash(...)
    return string.sub(redis.sha1hex(table.concat({...}, ':')), 1, 16)
end

-- Notes that Redis has evicted the list of changes up to a number. The numbers of deleted topics are lost with it, and changes that no
-- poll has found. So topics get another epoch, and polls report that any topic may have changed.
local function replace_changes(number)
    local replaced = redis.pcall('HSET', bucket_key, 'id', new_seed, 'seed', new_seed, 'emptied', number)
    return type(replaced) == 'number'
end

-- The seed and histories of the bucket. A read may be the first to use them: there is one key for each bucket, not for each topic.
local function load_bucket()
    local fields = redis.call('HMGET', bucket_key, 'seed', 'history', 'earlier', 'number', 'emptied')
    local seed, last, earlier, number, emptied = fields[1], fields[2], fields[3], fields[4] or '0', fields[5] or '0'
    if not seed then
        seed, last, earlier = new_seed, history(), ''
        redis.call('HSET', bucket_key, 'id', seed, 'seed', seed, 'history', last, 'earlier', earlier, 'emptied', number)
        -- The bucket may have been evicted. The numbers of earlier changes are greater than those of the next ones.
        redis.call('UNLINK', changes_key)
        emptied = number
    elseif last ~= history() then
        earlier = string.sub(last .. ',' .. earlier, 1, MAX_FORKS * 17)
        redis.pcall('HSET', bucket_key, 'history', history(), 'earlier', earlier)
    end
    -- Upkeep may have emptied the list at this number.
    if number ~= emptied and redis.call('EXISTS', changes_key) == 0 and replace_changes(number) then
        seed = new_seed
    end
    return seed, earlier
end
