//! Log lines on stderr, for people or as JSON; and traces to a collector when one is named.

use std::time::Duration;

use async_trait::async_trait;
use opentelemetry::trace::TracerProvider;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tokio::runtime::Handle;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::settings::{Settings, SettingsError};

/// Where OTLP over HTTP takes traces.
const TRACES_PATH: &str = "/v1/traces";

/// How long a collector is waited for at the end.
const FLUSH_LIMIT: Duration = Duration::from_secs(2);

/// What has to be flushed before the process ends.
pub struct Telemetry {
    traces: Option<SdkTracerProvider>,
}

impl Telemetry {
    /// Sends log lines to stderr from now on, and traces, in this service's name, where the settings say.
    ///
    /// # Errors
    /// A filter or an endpoint that is none.
    pub fn start(settings: &Settings, service: String, runtime: &Handle) -> Result<Self, SettingsError> {
        let filter = EnvFilter::try_new(settings.text("log.filter"))
            .map_err(|error| settings.refuse("log.filter", error.to_string()))?;
        let traces = traces(settings, service, runtime)?;
        let spans = traces
            .as_ref()
            .map(|provider| tracing_opentelemetry::layer().with_tracer(provider.tracer(env!("CARGO_PKG_NAME"))));
        let registry = tracing_subscriber::registry().with(filter).with(spans);
        let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
        // It fails when lines go somewhere already, as in a process of many tests: the first is as good.
        drop(match settings.text("log.format") {
            "json" => registry.with(lines.json().flatten_event(true)).try_init(),
            _ => registry.with(lines.with_ansi(false)).try_init(),
        });
        Ok(Self { traces })
    }

    /// Sends what has not been sent. Not to be called inside the runtime, which does the sending.
    pub fn flush(self) {
        if let Some(traces) = self.traces
            && let Err(error) = traces.shutdown_with_timeout(FLUSH_LIMIT)
        {
            tracing::warn!(%error, "traces were lost");
        }
    }
}

fn traces(settings: &Settings, service: String, runtime: &Handle) -> Result<Option<SdkTracerProvider>, SettingsError> {
    let endpoint = settings.text("trace.endpoint").trim_end_matches('/');
    if endpoint.is_empty() {
        return Ok(None);
    }
    let endpoint = format!("{}{TRACES_PATH}", endpoint.trim_end_matches(TRACES_PATH));
    let client = OnRuntime { client: reqwest::Client::new(), runtime: runtime.clone() };
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(client)
        .with_endpoint(endpoint)
        .build()
        .map_err(|error| settings.refuse("trace.endpoint", error.to_string()))?;
    let resource = Resource::builder().with_service_name(service).build();
    Ok(Some(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build()))
}

/// Sends on the process's runtime: the exporter calls from a thread of its own, which has none.
#[derive(Debug)]
struct OnRuntime {
    client: reqwest::Client,
    runtime: Handle,
}

#[async_trait]
impl HttpClient for OnRuntime {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let client = self.client.clone();
        self.runtime.spawn(async move { client.send_bytes(request).await }).await?
    }
}
