//! Who has locked or changed which version of a row: what a server keeps in a tuple's `xmax`, alone or as a MultiXact.

use std::collections::BTreeMap;

use super::LockMode;
use crate::storage::{RowId, TableId, Xid};

/// Whether a locker still counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// In progress.
    Open,
    /// Rolled back, or only a locker and over. It counts for nothing, but a server still finds it written in the row, and
    /// takes more care than it needs to.
    Over,
    /// Has changed the row and committed.
    Committed,
}

/// A transaction that has locked a row or changed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) xid: Xid,
    /// The savepoint it was done under, 0 for none: a subtransaction, which can end before the transaction does.
    pub(crate) level: u64,
    /// When that subtransaction first wrote: members are waited for in this order.
    pub(crate) order: u64,
    pub(crate) mode: LockMode,
    /// Has updated or deleted the version, not only locked it.
    pub(crate) changes: bool,
    /// A locker's first version: it holds all that follow, too. The one version that a change was made to.
    pub(crate) version: u32,
    pub(crate) standing: Standing,
}

impl Member {
    fn is_of(&self, version: u32) -> bool {
        if self.changes { self.version == version } else { self.version <= version }
    }

    /// Whether it is the same entry, however it stands by now.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Self { standing: other.standing, ..*self } == *other
    }
}

/// The lockers of all rows that have some.
#[derive(Debug, Default)]
pub(crate) struct RowLocks {
    rows: BTreeMap<(TableId, RowId), Vec<Member>>,
}

impl RowLocks {
    /// Lockers of one version of a row, and whoever is changing it, in the order in which they are waited for.
    pub(crate) fn of(&self, table: TableId, row: RowId, version: u32) -> Vec<Member> {
        let members = self.rows.get(&(table, row)).into_iter().flatten().filter(|member| member.is_of(version));
        let mut members: Vec<Member> = members.copied().collect();
        members.sort_by_key(|member| member.order);
        members
    }

    /// Adds a locker. Those that are over are written no more.
    pub(crate) fn add(&mut self, table: TableId, row: RowId, member: Member) {
        let members = self.rows.entry((table, row)).or_default();
        members.retain(|other| other.standing == Standing::Open);
        members.push(member);
    }

    /// Takes back what a transaction did to a row last. A change that was committed is the version's own from now on.
    pub(crate) fn take_back(&mut self, table: TableId, row: RowId, xid: Xid, committed: bool) {
        let Some(members) = self.rows.get_mut(&(table, row)) else { return };
        let last = members.iter().rposition(|member| member.xid == xid && member.standing == Standing::Open);
        let Some(last) = last else { return };
        if committed && members[last].changes {
            members.remove(last);
        } else {
            members[last].standing = Standing::Over;
        }
        if members.iter().all(|member| member.standing == Standing::Over) {
            self.rows.remove(&(table, row));
        }
    }

    /// Whether anyone has locked or is changing a row.
    pub(crate) fn is_in_use(&self, table: TableId, row: RowId) -> bool {
        self.rows.contains_key(&(table, row))
    }
}
