-- Takes note that what a page shows has changed. The page stays, for when the database is away, but counts as no longer
-- fresh, so the next reader loads it anew. A loader that is at work may have read what was there before: it loses its
-- lock, and with it the right to write. That there is no such page is forgotten at once.
--
-- KEYS  the page, its lock
--
-- Answers stale, forgotten or unknown.
if redis.call('GET', KEYS[2]) ~= 'away' then
    redis.call('DEL', KEYS[2])
end
local body = redis.call('HGET', KEYS[1], 'body')
if not body then
    return 'unknown'
end
if body == 'absent' then
    redis.call('DEL', KEYS[1])
    return 'forgotten'
end
redis.call('HSET', KEYS[1], 'fresh_ms', 0)
return 'stale'
