//! Reads the card gateway: every payment intent, page by page, and the refunds of those that were captured.

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
    amount: i64,
    status: String,
}

/// Reads all payment intents with the API's own paging (`limit`, `starting_after`, `has_more`).
///
/// # Errors
/// No answer, or one that is not the list that was asked for.
pub async fn card_intents(http: &dyn HttpClient, gateway: ServiceName) -> Result<Vec<CardIntent>, CollectError> {
    let intents: Vec<Intent> = pages(http, gateway, "/v1/payment_intents?", |intent: &Intent| &intent.id).await?;
    let mut read = Vec::with_capacity(intents.len());
    for intent in intents {
        let refunded_cents = match intent.amount_received {
            0 => 0,
            _ => refunded_cents(http, gateway, &intent.id).await?,
        };
        read.push(CardIntent {
            intent_id: intent.id,
            order_id: intent.metadata.order_id,
            amount_cents: intent.amount,
            captured_cents: intent.amount_received,
            refunded_cents,
            status: intent.status,
        });
    }
    Ok(read)
}

/// Refunds that have not failed: money that is on its way back counts as given back.
async fn refunded_cents(http: &dyn HttpClient, gateway: ServiceName, intent_id: &str) -> Result<i64, CollectError> {
    let list = format!("/v1/refunds?payment_intent={intent_id}&");
    let refunds: Vec<Refund> = pages(http, gateway, &list, |refund: &Refund| &refund.id).await?;
    let given_back = refunds.iter().filter(|refund| !matches!(refund.status.as_str(), "failed" | "canceled"));
    Ok(given_back.map(|refund| refund.amount).sum())
}

async fn pages<T: DeserializeOwned>(
    http: &dyn HttpClient,
    gateway: ServiceName,
    list: &str,
    id: fn(&T) -> &str,
) -> Result<Vec<T>, CollectError> {
    let mut all: Vec<T> = Vec::new();
    loop {
        let mut path = format!("{list}limit={PAGE_SIZE}");
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
