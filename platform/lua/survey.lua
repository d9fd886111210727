-- What the gate holds of some SKUs, for the leak gauge and the reaper. Changes nothing.
--
-- KEYS  gate:epoch, then for each SKU its counter and its holds by expiry
-- ARGV  epoch, now in ms, how many expired holds to name per SKU
--
-- Answers stale_epoch or closed, or for each SKU {counter, units in live holds, {expired reservation ids}}. A hold's own
-- key is found by its name: "holds:{sku}" becomes "hold:{sku}:<id>".
local epoch = redis.call('GET', KEYS[1])
if epoch ~= ARGV[1] then
    return epoch and 'stale_epoch' or 'closed'
end
local answer = {}
for i = 2, #KEYS, 2 do
    local counter = tonumber(redis.call('GET', KEYS[i]))
    if not counter then
        return 'closed'
    end
    local prefix = 'hold:' .. string.sub(KEYS[i + 1], 7) .. ':'
    local units = 0
    for _, id in ipairs(redis.call('ZRANGE', KEYS[i + 1], 0, -1)) do
        units = units + tonumber(redis.call('HGET', prefix .. id, 'quantity') or 0)
    end
    local expired = {}
    if units > 0 then
        expired = redis.call('ZRANGEBYSCORE', KEYS[i + 1], '-inf', ARGV[2], 'LIMIT', 0, ARGV[3])
    end
    answer[#answer + 1] = {counter, units, expired}
end
return answer
