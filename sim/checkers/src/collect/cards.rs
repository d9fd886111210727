//! Reads the card gateway: every payment intent and every refund, page by page.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use ports::http_port::{HttpClient, ServiceName};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::CollectError;
use crate::snapshot::CardIntent;

/// How long one page may take.
const PAGE_TIMEOUT: Duration = Duration::from_secs(10);
/// Entries asked for per page: the most that the API allows.
const PAGE_SIZE: usize = 100;

#[derive(Deserialize)]
struct Page<T> {
    data: Vec<T>,
    has_more: bool,
}

#[derive(Deserialize)]
struct Intent {
    id: String,
    amount: i64,
    amount_received: i64,
    status: String,
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Default, Deserialize)]
struct Metadata {
    #[serde(default)]
    order_id: String,
}

#[derive(Deserialize)]
struct Refund {
    id: String,
    payment_intent: String,
    amount: i64,
    status: String,
}

/// Reads all payment intents and all refunds, with the API's own paging (`limit`, `starting_after`, `has_more`). Refunds
/// are read after the intents they give back from, so a refund of an unknown intent is one made meanwhile.
///
/// # Errors
/// No answer, or one that is not the list that was asked for.
pub async fn card_intents(http: &dyn HttpClient, gateway: ServiceName) -> Result<Vec<CardIntent>, CollectError> {
    let intents: Vec<Intent> = pages(http, gateway, "/v1/payment_intents", |intent: &Intent| &intent.id).await?;
    let refunds: Vec<Refund> = pages(http, gateway, "/v1/refunds", |refund: &Refund| &refund.id).await?;
    let mut refunded_cents: BTreeMap<String, i64> = BTreeMap::new();
    // Refunds that have not failed: money that is on its way back counts as given back.
    for refund in refunds.into_iter().filter(|refund| !matches!(refund.status.as_str(), "failed" | "canceled")) {
        *refunded_cents.entry(refund.payment_intent).or_default() += refund.amount;
    }
    let read = intents.into_iter().map(|intent| CardIntent {
        refunded_cents: refunded_cents.remove(&intent.id).unwrap_or(0),
        intent_id: intent.id,
        order_id: intent.metadata.order_id,
        amount_cents: intent.amount,
        captured_cents: intent.amount_received,
        status: intent.status,
    });
    Ok(read.collect())
}

async fn pages<T: DeserializeOwned>(
    http: &dyn HttpClient,
    gateway: ServiceName,
    list: &str,
    id: fn(&T) -> &str,
) -> Result<Vec<T>, CollectError> {
    let mut all: Vec<T> = Vec::new();
    loop {
        let mut path = format!("{list}?limit={PAGE_SIZE}");
        if let Some(last) = all.last() {
            path.push_str("&starting_after=");
            path.push_str(id(last));
        }
        let page: Page<T> = page(http, gateway, path).await?;
        let more = page.has_more && !page.data.is_empty();
        all.extend(page.data);
        if !more {
            return Ok(all);
        }
    }
}

async fn page<T: DeserializeOwned>(
    http: &dyn HttpClient,
    gateway: ServiceName,
    path: String,
) -> Result<Page<T>, CollectError> {
    let request = Request::get(&path).body(Bytes::new());
    let Ok(request) = request else {
        return Err(CollectError::CardAnswer { path, status: 0, problem: "an id that fits no URL".to_owned() });
    };
    let answer = http.call(gateway, request, PAGE_TIMEOUT).await?;
    let status = answer.status().as_u16();
    if !answer.status().is_success() {
        let problem = String::from_utf8_lossy(answer.body()).into_owned();
        return Err(CollectError::CardAnswer { path, status, problem });
    }
    serde_json::from_slice(answer.body()).map_err(|error| CollectError::CardAnswer {
        path,
        status,
        problem: error.to_string(),
    })
}
