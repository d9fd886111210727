//! HTTP in front of a process: hyper's server over simulated TCP, with the process's CPU between it and the router.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use harness::world::hosts::card_gateway::CardGateway;
use harness::world::station::Station;
use harness::world::time::Timeline;
use http::{Request, Response};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tower::Service;
use turmoil_net::shim::tokio::net::TcpStream;

use super::{HTTP_PORT, listen};

/// How long a client may take over the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);

/// What answers a process's requests.
#[derive(Clone)]
pub enum Server {
    /// One of the platform's own services.
    Platform(Router),
    /// The card gateway, outside the platform.
    CardGateway(Arc<CardGateway>),
}

/// A process's CPU, as its cost model has it.
#[derive(Clone)]
pub struct Cpu {
    station: Arc<Mutex<Station>>,
    request_us: i64,
    timeline: Timeline,
}

impl Cpu {
    /// A CPU that works on `parallelism` requests at once and takes `request_us` for each.
    #[must_use]
    pub fn new(parallelism: usize, request_us: i64, timeline: Timeline) -> Self {
        Self { station: Arc::new(Mutex::new(Station::new(parallelism))), request_us, timeline }
    }

    async fn turn(&self) {
        let arrival_us = self.timeline.now_us();
        let done_us = self.station.lock().unwrap_or_else(PoisonError::into_inner).serve(arrival_us, self.request_us);
        self.timeline.busy_until(done_us).await;
    }
}

/// Takes connections, for as long as the process lives.
pub async fn serve(server: Server, cpu: Cpu) {
    let listener = listen(HTTP_PORT).await;
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        drop(tokio::spawn(converse(stream, server.clone(), cpu.clone())));
    }
}

async fn converse(stream: TcpStream, server: Server, cpu: Cpu) {
    let answer = service_fn(move |request| answer(server.clone(), cpu.clone(), request));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(stream), answer);
    // A client that breaks off, or says what is no HTTP, has been told as far as it can be.
    drop(connection.await);
}

async fn answer(mut server: Server, cpu: Cpu, request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
    cpu.turn().await;
    match &mut server {
        Server::Platform(router) => router.as_service::<Body>().call(request.map(Body::new)).await,
        Server::CardGateway(gateway) => {
            let (parts, body) = request.into_parts();
            let Ok(body) = body.collect().await else {
                // Cut short on its way here: there is nobody left to answer.
                return std::future::pending().await;
            };
            let response = gateway.handle(Request::from_parts(parts, body.to_bytes())).await;
            match response {
                Some(response) => Ok(response.map(|bytes: Bytes| Body::from(bytes))),
                // The answer is lost: the connection stays open and silent until one end goes away.
                None => std::future::pending().await,
            }
        }
    }
}
