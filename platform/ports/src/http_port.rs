//! The HTTP port: a request to a named service, and what can be known when no answer comes.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use crate::Outcome;

/// The name by which one service calls another; a world resolves it to a router, a node or an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceName(pub &'static str);

impl std::fmt::Display for ServiceName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// No connection could be made: the request was not sent.
    #[error("{service} could not be reached")]
    Unreachable {
        /// Who was called.
        service: ServiceName,
    },
    /// The connection ended after the request had been sent.
    #[error("the connection to {service} was reset before its answer came")]
    Reset {
        /// Who was called.
        service: ServiceName,
    },
    /// The caller stopped waiting.
    #[error("{service} did not answer within {waited_ms} ms")]
    TimedOut {
        /// Who was called.
        service: ServiceName,
        /// How long the caller waited.
        waited_ms: u64,
    },
}

impl HttpError {
    /// What is known of the request's effect.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Unreachable { .. } => Outcome::NotApplied,
            Self::Reset { .. } | Self::TimedOut { .. } => Outcome::Unknown,
        }
    }
}

/// Calls other services.
#[async_trait]
pub trait HttpClient: Send + Sync {
    /// Sends `request` to `service` and waits at most `timeout` for the whole answer. Any status is an `Ok`.
    async fn call(
        &self,
        service: ServiceName,
        request: http::Request<Bytes>,
        timeout: Duration,
    ) -> Result<http::Response<Bytes>, HttpError>;
}
