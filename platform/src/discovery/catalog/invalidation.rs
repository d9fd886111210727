//! Takes pages out of their freshness when the change stream says that their product has changed. Nothing else does: who
//! changes a product writes to the database and nowhere else.
//!
//! A member of a consumer group of its own, so that a search server that is away keeps no page stale. Lists are left to
//! their age: which of them show a product is not known.

use std::collections::BTreeSet;
use std::time::Duration;

use ports::events::{EventConsumer, EventError};
use redis::Cmd;
use tokio::time::sleep;

use super::cache::lock_name;
use super::pages::Wanted;
use crate::context::Context;
use crate::discovery::changes::{self, Read};
use crate::messages::CATALOG_TOPIC;
use crate::metrics::Counter;
use crate::redis_link::RedisLink;
use crate::texts::TextId;
use crate::transaction::inventory::link::{Lost, Script};

/// The consumer group.
const GROUP: &str = "page-cache";
/// The pause before a member whose group has moved on asks for its new assignment.
const REBALANCE_PAUSE: Duration = Duration::from_millis(5);

struct Invalidation {
    ctx: Context,
    redis: RedisLink,
    script: Script,
}

/// Follows the change stream; never returns.
pub(crate) async fn run(ctx: Context) {
    let script = Script::new(&ctx.texts, TextId::LUA_CATALOG_INVALIDATE);
    let invalidation = Invalidation { redis: RedisLink::new(ctx.clone()), script, ctx };
    loop {
        if let Ok(mut member) = invalidation.ctx.events.consumer(GROUP, &[CATALOG_TOPIC]).await {
            invalidation.consume(&mut *member).await;
        }
        sleep(invalidation.ctx.config.fulfilment.retry_delay).await;
    }
}

impl Invalidation {
    async fn consume(&self, member: &mut dyn EventConsumer) {
        loop {
            match self.consume_batch(member).await {
                Ok(()) => {}
                Err(EventError::Rebalanced) => {
                    self.ctx.metrics.count(Counter::ConsumerRebalances);
                    sleep(REBALANCE_PAUSE).await;
                }
                Err(EventError::Unreachable | EventError::Unacknowledged | EventError::Refused { .. }) => return,
            }
        }
    }

    async fn consume_batch(&self, member: &mut dyn EventConsumer) -> Result<(), EventError> {
        let records = member.poll(self.ctx.config.shop.search.batch).await?;
        if records.is_empty() {
            return Ok(());
        }
        let mut changed = BTreeSet::new();
        for record in &records {
            match changes::read(&record.key, &record.value) {
                Read::Change(change) => drop(changed.insert(change.sku)),
                Read::Nothing => {}
                Read::Unreadable => self.ctx.metrics.count(Counter::ChangesUnreadable),
            }
        }
        for sku in changed {
            // A Redis that is away is waited for: when it is back, it may have kept the page.
            while self.invalidate(&sku).await == Err(Lost) {
                sleep(self.ctx.config.fulfilment.retry_delay).await;
            }
            self.ctx.metrics.count(Counter::CatalogInvalidations);
        }
        member.commit().await
    }

    async fn invalidate(&self, sku: &str) -> Result<(), Lost> {
        let name = Wanted::Product { sku: sku.to_owned() }.name();
        let link = self.redis.get().await?;
        let invalidated = link.run(&self.script, |cmd: &mut Cmd| {
            cmd.arg(2).arg(&name).arg(lock_name(&name));
        });
        invalidated.await.map(drop).inspect_err(|Lost| self.redis.give_up())
    }
}
