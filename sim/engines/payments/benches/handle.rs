//! How long the gateway takes over one order: create with confirmation, capture, read back, replay.

use std::hint::black_box;

use bytes::Bytes;
use criterion::{Criterion, criterion_group, criterion_main};
use http::Request;
use payments_engine::{Config, Payments};

fn post(path: &str, key: &str, body: String) -> Request<Bytes> {
    let request = Request::post(path).header("idempotency-key", key).header("content-type", "application/json");
    request.body(Bytes::from(body)).expect("a valid request")
}

fn create(order: u64) -> Request<Bytes> {
    let body = format!(
        r#"{{"amount":129900,"currency":"usd","payment_method":"pm_card_visa","capture_method":"manual","confirm":true,"metadata":{{"order_id":"o-{order}"}}}}"#
    );
    post("/v1/payment_intents", &format!("o-{order}:create"), body)
}

fn handle(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("payments");
    for (name, secret) in [("create and confirm", None), ("create and confirm, webhooks", Some("whsec".to_owned()))] {
        group.bench_function(name, |bencher| {
            let mut gateway = Payments::new(Config { webhook_secret: secret.clone(), ..Config::default() });
            let mut order = 0;
            bencher.iter(|| {
                order += 1;
                black_box(gateway.handle(&create(order), 1_000));
                for delivery in gateway.take_webhooks(1_000) {
                    gateway.webhook_delivered(delivery.id, true, 1_000);
                }
            });
        });
    }
    group.bench_function("replay", |bencher| {
        let mut gateway = Payments::new(Config::default());
        let request = create(1);
        bencher.iter(|| black_box(gateway.handle(&request, 1_000)));
    });
    group.bench_function("list by order id", |bencher| {
        let mut gateway = Payments::new(Config::default());
        gateway.handle(&create(1), 1_000);
        let request = Request::get("/v1/payment_intents?order_id=o-1").body(Bytes::new()).expect("a valid request");
        bencher.iter(|| black_box(gateway.handle(&request, 1_000)));
    });
    group.finish();
}

criterion_group!(benches, handle);
criterion_main!(benches);
