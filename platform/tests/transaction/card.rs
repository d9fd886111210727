//! The `http` port with the card gateway's engine behind it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use payments_engine::{Config, PaymentIntent, Payments, Status, Transit};
use platform::messages::CARD_GATEWAY;
use platform::transaction::payments::VERSION_HEADER;
use ports::clock::Clock;
use ports::http_port::{HttpClient, HttpError, ServiceName};

/// The gateway.
pub(crate) struct Card {
    pub(crate) engine: Mutex<Payments>,
    clock: Arc<dyn Clock>,
}

impl Card {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self { engine: Mutex::new(Payments::new(Config::default())), clock })
    }

    /// How often money was taken and given back, over all payments; and how many authorizations are still held.
    pub(crate) fn taken_returned_held(&self) -> (usize, usize, usize) {
        let engine = self.engine.lock().unwrap();
        let count = |of: &dyn Fn(&PaymentIntent) -> usize| engine.charges().map(of).sum();
        (
            count(&|intent| usize::from(intent.captured.is_some())),
            count(&|intent| intent.refunds.len()),
            count(&|intent| usize::from(intent.status == Status::RequiresCapture)),
        )
    }
}

/// One process's way to it.
pub(crate) struct Client(pub(crate) Arc<Card>);

#[async_trait]
impl HttpClient for Client {
    async fn call(
        &self,
        service: ServiceName,
        request: Request<Bytes>,
        timeout: Duration,
    ) -> Result<Response<Bytes>, HttpError> {
        assert_eq!(service, CARD_GATEWAY);
        assert_eq!(request.headers()[VERSION_HEADER], payments_engine::API_VERSION, "an account's own version counts");
        tokio::time::sleep(Duration::from_millis(20)).await;
        let response = self.0.engine.lock().unwrap().handle(&request, self.0.clock.now_ms());
        let transit = Transit::of(&response);
        if transit.lost {
            tokio::time::sleep(timeout).await;
            return Err(HttpError::TimedOut { service, waited_ms: 0 });
        }
        tokio::time::sleep(Duration::from_millis(u64::try_from(transit.delay_ms).unwrap())).await;
        Ok(response)
    }
}
