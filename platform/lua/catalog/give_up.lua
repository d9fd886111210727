-- Says that the database did not give a page: until this word runs out nobody tries again, and nobody waits.
--
-- KEYS  the page's lock
-- ARGV  the loader's token, how long the word stands in ms
--
-- Answers told or late.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
    return 'late'
end
redis.call('SET', KEYS[1], 'away', 'PX', ARGV[2])
return 'told'
