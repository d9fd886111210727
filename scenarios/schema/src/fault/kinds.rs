//! The kinds of faults, each with its parameters.
//!
//! Striking is left to the worlds.

use std::ops::RangeInclusive;

use rand_chacha::rand_core::Rng;
use serde::Serialize;

use super::declare::{faults, picked};
use super::hosts::{Consumer, Host, Role};
use crate::draw::Pool;
use crate::error::ScenarioError;
use crate::infrastructure::Persistence;
use crate::knob::{KeyDoc, Knob};
use crate::options::{given, names};
use crate::section::Section;

/// Shares that drawn faults pick from: sometimes, often, always.
const RATIOS: &[f64] = &[0.05, 0.2, 0.5, 1.0];

/// Longest fault, ms.
const LONGEST_MS: u64 = 3_600_000;

/// What a drawn Redis crash may keep: what `[redis]` says, or any mode.
const PERSISTENCES: &[Option<Persistence>] = &[
    None,
    Some(Persistence::None),
    Some(Persistence::Rdb),
    Some(Persistence::AofEverysec),
    Some(Persistence::AofAlways),
];

faults! {
    /// Redis dies and comes back after `for_ms` with what its persistence kept.
    RedisCrash = "redis-crash", lasts 1..=LONGEST_MS, default 500, drawn 50..=2_000, {
        /// What survives this crash; left out, what `[redis]` says.
        persistence: Option<Persistence> = None, drawn PERSISTENCES;
    }
    /// The Redis primary dies; its lagging replica takes over after `for_ms`.
    RedisFailover = "redis-failover", lasts 1..=LONGEST_MS, default 300, drawn 50..=1_000, {}
    /// Redis answers nothing for `for_ms`, then everything.
    RedisStall = "redis-stall", lasts 1..=LONGEST_MS, default 400, drawn 50..=1_500, {}
    /// Postgres dies and comes back after `for_ms` with what was committed.
    PostgresCrash = "postgres-crash", lasts 1..=LONGEST_MS, default 500, drawn 100..=1_500, {}
    /// Statements fail with 57014, their work undone.
    PostgresStatementTimeout = "postgres-statement-timeout", lasts 1..=LONGEST_MS, default 1_000, drawn 100..=2_000, {
        /// Share of statements hit.
        ratio: f64 = 0.1, in 0.0..=1.0, drawn RATIOS;
    }
    /// The connection breaks before COMMIT arrives: not applied, but the client cannot know.
    PostgresConnectionLostBeforeCommit = "postgres-connection-lost-before-commit", lasts 1..=LONGEST_MS, default 1_000, drawn 100..=2_000, {
        /// Share of commits hit.
        ratio: f64 = 0.1, in 0.0..=1.0, drawn RATIOS;
    }
    /// The connection breaks after COMMIT took effect and before its answer: applied, but the client cannot know.
    PostgresConnectionLostAfterCommit = "postgres-connection-lost-after-commit", lasts 1..=LONGEST_MS, default 1_000, drawn 100..=2_000, {
        /// Share of commits hit.
        ratio: f64 = 0.1, in 0.0..=1.0, drawn RATIOS;
    }
    /// Commits fail with 40001.
    PostgresSerializationFailure = "postgres-serialization-failure", lasts 1..=LONGEST_MS, default 1_000, drawn 100..=2_000, {
        /// Share of commits hit.
        ratio: f64 = 0.1, in 0.0..=1.0, drawn RATIOS;
    }
    /// Pools hand out no connection.
    PostgresPoolExhausted = "postgres-pool-exhausted", lasts 1..=LONGEST_MS, default 500, drawn 50..=1_500, {}
    /// The card gateway declines good cards.
    PaymentDecline = "payment-decline", lasts 1..=LONGEST_MS, default 1_000, drawn 100..=2_000, {
        /// Share of authorizations hit.
        ratio: f64 = 0.2, in 0.0..=1.0, drawn RATIOS;
    }
    /// The card gateway answers late.
    PaymentSlow = "payment-slow", lasts 1..=LONGEST_MS, default 1_000, drawn 100..=2_000, {
        /// What is added to an answer, ms.
        add_ms: u64 = 1_500, in 1..=600_000, drawn 200..=3_000;
        /// Share of requests hit.
        ratio: f64 = 0.5, in 0.0..=1.0, drawn RATIOS;
    }
    /// The card is charged and the answer lost.
    PaymentAnswerLost = "payment-answer-lost", lasts 1..=LONGEST_MS, default 1_000, drawn 100..=2_000, {
        /// Share of captures hit.
        ratio: f64 = 0.2, in 0.0..=1.0, drawn RATIOS;
    }
    /// The hard commit that follows a capture fails.
    CapturedCommitFailed = "captured-commit-failed", lasts 1..=LONGEST_MS, default 1_000, drawn 100..=2_000, {
        /// Share of captured orders hit.
        ratio: f64 = 0.2, in 0.0..=1.0, drawn RATIOS;
    }
    /// The card gateway calls back more than once.
    PaymentDuplicateWebhook = "payment-duplicate-webhook", lasts 1..=LONGEST_MS, default 1_000, drawn 100..=2_000, {
        /// Share of webhooks repeated.
        ratio: f64 = 0.5, in 0.0..=1.0, drawn RATIOS;
    }
    /// The card gateway is away; nothing reaches it.
    PaymentOutage = "payment-outage", lasts 1..=LONGEST_MS, default 1_000, drawn 100..=2_000, {}
    /// A broker is lost: its partitions take nothing until another leads them.
    KafkaBrokerLoss = "kafka-broker-loss", lasts 1..=LONGEST_MS, default 800, drawn 100..=2_000, {}
    /// A record is appended and the acknowledgement lost.
    KafkaAckLost = "kafka-ack-lost", lasts 1..=LONGEST_MS, default 1_000, drawn 100..=2_000, {
        /// Share of produce requests hit.
        ratio: f64 = 0.2, in 0.0..=1.0, drawn RATIOS;
    }
    /// A consumer dies between an event's effect and its offset, and comes back after `for_ms`.
    ConsumerCrash = "consumer-crash", lasts 1..=LONGEST_MS, default 300, drawn 50..=1_500, {
        /// Which consumer.
        consumer: Consumer = Consumer::Warehouse, drawn Consumer::ALL;
    }
    /// A process dies at whatever await it stands, and comes back after `for_ms`.
    ServiceCrash = "service-crash", lasts 1..=LONGEST_MS, default 500, drawn 50..=1_500, {
        /// Its role.
        role: Role = Role::FlashSale, drawn Role::OF_THE_SALE;
        /// Which replica, from 0.
        replica: u32 = 0, in 0..=63, drawn 0..=63;
    }
    /// A process stands still for `for_ms` and then goes on where it stood.
    ServicePause = "service-pause", lasts 1..=LONGEST_MS, default 400, drawn 50..=1_500, {
        /// Its role.
        role: Role = Role::FlashSale, drawn Role::OF_THE_SALE;
        /// Which replica, from 0.
        replica: u32 = 0, in 0..=63, drawn 0..=63;
    }
    /// No message passes from `a` to `b`, nor back unless `one_way`.
    Partition = "partition", lasts 1..=LONGEST_MS, default 500, drawn 50..=1_500, {
        /// One end.
        a: Host = Host::FlashSale;
        /// The other end.
        b: Host = Host::Redis;
        /// Only messages from `a` to `b` are lost.
        one_way: bool = false, drawn [false, true];
    }
    /// Messages between `a` and `b` take longer, both ways.
    Latency = "latency", lasts 1..=LONGEST_MS, default 1_000, drawn 100..=2_000, {
        /// One end.
        a: Host = Host::FlashSale;
        /// The other end.
        b: Host = Host::Postgres;
        /// What is added each way, ms.
        add_ms: u64 = 100, in 1..=600_000, drawn 5..=400;
    }
    /// A process's wall clock is off for `for_ms`.
    ClockSkew = "clock-skew", lasts 1..=LONGEST_MS, default 2_000, drawn 500..=4_000, {
        /// Its role.
        role: Role = Role::FlashSale, drawn Role::OF_THE_SALE;
        /// Which replica, from 0.
        replica: u32 = 0, in 0..=63, drawn 0..=63;
        /// By how much, ms; negative for late.
        offset_ms: i64 = 2_000, in -86_400_000..=86_400_000, drawn -5_000..=5_000;
    }
    /// A process's wall clock jumps, and stays there.
    ClockJump = "clock-jump", lasts 0..=0, default 0, drawn 0..=0, {
        /// Its role.
        role: Role = Role::FlashSale, drawn Role::OF_THE_SALE;
        /// Which replica, from 0.
        replica: u32 = 0, in 0..=63, drawn 0..=63;
        /// By how much, ms; negative for backwards.
        by_ms: i64 = 5_000, in -86_400_000..=86_400_000, drawn -10_000..=10_000;
    }
    /// Connections are reset between request and answer: what was asked is done, and nobody is told.
    ConnectionReset = "connection-reset", lasts 1..=LONGEST_MS, default 500, drawn 100..=1_500, {
        /// Whose requests.
        a: Host = Host::FlashSale;
        /// Whose answers.
        b: Host = Host::CardGateway;
        /// Share of answers hit.
        ratio: f64 = 0.2, in 0.0..=1.0, drawn RATIOS;
    }
    /// Answers end in the middle, with the connection.
    AnswerCut = "answer-cut", lasts 1..=LONGEST_MS, default 500, drawn 100..=1_500, {
        /// Whose requests.
        a: Host = Host::FlashSale;
        /// Whose answers.
        b: Host = Host::CardGateway;
        /// Share of answers hit.
        ratio: f64 = 0.2, in 0.0..=1.0, drawn RATIOS;
    }
    /// `b` forgets its connections without a word: whoever goes on using one hears nothing until the fault is over.
    HalfOpen = "half-open", lasts 1..=LONGEST_MS, default 500, drawn 50..=1_500, {
        /// Whose connections.
        a: Host = Host::FlashSale;
        /// Who forgets them.
        b: Host = Host::Redis;
    }
    /// Everything between `a` and `b` is held back, and arrives at once when the fault is over.
    HeldTraffic = "held-traffic", lasts 1..=LONGEST_MS, default 300, drawn 50..=1_000, {
        /// One end.
        a: Host = Host::FlashSale;
        /// The other end.
        b: Host = Host::Postgres;
    }
    /// Each connection has a delay of its own, so that what is sent later on another arrives earlier.
    ReorderedConnections = "reordered-connections", lasts 1..=LONGEST_MS, default 1_000, drawn 100..=2_000, {
        /// Whose connections.
        a: Host = Host::Gateway;
        /// To whom.
        b: Host = Host::FlashSale;
        /// The longest delay of a connection, ms.
        up_to_ms: u64 = 100, in 1..=10_000, drawn 5..=300;
    }
    /// `a` reads the answers of `b` a few bytes at a time.
    SlowReader = "slow-reader", lasts 1..=LONGEST_MS, default 1_000, drawn 100..=2_000, {
        /// Who reads.
        a: Host = Host::Shoppers;
        /// Who answers.
        b: Host = Host::Gateway;
        /// How much it reads in a millisecond, bytes.
        bytes_per_ms: u64 = 16, in 1..=65_536, drawn 4..=64;
    }
    /// COMMIT arrives and is done; its answer never comes, and the connection stays open.
    CommitAnswerLost = "commit-answer-lost", lasts 1..=LONGEST_MS, default 500, drawn 100..=1_500, {
        /// Whose commits.
        a: Host = Host::FlashSale;
        /// Share of commits hit.
        ratio: f64 = 0.2, in 0.0..=1.0, drawn RATIOS;
    }
    /// The catalog's database dies and comes back after `for_ms` with what was committed.
    CatalogCrash = "catalog-crash", lasts 1..=LONGEST_MS, default 1_000, drawn 100..=2_500, {}
    /// Statements at the catalog's database fail with 57014.
    CatalogStatementTimeout = "catalog-statement-timeout", lasts 1..=LONGEST_MS, default 1_000, drawn 100..=2_000, {
        /// Share of statements hit.
        ratio: f64 = 0.2, in 0.0..=1.0, drawn RATIOS;
    }
}

impl FaultKind {
    /// Whether it strikes bytes, and so only a world that carries them.
    #[must_use]
    pub const fn needs_bytes(self) -> bool {
        matches!(
            self,
            Self::ConnectionReset
                | Self::AnswerCut
                | Self::HalfOpen
                | Self::HeldTraffic
                | Self::ReorderedConnections
                | Self::SlowReader
                | Self::CommitAnswerLost
        )
    }

    /// Whether it strikes what only a scenario with a catalog has.
    #[must_use]
    pub const fn is_of_the_shop(self) -> bool {
        matches!(self, Self::CatalogCrash | Self::CatalogStatementTimeout)
    }
}
