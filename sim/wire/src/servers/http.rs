//! HTTP in front of a process: the platform's own server over simulated TCP, with the process's CPU between it and the router.

use std::convert::Infallible;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use harness::world::hosts::card_gateway::CardGateway;
use harness::world::station::Station;
use harness::world::time::Timeline;
use http::{Request, Response};
use http_body_util::BodyExt;
use http_server::{Limits, Listener};
use tower::Service;
use turmoil_net::shim::tokio::net::{TcpListener, TcpStream};

use super::{HTTP_PORT, listen};

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

/// Connections of simulated TCP.
struct Accepting(TcpListener);

impl Listener for Accepting {
    type Stream = TcpStream;

    async fn accept(&mut self) -> io::Result<TcpStream> {
        let (stream, _) = self.0.accept().await?;
        Ok(stream)
    }
}

/// Takes connections, for as long as the process lives.
pub async fn serve(server: Server, cpu: Cpu) {
    let listener = Accepting(listen(HTTP_PORT).await);
    let answer = move |request| answer(server.clone(), cpu.clone(), request);
    http_server::serve(listener, answer, Limits::default(), std::future::pending()).await;
}

async fn answer(mut server: Server, cpu: Cpu, request: Request<Body>) -> Result<Response<Body>, Infallible> {
    cpu.turn().await;
    match &mut server {
        Server::Platform(router) => router.call(request).await,
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
