//! `POST /internal/orders/{id}/cancel`.

use axum::body::Body;
use http::Request;
use platform::messages::{CancelAnswer, CancelRequest};
use platform::metrics::Counter;
use platform::order_status::OrderStatus;
use platform::roles::{self, Role};
use tower::ServiceExt;

use crate::store::Fault;
use crate::{World, order};

async fn cancel(world: &World, order_id: &str, shopper_id: &str) -> CancelAnswer {
    let body = serde_json::to_vec(&CancelRequest { shopper_id: shopper_id.into() }).unwrap();
    let request = Request::post(format!("/internal/orders/{order_id}/cancel"))
        .header("content-type", "application/json")
        .body(Body::from(body))
        .unwrap();
    let response = roles::build(Role::Orders, world.context()).router.oneshot(request).await.unwrap();
    let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    serde_json::from_slice(&body).unwrap()
}

#[tokio::test(start_paused = true)]
async fn only_an_order_that_is_confirmed_and_not_shipped_is_cancelled() {
    for status in OrderStatus::ALL {
        let world = World::new();
        world.store.put_order(order("ord_a", status.as_str()));
        let answer = cancel(&world, "ord_a", "ann").await;
        let movable = matches!(status, OrderStatus::Confirmed | OrderStatus::Picking);
        assert_eq!(world.store.tables().moves.len(), usize::from(movable), "{status:?}");
        assert_eq!(world.metrics.get(Counter::OrdersCancelled), u64::from(movable), "{status:?}");
        match answer {
            CancelAnswer::Cancelling { order } => {
                assert!(movable || status == OrderStatus::Cancelling, "{status:?}");
                assert_eq!(order.status, "cancelling");
            }
            CancelAnswer::Cancelled { .. } => assert_eq!(status, OrderStatus::Cancelled),
            CancelAnswer::Refused { order } => {
                assert!(!status.may_become(OrderStatus::Cancelling), "{status:?}");
                assert_eq!(order.status, status.as_str());
            }
            CancelAnswer::UnknownOrder | CancelAnswer::Unavailable | CancelAnswer::Unknown => {
                panic!("{status:?}: {answer:?}")
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_cancels_another_shoppers_order() {
    let world = World::new();
    world.store.put_order(order("ord_a", "confirmed"));
    assert_eq!(cancel(&world, "ord_a", "bob").await, CancelAnswer::UnknownOrder);
    assert_eq!(cancel(&world, "ord_b", "ann").await, CancelAnswer::UnknownOrder);
    assert!(world.store.tables().moves.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_cancellation_whose_commit_had_no_answer_is_unknown_until_asked_again() {
    for fault in [Fault::AnswerToCommitLost, Fault::CommitLost] {
        let world = World::new();
        world.store.put_order(order("ord_a", "confirmed"));
        world.store.fail(fault);
        assert_eq!(cancel(&world, "ord_a", "ann").await, CancelAnswer::Unknown);
        assert!(matches!(cancel(&world, "ord_a", "ann").await, CancelAnswer::Cancelling { .. }));
        assert_eq!(world.store.tables().moves.len(), 1);
    }
}
