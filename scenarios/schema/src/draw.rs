//! Drawing faults and settings from the seed.
//!
//! Every fault takes its words in the same order, so a scenario and a seed always give the same list; a test pins
//! one. When the stream's use changes, drawn seeds change their meaning: say so in the commit.

use std::ops::RangeInclusive;

use arrivals::{Purpose, below, generator};
use rand_chacha::rand_core::Rng;
use serde::Serialize;

use crate::fault::{Aim, Fault, FaultKind, Host, Role, ScheduledFault};
use crate::platform::{CommitStrategy, Replicas};
use crate::scenario::Scenario;

/// What a seed decides beyond arrivals and shoppers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Drawn {
    /// Scheduled and drawn faults, ascending in time.
    pub faults: Vec<ScheduledFault>,
    /// Never [`CommitStrategy::Drawn`].
    pub commit_strategy: CommitStrategy,
}

/// Something a value can be drawn from; each draw takes one word.
pub(crate) trait Pool<T> {
    fn pick(&self, rng: &mut impl Rng) -> T;
}

impl<T: Copy> Pool<T> for [T] {
    fn pick(&self, rng: &mut impl Rng) -> T {
        let place = below(rng, self.len() as u64);
        self[usize::try_from(place).expect("below the length of a slice")]
    }
}

impl Pool<u64> for RangeInclusive<u64> {
    fn pick(&self, rng: &mut impl Rng) -> u64 {
        self.start() + below(rng, self.end() - self.start() + 1)
    }
}

impl Pool<u32> for RangeInclusive<u32> {
    fn pick(&self, rng: &mut impl Rng) -> u32 {
        let above = below(rng, u64::from(self.end() - self.start()) + 1);
        self.start() + u32::try_from(above).expect("below the width of a 32-bit range")
    }
}

impl Pool<i64> for RangeInclusive<i64> {
    fn pick(&self, rng: &mut impl Rng) -> i64 {
        let above = below(rng, self.start().abs_diff(*self.end()) + 1);
        self.start().wrapping_add_unsigned(above)
    }
}

/// The paths that carry messages, and so can be cut or slowed.
const PATHS: &[(Host, Host)] = &[
    (Host::Shoppers, Host::Gateway),
    (Host::Gateway, Host::FlashSale),
    (Host::Gateway, Host::Orders),
    (Host::FlashSale, Host::Redis),
    (Host::FlashSale, Host::Postgres),
    (Host::FlashSale, Host::CardGateway),
    (Host::Orders, Host::Redis),
    (Host::Orders, Host::Postgres),
    (Host::Orders, Host::CardGateway),
    (Host::CardGateway, Host::Payments),
    (Host::Payments, Host::Postgres),
    (Host::Inventory, Host::Redis),
    (Host::Inventory, Host::Postgres),
    (Host::Compensation, Host::Redis),
    (Host::Compensation, Host::Postgres),
    (Host::Compensation, Host::CardGateway),
    (Host::OutboxRelay, Host::Postgres),
    (Host::OutboxRelay, Host::Kafka),
    (Host::Notification, Host::Kafka),
    (Host::Analytics, Host::Kafka),
    (Host::Warehouse, Host::Kafka),
    (Host::Warehouse, Host::Postgres),
];

/// The further paths of a scenario with a catalog.
const SHOP_PATHS: &[(Host, Host)] =
    &[(Host::Gateway, Host::Catalog), (Host::Catalog, Host::Redis), (Host::Catalog, Host::CatalogDatabase)];

impl Scenario {
    /// Everything this seed decides. The commit strategy has a stream of its own, so that it does not depend on how
    /// many faults are drawn.
    #[must_use]
    pub fn draw(&self, seed: u64) -> Drawn {
        let mut settings = generator(seed, Purpose::Faults);
        settings.set_stream(1);
        Drawn {
            faults: self.draw_faults(&mut generator(seed, Purpose::Faults)),
            commit_strategy: self.platform.commit.strategy.settled(&mut settings),
        }
    }

    /// What a world that carries bytes is struck with besides: as many faults again, of the kinds that need bytes. They have
    /// a stream of their own, so that the other faults of a seed are the same in every world.
    #[must_use]
    pub fn draw_byte_faults(&self, seed: u64) -> Vec<ScheduledFault> {
        let mut rng = generator(seed, Purpose::Faults);
        rng.set_stream(2);
        self.draw_kinds(true, &mut rng)
    }

    /// The scheduled faults and those drawn from `rng`, ascending in time.
    pub fn draw_faults(&self, rng: &mut impl Rng) -> Vec<ScheduledFault> {
        let mut faults: Vec<_> = self.faults.iter().cloned().chain(self.draw_kinds(false, rng)).collect();
        faults.sort_by_key(|fault| fault.at_ms);
        faults
    }

    fn draw_kinds(&self, need_bytes: bool, rng: &mut impl Rng) -> Vec<ScheduledFault> {
        let options = &self.faults_drawn;
        let until_ms = options.until_ms.unwrap_or(self.run.duration_ms);
        let has_shop = self.browsing.is_some();
        let all: Vec<_> = FaultKind::ALL.iter().copied().filter(|kind| has_shop || !kind.is_of_the_shop()).collect();
        let kinds = options.kinds.as_deref().unwrap_or(&all);
        let kinds: Vec<_> = kinds.iter().copied().filter(|kind| kind.needs_bytes() == need_bytes).collect();
        let deployed = Deployed { replicas: &self.platform.replicas, has_shop };
        let count = (options.at_least..=options.at_most).pick(rng);
        if kinds.is_empty() {
            return Vec::new();
        }
        (0..count).map(|_| draw_one(kinds.pick(rng), options.from_ms, until_ms, &deployed, rng)).collect()
    }
}

/// What there is to be struck.
struct Deployed<'a> {
    replicas: &'a Replicas,
    has_shop: bool,
}

fn draw_one(
    kind: FaultKind,
    from_ms: u64,
    until_ms: u64,
    deployed: &Deployed<'_>,
    rng: &mut impl Rng,
) -> ScheduledFault {
    let for_ms = kind.drawn_for_ms().pick(rng).min(until_ms - from_ms);
    let at_ms = (from_ms..=until_ms - for_ms).pick(rng);
    let mut fault = Fault::drawn(kind, rng);
    fit(&mut fault, deployed, rng);
    ScheduledFault { at_ms, for_ms, fault }
}

/// Fits drawn parameters to the scenario: a replica that exists, a path that is used.
fn fit(fault: &mut Fault, deployed: &Deployed<'_>, rng: &mut impl Rng) {
    match fault.aim_mut() {
        Aim::Replica(role, replica) => {
            // The word is taken only where there is a further role, so that other scenarios draw what they always drew.
            if deployed.has_shop {
                *role = Role::ALL.pick(rng);
            }
            *replica %= deployed.replicas.of(*role);
        }
        Aim::Path(a, b) => {
            let paths = if deployed.has_shop { [PATHS, SHOP_PATHS].concat() } else { PATHS.to_vec() };
            (*a, *b) = paths.pick(rng);
        }
        Aim::Committer(a) => {
            let committing: Vec<Host> =
                PATHS.iter().filter(|(_, server)| *server == Host::Postgres).map(|(client, _)| *client).collect();
            *a = committing.pick(rng);
        }
        Aim::Given => {}
    }
}
