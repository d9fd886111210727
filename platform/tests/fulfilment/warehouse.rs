//! The warehouse's own worker: from picking to the shopper.

use platform::metrics::Counter;
use platform::roles::Role;

use crate::store::Fault;
use crate::{World, order, seconds};

#[tokio::test(start_paused = true)]
async fn a_parcel_is_shipped_and_delivered_in_its_time_and_each_step_is_an_event() {
    let world = World::new();
    world.store.put_order(order("ord_a", "picking"));
    let _warehouse = world.start(Role::Warehouse);
    tokio::time::sleep(world.context().config.fulfilment.picking_time / 2).await;
    assert!(world.store.tables().moves.is_empty(), "not before its time");
    seconds(10).await;
    let tables = world.store.tables();
    let steps: Vec<_> = tables.moves.iter().map(|(_, from, to)| (&**from, &**to)).collect();
    assert_eq!(steps, [("picking", "shipped"), ("shipped", "delivered")]);
    assert_eq!(tables.outbox_ids(), ["ord_a:order_shipped", "ord_a:order_delivered"]);
    assert_eq!(world.metrics.get(Counter::OrdersDelivered), 1);
}

#[tokio::test(start_paused = true)]
async fn a_step_of_unknown_outcome_is_one_event_all_the_same() {
    for fault in [Fault::AnswerToCommitLost, Fault::CommitLost] {
        let world = World::new();
        world.store.put_order(order("ord_a", "picking"));
        world.store.fail(fault);
        let _warehouse = world.start(Role::Warehouse);
        seconds(10).await;
        let tables = world.store.tables();
        assert_eq!(tables.outbox_ids(), ["ord_a:order_shipped", "ord_a:order_delivered"]);
        assert_eq!(tables.moves.len(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn an_order_that_was_cancelled_is_not_shipped() {
    let world = World::new();
    world.store.put_order(order("ord_a", "cancelling"));
    let _warehouse = world.start(Role::Warehouse);
    seconds(60).await;
    assert!(world.store.tables().moves.is_empty());
}
