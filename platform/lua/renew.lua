-- Lets an expired hold live on because its order is still at work.
--
-- KEYS  gate:epoch, the SKU's holds by expiry, this reservation's hold
-- ARGV  epoch, reservation id, new expiry in ms
--
-- Answers renewed, not_held, stale_epoch or closed.
local epoch = redis.call('GET', KEYS[1])
if epoch ~= ARGV[1] then
    return epoch and 'stale_epoch' or 'closed'
end
if redis.call('HGET', KEYS[3], 'state') ~= 'held' then
    return 'not_held'
end
redis.call('HSET', KEYS[3], 'expires', ARGV[3])
redis.call('ZADD', KEYS[2], ARGV[3], ARGV[2])
return 'renewed'
