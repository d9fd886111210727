//! How long a record takes in and out.

use std::hint::black_box;
use std::sync::Arc;

use bytes::Bytes;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use kafka_engine::{Acks, Batch, Config, Headers, Kafka, NewRecord, Produce, Stamp, murmur2};

const BATCH: u64 = 1_000;

fn cluster() -> Kafka {
    let mut kafka = Kafka::new(Config::default());
    kafka.create_topic("orders", 12, 0).expect("a new topic");
    kafka
}

fn produce(kafka: &mut Kafka, key: &Bytes, value: &Bytes, headers: &Headers, stamp: Option<Stamp>, acks: Acks) {
    let partition = stamp.map(|_| 0);
    let (key, value, headers) = (Some(key.clone()), value.clone(), headers.clone());
    let record = Produce { topic: "orders", key, value, headers, producer: stamp, partition, acks };
    kafka.produce(record, 1_000).expect("a healthy cluster accepts");
}

fn records(criterion: &mut Criterion) {
    let keys: Vec<Bytes> = (0..BATCH).map(|order| Bytes::from(format!("order-{order}"))).collect();
    let value = Bytes::from(vec![7; 200]);
    let headers: Headers = Arc::from([("event-id".to_owned(), Bytes::from_static(b"e-1"))]);
    let mut group = criterion.benchmark_group("kafka");
    group.throughput(Throughput::Elements(BATCH));
    for (name, acks) in [("produce, acks=1", Acks::Leader), ("produce, acks=all", Acks::All)] {
        group.bench_function(name, |bencher| {
            let run = |mut kafka: Kafka| {
                keys.iter().for_each(|key| produce(&mut kafka, key, &value, &headers, None, acks));
                kafka
            };
            bencher.iter_batched(cluster, run, BatchSize::LargeInput);
        });
    }
    group.bench_function("produce, idempotent", |bencher| {
        let run = |mut kafka: Kafka| {
            let producer = kafka.init_producer(None);
            for (sequence, key) in (0..).zip(&keys) {
                let stamp = Stamp { producer_id: producer.id, epoch: producer.epoch, sequence };
                produce(&mut kafka, key, &value, &headers, Some(stamp), Acks::All);
            }
            kafka
        };
        bencher.iter_batched(cluster, run, BatchSize::LargeInput);
    });
    group.bench_function("produce, idempotent batches of 100", |bencher| {
        let record = |key: &Bytes| NewRecord { key: Some(key.clone()), value: value.clone(), headers: headers.clone() };
        let run = |mut kafka: Kafka| {
            let producer = kafka.init_producer(None);
            for (sequence, keys) in (0..).step_by(100).zip(keys.chunks(100)) {
                let producer = Some(Stamp { producer_id: producer.id, epoch: producer.epoch, sequence });
                let records = keys.iter().map(record).collect();
                let batch = Batch { topic: "orders", partition: 0, records, producer, acks: Acks::All };
                kafka.produce_batch(batch, 1_000).expect("a healthy cluster accepts");
            }
            kafka
        };
        bencher.iter_batched(cluster, run, BatchSize::LargeInput);
    });
    group.bench_function("fetch", |bencher| {
        let mut kafka = cluster();
        (0..BATCH).for_each(|_| produce(&mut kafka, &keys[0], &value, &headers, None, Acks::All));
        let partition = kafka.partition_for("orders", &keys[0]).expect("the topic is there");
        bencher.iter(|| black_box(kafka.fetch("orders", partition, 0, 1_000, 1_000)));
    });
    group.bench_function("murmur2", |bencher| {
        bencher.iter(|| keys.iter().map(|key| murmur2(key)).fold(0, i32::wrapping_add));
    });
    group.finish();
}

criterion_group!(benches, records);
criterion_main!(benches);
