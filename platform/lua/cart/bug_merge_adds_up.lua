-- Known bug: takes a guest's cart over by adding its quantities to the shopper's, and leaves it as it is.
--
-- KEYS  the shopper's cart, the guest's
-- ARGV  their life in ms, the most lines a cart may have
--
-- Answers the shopper's fields and values in turn.
local lines = redis.call('HGETALL', KEYS[2])
for i = 1, #lines, 2 do
    local own = redis.call('HGET', KEYS[1], lines[i])
    local quantity, rest = string.match(lines[i + 1], '^(%d+)(.*)$')
    local sum = tonumber(quantity) + (own and tonumber(string.match(own, '^%d+')) or 0)
    redis.call('HSET', KEYS[1], lines[i], sum .. rest)
end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return redis.call('HGETALL', KEYS[1])
