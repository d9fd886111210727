//! Searches for what it wants, looks at it, and buys nothing.

use http::Method;
use record::Outcome;

use super::Visitor;
use super::look::looked;
use crate::answer;
use crate::endpoint::Endpoint;
use crate::shop::bare;

/// Searches, and looks at what it had in mind.
pub(super) async fn find(visitor: &mut Visitor) -> Result<(), Outcome> {
    let sku = &visitor.shop.catalogue.products[visitor.product].sku;
    let word = sku.split('-').next().unwrap_or(sku).to_ascii_lowercase();
    let due_us = visitor.clicked_us + visitor.on_its_way_us();
    visitor.wait_until(due_us).await;
    let request = bare(Method::GET, &format!("/v1/search?q={word}"), &visitor.id);
    looked(visitor.ask(Endpoint::Search, request, due_us, answer::plain).await)?;
    let due_us = visitor.after_thinking().await;
    visitor.page(visitor.product, None, due_us).await.map(drop)
}
