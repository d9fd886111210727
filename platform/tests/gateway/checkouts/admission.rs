//! `POST /v1/checkouts`: the token bucket, as shoppers see it.

use std::time::Duration;

use insta::assert_snapshot;
use platform::config::GatewayConfig;
use platform::messages::CheckoutAnswer;
use platform::metrics::Counter;
use tokio::time::sleep;

use crate::edge::{CONSOLE, checkout, edge, edge_without_products};

fn limit(per_sku_rate_per_s: u32, per_sku_burst: u32, replicas: u32) -> GatewayConfig {
    GatewayConfig { per_sku_rate_per_s, per_sku_burst, replicas, ..GatewayConfig::default() }
}

#[tokio::test(start_paused = true)]
async fn an_empty_bucket_is_too_many_requests() {
    let edge = edge(limit(0, 1, 1)).await;
    assert_snapshot!(edge.send(checkout(CONSOLE)).await);
    assert!(edge.calls().is_empty());
    assert_eq!(edge.metrics.get(Counter::CheckoutsLimited), 1);
}

#[tokio::test(start_paused = true)]
async fn a_retry_after_is_whole_seconds_rounded_up() {
    // One token in 4 s; 1.8 s after the list came, 2.2 s are left.
    let edge = edge(limit(1, 1, 4)).await;
    sleep(Duration::from_millis(800)).await;
    let answer = edge.send(checkout(CONSOLE)).await;
    assert!(answer.contains("retry-after: 3\n"), "{answer}");
    sleep(Duration::from_secs(3)).await;
    edge.lane_answers(CheckoutAnswer::SoldOut);
    assert!(edge.send(checkout(CONSOLE)).await.starts_with("409 "));
}

#[tokio::test(start_paused = true)]
async fn one_product_that_is_overrun_leaves_the_others_alone() {
    let edge = edge(limit(5, 5, 1)).await;
    edge.lane_answers(CheckoutAnswer::SoldOut);
    let mut limited = 0;
    for _ in 0..100 {
        limited += u32::from(edge.send(checkout(CONSOLE)).await.starts_with("429 "));
    }
    assert!(limited >= 95, "{limited}");
    assert!(edge.send(checkout(&CONSOLE.replace("console", "cable"))).await.starts_with("409 "));
}

#[tokio::test(start_paused = true)]
async fn a_gateway_without_products_sells_nothing() {
    let edge = edge_without_products(limit(10, 10, 1));
    assert_snapshot!(edge.send(checkout(CONSOLE)).await);
    assert!(edge.did_nothing());
}

#[tokio::test(start_paused = true)]
async fn a_restarted_gateway_hands_out_no_second_burst() {
    for _restart in 0..3 {
        let edge = edge(limit(0, 1_000, 1)).await;
        assert!(edge.send(checkout(CONSOLE)).await.starts_with("429 "));
    }
}
