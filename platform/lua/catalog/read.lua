-- Reads a page from the cache, and where it is missing or no longer fresh makes one caller its loader: whoever finds the
-- lock free takes it in the same step, so of all replicas at most one asks Postgres while the lock lives.
--
-- A page's age is counted by this server's clock alone (what is left of its life), so that replicas whose clocks differ
-- agree about it.
--
-- KEYS  the page, its lock
-- ARGV  the caller's token, the lock's life in ms
--
-- Answers {fresh, lead, follow or away; age in ms; body}. Away: the last loader found no database just now. The body is nil
-- when there is none, 'absent' when the database has no such page.
local page = redis.call('HMGET', KEYS[1], 'body', 'fresh_ms', 'life_ms')
local age = 0
if page[1] then
    age = tonumber(page[3]) - redis.call('PTTL', KEYS[1])
    if age < tonumber(page[2]) then
        return {'fresh', age, page[1]}
    end
end
if redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2]) then
    return {'lead', age, page[1]}
end
return {redis.call('GET', KEYS[2]) == 'away' and 'away' or 'follow', age, page[1]}
