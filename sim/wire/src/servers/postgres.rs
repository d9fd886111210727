//! Postgres as its clients meet it: a session per connection, statements one after the other.

use std::sync::Arc;

use harness::world::hosts::postgres::{Ended, PostgresHost, Session, StatementKind};
use harness::world::network::NodeIndex;
use ports::sql::{Rows, SqlError, SqlValue};
use serde::{Deserialize, Serialize};
use turmoil_net::shim::tokio::net::TcpStream;

use super::{POSTGRES_PORT, frames, listen};
use crate::world::fabric::place;

/// A statement on its way to the server.
#[derive(Debug, Serialize, Deserialize)]
pub struct Statement {
    /// What it is to the cost model.
    pub kind: Kind,
    /// Its text.
    pub sql: String,
    /// Its parameters.
    pub params: Vec<Datum>,
}

/// What a statement is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// Opens a transaction.
    Begin,
    /// Reads or writes inside one.
    Inside,
    /// A transaction by itself.
    Alone,
    /// Ends a transaction.
    Commit,
    /// Undoes one.
    Rollback,
}

/// The server's answer.
#[derive(Debug, Serialize, Deserialize)]
pub enum Answer {
    /// Rows.
    Rows {
        /// Column names, in order.
        columns: Vec<Arc<str>>,
        /// The rows.
        rows: Vec<Vec<Datum>>,
        /// Rows changed or returned.
        affected: u64,
    },
    /// An error.
    Refused {
        /// The five characters of the SQLSTATE.
        sqlstate: String,
        /// The server's words.
        message: String,
        /// The constraint that was violated, if one was.
        constraint: Option<String>,
    },
}

/// A value on the wire.
#[derive(Debug, Serialize, Deserialize)]
pub enum Datum {
    /// SQL NULL.
    Null,
    /// `boolean`.
    Bool(bool),
    /// The integers.
    Int(i64),
    /// `text`.
    Text(Arc<str>),
    /// `timestamptz`, in microseconds since the Unix epoch.
    Timestamp(i64),
    /// `jsonb`, as its text.
    Json(Arc<str>),
    /// `bigint[]`.
    IntArray(Vec<i64>),
    /// `text[]`.
    TextArray(Vec<Arc<str>>),
}

impl From<SqlValue> for Datum {
    fn from(value: SqlValue) -> Self {
        match value {
            SqlValue::Null => Self::Null,
            SqlValue::Bool(value) => Self::Bool(value),
            SqlValue::Int(value) => Self::Int(value),
            SqlValue::Text(value) => Self::Text(value),
            SqlValue::Timestamp(value) => Self::Timestamp(value),
            SqlValue::Json(value) => Self::Json(value),
            SqlValue::IntArray(values) => Self::IntArray(values),
            SqlValue::TextArray(values) => Self::TextArray(values),
        }
    }
}

impl From<Datum> for SqlValue {
    fn from(datum: Datum) -> Self {
        match datum {
            Datum::Null => Self::Null,
            Datum::Bool(value) => Self::Bool(value),
            Datum::Int(value) => Self::Int(value),
            Datum::Text(value) => Self::Text(value),
            Datum::Timestamp(value) => Self::Timestamp(value),
            Datum::Json(value) => Self::Json(value),
            Datum::IntArray(values) => Self::IntArray(values),
            Datum::TextArray(values) => Self::TextArray(values),
        }
    }
}

/// Takes connections, for as long as the server's process lives.
pub async fn serve(host: Arc<PostgresHost>) {
    let listener = listen(POSTGRES_PORT).await;
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        drop(tokio::spawn(converse(host.clone(), stream)));
    }
}

/// Ends a session with its connection, however that ends.
struct Open {
    host: Arc<PostgresHost>,
    session: Session,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.host.disconnect(self.session);
    }
}

async fn converse(host: Arc<PostgresHost>, mut stream: TcpStream) {
    let Ok(peer) = stream.peer_addr() else { return };
    let from = place(peer.ip());
    // A server that is full, or going down, closes the connection.
    let Some(session) = host.connect() else { return };
    let open = Open { host, session };
    let mut moves_stock = false;
    while let Ok(statement) = frames::read::<Statement>(&mut stream).await {
        let Some(answer) = run(&open, from, &mut moves_stock, statement).await else { return };
        if frames::write(&mut stream, &answer).await.is_err() {
            return;
        }
    }
}

/// `None` when a fault has ended the connection.
async fn run(open: &Open, from: NodeIndex, moves_stock: &mut bool, statement: Statement) -> Option<Answer> {
    let Open { host, session } = open;
    let kind = match statement.kind {
        Kind::Begin => StatementKind::Begin,
        Kind::Inside => StatementKind::Inside,
        Kind::Alone => StatementKind::Alone,
        Kind::Commit => StatementKind::Commit { moves_stock: *moves_stock },
        Kind::Rollback => StatementKind::Rollback,
    };
    *moves_stock = kind == StatementKind::Inside
        && (*moves_stock || host.fails_hard_commits() && statement.sql.contains("INTO stock_ledger"));
    let params: Vec<SqlValue> = statement.params.into_iter().map(SqlValue::from).collect();
    let params = embedded::sql_values::parameters(&params);
    match host.run(from, *session, kind, &statement.sql, &params).await {
        Ended::Answered(Ok(reply)) => {
            let Rows { columns, rows, affected } = embedded::sql_values::rows(reply);
            let rows = rows.into_iter().map(|row| row.into_iter().map(Datum::from).collect()).collect();
            Some(Answer::Rows { columns: columns.to_vec(), rows, affected })
        }
        Ended::Answered(Err(error)) => match embedded::sql_values::refusal(error) {
            SqlError::Refused { sqlstate, message, constraint } => {
                Some(Answer::Refused { sqlstate, message, constraint })
            }
            other @ (SqlError::PoolExhausted { .. }
            | SqlError::Unreachable
            | SqlError::ConnectionLost
            | SqlError::TimedOut { .. }) => unreachable!("an engine's error is a refusal, and not {other:?}"),
        },
        Ended::Lost | Ended::Silent => None,
    }
}
