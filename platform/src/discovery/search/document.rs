//! What the index holds of a product.
//!
//! A product that is gone leaves a document that says so instead of none: a change of it that comes late, or once more,
//! then still finds the newer version and does nothing.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::discovery::changes::ProductRow;

/// The document of a product as its row stands; `None` for a row that is gone.
#[must_use]
pub fn document(sku: &str, row: Option<&ProductRow>) -> Value {
    let Some(row) = row else { return json!({"sku": sku, "status": "gone"}) };
    let mut document = json!({
        "sku": row.sku,
        "category": row.category,
        "seller": row.seller_id,
        "status": row.status,
        "name": row.name,
        "about": about(row),
        "price_cents": row.price_cents,
        "currency": row.currency,
        "flash": row.flash,
        "row_version": row.version,
    });
    if let Some(at_ms) = row.deal_ends_at_ms {
        document["deal_ends_at_ms"] = json!(at_ms);
    }
    document
}

/// Everything besides its name that a product is found by: description, attributes, seller.
fn about(row: &ProductRow) -> String {
    let attributes: BTreeMap<String, Value> = serde_json::from_str(&row.attributes).unwrap_or_default();
    let texts = attributes.values().map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    let all = [row.description.clone()].into_iter().chain(texts).chain([row.seller_id.clone()]);
    all.collect::<Vec<_>>().join(" ")
}
