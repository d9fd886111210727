//! Strikes the world with its faults, each at its time, and heals them.

use std::sync::Arc;
use std::time::Duration;

use scenario::{Consumer, Fault, Host, Role, ScheduledFault};
use tokio::sync::Semaphore;

use super::hosts::card_gateway::CardGateway;
use super::hosts::kafka::KafkaHost;
use super::hosts::postgres::PostgresHost;
use super::hosts::redis::RedisHost;
use super::network::NodeIndex;
use super::observer::Observer;
use super::settings::ratio_ppm;
use super::stage::{Disturbance, DisturbanceKind, ProcessIndex, Stage};
use super::time::{ProcessClock, Timeline};

/// Everything a fault can reach. Cloning shares it.
#[derive(Clone)]
pub struct Targets<S: Stage> {
    /// Virtual time.
    pub timeline: Timeline,
    /// Processes of the platform and the links between hosts.
    pub processes: S,
    /// Their wall clocks, by name.
    pub clocks: Arc<Vec<(String, Arc<ProcessClock>)>>,
    /// Postgres.
    pub postgres: Arc<PostgresHost>,
    /// The catalog's database; none where there is no catalog.
    pub catalog: Option<Arc<PostgresHost>>,
    /// The gates of all pools.
    pub pools: PoolGates,
    /// Redis.
    pub redis: Arc<RedisHost>,
    /// Kafka.
    pub kafka: Arc<KafkaHost>,
    /// The card gateway.
    pub card_gateway: Arc<CardGateway>,
    /// Who watches.
    pub observer: Observer,
    /// Where each host is on the network.
    pub places: Arc<Vec<(Host, NodeIndex)>>,
}

/// The permits of every pool that was opened; a pool of a dead process is simply gone.
pub type PoolGates = Arc<std::sync::Mutex<Vec<std::sync::Weak<Semaphore>>>>;

impl<S: Stage> Targets<S> {
    /// Lets every fault of the plan strike and heal; returns when the last is over.
    pub async fn strike_all(&self, plan: &[ScheduledFault]) {
        let mut running = Vec::new();
        for fault in plan {
            let (targets, fault) = (self.clone(), fault.clone());
            running.push(tokio::spawn(async move { targets.strike(&fault).await }));
        }
        for fault in running {
            fault.await.expect("a fault is injected without a panic");
        }
    }

    async fn strike(&self, fault: &ScheduledFault) {
        let us = |ms: u64| i64::try_from(ms).expect("checked when the scenario was read") * 1_000;
        self.timeline.sleep_until(us(fault.at_ms)).await;
        let text = fault.to_string();
        self.observer.fault_began(self.timeline.now_us(), &text);
        self.observer.probe(&format!("fault-{}", fault.fault.kind()));
        let until_us = self.timeline.now_us() + us(fault.for_ms);
        self.apply(&fault.fault, until_us).await;
        self.observer.fault_ended(self.timeline.now_us(), &text);
    }

    async fn until(&self, until_us: i64) {
        self.timeline.sleep_until(until_us).await;
    }

    async fn apply(&self, fault: &Fault, until_us: i64) {
        match fault {
            Fault::RedisCrash { .. } | Fault::RedisFailover {} | Fault::RedisStall {} => {
                self.strike_redis(fault, until_us).await;
            }
            Fault::PostgresCrash {}
            | Fault::PostgresStatementTimeout { .. }
            | Fault::PostgresConnectionLostBeforeCommit { .. }
            | Fault::PostgresConnectionLostAfterCommit { .. }
            | Fault::PostgresSerializationFailure { .. }
            | Fault::CapturedCommitFailed { .. }
            | Fault::PostgresPoolExhausted {} => self.strike_postgres(fault, until_us).await,
            Fault::CatalogCrash {} | Fault::CatalogStatementTimeout { .. } => {
                self.strike_catalog(fault, until_us).await;
            }
            Fault::PaymentDecline { .. }
            | Fault::PaymentSlow { .. }
            | Fault::PaymentAnswerLost { .. }
            | Fault::PaymentDuplicateWebhook { .. }
            | Fault::PaymentOutage {} => self.strike_payments(fault, until_us).await,
            Fault::KafkaBrokerLoss {} => {
                self.kafka.kill_broker(0);
                self.until(until_us).await;
                self.kafka.start_broker(0);
            }
            Fault::KafkaAckLost { ratio } => {
                self.kafka.set_ack_lost_ppm(ratio_ppm(*ratio));
                self.until(until_us).await;
                self.kafka.set_ack_lost_ppm(0);
            }
            Fault::ConsumerCrash { consumer } => self.crash_between_effect_and_offset(*consumer, until_us).await,
            Fault::ServiceCrash { role, replica } => {
                let Some(process) = self.process(*role, *replica) else { return };
                self.processes.kill(process);
                self.until(until_us).await;
                self.processes.restart(process);
            }
            Fault::ServicePause { role, replica } => {
                let Some(process) = self.process(*role, *replica) else { return };
                self.processes.pause(process);
                self.until(until_us).await;
                self.processes.resume(process);
            }
            Fault::Partition { a, b, one_way } => self.partition(*a, *b, *one_way, until_us).await,
            Fault::Latency { a, b, add_ms } => {
                let added_us = i64::try_from(*add_ms).expect("at most ten minutes") * 1_000;
                let links = self.links(*a, *b, false);
                links.iter().for_each(|(from, to)| self.processes.slow(*from, *to, added_us));
                self.until(until_us).await;
                links.iter().for_each(|(from, to)| self.processes.heal(*from, *to));
            }
            Fault::ClockSkew { role, replica, offset_ms } => {
                let Some(clock) = self.clock(*role, *replica) else { return };
                clock.add_error_us(offset_ms * 1_000);
                self.until(until_us).await;
                clock.add_error_us(-offset_ms * 1_000);
            }
            Fault::ClockJump { role, replica, by_ms } => {
                if let Some(clock) = self.clock(*role, *replica) {
                    clock.add_error_us(by_ms * 1_000);
                }
            }
            Fault::ConnectionReset { .. }
            | Fault::AnswerCut { .. }
            | Fault::HalfOpen { .. }
            | Fault::HeldTraffic { .. }
            | Fault::ReorderedConnections { .. }
            | Fault::SlowReader { .. }
            | Fault::CommitAnswerLost { .. } => {
                let disturbance = self.disturbance(fault);
                self.processes.disturb(disturbance.clone());
                self.until(until_us).await;
                self.processes.calm(&disturbance);
            }
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the caller hands over the faults of bytes only")]
    fn disturbance(&self, fault: &Fault) -> Disturbance {
        let us = |ms: u64| i64::try_from(ms).expect("at most ten seconds") * 1_000;
        let (a, b, kind) = match fault {
            Fault::ConnectionReset { a, b, ratio } => (a, b, DisturbanceKind::ResetBeforeAnswer(ratio_ppm(*ratio))),
            Fault::AnswerCut { a, b, ratio } => (a, b, DisturbanceKind::AnswerCut(ratio_ppm(*ratio))),
            Fault::HalfOpen { a, b } => (a, b, DisturbanceKind::HalfOpen),
            Fault::HeldTraffic { a, b } => (a, b, DisturbanceKind::Held),
            Fault::ReorderedConnections { a, b, up_to_ms } => (a, b, DisturbanceKind::Reordered(us(*up_to_ms))),
            Fault::SlowReader { a, b, bytes_per_ms } => {
                (a, b, DisturbanceKind::SlowReader(usize::try_from(*bytes_per_ms).expect("at most 64 KiB")))
            }
            Fault::CommitAnswerLost { a, ratio } => {
                (a, &Host::Postgres, DisturbanceKind::CommitAnswerLost(ratio_ppm(*ratio)))
            }
            other => unreachable!("{other:?} strikes no bytes"),
        };
        Disturbance { clients: self.at(*a).collect(), servers: self.at(*b).collect(), kind }
    }

    fn at(&self, host: Host) -> impl Iterator<Item = NodeIndex> {
        self.places.iter().filter(move |(at, _)| *at == host).map(|(_, index)| *index)
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the caller hands over this server's faults only")]
    async fn strike_redis(&self, fault: &Fault, until_us: i64) {
        match fault {
            Fault::RedisFailover {} => {
                self.redis.crash();
                self.observer.redis_died(self.timeline.now_us());
                self.until(until_us).await;
                self.redis.fail_over();
                self.observer.gate_lost(self.timeline.now_us());
            }
            Fault::RedisStall {} => {
                self.redis.stall_until(until_us);
                self.until(until_us).await;
            }
            _crash => {
                self.redis.crash();
                self.observer.redis_died(self.timeline.now_us());
                self.until(until_us).await;
                self.redis.restart();
                self.observer.gate_lost(self.timeline.now_us());
            }
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the caller hands over this server's faults only")]
    async fn strike_postgres(&self, fault: &Fault, until_us: i64) {
        let strike = |on: bool| {
            self.postgres.set_faults(|faults| {
                let ppm = |ratio: &f64| if on { ratio_ppm(*ratio) } else { 0 };
                match fault {
                    Fault::PostgresStatementTimeout { ratio } => faults.statement_timeout_ppm = ppm(ratio),
                    Fault::PostgresConnectionLostBeforeCommit { ratio } => faults.lost_before_commit_ppm = ppm(ratio),
                    Fault::PostgresConnectionLostAfterCommit { ratio } => faults.lost_after_commit_ppm = ppm(ratio),
                    Fault::PostgresSerializationFailure { ratio } => faults.serialization_failure_ppm = ppm(ratio),
                    Fault::CapturedCommitFailed { ratio } => faults.hard_commit_failure_ppm = ppm(ratio),
                    other => unreachable!("{other:?} strikes no statement"),
                }
            });
        };
        match fault {
            Fault::PostgresCrash {} => {
                self.postgres.crash();
                self.until(until_us).await;
                self.postgres.recover();
            }
            Fault::PostgresPoolExhausted {} => {
                let gates: Vec<Arc<Semaphore>> = {
                    let gates = self.pools.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                    gates.iter().filter_map(std::sync::Weak::upgrade).collect()
                };
                let taken: Vec<usize> = gates.iter().map(|gate| gate.forget_permits(usize::MAX >> 4)).collect();
                self.until(until_us).await;
                gates.iter().zip(taken).for_each(|(gate, permits)| gate.add_permits(permits));
            }
            _ => {
                strike(true);
                self.until(until_us).await;
                strike(false);
            }
        }
    }

    async fn strike_catalog(&self, fault: &Fault, until_us: i64) {
        let catalog = self.catalog.as_ref().expect("a scenario without a catalog is refused these faults");
        if let Fault::CatalogStatementTimeout { ratio } = fault {
            catalog.set_faults(|faults| faults.statement_timeout_ppm = ratio_ppm(*ratio));
            self.until(until_us).await;
            catalog.set_faults(|faults| faults.statement_timeout_ppm = 0);
        } else {
            catalog.crash();
            self.until(until_us).await;
            catalog.recover();
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the caller hands over this server's faults only")]
    async fn strike_payments(&self, fault: &Fault, until_us: i64) {
        let strike = |on: bool| {
            self.card_gateway.set_faults(|faults| {
                let ppm = |ratio: &f64| if on { ratio_ppm(*ratio) } else { 0 };
                match fault {
                    Fault::PaymentDecline { ratio } => faults.decline_ppm = ppm(ratio),
                    Fault::PaymentSlow { add_ms, ratio } => {
                        faults.slow_ppm = ppm(ratio);
                        faults.slow_us = i64::try_from(*add_ms).expect("at most ten minutes") * 1_000;
                    }
                    Fault::PaymentAnswerLost { ratio } => faults.answer_lost_ppm = ppm(ratio),
                    Fault::PaymentDuplicateWebhook { ratio } => {
                        faults.duplicate_webhook_every = if on { 1_000_000 / ratio_ppm(*ratio).max(1) } else { 0 };
                    }
                    Fault::PaymentOutage {} => faults.outage = on,
                    other => unreachable!("{other:?} strikes no payment"),
                }
            });
        };
        strike(true);
        self.until(until_us).await;
        strike(false);
    }

    /// Kills the consumer in the instant in which one of its effects has become durable: its offset has not.
    async fn crash_between_effect_and_offset(&self, consumer: Consumer, until_us: i64) {
        let (name, role) = match consumer {
            Consumer::Notification => ("notification", Role::Notification),
            Consumer::Analytics => ("analytics", Role::Analytics),
            Consumer::Warehouse => ("warehouse", Role::Warehouse),
        };
        let Some(process) = self.process(role, 0) else { return };
        let effect = self.observer.next_effect(name);
        let waited_us = until_us - self.timeline.now_us();
        let patience = Duration::from_micros(u64::try_from(waited_us).unwrap_or(0));
        if tokio::time::timeout(patience, effect).await.is_ok() {
            self.observer.probe("consumer-died-before-offset");
        }
        self.processes.kill(process);
        let down_us = self.timeline.now_us() + waited_us.max(1_000);
        self.until(down_us).await;
        self.processes.restart(process);
    }

    async fn partition(&self, a: Host, b: Host, one_way: bool, until_us: i64) {
        let links = self.links(a, b, one_way);
        links.iter().for_each(|(from, to)| self.processes.cut(*from, *to));
        self.until(until_us).await;
        links.iter().for_each(|(from, to)| self.processes.heal(*from, *to));
    }

    fn links(&self, a: Host, b: Host, one_way: bool) -> Vec<(NodeIndex, NodeIndex)> {
        let mut links = Vec::new();
        for from in self.at(a) {
            for to in self.at(b) {
                links.push((from, to));
                if !one_way {
                    links.push((to, from));
                }
            }
        }
        links
    }

    fn process(&self, role: Role, replica: u32) -> Option<ProcessIndex> {
        self.processes.find(&process_name(role, replica))
    }

    fn clock(&self, role: Role, replica: u32) -> Option<Arc<ProcessClock>> {
        let name = process_name(role, replica);
        self.clocks.iter().find(|(known, _)| *known == name).map(|(_, clock)| clock.clone())
    }
}

/// The name of a process: its role and its number among the role's replicas.
#[must_use]
pub fn process_name(role: Role, replica: u32) -> String {
    let role = match role {
        Role::Gateway => "gateway",
        Role::FlashSale => "flash-sale",
        Role::Orders => "orders",
        Role::Inventory => "inventory",
        Role::Payments => "payments",
        Role::Compensation => "compensation",
        Role::OutboxRelay => "outbox-relay",
        Role::Notification => "notification",
        Role::Analytics => "analytics",
        Role::Warehouse => "warehouse",
        Role::Catalog => "catalog",
    };
    format!("{role}-{replica}")
}
