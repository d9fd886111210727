//! The outbox relay.

use platform::metrics::Counter;
use platform::roles::Role;
use ports::events::EventError;

use crate::store::Fault;
use crate::{World, confirmed, seconds};

#[tokio::test(start_paused = true)]
async fn events_are_published_in_order_under_their_orders_key() {
    let world = World::new();
    for order in ["ord_b", "ord_a", "ord_c"] {
        world.store.put_event(&confirmed(order));
    }
    let _relay = world.start(Role::OutboxRelay);
    seconds(1).await;
    assert_eq!(world.log.event_ids(), ["ord_b:order_confirmed", "ord_a:order_confirmed", "ord_c:order_confirmed"]);
    assert_eq!(world.log.keys(), ["ord_b", "ord_a", "ord_c"]);
    assert_eq!(world.store.tables().unpublished(), 0);
    assert_eq!(world.metrics.get(Counter::EventsPublished), 3);
}

#[tokio::test(start_paused = true)]
async fn an_event_is_marked_only_after_the_log_has_it() {
    let world = World::new();
    world.store.put_event(&confirmed("ord_a"));
    let _relay = world.start(Role::OutboxRelay);
    seconds(1).await;
    assert_eq!(*world.store.log_at_commit.lock().unwrap(), [1], "one commit, when the log held the event");
}

#[tokio::test(start_paused = true)]
async fn an_event_the_log_did_not_take_stays_and_is_sent_again() {
    let world = World::new();
    world.store.put_event(&confirmed("ord_a"));
    world.log.fail_append(EventError::Unreachable);
    world.log.fail_append(EventError::Refused { code: "INVALID_PRODUCER_EPOCH".into(), retriable: false });
    let _relay = world.start(Role::OutboxRelay);
    seconds(1).await;
    assert_eq!(world.log.event_ids(), ["ord_a:order_confirmed"]);
    assert_eq!(world.store.tables().unpublished(), 0);
    assert_eq!(world.metrics.get(Counter::PublishRetries), 2);
}

#[tokio::test(start_paused = true)]
async fn an_event_of_unknown_fate_is_published_again_rather_than_lost() {
    let world = World::new();
    world.store.put_event(&confirmed("ord_a"));
    world.log.fail_append(EventError::Unacknowledged);
    world.store.fail(Fault::CommitLost);
    let _relay = world.start(Role::OutboxRelay);
    seconds(2).await;
    assert_eq!(world.log.event_ids(), ["ord_a:order_confirmed"; 3]);
    assert_eq!(world.store.tables().unpublished(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_backlog_larger_than_a_batch_is_worked_off_at_once() {
    let world = World::new();
    let batch = u64::try_from(world.context().config.fulfilment.relay_batch).unwrap();
    for number in 0..3 * batch {
        world.store.put_event(&confirmed(&format!("ord_{number}")));
    }
    let _relay = world.start(Role::OutboxRelay);
    tokio::time::sleep(world.context().config.fulfilment.relay_poll / 2).await;
    assert_eq!(world.metrics.get(Counter::EventsPublished), 3 * batch);
}
