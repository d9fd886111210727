-- Known bug: writes what a loader has read without looking whether it still holds the lock.
--
-- KEYS  the page, its lock
-- ARGV  the loader's token, body, how long it is fresh in ms, how long it is kept in ms
--
-- Answers filled.
redis.call('HSET', KEYS[1], 'body', ARGV[2], 'fresh_ms', ARGV[3], 'life_ms', ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
redis.call('DEL', KEYS[2])
return 'filled'
