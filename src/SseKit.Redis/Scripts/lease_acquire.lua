-- Acquires a lease. KEYS: 1 the lease. ARGV: 1 the owner, 2 the duration and 3 the time for which an expired lease is kept, in
-- milliseconds. Returns 0 refused, 1 granted, 2 taken over.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local lease = redis.call('HMGET', KEYS[1], 'owner', 'expires_at')
if lease[1] and lease[1] ~= ARGV[1] and tonumber(lease[2]) > now then
    return 0
end
redis.call('HSET', KEYS[1], 'owner', ARGV[1], 'expires_at', now + tonumber(ARGV[2]))
redis.call('PEXPIRE', KEYS[1], tonumber(ARGV[2]) + tonumber(ARGV[3]))
return lease[1] and 2 or 1
