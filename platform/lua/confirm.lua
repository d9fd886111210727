-- Turns a hold into a sold unit after Postgres has committed the order under this epoch: the hold goes, the counter stays.
-- When the hold was given back meanwhile (it expired, say), the units are taken again; the counter may then fall below
-- zero, and that is the truth: somebody else holds a unit that is no longer there.
--
-- KEYS  gate:epoch, the SKU's counter, its holds by expiry, this reservation's hold
-- ARGV  epoch, reservation id, time to live of the tombstone in ms, units, fingerprint
--
-- Answers confirmed, taken_again, repeated, stale_epoch or closed.
local epoch = redis.call('GET', KEYS[1])
if epoch ~= ARGV[1] then
    return epoch and 'stale_epoch' or 'closed'
end
local state = redis.call('HGET', KEYS[4], 'state')
if state == 'confirmed' or state == 'restocked' then
    return 'repeated'
end
local answer = 'confirmed'
if state == 'held' then
    redis.call('ZREM', KEYS[3], ARGV[2])
else
    redis.call('DECRBY', KEYS[2], ARGV[4])
    answer = 'taken_again'
end
redis.call('HSET', KEYS[4], 'state', 'confirmed', 'quantity', ARGV[4], 'fingerprint', ARGV[5])
redis.call('PEXPIRE', KEYS[4], ARGV[3])
return answer
