-- The beginning of every script about a bucket or a lease. While the primary is unavailable, the connection also uses replicas, and it may
-- not have noticed that a primary was demoted. A replica may lag, so it refuses reads as it refuses writes.
local replication = redis.call('INFO', 'replication')
if string.find(replication, 'role:slave', 1, true) then
    return redis.error_reply('READONLY A replica may lack the latest changes.')
end
