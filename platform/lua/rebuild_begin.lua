-- Shuts the gate for a rebuild under a new epoch. Every other script is refused until rebuild_finish.lua. A rebuild under
-- an older epoch is superseded, one under a newer epoch refuses this one.
--
-- KEYS  gate:epoch, gate:rebuilding
-- ARGV  the new epoch
--
-- Answers begun or superseded.
local new = tonumber(ARGV[1])
local current = tonumber(redis.call('GET', KEYS[1]) or 0)
local rebuilding = tonumber(redis.call('GET', KEYS[2]) or 0)
if current >= new or rebuilding >= new then
    return 'superseded'
end
redis.call('SET', KEYS[2], ARGV[1])
redis.call('DEL', KEYS[1])
return 'begun'
