-- Returns the owner of a lease, or nil if it has none or has expired. KEYS: 1 the lease.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local lease = redis.call('HMGET', KEYS[1], 'owner', 'expires_at')
return lease[1] and tonumber(lease[2]) > now and lease[1] or nil
