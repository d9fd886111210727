-- Gives the units of a hold back. Only a hold that is held gives anything back, so doing it twice does nothing more.
--
-- KEYS  gate:epoch, the SKU's counter, its holds by expiry, this reservation's hold
-- ARGV  epoch, reservation id, time to live of the tombstone in ms
--
-- Answers released, not_held, stale_epoch or closed.
local epoch = redis.call('GET', KEYS[1])
if epoch ~= ARGV[1] then
    return epoch and 'stale_epoch' or 'closed'
end
local hold = redis.call('HMGET', KEYS[4], 'state', 'quantity')
if hold[1] ~= 'held' then
    return 'not_held'
end
redis.call('INCRBY', KEYS[2], hold[2])
redis.call('ZREM', KEYS[3], ARGV[2])
redis.call('HSET', KEYS[4], 'state', 'released')
redis.call('PEXPIRE', KEYS[4], ARGV[3])
return 'released'
