//! Locking a row, and claiming it for a change: `heap_lock_tuple`, `heap_update` and `heap_delete` of a server, down to the
//! order of their looks and waits.
//!
//! Whoever finds a version locked in a way that conflicts takes the version's own lock first, which makes it the next in
//! line, and then waits for the lockers' transactions to end. After the wait it looks again: somebody may have locked the
//! version meanwhile without standing in line, as one whose lock goes with the holder's does. Above READ COMMITTED a version
//! that has been changed is an error; else the update chain is followed, without standing in line, to its last version.

use std::sync::Arc;

use super::Run;
use crate::error::{Fallible, PgError, serialization};
use crate::locks::{LockKey, LockMode, Member, Standing};
use crate::plan::WaitPolicy;
use crate::storage::{RowId, TableId, Version};
use crate::transaction::{Held, Isolation};
use crate::value::Row;

/// What a locked row turned out to be.
#[derive(Debug)]
pub(super) enum Locked {
    /// The version that was seen is the one that counts.
    Unchanged,
    /// Somebody committed a newer version.
    Updated(Row),
    /// Deleted, or changed already by this very command.
    Gone,
    /// Taken, and the policy was not to wait.
    Skipped,
}

/// One version of a row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tuple {
    table: TableId,
    row: RowId,
    number: u32,
}

/// How a version stands (`HeapTupleSatisfiesUpdate`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// Nobody is in the way.
    Free,
    /// Locked, or being changed; by the looker itself, too.
    Held,
    Updated,
    Deleted,
    /// Changed by the looker's own transaction.
    Own,
    /// Taken, and the policy was not to wait.
    Skipped,
}

impl Run {
    /// The version of a row that was seen.
    fn tuple(&self, table: TableId, row: RowId, seen: &Row) -> Option<Tuple> {
        let chain = self.db.stores[table.index()].heap.get(row)?;
        let number = chain.versions().find(|version| Arc::ptr_eq(&version.row, seen))?.number;
        Some(Tuple { table, row, number })
    }

    fn version(&self, tuple: Tuple) -> Option<&Version> {
        self.db.stores[tuple.table.index()].heap.get(tuple.row)?.version(tuple.number)
    }

    /// Everybody written in a version: its lockers, and who changed it.
    fn members(&self, tuple: Tuple) -> Vec<Member> {
        let mut members = self.db.row_locks.of(tuple.table, tuple.row, tuple.number);
        if let Some(version) = self.version(tuple).filter(|version| version.end.csn().is_some()) {
            let (mode, version) = (version.end_mode, tuple.number);
            let changer = Member {
                xid: crate::storage::Xid(0),
                level: 0,
                order: 0,
                mode,
                changes: true,
                version,
                standing: Standing::Committed,
            };
            members.insert(0, changer);
        }
        members
    }

    fn is_mine(&self, member: &Member) -> bool {
        member.xid == self.xid() && member.standing == Standing::Open
    }

    /// Whether somebody else's lock or change conflicts (`DoesMultiXactIdConflict`).
    fn conflicts(&self, members: &[Member], mode: LockMode) -> bool {
        let in_the_way = |member: &Member| member.standing != Standing::Over && member.mode.conflicts_with(mode);
        members.iter().any(|member| !self.is_mine(member) && in_the_way(member))
    }

    fn look(&self, tuple: Tuple) -> Fate {
        let Some(version) = self.version(tuple) else { return Fate::Deleted };
        if version.end.xid() == Some(self.xid()) {
            return Fate::Own;
        }
        if self.members(tuple).iter().any(|member| member.standing == Standing::Open) {
            return Fate::Held;
        }
        self.ended(tuple)
    }

    /// Whether a version that nobody holds has been changed for good.
    fn ended(&self, tuple: Tuple) -> Fate {
        match self.version(tuple) {
            Some(version) if version.end.csn().is_none() => Fate::Free,
            Some(_) if self.version(Tuple { number: tuple.number + 1, ..tuple }).is_some() => Fate::Updated,
            _ => Fate::Deleted,
        }
    }

    /// Whether somebody has been written into a version since `before`.
    fn has_changed(&self, tuple: Tuple, before: &[Member]) -> bool {
        self.members(tuple).iter().any(|now| match now.standing {
            Standing::Committed => !before.iter().any(|member| member.changes),
            Standing::Open | Standing::Over => !before.iter().any(|member| member.is_same(now)),
        })
    }

    /// Stands in line for a version (`heap_acquire_tuplock`). `false` when others do, and the policy is to skip.
    async fn stand_in_line(&mut self, tuple: Tuple, mode: LockMode, policy: WaitPolicy) -> Fallible<bool> {
        let session = self.session;
        if self.db.session(session).version_lock.is_some() {
            return Ok(true);
        }
        let key = LockKey::Version(tuple.table, tuple.row, tuple.number);
        if self.acquire(key, mode, policy).await?.is_none() {
            return if policy == WaitPolicy::NoWait { Err(self.not_available(tuple)) } else { Ok(false) };
        }
        self.db.session_mut(session).version_lock = Some((key, mode));
        Ok(true)
    }

    /// Lets the next in line have its turn.
    pub(super) fn leave_line(&mut self) {
        let (session, xid) = (self.session, self.xid());
        self.db.release_version_lock(session, xid);
    }

    /// Waits for those whose locks conflict, one after the other. `false` when there are some, and the policy is to skip.
    async fn wait_for_members(
        &mut self,
        tuple: Tuple,
        members: &[Member],
        mode: LockMode,
        policy: WaitPolicy,
    ) -> Fallible<bool> {
        for member in members {
            if self.is_mine(member) || !member.mode.conflicts_with(mode) || member.standing != Standing::Open {
                continue;
            }
            if policy != WaitPolicy::Wait && self.db.is_in_progress(member.xid, member.level) {
                return if policy == WaitPolicy::NoWait { Err(self.not_available(tuple)) } else { Ok(false) };
            }
            self.wait_for_transaction(member.xid, member.level).await?;
        }
        Ok(true)
    }

    /// 55P03, naming the table as Postgres does.
    fn not_available(&self, tuple: Tuple) -> Box<PgError> {
        let name = self.db.catalog.table(tuple.table).map(|table| table.name.to_string()).unwrap_or_default();
        PgError::new("55P03", format!("could not obtain lock on row in relation \"{name}\""))
    }

    /// Writes the transaction into a version, as its locker or its changer.
    pub(super) fn write_member(&mut self, table: TableId, row: RowId, version: u32, mode: LockMode, changes: bool) {
        let (session, xid) = (self.session, self.xid());
        let (level, order) = self.db.write_order(session);
        let standing = Standing::Open;
        self.db.row_locks.add(table, row, Member { xid, level, order, mode, changes, version, standing });
        self.db.session_mut(session).open().locks.push(Held::Row(table, row));
    }

    /// How strongly the transaction has locked a version.
    pub(super) fn own_mode(&self, table: TableId, row: RowId, version: u32) -> Option<LockMode> {
        let members = self.db.row_locks.of(table, row, version);
        members.iter().filter(|member| self.is_mine(member)).map(|member| member.mode).max()
    }

    /// Waits until a version may be changed. Where it may, the line is left only when the change is made.
    async fn claim(&mut self, tuple: Tuple, mode: LockMode) -> Fallible<Fate> {
        self.db.write_order(self.session);
        let fate = loop {
            let fate = self.look(tuple);
            if fate != Fate::Held {
                break fate;
            }
            let before = self.members(tuple);
            if self.conflicts(&before, mode) {
                if !before.iter().any(|member| self.is_mine(member)) {
                    self.stand_in_line(tuple, mode, WaitPolicy::Wait).await?;
                }
                self.wait_for_members(tuple, &before, mode, WaitPolicy::Wait).await?;
                if self.has_changed(tuple, &before) {
                    continue;
                }
            }
            break self.ended(tuple);
        };
        if fate != Fate::Free {
            self.leave_line();
        }
        Ok(fate)
    }

    /// Locks one version. `follows`: those that come after it in the update chain, too.
    async fn lock_tuple(&mut self, tuple: Tuple, mode: LockMode, policy: WaitPolicy, follows: bool) -> Fallible<Fate> {
        let fate = self.try_lock_tuple(tuple, mode, policy, follows).await?;
        if fate == Fate::Free {
            self.write_member(tuple.table, tuple.row, tuple.number, mode, false);
        }
        self.leave_line();
        Ok(if fate == Fate::Held { Fate::Free } else { fate })
    }

    /// [`Fate::Held`]: by this transaction already, as strongly.
    async fn try_lock_tuple(
        &mut self,
        tuple: Tuple,
        mode: LockMode,
        policy: WaitPolicy,
        follows: bool,
    ) -> Fallible<Fate> {
        let (mut is_first, mut stands_in_line) = (true, true);
        loop {
            let fate = self.look(tuple);
            if matches!(fate, Fate::Free | Fate::Own) {
                return Ok(fate);
            }
            let before = self.members(tuple);
            if std::mem::take(&mut is_first)
                && let Some(own) = before.iter().filter(|member| self.is_mine(member)).map(|m| m.mode).max()
            {
                if own >= mode {
                    return Ok(Fate::Held);
                }
                // Whoever stands in line waits for us.
                stands_in_line = false;
            }
            let changed = before.iter().any(|member| member.changes);
            if self.needs_no_sleep(&before, mode) {
                if !(mode == LockMode::KeyShare && follows && changed) {
                    return Ok(Fate::Free);
                }
                let fate = self.lock_updated(tuple, mode).await?;
                if fate != Fate::Free {
                    return Ok(fate);
                }
                if self.needs_no_sleep(&self.members(tuple), mode) {
                    return Ok(Fate::Free);
                }
                continue;
            }
            if matches!(fate, Fate::Updated | Fate::Deleted) {
                return Ok(fate);
            }
            if stands_in_line && !self.stand_in_line(tuple, mode, policy).await? {
                return Ok(Fate::Skipped);
            }
            if !self.wait_for_members(tuple, &before, mode, policy).await? {
                return Ok(Fate::Skipped);
            }
            if follows && changed {
                let fate = self.lock_updated(tuple, mode).await?;
                if fate != Fate::Free {
                    return Ok(fate);
                }
            }
            if !self.has_changed(tuple, &before) {
                return Ok(self.ended(tuple));
            }
        }
    }

    /// Whether a lock can be added to a version without standing in line: it goes with all that is written there, over or
    /// not.
    fn needs_no_sleep(&self, members: &[Member], mode: LockMode) -> bool {
        let is_sole_and_mine = members.len() == 1 && members.iter().all(|member| self.is_mine(member));
        let free = match mode {
            LockMode::KeyShare => members.iter().all(|member| member.mode != LockMode::Update),
            LockMode::Share => members.iter().all(|member| !member.changes && member.mode <= LockMode::Share),
            LockMode::NoKeyUpdate => !self.conflicts(members, mode),
            LockMode::Update => false,
        };
        free || is_sole_and_mine
    }

    /// Locks the versions that come after one (`heap_lock_updated_tuple`), waiting for whoever is in the way.
    async fn lock_updated(&mut self, tuple: Tuple, mode: LockMode) -> Fallible<Fate> {
        let mut next = Tuple { number: tuple.number + 1, ..tuple };
        let mut is_locked = false;
        while self.version(next).is_some() {
            let members = self.members(next);
            let is_mine = members.iter().any(|member| self.is_mine(member));
            if !is_mine {
                let against = |member: &&Member| member.mode.conflicts_with(mode);
                match members.iter().filter(against).find(|member| member.standing != Standing::Over) {
                    Some(member) if member.standing == Standing::Committed => return Ok(self.ended(next)),
                    Some(member) => {
                        self.wait_for_transaction(member.xid, member.level).await?;
                        continue;
                    }
                    None => {}
                }
                // A lock holds all versions from here on.
                if !std::mem::replace(&mut is_locked, true) {
                    self.write_member(next.table, next.row, next.number, mode, false);
                }
            }
            next.number += 1;
        }
        Ok(Fate::Free)
    }

    /// Locks the last version of a row, from one that was seen on (`heapam_tuple_lock`).
    async fn lock_last(
        &mut self,
        tuple: Tuple,
        mode: LockMode,
        policy: WaitPolicy,
        follows: bool,
    ) -> Fallible<(Fate, Tuple)> {
        let mut tuple = tuple;
        loop {
            let fate = self.lock_tuple(tuple, mode, policy, follows).await?;
            if fate != Fate::Updated {
                return Ok((fate, tuple));
            }
            tuple.number += 1;
            loop {
                let Some(version) = self.version(tuple) else { return Ok((Fate::Deleted, tuple)) };
                if let Some(xid) = version.end.xid().filter(|xid| *xid != self.xid()) {
                    if policy == WaitPolicy::SkipLocked {
                        return Ok((Fate::Skipped, tuple));
                    }
                    if policy == WaitPolicy::NoWait {
                        return Err(self.not_available(tuple));
                    }
                    let level = self.members(tuple).iter().find(|m| m.changes && m.xid == xid).map_or(0, |m| m.level);
                    self.wait_for_transaction(xid, level).await?;
                } else if version.end.is_never() {
                    break;
                } else {
                    tuple.number += 1;
                }
            }
            let version = self.version(tuple);
            if version.is_some_and(|version| self.is_of_this_command(version)) {
                return Ok((Fate::Own, tuple));
            }
        }
    }

    fn is_of_this_command(&self, version: &Version) -> bool {
        version.begin.xid() == Some(self.xid()) && version.begin_command >= self.snapshot.command
    }

    /// What came of locking, for a statement that saw `seen`. Above READ COMMITTED a change is 40001.
    fn judged(&self, fate: Fate, seen: u32, last: Tuple) -> Fallible<Locked> {
        let strict = self.isolation != Isolation::ReadCommitted;
        match fate {
            Fate::Free | Fate::Held if last.number == seen => Ok(Locked::Unchanged),
            Fate::Free | Fate::Held => {
                Ok(self.version(last).map_or(Locked::Gone, |version| Locked::Updated(version.row.clone())))
            }
            Fate::Updated => Err(serialization("concurrent update")),
            Fate::Deleted if strict => Err(serialization("concurrent delete")),
            Fate::Deleted | Fate::Own => Ok(Locked::Gone),
            Fate::Skipped => Ok(Locked::Skipped),
        }
    }

    /// Waits until a row that was seen may be changed. [`Locked::Updated`]: its newest version is locked, and has to be
    /// claimed again if it still qualifies.
    pub(super) async fn claim_row(
        &mut self,
        table: TableId,
        row: RowId,
        seen: &Row,
        mode: LockMode,
    ) -> Fallible<Locked> {
        let Some(tuple) = self.tuple(table, row, seen) else { return Ok(Locked::Gone) };
        let mut fate = self.claim(tuple, mode).await?;
        let mut last = tuple;
        if fate == Fate::Updated && self.isolation == Isolation::ReadCommitted {
            (fate, last) = self.lock_last(tuple, mode, WaitPolicy::Wait, false).await?;
        }
        self.judged(fate, tuple.number, last)
    }

    /// Locks a row that was seen, as SELECT … FOR does.
    pub(super) async fn lock_row(
        &mut self,
        table: TableId,
        row: RowId,
        seen: &Row,
        mode: LockMode,
        policy: WaitPolicy,
    ) -> Fallible<Locked> {
        let Some(tuple) = self.tuple(table, row, seen) else { return Ok(Locked::Gone) };
        let (fate, last) = if self.isolation == Isolation::ReadCommitted {
            self.lock_last(tuple, mode, policy, true).await?
        } else {
            (self.lock_tuple(tuple, mode, policy, true).await?, tuple)
        };
        self.judged(fate, tuple.number, last)
    }

    /// Locks the version of a row that an upsert met; [`Locked::Gone`] when it was changed meanwhile.
    pub(super) async fn lock_met(&mut self, table: TableId, row: RowId, met: &Row, mode: LockMode) -> Fallible<Locked> {
        let Some(tuple) = self.tuple(table, row, met) else { return Ok(Locked::Gone) };
        let fate = self.lock_tuple(tuple, mode, WaitPolicy::Wait, false).await?;
        if fate == Fate::Updated && self.isolation == Isolation::ReadCommitted {
            return Ok(Locked::Gone);
        }
        self.judged(fate, tuple.number, tuple)
    }
}
