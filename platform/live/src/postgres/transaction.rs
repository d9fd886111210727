//! An open transaction. Dropping it rolls it back.

use async_trait::async_trait;
use ports::sql::{Isolation, Rows, SqlError, SqlTransaction, SqlValue};

use super::lease::Lease;

pub(super) struct PostgresTransaction {
    lease: Lease,
    /// A statement has failed: PostgreSQL answers a COMMIT with ROLLBACK from now on, and calls that a success.
    failed: bool,
}

/// Opens a transaction on a connection that has none.
pub(super) async fn begin(mut lease: Lease, isolation: Isolation) -> Result<PostgresTransaction, SqlError> {
    lease.run_simple(isolation.begin()).await?;
    lease.set_in_transaction(true);
    Ok(PostgresTransaction { lease, failed: false })
}

#[async_trait]
impl SqlTransaction for PostgresTransaction {
    async fn query(&mut self, sql: &str, params: &[SqlValue]) -> Result<Rows, SqlError> {
        let answer = self.lease.run(sql, params).await;
        self.failed |= answer.is_err();
        answer
    }

    async fn commit(mut self: Box<Self>) -> Result<(), SqlError> {
        if self.failed {
            return Err(SqlError::Refused {
                sqlstate: "25P02".into(),
                message: "a statement of this transaction failed: it can only be rolled back".into(),
                constraint: None,
            });
        }
        let answer = self.lease.run_simple("COMMIT").await;
        // Committed, or refused and thereby rolled back; an unknown end leaves the connection unsettled.
        self.lease.set_in_transaction(false);
        answer
    }

    async fn rollback(mut self: Box<Self>) -> Result<(), SqlError> {
        self.lease.run_simple("ROLLBACK").await?;
        self.lease.set_in_transaction(false);
        Ok(())
    }
}
