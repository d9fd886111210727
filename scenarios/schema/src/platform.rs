//! How the platform is deployed and set, section by section as its own configuration has them.
//!
//! Handing the settings over is left to the worlds; which bugs there are, to the platform.

use rand_chacha::rand_core::Rng;

use crate::fault::Role;
use crate::options::{names, options};

names! {
    /// How the hard commit takes units from stock.
    pub enum CommitStrategy {
        /// Read the row, write it if its version has not changed.
        Version = "version",
        /// `UPDATE … WHERE on_hand >= n`.
        Conditional = "conditional",
        /// The stock split over rows, with stealing.
        Buckets = "buckets",
        /// One transaction commits many orders.
        Group = "group",
        /// One of the others, drawn from the seed.
        Drawn = "drawn",
    }
}

impl CommitStrategy {
    /// Itself, or with `drawn` one of the four; takes one word from the generator either way.
    pub fn settled(self, rng: &mut impl Rng) -> Self {
        let drawn = [Self::Version, Self::Conditional, Self::Buckets, Self::Group];
        let pick = drawn[usize::try_from(arrivals::below(rng, 4)).expect("below four")];
        if self == Self::Drawn { pick } else { self }
    }
}

options! {
    /// `[platform.replicas]`: how many processes of each role.
    pub struct Replicas {
        /// Gateways.
        gateway: u32 = 2, in 1..=64;
        /// Flash-sale lanes.
        flash_sale: u32 = 2, in 1..=64;
        /// Ordinary checkout lanes.
        orders: u32 = 2, in 1..=64;
        /// Keepers of the Redis gate: reaping, rebuilding, the leak gauge.
        inventory: u32 = 1, in 1..=64;
        /// Compensation workers.
        compensation: u32 = 1, in 1..=64;
        /// Receivers of the card gateway's webhooks.
        payments: u32 = 1, in 1..=64;
        /// Outbox relays.
        outbox_relay: u32 = 1, in 1..=64;
        /// Notification consumers.
        notification: u32 = 1, in 1..=64;
        /// Analytics consumers.
        analytics: u32 = 1, in 1..=64;
        /// Warehouse consumers.
        warehouse: u32 = 1, in 1..=64;
        /// Servers of catalog pages; there are none without `[browsing]`.
        catalog: u32 = 2, in 1..=64;
    }
}

options! {
    /// `[platform.gateway]`: admission at the edge.
    pub struct Gateway {
        /// Checkouts admitted per second and SKU, over all gateways.
        per_sku_rate_per_s: u32 = 10_000, in 1..=10_000_000;
        /// Checkouts a full bucket admits at once per SKU, over all gateways.
        per_sku_burst: u32 = 1_000, in 1..=10_000_000;
        /// How long a lane may take before the gateway answers 202 with a status URL, ms.
        lane_timeout_ms: u64 = 3_000, in 1..=600_000;
        /// How often the product list is read again, ms.
        products_refresh_ms: u64 = 5_000, in 1..=3_600_000;
    }
}

options! {
    /// `[platform.flash_lane]` and `[platform.ordinary_lane]`: the limits of one lane, per process.
    pub struct Lane {
        /// Checkouts under way at once; beyond it 429.
        max_in_flight: u32 = 10_000, in 1..=1_000_000;
        /// Sagas (from the placed order to the commit) under way at once.
        max_sagas: u32 = 256, in 1..=1_000_000;
        /// Connections of the lane's own Postgres pool.
        pool_connections: u32 = 16, in 1..=10_000;
        /// Checkouts per second while Redis is away and Postgres works alone.
        degraded_rate_per_s: u32 = 50, in 1..=1_000_000;
        /// How long a sold-out answer is repeated without asking Redis again, ms.
        sold_out_cache_ms: u64 = 50, in 0..=60_000;
        /// How long a saga keeps its order before compensation may take it up, ms.
        saga_lease_ms: u64 = 5_000, in 1..=600_000;
        /// How often the product list is read again, ms.
        products_refresh_ms: u64 = 5_000, in 1..=3_600_000;
    }
}

options! {
    /// `[platform.gate]`: the Redis gate and its upkeep.
    pub struct Gate {
        /// How long a hold lives without being confirmed or renewed, ms.
        hold_ttl_ms: u64 = 10_000, in 1..=3_600_000;
        /// How long a settled hold is remembered, so that a late repeat finds it, ms.
        tombstone_ttl_ms: u64 = 600_000, in 1..=86_400_000;
        /// How long one command may take before Redis counts as away, ms.
        command_timeout_ms: u64 = 250, in 1..=60_000;
        /// Wait before a lost connection is tried again, ms.
        reconnect_delay_ms: u64 = 100, in 1..=60_000;
        /// How often the gate, its expired holds and the leak gauge are looked at, ms.
        upkeep_interval_ms: u64 = 250, in 1..=60_000;
        /// How long a leak must stand unchanged before the counters are rebuilt, ms.
        leak_patience_ms: u64 = 3_000, in 1..=600_000;
        /// How long a lane trusts what it last read of the gate's epoch, ms.
        open_lease_ms: u64 = 1_000, in 1..=60_000;
    }
}

options! {
    /// `[platform.commit]`: the hard commit.
    pub struct Commit {
        /// How units are taken from stock: version, conditional, buckets, group, or drawn from the seed.
        strategy: CommitStrategy = CommitStrategy::Group;
        /// Rows a SKU's stock is split over, for `buckets`.
        buckets: u32 = 16, in 1..=1_024;
        /// Most orders in one transaction, for `group`.
        group_max: u32 = 50, in 1..=10_000;
        /// How long the first order of a group waits for others, ms, for `group`.
        group_delay_ms: u64 = 2, in 0..=60_000;
        /// Tries of one saga before it leaves the order to compensation.
        attempts: u32 = 4, in 1..=1_000;
        /// Wait before the second try, ms; it doubles, with jitter.
        backoff_ms: u64 = 10, in 0..=60_000;
    }
}

options! {
    /// `[platform.payment]`: talking to the card gateway.
    pub struct Payment {
        /// How long one request may take, ms; afterwards its outcome is unknown.
        timeout_ms: u64 = 1_000, in 1..=600_000;
        /// Tries of one saga, all under the same idempotency key.
        attempts: u32 = 2, in 1..=1_000;
        /// Wait before the second try, ms; it doubles, with jitter.
        backoff_ms: u64 = 50, in 0..=60_000;
    }
}

options! {
    /// `[platform.compensation]`: the worker that settles what was left open.
    pub struct Compensation {
        /// How often it looks for unsettled orders, ms.
        poll_ms: u64 = 200, in 1..=600_000;
        /// How many it takes up at once.
        batch: u32 = 50, in 1..=10_000;
        /// How long it keeps one to itself, ms.
        lease_ms: u64 = 5_000, in 1..=600_000;
        /// Tries to commit a captured order before its money is given back.
        commit_attempts: u32 = 3, in 1..=1_000;
        /// Wait after a try that settled nothing, ms; it doubles up to a minute.
        backoff_ms: u64 = 500, in 1..=60_000;
    }
}

options! {
    /// `[platform.fulfilment]`: relay, consumers and warehouse.
    pub struct Fulfilment {
        /// How often the relay looks for unpublished events when there were none, ms.
        relay_poll_ms: u64 = 50, in 1..=60_000;
        /// Events published in one transaction.
        relay_batch: u32 = 200, in 1..=10_000;
        /// Records a consumer takes at once.
        consumer_batch: u32 = 200, in 1..=10_000;
        /// Wait of relay or consumer after an error, ms.
        retry_delay_ms: u64 = 200, in 1..=60_000;
        /// How often the warehouse looks for parcels that are due, ms.
        warehouse_poll_ms: u64 = 500, in 1..=60_000;
        /// Time from taking an order up to handing it to the carrier, ms.
        picking_ms: u64 = 1_000, in 0..=86_400_000;
        /// Time from the carrier to the shopper, ms.
        transit_ms: u64 = 2_000, in 0..=86_400_000;
    }
}

options! {
    /// `[platform.catalog]`: pages of the catalog, and their cache in Redis.
    pub struct Catalog {
        /// How long a page is fresh at most, ms; up to a fifth less.
        fresh_ms: u64 = 2_000, in 1..=3_600_000;
        /// How long after that it is still served while it is loaded anew, ms.
        while_loading_ms: u64 = 3_000, in 0..=3_600_000;
        /// How long it is kept for when its database is away, ms.
        life_ms: u64 = 600_000, in 1..=86_400_000;
        /// How long it is believed that there is no such page, ms.
        absent_ms: u64 = 2_000, in 1..=3_600_000;
        /// How long a process passes on what it has just seen, ms.
        kept_ms: u64 = 50, in 0..=60_000;
        /// How long the database may take to give a page, ms.
        load_limit_ms: u64 = 500, in 1..=60_000;
        /// How long nobody asks the database again for a page that it did not give, ms.
        retry_ms: u64 = 1_000, in 1..=60_000;
        /// How long a loader has its page to itself, ms; longer than `load_limit_ms`.
        lock_ms: u64 = 600, in 1..=60_000;
        /// How long a reader without any page waits for its loader, ms.
        wait_ms: u64 = 700, in 1..=60_000;
        /// How long a look may take altogether, ms.
        read_limit_ms: u64 = 900, in 1..=60_000;
        /// Products on a page of a list.
        page_size: u32 = 24, in 1..=1_000;
    }
}

options! {
    /// `[platform]`: how the platform is deployed and set.
    pub struct Platform {
        /// Known bugs switched on by name; only the simulator's build has them.
        known_bugs: Vec<String> = Vec::new();
        /// Processes of each role.
        replicas: Replicas = Replicas::of_defaults();
        /// Admission at the edge.
        gateway: Gateway = Gateway::of_defaults();
        /// The lane of flash products.
        flash_lane: Lane = Lane::of_defaults();
        /// The lane of all other products.
        ordinary_lane: Lane = Lane::of_defaults();
        /// The Redis gate.
        gate: Gate = Gate::of_defaults();
        /// The hard commit.
        commit: Commit = Commit::of_defaults();
        /// The card gateway's client.
        payment: Payment = Payment::of_defaults();
        /// The compensation worker.
        compensation: Compensation = Compensation::of_defaults();
        /// Relay, consumers, warehouse.
        fulfilment: Fulfilment = Fulfilment::of_defaults();
        /// Pages of the catalog.
        catalog: Catalog = Catalog::of_defaults();
    }
}

impl Replicas {
    /// How many processes a role has.
    #[must_use]
    pub const fn of(&self, role: Role) -> u32 {
        match role {
            Role::Gateway => self.gateway,
            Role::FlashSale => self.flash_sale,
            Role::Orders => self.orders,
            Role::Inventory => self.inventory,
            Role::Compensation => self.compensation,
            Role::Payments => self.payments,
            Role::OutboxRelay => self.outbox_relay,
            Role::Notification => self.notification,
            Role::Analytics => self.analytics,
            Role::Warehouse => self.warehouse,
            Role::Catalog => self.catalog,
        }
    }
}
