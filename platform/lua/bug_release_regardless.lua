-- KNOWN BUG, hold-released-twice: gives the units back whenever there is a trace of the hold, held or not.
-- Keys, arguments and answers as in release.lua.
local epoch = redis.call('GET', KEYS[1])
if epoch ~= ARGV[1] then
    return epoch and 'stale_epoch' or 'closed'
end
local quantity = redis.call('HGET', KEYS[4], 'quantity')
if not quantity then
    return 'not_held'
end
redis.call('INCRBY', KEYS[2], quantity)
redis.call('ZREM', KEYS[3], ARGV[2])
redis.call('HSET', KEYS[4], 'state', 'released')
redis.call('PEXPIRE', KEYS[4], ARGV[3])
return 'released'
