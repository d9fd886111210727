//! Which operation a method and a path name. Bodies and queries are left to `params`.

use http::{Method, Uri};

use crate::error::ApiError;

/// The operations of the gateway, as faults name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// `POST /v1/payment_intents`
    Create,
    /// `POST /v1/payment_intents/{id}/confirm`
    Confirm,
    /// `POST /v1/payment_intents/{id}/capture`
    Capture,
    /// `POST /v1/payment_intents/{id}/cancel`
    Cancel,
    /// `POST /v1/refunds`
    Refund,
    /// Every `GET`.
    Read,
}

/// One endpoint, with the id its path carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    Create,
    Confirm(String),
    Capture(String),
    Cancel(String),
    Refund,
    Retrieve(String),
    Search,
    List,
    ListRefunds,
}

impl Route {
    pub(crate) fn of(method: &Method, uri: &Uri) -> Result<Self, ApiError> {
        let path = uri.path();
        let unknown = || ApiError::unknown_route(method, path);
        let tail = path.strip_prefix("/v1/").ok_or_else(unknown)?;
        let mut segments = tail.split('/');
        let place = (segments.next(), segments.next(), segments.next(), segments.next());
        let post = match *method {
            Method::POST => true,
            Method::GET => false,
            _ => return Err(unknown()),
        };
        match (post, place) {
            (true, (Some("payment_intents"), None, None, None)) => Ok(Self::Create),
            (true, (Some("payment_intents"), Some(id), Some("confirm"), None)) => Ok(Self::Confirm(id.to_owned())),
            (true, (Some("payment_intents"), Some(id), Some("capture"), None)) => Ok(Self::Capture(id.to_owned())),
            (true, (Some("payment_intents"), Some(id), Some("cancel"), None)) => Ok(Self::Cancel(id.to_owned())),
            (true, (Some("refunds"), None, None, None)) => Ok(Self::Refund),
            (false, (Some("payment_intents"), None, None, None)) => Ok(Self::List),
            (false, (Some("payment_intents"), Some("search"), None, None)) => Ok(Self::Search),
            (false, (Some("payment_intents"), Some(id), None, None)) => Ok(Self::Retrieve(id.to_owned())),
            (false, (Some("refunds"), None, None, None)) => Ok(Self::ListRefunds),
            _ => Err(unknown()),
        }
    }

    pub(crate) fn operation(&self) -> Operation {
        match self {
            Self::Create => Operation::Create,
            Self::Confirm(_) => Operation::Confirm,
            Self::Capture(_) => Operation::Capture,
            Self::Cancel(_) => Operation::Cancel,
            Self::Refund => Operation::Refund,
            Self::Retrieve(_) | Self::Search | Self::List | Self::ListRefunds => Operation::Read,
        }
    }
}
