-- Takes out of a cart what was just bought. A line that was changed since the checkout began is another wish, and stays.
--
-- KEYS  the cart
-- ARGV  its life in ms, then SKU and quantity of each line that was bought
--
-- Answers the cart's fields and values in turn.
for i = 2, #ARGV, 2 do
    local line = redis.call('HGET', KEYS[1], ARGV[i])
    -- A line begins with its quantity.
    if line and string.match(line, '^%d+') == ARGV[i + 1] then
        redis.call('HDEL', KEYS[1], ARGV[i])
    end
end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return redis.call('HGETALL', KEYS[1])
