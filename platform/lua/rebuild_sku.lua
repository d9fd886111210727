-- Sets one SKU's counter and holds to what Postgres says, while the gate is shut. Holds that no order backs are dropped:
-- their requests reserve again under the new epoch.
--
-- KEYS  gate:rebuilding, the SKU's counter, its holds by expiry
-- ARGV  the new epoch, units on hand, expiry of the holds in ms, time to live of tombstones in ms,
--       then for each order: id, state (held, released, confirmed or restocked), units, fingerprint
--
-- Answers rebuilt or superseded.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
    return 'superseded'
end
local prefix = 'hold:' .. string.sub(KEYS[3], 7) .. ':'
for _, id in ipairs(redis.call('ZRANGE', KEYS[3], 0, -1)) do
    redis.call('DEL', prefix .. id)
end
redis.call('DEL', KEYS[3])
local counter = tonumber(ARGV[2])
for i = 5, #ARGV, 4 do
    local id, state, units = ARGV[i], ARGV[i + 1], ARGV[i + 2]
    -- DEL first: a tombstone's time to live must not fall on a live hold.
    redis.call('DEL', prefix .. id)
    redis.call('HSET', prefix .. id, 'state', state, 'quantity', units, 'fingerprint', ARGV[i + 3], 'expires', ARGV[3])
    if state == 'held' then
        redis.call('ZADD', KEYS[3], ARGV[3], id)
        counter = counter - tonumber(units)
    else
        redis.call('PEXPIRE', prefix .. id, ARGV[4])
    end
end
redis.call('SET', KEYS[2], counter)
return 'rebuilt'
