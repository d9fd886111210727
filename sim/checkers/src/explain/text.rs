//! One event in words.

use crate::history::{Answer, CardStep, Consumer, EventKind, History, HoldStep, Movement, Status};

/// What happened.
pub(super) fn text(kind: &EventKind, history: &History) -> String {
    match *kind {
        EventKind::Clicked { shopper, key, sku, attempt } => {
            format!("shopper {shopper} asks for {} under key {key}, attempt {attempt}", history.sku_name(sku))
        }
        EventKind::Answered { shopper, key, answer, latency_us } => {
            let latency_ms = latency_us / 1_000;
            format!("shopper {shopper}, key {key}: {} after {latency_ms} ms", answered(answer, history))
        }
        EventKind::Admitted { sku } => format!("a checkout of {} passes", history.sku_name(sku)),
        EventKind::HoldMoved { order, sku, step, quantity, remaining } => {
            let (id, sku) = (history.order_id(order), history.sku_name(sku));
            format!("{id} {} {quantity} × {sku}, the counter is {remaining}", hold(step))
        }
        EventKind::CounterRebuilt { sku, epoch, counter } => {
            format!("{} rebuilt under epoch {epoch}, the counter is {counter}", history.sku_name(sku))
        }
        EventKind::CounterSet { sku, counter } => format!("{}: the counter is set to {counter}", history.sku_name(sku)),
        EventKind::GateLost => "Redis may have lost writes".to_owned(),
        EventKind::Stocked { sku, units } => format!("{units} × {} come into stock", history.sku_name(sku)),
        EventKind::StockMoved { sku, order, movement, delta } => {
            let movement = match movement {
                Movement::Sold => "sold",
                Movement::Returned => "returned",
            };
            format!("ledger: {movement} {delta:+} × {} for {}", history.sku_name(sku), history.order_id(order))
        }
        EventKind::BalanceSet { sku, bucket, on_hand } => {
            let bucket = bucket.map_or(String::new(), |bucket| format!(", bucket {bucket}"));
            format!("{}{bucket}: {on_hand} on hand", history.sku_name(sku))
        }
        EventKind::OrderMoved { order, sku, from, to, quantity, amount_cents } => {
            let (id, from, to) = (history.order_id(order), from.map_or("nothing", Status::word), to.word());
            format!("{id} {from} → {to}, {quantity} × {} for {amount_cents} cents", history.sku_name(sku))
        }
        EventKind::LineWritten { order, sku, quantity } => {
            format!("{} has {quantity} × {} besides", history.order_id(order), history.sku_name(sku))
        }
        EventKind::OrderRemoved { order } => format!("{} is removed", history.order_id(order)),
        EventKind::OutboxWritten { order, event } => {
            format!("outbox: {} of {}", event.word(), history.order_id(order))
        }
        EventKind::EffectApplied { consumer, order, event, sku } => {
            let effect = match consumer {
                Consumer::Notification => "the shopper is told".to_owned(),
                Consumer::Warehouse => match sku {
                    Some(sku) => format!("a parcel of {} is requested", history.sku_name(sku)),
                    None => "a parcel is requested".to_owned(),
                },
            };
            format!("{effect}: {} of {}", event.word(), history.order_id(order))
        }
        EventKind::SalesSet { sku, orders, cancelled, units } => {
            format!("{}: {orders} orders of {units} units counted, {cancelled} cancelled", history.sku_name(sku))
        }
        EventKind::Committed => "commit".to_owned(),
        EventKind::Published { order, event, partition, offset } => {
            format!("{} of {} at partition {partition}, offset {offset}", event.word(), history.order_id(order))
        }
        EventKind::CardMoved { order, intent, step, amount_cents } => {
            let (intent, id) = (history.intent_id(intent), history.order_id(order));
            format!("{intent} of {id}: {} {amount_cents} cents", card(step))
        }
        EventKind::FaultBegan { note } => format!("begins: {}", history.note_text(note)),
        EventKind::FaultEnded { note } => format!("ends: {}", history.note_text(note)),
        EventKind::QuietSince => "shoppers and faults have ended".to_owned(),
        EventKind::Shop(event) => format!("{event:?}"),
    }
}

fn answered(answer: Answer, history: &History) -> String {
    match answer {
        Answer::Won { order } => format!("201 {}", history.order_id(order)),
        Answer::Pending { order } => format!("202 {}", history.order_id(order)),
        Answer::SoldOut => "409 sold out".to_owned(),
        Answer::Limited => "429".to_owned(),
        Answer::Declined { order } => format!("402 {}", history.order_id(order)),
        Answer::Ended { order } => format!("409 not fulfilled, {}", history.order_id(order)),
        Answer::InFlight => "409 in flight".to_owned(),
        Answer::KeyReused => "422 key reused".to_owned(),
        Answer::Unavailable => "503".to_owned(),
        Answer::Rejected { status } | Answer::Failed { status } => status.to_string(),
        Answer::Reset => "connection reset".to_owned(),
        Answer::TimedOut => "gave up waiting".to_owned(),
        Answer::PriceChanged { price_cents } => format!("409 price changed, to {price_cents} cents"),
    }
}

fn hold(step: HoldStep) -> &'static str {
    match step {
        HoldStep::Taken => "holds",
        HoldStep::Released => "gives back",
        HoldStep::Confirmed => "is sold",
        HoldStep::Restocked => "puts on sale again",
    }
}

fn card(step: CardStep) -> &'static str {
    match step {
        CardStep::Authorized => "authorized",
        CardStep::Declined => "declined",
        CardStep::Captured => "captured",
        CardStep::Refunded => "refunded",
        CardStep::Canceled => "gave up",
    }
}
