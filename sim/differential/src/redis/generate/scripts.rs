//! Scripts: the platform's own with drawn arguments, any command called from Lua, and what Lua's values become.

use super::commands::data;
use super::source::Source;
use crate::redis::program::Action;

const RESERVE: &str = include_str!("../../../../../platform/lua/reserve.lua");
const CONFIRM: &str = include_str!("../../../../../platform/lua/confirm.lua");
const RELEASE: &str = include_str!("../../../../../platform/lua/release.lua");
const RELEASE_REGARDLESS: &str = include_str!("../../../../../platform/lua/bug_release_regardless.lua");
const RENEW: &str = include_str!("../../../../../platform/lua/renew.lua");
const RESTOCK: &str = include_str!("../../../../../platform/lua/restock.lua");
const SURVEY: &str = include_str!("../../../../../platform/lua/survey.lua");
const REBUILD_BEGIN: &str = include_str!("../../../../../platform/lua/rebuild_begin.lua");
const REBUILD_SKU: &str = include_str!("../../../../../platform/lua/rebuild_sku.lua");
const REBUILD_FINISH: &str = include_str!("../../../../../platform/lua/rebuild_finish.lua");

/// Scripts of a line, for what their values become and which errors they raise.
const SNIPPETS: [&str; 24] = [
    "return 3.99",
    "return -3.99",
    "return {1, 2, nil, 4}",
    "return redis.call('get', 'missing')",
    "return redis.call('get', 'k1') == false",
    "return redis.call('mget', 'k1', 'missing')",
    "return true",
    "return false",
    "return nil",
    "return {ok='FINE'}",
    "return {err='MY mistake'}",
    "return redis.error_reply('mistake')",
    "return redis.call('set', 'k1', 'v').ok",
    "return redis.pcall('incr', 'k1')",
    "return redis.call('incr', 'k1')",
    "return {1, {2, {'three'}}, {a = 1}}",
    "return tostring(0.1)",
    "return redis.call('echo', 0.1)",
    "x = 1",
    "return y",
    "return cjson.encode({1, 'two', {three = 3}})",
    "return cjson.decode('{\"a\": [1, 2.5, null]}').a",
    "return redis.sha1hex(ARGV[1] or '')",
    "redis.call('set', 'k2', '7') return redis.call('hget', 'k2', 'f')",
];

/// Any script.
pub(super) fn any(draw: &mut Source) -> Action {
    let words = match draw.weighted(&[45, 35, 10, 10]) {
        0 => {
            let function = draw.pick(&["call", "pcall"]);
            let script = format!("local reply = redis.{function}(unpack(ARGV)) return reply");
            let mut words = vec!["EVAL".to_owned(), script, "0".to_owned()];
            words.extend(data(draw));
            words
        }
        1 => vec!["EVAL".to_owned(), draw.pick(&SNIPPETS).to_owned(), "0".to_owned()],
        2 => vec!["SCRIPT".to_owned(), "LOAD".to_owned(), draw.pick(&SNIPPETS).to_owned()],
        _ => {
            let script = draw.pick(&SNIPPETS).to_owned();
            return Action::ByDigest { script, words: vec!["0".to_owned()] };
        }
    };
    Action::Command(words)
}

/// One of the platform's, on one of two SKUs and a few reservations; first by its digest, as the platform calls it.
pub(super) fn of_the_platform(draw: &mut Source) -> Action {
    if draw.chance(8) {
        // What a rebuild leaves behind, without all its steps.
        let sku = draw.pick(&["a", "b"]);
        let words: [String; 3] = if draw.chance(50) {
            ["SET".into(), "gate:epoch".into(), epoch(draw)]
        } else {
            ["SET".into(), format!("stock:{{{sku}}}"), draw.int(0, 9).to_string()]
        };
        return Action::Command(words.to_vec());
    }
    let (script, keys, args) = call(draw);
    let mut words = vec![keys.len().to_string()];
    words.extend(keys);
    words.extend(args);
    if draw.chance(30) {
        return Action::ByDigest { script: script.to_owned(), words };
    }
    Action::Command(["EVAL".to_owned(), script.to_owned()].into_iter().chain(words).collect())
}

fn epoch(draw: &mut Source) -> String {
    draw.pick(&["1", "1", "1", "2"]).to_owned()
}

fn call(draw: &mut Source) -> (&'static str, Vec<String>, Vec<String>) {
    let sku = draw.pick(&["a", "b"]);
    let id = draw.pick(&["r1", "r2", "r3"]).to_owned();
    let gate = "gate:epoch".to_owned();
    let (stock, holds, hold) = (format!("stock:{{{sku}}}"), format!("holds:{{{sku}}}"), format!("hold:{{{sku}}}:{id}"));
    let (epoch, units) = (epoch(draw), draw.int(1, 4).to_string());
    let print = draw.pick(&["f1", "f1", "f1", "f2"]).to_owned();
    let expiry = draw.pick(&["1900000000000", "1900000060000", "1900000120000"]).to_owned();
    let tombstone = "3600000".to_owned();
    match draw.weighted(&[34, 12, 14, 8, 8, 8, 5, 6, 5, 2]) {
        0 => (RESERVE, vec![gate, stock, holds, hold], vec![epoch, units, expiry, id, print]),
        1 => (CONFIRM, vec![gate, stock, holds, hold], vec![epoch, id, tombstone, units, print]),
        2 => (RELEASE, vec![gate, stock, holds, hold], vec![epoch, id, tombstone]),
        3 => (RENEW, vec![gate, holds, hold], vec![epoch, id, expiry]),
        4 => (RESTOCK, vec![gate, stock, hold], vec![epoch, tombstone, units, print]),
        5 => {
            let keys = ["a", "b"].iter().flat_map(|sku| [format!("stock:{{{sku}}}"), format!("holds:{{{sku}}}")]);
            (SURVEY, [gate].into_iter().chain(keys).collect(), vec![epoch, "1900000060000".into(), "2".into()])
        }
        6 => (REBUILD_BEGIN, vec![gate, "gate:rebuilding".into()], vec![epoch]),
        7 => {
            let state = draw.pick(&["held", "released", "confirmed", "restocked"]).to_owned();
            let on_hand = draw.int(0, 9).to_string();
            let args = vec![epoch, on_hand, expiry, tombstone, id, state, units, print];
            (REBUILD_SKU, vec!["gate:rebuilding".into(), stock, holds], args)
        }
        8 => (REBUILD_FINISH, vec![gate, "gate:rebuilding".into()], vec![epoch]),
        _ => (RELEASE_REGARDLESS, vec![gate, stock, holds, hold], vec![epoch, id, tombstone]),
    }
}
