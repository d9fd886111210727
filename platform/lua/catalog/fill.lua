-- Writes what a loader has read, if it still holds the lock: one that was paused for longer than its lock lives must not
-- put an old page over a newer one.
--
-- KEYS  the page, its lock
-- ARGV  the loader's token, body, how long it is fresh in ms, how long it is kept in ms
--
-- Answers filled or late.
if redis.call('GET', KEYS[2]) ~= ARGV[1] then
    return 'late'
end
redis.call('HSET', KEYS[1], 'body', ARGV[2], 'fresh_ms', ARGV[3], 'life_ms', ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
redis.call('DEL', KEYS[2])
return 'filled'
