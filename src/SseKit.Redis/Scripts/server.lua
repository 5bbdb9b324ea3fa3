-- Returns what the server reports about its version and its memory.
return { redis.call('INFO', 'server'), redis.call('INFO', 'memory') }
