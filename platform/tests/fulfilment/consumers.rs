//! The three consumers.

use bytes::Bytes;
use platform::fulfilment::consumer::Consumer;
use platform::fulfilment::outbox::EVENT_ID_HEADER;
use platform::messages::{ORDER_TOPIC, OrderEvent};
use platform::metrics::Counter;
use platform::roles::Role;
use ports::events::{EventError, NewRecord};

use crate::store::Fault;
use crate::{World, confirmed, order, seconds};

fn record(event: &OrderEvent) -> NewRecord {
    NewRecord {
        topic: ORDER_TOPIC,
        key: Bytes::from(event.order.order_id.clone()),
        value: serde_json::to_vec(event).unwrap().into(),
        headers: vec![(EVENT_ID_HEADER, Bytes::from(event.event_id.clone()))],
    }
}

const CONSUMERS: [(Role, Consumer); 3] = [
    (Role::Notification, Consumer::Notification),
    (Role::Analytics, Consumer::Analytics),
    (Role::Warehouse, Consumer::Warehouse),
];

/// How often `ord_a` and `ord_b` took effect together, whichever consumer it was.
fn effects(world: &World, consumer: Consumer) -> usize {
    let tables = world.store.tables();
    match consumer {
        Consumer::Notification => tables.notified.len(),
        Consumer::Analytics => usize::try_from(tables.sold.values().map(|(orders, _)| orders).sum::<i64>()).unwrap(),
        Consumer::Warehouse => tables.parcels.len(),
        Consumer::Recommendations => panic!("its effect needs orders of several products, which this store has not"),
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_that_comes_twice_takes_effect_once() {
    for (role, consumer) in CONSUMERS {
        let world = World::new();
        let (a, b) = (record(&confirmed("ord_a")), record(&confirmed("ord_b")));
        world.log.append(&[a.clone(), b.clone(), a.clone()]);
        let _consumer = world.start(role);
        seconds(1).await;
        world.log.append(&[b, a]);
        seconds(1).await;
        assert_eq!(effects(&world, consumer), 2, "{role:?}");
        assert_eq!(world.metrics.get(Counter::EventsApplied), 2, "{role:?}");
        assert_eq!(world.metrics.get(Counter::EventsDuplicate), 3, "{role:?}");
        assert_eq!(world.log.committed(consumer.group()), 5, "{role:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_consumer_that_dies_between_effect_and_offset_does_not_repeat_the_effect() {
    for (role, consumer) in CONSUMERS {
        let world = World::new();
        world.log.append(&[record(&confirmed("ord_a"))]);
        world.log.fail_commit(EventError::Unreachable);
        let first = world.start(role);
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        drop(first);
        assert_eq!((effects(&world, consumer), world.log.committed(consumer.group())), (1, 0), "{role:?}");
        let _second = world.start(role);
        seconds(1).await;
        assert_eq!((effects(&world, consumer), world.log.committed(consumer.group())), (1, 1), "{role:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_rebalance_delivers_again_and_changes_nothing() {
    let world = World::new();
    world.log.append(&[record(&confirmed("ord_a"))]);
    world.log.fail_commit(EventError::Rebalanced);
    let _consumer = world.start(Role::Notification);
    seconds(1).await;
    assert_eq!(world.store.tables().notified.len(), 1);
    assert_eq!(world.log.committed("notification"), 1);
    assert_eq!(world.metrics.get(Counter::ConsumerRebalances), 1);
}

#[tokio::test(start_paused = true)]
async fn a_commit_of_unknown_outcome_is_tried_again_and_applies_once() {
    for fault in [Fault::AnswerToCommitLost, Fault::CommitLost] {
        let world = World::new();
        world.log.append(&[record(&confirmed("ord_a"))]);
        world.store.fail(fault.clone());
        let _consumer = world.start(Role::Notification);
        seconds(1).await;
        assert_eq!(world.store.tables().notified, ["ord_a:order_confirmed"], "{fault:?}");
        assert_eq!(world.log.committed("notification"), 1, "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_unreadable_record_is_counted_and_holds_up_nothing() {
    let world = World::new();
    let good = record(&confirmed("ord_a"));
    let unreadable = [
        NewRecord { value: Bytes::from_static(b"{"), ..good.clone() },
        NewRecord { headers: vec![], ..good.clone() },
        NewRecord { headers: vec![(EVENT_ID_HEADER, Bytes::from_static(b"another"))], ..good.clone() },
    ];
    world.log.append(&unreadable);
    world.log.append(&[good]);
    let _consumer = world.start(Role::Notification);
    seconds(1).await;
    assert_eq!(world.store.tables().notified, ["ord_a:order_confirmed"]);
    assert_eq!(world.metrics.get(Counter::EventsUnreadable), 3);
    assert_eq!(world.log.committed("notification"), 4);
}

#[tokio::test(start_paused = true)]
async fn an_event_whose_values_the_database_refuses_is_left_behind_alone() {
    let world = World::new();
    world.log.append(&["ord_a", "ord_poison", "ord_b"].map(|id| record(&confirmed(id))));
    world.store.fail(Fault::RefuseIfPresent { sqlstate: "22021", text: "ord_poison" });
    let _consumer = world.start(Role::Notification);
    seconds(1).await;
    assert_eq!(world.store.tables().notified, ["ord_a:order_confirmed", "ord_b:order_confirmed"]);
    assert_eq!(world.metrics.get(Counter::EventsUnreadable), 1);
    assert_eq!(world.log.committed("notification"), 3);
}

#[tokio::test(start_paused = true)]
async fn an_event_is_never_left_behind_because_the_database_is_away() {
    let world = World::new();
    world.log.append(&["ord_a", "ord_b"].map(|id| record(&confirmed(id))));
    world.store.fail(Fault::RefuseIfPresent { sqlstate: "57P03", text: "ord_" });
    let _consumer = world.start(Role::Notification);
    seconds(60).await;
    assert_eq!(world.store.tables().notified.len(), 0);
    assert_eq!(world.log.committed("notification"), 0);
    assert_eq!(world.metrics.get(Counter::EventsUnreadable), 0);
    world.store.heal();
    seconds(1).await;
    assert_eq!(world.store.tables().notified.len(), 2);
    assert_eq!(world.log.committed("notification"), 2);
}

#[tokio::test(start_paused = true)]
async fn the_warehouse_takes_a_confirmed_order_up_and_leaves_a_cancelled_one() {
    let world = World::new();
    world.store.put_order(order("ord_a", "confirmed"));
    world.store.put_order(order("ord_b", "cancelling"));
    world.log.append(&["ord_a", "ord_b"].map(|id| record(&confirmed(id))));
    let _warehouse = world.start(Role::Warehouse);
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let tables = world.store.tables();
    assert_eq!(tables.moves, [("ord_a".into(), "confirmed".into(), "picking".into())]);
    assert_eq!(tables.orders["ord_b"].0.status, "cancelling");
}
