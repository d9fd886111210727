//! Orders of several products: every checker looks at each line.

use checkers::Verdict;
use checkers::history::{Answer, Consumer, EventKind, HoldStep, Movement, OrderEvent, Status};
use checkers::snapshot::{ConsumedRow, LedgerRow, OrderLineRow, SalesRow, ShipmentRow};

use crate::story::{CONSOLE, LAMP, Story, assert_says};

const ID: &str = "ord_1";
const LAMPS: i64 = 2;

/// One console for 300 cents and two lamps for 200, reserved, placed and paid.
fn paid(story: &mut Story) {
    story.wish(ID);
    assert!(story.reserve(ID));
    hold_lamps(story, HoldStep::Taken, -LAMPS);
    story.place(ID);
    story.row(ID).line_count = 2;
    story.end.tables.order_lines.push(OrderLineRow {
        order_id: ID.to_owned(),
        sku: "lamp".to_owned(),
        quantity: LAMPS,
        amount_cents: 200,
    });
    let order = story.order(ID);
    story.see_now(EventKind::LineWritten { order, sku: LAMP, quantity: 2 });
    story.see_now(EventKind::Committed);
    story.pay(ID);
}

fn hold_lamps(story: &mut Story, step: HoldStep, delta: i64) {
    let counter = story.end.gate.as_mut().unwrap().skus[1].counter.as_mut().unwrap();
    *counter += delta;
    let remaining = *counter;
    let order = story.order(ID);
    story.see(EventKind::HoldMoved { order, sku: LAMP, step, quantity: 2, remaining });
}

/// Sells both lines in one commit, or only the first.
fn commit(story: &mut Story, both: bool) {
    story.move_to(ID, Status::Confirmed);
    story.book(ID, Movement::Sold);
    if both {
        let order = story.order(ID);
        let (sku, kind, reference) = ("lamp".to_owned(), "sold".to_owned(), ID.to_owned());
        story.end.tables.ledger.push(LedgerRow { sku, kind, reference, delta: -LAMPS });
        story.end.tables.inventory[1].on_hand -= LAMPS;
        let on_hand = story.end.tables.inventory[1].on_hand;
        story.see_now(EventKind::StockMoved { sku: LAMP, order, movement: Movement::Sold, delta: -LAMPS });
        story.see_now(EventKind::BalanceSet { sku: LAMP, bucket: None, on_hand });
    }
    story.intent_status(ID, "captured");
    story.write_event(ID, OrderEvent::Confirmed);
    story.see_now(EventKind::Committed);
}

/// What the consumers make of it: parcels of these products.
fn fulfil(story: &mut Story, parcels: &[&str]) {
    story.confirm_hold(ID);
    hold_lamps(story, HoldStep::Confirmed, 0);
    let order = story.order(ID);
    story.answer(ID, Answer::Won { order });
    story.publish();
    let event_id = format!("{ID}:order_confirmed");
    for consumer in ["notification", "analytics", "warehouse"] {
        story.end.tables.consumed.push(ConsumedRow { consumer: consumer.to_owned(), event_id: event_id.clone() });
    }
    story.notify(ID, OrderEvent::Confirmed);
    for (sku, units, revenue_cents) in [("console", 1, 300), ("lamp", LAMPS, 200)] {
        let known = if sku == "lamp" { LAMP } else { CONSOLE };
        let sku = sku.to_owned();
        story.end.tables.sales.push(SalesRow { sku, orders: 1, units, revenue_cents, cancelled: 0 });
        story.see_now(EventKind::SalesSet { sku: known, orders: 1, cancelled: 0, units });
    }
    for name in parcels {
        let (sku, quantity) = if *name == "lamp" { (LAMP, LAMPS) } else { (CONSOLE, 1) };
        story.end.tables.shipments.push(ShipmentRow { order_id: ID.to_owned(), sku: (*name).to_owned(), quantity });
        let (consumer, event) = (Consumer::Warehouse, OrderEvent::Confirmed);
        story.see_now(EventKind::EffectApplied { consumer, order, event, sku: Some(sku) });
    }
    story.move_to(ID, Status::Picking);
    story.see_now(EventKind::Committed);
}

fn delivered(parcels: &[&str]) -> Story {
    let mut story = Story::new();
    paid(&mut story);
    commit(&mut story, true);
    fulfil(&mut story, parcels);
    story.settled()
}

#[test]
fn a_cart_that_is_bought_whole_holds() {
    for (name, _, verdict) in delivered(&["console", "lamp"]).verdicts() {
        assert_eq!(verdict, Verdict::Holds, "{name}");
    }
}

#[test]
fn a_line_that_was_not_taken_from_stock_is_seen() {
    let mut story = Story::new();
    paid(&mut story);
    commit(&mut story, false);
    let what = "lamp: ord_1 of 2 units is confirmed, the ledger has 0 sold";
    assert_says(&story.so_far("stock"), what);
    assert_says(&story.stores_alone("stock"), "lamp: at the end, ord_1 of 2 units is confirmed, the ledger has 0 sold");
}

#[test]
fn stock_that_an_order_took_of_a_product_it_does_not_have_is_seen() {
    let mut story = Story::new();
    story.paid(ID);
    commit(&mut story, true);
    assert_says(&story.so_far("stock"), "lamp: ord_1 has ledger entries but does not exist");
    assert_says(&story.stores_alone("stock"), "ord_1 has ledger entries but no order of that product");
}

#[test]
fn a_further_line_is_released_once_whatever_happens_to_the_first() {
    let mut story = Story::new();
    paid(&mut story);
    story.release_hold(ID);
    hold_lamps(&mut story, HoldStep::Released, LAMPS);
    assert!(story.so_far("holds").is_empty());
    hold_lamps(&mut story, HoldStep::Released, LAMPS);
    assert_says(&story.so_far("holds"), "lamp: ord_1 gave its units back twice");
}

#[test]
fn a_line_without_a_parcel_and_one_with_two_are_seen() {
    let missing = delivered(&["console"]).stores_alone("events");
    assert_says(&missing, "was confirmed, but has no parcel of lamp");
    let twice = delivered(&["console", "lamp", "lamp"]);
    assert_says(&twice.so_far("events"), "order_confirmed led to a parcel twice");
    assert_says(&twice.stores_alone("events"), "has 2 parcels of lamp");
}

#[test]
fn lines_that_do_not_add_up_are_seen() {
    let mut story = delivered(&["console", "lamp"]);
    story.row(ID).line_count = 3;
    assert_says(&story.stores_alone("orders"), "says it has 3 lines, but has 2");
    story.end.tables.order_lines[0].sku = "apple".to_owned();
    assert_says(&story.stores_alone("orders"), "has its lines out of order");
    story.end.tables.order_lines[0].amount_cents = 600;
    assert_says(&story.stores_alone("orders"), "has a line of nothing or for nothing");
    let mut story = delivered(&["console", "lamp"]);
    let order = story.order(ID);
    story.see(EventKind::LineWritten { order, sku: LAMP, quantity: 1 });
    assert_says(&story.so_far("orders"), "was given another product after it was placed");
}
