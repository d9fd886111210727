//! What survives a crash. The disk and the replica are never copies of the keyspace: they are marks in one journal
//! of how to take changes back. A crash goes back to the disk's mark, a failover to the replica's.
//!
//! The unit of loss is one call of [`crate::Redis::execute`]: a command, a transaction or a script, whole. That is
//! what Redis guarantees, because scripts and transactions reach the log and the replica between `MULTI` and
//! `EXEC`, and a tail without its `EXEC` is dropped on loading.

mod aof;
mod journal;
mod rdb;

pub(crate) use aof::FlushSchedule;
pub(crate) use journal::{Journal, Undo};
pub(crate) use rdb::SnapshotSchedule;

use crate::config::Persistence;
use crate::keyspace::Keyspace;

/// The clockwork of the configured mode.
#[derive(Debug)]
pub(crate) enum Disk {
    /// Nothing is ever written.
    None,
    /// Snapshots.
    Snapshots(SnapshotSchedule),
    /// A log flushed once a second.
    Flushes(FlushSchedule),
    /// A log flushed with every change.
    Always,
}

impl Disk {
    pub(crate) fn new(mode: Persistence) -> Self {
        match mode {
            Persistence::None => Self::None,
            Persistence::Rdb { save_every_ms, after_changes } => {
                Self::Snapshots(SnapshotSchedule::new(save_every_ms, after_changes))
            }
            Persistence::AofEverysec => Self::Flushes(FlushSchedule::default()),
            Persistence::AofAlways => Self::Always,
        }
    }

    /// Whether a crash has to take changes back, so that a journal is needed.
    pub(crate) fn needs_journal(&self) -> bool {
        match self {
            Self::None | Self::Always => false,
            Self::Snapshots(_) | Self::Flushes(_) => true,
        }
    }

    /// Writes to disk what is due by the keyspace's clock.
    pub(crate) fn catch_up(&mut self, keyspace: &mut Keyspace) {
        let is_due = match self {
            // Without a disk nothing has to wait for one.
            Self::None | Self::Always => true,
            Self::Snapshots(schedule) => schedule.is_due(keyspace.now_ms, keyspace.changes),
            Self::Flushes(schedule) => schedule.is_due(keyspace.now_ms, keyspace.journal.has_undurable()),
        };
        if is_due {
            keyspace.journal.mark_durable();
            keyspace.changes = 0;
        }
    }

    /// When something will be due, if nothing else changes.
    pub(crate) fn next_deadline(&self, keyspace: &Keyspace) -> Option<i64> {
        match self {
            Self::None | Self::Always => None,
            Self::Snapshots(schedule) => schedule.next_deadline(keyspace.changes),
            Self::Flushes(schedule) => schedule.next_deadline(keyspace.journal.has_undurable()),
        }
    }

    /// The node died: what the mode keeps stays in the keyspace.
    pub(crate) fn crash(&mut self, keyspace: &mut Keyspace) {
        match self {
            Self::None => keyspace.lose_everything(),
            Self::Always => {
                keyspace.journal.mark_durable();
                keyspace.go_back_to_durable();
            }
            Self::Snapshots(schedule) => {
                keyspace.go_back_to_durable();
                schedule.restart(keyspace.now_ms);
            }
            Self::Flushes(schedule) => {
                keyspace.go_back_to_durable();
                schedule.restart(keyspace.now_ms);
            }
        }
        keyspace.changes = 0;
    }
}
