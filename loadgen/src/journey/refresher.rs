//! The flash-sale refresher: asks how much is left, again and again, and clicks until it has bought or all is sold.

use http::Method;
use record::Outcome;
use serde::Deserialize;

use super::look::looked;
use super::{Visitor, checkout};
use crate::answer;
use crate::endpoint::Endpoint;
use crate::shop::bare;

#[derive(Deserialize)]
struct Availability {
    available: i64,
}

/// Refreshes and clicks until the sale is over for it.
pub(super) async fn click_until_sold_out(visitor: &mut Visitor) -> Outcome {
    let scenario = &visitor.shop.scenario;
    let over_us = (scenario.run.duration_ms + scenario.shoppers.waiting_after_ms) * 1_000;
    let mut due_us = visitor.clicked_us + visitor.on_its_way_us();
    loop {
        visitor.wait_until(due_us).await;
        match left(visitor, due_us).await {
            Ok(0) => return Outcome::SoldOut,
            Ok(_) => {
                visitor.clicked_us = visitor.shop.clock.now_us();
                let outcome = checkout::buy(visitor).await;
                // Sent away, and not for good: there is another click.
                if outcome != Outcome::Limited || visitor.shop.clock.now_us() >= over_us {
                    return outcome;
                }
            }
            Err(outcome) if visitor.shop.clock.now_us() >= over_us => return outcome,
            // The page does not load; it is loaded again.
            Err(_) => {}
        }
        due_us = visitor.after_thinking().await;
    }
}

async fn left(visitor: &Visitor, due_us: u64) -> Result<u64, Outcome> {
    let sku = &visitor.shop.catalogue.products[visitor.product].sku;
    let request = bare(Method::GET, &format!("/v1/products/{sku}/availability"), &visitor.id);
    let mut left = None;
    let answer = visitor
        .ask(Endpoint::Availability, request, due_us, |response| {
            left = serde_json::from_slice::<Availability>(response.body()).ok();
            answer::plain(response)
        })
        .await;
    looked(answer)?;
    left.map(|left| u64::try_from(left.available).unwrap_or(0)).ok_or(Outcome::Failed)
}
