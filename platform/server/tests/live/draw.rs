//! Which fault strikes in which round, and when: drawn from a seed, printed, and the same for the same seed.
//!
//! A moment is drawn by the sale's own progress (after so many shoppers were told that they have bought) and a delay on
//! top, because on real servers the clock of two runs never agrees.

use std::fmt;
use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use testbed::{Cut, Persistence};

/// The platform's roles, each a process of its own in the stack.
pub(crate) const ROLES: [&str; 10] = [
    "gateway",
    "flash-sale",
    "orders",
    "inventory",
    "payments",
    "outbox-relay",
    "compensation",
    "notification",
    "analytics",
    "warehouse",
];

/// How a fault is brought about, and by what it is seen to have happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Means {
    /// SIGKILL to this server.
    Kill(Victim),
    /// Redis dies and forgets what it had written last.
    Forget,
    /// SIGSTOP to this server.
    Halt(Victim),
    /// The proxy keeps answers back.
    Proxy(Cut),
    /// The card gateway keeps answers back.
    Cards,
}

/// A process that can be struck.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Victim {
    Redis,
    Postgres,
    Kafka,
    Role(&'static str),
}

/// What strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// `kill -9` of a Redis with an append-only file; restarted with what that kept.
    KillRedis,
    /// `kill -9` of a Redis without persistence; restarted empty.
    KillForgetfulRedis,
    /// The power fails under a Redis that flushes its append-only file once a second; restarted with what had been flushed.
    CutPowerOfRedis,
    /// `kill -9` of a Redis that takes snapshots; restarted with the last.
    KillSnapshotRedis,
    /// `kill -9` of Postgres and all its processes.
    KillPostgres,
    /// `kill -9` of the broker.
    KillKafka,
    /// `kill -9` of one role of the platform.
    KillRole(&'static str),
    /// Redis halts: connections stay open and nothing answers.
    HaltRedis,
    /// Postgres halts.
    HaltPostgres,
    /// The broker halts.
    HaltKafka,
    /// Committed, and the connection reset before the answer.
    LoseCommitAnswers,
    /// Committed, and silence instead of the answer.
    HangCommitAnswers,
    /// The card is charged, and the gateway hangs.
    HangAfterCapture,
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KillRedis => out.write_str("kill -9 redis with AOF"),
            Self::KillForgetfulRedis => out.write_str("kill -9 redis without AOF"),
            Self::CutPowerOfRedis => out.write_str("power cut under redis with AOF every second"),
            Self::KillSnapshotRedis => out.write_str("kill -9 redis with RDB"),
            Self::KillPostgres => out.write_str("kill -9 postgres"),
            Self::KillKafka => out.write_str("kill -9 kafka"),
            Self::KillRole(role) => write!(out, "kill -9 {role}"),
            Self::HaltRedis => out.write_str("redis halts"),
            Self::HaltPostgres => out.write_str("postgres halts"),
            Self::HaltKafka => out.write_str("kafka halts"),
            Self::LoseCommitAnswers => out.write_str("answers to COMMIT lost"),
            Self::HangCommitAnswers => out.write_str("answers to COMMIT hang"),
            Self::HangAfterCapture => out.write_str("captured, then hanging"),
        }
    }
}

impl Fault {
    pub(crate) fn means(self) -> Means {
        match self {
            Self::KillRedis | Self::KillForgetfulRedis => Means::Kill(Victim::Redis),
            Self::CutPowerOfRedis | Self::KillSnapshotRedis => Means::Forget,
            Self::KillPostgres => Means::Kill(Victim::Postgres),
            Self::KillKafka => Means::Kill(Victim::Kafka),
            Self::KillRole(role) => Means::Kill(Victim::Role(role)),
            Self::HaltRedis => Means::Halt(Victim::Redis),
            Self::HaltPostgres => Means::Halt(Victim::Postgres),
            Self::HaltKafka => Means::Halt(Victim::Kafka),
            Self::LoseCommitAnswers => Means::Proxy(Cut::Reset),
            Self::HangCommitAnswers => Means::Proxy(Cut::Hang),
            Self::HangAfterCapture => Means::Cards,
        }
    }

    /// How Redis has to keep data for this fault, where that matters.
    pub(crate) fn persistence(self) -> Option<Persistence> {
        match self {
            Self::KillRedis => Some(Persistence::AofAlways),
            Self::KillForgetfulRedis => Some(Persistence::None),
            Self::CutPowerOfRedis => Some(Persistence::AofEverySecond),
            Self::KillSnapshotRedis => Some(Persistence::Rdb),
            Self::KillPostgres
            | Self::KillKafka
            | Self::KillRole(_)
            | Self::HaltRedis
            | Self::HaltPostgres
            | Self::HaltKafka
            | Self::LoseCommitAnswers
            | Self::HangCommitAnswers
            | Self::HangAfterCapture => None,
        }
    }
}

/// One sale with one fault in it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Round {
    pub(crate) number: usize,
    pub(crate) fault: Fault,
    /// Strikes after so many shoppers were told that they have bought …
    pub(crate) after_confirmed: u64,
    /// … and this much later.
    pub(crate) delay: Duration,
    /// How long it lasts before it is healed.
    pub(crate) lasts: Duration,
    /// How many answers are lost, where answers are.
    pub(crate) answers: u32,
}

impl fmt::Display for Round {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "round {:>2}: {}, {} ms after {} purchases, for {} ms",
            self.number,
            self.fault,
            self.delay.as_millis(),
            self.after_confirmed,
            self.lasts.as_millis()
        )
    }
}

/// Draws `count` rounds. The first ones cover every fault once in drawn order; those beyond are drawn freely.
pub(crate) fn rounds(seed: u64, count: usize, units: u64) -> Vec<Round> {
    let mut draw = ChaCha8Rng::seed_from_u64(seed);
    let every = every_fault();
    let mut left = Vec::new();
    (0..count)
        .map(|number| {
            if left.is_empty() {
                left.clone_from(&every);
            }
            let which = below(&mut draw, left.len() as u64);
            let fault = left.swap_remove(usize::try_from(which).expect("an index into a short list"));
            Round {
                number,
                fault,
                after_confirmed: 1 + below(&mut draw, units * 2 / 3),
                delay: Duration::from_millis(below(&mut draw, 50)),
                lasts: Duration::from_millis(100 + below(&mut draw, 1_400)),
                answers: 1 + u32::try_from(below(&mut draw, 3)).expect("at most two"),
            }
        })
        .collect()
}

/// Every fault there is, each role's death being one.
fn every_fault() -> Vec<Fault> {
    let others = [
        Fault::KillRedis,
        Fault::KillForgetfulRedis,
        Fault::CutPowerOfRedis,
        Fault::KillSnapshotRedis,
        Fault::KillPostgres,
        Fault::KillKafka,
        Fault::HaltRedis,
        Fault::HaltPostgres,
        Fault::HaltKafka,
        Fault::LoseCommitAnswers,
        Fault::HangCommitAnswers,
        Fault::HangAfterCapture,
    ];
    ROLES.into_iter().map(Fault::KillRole).chain(others).collect()
}

fn below(draw: &mut ChaCha8Rng, bound: u64) -> u64 {
    draw.next_u64() % bound
}

#[test]
fn the_suites_rounds_hold_every_fault_and_are_the_same_for_the_same_seed() {
    for seed in 0..50 {
        let drawn = rounds(seed, crate::ROUNDS, 40);
        for fault in every_fault() {
            assert!(drawn.iter().any(|round| round.fault == fault), "seed {seed} lacks {fault}");
        }
        assert_eq!(format!("{drawn:?}"), format!("{:?}", rounds(seed, crate::ROUNDS, 40)));
    }
}
