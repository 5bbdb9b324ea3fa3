-- Releases a lease. KEYS: 1 the lease. ARGV: 1 the owner.
if redis.call('HGET', KEYS[1], 'owner') == ARGV[1] then
    redis.call('DEL', KEYS[1])
end
return 1
