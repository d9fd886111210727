//! Where the load goes: `http://host:port`.

use std::net::SocketAddr;
use std::str::FromStr;

use http::{HeaderValue, Uri};

/// An address of the platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    host: String,
    port: u16,
    header: HeaderValue,
}

/// Why an address is none.
#[derive(Debug, thiserror::Error)]
pub enum AddressError {
    /// It is not `http://host[:port]`.
    #[error("{text:?} is no address of a platform: give http://host:port")]
    Malformed {
        /// What was given.
        text: String,
    },
    /// The load is sent without TLS; whoever terminates it stands in front of the platform.
    #[error("{text:?}: load goes to the platform over plain http, behind whatever terminates TLS")]
    Encrypted {
        /// What was given.
        text: String,
    },
    /// The host is not known.
    #[error("{host}: {why}")]
    Unknown {
        /// The host.
        host: String,
        /// What the system said.
        why: String,
    },
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let malformed = || AddressError::Malformed { text: text.to_owned() };
        let uri: Uri = text.parse().map_err(|_| malformed())?;
        match uri.scheme_str() {
            Some("http") => {}
            Some("https") => return Err(AddressError::Encrypted { text: text.to_owned() }),
            Some(_) | None => return Err(malformed()),
        }
        let authority = uri.authority().filter(|authority| !authority.as_str().contains('@')).ok_or_else(malformed)?;
        if uri.path_and_query().is_some_and(|path| path.as_str() != "/") {
            return Err(malformed());
        }
        let header = HeaderValue::from_str(authority.as_str()).map_err(|_| malformed())?;
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        Ok(Self { host, port: authority.port_u16().unwrap_or(80), header })
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "http://{}", self.header.to_str().unwrap_or_default())
    }
}

impl Address {
    /// The port.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn host_header(&self) -> HeaderValue {
        self.header.clone()
    }

    pub(super) async fn resolve(&self) -> Result<Vec<SocketAddr>, AddressError> {
        let unknown = |why: String| AddressError::Unknown { host: self.host.clone(), why };
        let found = tokio::net::lookup_host((self.host.as_str(), self.port)).await;
        let found: Vec<SocketAddr> = found.map_err(|error| unknown(error.to_string()))?.collect();
        if found.is_empty() { Err(unknown("the name has no address".to_owned())) } else { Ok(found) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_host_and_a_port_and_nothing_more() {
        let read = |text: &str| text.parse::<Address>();
        assert_eq!(read("http://[::1]:8080").unwrap().host, "::1");
        assert_eq!(read("http://shop").unwrap().port, 80);
        assert_eq!(read("http://shop:8080/").unwrap().to_string(), "http://shop:8080");
        for text in ["shop:8080", "http://shop/v1", "ftp://shop", "http://a@shop", "http://shop?x", ""] {
            assert!(matches!(read(text), Err(AddressError::Malformed { .. })), "{text}");
        }
        assert!(matches!(read("https://shop"), Err(AddressError::Encrypted { .. })));
    }
}
