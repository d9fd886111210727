-- Reads a cart, and lets it live on: who looks at a cart still wants it.
--
-- KEYS  the cart
-- ARGV  its life in ms
--
-- Answers its fields and values in turn; nothing for an empty cart.
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return redis.call('HGETALL', KEYS[1])
