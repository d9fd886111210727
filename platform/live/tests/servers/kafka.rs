//! Records, groups and rebalances on a real broker.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use live::kafka::{KafkaSettings, LiveLog, NewTopic};
use ports::events::{ConsumedRecord, EventConsumer, EventError, EventLog, NewRecord, Position};
use testbed::Kafka;
use tokio::time::Instant;

fn settings(brokers: String) -> KafkaSettings {
    KafkaSettings { brokers, poll_interval: Duration::from_millis(200), ..KafkaSettings::default() }
}

async fn log_with(topic: &'static str, partitions: i32) -> LiveLog {
    let log = LiveLog::new(settings(testbed::shared::kafka().unwrap()));
    let wanted = [NewTopic { name: topic, partitions, replication: 1 }];
    log.create_topics(&wanted).await.unwrap();
    log.create_topics(&wanted).await.expect("a topic that is there stays");
    log
}

fn record(topic: &'static str, key: &str, value: &str) -> NewRecord {
    let headers = vec![("event-id", Bytes::from(value.to_owned())), ("empty", Bytes::new())];
    NewRecord { topic, key: Bytes::from(key.to_owned()), value: Bytes::from(value.to_owned()), headers }
}

/// Polls until `count` records came, committing each batch.
async fn read(member: &mut dyn EventConsumer, count: usize) -> Vec<ConsumedRecord> {
    let mut records = Vec::new();
    let deadline = Instant::now() + Duration::from_secs(60);
    while records.len() < count {
        assert!(Instant::now() < deadline, "{} of {count} records came", records.len());
        match member.poll(3).await {
            Ok(batch) => {
                assert!(batch.len() <= 3);
                records.extend(batch);
                member.commit().await.unwrap();
            }
            Err(EventError::Rebalanced | EventError::Refused { retriable: true, .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }
    records
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_comes_back_with_its_key_headers_and_place() {
    let log = log_with("live-whole", 3).await;
    let producer = log.producer().await.unwrap();
    let sent = [record("live-whole", "ord_1", "a"), record("live-whole", "ord_2", "b"), record("live-whole", "", "c")];
    let positions = producer.append(&sent).await.unwrap();
    let mut member = log.consumer("live-whole", &["live-whole"]).await.unwrap();
    let mut seen: Vec<(Position, ConsumedRecord)> =
        read(&mut *member, 3).await.into_iter().map(|record| (record.position, record)).collect();
    seen.sort_by(|a, b| a.1.value.cmp(&b.1.value));
    for ((position, seen), (sent, at)) in seen.iter().zip(sent.iter().zip(positions)) {
        assert_eq!((*position, &seen.key, &seen.value), (at, &sent.key, &sent.value));
        let headers: Vec<(&str, &Bytes)> = seen.headers.iter().map(|(name, value)| (&**name, value)).collect();
        assert_eq!(headers, [("event-id", &sent.value), ("empty", &Bytes::new())]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_lie_where_kafkas_own_clients_put_them() {
    // `Utils.toPositive(Utils.murmur2(key)) % 12` of Kafka's Java client.
    let places = [
        ("21", -973_932_308),
        ("foobar", -790_332_482),
        ("abc", 479_470_107),
        ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
    ];
    let log = log_with("live-places", 12).await;
    let records: Vec<NewRecord> = places.iter().map(|(key, _)| record("live-places", key, "x")).collect();
    let positions = log.producer().await.unwrap().append(&records).await.unwrap();
    for ((key, hash), position) in places.iter().zip(positions) {
        let hash: i32 = *hash;
        assert_eq!(position.partition, (hash & 0x7fff_ffff) % 12, "{key}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn records_of_a_key_keep_their_order() {
    let log = log_with("live-order", 4).await;
    let producer = log.producer().await.unwrap();
    for batch in 0..20 {
        let records: Vec<NewRecord> = (0..25)
            .map(|at| record("live-order", &format!("key{}", at % 5), &format!("{:06}", batch * 25 + at)))
            .collect();
        producer.append(&records).await.unwrap();
    }
    let mut member = log.consumer("live-order", &["live-order"]).await.unwrap();
    let mut by_key: BTreeMap<Bytes, Vec<Bytes>> = BTreeMap::new();
    for record in read(&mut *member, 500).await {
        by_key.entry(record.key).or_default().push(record.value);
    }
    assert_eq!(by_key.len(), 5);
    assert!(by_key.values().all(|values| values.is_sorted() && values.len() == 100));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_committed_comes_again_and_what_was_does_not() {
    let log = log_with("live-again", 1).await;
    let producer = log.producer().await.unwrap();
    let values: Vec<String> = (0..6).map(|at| at.to_string()).collect();
    let records: Vec<NewRecord> = values.iter().map(|value| record("live-again", "k", value)).collect();
    producer.append(&records).await.unwrap();
    let mut first = log.consumer("live-again", &["live-again"]).await.unwrap();
    assert_eq!(read(&mut *first, 3).await.len(), 3);
    let unfinished = loop {
        let batch = first.poll(3).await.unwrap();
        if !batch.is_empty() {
            break batch;
        }
    };
    assert_eq!(unfinished[0].value, "3");
    drop(first);
    let mut second = log.consumer("live-again", &["live-again"]).await.unwrap();
    let again: Vec<Bytes> = read(&mut *second, 3).await.into_iter().map(|record| record.value).collect();
    assert_eq!(again, ["3", "4", "5"]);
}

/// What each member has read, by member.
type Seen = Arc<Mutex<BTreeMap<u32, BTreeSet<Bytes>>>>;

/// Consumes for ever; a rebalance is no reason to stop.
async fn consume(mut member: Box<dyn EventConsumer>, number: u32, seen: Seen) {
    loop {
        let step = match member.poll(10).await {
            Ok(batch) => {
                let values = batch.into_iter().map(|record| record.value);
                seen.lock().unwrap().entry(number).or_default().extend(values);
                member.commit().await
            }
            Err(error) => Err(error),
        };
        assert!(matches!(step, Ok(()) | Err(EventError::Rebalanced)), "{step:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_member_takes_its_share_and_nothing_is_missed() {
    let log = log_with("live-share", 6).await;
    let producer = log.producer().await.unwrap();
    let seen = Seen::default();
    let first = log.consumer("live-share", &["live-share"]).await.unwrap();
    let mut members = vec![tokio::spawn(consume(first, 1, Arc::clone(&seen)))];
    let deadline = Instant::now() + Duration::from_secs(60);
    let mut sent = BTreeSet::new();
    // Records keep coming until both have had some of the same stream, then until none is missing.
    loop {
        let (readers, read): (usize, BTreeSet<Bytes>) = {
            let seen = seen.lock().unwrap();
            let readers = seen.values().filter(|values| !values.is_empty()).count();
            (readers, seen.values().flatten().cloned().collect())
        };
        if readers == 2 && read == sent {
            break;
        }
        assert!(Instant::now() < deadline, "{readers} readers, {} of {} read", read.len(), sent.len());
        if readers == 1 && members.len() == 1 {
            let second = log.consumer("live-share", &["live-share"]).await.unwrap();
            members.push(tokio::spawn(consume(second, 2, Arc::clone(&seen))));
        }
        if readers < 2 {
            let value = sent.len().to_string();
            producer.append(&[record("live-share", &value, &value)]).await.unwrap();
            sent.insert(Bytes::from(value));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    for member in members {
        member.abort();
        assert!(member.await.unwrap_err().is_cancelled(), "it consumed to the end");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_broker_leaves_records_unacknowledged_and_takes_them_when_it_is_back() {
    let mut broker = Kafka::start().unwrap();
    let log =
        LiveLog::new(KafkaSettings { delivery_timeout: Duration::from_millis(8_000), ..settings(broker.bootstrap()) });
    log.create_topics(&[NewTopic { name: "live-killed", partitions: 1, replication: 1 }]).await.unwrap();
    let producer = log.producer().await.unwrap();
    producer.append(&[record("live-killed", "k", "before")]).await.unwrap();
    let mut member = log.consumer("live-killed", &["live-killed"]).await.unwrap();
    assert_eq!(read(&mut *member, 1).await[0].value, "before");
    broker.kill().unwrap();
    let during = producer.append(&[record("live-killed", "k", "during")]).await.unwrap_err();
    assert_eq!(during, EventError::Unacknowledged);
    assert_eq!(member.poll(3).await, Ok(vec![]), "a member waits for its broker");
    broker.restart().unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    while let Err(error) = producer.append(&[record("live-killed", "k", "after")]).await {
        assert!(Instant::now() < deadline, "{error}");
    }
    let came = read(&mut *member, 1).await;
    assert_eq!(came[0].value, "after", "what was given up was not sent later");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_that_is_not_there_is_refused_by_name() {
    let log = LiveLog::new(KafkaSettings {
        delivery_timeout: Duration::from_millis(1_500),
        ..settings(testbed::shared::kafka().unwrap())
    });
    let bad = [NewTopic { name: "live-bad", partitions: 1, replication: 7 }];
    let refused = log.create_topics(&bad).await.unwrap_err();
    assert_eq!(refused, EventError::Refused { code: "INVALID_REPLICATION_FACTOR".into(), retriable: false });
}
