//! Change data capture in the process: what the Postgres engine commits, onto the log in Debezium's format.

use std::sync::{Arc, Weak};
use std::time::Duration;

use change_stream::{ChangeStream, Table};
use ports::events::{EventLog, EventProducer, NewRecord};

use crate::postgres::PostgresServer;

/// Commits handed on at once.
const BATCH: usize = 200;
/// The pause after a record that the log did not take.
const RETRY: Duration = Duration::from_millis(200);

/// Follows `table` of `server` and appends its changes to `topic`, until the server is gone. The server must have been started
/// with its change feed. Needs a runtime.
pub fn follow(server: &Arc<PostgresServer>, table: Table, log: Arc<dyn EventLog>, topic: &'static str) {
    drop(tokio::spawn(keep_following(Arc::downgrade(server), ChangeStream::new(table), log, topic)));
}

async fn keep_following(
    server: Weak<PostgresServer>,
    mut stream: ChangeStream,
    log: Arc<dyn EventLog>,
    topic: &'static str,
) {
    let mut producer: Option<Box<dyn EventProducer>> = None;
    loop {
        let Some(committed) = server.upgrade().map(|server| server.committed()) else { return };
        if !stream.has_next() {
            committed.notified().await;
        }
        let Some(commits) = server.upgrade().map(|server| server.take_commits()) else { return };
        stream.offer(&commits);
        let records: Vec<NewRecord> = stream
            .next(BATCH)
            .into_iter()
            .map(|record| NewRecord { topic, key: record.key, value: record.value, headers: Vec::new() })
            .collect();
        if records.is_empty() {
            continue;
        }
        if producer.is_none() {
            producer = log.producer().await.ok();
        }
        let appended = match &producer {
            Some(producer) => producer.append(&records).await.is_ok(),
            None => false,
        };
        if appended {
            stream.store_place();
        } else {
            stream.begin_again();
            tokio::time::sleep(RETRY).await;
        }
    }
}
