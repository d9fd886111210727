//! The page cache: aside in Redis, with one loader for each page that is missing or no longer fresh.
//!
//! | where a page stands | what its reader gets |
//! |---|---|
//! | fresh | the page |
//! | past that, but within its bound | the page as it is, while one reader loads it anew |
//! | past its bound, or missing | what the one loader brings; while Postgres is away, the page as it is |
//! | known to be absent | that it is, for as long as such an entry is kept |
//!
//! Readers of one process share one question (`flights`), processes share a lock in Redis that is taken in the script that
//! reads. So a cold cache under load sends one statement per page to Postgres. A loader that fails leaves word of it for a
//! while: until that runs out nobody tries again and nobody waits, so Postgres is not hammered while it is away.
//!
//! While Redis is away each process loads for itself, once per page at a time, and passes on what it has just seen.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use redis::{Cmd, Value};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep};

use super::kept::Kept;
use super::pages::Wanted;
use crate::bugs::KnownBug;
use crate::context::Context;
use crate::metrics::Counter;
use crate::redis_link::RedisLink;
use crate::texts::TextId;
use crate::time_limit::within;
use crate::transaction::inventory::link::{Lost, Script, word};

/// The body of an entry that says that there is no such page; no page's JSON is that.
const ABSENT: &str = "absent";
/// How long a reader without any page waits between two looks whether the loader has brought it.
const LOOK: Duration = Duration::from_millis(10);

/// A page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Page {
    /// JSON.
    pub(super) body: Arc<str>,
    /// Since it was read from Postgres.
    pub(super) age: Duration,
    /// Whether it is past its bound: served only because Postgres is away.
    pub(super) stale: bool,
}

/// What a look came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    /// The page.
    Page(Page),
    /// There is no such page.
    Absent,
    /// Nobody who is there knows.
    Unavailable,
}

/// What Redis said.
enum Read {
    /// The entry is fresh.
    Fresh(Found),
    /// It is not, and this caller is to load it.
    Lead(Option<Found>),
    /// It is not, and somebody else is at it.
    Follow(Option<Found>),
    /// It is not, and Postgres was away just now.
    Away(Option<Found>),
}

/// Who waits for a look, in the order in which they came and are answered. (A watch channel would wake them in an order that
/// it draws from outside the seed.)
type Flight = Vec<oneshot::Sender<Found>>;

/// The cache as one process uses it.
pub(super) struct Cache {
    ctx: Context,
    read: Script,
    fill: Script,
    give_up: Script,
    redis: RedisLink,
    flights: Mutex<BTreeMap<Wanted, Flight>>,
    kept: Kept,
}

impl Cache {
    /// A cache that connects when it is first used.
    pub(super) fn new(ctx: Context) -> Arc<Self> {
        let catalog = &ctx.config.shop.catalog;
        let fill = if ctx.bugs.has(KnownBug::PageWrittenWithoutLock) {
            TextId::LUA_CATALOG_BUG_FILL_REGARDLESS
        } else {
            TextId::LUA_CATALOG_FILL
        };
        Arc::new(Self {
            read: Script::new(&ctx.texts, TextId::LUA_CATALOG_READ),
            fill: Script::new(&ctx.texts, fill),
            give_up: Script::new(&ctx.texts, TextId::LUA_CATALOG_GIVE_UP),
            redis: RedisLink::new(ctx.clone()),
            flights: Mutex::default(),
            kept: Kept::new(catalog.kept, catalog.life),
            ctx,
        })
    }

    /// The page, from wherever it is found first.
    pub(super) async fn find(self: &Arc<Self>, wanted: &Wanted) -> Found {
        if let Some(found) = self.kept.just_seen(wanted).filter(|found| self.is_within_bound(found)) {
            return found;
        }
        let landing = self.join(wanted);
        // Its task dies only with the process.
        let landed = within(self.ctx.config.shop.catalog.read_limit, landing).await.ok().and_then(Result::ok);
        let found = landed.unwrap_or(Found::Unavailable);
        if found == Found::Unavailable {
            let seen = self.kept.last_seen(wanted);
            return seen.map_or(found, |seen| self.past_bound(seen));
        }
        found
    }

    /// The look that is under way for this page, or a new one, in a task of its own: whoever began it may go away.
    fn join(self: &Arc<Self>, wanted: &Wanted) -> oneshot::Receiver<Found> {
        let (sender, landing) = oneshot::channel();
        let mut flights = self.flights();
        if let Some(flight) = flights.get_mut(wanted) {
            flight.push(sender);
            return landing;
        }
        flights.insert(wanted.clone(), vec![sender]);
        drop(flights);
        tokio::spawn(Arc::clone(self).fly(wanted.clone()));
        landing
    }

    fn flights(&self) -> MutexGuard<'_, BTreeMap<Wanted, Flight>> {
        self.flights.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers all who joined; the next reader begins a new look.
    fn land(&self, wanted: &Wanted, found: &Found) {
        self.kept.keep(wanted, found);
        for reader in self.flights().remove(wanted).into_iter().flatten() {
            // Who has gone away meanwhile needs no answer.
            drop(reader.send(found.clone()));
        }
    }

    async fn fly(self: Arc<Self>, wanted: Wanted) {
        let name = wanted.name();
        let token = format!("{:016x}", self.ctx.entropy.next_u64());
        let began = Instant::now();
        let mut waited = false;
        let found = loop {
            match self.ask(&name, &token).await {
                Ok(Read::Fresh(found)) => {
                    if found == Found::Absent {
                        self.ctx.metrics.count(Counter::CatalogAbsentServed);
                    }
                    break found;
                }
                Ok(Read::Lead(entry)) => {
                    let Some(entry) = entry else { break self.load(&wanted, &name, Some(&token)).await };
                    if self.is_within_bound(&entry) {
                        // Nobody waits for the new page; it is there for who comes next.
                        self.land(&wanted, &entry);
                        self.load(&wanted, &name, Some(&token)).await;
                        return;
                    }
                    let loaded = self.load(&wanted, &name, Some(&token)).await;
                    break if loaded == Found::Unavailable { self.past_bound(entry) } else { loaded };
                }
                Ok(Read::Follow(Some(entry))) if self.is_within_bound(&entry) => break entry,
                Ok(Read::Follow(entry)) if began.elapsed() >= self.ctx.config.shop.catalog.wait => {
                    break entry.map_or(Found::Unavailable, |entry| self.past_bound(entry));
                }
                Ok(Read::Away(entry)) => break entry.map_or(Found::Unavailable, |entry| self.past_bound(entry)),
                Ok(Read::Follow(_)) if self.ctx.bugs.has(KnownBug::CatalogStampede) => {
                    break self.load(&wanted, &name, None).await;
                }
                Ok(Read::Follow(_)) => {
                    if !waited {
                        waited = true;
                        self.ctx.metrics.count(Counter::CatalogWaited);
                    }
                    let jitter = Duration::from_micros(self.ctx.entropy.below(5_000));
                    sleep(LOOK + jitter).await;
                }
                Err(Lost) => break self.load(&wanted, &name, None).await,
            }
        };
        self.land(&wanted, &found);
    }

    fn is_within_bound(&self, found: &Found) -> bool {
        match found {
            Found::Page(page) => page.age < self.ctx.config.shop.catalog.bound(),
            // Its life is shorter than any bound.
            Found::Absent => true,
            Found::Unavailable => false,
        }
    }

    fn past_bound(&self, found: Found) -> Found {
        match found {
            Found::Page(page) => {
                let stale = page.age >= self.ctx.config.shop.catalog.bound();
                if stale && self.ctx.bugs.has(KnownBug::StalePageRefused) {
                    return Found::Unavailable;
                }
                if stale {
                    self.ctx.metrics.count(Counter::CatalogServedStale);
                }
                Found::Page(Page { stale, ..page })
            }
            Found::Absent | Found::Unavailable => found,
        }
    }

    /// Reads the page from Postgres, and puts it into Redis if this caller is its loader.
    async fn load(&self, wanted: &Wanted, name: &str, token: Option<&str>) -> Found {
        self.ctx.metrics.count(Counter::CatalogLoads);
        let read = within(self.ctx.config.shop.catalog.load_limit, wanted.load(&self.ctx)).await;
        let Ok(Ok(body)) = read else {
            self.ctx.metrics.count(Counter::CatalogLoadsFailed);
            if let Some(token) = token {
                // If this is lost, the lock runs out by itself.
                let _lost = self.leave_word(name, token).await.is_err();
            }
            return Found::Unavailable;
        };
        if let Some(token) = token {
            // A page that could not be written is loaded again by the next reader.
            let _lost = self.write(name, token, body.as_deref()).await.is_err();
        }
        body.map_or(Found::Absent, |body| Found::Page(Page { body, age: Duration::ZERO, stale: false }))
    }

    async fn ask(&self, name: &str, token: &str) -> Result<Read, Lost> {
        let lock_ms = millis(self.ctx.config.shop.catalog.lock);
        let link = self.redis.get().await?;
        let answer = link
            .run(&self.read, |cmd| {
                cmd.arg(2).arg(name).arg(lock_name(name)).arg(token).arg(lock_ms);
            })
            .await;
        let answer = answer.inspect_err(|Lost| self.redis.give_up())?;
        let mut entry = entry_of(&answer);
        if self.ctx.bugs.has(KnownBug::PageAgeBeginsAnew)
            && let Some(Found::Page(page)) = &mut entry
        {
            page.age = Duration::ZERO;
        }
        Ok(match (word(&answer), entry) {
            (b"fresh", Some(entry)) => Read::Fresh(entry),
            (b"lead", entry) => Read::Lead(entry),
            (b"away", entry) => Read::Away(entry),
            (_, entry) => Read::Follow(entry),
        })
    }

    async fn write(&self, name: &str, token: &str, body: Option<&str>) -> Result<(), Lost> {
        let catalog = &self.ctx.config.shop.catalog;
        let bugs = self.ctx.bugs;
        let (fresh, life) = match body {
            Some(_) if bugs.has(KnownBug::CatalogPageNeverExpires) => (millis(catalog.life), millis(catalog.life)),
            None if bugs.has(KnownBug::AbsentPageNeverExpires) => (millis(catalog.life), millis(catalog.life)),
            // Spread over a fifth, so that pages filled together do not all end together.
            Some(_) => {
                let spread = self.ctx.entropy.below(millis(catalog.fresh) / 5 + 1);
                (millis(catalog.fresh) - spread, millis(catalog.life))
            }
            None => (millis(catalog.absent), millis(catalog.absent)),
        };
        let link = self.redis.get().await?;
        let written = link.run(&self.fill, |cmd: &mut Cmd| {
            cmd.arg(2).arg(name).arg(lock_name(name));
            cmd.arg(token).arg(body.unwrap_or(ABSENT)).arg(fresh).arg(life);
        });
        let written = written.await.inspect_err(|Lost| self.redis.give_up())?;
        if word(&written) == b"late" {
            self.ctx.metrics.count(Counter::CatalogPagesLate);
        }
        Ok(())
    }

    async fn leave_word(&self, name: &str, token: &str) -> Result<(), Lost> {
        let retry_ms = millis(self.ctx.config.shop.catalog.retry);
        let link = self.redis.get().await?;
        let told = link.run(&self.give_up, |cmd: &mut Cmd| {
            cmd.arg(1).arg(lock_name(name)).arg(token).arg(retry_ms);
        });
        told.await.map(drop).inspect_err(|Lost| self.redis.give_up())
    }
}

/// The page's name stands in braces, so that in a cluster both keys would share a slot.
pub(super) fn lock_name(name: &str) -> String {
    format!("lock:{{{name}}}")
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// The entry in the script's answer, if there is one.
fn entry_of(answer: &Value) -> Option<Found> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the script answers with a list; anything else holds no entry")]
    let (age_ms, body) = match answer {
        Value::Array(items) => match &items[..] {
            [_, Value::Int(age_ms), Value::BulkString(body)] => (*age_ms, body),
            _ => return None,
        },
        _ => return None,
    };
    let body = std::str::from_utf8(body).ok()?;
    if body == ABSENT {
        return Some(Found::Absent);
    }
    let age = Duration::from_millis(u64::try_from(age_ms).unwrap_or(0));
    Some(Found::Page(Page { body: body.into(), age, stale: false }))
}
