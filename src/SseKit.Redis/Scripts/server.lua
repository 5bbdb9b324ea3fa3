-- Returns what the server reports about its version, its memory and its replication.
return { redis.call('INFO', 'server'), redis.call('INFO', 'memory'), redis.call('INFO', 'replication') }
