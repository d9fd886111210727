//! The card gateway with the merchant's key and the version of its API, for an audit and for the look at the start. The
//! platform's own client shows both by itself; the checkers, which are nobody's client, do not know them.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{HeaderValue, Request, Response};
use platform::messages::CARD_GATEWAY;
use platform::transaction::payments::{API_VERSION, VERSION_HEADER};
use ports::http_port::{HttpClient, HttpError, ServiceName};

use crate::settings::{Settings, SettingsError};

/// Tells the card gateway, and nobody else, the version of its API and the key it asks for.
pub struct WithKey {
    client: Arc<dyn HttpClient>,
    authorization: Option<HeaderValue>,
}

impl WithKey {
    /// A client that shows the key of the settings, if they have one.
    ///
    /// # Errors
    /// A key that does not fit a header.
    pub fn new(client: Arc<dyn HttpClient>, settings: &Settings) -> Result<Self, SettingsError> {
        let key = settings.text("card_gateway.api_key");
        if key.is_empty() {
            return Ok(Self { client, authorization: None });
        }
        let mut authorization = HeaderValue::from_str(&format!("Bearer {key}"))
            .map_err(|_| settings.refuse("card_gateway.api_key", "it does not fit a header".to_owned()))?;
        authorization.set_sensitive(true);
        Ok(Self { client, authorization: Some(authorization) })
    }
}

#[async_trait]
impl HttpClient for WithKey {
    async fn call(
        &self,
        service: ServiceName,
        mut request: Request<Bytes>,
        timeout: Duration,
    ) -> Result<Response<Bytes>, HttpError> {
        if service == CARD_GATEWAY {
            let headers = request.headers_mut();
            headers.insert(VERSION_HEADER, HeaderValue::from_static(API_VERSION));
            if let Some(authorization) = &self.authorization {
                headers.insert(AUTHORIZATION, authorization.clone());
            }
        }
        self.client.call(service, request, timeout).await
    }
}
