//! A statement while it runs: what it sees, what it was given, and results it keeps for itself.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::Lease;
use super::foreign_key::PendingCheck;
use crate::database::Database;
use crate::eval::{Cx, World};
use crate::session::SessionId;
use crate::storage::{RowId, Snapshot, TableId};
use crate::transaction::{Isolation, Read};
use crate::value::{Row, Value};

/// Results a statement computes once and reads again.
#[derive(Debug, Default)]
pub(crate) struct StatementState {
    /// Rows of WITH queries, by id.
    ctes: RefCell<Vec<Option<Arc<Vec<Row>>>>>,
    /// Rows of uncorrelated subqueries, by id. They are not run again, not even for a rechecked row.
    subqueries: RefCell<Vec<Option<Arc<Vec<Row>>>>>,
    /// What a serializable transaction's statement has read; `None` for others.
    reads: RefCell<Option<BTreeSet<Read>>>,
}

fn store(slots: &RefCell<Vec<Option<Arc<Vec<Row>>>>>, id: usize, rows: Arc<Vec<Row>>) {
    let mut slots = slots.borrow_mut();
    if slots.len() <= id {
        slots.resize(id + 1, None);
    }
    slots[id] = Some(rows);
}

impl StatementState {
    /// Starts noting reads, for SERIALIZABLE.
    pub(crate) fn note_reads(&self) {
        *self.reads.borrow_mut() = Some(BTreeSet::new());
    }

    /// Notes a read of one row, or of a table.
    pub(crate) fn note_read(&self, table: TableId, row: Option<RowId>) {
        if let Some(reads) = self.reads.borrow_mut().as_mut() {
            reads.insert((table, row));
        }
    }

    /// Everything noted.
    pub(crate) fn take_reads(&self) -> Option<BTreeSet<Read>> {
        self.reads.borrow_mut().take()
    }

    pub(crate) fn set_cte(&self, id: usize, rows: Vec<Row>) {
        store(&self.ctes, id, Arc::new(rows));
    }

    pub(crate) fn cte(&self, id: usize) -> Option<Arc<Vec<Row>>> {
        self.ctes.borrow().get(id).cloned().flatten()
    }

    pub(crate) fn set_subquery(&self, id: usize, rows: Arc<Vec<Row>>) {
        store(&self.subqueries, id, rows);
    }

    pub(crate) fn subquery(&self, id: usize) -> Option<Arc<Vec<Row>>> {
        self.subqueries.borrow().get(id).cloned().flatten()
    }
}

/// A running statement.
pub(crate) struct Run {
    pub(crate) db: Lease,
    pub(crate) session: SessionId,
    pub(crate) params: Vec<Value>,
    pub(crate) snapshot: Snapshot,
    pub(crate) isolation: Isolation,
    pub(crate) now_us: i64,
    pub(crate) statement_us: i64,
    pub(crate) state: StatementState,
    /// Foreign keys to check when the statement is through.
    pub(crate) pending: Vec<PendingCheck>,
}

impl Run {
    /// What expressions of this statement draw on.
    pub(crate) fn cx(&self) -> Cx<'_> {
        Cx {
            world: Some(World { db: &self.db, snapshot: self.snapshot, state: &self.state }),
            params: &self.params,
            now_us: self.now_us,
            statement_us: self.statement_us,
        }
    }
}

/// Numbers the next command of the session's transaction and takes its snapshot: a new one under READ COMMITTED, the
/// transaction's first one above that.
pub(crate) fn take_snapshot(db: &mut Database, session: SessionId) -> Snapshot {
    let last = db.last_csn;
    let open = db.session_mut(session).open();
    open.command += 1;
    let (xid, command) = (open.xid, open.command);
    let csn = match (open.isolation, open.snapshot) {
        (Isolation::ReadCommitted, _) => last,
        (Isolation::RepeatableRead | Isolation::Serializable, Some(csn)) => csn,
        (Isolation::RepeatableRead | Isolation::Serializable, None) => {
            open.snapshot = Some(last);
            db.hold_snapshot(last);
            last
        }
    };
    Snapshot { csn, xid, command }
}
