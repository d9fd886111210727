//! One load from beginning to end: stock looked at, shoppers let in, stores audited, record made.
//!
//! | file | what it is |
//! |---|---|
//! | `live.rs` | what is shown and written while it goes on |

mod live;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ports::clock::Clock as _;
use record::RunRecord;
use scenario::Scenario;
use tokio::sync::watch;
use tokio::time::Instant;
use xxhash_rust::xxh3::Xxh3;

use crate::attack::{self, GooseOptions};
use crate::clock::Clock;
use crate::lane::Lane;
use crate::measure::Tally;
use crate::outcome::{Found, Load, host};
use crate::shop::Shop;
use crate::stores::{self, Stores, StoresError};
use crate::validity::{Effort, cpu_time};
use crate::wire::{Address, AddressError, Client, raise_descriptor_limit};

pub use live::Live;

/// Why there was no load, or no end of it.
#[derive(Debug, thiserror::Error)]
pub enum PlayError {
    /// The address.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// Nobody answers there.
    #[error("{address} does not answer: is the platform serving there?")]
    Silent {
        /// Where.
        address: String,
    },
    /// A product of the scenario is not on sale.
    #[error("{sku} is not on sale at the platform; book it with `platform seed-catalog`")]
    NotOnSale {
        /// The product.
        sku: String,
    },
    /// A store.
    #[error(transparent)]
    Stores(#[from] StoresError),
    /// The moment at which all shards were to begin has gone by.
    #[error("the load was to begin {by_s} s ago: give all shards the time to be there")]
    TooLate {
        /// How long ago.
        by_s: i64,
    },
    /// Goose refuses.
    #[error("goose: {0}")]
    Goose(String),
    /// The record of a load that goes on could not be written.
    #[error("{0}")]
    Unwritable(String),
}

/// The part of a load that one generator plays: of `of` shards, the one with this number takes every `of`-th arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Its number, from 0.
    pub number: usize,
    /// How many there are.
    pub of: usize,
}

/// What is played, and how.
pub struct Player {
    /// The scenario.
    pub scenario: Scenario,
    /// The seed of schedule and crowd.
    pub seed: u64,
    /// Where the platform is.
    pub address: Address,
    /// Its stores; none when nobody is to ask them.
    pub stores: Option<Arc<Stores>>,
    /// What shoppers are called; made from the time when left out.
    pub run_name: Option<String>,
    /// Connections that may be open at once; as many as this process may have files when left out.
    pub connections: Option<usize>,
    /// The shard that is played; the whole load when left out.
    pub shard: Option<Shard>,
    /// When the schedule begins, in seconds since the Unix epoch; as soon as everything is there when left out.
    pub begin_at_s: Option<i64>,
    /// Lanes; one per core when left out.
    pub lanes: Option<usize>,
    /// What goose is asked for.
    pub goose: GooseOptions,
    /// The command that repeats it.
    pub repeat_command: String,
    /// What is shown and written meanwhile.
    pub live: Option<Live>,
}

/// A load that was played.
pub struct Played {
    /// Its record.
    pub record: RunRecord,
    /// What was seen.
    pub tally: Tally,
    /// Why it was not the load that was asked for, if it was not.
    pub invalid: Option<String>,
}

impl Player {
    /// The whole load, beside no stores, with nothing shown meanwhile.
    #[must_use]
    pub fn new(scenario: Scenario, seed: u64, address: Address) -> Self {
        Self {
            scenario,
            seed,
            address,
            stores: None,
            run_name: None,
            connections: None,
            shard: None,
            begin_at_s: None,
            lanes: None,
            goose: GooseOptions::default(),
            repeat_command: String::new(),
            live: None,
        }
    }

    /// Plays the load.
    ///
    /// # Errors
    /// When the platform or a store is not there at the beginning, or a store is gone at the end.
    pub async fn play(mut self) -> Result<Played, PlayError> {
        let limit = raise_descriptor_limit().min(self.connections.unwrap_or(usize::MAX));
        let client = Client::new(self.address.clone(), limit).await?;
        greet(&client).await?;
        let now_ms = server::clock::SystemClock.now_ms();
        let run_name = self.run_name.take().unwrap_or_else(|| format!("run-{now_ms}"));
        let shop = Arc::new(Shop::new(client, self.scenario.clone(), Clock::default(), run_name));
        self.look_at_stock(&shop).await?;
        let (arrivals, schedule_hash) = self.arrivals();
        let tally = Arc::new(Mutex::new(Tally::new(arrivals.len() as u64, &self.scenario.targets.windows)));
        let git_commit = git_commit();
        let record = |tally: &Tally, found: Option<&Found>, effort: Option<Effort>| {
            let lasted_us = shop.clock.now_us();
            let load = Load {
                scenario: &shop.scenario,
                seed: self.seed,
                schedule_hash,
                tally,
                found,
                effort,
                lasted_us,
                repeat_command: &self.repeat_command,
                git_commit: git_commit.as_deref(),
            };
            load.record(host(Duration::from_micros(lasted_us)))
        };
        self.agree_on_the_beginning(&shop.clock)?;
        let watching = tokio::spawn(stores::watch(Arc::clone(&shop), self.stores.clone(), Arc::clone(&tally)));
        let (wall, cpu, played) = {
            let attack = self.attack(&shop, &arrivals, &tally);
            tokio::pin!(attack);
            live::until_over(self.live.as_ref(), &shop.clock, &tally, |tally| record(tally, None, None), attack).await?
        };
        watching.abort();
        played.map_err(|error| PlayError::Goose(in_words(&error)))?;
        let tally = tally.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let effort = Effort::of(&tally, wall, cpu, cores());
        let found = match &self.stores {
            Some(stores) => Some(self.look_afterwards(stores, &shop, &tally).await?),
            None => None,
        };
        let record = record(&tally, found.as_ref(), Some(effort));
        let invalid = effort.invalid().filter(|_| tally.ended_early.is_none());
        Ok(Played { record, tally, invalid })
    }

    fn agree_on_the_beginning(&self, clock: &Clock) -> Result<(), PlayError> {
        let Some(begin_at_s) = self.begin_at_s else { return Ok(()) };
        let lead_us = begin_at_s.saturating_mul(1_000_000) - server::clock::SystemClock.now_us();
        match u64::try_from(lead_us) {
            Ok(lead_us) => clock.begin_in(Duration::from_micros(lead_us)),
            Err(_) => return Err(PlayError::TooLate { by_s: -lead_us / 1_000_000 }),
        }
        Ok(())
    }

    /// The lanes, played to their end; wall and processor time beside.
    async fn attack(
        &self,
        shop: &Arc<Shop>,
        arrivals: &[(u64, u64)],
        tally: &Arc<Mutex<Tally>>,
    ) -> (Duration, Duration, Result<(), goose::GooseError>) {
        let (stopper, stop) = watch::channel(false);
        let lanes = self.lanes.unwrap_or_else(cores);
        let lane = |number: usize| Lane {
            shop: Arc::clone(shop),
            seed: self.seed,
            arrivals: Arc::new(arrivals.iter().skip(number).step_by(lanes).copied().collect()),
            tally: Arc::clone(tally),
            stop: stop.clone(),
        };
        let ends_early = tokio::spawn(ends_early(Arc::clone(tally), stopper));
        let (started, cpu_before) = (Instant::now(), cpu_time());
        let played = attack::play(&self.address.to_string(), (0..lanes).map(lane).collect(), &self.goose).await;
        ends_early.abort();
        (started.elapsed(), cpu_time().saturating_sub(cpu_before), played.map(drop))
    }

    /// Who is due when, and the hash of it: the schedule the simulator follows, byte for byte.
    fn arrivals(&self) -> (Vec<(u64, u64)>, u64) {
        let schedule = self.scenario.shoppers.schedule(self.scenario.run.duration_ms, self.seed);
        let schedule = schedule.expect("the schedule was tried when the scenario was read");
        let mut hash = Xxh3::new();
        let Shard { number, of } = self.shard.unwrap_or(Shard { number: 0, of: 1 });
        let due = (0..).zip(schedule).inspect(|(_, at_us)| hash.update(&at_us.to_le_bytes()));
        let arrivals = due.enumerate().filter(|(place, _)| place % of == number).map(|(_, due)| due).collect();
        (arrivals, hash.digest())
    }

    /// Everything must be on sale; how much of it is for the audit's reader to know when it is not what the scenario says.
    async fn look_at_stock(&self, shop: &Shop) -> Result<(), PlayError> {
        let Some(stores) = &self.stores else { return Ok(()) };
        let skus: Vec<&str> = shop.catalogue.products.iter().map(|product| product.sku.as_str()).collect();
        let on_hand = stores.on_hand(&skus).await?;
        for product in &shop.catalogue.products {
            let Some(units) = on_hand.get(&product.sku) else {
                return Err(PlayError::NotOnSale { sku: product.sku.clone() });
            };
            if u64::try_from(*units) != Ok(product.stock) {
                eprintln!("loadgen: {}: {units} on hand, the scenario says {}", product.sku, product.stock);
            }
        }
        Ok(())
    }

    async fn look_afterwards(&self, stores: &Stores, shop: &Shop, tally: &Tally) -> Result<Found, PlayError> {
        let report = stores.audit(Duration::from_millis(self.scenario.run.drain_limit_ms)).await?;
        let orders = stores.orders(&shop.run_name, shop.clock.now_us(), tally.series.step_ms).await?;
        let skus: Vec<&str> = shop.catalogue.products.iter().map(|product| product.sku.as_str()).collect();
        let told: Vec<Box<str>> = tally.ended.iter().flat_map(|ended| ended.orders.iter().cloned()).collect();
        Ok(Found {
            orders,
            left: stores.on_hand(&skus).await?.values().sum(),
            verdicts: report.verdicts,
            never_confirmed: stores.never_confirmed(&told).await?,
        })
    }
}

/// Stops the lanes when somebody interrupts, or when a windowed target says so.
async fn ends_early(tally: Arc<Mutex<Tally>>, stopper: watch::Sender<bool>) {
    /// How often the windows are looked at; also the time goose takes to install its handler of interrupts, beside which
    /// ours is called as well.
    const LOOK: Duration = Duration::from_millis(250);
    tokio::time::sleep(LOOK).await;
    let interrupted = tokio::signal::ctrl_c();
    tokio::pin!(interrupted);
    loop {
        tokio::select! {
            biased;
            _ = &mut interrupted => break,
            () = tokio::time::sleep(LOOK) => {
                if tally.lock().unwrap_or_else(PoisonError::into_inner).ended_early.is_some() {
                    break;
                }
            }
        }
    }
    stopper.send_replace(true);
    // Whoever listens would take the sender's end for a hang-up.
    std::future::pending::<()>().await;
}

/// Goose's own words leave out which option it refuses.
fn in_words(error: &goose::GooseError) -> String {
    if let goose::GooseError::InvalidOption { detail, .. } = error { detail.clone() } else { error.to_string() }
}

async fn greet(client: &Client) -> Result<(), PlayError> {
    let request = http::Request::get("/livez").body(http_body_util::Full::default()).expect("a constant request");
    let answered = tokio::time::timeout(Duration::from_secs(5), client.send(request)).await;
    match answered {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(PlayError::Silent { address: client.address().to_string() }),
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// The commit that is checked out, if this is a checkout and git is there to ask.
#[must_use]
pub fn git_commit() -> Option<String> {
    let asked = std::process::Command::new("git").args(["rev-parse", "HEAD"]).output().ok()?;
    let commit = String::from_utf8(asked.stdout).ok()?;
    asked.status.success().then(|| commit.trim().to_owned())
}
