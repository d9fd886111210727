//! W3C trace context (<https://www.w3.org/TR/trace-context/>): a request's trace goes on in the service that it calls.
//!
//! Only while traces are sent somewhere (`trace.endpoint`): without spans there is nothing to go on with. The card gateway
//! is somebody else's, and is not told. Events do not carry it: the outbox keeps what happened, not who asked for it.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry_http::{HeaderExtractor, HeaderInjector};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use platform::messages::CARD_GATEWAY;
use ports::http_port::{HttpClient, HttpError, ServiceName};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// Makes `span` a part of the trace that the caller's headers name, if they name one.
pub fn continue_from(headers: &HeaderMap, span: &Span) {
    if headers.contains_key("traceparent") {
        let caller = TraceContextPropagator::new().extract(&HeaderExtractor(headers));
        // It fails when no traces are sent, and then nothing is lost.
        drop(span.set_parent(caller));
    }
}

/// Calls services, and tells them the trace that the call belongs to.
pub struct Traced<C>(pub C);

#[async_trait]
impl<C: HttpClient> HttpClient for Traced<C> {
    async fn call(
        &self,
        service: ServiceName,
        mut request: Request<Bytes>,
        timeout: Duration,
    ) -> Result<Response<Bytes>, HttpError> {
        if service != CARD_GATEWAY {
            let here = Span::current().context();
            TraceContextPropagator::new().inject_context(&here, &mut HeaderInjector(request.headers_mut()));
        }
        self.0.call(service, request, timeout).await
    }
}
