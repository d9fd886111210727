//! Delivers the gateway's events to one address, again and again until they are acknowledged.

use std::sync::Arc;
use std::time::Duration;

use reqwest::Client;

use crate::service::Sandbox;

/// How often due events are looked for.
const TICK: Duration = Duration::from_millis(20);
/// How long the receiver may take over one.
const PATIENCE: Duration = Duration::from_secs(5);

/// Delivers for ever.
///
/// # Errors
/// When no HTTP client can be made.
pub async fn deliver(sandbox: Arc<Sandbox>, address: String) -> Result<(), reqwest::Error> {
    let client = Client::builder().timeout(PATIENCE).no_proxy().build()?;
    loop {
        for webhook in sandbox.take_webhooks() {
            let request = client
                .post(&address)
                .header("content-type", "application/json")
                .header("stripe-signature", webhook.signature)
                .body(webhook.body);
            let sandbox = Arc::clone(&sandbox);
            drop(tokio::spawn(async move {
                let acknowledged = match request.send().await {
                    Ok(answer) => answer.status().is_success(),
                    Err(error) => {
                        tracing::debug!(%error, event = webhook.event_id, "webhook not delivered");
                        false
                    }
                };
                sandbox.webhook_delivered(webhook.id, acknowledged);
            }));
        }
        tokio::time::sleep(TICK).await;
    }
}
