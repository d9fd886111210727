//! The card gateway of the stack: the payments engine behind real HTTP, its webhooks sent to the payments role.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use embedded::CardGateway;
use live::http::{BaseUrl, LiveHttp};
use payments_engine::{Fault, Operation};
use platform::messages::PAYMENTS;
use server::clock::SystemClock;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::stack::failed;

/// What webhooks are signed with.
pub(crate) const WEBHOOK_SECRET: &str = "whsec_for_tests";
/// Where the payments role takes webhooks in.
const WEBHOOK_PATH: &str = "/webhooks/payments";
/// How long connecting to the payments role may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// A running gateway; dropping it ends it.
pub(crate) struct Cards {
    gateway: Arc<CardGateway>,
    address: SocketAddr,
    unanswered: Arc<AtomicU64>,
    serving: JoinHandle<()>,
}

impl Cards {
    /// Starts a gateway that tells the payments role at this address.
    pub(crate) async fn start(payments: &str) -> Result<Self, String> {
        let gateway = CardGateway::new(WEBHOOK_SECRET.to_owned(), Arc::new(SystemClock));
        let services = BTreeMap::from([(PAYMENTS, BaseUrl::parse(payments).map_err(failed)?)]);
        let http = LiveHttp::new(services, CONNECT_TIMEOUT).map_err(failed)?;
        gateway.deliver_webhooks(Arc::new(http), PAYMENTS, WEBHOOK_PATH);
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let unanswered = Arc::new(AtomicU64::new(0));
        let router = gateway.router().layer(from_fn_with_state(Arc::clone(&unanswered), count_unanswered));
        let serving = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                eprintln!("the card gateway ended: {error}");
            }
        });
        Ok(Self { gateway, address, unanswered, serving })
    }

    /// Its address.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The next `count` captures take the money and then never answer.
    pub(crate) fn hang_after_capture(&self, count: u32) {
        self.gateway.inject(Fault::LoseAnswer { operation: Some(Operation::Capture), count });
    }

    /// Captures so far whose caller gave up before there was an answer.
    pub(crate) fn captures_without_answer(&self) -> u64 {
        self.unanswered.load(Ordering::SeqCst)
    }
}

impl Drop for Cards {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Counts a capture that is dropped without an answer: its caller hung up.
struct Pending<'a>(Option<&'a AtomicU64>);

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        if let Some(unanswered) = self.0 {
            unanswered.fetch_add(1, Ordering::SeqCst);
        }
    }
}

async fn count_unanswered(State(unanswered): State<Arc<AtomicU64>>, request: Request, next: Next) -> Response {
    let is_capture = request.uri().path().ends_with("/capture");
    let mut pending = Pending(is_capture.then_some(&unanswered));
    let response = next.run(request).await;
    pending.0 = None;
    response
}
