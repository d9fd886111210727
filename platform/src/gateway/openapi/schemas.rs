//! What is sent and answered, in JSON Schema's words. A test of the gateway holds the real answers against them.

use serde_json::{Value, json};

use crate::gateway::problem::ProblemKind;
use crate::order_status::OrderStatus;

/// A name, `@`, and a host with a point in it; no second `@`, blank or control character.
const EMAIL: &str = r"^[^@\s\x00-\x1f\x7f-\x9f]+@[^@\s\x00-\x1f\x7f-\x9f]*\.[^@\s\x00-\x1f\x7f-\x9f]*$";

/// All of them, by name.
pub(super) fn all() -> Value {
    let statuses: Vec<&str> = OrderStatus::ALL.into_iter().map(OrderStatus::as_str).collect();
    let types: Vec<&str> = ProblemKind::ALL.iter().map(|kind| kind.type_uri()).collect();
    json!({
        "Problem": object(&["type", "title", "status", "detail"], json!({
            "type": { "type": "string", "enum": types }, "title": text(), "status": whole(), "detail": text(),
        })),
        "Checkout": closed(&["sku", "quantity", "payment_method"], json!({
            "sku": text(), "quantity": { "type": "integer", "minimum": 1, "maximum": 10 },
            "payment_method": payment_method(),
            "shown_price_cents": { "type": ["integer", "null"], "minimum": i64::MIN, "maximum": i64::MAX },
        })),
        "CartCheckout": closed(&["payment_method"], json!({ "payment_method": payment_method() })),
        "CartPut": closed(&["quantity"], json!({ "quantity": { "type": "integer", "minimum": 1, "maximum": 10 } })),
        "Credentials": closed(&["email", "password"], json!({
            "email": { "type": "string", "maxLength": 254, "pattern": EMAIL },
            "password": { "type": "string", "minLength": 10, "maxLength": 128 },
        })),
        "Account": object(&["account_id", "role"], json!({ "account_id": text(), "role": text() })),
        "OpenSession": object(&["session_id", "account_id", "token", "expires_at_ms"], json!({
            "session_id": text(), "account_id": text(), "token": text(), "expires_at_ms": whole(),
        })),
        "Sessions": object(&["sessions"], json!({ "sessions": list(object(
            &["session_id", "created_at_ms", "expires_at_ms"],
            json!({ "session_id": text(), "created_at_ms": whole(), "expires_at_ms": whole() }),
        )) })),
        "Order": object(
            &["order_id", "shopper_id", "sku", "quantity", "amount_cents", "currency", "status"],
            json!({
                "order_id": text(), "shopper_id": text(), "sku": text(), "quantity": positive(),
                "amount_cents": positive(), "currency": text(), "status": { "type": "string", "enum": statuses },
                "reason": text(),
                "lines": list(object(
                    &["sku", "quantity", "amount_cents"],
                    json!({ "sku": text(), "quantity": positive(), "amount_cents": positive() }),
                )),
            }),
        ),
        "OrderEvent": object(&["event", "data"], json!({
            "event": { "type": "string", "enum": ["order"] },
            "data": {
                "type": "string", "contentMediaType": "application/json",
                "contentSchema": { "$ref": "#/components/schemas/Order" },
            },
        })),
        "Accepted": object(&["order_id", "outcome", "status_url"], json!({
            "order_id": text(), "outcome": { "type": "string", "enum": ["pending", "unknown"] }, "status_url": text(),
        })),
        "Cart": object(&["cart_id", "lines", "total_cents", "expires_in_s"], json!({
            "cart_id": text(), "total_cents": whole(), "expires_in_s": whole(),
            "lines": list(object(&["sku", "quantity", "price_when_added_cents"], json!({
                "sku": text(), "quantity": positive(), "price_when_added_cents": positive(), "price_cents": positive(),
                "currency": text(),
            }))),
        })),
        "Availability": object(&["sku", "available", "as_of_ms", "source"], json!({
            "sku": text(), "available": whole(), "as_of_ms": whole(),
            "source": { "type": "string", "enum": ["gate", "database"] },
        })),
        "Recommendations": object(&["sku", "bought_with"], json!({
            "sku": text(),
            "bought_with": list(object(&["sku", "orders"], json!({ "sku": text(), "orders": positive() }))),
        })),
        "Product": object(&["product"], json!({
            "product": object(&["sku", "name", "price_cents", "currency"], json!({
                "sku": text(), "name": text(), "price_cents": positive(), "currency": text(),
            })),
            "stock": { "type": ["object", "null"] },
        })),
        "Products": object(&["products", "next"], json!({
            "products": list(object(&["sku", "name", "price_cents", "currency"], json!({
                "sku": text(), "name": text(), "price_cents": positive(), "currency": text(),
            }))),
            "next": { "type": ["string", "null"] },
        })),
        "Categories": object(&["categories"], json!({
            "categories": list(object(&["category", "name"], json!({ "category": text(), "name": text() }))),
        })),
        "Found": object(&["products", "total", "facets", "next", "degraded"], json!({
            "products": list(json!({ "type": "object" })), "total": { "type": "object" }, "facets": { "type": "object" },
            "next": { "type": ["string", "null"] }, "degraded": { "type": "boolean" },
        })),
        "Suggestions": object(&["suggestions", "degraded"], json!({
            "suggestions": list(json!({})), "degraded": { "type": "boolean" },
        })),
        "OpenApi": { "type": "object" },
    })
}

/// A text looked for, in a query.
pub(in crate::gateway) fn words() -> Value {
    json!({ "type": "string", "maxLength": 200 })
}

/// A name that products are listed under, in a query.
pub(in crate::gateway) fn name() -> Value {
    json!({ "type": "string", "pattern": "^[A-Za-z0-9._-]{0,64}$" })
}

/// A bound on prices, in a query.
pub(in crate::gateway) fn price_cents() -> Value {
    json!({ "type": "integer", "minimum": 0, "maximum": i64::MAX })
}

/// One of these words, in a query.
pub(in crate::gateway) fn one_of(words: &[&str]) -> Value {
    json!({ "type": "string", "enum": words })
}

/// What the page before said comes next, in a query.
pub(in crate::gateway) fn cursor() -> Value {
    json!({ "type": "string", "maxLength": 600, "description": "`next` of the page before; none for the first page." })
}

fn payment_method() -> Value {
    json!({ "type": "string", "minLength": 1, "pattern": r"^[^\x00]*$" })
}

fn text() -> Value {
    json!({ "type": "string" })
}

fn whole() -> Value {
    json!({ "type": "integer", "minimum": 0 })
}

fn positive() -> Value {
    json!({ "type": "integer", "minimum": 1 })
}

fn list(items: Value) -> Value {
    json!({ "type": "array", "items": items })
}

/// An answer: it may grow.
fn object(required: &[&str], properties: Value) -> Value {
    json!({ "type": "object", "required": required, "properties": properties })
}

/// A request: a field nobody knows is refused.
fn closed(required: &[&str], properties: Value) -> Value {
    json!({ "type": "object", "required": required, "properties": properties, "additionalProperties": false })
}
