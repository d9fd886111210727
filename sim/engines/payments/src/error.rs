//! What the gateway refuses with: status, Stripe's error type and code, the parameter at fault, a sentence.

use http::{HeaderValue, Method, StatusCode};

use crate::card::Decline;
use crate::intent::PaymentIntent;

#[derive(Debug)]
pub(crate) struct ApiError {
    pub(crate) status: StatusCode,
    pub(crate) kind: &'static str,
    pub(crate) code: Option<&'static str>,
    pub(crate) decline_code: Option<&'static str>,
    pub(crate) param: Option<String>,
    pub(crate) message: String,
}

impl ApiError {
    fn new(status: StatusCode, kind: &'static str, code: Option<&'static str>, message: String) -> Self {
        Self { status, kind, code, decline_code: None, param: None, message }
    }

    /// 400 that names the parameter at fault.
    pub(crate) fn invalid(code: &'static str, param: &str, message: String) -> Self {
        let refused = Self::new(StatusCode::BAD_REQUEST, "invalid_request_error", Some(code), message);
        Self { param: Some(param.to_owned()), ..refused }
    }

    pub(crate) fn missing(param: &str) -> Self {
        Self::invalid("parameter_missing", param, format!("Missing required param: {param}."))
    }

    pub(crate) fn malformed(message: String) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request_error", None, message)
    }

    pub(crate) fn unknown_version(version: &HeaderValue) -> Self {
        Self::malformed(format!("Invalid Stripe API version: {}", String::from_utf8_lossy(version.as_bytes())))
    }

    pub(crate) fn unknown_route(method: &Method, path: &str) -> Self {
        let message = format!("Unrecognized request URL ({method}: {path}).");
        Self::new(StatusCode::NOT_FOUND, "invalid_request_error", None, message)
    }

    /// An id that names nothing: 404 when the path carried it, 400 when a parameter did.
    pub(crate) fn no_such(status: StatusCode, object: &str, param: &str, id: &str) -> Self {
        let message = format!("No such {object}: '{id}'");
        let refused = Self::new(status, "invalid_request_error", Some("resource_missing"), message);
        Self { param: Some(param.to_owned()), ..refused }
    }

    pub(crate) fn unexpected_state(action: &str, intent: &PaymentIntent) -> Self {
        let status = intent.status.as_str();
        let message = format!("This PaymentIntent could not be {action} because it has a status of {status}.");
        let code = Some("payment_intent_unexpected_state");
        Self::new(StatusCode::BAD_REQUEST, "invalid_request_error", code, message)
    }

    pub(crate) fn already_refunded(intent: &PaymentIntent) -> Self {
        let message = format!("{} has already been refunded.", intent.id);
        Self::new(StatusCode::BAD_REQUEST, "invalid_request_error", Some("charge_already_refunded"), message)
    }

    pub(crate) fn declined(decline: Decline) -> Self {
        let message = format!("Your card was declined ({}).", decline.decline_code());
        let refused = Self::new(StatusCode::PAYMENT_REQUIRED, "card_error", Some(decline.code()), message);
        Self { decline_code: Some(decline.decline_code()), ..refused }
    }

    /// The key belongs to a request with another path or other parameters.
    pub(crate) fn key_reused(key: &str) -> Self {
        let message = format!(
            "Keys for idempotent requests can only be used with the request they were first used with: '{key}'."
        );
        Self::new(StatusCode::BAD_REQUEST, "idempotency_error", None, message)
    }

    /// The first request with this key is not answered yet: its result is unknown, and the key may be tried later.
    pub(crate) fn key_in_use(key: &str) -> Self {
        let message = format!("The idempotency key '{key}' is being used by another request.");
        Self::new(StatusCode::CONFLICT, "idempotency_error", Some("idempotency_key_in_use"), message)
    }

    pub(crate) fn rate_limited() -> Self {
        let message = "Too many requests hit the API too quickly.".to_owned();
        Self::new(StatusCode::TOO_MANY_REQUESTS, "invalid_request_error", Some("rate_limit"), message)
    }

    pub(crate) fn server_error() -> Self {
        let message = "An error occurred on our side; whether the request took effect is unknown.".to_owned();
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "api_error", None, message)
    }

    /// Stands in for the answer that never comes, for hosts that do not look at `Transit`.
    pub(crate) fn hung() -> Self {
        Self::new(StatusCode::GATEWAY_TIMEOUT, "api_error", None, "The gateway did not answer.".to_owned())
    }
}
