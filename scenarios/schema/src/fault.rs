//! The kinds of faults: their parameters, their ranges, and what drawing them may pick.
//!
//! Striking is left to the worlds, drawing to `draw.rs`.

use std::ops::RangeInclusive;

use rand_chacha::rand_core::Rng;
use serde::Serialize;
use toml::de::DeValue;

use crate::draw::Pool;
use crate::error::ScenarioError;
use crate::infrastructure::Persistence;
use crate::knob::{KeyDoc, Knob};
use crate::options::{given, inline_table, names, options};
use crate::section::{Place, Section, found};

names! {
    /// A role of the platform; each replica of one is a process.
    pub enum Role {
        /// The edge.
        Gateway = "gateway",
        /// Checkout of flash products.
        FlashSale = "flash-sale",
        /// Checkout of all others, and order queries.
        Orders = "orders",
        /// Stock, and the upkeep of the Redis gate.
        Inventory = "inventory",
        /// The card gateway's webhooks.
        Payments = "payments",
        /// The compensation worker.
        Compensation = "compensation",
        /// The outbox relay.
        OutboxRelay = "outbox-relay",
        /// The notification consumer.
        Notification = "notification",
        /// The analytics consumer.
        Analytics = "analytics",
        /// The warehouse consumer.
        Warehouse = "warehouse",
    }
}

names! {
    /// A consumer of order events.
    pub enum Consumer {
        /// Tells shoppers.
        Notification = "notification",
        /// Counts.
        Analytics = "analytics",
        /// Ships.
        Warehouse = "warehouse",
    }
}

names! {
    /// One end of a network path: all replicas of a role, a server, or the crowd.
    pub enum Host {
        /// The shoppers.
        Shoppers = "shoppers",
        /// The edge.
        Gateway = "gateway",
        /// Checkout of flash products.
        FlashSale = "flash-sale",
        /// Checkout of all others.
        Orders = "orders",
        /// Stock, and the upkeep of the Redis gate.
        Inventory = "inventory",
        /// The card gateway's webhooks.
        Payments = "payments",
        /// The compensation worker.
        Compensation = "compensation",
        /// The outbox relay.
        OutboxRelay = "outbox-relay",
        /// The notification consumer.
        Notification = "notification",
        /// The analytics consumer.
        Analytics = "analytics",
        /// The warehouse consumer.
        Warehouse = "warehouse",
        /// The Redis server.
        Redis = "redis",
        /// The Postgres server.
        Postgres = "postgres",
        /// The Kafka brokers.
        Kafka = "kafka",
        /// The card gateway, outside the platform.
        CardGateway = "card-gateway",
    }
}

impl Host {
    /// The role it is the replicas of; `None` for servers and the crowd.
    #[must_use]
    pub fn role(self) -> Option<Role> {
        Role::ALL
            .iter()
            .copied()
            .find(|role| role.name() == self.name())
    }
}

/// Shares that drawn faults pick from: sometimes, often, always.
const RATIOS: &[f64] = &[0.05, 0.2, 0.5, 1.0];

/// Longest fault, ms.
const LONGEST_MS: u64 = 3_600_000;

/// Declares the faults: `Variant = "name", lasts range, default, drawn range { key: Type = default, … }`.
macro_rules! faults {
    ($(
        $(#[doc = $about:expr])+
        $variant:ident = $name:literal, lasts $lasts:expr, default $for_ms:expr, drawn $drawn_ms:expr, {
            $(
                $(#[doc = $doc:expr])+
                $key:ident: $type:ty = $default:expr $(, in $range:expr)? $(, drawn $pool:expr)?;
            )*
        }
    )+) => {
        names! {
            /// A kind of fault.
            pub enum FaultKind {
                $( $(#[doc = $about])+ $variant = $name, )+
            }
        }

        /// A fault with its parameters; when it strikes is in [`ScheduledFault`].
        #[derive(Clone, Debug, PartialEq, Serialize)]
        #[serde(tag = "kind", rename_all = "kebab-case")]
        pub enum Fault {
            $(
                $(#[doc = $about])+
                $variant { $( $(#[doc = $doc])+ $key: $type, )* },
            )+
        }

        impl Fault {
            /// Its kind.
            #[must_use]
            pub const fn kind(&self) -> FaultKind {
                match self {
                    $(Self::$variant { .. } => FaultKind::$variant,)+
                }
            }

            /// Its parameters as TOML texts; empty for one left out.
            fn parameters(&self) -> Vec<(&'static str, String)> {
                match self {
                    $(Self::$variant { $($key),* } => vec![$((stringify!($key), $key.toml())),*],)+
                }
            }

            /// Reads the parameters of a kind.
            fn from_section(kind: FaultKind, section: &Section<'_>) -> Result<Self, ScenarioError> {
                match kind {
                    $(FaultKind::$variant => Ok(Self::$variant {
                        $($key: section.read(stringify!($key), Some($default), given!($($range)?))?,)*
                    }),)+
                }
            }

            /// Draws the parameters of a kind; those without a pool keep their default.
            pub(crate) fn drawn(kind: FaultKind, rng: &mut impl Rng) -> Self {
                match kind {
                    $(FaultKind::$variant => Self::$variant {
                        $($key: picked!(rng, $default $(, $pool)?),)*
                    },)+
                }
            }
        }

        impl FaultKind {
            /// How long a fault of this kind may last, ms; `0..=0` for an instant.
            #[must_use]
            pub const fn lasts_ms(self) -> RangeInclusive<u64> {
                match self {
                    $(Self::$variant => $lasts,)+
                }
            }

            /// How long it lasts when the scenario does not say, ms.
            #[must_use]
            pub const fn default_for_ms(self) -> u64 {
                match self {
                    $(Self::$variant => $for_ms,)+
                }
            }

            /// How long a drawn one may last, ms.
            pub(crate) const fn drawn_for_ms(self) -> RangeInclusive<u64> {
                match self {
                    $(Self::$variant => $drawn_ms,)+
                }
            }

            /// What it does, in a sentence.
            #[must_use]
            pub const fn about(self) -> &'static str {
                match self {
                    $(Self::$variant => concat!($($about),+),)+
                }
            }

            /// The parameters of this kind.
            #[must_use]
            pub fn parameters(self) -> Vec<KeyDoc> {
                match self {
                    $(Self::$variant => vec![
                        $(KeyDoc {
                            name: stringify!($key),
                            doc: concat!($($doc),+),
                            default: Some({
                                fn text() -> String {
                                    let default: $type = $default;
                                    default.toml()
                                }
                                text
                            }),
                            value: <$type as Knob>::value,
                            range: concat!($(stringify!($range))?),
                            keys: <$type as Knob>::keys,
                            is_list: false,
                        }),*
                    ],)+
                }
            }
        }
    };
}

macro_rules! picked {
    ($rng:expr, $default:expr) => {
        $default
    };
    ($rng:expr, $default:expr, $pool:expr) => {
        $pool.pick($rng)
    };
}

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
        role: Role = Role::FlashSale, drawn Role::ALL;
        /// Which replica, from 0.
        replica: u32 = 0, in 0..=63, drawn 0..=63;
    }
    /// A process stands still for `for_ms` and then goes on where it stood.
    ServicePause = "service-pause", lasts 1..=LONGEST_MS, default 400, drawn 50..=1_500, {
        /// Its role.
        role: Role = Role::FlashSale, drawn Role::ALL;
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
        role: Role = Role::FlashSale, drawn Role::ALL;
        /// Which replica, from 0.
        replica: u32 = 0, in 0..=63, drawn 0..=63;
        /// By how much, ms; negative for late.
        offset_ms: i64 = 2_000, in -86_400_000..=86_400_000, drawn -5_000..=5_000;
    }
    /// A process's wall clock jumps, and stays there.
    ClockJump = "clock-jump", lasts 0..=0, default 0, drawn 0..=0, {
        /// Its role.
        role: Role = Role::FlashSale, drawn Role::ALL;
        /// Which replica, from 0.
        replica: u32 = 0, in 0..=63, drawn 0..=63;
        /// By how much, ms; negative for backwards.
        by_ms: i64 = 5_000, in -86_400_000..=86_400_000, drawn -10_000..=10_000;
    }
}

/// What a drawn Redis crash may keep: what `[redis]` says, or any mode.
const PERSISTENCES: &[Option<Persistence>] = &[
    None,
    Some(Persistence::None),
    Some(Persistence::Rdb),
    Some(Persistence::AofEverysec),
    Some(Persistence::AofAlways),
];

/// A fault and its time. `Display` is the line that schedules it: it can be pasted into a scenario's `faults = […]`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ScheduledFault {
    /// When it strikes, ms from the start of the sale.
    pub at_ms: u64,
    /// How long it lasts, ms; 0 for an instant.
    pub for_ms: u64,
    /// What strikes.
    #[serde(flatten)]
    pub fault: Fault,
}

impl std::fmt::Display for ScheduledFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.toml())
    }
}

impl ScheduledFault {
    /// When it is over, ms from the start of the sale.
    #[must_use]
    pub const fn until_ms(&self) -> u64 {
        self.at_ms.saturating_add(self.for_ms)
    }

    /// The keys that every kind has.
    pub(crate) fn shared_keys() -> Vec<KeyDoc> {
        let key = |name, doc, default, value| KeyDoc {
            name,
            doc,
            default,
            value,
            range: "",
            keys: Vec::new,
            is_list: false,
        };
        vec![
            key(
                "kind",
                " What strikes; see the table of faults.",
                None,
                || "name of a fault".to_owned(),
            ),
            key(
                "at_ms",
                " When it strikes, ms from the start of the sale.",
                None,
                u64::value,
            ),
            key(
                "for_ms",
                " How long it lasts, ms.",
                Some(|| "by kind".to_owned()),
                u64::value,
            ),
        ]
    }
}

impl Knob for ScheduledFault {
    type Scalar = ();

    fn read(
        place: &Place<'_>,
        value: &DeValue<'_>,
        _: Option<&RangeInclusive<()>>,
    ) -> Result<Self, ScenarioError> {
        let Some(table) = value.as_table() else {
            return Err(place.refuse(&format!(
                "must be a list of tables, not of {}",
                found(value)
            )));
        };
        let mut name = place.name();
        let Some((key, kind)) = table.get_key_value("kind") else {
            return Err(place
                .source
                .refuse(place.offset, format!("{name} lacks `kind`: add it")));
        };
        let kind_place = Place {
            within: &name,
            key: "kind",
            in_list: false,
            offset: key.span().start,
            ..*place
        };
        let kind = FaultKind::read(&kind_place, kind.get_ref(), None)?;
        let mut keys = Self::shared_keys();
        keys.extend(kind.parameters());
        name.kind = Some(kind.name());
        let section = Section::open(place.source, &name, table, place.offset, &keys)?;
        Ok(Self {
            at_ms: section.read("at_ms", None, Some(0..=86_400_000))?,
            for_ms: section.read("for_ms", Some(kind.default_for_ms()), Some(kind.lasts_ms()))?,
            fault: Fault::from_section(kind, &section)?,
        })
    }

    fn toml(&self) -> String {
        let mut keys = vec![
            ("kind", self.fault.kind().toml()),
            ("at_ms", self.at_ms.toml()),
        ];
        if self.for_ms > 0 {
            keys.push(("for_ms", self.for_ms.toml()));
        }
        keys.extend(self.fault.parameters());
        inline_table(&keys)
    }

    fn value() -> String {
        "table".to_owned()
    }

    fn keys() -> Vec<KeyDoc> {
        Self::shared_keys()
    }
}

options! {
    /// `[faults_drawn]`: faults drawn from the seed, besides the scheduled ones.
    pub struct FaultsDrawn {
        /// Fewest faults drawn.
        at_least: u32 = 0, in 0..=1_000;
        /// Most faults drawn.
        at_most: u32 = 0, in 0..=1_000;
        /// Kinds to draw from, each as likely as the others; left out, all kinds.
        kinds: Option<Vec<FaultKind>> = None;
        /// Earliest start, ms from the start of the sale.
        from_ms: u64 = 0, in 0..=86_400_000;
        /// All are over by then, ms from the start of the sale; left out, the end of the sale.
        until_ms: Option<u64> = None, in 1..=86_400_000;
    }
}
