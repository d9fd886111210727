-- Takes a guest's cart over into a shopper's, in one step, and ends the guest's: no line is in both, none in neither.
--
-- The rule: of a SKU that is in both, the line with the larger quantity stays, and of two equal ones the shopper's own.
-- Never the sum: a merge that is repeated, or a second device, must not double a line. Where the shopper's cart is full,
-- its own lines stay and the guest's are left out, in SKU order from the last.
--
-- KEYS  the shopper's cart, the guest's
-- ARGV  their life in ms, the most lines a cart may have
--
-- Answers the shopper's fields and values in turn.
local lines = redis.call('HGETALL', KEYS[2])
local guest, skus = {}, {}
for i = 1, #lines, 2 do
    guest[lines[i]] = lines[i + 1]
    table.insert(skus, lines[i])
end
table.sort(skus)
for _, sku in ipairs(skus) do
    local own = redis.call('HGET', KEYS[1], sku)
    local room = redis.call('HLEN', KEYS[1]) < tonumber(ARGV[2])
    -- A line begins with its quantity.
    local larger = own and tonumber(string.match(guest[sku], '^%d+')) > tonumber(string.match(own, '^%d+'))
    if larger or (not own and room) then
        redis.call('HSET', KEYS[1], sku, guest[sku])
    end
end
redis.call('DEL', KEYS[2])
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return redis.call('HGETALL', KEYS[1])
