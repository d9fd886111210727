//! The product page: what fifty shoppers look at for each one who buys. One client, two servers, one Redis.
//!
//! The platform finds the page in its cache, adds the stock it last heard of and a validator. It passes on for 50 ms what it has
//! just seen, so on a page as busy as this one it seldom asks Redis; the bare handler asks the same Redis for the same bytes,
//! once for each request.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::report::Row;
use crate::servers::{CLIENTS, SHOWN, Servers};
use crate::sold_out::{address, head_of};
use crate::{Plan, bare_server, failed};

pub(crate) async fn measure(servers: &Servers, plan: Plan) -> Result<Row, String> {
    let path = format!("/v1/products/{SHOWN}");
    let platform = address(&servers.shop_url()?)?;
    let body = Connection::open(platform, &path).await?.ask().await?;
    let bare_server = tokio::task::block_in_place(|| bare_server::start_cached(&servers.redis.url(), &body))?;
    let bare = address(&bare_server.url())?;
    let mut row = Row::new("cached product pages/s", 0.5, "axum handler with one Redis GET, same client");
    // Unmeasured: both come to their working speed.
    for server in [platform, bare] {
        load(server, &path, plan.turn / 4).await?;
    }
    for _ in 0..plan.rounds {
        row.platform.push(load(platform, &path, plan.turn).await?);
        row.bare.push(load(bare, &path, plan.turn).await?);
    }
    Ok(row)
}

/// Requests a second that were answered with a page.
async fn load(server: SocketAddr, path: &str, turn: Duration) -> Result<f64, String> {
    let mut connections = Vec::new();
    for _ in 0..CLIENTS {
        connections.push(Connection::open(server, path).await?);
    }
    let began = Instant::now();
    let until = began + turn;
    let clients: Vec<_> = connections
        .into_iter()
        .map(|mut connection| {
            tokio::spawn(async move {
                let mut answered = 0_u32;
                while Instant::now() < until {
                    connection.exchange().await?;
                    answered += 1;
                }
                Ok::<_, String>(answered)
            })
        })
        .collect();
    let mut answered = 0_u32;
    for client in clients {
        answered += client.await.map_err(failed)??;
    }
    Ok(f64::from(answered) / began.elapsed().as_secs_f64())
}

/// One connection with its request.
struct Connection {
    stream: TcpStream,
    request: Vec<u8>,
    received: Vec<u8>,
}

impl Connection {
    async fn open(server: SocketAddr, path: &str) -> Result<Self, String> {
        let stream = TcpStream::connect(server).await.map_err(failed)?;
        stream.set_nodelay(true).map_err(failed)?;
        let request = format!("GET {path} HTTP/1.1\r\nhost: shop\r\n\r\n").into_bytes();
        Ok(Self { stream, request, received: Vec::with_capacity(4_096) })
    }

    async fn ask(&mut self) -> Result<String, String> {
        let body_at = self.exchange().await?;
        Ok(String::from_utf8_lossy(&self.received[body_at..]).into_owned())
    }

    /// Sends the request and reads the whole page; where its body begins.
    async fn exchange(&mut self) -> Result<usize, String> {
        self.stream.write_all(&self.request).await.map_err(failed)?;
        self.received.clear();
        loop {
            if self.stream.read_buf(&mut self.received).await.map_err(failed)? == 0 {
                return Err("the server closed the connection".to_owned());
            }
            match head_of(&self.received) {
                Some((200, body_at, length)) if self.received.len() >= body_at + length => return Ok(body_at),
                Some((200, ..)) | None => {}
                Some((status, ..)) => return Err(format!("a page was answered {status}")),
            }
        }
    }
}
