//! Every command's name, its number of words and its handler, in alphabetical order; and the names that Redis 7.0 has but
//! this engine lacks.

use super::{Spec, hashes, keys, scripting, server, sets, sorted_ranges, sorted_sets, strings, transactions, ttl};

/// No command's name is longer.
const LONGEST_NAME: usize = 24;

static TABLE: [Spec; 90] = [
    Spec::plain("append", 3, strings::append),
    Spec::connection("client", -2, server::client),
    Spec::connection("config", -2, server::config),
    Spec::plain("dbsize", 1, keys::dbsize),
    Spec::plain("decr", 2, strings::decr),
    Spec::plain("decrby", 3, strings::decrby),
    Spec::plain("del", -2, keys::del),
    Spec::connection("discard", 1, transactions::discard),
    Spec::plain("echo", 2, server::echo),
    Spec::whole("eval", -3, scripting::eval),
    Spec::whole("evalsha", -3, scripting::evalsha),
    Spec::whole("exec", 1, transactions::exec),
    Spec::plain("exists", -2, keys::exists),
    Spec::plain("expire", -3, ttl::expire),
    Spec::plain("expireat", -3, ttl::expireat),
    Spec::plain("expiretime", 2, ttl::expiretime),
    Spec::plain("flushall", -1, keys::flushall),
    Spec::plain("flushdb", -1, keys::flushdb),
    Spec::plain("get", 2, strings::get),
    Spec::plain("getdel", 2, strings::getdel),
    Spec::plain("getex", -2, strings::getex),
    Spec::plain("getset", 3, strings::getset),
    Spec::plain("hdel", -3, hashes::hdel),
    Spec::connection("hello", -1, server::hello),
    Spec::plain("hexists", 3, hashes::hexists),
    Spec::plain("hget", 3, hashes::hget),
    Spec::plain("hgetall", 2, hashes::hgetall),
    Spec::plain("hincrby", 4, hashes::hincrby),
    Spec::plain("hkeys", 2, hashes::hkeys),
    Spec::plain("hlen", 2, hashes::hlen),
    Spec::plain("hmget", -3, hashes::hmget),
    Spec::plain("hmset", -4, hashes::hmset),
    Spec::plain("hset", -4, hashes::hset),
    Spec::plain("hsetnx", 4, hashes::hsetnx),
    Spec::plain("hstrlen", 3, hashes::hstrlen),
    Spec::plain("hvals", 2, hashes::hvals),
    Spec::plain("incr", 2, strings::incr),
    Spec::plain("incrby", 3, strings::incrby),
    Spec::plain("info", -1, server::info),
    Spec::plain("keys", 2, keys::keys),
    Spec::plain("mget", -2, strings::mget),
    Spec::plain("mset", -3, strings::mset),
    Spec::plain("msetnx", -3, strings::msetnx),
    Spec::connection("multi", 1, transactions::multi),
    Spec::plain("persist", 2, ttl::persist),
    Spec::plain("pexpire", -3, ttl::pexpire),
    Spec::plain("pexpireat", -3, ttl::pexpireat),
    Spec::plain("pexpiretime", 2, ttl::pexpiretime),
    Spec::plain("ping", -1, server::ping),
    Spec::plain("psetex", 4, strings::psetex),
    Spec::plain("pttl", 2, ttl::pttl),
    Spec::connection("quit", -1, server::quit),
    Spec::plain("rename", 3, keys::rename),
    Spec::plain("renamenx", 3, keys::renamenx),
    Spec::plain("sadd", -3, sets::sadd),
    Spec::plain("scan", -2, keys::scan),
    Spec::plain("scard", 2, sets::scard),
    Spec::whole("script", -2, scripting::script),
    Spec::plain("select", 2, server::select),
    Spec::plain("set", -3, strings::set),
    Spec::plain("setex", 4, strings::setex),
    Spec::plain("setnx", 3, strings::setnx),
    Spec::plain("sismember", 3, sets::sismember),
    Spec::plain("smembers", 2, sets::smembers),
    Spec::plain("smismember", -3, sets::smismember),
    Spec::plain("srem", -3, sets::srem),
    Spec::plain("strlen", 2, strings::strlen),
    Spec::plain("time", 1, server::time),
    Spec::plain("touch", -2, keys::exists),
    Spec::plain("ttl", 2, ttl::ttl),
    Spec::plain("type", 2, keys::kind),
    Spec::plain("unlink", -2, keys::del),
    Spec::connection("unwatch", 1, transactions::unwatch),
    Spec::connection("wait", 3, server::wait),
    Spec::connection("watch", -2, transactions::watch),
    Spec::plain("zadd", -4, sorted_sets::zadd),
    Spec::plain("zcard", 2, sorted_sets::zcard),
    Spec::plain("zcount", 4, sorted_ranges::zcount),
    Spec::plain("zincrby", 4, sorted_sets::zincrby),
    Spec::plain("zmscore", -3, sorted_sets::zmscore),
    Spec::plain("zrange", -4, sorted_ranges::zrange),
    Spec::plain("zrangebyscore", -4, sorted_ranges::zrangebyscore),
    Spec::plain("zrank", 3, sorted_sets::zrank),
    Spec::plain("zrem", -3, sorted_sets::zrem),
    Spec::plain("zremrangebyrank", 4, sorted_ranges::zremrangebyrank),
    Spec::plain("zremrangebyscore", 4, sorted_ranges::zremrangebyscore),
    Spec::plain("zrevrange", -4, sorted_ranges::zrevrange),
    Spec::plain("zrevrangebyscore", -4, sorted_ranges::zrevrangebyscore),
    Spec::plain("zrevrank", 3, sorted_sets::zrevrank),
    Spec::plain("zscore", 3, sorted_sets::zscore),
];

/// Redis 7.0's other commands, in alphabetical order.
static UNSUPPORTED: &[&str] = &[
    "acl",
    "asking",
    "auth",
    "bgrewriteaof",
    "bgsave",
    "bitcount",
    "bitfield",
    "bitfield_ro",
    "bitop",
    "bitpos",
    "blmove",
    "blmpop",
    "blpop",
    "brpop",
    "brpoplpush",
    "bzmpop",
    "bzpopmax",
    "bzpopmin",
    "cluster",
    "command",
    "copy",
    "debug",
    "dump",
    "eval_ro",
    "evalsha_ro",
    "failover",
    "fcall",
    "fcall_ro",
    "function",
    "geoadd",
    "geodist",
    "geohash",
    "geopos",
    "georadius",
    "georadius_ro",
    "georadiusbymember",
    "georadiusbymember_ro",
    "geosearch",
    "geosearchstore",
    "getbit",
    "getrange",
    "hincrbyfloat",
    "hrandfield",
    "hscan",
    "incrbyfloat",
    "lastsave",
    "latency",
    "lcs",
    "lindex",
    "linsert",
    "llen",
    "lmove",
    "lmpop",
    "lolwut",
    "lpop",
    "lpos",
    "lpush",
    "lpushx",
    "lrange",
    "lrem",
    "lset",
    "ltrim",
    "memory",
    "migrate",
    "module",
    "monitor",
    "move",
    "object",
    "pfadd",
    "pfcount",
    "pfdebug",
    "pfmerge",
    "pfselftest",
    "psubscribe",
    "psync",
    "publish",
    "pubsub",
    "punsubscribe",
    "randomkey",
    "readonly",
    "readwrite",
    "replconf",
    "replicaof",
    "reset",
    "restore",
    "restore-asking",
    "role",
    "rpop",
    "rpoplpush",
    "rpush",
    "rpushx",
    "save",
    "sdiff",
    "sdiffstore",
    "setbit",
    "setrange",
    "shutdown",
    "sinter",
    "sintercard",
    "sinterstore",
    "slaveof",
    "slowlog",
    "smove",
    "sort",
    "sort_ro",
    "spop",
    "spublish",
    "srandmember",
    "sscan",
    "ssubscribe",
    "subscribe",
    "substr",
    "sunion",
    "sunionstore",
    "sunsubscribe",
    "swapdb",
    "sync",
    "unsubscribe",
    "xack",
    "xadd",
    "xautoclaim",
    "xclaim",
    "xdel",
    "xgroup",
    "xinfo",
    "xlen",
    "xpending",
    "xrange",
    "xread",
    "xreadgroup",
    "xrevrange",
    "xsetid",
    "xtrim",
    "zdiff",
    "zdiffstore",
    "zinter",
    "zintercard",
    "zinterstore",
    "zlexcount",
    "zmpop",
    "zpopmax",
    "zpopmin",
    "zrandmember",
    "zrangebylex",
    "zrangestore",
    "zremrangebylex",
    "zrevrangebylex",
    "zscan",
    "zunion",
    "zunionstore",
];

/// Places of the index; a power of two well above the number of commands.
const PLACES: usize = 512;
/// A place that no command has.
const VACANT: u8 = u8::MAX;

/// Where each command stands in the table, found by its name's place and, if another is there, the places after it.
static INDEX: [u8; PLACES] = {
    let mut index = [VACANT; PLACES];
    let mut at = 0;
    while at < TABLE.len() {
        let mut place = place_of(TABLE[at].name.as_bytes());
        while index[place] != VACANT {
            place = (place + 1) % PLACES;
        }
        assert!(at < VACANT as usize, "an index entry is one byte");
        #[expect(clippy::cast_possible_truncation, reason = "checked on the line before")]
        let entry = at as u8;
        index[place] = entry;
        at += 1;
    }
    index
};

/// The FNV-1a hash of a name, cut to the size of the index.
const fn place_of(name: &[u8]) -> usize {
    let mut hash: u32 = 0x811c_9dc5;
    let mut at = 0;
    while at < name.len() {
        hash = (hash ^ name[at] as u32).wrapping_mul(0x0100_0193);
        at += 1;
    }
    (hash ^ (hash >> 16)) as usize % PLACES
}

/// The command of that name, whatever its case.
pub(super) fn find(name: &[u8]) -> Option<&'static Spec> {
    let mut buffer = [0u8; LONGEST_NAME];
    let folded = fold(name, &mut buffer)?;
    let mut place = place_of(folded);
    loop {
        let entry = INDEX[place];
        if entry == VACANT {
            return None;
        }
        let spec = &TABLE[usize::from(entry)];
        if spec.name.as_bytes() == folded {
            return Some(spec);
        }
        place = (place + 1) % PLACES;
    }
}

/// The name of a command of Redis's that this engine lacks.
pub(super) fn unsupported_name(name: &[u8]) -> Option<&'static str> {
    let mut buffer = [0u8; LONGEST_NAME];
    let folded = fold(name, &mut buffer)?;
    let at = UNSUPPORTED.binary_search_by(|known| known.as_bytes().cmp(folded)).ok()?;
    Some(UNSUPPORTED[at])
}

/// The name in lower case; `None` if it is too long to be one.
fn fold<'a>(name: &[u8], buffer: &'a mut [u8; LONGEST_NAME]) -> Option<&'a [u8]> {
    let folded = buffer.get_mut(..name.len())?;
    folded.copy_from_slice(name);
    folded.make_ascii_lowercase();
    Some(folded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_in_one_list_and_is_found_there() {
        assert!(TABLE.is_sorted_by(|a, b| a.name < b.name));
        assert!(UNSUPPORTED.is_sorted_by(|a, b| a < b));
        for known in UNSUPPORTED {
            assert!(find(known.as_bytes()).is_none(), "{known} is in both lists");
            assert_eq!(unsupported_name(known.to_ascii_uppercase().as_bytes()), Some(*known));
        }
    }

    #[test]
    fn a_name_is_found_whatever_its_case() {
        for spec in &TABLE {
            assert_eq!(find(spec.name.to_ascii_uppercase().as_bytes()).unwrap().name, spec.name);
        }
        assert!(find(b"zrangebyscorezrangebyscorezrangebyscore").is_none());
    }
}
