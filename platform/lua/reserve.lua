-- Takes a hold on units of one SKU, once per reservation id, without asking Postgres.
--
-- KEYS  gate:epoch, the SKU's counter, its holds by expiry, this reservation's hold
-- ARGV  epoch, units, expiry in ms, reservation id, fingerprint of the request
--
-- Answers {word, units}:
--   reserved      a new hold; units remaining, never negative
--   repeated      this reservation's own hold was there; it lives on to the new expiry
--   settled       the hold was turned into a sale before: the order says what became of it
--   key_reused    the reservation id came before with another request
--   sold_out      not enough left, and this reservation has never been seen
--   sold_out_seen not enough left, but there was a hold once: an order may exist
--   stale_epoch, closed   the caller's epoch is not this server's; nothing was done
local epoch = redis.call('GET', KEYS[1])
if epoch ~= ARGV[1] then
    return {epoch and 'stale_epoch' or 'closed', 0}
end
local hold = redis.call('HMGET', KEYS[4], 'state', 'fingerprint')
local state = hold[1]
if state and state ~= 'released' then
    if hold[2] ~= ARGV[5] then
        return {'key_reused', 0}
    end
    if state ~= 'held' then
        return {'settled', 0}
    end
    redis.call('HSET', KEYS[4], 'expires', ARGV[3])
    redis.call('ZADD', KEYS[3], ARGV[3], ARGV[4])
    return {'repeated', 0}
end
local stock = tonumber(redis.call('GET', KEYS[2]))
if not stock then
    return {'closed', 0}
end
if stock < tonumber(ARGV[2]) then
    return {state and 'sold_out_seen' or 'sold_out', 0}
end
-- A released tombstone has a time to live, which HSET would keep: the new hold would vanish and its units with it.
if state then
    redis.call('DEL', KEYS[4])
end
redis.call('HSET', KEYS[4], 'state', 'held', 'quantity', ARGV[2], 'fingerprint', ARGV[5], 'expires', ARGV[3])
redis.call('ZADD', KEYS[3], ARGV[3], ARGV[4])
return {'reserved', redis.call('DECRBY', KEYS[2], ARGV[2])}
