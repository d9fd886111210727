//! What only bytes can suffer: resets, cuts and silence on single connections, decided packet by packet.
//!
//! A connection is a client's port and a server's; what the server sends is an answer. Packets are dropped, shortened, held,
//! delayed or followed by forged ones here; delays and losses of whole links are the network's.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use harness::world::network::NodeIndex;
use harness::world::observer::Observer;
use harness::world::stage::{Disturbance, DisturbanceKind};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use turmoil_net::{Packet, TcpFlags, TcpSegment, Transport};

use super::fabric::place;
use crate::servers::{POSTGRES_PORT, REDIS_PORT};

/// Ports from here on are clients'.
const CLIENT_PORTS: u16 = 49_152;

/// A connection: client and server, each with its port.
type Connection = (NodeIndex, u16, NodeIndex, u16);

/// What becomes of a packet: the packets that go on instead, each with a delay in microseconds.
pub type Fate = Vec<(Packet, i64)>;

#[derive(Default)]
struct Watched {
    /// Bytes of a request have passed, and none of its answer; and whether its answer is to be struck.
    awaited: Option<bool>,
    /// Redis commands that have no answer yet.
    commands: usize,
    /// Nothing of the server's passes any more.
    mute: bool,
}

struct Active {
    disturbance: Disturbance,
    /// Connections that began after it did.
    fresh: BTreeSet<Connection>,
    watched: BTreeMap<Connection, Watched>,
    /// How much each connection is slowed, in microseconds, drawn when it is first seen.
    delays_us: BTreeMap<Connection, i64>,
    held: Vec<Packet>,
}

struct State {
    active: Vec<Active>,
    released: Vec<Packet>,
    entropy: ChaCha8Rng,
}

/// The disturbances of a run. Cloning shares them.
#[derive(Clone)]
pub struct Disturbances {
    state: Arc<Mutex<State>>,
    observer: Observer,
}

impl Disturbances {
    /// None yet.
    #[must_use]
    pub fn new(observer: Observer, seed: u64) -> Self {
        let state = State { active: Vec::new(), released: Vec::new(), entropy: ChaCha8Rng::seed_from_u64(seed) };
        Self { state: Arc::new(Mutex::new(state)), observer }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins one.
    pub fn begin(&self, disturbance: Disturbance) {
        let (watched, delays_us) = (BTreeMap::new(), BTreeMap::new());
        let active = Active { disturbance, fresh: BTreeSet::new(), watched, delays_us, held: Vec::new() };
        self.state().active.push(active);
    }

    /// Ends one; what it held is released.
    pub fn end(&self, disturbance: &Disturbance) {
        let state = &mut *self.state();
        if let Some(index) = state.active.iter().position(|active| active.disturbance == *disturbance) {
            let ended = state.active.remove(index);
            state.released.extend(ended.held);
        }
    }

    /// What was held and may go on now.
    #[must_use]
    pub fn take_released(&self) -> Vec<Packet> {
        std::mem::take(&mut self.state().released)
    }

    /// Decides what becomes of a packet; `None` when nothing does.
    #[must_use]
    pub fn strike(&self, packet: &Packet) -> Option<Fate> {
        let State { active, entropy, .. } = &mut *self.state();
        if active.is_empty() {
            return None;
        }
        let (connection, is_answer) = connection_of(packet);
        let struck = active.iter_mut().filter(|active| active.concerns(connection));
        struck.into_iter().find_map(|active| active.strike(packet, connection, is_answer, entropy, &self.observer))
    }
}

/// The packet's segment.
#[must_use]
pub fn segment(packet: &Packet) -> &TcpSegment {
    match &packet.payload {
        Transport::Tcp(segment) => segment,
        Transport::Udp(_) => unreachable!("nobody here speaks UDP"),
    }
}

fn connection_of(packet: &Packet) -> (Connection, bool) {
    let (from, to, segment) = (place(packet.src), place(packet.dst), segment(packet));
    if segment.src_port < CLIENT_PORTS {
        ((to, segment.dst_port, from, segment.src_port), true)
    } else {
        ((from, segment.src_port, to, segment.dst_port), false)
    }
}

impl Active {
    fn concerns(&self, (client, _, server, _): Connection) -> bool {
        self.disturbance.clients.contains(&client) && self.disturbance.servers.contains(&server)
    }

    fn strike(
        &mut self,
        packet: &Packet,
        connection: Connection,
        is_answer: bool,
        entropy: &mut ChaCha8Rng,
        observer: &Observer,
    ) -> Option<Fate> {
        let segment = segment(packet);
        if segment.flags.syn && !is_answer {
            self.fresh.insert(connection);
        }
        match self.disturbance.kind {
            DisturbanceKind::ResetBeforeAnswer(ppm) => {
                let commands = self.answer_struck(segment, connection, is_answer, || happens(entropy, ppm))?;
                observer.probe("reset-before-answer");
                if commands > 1 {
                    observer.probe("redis-reset-in-pipeline");
                }
                Some(vec![(reset_of(packet), 0), (reset_back(packet), 0)])
            }
            DisturbanceKind::AnswerCut(ppm) => {
                let cut_at = cut_of(&segment.payload);
                self.answer_struck(segment, connection, is_answer, || happens(entropy, ppm))?;
                let cut_at = cut_at?;
                observer.probe("answer-cut-short");
                let (head, end) = cut(packet, cut_at);
                Some(vec![(head, 0), (end, 0), (reset_back(packet), 0)])
            }
            DisturbanceKind::CommitAnswerLost(ppm) => {
                self.commit(segment, connection, is_answer, observer, || happens(entropy, ppm))
            }
            DisturbanceKind::HalfOpen => {
                if self.fresh.contains(&connection) {
                    return None;
                }
                let watched = self.watched.entry(connection).or_default();
                let forgotten = std::mem::replace(&mut watched.mute, true);
                if forgotten || is_answer || segment.payload.is_empty() {
                    return Some(Vec::new());
                }
                observer.probe("half-open-connection");
                // The server loses it; whoever asked is not told.
                Some(vec![(reset_of(packet), 0)])
            }
            DisturbanceKind::Held => {
                if self.held.is_empty() {
                    observer.probe("traffic-held");
                }
                self.held.push(packet.clone());
                Some(Vec::new())
            }
            DisturbanceKind::Reordered(up_to_us) => {
                let draw = || i64::try_from(entropy.next_u64() % u64::try_from(up_to_us + 1).unwrap_or(1)).unwrap_or(0);
                let others: i64 = self.delays_us.values().copied().max().unwrap_or(0);
                let delay_us = *self.delays_us.entry(connection).or_insert_with(draw);
                // A millisecond less than another has: what is sent here now arrives before what was sent there before.
                if !segment.payload.is_empty() && !is_answer && others > delay_us + 1_000 {
                    observer.probe("connections-reordered");
                }
                Some(vec![(packet.clone(), delay_us)])
            }
            DisturbanceKind::SlowReader(bytes) => {
                if !is_answer || segment.payload.len() <= bytes {
                    return None;
                }
                observer.probe("reader-slow");
                Some(trickle(packet, bytes))
            }
        }
    }

    /// Whether this is the beginning of an answer that is to be struck, and then how many Redis commands wait for theirs.
    /// Whether it is, is decided as its request passes; of commands in a pipeline, for each of them.
    fn answer_struck(
        &mut self,
        segment: &TcpSegment,
        connection: Connection,
        is_answer: bool,
        mut strikes: impl FnMut() -> bool,
    ) -> Option<usize> {
        if segment.payload.is_empty() {
            return None;
        }
        let watched = self.watched.entry(connection).or_default();
        if is_answer {
            let struck = watched.awaited.take()?;
            let commands = std::mem::take(&mut watched.commands);
            return struck.then_some(commands);
        }
        if connection.3 == REDIS_PORT {
            let commands = commands_in(&segment.payload);
            let struck = (0..commands).fold(false, |struck, _| strikes() || struck);
            *watched.awaited.get_or_insert(false) |= struck;
            watched.commands += commands;
        } else {
            watched.awaited.get_or_insert_with(strikes);
        }
        None
    }

    fn commit(
        &mut self,
        segment: &TcpSegment,
        connection: Connection,
        is_answer: bool,
        observer: &Observer,
        strikes: impl FnOnce() -> bool,
    ) -> Option<Fate> {
        const COMMIT: &[u8] = b"\"kind\":\"Commit\"";
        let watched = self.watched.entry(connection).or_default();
        if is_answer {
            return watched.mute.then(Vec::new);
        }
        let commits = connection.3 == POSTGRES_PORT && segment.payload.windows(COMMIT.len()).any(|word| word == COMMIT);
        if commits && !watched.mute && strikes() {
            watched.mute = true;
            observer.probe("commit-answer-lost");
        }
        None
    }
}

/// How many commands in RESP begin in these bytes.
fn commands_in(payload: &[u8]) -> usize {
    const NEXT: &[u8] = b"\r\n*";
    usize::from(payload.starts_with(b"*")) + payload.windows(NEXT.len()).filter(|word| *word == NEXT).count()
}

fn happens(entropy: &mut ChaCha8Rng, ppm: u32) -> bool {
    entropy.next_u64() % 1_000_000 < u64::from(ppm)
}

/// Where an answer is cut: within its body if it is HTTP, else in its middle; `None` when it has no body to cut.
fn cut_of(payload: &Bytes) -> Option<usize> {
    const HEAD_END: &[u8] = b"\r\n\r\n";
    if !payload.starts_with(b"HTTP/") {
        return (payload.len() > 1).then_some(payload.len() / 2);
    }
    let body = payload.windows(HEAD_END.len()).position(|end| end == HEAD_END)? + HEAD_END.len();
    (payload.len() > body + 1).then(|| body + (payload.len() - body) / 2)
}

fn with(packet: &Packet, change: impl FnOnce(&mut TcpSegment)) -> Packet {
    let mut segment = segment(packet).clone();
    change(&mut segment);
    Packet { payload: Transport::Tcp(segment), ..packet.clone() }
}

fn bytes_of(length: usize) -> u32 {
    u32::try_from(length).expect("a segment is smaller than the MTU")
}

/// The packet's first bytes, and the end of the connection after them.
fn cut(packet: &Packet, at: usize) -> (Packet, Packet) {
    let head = with(packet, |segment| segment.payload.truncate(at));
    let end = with(packet, |segment| {
        segment.seq = segment.seq.wrapping_add(bytes_of(at));
        segment.payload = Bytes::new();
        segment.flags.fin = true;
    });
    (head, end)
}

/// A reset in the direction of the packet.
fn reset_of(packet: &Packet) -> Packet {
    with(packet, |segment| {
        segment.payload = Bytes::new();
        segment.flags = TcpFlags { rst: true, ..TcpFlags::default() };
    })
}

/// A reset in the other direction.
fn reset_back(packet: &Packet) -> Packet {
    let reset = with(&reset_of(packet), |segment| {
        std::mem::swap(&mut segment.src_port, &mut segment.dst_port);
        std::mem::swap(&mut segment.seq, &mut segment.ack);
    });
    Packet { src: reset.dst, dst: reset.src, ..reset }
}

/// The packet in pieces, a millisecond apart.
fn trickle(packet: &Packet, bytes: usize) -> Fate {
    let whole = segment(packet).payload.clone();
    let piece = |(number, start): (usize, usize)| {
        let piece = with(packet, |segment| {
            segment.seq = segment.seq.wrapping_add(bytes_of(start));
            segment.payload = whole.slice(start..whole.len().min(start + bytes));
        });
        (piece, i64::try_from(number).expect("a segment has few pieces") * 1_000)
    };
    (0..whole.len()).step_by(bytes).enumerate().map(piece).collect()
}
