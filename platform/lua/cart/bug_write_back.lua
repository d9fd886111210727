-- Known bug: writes a whole cart as its caller believes it to be, whatever others have put in since it was read.
--
-- KEYS  the cart
-- ARGV  its life in ms, then SKU and line of all that it is to hold
--
-- Answers ok.
redis.call('DEL', KEYS[1])
for i = 2, #ARGV, 2 do
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 'ok'
