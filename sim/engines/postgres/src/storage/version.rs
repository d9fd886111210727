//! Row versions, and which of them a snapshot sees.
//!
//! A logical row is a chain of versions, oldest first. Updating a row adds a version to its chain, so following an
//! update chain is looking at the chain's end; a deleted and reinserted key is a new chain. Commit stamps each version
//! with a commit sequence number (CSN), so a snapshot is one number and visibility one comparison.

use super::Xid;
use crate::locks::LockMode;
use crate::value::Row;

/// When something happened to a version: never, at a commit, or in a transaction still in progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp(u64);

const IN_PROGRESS: u64 = 1 << 63;

impl Stamp {
    pub(crate) const NEVER: Self = Self(0);

    pub(crate) fn in_progress(xid: Xid) -> Self {
        Self(xid.0 | IN_PROGRESS)
    }

    pub(crate) fn committed(csn: u64) -> Self {
        Self(csn)
    }

    pub(crate) fn is_never(self) -> bool {
        self.0 == 0
    }

    /// The transaction in progress, if it is not decided yet.
    pub(crate) fn xid(self) -> Option<Xid> {
        (self.0 & IN_PROGRESS != 0).then_some(Xid(self.0 & !IN_PROGRESS))
    }

    /// The commit sequence number, once committed.
    pub(crate) fn csn(self) -> Option<u64> {
        (self.0 & IN_PROGRESS == 0 && self.0 != 0).then_some(self.0)
    }
}

/// What a statement sees: everything committed up to `csn`, and its own transaction's commands before `command`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Snapshot {
    pub(crate) csn: u64,
    pub(crate) xid: Xid,
    pub(crate) command: u32,
}

/// One version of a row.
#[derive(Clone, Debug)]
pub(crate) struct Version {
    pub(crate) row: Row,
    pub(crate) begin: Stamp,
    pub(crate) begin_command: u32,
    pub(crate) end: Stamp,
    pub(crate) end_command: u32,
    /// Counts the versions of a row.
    pub(crate) number: u32,
    /// How strongly whoever ended it had locked it: an update that leaves the keys alone does not get in the way of a
    /// foreign key's check, not even once it is committed.
    pub(crate) end_mode: LockMode,
}

impl Version {
    pub(crate) fn new(row: Row, xid: Xid, command: u32) -> Self {
        Self {
            row,
            begin: Stamp::in_progress(xid),
            begin_command: command,
            end: Stamp::NEVER,
            end_command: 0,
            number: 0,
            end_mode: LockMode::Update,
        }
    }

    pub(crate) fn is_visible(&self, snapshot: Snapshot) -> bool {
        happened(self.begin, self.begin_command, snapshot) && !happened(self.end, self.end_command, snapshot)
    }
}

fn happened(stamp: Stamp, command: u32, snapshot: Snapshot) -> bool {
    match stamp.xid() {
        Some(xid) => xid == snapshot.xid && command < snapshot.command,
        None => !stamp.is_never() && stamp.0 <= snapshot.csn,
    }
}

/// The versions of one logical row. The newest lies apart: nearly always it is the only one.
#[derive(Clone, Debug)]
pub(crate) struct Chain {
    pub(crate) newest: Version,
    /// Oldest first.
    pub(crate) older: Vec<Version>,
}

impl Chain {
    pub(crate) fn new(version: Version) -> Self {
        Self { newest: version, older: Vec::new() }
    }

    /// Newest first.
    pub(crate) fn versions(&self) -> impl Iterator<Item = &Version> {
        std::iter::once(&self.newest).chain(self.older.iter().rev())
    }

    pub(crate) fn visible(&self, snapshot: Snapshot) -> Option<&Version> {
        self.versions().find(|version| version.is_visible(snapshot))
    }

    /// The version of a number, while it is there.
    pub(crate) fn version(&self, number: u32) -> Option<&Version> {
        self.versions().find(|version| version.number == number)
    }

    pub(crate) fn push(&mut self, version: Version, mode: LockMode) {
        self.end(version.begin, version.begin_command, mode);
        let number = self.newest.number + 1;
        let previous = std::mem::replace(&mut self.newest, Version { number, ..version });
        self.older.push(previous);
    }

    /// Ends the newest version.
    pub(crate) fn end(&mut self, at: Stamp, command: u32, mode: LockMode) {
        self.newest.end = at;
        self.newest.end_command = command;
        self.newest.end_mode = mode;
    }

    /// Turns the in-progress stamps of `xid` into `csn`. Stops at the first version it has no part in.
    pub(crate) fn commit(&mut self, xid: Xid, csn: u64) {
        let mine = Stamp::in_progress(xid);
        let done = Stamp::committed(csn);
        for version in std::iter::once(&mut self.newest).chain(self.older.iter_mut().rev()) {
            let touched = version.begin == mine || version.end == mine;
            if version.begin == mine {
                version.begin = done;
            }
            if version.end == mine {
                version.end = done;
            }
            if !touched {
                break;
            }
        }
    }

    /// Whether the last version ended at or before `horizon`: nobody will see this row again.
    pub(crate) fn is_dead(&self, horizon: u64) -> bool {
        self.newest.end.csn().is_some_and(|csn| csn <= horizon)
    }

    /// How many of the older versions nobody can see any more.
    pub(crate) fn dead_prefix(&self, horizon: u64) -> usize {
        self.older.iter().take_while(|version| version.end.csn().is_some_and(|csn| csn <= horizon)).count()
    }
}
