-- Opens the gate under the new epoch, all SKUs being rebuilt.
--
-- KEYS  gate:epoch, gate:rebuilding
-- ARGV  the new epoch
--
-- Answers opened or superseded.
if redis.call('GET', KEYS[2]) ~= ARGV[1] then
    return 'superseded'
end
redis.call('SET', KEYS[1], ARGV[1])
redis.call('DEL', KEYS[2])
return 'opened'
