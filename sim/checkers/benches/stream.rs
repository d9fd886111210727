//! What watching costs: all nine checkers on the events of shoppers who get nothing, which are nearly all there are, and
//! on the whole life of an order.

use std::hint::black_box;

use checkers::history::{Answer, CardStep, Event, EventKind, HoldStep, Movement, OrderEvent, OrderRef, Sku, Status};
use checkers::limits::{AdmissionLimit, Limits, SkuLimits};
use checkers::{History, Judge};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};

const CONSOLE: Sku = Sku(0);
const SHOPPERS: u32 = 100_000;
const ORDERS: u32 = 10_000;

fn limits() -> Limits {
    let admission = Some(AdmissionLimit { rate_per_s: 1_000_000, burst: 1_000 });
    let stocked = Some(i64::from(ORDERS));
    let console = SkuLimits { sku: "console".to_owned(), stocked, admission, must_sell_out: true };
    Limits { skus: vec![console], drain_limit_us: 1, ..Limits::default() }
}

/// Three events for each shopper: a click, an admission or not, an answer that names no order.
fn shoppers() -> Vec<Event> {
    let mut events = Vec::new();
    for key in 0..SHOPPERS {
        let at_us = i64::from(key) * 10;
        let mut push = |kind| events.push(Event { at_us, kind });
        push(EventKind::Clicked { shopper: key, key, sku: CONSOLE, attempt: 1 });
        let answer = if key % 4 == 0 { Answer::SoldOut } else { Answer::Limited };
        if answer == Answer::SoldOut {
            push(EventKind::Admitted { sku: CONSOLE });
        }
        push(EventKind::Answered { shopper: key, key, answer, latency_us: 1_000 + key % 10_000 });
    }
    events
}

/// A judge who knows the orders' names, and the events of all of them, one life after the other.
fn orders() -> (Judge, Vec<Event>) {
    let mut judge = Judge::new(&limits());
    let mut events = Vec::new();
    let stocked = i64::from(ORDERS);
    for kind in [
        EventKind::Stocked { sku: CONSOLE, units: stocked },
        EventKind::BalanceSet { sku: CONSOLE, bucket: None, on_hand: stocked },
        EventKind::Committed,
        EventKind::CounterRebuilt { sku: CONSOLE, epoch: 1, counter: stocked },
    ] {
        events.push(Event { at_us: 0, kind });
    }
    for key in 0..ORDERS {
        life(&mut events, judge.history_mut(), key);
    }
    (judge, events)
}

fn life(events: &mut Vec<Event>, history: &mut History, key: u32) {
    let at_us = i64::from(key) * 100;
    let order: OrderRef = history.order(&format!("ord_{key:032x}"));
    let intent = history.intent(&format!("pi_{key:024x}"));
    let left = i64::from(ORDERS - key - 1);
    let (sku, quantity, amount_cents) = (CONSOLE, 1, 500);
    let card = |step| EventKind::CardMoved { order, intent, step, amount_cents };
    let hold = |step| EventKind::HoldMoved { order, sku, step, quantity, remaining: left };
    let moved = |from, to| EventKind::OrderMoved { order, sku, from, to, quantity, amount_cents };
    for kind in [
        EventKind::Clicked { shopper: key, key, sku, attempt: 1 },
        EventKind::Admitted { sku },
        hold(HoldStep::Taken),
        moved(None, Status::Placed),
        EventKind::Committed,
        card(CardStep::Authorized),
        card(CardStep::Captured),
        moved(Some(Status::Placed), Status::Confirmed),
        EventKind::StockMoved { sku, order, movement: Movement::Sold, delta: -1 },
        EventKind::BalanceSet { sku, bucket: None, on_hand: left },
        EventKind::OutboxWritten { order, event: OrderEvent::Confirmed },
        EventKind::Committed,
        hold(HoldStep::Confirmed),
        EventKind::Answered { shopper: key, key, answer: Answer::Won { order }, latency_us: 20_000 },
    ] {
        events.push(Event { at_us, kind });
    }
}

fn watch(mut judge: Judge, events: &[Event]) -> Judge {
    for event in events {
        judge.observe(*event);
    }
    assert!(!judge.is_unsafe(), "the benchmark's own history is wrong: {:?}", judge.judgements());
    judge
}

fn stream(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("watching");
    let events = shoppers();
    group.throughput(Throughput::Elements(events.len() as u64));
    group.bench_function("shoppers who get nothing", |bencher| {
        bencher.iter_batched(|| Judge::new(&limits()), |judge| watch(judge, black_box(&events)), BatchSize::LargeInput);
    });
    let (_, events) = orders();
    group.throughput(Throughput::Elements(events.len() as u64));
    group.bench_function("orders that are won", |bencher| {
        bencher.iter_batched(|| orders().0, |judge| watch(judge, black_box(&events)), BatchSize::LargeInput);
    });
    group.finish();
}

criterion_group!(benches, stream);
criterion_main!(benches);
