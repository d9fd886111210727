//! How a statement holds the database: it has all of it while it runs, and hands it back while it waits. The hand-over
//! goes through a baton shared by all statements of a server, so nothing is locked or borrowed across a wait.

use std::future::poll_fn;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;

use crate::database::Database;

/// Where the database lies between two who run with it.
#[derive(Clone, Default)]
pub(crate) struct Baton(Arc<Mutex<Option<Box<Database>>>>);

impl Baton {
    pub(crate) fn put(&self, db: Box<Database>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(db);
    }

    pub(crate) fn take(&self) -> Box<Database> {
        let db = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        db.expect("whoever ran last put the database back")
    }
}

/// A statement's hold on the database. Usable from the first poll on; given back on suspension and on drop.
pub(crate) struct Lease {
    baton: Baton,
    db: Option<Box<Database>>,
}

impl Lease {
    pub(crate) fn new(baton: Baton) -> Self {
        Self { baton, db: None }
    }

    /// Takes the database, at the start of a statement.
    pub(crate) fn take(&mut self) {
        self.db = Some(self.baton.take());
    }

    /// Hands the database back until the statement is polled again.
    pub(crate) async fn suspend(&mut self) {
        if let Some(db) = self.db.take() {
            self.baton.put(db);
        }
        let mut suspended = false;
        poll_fn(|_| {
            if suspended {
                return Poll::Ready(());
            }
            suspended = true;
            Poll::Pending
        })
        .await;
        self.take();
    }
}

impl Deref for Lease {
    type Target = Database;

    fn deref(&self) -> &Database {
        self.db.as_ref().expect("a statement holds the database while it runs")
    }
}

impl DerefMut for Lease {
    fn deref_mut(&mut self) -> &mut Database {
        self.db.as_mut().expect("a statement holds the database while it runs")
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(db) = self.db.take() {
            self.baton.put(db);
        }
    }
}
