//! Random outages: what `acks=all` promised stays, in order, once, whatever dies and returns.

use std::collections::BTreeMap;

use kafka_engine::{Acks, Config, Kafka, KafkaError};
use proptest::prelude::*;

use super::{cluster, numbered_batch, record};

#[derive(Clone, Debug)]
enum Step {
    Kill(u8),
    Start(u8),
    /// The idempotent producer sends its next batch, or the last one again if that was not acknowledged.
    Send,
    /// Somebody else sends with `acks=1`.
    SendCarelessly,
    Wait(i64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => (0..3_u8).prop_map(Step::Kill),
        3 => (0..3_u8).prop_map(Step::Start),
        6 => Just(Step::Send),
        2 => Just(Step::SendCarelessly),
        3 => (1..300_i64).prop_map(Step::Wait),
    ]
}

/// What consumers may rely on, whatever happens: what one has read stays where it was.
#[derive(Default)]
struct Reader {
    seen: BTreeMap<i64, Vec<u8>>,
}

impl Reader {
    fn read(&mut self, kafka: &mut Kafka, now_ms: i64) -> Result<(), TestCaseError> {
        match kafka.fetch("orders", 0, 0, usize::MAX, now_ms) {
            Ok(records) => {
                prop_assert!(records.len() >= self.seen.len(), "the high watermark went back");
                for record in records {
                    let value = record.value.to_vec();
                    let before = self.seen.insert(record.offset, value.clone());
                    prop_assert!(before.is_none_or(|before| before == value), "a record changed after it was read");
                }
            }
            Err(error) => prop_assert_eq!(error, KafkaError::LeaderNotAvailable),
        }
        Ok(())
    }
}

fn run(min_insync_replicas: u8, steps: &[Step]) -> Result<(), TestCaseError> {
    let (replication_lag_ms, broker_session_timeout_ms) = (50, 200);
    let config = Config { min_insync_replicas, replication_lag_ms, broker_session_timeout_ms, ..Config::default() };
    let mut kafka = cluster(config);
    let producer = kafka.init_producer(None);
    let mut reader = Reader::default();
    let mut acknowledged: BTreeMap<i64, String> = BTreeMap::new();
    let (mut sequence, mut now_ms) = (0, 0);
    for step in steps {
        match step {
            Step::Kill(broker) => kafka.kill_broker(*broker, now_ms),
            Step::Start(broker) => kafka.start_broker(*broker, now_ms),
            Step::SendCarelessly => drop(kafka.produce(record("careless", Acks::Leader), now_ms)),
            Step::Wait(for_ms) => now_ms += for_ms,
            Step::Send => {
                let batch = numbered_batch(1 + sequence % 3, producer, sequence);
                let values: Vec<String> =
                    batch.records.iter().map(|record| String::from_utf8_lossy(&record.value).into_owned()).collect();
                match kafka.produce_batch(batch, now_ms) {
                    Ok(produced) => {
                        sequence += 1 + sequence % 3;
                        acknowledged.extend((produced.offset..).zip(values));
                    }
                    Err(error) => prop_assert!(error.is_retriable(), "{error} cannot be retried"),
                }
            }
        }
        reader.read(&mut kafka, now_ms)?;
    }
    (0..3).for_each(|broker| kafka.start_broker(broker, now_ms));
    now_ms += 1_000;
    reader.read(&mut kafka, now_ms)?;
    for partition in 0..4 {
        prop_assert_eq!(kafka.in_sync_replicas("orders", partition), Ok(3));
    }
    for (offset, value) in &acknowledged {
        let kept = reader.seen.get(offset).map(|value| String::from_utf8_lossy(value).into_owned());
        prop_assert_eq!(kept.as_ref(), Some(value), "acknowledged, and lost");
    }
    let numbered = reader.seen.values().filter(|value| value.starts_with(b"numbered"));
    let expected: Vec<Vec<u8>> =
        (0..).map(|sequence| format!("numbered {sequence}").into_bytes()).take(numbered.clone().count()).collect();
    prop_assert!(numbered.eq(&expected), "written twice, or out of order");
    prop_assert_eq!(kafka.next_deadline(), None);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1_024) })]

    #[test]
    fn acknowledged_records_survive_with_two_in_sync(steps in prop::collection::vec(step(), 0..80)) {
        run(2, &steps)?;
    }

    #[test]
    fn acknowledged_records_survive_with_one_in_sync(steps in prop::collection::vec(step(), 0..80)) {
        run(1, &steps)?;
    }
}
