-- Puts the units of a cancelled order back after Postgres has returned them to stock under this epoch. The order's hold
-- must be settled first (confirm or release): a live one is refused.
--
-- KEYS  gate:epoch, the SKU's counter, this reservation's hold
-- ARGV  epoch, time to live of the tombstone in ms, units, fingerprint
--
-- Answers restocked, repeated, held, stale_epoch or closed.
local epoch = redis.call('GET', KEYS[1])
if epoch ~= ARGV[1] then
    return epoch and 'stale_epoch' or 'closed'
end
local state = redis.call('HGET', KEYS[3], 'state')
if state == 'restocked' then
    return 'repeated'
end
if state == 'held' then
    return 'held'
end
redis.call('INCRBY', KEYS[2], ARGV[3])
redis.call('HSET', KEYS[3], 'state', 'restocked', 'quantity', ARGV[3], 'fingerprint', ARGV[4])
redis.call('PEXPIRE', KEYS[3], ARGV[2])
return 'restocked'
