//! HTTP/1.1 to one address: connections that are opened as they are needed and shared by all shoppers.
//!
//! Hyper's own connections and nothing above them: an answer costs the generator about half of what it costs through a
//! general client, which has redirects, proxies and cookie jars to think of. Whole answers are read; times are to their
//! last byte.

mod address;
mod limit;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

pub use address::{Address, AddressError};
pub use limit::raise_descriptor_limit;

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    /// This machine has no connection left to give: nothing was sent.
    NoConnection,
    /// The server took no connection: nothing was sent.
    Unreachable,
    /// The connection ended before the answer did.
    Reset,
}

/// The way to a server.
pub struct Client {
    address: Address,
    resolved: Vec<SocketAddr>,
    /// The last one used comes first: the others may rest and be closed.
    idle: Mutex<Vec<SendRequest<Full<Bytes>>>>,
    open: Arc<AtomicUsize>,
    limit: usize,
}

impl Client {
    /// A client for this address; nothing is sent yet.
    ///
    /// # Errors
    /// When the host has no address.
    pub async fn new(address: Address, limit: usize) -> Result<Self, AddressError> {
        let resolved = address.resolve().await?;
        Ok(Self { address, resolved, idle: Mutex::default(), open: Arc::default(), limit })
    }

    /// The address.
    #[must_use]
    pub const fn address(&self) -> &Address {
        &self.address
    }

    /// Sends a request, whose address is a path, and reads the whole answer. Dropping the future closes the connection.
    ///
    /// # Errors
    /// When there is none.
    pub async fn send(&self, mut request: Request<Full<Bytes>>) -> Result<Response<Bytes>, Lost> {
        request.headers_mut().insert(http::header::HOST, self.address.host_header());
        loop {
            let rested = self.take_idle();
            let is_fresh = rested.is_none();
            let mut connection = match rested {
                Some(connection) => connection,
                None => self.connect().await?,
            };
            if connection.ready().await.is_err() {
                if is_fresh {
                    return Err(Lost::Reset);
                }
                continue;
            }
            match connection.try_send_request(request).await {
                Ok(response) => {
                    let (head, body) = response.into_parts();
                    let body = body.collect().await.map_err(|_| Lost::Reset)?.to_bytes();
                    self.rest(connection);
                    return Ok(Response::from_parts(head, body));
                }
                // A connection that was closed while it rested gives back what it could not send.
                Err(mut error) => match error.take_message() {
                    Some(unsent) if !is_fresh => request = unsent,
                    Some(_) | None => return Err(Lost::Reset),
                },
            }
        }
    }

    fn take_idle(&self) -> Option<SendRequest<Full<Bytes>>> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(connection) = idle.pop() {
            if !connection.is_closed() {
                return Some(connection);
            }
        }
        None
    }

    fn rest(&self, connection: SendRequest<Full<Bytes>>) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
    }

    async fn connect(&self) -> Result<SendRequest<Full<Bytes>>, Lost> {
        let place = Place::take(&self.open, self.limit).ok_or(Lost::NoConnection)?;
        let stream = TcpStream::connect(&*self.resolved).await.map_err(|error| {
            const NO_DESCRIPTOR: [i32; 2] = [nix::libc::EMFILE, nix::libc::EADDRNOTAVAIL];
            let ours = error.raw_os_error().is_some_and(|code| NO_DESCRIPTOR.contains(&code));
            if ours { Lost::NoConnection } else { Lost::Unreachable }
        })?;
        stream.set_nodelay(true).map_err(|_| Lost::Unreachable)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|_| Lost::Unreachable)?;
        tokio::spawn(async move {
            // Whoever sent the request hears of a broken connection.
            drop(connection.await);
            drop(place);
        });
        Ok(sender)
    }
}

/// A place among the connections that may be open; given back when dropped.
struct Place(Arc<AtomicUsize>);

impl Place {
    fn take(open: &Arc<AtomicUsize>, limit: usize) -> Option<Self> {
        let place = Self(Arc::clone(open));
        (open.fetch_add(1, Ordering::Relaxed) < limit).then_some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
