//! SERIALIZABLE: snapshot isolation, plus a watch for read-write dependencies between concurrent transactions (Cahill,
//! Röhm, Fekete: Serializable Isolation for Snapshot Databases). A transaction that others depend on in both directions
//! may stand in a cycle, and is refused with 40001.
//!
//! As in Postgres the dangerous shape is T1 -> T2 -> T3 with T3 the first to commit, and the pivot T2 is refused, or T1
//! when T2 has committed already. Stricter than Postgres in one thing: a read that is not the lookup of one existing row
//! by a unique key counts as a read of the whole table. So a program may see 40001 where a server would let it commit;
//! never the reverse.

use std::collections::BTreeSet;

use super::{Isolation, LogEntry};
use crate::database::Database;
use crate::error::{Fallible, PgError, serialization};
use crate::session::SessionId;
use crate::storage::{RowId, TableId, Xid};

/// What was read: one row, or (`None`) anything a table holds or might come to hold.
pub(crate) type Read = (TableId, Option<RowId>);

/// A serializable transaction, kept until no concurrent one is left.
#[derive(Debug)]
pub(crate) struct Watched {
    xid: Xid,
    snapshot: u64,
    committed: Option<u64>,
    reads: BTreeSet<Read>,
    writes: BTreeSet<(TableId, RowId)>,
    /// Who read what this one overwrote.
    readers: BTreeSet<Xid>,
    /// Who overwrote what this one read.
    overwriters: BTreeSet<Xid>,
}

impl Watched {
    fn has_read(&self, (table, row): (TableId, RowId)) -> bool {
        self.reads.contains(&(table, None)) || self.reads.contains(&(table, Some(row)))
    }

    fn has_written(&self, (table, row): Read) -> bool {
        match row {
            Some(row) => self.writes.contains(&(table, row)),
            None => self.writes.range((table, RowId(0))..=(table, RowId::NONE)).next().is_some(),
        }
    }
}

fn refused() -> Box<PgError> {
    serialization("read/write dependencies among transactions")
}

impl Database {
    /// Notes what a statement of a serializable transaction read, and what it wrote since `log_from`.
    pub(crate) fn watch(&mut self, session: SessionId, reads: BTreeSet<Read>, log_from: usize) -> Fallible<()> {
        let Some(open) = &self.session(session).transaction else { return Ok(()) };
        let (Isolation::Serializable, Some(snapshot)) = (open.isolation, open.snapshot) else { return Ok(()) };
        let xid = open.xid;
        let writes: BTreeSet<(TableId, RowId)> = open.log[log_from.min(open.log.len())..]
            .iter()
            .filter_map(|entry| match entry {
                LogEntry::Insert { table, row, .. }
                | LogEntry::Update { table, row, .. }
                | LogEntry::Delete { table, row, .. } => Some((*table, *row)),
                LogEntry::Catalog(_) | LogEntry::Truncate { .. } => None,
            })
            .collect();
        let position = self.watched.iter().position(|watched| watched.xid == xid).unwrap_or_else(|| {
            self.watched.push(Watched {
                xid,
                snapshot,
                committed: None,
                reads: BTreeSet::new(),
                writes: BTreeSet::new(),
                readers: BTreeSet::new(),
                overwriters: BTreeSet::new(),
            });
            self.watched.len() - 1
        });
        let mut me = self.watched.swap_remove(position);
        let mut met = Vec::new();
        for other in &mut self.watched {
            if other.committed.is_some_and(|csn| csn <= snapshot) {
                continue;
            }
            if reads.iter().any(|read| other.has_written(*read)) {
                me.overwriters.insert(other.xid);
                other.readers.insert(xid);
                met.push(other.xid);
            }
            if writes.iter().any(|write| other.has_read(*write)) {
                other.overwriters.insert(xid);
                me.readers.insert(other.xid);
            }
        }
        me.reads.extend(reads);
        me.writes.extend(writes);
        self.watched.push(me);
        // A committed transaction this one read past, itself overwritten by one that committed before it: too late to
        // refuse the pivot, so this one goes.
        if met.iter().any(|other| self.committed_csn(*other).is_some_and(|csn| self.is_pivot(*other, csn))) {
            return Err(refused());
        }
        Ok(())
    }

    fn committed_csn(&self, xid: Xid) -> Option<u64> {
        self.watched.iter().find(|watched| watched.xid == xid)?.committed
    }

    /// Whether `xid`, committing at `csn`, has a reader before it and an overwriter that committed earlier.
    fn is_pivot(&self, xid: Xid, csn: u64) -> bool {
        let Some(me) = self.watched.iter().find(|watched| watched.xid == xid) else { return false };
        let first = me.overwriters.iter().any(|other| self.committed_csn(*other).is_some_and(|other| other < csn));
        first && !me.readers.is_empty()
    }

    /// 40001 when committing would leave a pivot behind.
    pub(super) fn require_serializable(&self, xid: Xid) -> Fallible<()> {
        if self.is_pivot(xid, u64::MAX) { Err(refused()) } else { Ok(()) }
    }

    /// Notes the end of a transaction, and forgets those nobody is concurrent with any more.
    pub(super) fn unwatch(&mut self, xid: Xid, committed: bool) {
        if self.watched.is_empty() {
            return;
        }
        let csn = self.last_csn;
        if committed {
            if let Some(me) = self.watched.iter_mut().find(|watched| watched.xid == xid) {
                me.committed = Some(csn);
            }
        } else {
            self.watched.retain(|watched| watched.xid != xid);
            for watched in &mut self.watched {
                watched.readers.remove(&xid);
                watched.overwriters.remove(&xid);
            }
        }
        let oldest = self.watched.iter().filter(|watched| watched.committed.is_none()).map(|w| w.snapshot).min();
        self.watched.retain(|watched| match (watched.committed, oldest) {
            (None, _) => true,
            (Some(csn), Some(oldest)) => csn > oldest,
            (Some(_), None) => false,
        });
    }
}
