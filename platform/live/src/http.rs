//! The `http` port over reqwest: pooled keep-alive connections, a time limit per call, no redirects, no retries.
//!
//! | what happened | the port's error |
//! |---|---|
//! | the service has no address, or no connection to it could be made | `Unreachable`: not applied |
//! | the time ran out, at whatever point | `TimedOut`: unknown |
//! | anything else after the connection stood | `Reset`: unknown |

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{Request, Response, Uri};
use ports::http_port::{HttpClient, HttpError, ServiceName};
use reqwest::redirect;

/// How long an idle connection is kept. Below the 5 s after which common servers close theirs, so that a request is
/// rarely written to a connection that is just being closed.
const IDLE_KEPT: Duration = Duration::from_secs(4);

/// Where a service is found: a scheme, a host, and perhaps a path that its own paths follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl {
    scheme: Scheme,
    authority: Authority,
    /// Without a slash at its end.
    prefix: String,
}

/// A service's address could not be used.
#[derive(Debug, thiserror::Error)]
pub enum BadBaseUrl {
    /// It is not of the form `http://host[:port][/path]`, or `https`.
    #[error("{url:?} is no http:// or https:// address")]
    NoUrl {
        /// What was given.
        url: String,
    },
    /// The client's certificates could not be loaded.
    #[error("no HTTP client could be made: {0}")]
    NoClient(#[from] reqwest::Error),
}

impl BaseUrl {
    /// Reads an address.
    ///
    /// # Errors
    /// When it is not of the form `http://host[:port][/path]`.
    pub fn parse(url: &str) -> Result<Self, BadBaseUrl> {
        let refused = || BadBaseUrl::NoUrl { url: url.to_owned() };
        let parts = url.parse::<Uri>().map_err(|_| refused())?.into_parts();
        let scheme = parts.scheme.filter(|scheme| *scheme == Scheme::HTTP || *scheme == Scheme::HTTPS);
        let path = parts.path_and_query.unwrap_or(PathAndQuery::from_static("/"));
        match (scheme, parts.authority) {
            (Some(scheme), Some(authority)) if path.query().is_none() => {
                Ok(Self { scheme, authority, prefix: path.path().trim_end_matches('/').to_owned() })
            }
            _ => Err(refused()),
        }
    }

    fn join(&self, request: &Uri) -> Option<Uri> {
        let tail = request.path_and_query().map_or("/", PathAndQuery::as_str);
        let builder = Uri::builder().scheme(self.scheme.clone()).authority(self.authority.clone());
        builder.path_and_query(format!("{}{tail}", self.prefix)).build().ok()
    }
}

/// Calls services at their addresses.
pub struct LiveHttp {
    client: reqwest::Client,
    services: BTreeMap<ServiceName, BaseUrl>,
}

impl LiveHttp {
    /// A client that finds each service at its address; one without an address is unreachable.
    ///
    /// # Errors
    /// When the certificates for `https` cannot be loaded.
    pub fn new(services: BTreeMap<ServiceName, BaseUrl>, connect_timeout: Duration) -> Result<Self, BadBaseUrl> {
        let client = reqwest::Client::builder()
            .connect_timeout(connect_timeout)
            .pool_idle_timeout(IDLE_KEPT)
            .tcp_nodelay(true)
            .redirect(redirect::Policy::none())
            .no_proxy()
            .build()?;
        Ok(Self { client, services })
    }

    async fn send(&self, service: ServiceName, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let unreachable = || HttpError::Unreachable { service };
        let (mut parts, body) = request.into_parts();
        let base = self.services.get(&service).ok_or_else(unreachable)?;
        parts.uri = base.join(&parts.uri).ok_or_else(unreachable)?;
        let request = reqwest::Request::try_from(Request::from_parts(parts, body)).map_err(|_| unreachable())?;
        let answer = self.client.execute(request).await.map_err(|error| classify(service, &error))?;
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = answer.status();
        *response.headers_mut() = answer.headers().clone();
        *response.body_mut() = answer.bytes().await.map_err(|error| classify(service, &error))?;
        Ok(response)
    }
}

/// What reqwest's error says of the request.
fn classify(service: ServiceName, error: &reqwest::Error) -> HttpError {
    tracing::debug!(%service, %error, "no answer");
    if error.is_connect() || error.is_builder() {
        HttpError::Unreachable { service }
    } else {
        HttpError::Reset { service }
    }
}

#[async_trait]
impl HttpClient for LiveHttp {
    async fn call(
        &self,
        service: ServiceName,
        request: Request<Bytes>,
        timeout: Duration,
    ) -> Result<Response<Bytes>, HttpError> {
        let waited_ms = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
        let answered = tokio::time::timeout(timeout, self.send(service, request)).await;
        answered.unwrap_or(Err(HttpError::TimedOut { service, waited_ms }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_services_path_follows_its_address() {
        let base = BaseUrl::parse("https://pay.example:8443/sandbox/").unwrap();
        let joined = base.join(&Uri::from_static("/v1/refunds?limit=1")).unwrap();
        assert_eq!(joined.to_string(), "https://pay.example:8443/sandbox/v1/refunds?limit=1");
        let bare = BaseUrl::parse("http://127.0.0.1:8080").unwrap();
        assert_eq!(bare.join(&Uri::from_static("/v1/x")).unwrap().to_string(), "http://127.0.0.1:8080/v1/x");
    }

    #[test]
    fn an_address_that_is_none_is_refused() {
        for url in ["", "127.0.0.1:80", "/v1", "redis://host", "http://", "http://host/?q=1"] {
            assert!(BaseUrl::parse(url).is_err(), "{url:?}");
        }
    }
}
