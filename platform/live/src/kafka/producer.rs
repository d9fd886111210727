//! An idempotent producer: records go out in order, and each is waited for.

use async_trait::async_trait;
use ports::events::{EventError, EventProducer, NewRecord, Position};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::future_producer::DeliveryFuture;
use rdkafka::producer::{FutureProducer, FutureRecord, Producer, PurgeConfig};
use tokio::runtime::Handle;
use tokio::sync::Mutex;

use super::settings::KafkaSettings;
use super::{Logged, error};

type Session = FutureProducer<Logged>;

pub(super) struct KafkaProducer {
    settings: KafkaSettings,
    /// Held across a batch: batches of one producer go out one after the other. None between a failure and the next try.
    session: Mutex<Option<Session>>,
}

impl KafkaProducer {
    pub(super) fn open(settings: KafkaSettings) -> Result<Self, EventError> {
        let session = Some(new_session(&settings)?);
        Ok(Self { settings, session: Mutex::new(session) })
    }
}

fn new_session(settings: &KafkaSettings) -> Result<Session, EventError> {
    let session = settings.producer().create_with_context(Logged);
    session.map_err(|refusal| error::refused(&refusal, None))
}

#[async_trait]
impl EventProducer for KafkaProducer {
    async fn append(&self, records: &[NewRecord]) -> Result<Vec<Position>, EventError> {
        let mut held = self.session.lock().await;
        // Taken out while it works, so that a caller who stops waiting in between leaves no session behind that is
        // still sending.
        let session = match held.take() {
            Some(session) => Spent(Some(session)),
            None => Spent(Some(new_session(&self.settings)?)),
        };
        let appended = send_all(session.session(), records).await;
        if appended.is_ok() {
            *held = session.keep();
        }
        appended
    }
}

/// A session that is given up unless it is kept. What it has not sent, it must not send later, past the records that a
/// new session is given.
struct Spent(Option<Session>);

impl Spent {
    fn session(&self) -> &Session {
        self.0.as_ref().expect("only keeping and dropping take it")
    }

    fn keep(mut self) -> Option<Session> {
        self.0.take()
    }
}

impl Drop for Spent {
    fn drop(&mut self) {
        let Some(session) = self.0.take() else { return };
        session.purge(PurgeConfig::default().queue().inflight().non_blocking());
        // Its end waits for a thread.
        if let Ok(runtime) = Handle::try_current() {
            drop(runtime.spawn_blocking(move || drop(session)));
        }
    }
}

async fn send_all(session: &Session, records: &[NewRecord]) -> Result<Vec<Position>, EventError> {
    let mut sent: Vec<DeliveryFuture> = Vec::with_capacity(records.len());
    for record in records {
        let handed_over = session.send_result(message(record));
        sent.push(handed_over.map_err(|(refusal, _record)| error::of_append(&refusal))?);
    }
    let mut positions = Vec::with_capacity(sent.len());
    for delivery in sent {
        // A session that ends before its report leaves the record unknown.
        let report = delivery.await.map_err(|_canceled| EventError::Unacknowledged)?;
        let delivered = report.map_err(|(failure, _record)| error::of_append(&failure))?;
        positions.push(Position { partition: delivered.partition, offset: delivered.offset });
    }
    Ok(positions)
}

fn message(record: &NewRecord) -> FutureRecord<'_, [u8], [u8]> {
    let headers = record.headers.iter().fold(OwnedHeaders::new(), |headers, (name, value)| {
        headers.insert(Header { key: name, value: Some(&value[..]) })
    });
    FutureRecord::to(record.topic).key(&record.key[..]).payload(&record.value[..]).headers(headers)
}
