//! The change stream into the index: one member of a consumer group.
//!
//! Idempotent and ordered by key: a document's version is its change's place in the database's log, and the search server
//! replaces no newer one, so a change that comes again, or late, does nothing. The offset is committed when the search
//! server has acknowledged; what it does not take at the moment is tried until it does.
//!
//! The indices to write to are looked up after the changes were read: a batch that does not know of an index which is
//! being built holds only changes that the database had before the building began (see [`super::rebuild`]).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use ports::events::{ConsumedRecord, EventConsumer, EventError};
use tokio::time::sleep;

use super::document::document;
use super::engine::{Engine, Trouble, Write, Written};
use super::{WRITERS, rebuild};
use crate::context::Context;
use crate::discovery::changes::{self, Change, Read};
use crate::messages::CATALOG_TOPIC;
use crate::metrics::Counter;

/// The consumer group.
pub const GROUP: &str = "search-index";
/// The pause before a member whose group has moved on asks for its new assignment.
const REBALANCE_PAUSE: Duration = Duration::from_millis(5);
/// Bytes of one request at most, roughly: the search server takes in 100 MB.
const MOST_BYTES: usize = 4 << 20;

/// How far the index is behind the change stream, as its worker knows it.
#[derive(Default)]
pub(crate) struct Lag {
    /// When the oldest change that is not in the index was committed, in microseconds; 0 for none.
    behind_since_us: AtomicI64,
    /// Whether the log and the search server answered last time.
    reached: AtomicBool,
}

impl Lag {
    /// For how long the oldest known change has been waiting.
    pub(crate) fn lag_ms(&self, now_us: i64) -> i64 {
        match self.behind_since_us.load(Ordering::Relaxed) {
            0 => 0,
            since_us => (now_us - since_us).max(0).div_euclid(1_000),
        }
    }

    /// Whether the worker could do its work when it last tried.
    pub(crate) fn is_reached(&self) -> bool {
        self.reached.load(Ordering::Relaxed)
    }

    fn set(&self, since_us: i64) {
        self.behind_since_us.store(since_us, Ordering::Relaxed);
    }
}

struct Indexer {
    ctx: Context,
    engine: Engine,
    lag: Arc<Lag>,
}

/// Keeps the index; never returns. After an error the member leaves and joins anew, from the committed offsets.
pub(crate) async fn run(ctx: Context, lag: Arc<Lag>) {
    let indexer = Indexer { engine: Engine::new(ctx.clone()), ctx, lag };
    loop {
        indexer.ensure_index().await;
        if let Ok(mut member) = indexer.ctx.events.consumer(GROUP, &[CATALOG_TOPIC]).await {
            indexer.consume(&mut *member).await;
        }
        indexer.lag.reached.store(false, Ordering::Relaxed);
        indexer.pause().await;
    }
}

impl Indexer {
    async fn pause(&self) {
        self.show_lag();
        sleep(self.ctx.config.shop.search.retry).await;
    }

    fn show_lag(&self) {
        self.ctx.metrics.set_index_lag_ms(self.lag.lag_ms(self.ctx.clock.now_us()));
    }

    /// Returns once there is an index; builds it from the database where there is none, however long that takes.
    async fn ensure_index(&self) {
        while rebuild::ensure(&self.ctx).await.is_err() {
            self.lag.reached.store(false, Ordering::Relaxed);
            self.pause().await;
        }
    }

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
        self.lag.reached.store(true, Ordering::Relaxed);
        let changes = newest_by_key(&self.ctx, &records);
        let oldest_ms = changes.iter().map(|change| change.committed_ms).min();
        self.lag.set(oldest_ms.map_or(0, |at_ms| at_ms * 1_000));
        self.show_lag();
        if records.is_empty() {
            return Ok(());
        }
        for share in shares(&changes) {
            self.apply(share).await;
        }
        self.lag.set(0);
        self.show_lag();
        member.commit().await
    }

    /// Lets changes take effect in every index that is written to, however long the search server is away.
    async fn apply(&self, mut writes: Vec<Write>) {
        loop {
            match self.apply_once(&writes).await {
                Ok(left) if left.is_empty() => return,
                Ok(left) => writes = left,
                Err(Trouble::Missing { .. }) => self.ensure_index().await,
                Err(Trouble::Away | Trouble::Refused { .. }) => self.lag.reached.store(false, Ordering::Relaxed),
            }
            self.pause().await;
        }
    }

    /// Writes everything to every index once; what has to be tried again.
    async fn apply_once(&self, writes: &[Write]) -> Result<Vec<Write>, Trouble> {
        let targets = self.engine.behind(WRITERS).await?;
        if targets.is_empty() {
            return Err(Trouble::Missing { what: WRITERS.to_owned() });
        }
        let mut again = vec![false; writes.len()];
        for index in &targets {
            let written = self.engine.write(index, writes).await?;
            for (at, written) in written.into_iter().enumerate() {
                match written {
                    Written::Done => self.ctx.metrics.count(Counter::ChangesIndexed),
                    Written::Stale => self.ctx.metrics.count(Counter::ChangesStale),
                    Written::Refused => self.ctx.metrics.count(Counter::ChangesUnreadable),
                    // An index that is gone had its successor before.
                    Written::Away | Written::NoIndex => again[at] = true,
                }
            }
        }
        let left = writes.iter().zip(again).filter(|(_, again)| *again).map(|(write, _)| write.clone());
        Ok(left.collect())
    }
}

/// The changes in these records, of each product the newest only.
fn newest_by_key(ctx: &Context, records: &[ConsumedRecord]) -> Vec<Change> {
    let mut newest: BTreeMap<String, Change> = BTreeMap::new();
    for record in records {
        match changes::read(&record.key, &record.value) {
            Read::Change(change) => {
                let known = newest.get(&change.sku).is_some_and(|known| known.lsn > change.lsn);
                if !known {
                    newest.insert(change.sku.clone(), *change);
                }
            }
            Read::Nothing => {}
            Read::Unreadable => ctx.metrics.count(Counter::ChangesUnreadable),
        }
    }
    newest.into_values().collect()
}

/// Writes of these changes, in shares that fit a request.
fn shares(changes: &[Change]) -> Vec<Vec<Write>> {
    let mut shares = vec![Vec::new()];
    let mut bytes = 0;
    for Change { sku, lsn, row, .. } in changes {
        let size = row.as_ref().map_or(0, |row| row.description.len() + row.attributes.len()) + 512;
        if bytes > 0 && bytes + size > MOST_BYTES {
            shares.push(Vec::new());
            bytes = 0;
        }
        bytes += size;
        let write = Write { id: sku.clone(), version: *lsn, document: document(sku, row.as_ref()) };
        shares.last_mut().expect("there is always one").push(write);
    }
    shares.retain(|share| !share.is_empty());
    shares
}
