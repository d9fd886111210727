//! What a world is built from, and what every built world consists of.

use std::collections::BTreeMap;

use checkers::Limits;
use platform::bugs::KnownBug;
use platform::config::CommitStrategy;
use platform::metrics::{Counter, Metrics};
use platform::roles::Role;
use platform::texts::Texts;
use postgres_engine::SyntaxTrees;
use scenario::{Drawn, Host, Scenario};

use super::crowd::Crowd;
use super::faults::Targets;
use super::observer::Observer;
use super::shop::Shop;
use super::stage::Stage;
use super::time::Timeline;

/// What a run is made of.
pub struct Plan {
    /// The world it is played in.
    pub world: record::World,
    /// The scenario.
    pub scenario: Scenario,
    /// The seed.
    pub seed: u64,
    /// What the seed decided.
    pub drawn: Drawn,
    /// The platform's statements and scripts.
    pub texts: Texts,
    /// Known bugs that are switched on.
    pub bugs: Vec<KnownBug>,
    /// The commit strategy, settled.
    pub strategy: CommitStrategy,
    /// Statements that earlier runs have parsed.
    pub syntax_trees: SyntaxTrees,
}

/// A world that is ready to run.
pub struct World<S: Stage> {
    /// Virtual time.
    pub timeline: Timeline,
    /// Who watches.
    pub observer: Observer,
    /// Shoppers.
    pub crowd: Crowd<S>,
    /// Those who look around before they buy; none where nobody does.
    pub shop: Option<Shop<S>>,
    /// What faults can reach.
    pub targets: Targets<S>,
    /// Counters of every process, by name.
    pub metrics: Vec<(String, Metrics)>,
    /// What the checkers hold the run to.
    pub limits: Limits,
}

/// Partitions of the order topic.
pub const PARTITIONS: i32 = 6;

/// The processes of a scenario in the order in which they start: role, place for faults, replicas.
#[must_use]
pub fn roles_of(scenario: &Scenario) -> Vec<(Role, Option<Host>, u32)> {
    let replicas = &scenario.platform.replicas;
    let mut roles = vec![
        (Role::Inventory, Some(Host::Inventory), replicas.inventory),
        (Role::Payments, Some(Host::Payments), replicas.payments),
        (Role::FlashSale, Some(Host::FlashSale), replicas.flash_sale),
        (Role::Orders, Some(Host::Orders), replicas.orders),
        (Role::Compensation, Some(Host::Compensation), replicas.compensation),
        (Role::OutboxRelay, Some(Host::OutboxRelay), replicas.outbox_relay),
        (Role::Notification, Some(Host::Notification), replicas.notification),
        (Role::Analytics, Some(Host::Analytics), replicas.analytics),
        (Role::Warehouse, Some(Host::Warehouse), replicas.warehouse),
        (Role::Gateway, Some(Host::Gateway), replicas.gateway),
    ];
    if scenario.browsing.is_some() {
        roles.push((Role::Catalog, Some(Host::Catalog), replicas.catalog));
    }
    roles
}

/// Connections of a process that is no lane.
const WORKER_CONNECTIONS: u32 = 4;

/// Database connections of a process of this role.
#[must_use]
pub fn connections_of(role: Role, scenario: &Scenario) -> u32 {
    match role {
        Role::FlashSale => scenario.platform.flash_lane.pool_connections,
        Role::Orders => scenario.platform.ordinary_lane.pool_connections,
        Role::Gateway
        | Role::Inventory
        | Role::Payments
        | Role::OutboxRelay
        | Role::Compensation
        | Role::Notification
        | Role::Analytics
        | Role::Warehouse
        | Role::Recommendations
        | Role::Accounts
        | Role::Catalog
        | Role::Indexer => WORKER_CONNECTIONS,
    }
}

/// CPU time of one request to a process of this role, in microseconds, and how many it works on at once.
#[must_use]
pub fn request_costs(role: Role, scenario: &Scenario) -> (i64, usize) {
    let calibration = &scenario.calibration;
    let (request_us, parallelism) = if role == Role::Gateway {
        (calibration.gateway.request_us, calibration.gateway.parallelism)
    } else {
        (calibration.service.request_us, calibration.service.parallelism)
    };
    (i64::try_from(request_us).expect("at most a minute"), usize::try_from(parallelism).expect("32 bits"))
}

/// The counters of all processes together.
#[must_use]
pub fn counters(metrics: &[(String, Metrics)]) -> BTreeMap<&'static str, u64> {
    let sum = |counter: Counter| metrics.iter().map(|(_, metrics)| metrics.get(counter)).sum();
    Counter::ALL.iter().map(|counter| (counter.name(), sum(*counter))).collect()
}
