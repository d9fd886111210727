//! Takes connections and answers their requests, until told to stop.

use std::convert::Infallible;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use http::{Request, Response};
use http_body::Body as _;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};

use crate::body_in_time::BodyInTime;
use crate::limits::Limits;
use crate::patient::Patient;

/// Where connections come from.
pub trait Listener: Send + 'static {
    /// A connection.
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// The next connection.
    fn accept(&mut self) -> impl Future<Output = io::Result<Self::Stream>> + Send;
}

impl Listener for TcpListener {
    type Stream = TcpStream;

    async fn accept(&mut self) -> io::Result<TcpStream> {
        let (stream, _) = Self::accept(self).await?;
        // An answer is written whole: there is nothing to wait for.
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}

/// How long nothing is taken after the system had no more to give, such as file descriptors.
const AFTER_SCARCITY: Duration = Duration::from_millis(250);

/// Takes connections and has `answer` answer each of their requests. Once `stop` is over, takes no more, and returns when
/// those under way have had their answers.
pub async fn serve<L, A, F>(mut listener: L, answer: A, limits: Limits, stop: impl Future<Output = ()> + Send)
where
    L: Listener,
    A: Fn(Request<Body>) -> F + Clone + Send + 'static,
    F: Future<Output = Result<Response<Body>, Infallible>> + Send + 'static,
{
    let places = Arc::new(Semaphore::new(usize::try_from(limits.connections_max).expect("32 bits")));
    let (stopping, told) = watch::channel(false);
    let mut stop = pin!(stop);
    loop {
        let next = async {
            let place = places.clone().acquire_owned().await.expect("the semaphore is never closed");
            (listener.accept().await, place)
        };
        let (accepted, place) = tokio::select! {
            biased;
            () = &mut stop => break,
            next = next => next,
        };
        match accepted {
            Ok(stream) => {
                let (answer, told) = (answer.clone(), told.clone());
                drop(tokio::spawn(async move {
                    converse(stream, answer, limits, told).await;
                    drop(place);
                }));
            }
            Err(error) if is_the_clients(&error) => {}
            Err(_scarcity) => tokio::time::sleep(AFTER_SCARCITY).await,
        }
    }
    drop(listener);
    stopping.send_replace(true);
    drop(places.acquire_many(limits.connections_max).await);
}

/// Whether only the one client is concerned, whose connection broke before it was taken.
fn is_the_clients(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

async fn converse<S, A, F>(stream: S, answer: A, limits: Limits, mut told: watch::Receiver<bool>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    A: Fn(Request<Body>) -> F,
    F: Future<Output = Result<Response<Body>, Infallible>> + Send + 'static,
{
    let answer = service_fn(move |request: Request<Incoming>| answer(request.map(|body| in_time(body, &limits))));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_timeout)
        .max_buf_size(limits.head_max_bytes)
        .serve_connection(TokioIo::new(Patient::new(stream, limits.stall_timeout)), answer);
    let mut connection = pin!(connection);
    let stopping = async { told.wait_for(|stopping| *stopping).await.is_ok() };
    // A client that breaks off, or says what is no HTTP, has been told as far as it can be.
    tokio::select! {
        biased;
        _ended = &mut connection => return,
        true = stopping => connection.as_mut().graceful_shutdown(),
        else => {}
    }
    drop(connection.await);
}

fn in_time(body: Incoming, limits: &Limits) -> Body {
    if body.is_end_stream() { Body::empty() } else { Body::new(BodyInTime::new(body, limits.body_timeout)) }
}
