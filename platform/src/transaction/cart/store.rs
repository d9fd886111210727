//! The carts in Redis: each change is one script, so that two tabs of one shopper never lose each other's lines.

use redis::{Cmd, Value};

use super::Away;
use super::line::Line;
use crate::bugs::KnownBug;
use crate::context::Context;
use crate::redis_link::RedisLink;
use crate::texts::TextId;
use crate::transaction::inventory::link::{Lost, Script, word};

/// What became of a change.
pub(super) enum Put {
    /// The cart as it is now.
    Done(Vec<(String, Line)>),
    /// It has no room for another line; nothing was changed.
    Full,
}

/// The carts.
pub(super) struct Store {
    ctx: Context,
    read: Script,
    put: Script,
    merge: Script,
    bought: Script,
    write_back: Script,
    redis: RedisLink,
}

impl Store {
    /// Connects when it is first used.
    pub(super) fn new(ctx: Context) -> Self {
        let script = |id| Script::new(&ctx.texts, id);
        let merge = if ctx.bugs.has(KnownBug::CartMergeAddsUp) {
            TextId::LUA_CART_BUG_MERGE_ADDS_UP
        } else {
            TextId::LUA_CART_MERGE
        };
        Self {
            read: script(TextId::LUA_CART_READ),
            put: script(TextId::LUA_CART_PUT),
            merge: script(merge),
            bought: script(TextId::LUA_CART_BOUGHT),
            write_back: script(TextId::LUA_CART_BUG_WRITE_BACK),
            redis: RedisLink::new(ctx.clone()),
            ctx,
        }
    }

    /// The lines, in SKU order.
    pub(super) async fn read(&self, cart_id: &str) -> Result<Vec<(String, Line)>, Away> {
        let life_ms = self.life_ms();
        let answer = self.run(&self.read, |cmd| {
            cmd.arg(1).arg(key(cart_id)).arg(life_ms);
        });
        Ok(lines(&answer.await?))
    }

    /// Sets a line, or takes it out.
    pub(super) async fn put(&self, cart_id: &str, sku: &str, line: Option<Line>) -> Result<Put, Away> {
        let (life_ms, most) = (self.life_ms(), self.ctx.config.shop.cart.max_lines);
        let text = line.map_or_else(String::new, Line::to_text);
        if self.ctx.bugs.has(KnownBug::CartWrittenBackWhole) {
            return self.put_all_back(cart_id, sku, line).await;
        }
        let answer = self
            .run(&self.put, |cmd| {
                cmd.arg(1).arg(key(cart_id)).arg(life_ms).arg(most).arg(sku).arg(&text);
            })
            .await?;
        Ok(if word(&answer) == b"full" { Put::Full } else { Put::Done(lines(&answer)) })
    }

    /// The known bug: what another tab has set since the cart was read is lost.
    async fn put_all_back(&self, cart_id: &str, sku: &str, line: Option<Line>) -> Result<Put, Away> {
        let mut lines = self.read(cart_id).await?;
        lines.retain(|(known, _)| known != sku);
        lines.extend(line.map(|line| (sku.to_owned(), line)));
        let life_ms = self.life_ms();
        self.run(&self.write_back, |cmd| {
            cmd.arg(1).arg(key(cart_id)).arg(life_ms);
            for (sku, line) in &lines {
                cmd.arg(sku).arg(line.to_text());
            }
        })
        .await?;
        Ok(Put::Done(lines))
    }

    /// Takes a guest's cart over.
    pub(super) async fn merge(&self, cart_id: &str, guest: &str) -> Result<Vec<(String, Line)>, Away> {
        let (life_ms, most) = (self.life_ms(), self.ctx.config.shop.cart.max_lines);
        let answer = self.run(&self.merge, |cmd| {
            cmd.arg(2).arg(key(cart_id)).arg(key(guest)).arg(life_ms).arg(most);
        });
        Ok(lines(&answer.await?))
    }

    /// Takes out what was bought, where it is still wanted as it was.
    pub(super) async fn bought(&self, cart_id: &str, bought: &[(String, i64)]) -> Result<Vec<(String, Line)>, Away> {
        let life_ms = self.life_ms();
        let answer = self.run(&self.bought, |cmd| {
            cmd.arg(1).arg(key(cart_id)).arg(life_ms);
            for (sku, quantity) in bought {
                cmd.arg(sku).arg(*quantity);
            }
        });
        Ok(lines(&answer.await?))
    }

    /// Ends a cart.
    pub(super) async fn clear(&self, cart_id: &str) -> Result<(), Away> {
        let link = self.redis.get().await?;
        let mut delete = Cmd::new();
        delete.arg("DEL").arg(key(cart_id));
        link.call(&delete).await.inspect_err(|Lost| self.redis.give_up())?;
        Ok(())
    }

    fn life_ms(&self) -> u64 {
        u64::try_from(self.ctx.config.shop.cart.life.as_millis()).unwrap_or(u64::MAX)
    }

    async fn run(&self, script: &Script, arguments: impl Fn(&mut Cmd)) -> Result<Value, Away> {
        let link = self.redis.get().await?;
        Ok(link.run(script, arguments).await.inspect_err(|Lost| self.redis.give_up())?)
    }
}

/// The cart's name stands in braces, as a SKU does; two carts that are merged would have to share a server.
fn key(cart_id: &str) -> String {
    format!("cart:{{{cart_id}}}")
}

/// Fields and values in turn, after the word if there is one, in SKU order. What no line writes is left out.
fn lines(answer: &Value) -> Vec<(String, Line)> {
    let Value::Array(items) = answer else { return Vec::new() };
    let items = if items.len() % 2 == 1 { &items[1..] } else { &items[..] };
    let mut lines: Vec<_> = items
        .chunks_exact(2)
        .filter_map(|pair| {
            let (Value::BulkString(sku), Value::BulkString(line)) = (&pair[0], &pair[1]) else { return None };
            Some((String::from_utf8(sku.clone()).ok()?, Line::parse(std::str::from_utf8(line).ok()?)?))
        })
        .collect();
    lines.sort_by(|a, b| a.0.cmp(&b.0));
    lines
}
