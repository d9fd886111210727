//! The `http` port over the simulated network.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use harness::world::network::NodeIndex;
use harness::world::stage::{Dispatched, Stage};
use http::{Request, Response};
use platform::time_limit::within;
use ports::entropy::Entropy;
use ports::http_port::{HttpClient, HttpError, ServiceName};
use tokio::sync::oneshot;

use crate::world::process::Processes;

/// One process's HTTP client.
pub struct SimHttp {
    processes: Processes,
    from: NodeIndex,
    entropy: Entropy,
}

impl SimHttp {
    /// The client of the process at `from`.
    #[must_use]
    pub fn new(processes: Processes, from: NodeIndex, entropy: Entropy) -> Self {
        Self { processes, from, entropy }
    }
}

#[async_trait]
impl HttpClient for SimHttp {
    async fn call(
        &self,
        service: ServiceName,
        request: Request<Bytes>,
        timeout: Duration,
    ) -> Result<Response<Bytes>, HttpError> {
        let (reply_to, reply) = oneshot::channel();
        let timed_out =
            || HttpError::TimedOut { service, waited_ms: u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX) };
        match self.processes.send(self.from, service, self.entropy.next_u64(), request, reply_to) {
            Dispatched::Refused(after_us) => {
                tokio::time::sleep(Duration::from_micros(u64::try_from(after_us).unwrap_or(0))).await;
                Err(HttpError::Unreachable { service })
            }
            Dispatched::Silent => {
                tokio::time::sleep(timeout).await;
                Err(timed_out())
            }
            Dispatched::Sent => match within(timeout, reply).await {
                Err(_elapsed) => Err(timed_out()),
                Ok(Err(_dropped)) => Err(HttpError::Reset { service }),
                Ok(Ok(response)) => Ok(response),
            },
        }
    }
}
