//! Events: every committed order's event takes effect exactly once in each consumer.

use checkers::Verdict;
use checkers::history::{Consumer, EventKind, OrderEvent, Status};
use checkers::snapshot::{ConsumedRow, NotificationRow, ShipmentRow, TopicRecord};

use crate::story::{CONSOLE, Story, assert_says};

/// A sale of which everything has arrived.
fn delivered() -> Story {
    let mut story = Story::new();
    story.won("ord_1");
    story.won("ord_2");
    story.begin_cancel("ord_2");
    story.cancelled("ord_2");
    story.settled()
}

/// The word of a violation that the stores show after `change`.
#[track_caller]
fn stores_show(change: impl FnOnce(&mut Story), what: &str) {
    let mut story = delivered();
    assert!(story.stores_alone("events").is_empty());
    change(&mut story);
    assert_says(&story.stores_alone("events"), what);
}

#[test]
fn events_that_arrive_once_hold() {
    assert_eq!(delivered().verdict("events"), Verdict::Holds);
}

#[test]
fn a_record_that_is_published_again_holds() {
    let mut story = Story::new();
    story.won("ord_1");
    story.publish();
    story.consume();
    story.move_parcel("ord_1");
    story.publish();
    story.append("ord_1", OrderEvent::Confirmed);
    story.append("ord_1", OrderEvent::Shipped);
    assert_eq!(story.settled().verdict("events"), Verdict::Holds);
}

#[test]
fn an_event_published_before_its_commit_is_seen() {
    let mut story = Story::new();
    story.paid("ord_1");
    story.append("ord_1", OrderEvent::Confirmed);
    let what = "ord_1: order_confirmed was published before the commit that makes it true";
    assert_says(&story.so_far("events"), what);
    assert_says(&story.stores_alone("events"), "the topic has ord_1:order_confirmed, which never happened");
}

#[test]
fn a_later_event_published_first_is_seen() {
    let mut story = Story::new();
    story.won("ord_1");
    story.publish();
    story.consume();
    story.move_parcel("ord_1");
    story.move_parcel("ord_1");
    story.append("ord_1", OrderEvent::Delivered);
    assert_says(&story.so_far("events"), "order_delivered was published before order_shipped, which happened earlier");
}

#[test]
fn an_order_whose_events_change_partition_is_seen() {
    let mut story = Story::new();
    story.won("ord_1");
    story.publish();
    let order = story.order("ord_1");
    let event = OrderEvent::Confirmed;
    story.see(EventKind::Published { order, event, partition: 1, offset: 0 });
    assert_says(&story.so_far("events"), "order_confirmed went to another partition");
}

#[test]
fn an_event_written_twice_is_seen() {
    let mut story = Story::new();
    story.won("ord_1");
    story.write_event("ord_1", OrderEvent::Confirmed);
    assert_says(&story.so_far("events"), "order_confirmed was written to the outbox twice");
    assert_says(&story.stores_alone("events"), "the outbox has order_confirmed twice");
}

#[test]
fn an_effect_that_comes_twice_is_seen() {
    let mut story = Story::new();
    story.won("ord_1");
    story.publish();
    story.consume();
    story.notify("ord_1", OrderEvent::Confirmed);
    assert_says(&story.so_far("events"), "order_confirmed led to a notification twice");
    story.request_parcel("ord_1");
    assert_says(&story.so_far("events"), "order_confirmed led to a parcel twice");
    assert_says(&story.stores_alone("events"), "2 notifications of ord_1:order_confirmed");
    assert_says(&story.stores_alone("events"), "ord_1: has 2 parcels");
}

#[test]
fn a_sale_counted_twice_is_seen() {
    let mut story = Story::new();
    story.won("ord_1");
    story.publish();
    story.consume();
    story.count_sale("ord_1", OrderEvent::Confirmed);
    let what = "analytics counts 2 orders of 2 units, 0 cancelled; there were 1 of 1, 0";
    assert_says(&story.so_far("events"), what);
    assert_says(&story.stores_alone("events"), "analytics counts 2 orders of 2 units for 1000 cents, 0 cancelled");
}

#[test]
fn a_cancellation_counted_that_never_was_is_seen() {
    let mut story = Story::new();
    story.won("ord_1");
    story.see(EventKind::SalesSet { sku: CONSOLE, orders: 1, cancelled: 1, units: 1 });
    assert_says(&story.so_far("events"), "analytics counts 1 orders of 1 units, 1 cancelled; there were 1 of 1, 0");
}

#[test]
fn an_effect_without_its_event_is_seen() {
    let mut story = Story::new();
    story.paid("ord_1");
    story.request_parcel("ord_1");
    assert_says(&story.so_far("events"), "order_confirmed led to a parcel although it never happened");
    assert_says(&story.stores_alone("events"), "ord_1: was never confirmed, but has a parcel");
    story.notify("ord_1", OrderEvent::Refunded);
    assert_says(&story.so_far("events"), "order_refunded led to a notification although it never happened");
    assert_says(&story.stores_alone("events"), "a notification of ord_1:order_refunded, which never happened");
}

#[test]
fn an_effect_before_its_event_is_published_is_seen() {
    let mut story = Story::new();
    story.won("ord_1");
    let order = story.order("ord_1");
    let (consumer, event) = (Consumer::Notification, OrderEvent::Confirmed);
    story.see(EventKind::EffectApplied { consumer, order, event, sku: None });
    assert_says(&story.so_far("events"), "order_confirmed led to a notification before it was published");
}

#[test]
fn an_order_without_its_event_is_seen() {
    let lose = |story: &mut Story| story.end.tables.outbox.retain(|row| row.kind != "order_confirmed");
    stores_show(lose, "ord_1: was confirmed, but the outbox has no event of it");
}

#[test]
fn an_event_of_what_never_happened_is_seen() {
    for (event, status) in [
        (OrderEvent::Confirmed, Status::Failed),
        (OrderEvent::Refunded, Status::Failed),
        (OrderEvent::Cancelled, Status::Cancelling),
        (OrderEvent::Shipped, Status::Picking),
        (OrderEvent::Delivered, Status::Shipped),
    ] {
        let mut story = Story::new();
        story.wish("ord_1");
        story.place("ord_1");
        story.row("ord_1").status = status.word().to_owned();
        story.write_event("ord_1", event);
        let what = format!("the outbox has {}, which never happened", event.word());
        assert_says(&story.stores_alone("events"), &what);
    }
}

#[test]
fn an_event_with_a_foreign_name_is_seen() {
    let rename = |story: &mut Story| story.end.tables.outbox[0].event_id = "confirmed".to_owned();
    stores_show(rename, "event id confirmed names no order and kind");
    let key = |story: &mut Story| story.end.tables.outbox[0].event_key = "ord_2".to_owned();
    stores_show(key, "event ord_1:order_confirmed has another key or kind");
}

#[test]
fn an_event_consumed_twice_is_seen() {
    let again = |story: &mut Story| {
        let (consumer, event_id) = ("analytics".to_owned(), "ord_1:order_confirmed".to_owned());
        story.end.tables.consumed.push(ConsumedRow { consumer, event_id });
    };
    stores_show(again, "analytics took in ord_1:order_confirmed twice");
}

#[test]
fn an_effect_that_never_comes_is_seen_once_all_is_quiet() {
    let lose_message = |story: &mut Story| story.end.tables.notifications.clear();
    stores_show(lose_message, "ord_1: was confirmed, but its shopper was never told");
    let lose_parcel = |story: &mut Story| story.end.tables.shipments.clear();
    stores_show(lose_parcel, "ord_1: was confirmed, but has no parcel");
    let lose_sale = |story: &mut Story| story.end.tables.sales.clear();
    stores_show(lose_sale, "analytics counts 0 orders of 0 units for 0 cents, 0 cancelled, there were 2 orders");
    let mut early = Story::new();
    early.won("ord_1");
    assert!(early.stores_alone("events").is_empty());
}

#[test]
fn a_parcel_with_other_goods_is_seen() {
    let swap = |story: &mut Story| story.end.tables.shipments[0].quantity = 2;
    stores_show(swap, "ord_1: ordered 1 × console, the parcel has 2 × console");
    let misdirect = |story: &mut Story| {
        let (order_id, sku) = ("ord_9".to_owned(), "lamp".to_owned());
        story.end.tables.shipments.push(ShipmentRow { order_id, sku, quantity: 1 });
    };
    stores_show(misdirect, "ord_9: was never confirmed, but has a parcel");
}

#[test]
fn a_message_about_nothing_is_seen() {
    let invent = |story: &mut Story| {
        let (event_id, order_id) = ("ord_9:order_confirmed".to_owned(), "ord_9".to_owned());
        story.end.tables.notifications.push(NotificationRow { event_id, order_id });
    };
    stores_show(invent, "a notification of ord_9:order_confirmed, which never happened");
}

#[test]
fn a_topic_that_lost_what_was_acknowledged_is_seen() {
    let lose = |story: &mut Story| story.end.topic.as_mut().unwrap().clear();
    stores_show(lose, "ord_1:order_confirmed is marked as published, but the topic has it not");
}

#[test]
fn a_topic_out_of_order_is_seen() {
    let swap = |story: &mut Story| {
        let topic = story.end.topic.as_mut().unwrap();
        let place = topic.iter().position(|record| record.event_id == "ord_1:order_shipped").unwrap();
        let (confirmed, shipped) = (topic[0].offset, topic[place].offset);
        topic[0].offset = shipped;
        topic[place].offset = confirmed;
    };
    stores_show(swap, "ord_1:order_confirmed lies behind ord_1:order_shipped, which happened later");
}

#[test]
fn a_topic_that_splits_an_order_over_partitions_is_seen() {
    let split = |story: &mut Story| {
        let (event_id, order_id) = ("ord_1:order_confirmed".to_owned(), "ord_1".to_owned());
        story.end.topic.as_mut().unwrap().push(TopicRecord { event_id, order_id, partition: 3, offset: 0 });
    };
    stores_show(split, "ord_1: its events lie in several partitions");
}

#[test]
fn a_topic_that_was_not_read_is_not_judged() {
    let mut story = delivered();
    story.end.topic = None;
    assert_eq!(story.verdict("events"), Verdict::NotJudged { why: vec!["the order topic was not read"] });
}
