//! The `http` port within a process: services are called through their routers, without a socket.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, to_bytes};
use bytes::Bytes;
use http::{Request, Response};
use ports::http_port::{HttpClient, HttpError, ServiceName};
use tower::ServiceExt;

/// Who answers for which service. Routers are plugged in after the switchboard was handed out, because a service is
/// built with the switchboard it calls others through.
#[derive(Default)]
pub struct Switchboard {
    routers: RwLock<BTreeMap<ServiceName, Router>>,
    beyond: Option<Arc<dyn HttpClient>>,
}

impl Switchboard {
    /// A switchboard that reaches nobody yet.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// A switchboard that passes calls to services it does not have on to `beyond`.
    #[must_use]
    pub fn with_beyond(beyond: Arc<dyn HttpClient>) -> Arc<Self> {
        Arc::new(Self { routers: RwLock::default(), beyond: Some(beyond) })
    }

    /// From now on `router` answers for `service`.
    pub fn plug_in(&self, service: ServiceName, router: Router) {
        self.routers.write().unwrap_or_else(PoisonError::into_inner).insert(service, router);
    }

    /// From now on nobody answers for `service`: its router, and all that it holds, is let go of.
    pub fn unplug(&self, service: ServiceName) {
        self.routers.write().unwrap_or_else(PoisonError::into_inner).remove(&service);
    }

    fn router(&self, service: ServiceName) -> Option<Router> {
        self.routers.read().unwrap_or_else(PoisonError::into_inner).get(&service).cloned()
    }
}

#[async_trait]
impl HttpClient for Switchboard {
    async fn call(
        &self,
        service: ServiceName,
        request: Request<Bytes>,
        timeout: Duration,
    ) -> Result<Response<Bytes>, HttpError> {
        let Some(router) = self.router(service) else {
            return match &self.beyond {
                Some(beyond) => beyond.call(service, request, timeout).await,
                None => Err(HttpError::Unreachable { service }),
            };
        };
        // A task of its own: a caller that gives up does not stop the called.
        let answering = tokio::spawn(answer(router, request.map(Body::from)));
        match tokio::time::timeout(timeout, answering).await {
            Ok(Ok(Some(response))) => Ok(response),
            Ok(Ok(None) | Err(_)) => Err(HttpError::Reset { service }),
            Err(_elapsed) => {
                let waited_ms = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
                Err(HttpError::TimedOut { service, waited_ms })
            }
        }
    }
}

/// The whole answer; `None` when its body broke off.
async fn answer(router: Router, request: Request<Body>) -> Option<Response<Bytes>> {
    let Ok(response) = router.oneshot(request).await;
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.ok()?;
    Some(Response::from_parts(parts, body))
}
