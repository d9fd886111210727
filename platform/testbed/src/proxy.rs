//! A TCP proxy for faults on the wire: it cuts, resets, swallows, and loses the answer to COMMIT.
//!
//! Only the frames of Postgres's protocol are told apart (message type and length; manual, "Message Formats"), and only on
//! the way back: `CommandComplete` with the tag `COMMIT` is sent when a transaction *was* committed, however the client
//! put it (simple query, or parse and execute). A COMMIT that rolled back is tagged `ROLLBACK` and passes.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What becomes of a connection whose answer is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Reset towards the client.
    Reset,
    /// Left open and silent: only the client's own time limit ends the wait.
    Hang,
}

/// A proxy on a port of its own. Dropping it ends it and its connections.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    wire: Arc<Wire>,
    accepting: JoinHandle<()>,
}

/// What the proxy's connections look at.
#[derive(Debug)]
struct Wire {
    upstream: SocketAddr,
    commits_to_lose: AtomicU64,
    commits_lost: AtomicU64,
    hang: AtomicBool,
    refuse: AtomicBool,
    swallow: watch::Sender<bool>,
    /// Counts the orders to cut; a connection lives as long as the count it saw at its start.
    cuts: watch::Sender<u64>,
    connections: AtomicU64,
}

impl Proxy {
    /// Listens on a free port of the loopback interface and passes connections on to `upstream`.
    ///
    /// # Errors
    /// When no port can be listened on.
    pub async fn start(upstream: SocketAddr) -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let wire = Arc::new(Wire {
            upstream,
            commits_to_lose: AtomicU64::new(0),
            commits_lost: AtomicU64::new(0),
            hang: AtomicBool::new(false),
            refuse: AtomicBool::new(false),
            swallow: watch::Sender::new(false),
            cuts: watch::Sender::new(0),
            connections: AtomicU64::new(0),
        });
        let accepting = tokio::spawn(accept(listener, Arc::clone(&wire)));
        Ok(Self { address, wire, accepting })
    }

    /// Where clients connect.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Loses the next `count` answers to COMMIT: the transaction is committed, the client is not told.
    pub fn lose_commit_answers(&self, count: u64, how: Cut) {
        self.wire.hang.store(how == Cut::Hang, Ordering::SeqCst);
        self.wire.commits_to_lose.store(count, Ordering::SeqCst);
    }

    /// Answers to COMMIT lost so far.
    #[must_use]
    pub fn commit_answers_lost(&self) -> u64 {
        self.wire.commits_lost.load(Ordering::SeqCst)
    }

    /// Connections accepted so far.
    #[must_use]
    pub fn connections(&self) -> u64 {
        self.wire.connections.load(Ordering::SeqCst)
    }

    /// Resets every connection; new ones are accepted.
    pub fn cut(&self) {
        self.wire.cuts.send_modify(|count| *count += 1);
    }

    /// Resets new connections at once (`true`), or passes them on again.
    pub fn refuse(&self, refuse: bool) {
        self.wire.refuse.store(refuse, Ordering::SeqCst);
    }

    /// Passes nothing on in either direction, connections staying open (`true`), or lets what was held go on.
    pub fn swallow(&self, swallow: bool) {
        self.wire.swallow.send_replace(swallow);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
        self.cut();
    }
}

async fn accept(listener: TcpListener, wire: Arc<Wire>) {
    loop {
        let Ok((client, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        wire.connections.fetch_add(1, Ordering::SeqCst);
        tokio::spawn(connection(client, Arc::clone(&wire)));
    }
}

/// Serves one client until either side closes or the connection is cut.
async fn connection(client: TcpStream, wire: Arc<Wire>) {
    if wire.refuse.load(Ordering::SeqCst) {
        return reset(client);
    }
    let mut cuts = wire.cuts.subscribe();
    cuts.mark_unchanged();
    let Ok(server) = TcpStream::connect(wire.upstream).await else { return reset(client) };
    let (mut client, mut server) = (client, server);
    let reset_client = tokio::select! {
        biased;
        _ = cuts.changed() => true,
        lost = relay(&mut client, &mut server, &wire) => lost,
    };
    if reset_client {
        reset(client);
    }
}

/// Passes bytes both ways. True when an answer was lost and the client must see a reset.
async fn relay(client: &mut TcpStream, server: &mut TcpStream, wire: &Wire) -> bool {
    let (mut from_client, mut to_client) = client.split();
    let (mut from_server, mut to_server) = server.split();
    let mut swallow_up = wire.swallow.subscribe();
    let mut swallow_down = wire.swallow.subscribe();
    let up = async {
        let mut bytes = vec![0; 16 * 1024];
        while let Ok(count @ 1..) = from_client.read(&mut bytes).await {
            // An error here means that the proxy is going away.
            if swallow_up.wait_for(|swallow| !swallow).await.is_err()
                || to_server.write_all(&bytes[..count]).await.is_err()
            {
                break;
            }
        }
        false
    };
    let down = async {
        let mut bytes = vec![0; 16 * 1024];
        let mut frames = Frames::default();
        while let Ok(count @ 1..) = from_server.read(&mut bytes).await {
            if swallow_down.wait_for(|swallow| !swallow).await.is_err() {
                break;
            }
            let committed_at = frames.committed(&bytes[..count]);
            if let Some(before) = committed_at
                && wire.lose_one()
            {
                // What came before the answer is the client's; the answer and all after it is not.
                if to_client.write_all(&bytes[..before]).await.is_err() {
                    break;
                }
                if wire.hang.load(Ordering::SeqCst) {
                    std::future::pending::<()>().await;
                }
                return true;
            }
            if to_client.write_all(&bytes[..count]).await.is_err() {
                break;
            }
        }
        false
    };
    tokio::select! { lost = up => lost, lost = down => lost }
}

impl Wire {
    fn lose_one(&self) -> bool {
        let lost =
            self.commits_to_lose.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
        if lost {
            self.commits_lost.fetch_add(1, Ordering::SeqCst);
        }
        lost
    }
}

/// Closes with a reset instead of an orderly end, as a connection that breaks does.
fn reset(client: TcpStream) {
    if let Ok(client) = client.into_std() {
        let socket = tokio::net::TcpSocket::from_std_stream(client);
        // Without lingering, closing sends a reset; should it be refused, an orderly end is a cut as well.
        drop(socket.set_zero_linger());
    }
}

/// Tells messages of the server apart across reads.
#[derive(Debug, Default)]
struct Frames {
    /// Whether the first byte has been seen: a lone `N` that answers an offer of encryption is not a message.
    begun: bool,
    /// The head (type and length) and, for CommandComplete, the body, as far as they have come.
    partial: Vec<u8>,
    /// Bytes of the current message's body that pass unread.
    skip: usize,
}

const COMMIT: &[u8] = b"COMMIT\0";
const HEAD: usize = 5;

impl Frames {
    /// Where, in these bytes, the part begins that belongs to a CommandComplete of COMMIT (0 when it began in an earlier
    /// read), if one ends here.
    fn committed(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        let mut message_start = 0;
        let mut found = None;
        while at < bytes.len() {
            if !self.begun && self.partial.is_empty() && self.skip == 0 && matches!(bytes[at], b'N' | b'S') {
                // Refused encryption; a test's server never accepts it.
                at += 1;
                continue;
            }
            self.begun = true;
            if self.skip > 0 {
                let step = self.skip.min(bytes.len() - at);
                self.skip -= step;
                at += step;
                continue;
            }
            if self.partial.is_empty() {
                message_start = at;
            }
            self.partial.push(bytes[at]);
            at += 1;
            if self.partial.len() < HEAD {
                continue;
            }
            let length = u32::from_be_bytes([self.partial[1], self.partial[2], self.partial[3], self.partial[4]]);
            let body = (length as usize).saturating_sub(4);
            if self.partial[0] != b'C' || body != COMMIT.len() {
                self.skip = body;
                self.partial.clear();
            } else if self.partial.len() == HEAD + body {
                if &self.partial[HEAD..] == COMMIT {
                    found.get_or_insert(message_start);
                }
                self.partial.clear();
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u8, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + 4).unwrap();
        [&[kind], &length.to_be_bytes()[..], body].concat()
    }

    #[test]
    fn the_answer_to_commit_is_found_wherever_the_reads_are_cut() {
        let before = [message(b'R', &[0; 4]), message(b'C', b"UPDATE 1\0"), message(b'C', b"INSERT\0")].concat();
        let all = [vec![b'N'], before.clone(), message(b'C', b"COMMIT\0"), message(b'Z', b"I")].concat();
        for cut in 0..all.len() {
            let mut frames = Frames::default();
            let found = [frames.committed(&all[..cut]), frames.committed(&all[cut..])];
            assert_eq!(found.iter().flatten().count(), 1, "cut at {cut}");
        }
        assert_eq!(Frames::default().committed(&all), Some(before.len() + 1));
    }

    #[test]
    fn a_commit_that_rolled_back_passes() {
        let all = [message(b'R', &[0; 4]), message(b'C', b"ROLLBACK\0"), message(b'D', b"COMMIT\0")].concat();
        assert_eq!(Frames::default().committed(&all), None);
    }
}
