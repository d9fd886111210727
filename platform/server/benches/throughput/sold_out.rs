//! The sold-out path: what a shopper who comes too late costs. One client, two servers.
//!
//! The client sends one request on each of its connections and waits for the answer, over plain sockets: what a richer
//! client spends on itself would hide what the servers spend.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::report::Row;
use crate::servers::{CLIENTS, SOLD_OUT, Servers};
use crate::{Plan, bare_server, failed};

/// What every request must be told.
const STATUS: u16 = 409;
/// The digits by which requests differ.
const DIGITS: usize = 10;

/// An answer as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

pub(crate) async fn measure(servers: &Servers, plan: Plan) -> Result<Row, String> {
    let platform = address(&servers.shop_url()?)?;
    let answer = Connection::open(platform).await?.ask(0).await?;
    if answer.status != STATUS {
        return Err(format!("a sold-out product was answered {}: {}", answer.status, answer.body));
    }
    let bare_server = tokio::task::block_in_place(|| bare_server::start(&answer))?;
    let bare = address(&bare_server.url())?;
    let mut row = Row::new("sold-out requests/s", 0.5, "axum handler with the same answer, same client");
    // Unmeasured: both come to their working speed.
    for server in [platform, bare] {
        load(server, plan.turn / 4).await?;
    }
    for _ in 0..plan.rounds {
        row.platform.push(load(platform, plan.turn).await?);
        row.bare.push(load(bare, plan.turn).await?);
    }
    Ok(row)
}

pub(crate) fn address(url: &str) -> Result<SocketAddr, String> {
    url.trim_start_matches("http://").parse().map_err(failed)
}

/// Requests a second that were answered as they must be.
async fn load(server: SocketAddr, turn: Duration) -> Result<f64, String> {
    let mut connections = Vec::new();
    for _ in 0..CLIENTS {
        connections.push(Connection::open(server).await?);
    }
    let began = Instant::now();
    let clients: Vec<_> = connections
        .into_iter()
        .enumerate()
        .map(|(client, connection)| tokio::spawn(keep_asking(connection, client, began + turn)))
        .collect();
    let mut answered = 0_u32;
    for client in clients {
        answered += client.await.map_err(failed)??;
    }
    Ok(f64::from(answered) / began.elapsed().as_secs_f64())
}

async fn keep_asking(mut connection: Connection, client: usize, until: Instant) -> Result<u32, String> {
    let mut answered = 0_u32;
    while Instant::now() < until {
        let number = client * 10_000_000 + usize::try_from(answered).expect("64 bits");
        let answer = connection.ask_for_status(number).await?;
        if answer != STATUS {
            return Err(format!("request {number} was answered {answer}"));
        }
        answered += 1;
    }
    Ok(answered)
}

/// One connection with its request, of which only the key changes.
struct Connection {
    stream: TcpStream,
    request: Vec<u8>,
    /// Where the key's digits stand.
    key_at: usize,
    received: Vec<u8>,
}

impl Connection {
    async fn open(server: SocketAddr) -> Result<Self, String> {
        let stream = TcpStream::connect(server).await.map_err(failed)?;
        stream.set_nodelay(true).map_err(failed)?;
        let body = format!(r#"{{"sku":"{SOLD_OUT}","quantity":1,"payment_method":"pm_card_visa"}}"#);
        let head = format!(
            "POST /v1/checkouts HTTP/1.1\r\nhost: shop\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
             x-shopper-id: ann\r\nidempotency-key: ",
            body.len()
        );
        let request = format!("{head}{:0DIGITS$}\r\n\r\n{body}", 0).into_bytes();
        Ok(Self { stream, request, key_at: head.len(), received: Vec::with_capacity(4_096) })
    }

    async fn ask_for_status(&mut self, number: usize) -> Result<u16, String> {
        self.exchange(number).await.map(|(status, _)| status)
    }

    async fn ask(&mut self, number: usize) -> Result<Answer, String> {
        let (status, body_at) = self.exchange(number).await?;
        Ok(Answer { status, body: String::from_utf8_lossy(&self.received[body_at..]).into_owned() })
    }

    /// Sends the request and reads the whole answer; its status, and where its body begins.
    async fn exchange(&mut self, number: usize) -> Result<(u16, usize), String> {
        let key = format!("{number:0DIGITS$}");
        self.request[self.key_at..self.key_at + DIGITS].copy_from_slice(key.as_bytes());
        self.stream.write_all(&self.request).await.map_err(failed)?;
        self.received.clear();
        loop {
            if self.stream.read_buf(&mut self.received).await.map_err(failed)? == 0 {
                return Err("the server closed the connection".to_owned());
            }
            if let Some((status, body_at, length)) = head_of(&self.received)
                && self.received.len() >= body_at + length
            {
                return Ok((status, body_at));
            }
        }
    }
}

/// Status, place of the body and its length, once the head has come.
pub(crate) fn head_of(received: &[u8]) -> Option<(u16, usize, usize)> {
    let end = received.windows(4).position(|bytes| bytes == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&received[..end]).ok()?;
    let status = head.get(9..12)?.parse().ok()?;
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "))?.parse().ok()?;
    Some((status, end + 4, length))
}
