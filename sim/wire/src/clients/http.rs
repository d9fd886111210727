//! The `http` port: hyper's client over simulated TCP, its connections kept alive and used again.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use harness::world::network::NodeIndex;
use http::header::HOST;
use http::{HeaderValue, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use platform::time_limit::within;
use ports::entropy::Entropy;
use ports::http_port::{HttpClient, HttpError, ServiceName};
use tokio::time::Instant;
use turmoil_net::shim::tokio::net::TcpStream;

use crate::servers::HTTP_PORT;
use crate::world::fabric::address;
use crate::world::process::Processes;

type Connection = SendRequest<Full<Bytes>>;

/// How long a connection may wait for its next request, as with the live client. Its server would close it later, and a request that crosses the end
/// of its connection has no answer.
const IDLE: Duration = Duration::from_secs(4);

struct State {
    /// Connections that wait for a next request, and since when, by the machine they lead to; the one used last is used next.
    idle: BTreeMap<NodeIndex, Vec<(Instant, Connection)>>,
}

/// The HTTP connections of one process, or of everybody at one place. Cloning shares them.
#[derive(Clone)]
pub struct Connections {
    state: Arc<Mutex<State>>,
    processes: Processes,
    from: NodeIndex,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoAnswer {
    /// No replica accepted the connection.
    Unreachable,
    /// The connection ended before the whole answer had come.
    Reset,
}

impl Connections {
    /// No connection is open yet.
    #[must_use]
    pub fn new(processes: Processes, from: NodeIndex) -> Self {
        let state = State { idle: BTreeMap::new() };
        Self { state: Arc::new(Mutex::new(state)), processes, from }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a request to a replica of `service` and waits for its whole answer. Begins with the replica that `draw` says
    /// and goes round while connections are refused.
    ///
    /// # Errors
    /// When no replica can be reached, or the connection breaks.
    pub async fn call(
        &self,
        service: ServiceName,
        draw: u64,
        request: Request<Bytes>,
    ) -> Result<Response<Bytes>, NoAnswer> {
        let replicas = self.processes.replicas(service);
        let count = u64::try_from(replicas.len()).expect("a few");
        let mut request = request.map(Full::new);
        request.headers_mut().insert(HOST, HeaderValue::from_static(service.0));
        for round in 0..count {
            let replica = replicas[usize::try_from(draw.wrapping_add(round) % count).expect("a few")];
            match self.call_at(replica, request).await {
                Ok(answer) => return answer,
                Err(unsent) => request = unsent,
            }
        }
        Err(NoAnswer::Unreachable)
    }

    /// `Err` gives the request back: the replica cannot be reached.
    async fn call_at(
        &self,
        replica: NodeIndex,
        mut request: Request<Full<Bytes>>,
    ) -> Result<Result<Response<Bytes>, NoAnswer>, Request<Full<Bytes>>> {
        loop {
            let idle = self.state().idle.get_mut(&replica).and_then(Vec::pop);
            let mut connection = match idle {
                Some((since, connection)) if connection.is_ready() && since.elapsed() < IDLE => connection,
                // Too old, or its server has closed it while it lay there.
                Some(_given_up) => continue,
                None => match connect(replica).await {
                    Some(connection) => connection,
                    None => return Err(request),
                },
            };
            match connection.try_send_request(request).await {
                Ok(response) => {
                    let (parts, body) = response.into_parts();
                    let Ok(body) = body.collect().await else { return Ok(Err(NoAnswer::Reset)) };
                    if !connection.is_closed() {
                        self.state().idle.entry(replica).or_default().push((Instant::now(), connection));
                    }
                    return Ok(Ok(Response::from_parts(parts, body.to_bytes())));
                }
                // Closed in the same moment: the server has seen nothing of the request, so another connection may carry it.
                Err(mut error) => match error.take_message() {
                    Some(unsent) => request = unsent,
                    None => return Ok(Err(NoAnswer::Reset)),
                },
            }
        }
    }
}

async fn connect(replica: NodeIndex) -> Option<Connection> {
    let stream = TcpStream::connect((address(replica), HTTP_PORT)).await.ok()?;
    let (connection, driver) = http1::handshake(TokioIo::new(stream)).await.ok()?;
    // Its end is seen by whoever uses the connection.
    drop(tokio::spawn(async move { drop(driver.await) }));
    Some(connection)
}

/// One process's HTTP client.
pub struct WireHttp {
    connections: Connections,
    entropy: Entropy,
}

impl WireHttp {
    /// A client that uses these connections.
    #[must_use]
    pub fn new(connections: Connections, entropy: Entropy) -> Self {
        Self { connections, entropy }
    }
}

#[async_trait]
impl HttpClient for WireHttp {
    async fn call(
        &self,
        service: ServiceName,
        request: Request<Bytes>,
        timeout: Duration,
    ) -> Result<Response<Bytes>, HttpError> {
        let Connections { processes, from, .. } = &self.connections;
        let replicas = processes.replicas(service);
        let draw = self.entropy.next_u64();
        let Some(to) = replicas.first() else { return Err(HttpError::Unreachable { service }) };
        processes.watch(*from, *to, service, &request);
        match within(timeout, self.connections.call(service, draw, request)).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(NoAnswer::Unreachable)) => Err(HttpError::Unreachable { service }),
            Ok(Err(NoAnswer::Reset)) => Err(HttpError::Reset { service }),
            Err(_elapsed) => {
                Err(HttpError::TimedOut { service, waited_ms: u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX) })
            }
        }
    }
}
