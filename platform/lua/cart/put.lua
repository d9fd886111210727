-- Sets one line of a cart, or takes it out. Setting it again sets the same: a repeat doubles nothing.
--
-- KEYS  the cart
-- ARGV  its life in ms, the most lines it may have, SKU, the line; an empty line takes the SKU out
--
-- Answers {full}, or {put} followed by the cart's fields and values in turn.
if ARGV[4] == '' then
    redis.call('HDEL', KEYS[1], ARGV[3])
else
    if redis.call('HEXISTS', KEYS[1], ARGV[3]) == 0 and redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[2]) then
        return {'full'}
    end
    redis.call('HSET', KEYS[1], ARGV[3], ARGV[4])
end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
local cart = redis.call('HGETALL', KEYS[1])
table.insert(cart, 1, 'put')
return cart
