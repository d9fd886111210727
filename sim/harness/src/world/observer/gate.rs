//! Reads what a Redis command did to counters and holds, from the command, its reply and the keys it touched.

use std::collections::BTreeMap;

use checkers::history::{EventKind, History, HoldStep, OrderRef, Sku};
use redis_engine::{Redis, Reply};

/// The scripts that move holds or counters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Script {
    Reserve,
    Confirm,
    Release,
    Restock,
    RebuildSku,
}

/// Knows the platform's scripts by their digests.
pub(super) struct GateWatch {
    by_digest: BTreeMap<String, Script>,
}

impl GateWatch {
    /// Knows these scripts, given by file name and text.
    pub(super) fn new<'a>(scripts: impl Iterator<Item = (&'static str, &'a str)>) -> Self {
        let known = |name: &str| match name.rsplit('/').next()? {
            "reserve.lua" => Some(Script::Reserve),
            "confirm.lua" => Some(Script::Confirm),
            "release.lua" | "bug_release_regardless.lua" => Some(Script::Release),
            "restock.lua" => Some(Script::Restock),
            "rebuild_sku.lua" => Some(Script::RebuildSku),
            _ => None,
        };
        let digest = |text: &str| redis::Script::new(text).get_hash().to_owned();
        Self { by_digest: scripts.filter_map(|(name, text)| Some((digest(text), known(name)?))).collect() }
    }

    /// The event of a command that moved a hold or a counter.
    pub(super) fn decode(
        &self,
        history: &mut History,
        engine: &Redis,
        words: &[&[u8]],
        reply: &Reply,
    ) -> Option<EventKind> {
        let verb = *words.first()?;
        if verb.eq_ignore_ascii_case(b"EVALSHA") {
            let script = *self.by_digest.get(text(words.get(1)?)?)?;
            return Call::of(words)?.decode(history, engine, script, reply);
        }
        if verb.eq_ignore_ascii_case(b"EVAL") {
            let digest = redis::Script::new(text(words.get(1)?)?);
            let script = *self.by_digest.get(digest.get_hash())?;
            return Call::of(words)?.decode(history, engine, script, reply);
        }
        if verb.eq_ignore_ascii_case(b"HSET") {
            return hold_written(history, engine, words);
        }
        let writes_counter =
            [b"SET".as_slice(), b"INCRBY", b"DECRBY", b"DEL"].iter().any(|v| verb.eq_ignore_ascii_case(v));
        if writes_counter && words.get(1)?.starts_with(b"stock:") {
            let sku = sku_of(history, words[1])?;
            return Some(EventKind::CounterSet { sku, counter: engine.get_integer(words[1]).unwrap_or(0) });
        }
        None
    }
}

/// A script call's keys and arguments.
struct Call<'a> {
    keys: &'a [&'a [u8]],
    args: &'a [&'a [u8]],
}

impl<'a> Call<'a> {
    fn of(words: &'a [&'a [u8]]) -> Option<Self> {
        let count: usize = text(words.get(2)?)?.parse().ok()?;
        Some(Self { keys: words.get(3..3 + count)?, args: words.get(3 + count..)? })
    }

    fn decode(&self, history: &mut History, engine: &Redis, script: Script, reply: &Reply) -> Option<EventKind> {
        let counter_key = self.keys.get(1)?;
        let sku = sku_of(history, counter_key)?;
        let remaining = engine.get_integer(counter_key).unwrap_or(0);
        let first = if let Reply::Array(items) = reply { items.first()? } else { reply };
        let Reply::Bulk(word) = first else { return None };
        let hold = |history: &mut History, step, order: usize, quantity: u32| {
            let order = history.order(text(self.args.get(order)?)?);
            Some(EventKind::HoldMoved { order, sku, step, quantity, remaining })
        };
        let number = |index: usize| self.args.get(index).and_then(|arg| text(arg)?.parse::<u32>().ok()).unwrap_or(0);
        match (script, &**word) {
            (Script::Reserve, b"reserved") => hold(history, HoldStep::Taken, 3, number(1)),
            (Script::Confirm, b"confirmed" | b"taken_again") => hold(history, HoldStep::Confirmed, 1, number(3)),
            (Script::Release, b"released") => {
                let quantity = engine.hash_field(self.keys.get(3)?, b"quantity").and_then(|q| text(q)?.parse().ok());
                hold(history, HoldStep::Released, 1, quantity.unwrap_or(0))
            }
            (Script::Restock, b"restocked") => {
                let order = order_of(history, self.keys.get(2)?)?;
                let quantity = number(2);
                Some(EventKind::HoldMoved { order, sku, step: HoldStep::Restocked, quantity, remaining })
            }
            (Script::RebuildSku, b"rebuilt") => {
                Some(EventKind::CounterRebuilt { sku, epoch: number(0), counter: remaining })
            }
            _ => None,
        }
    }
}

/// A hold written by a plain command, as a gate that does not use its script would.
fn hold_written(history: &mut History, engine: &Redis, words: &[&[u8]]) -> Option<EventKind> {
    let key = *words.get(1)?;
    let order = order_of(history, key)?;
    let sku = sku_of(history, key)?;
    let field = |name: &[u8]| engine.hash_field(key, name).and_then(|value| text(value));
    if field(b"state")? != "held" {
        return None;
    }
    let quantity = field(b"quantity")?.parse().ok()?;
    let counter_key = [b"stock:{".as_slice(), history.sku_name(sku).as_bytes(), b"}"].concat();
    let remaining = engine.get_integer(&counter_key).unwrap_or(0);
    Some(EventKind::HoldMoved { order, sku, step: HoldStep::Taken, quantity, remaining })
}

fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

/// The product between the braces of a key such as `stock:{TV}`.
fn sku_of(history: &mut History, key: &[u8]) -> Option<Sku> {
    let (_, rest) = text(key)?.split_once('{')?;
    let (sku, _) = rest.split_once('}')?;
    history.find_sku(sku)
}

/// The reservation behind the braces of a key such as `hold:{TV}:ord_1`.
fn order_of(history: &mut History, key: &[u8]) -> Option<OrderRef> {
    let text = text(key)?;
    let (_, order_id) = text.strip_prefix("hold:")?.split_once("}:")?;
    Some(history.order(order_id))
}
