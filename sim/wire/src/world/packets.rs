//! Packets on their way: how long each takes, in which order they arrive, and which never do.

use std::collections::{BTreeMap, VecDeque};

use harness::world::network::{Network, NodeIndex};
use harness::world::observer::Observer;
use turmoil_net::Packet;
use xxhash_rust::xxh3::xxh3_64;

use super::disturbances::{Disturbances, segment};
use super::fabric::place;

/// A packet as the trace has it.
#[derive(Debug, Clone, Copy, Hash)]
struct Sent {
    at_ms: u64,
    from: NodeIndex,
    to: NodeIndex,
    ports: (u16, u16),
    sequence: u32,
    flags: u8,
    bytes: usize,
    content: u64,
}

/// Both ends of one direction of a connection.
type Direction = (NodeIndex, NodeIndex, u16, u16);

/// The packets of a run that have been sent and have not arrived.
pub struct Packets {
    network: Network,
    disturbances: Disturbances,
    observer: Observer,
    /// By the tick in which they arrive; within one, in the order in which they were sent.
    pages: BTreeMap<u64, Vec<Packet>>,
    due: VecDeque<Packet>,
    /// Directions in which something is still under way beyond the next tick, and until when: what is sent after it may
    /// not overtake it, because the receiving end drops what is out of order and has it sent again.
    late: BTreeMap<Direction, u64>,
}

impl Packets {
    /// Nothing is under way. Delays, losses and cuts of links are `network`'s, what befalls single connections is
    /// `disturbances`'.
    #[must_use]
    pub fn new(network: Network, disturbances: Disturbances, observer: Observer) -> Self {
        let (pages, due, late) = (BTreeMap::new(), VecDeque::new(), BTreeMap::new());
        Self { network, disturbances, observer, pages, due, late }
    }

    /// Takes in a packet that has been sent.
    pub fn send(&mut self, packet: Packet, tick: u64) {
        let (from, to) = (place(packet.src), place(packet.dst));
        let direction = self.trace(&packet, from, to, tick);
        match self.disturbances.strike(&packet) {
            None => self.carry(packet, 0, direction, tick),
            Some(fate) => {
                for (packet, added_us) in fate {
                    let segment = segment(&packet);
                    let direction = (place(packet.src), place(packet.dst), segment.src_port, segment.dst_port);
                    self.carry(packet, added_us, direction, tick);
                }
            }
        }
    }

    fn carry(&mut self, packet: Packet, added_us: i64, direction: Direction, tick: u64) {
        let Some(delay_us) = self.network.delay_us(direction.0, direction.1) else { return };
        if !segment(&packet).payload.is_empty() && self.network.is_cut(direction.1, direction.0) {
            self.observer.probe("one-way-traffic");
        }
        // The hop from one tick to the next is the first millisecond of every delay.
        let mut arrives = tick + u64::try_from(delay_us + added_us).expect("a delay is not negative") / 1_000;
        if let Some(before) = self.late.get(&direction) {
            arrives = arrives.max(*before);
        }
        if arrives <= tick {
            self.due.push_back(packet);
            return;
        }
        self.late.insert(direction, arrives);
        self.pages.entry(arrives).or_default().push(packet);
    }

    /// Lets what was under way arrive, as far as its time has come by `tick`; to be called before anything else is sent.
    pub fn arrive(&mut self, tick: u64) {
        while let Some(page) = self.pages.first_entry().filter(|page| *page.key() <= tick) {
            self.due.extend(page.remove());
            self.late.retain(|_, until| *until > tick);
        }
        for packet in self.disturbances.take_released() {
            let segment = segment(&packet);
            let direction = (place(packet.src), place(packet.dst), segment.src_port, segment.dst_port);
            self.carry(packet, 0, direction, tick);
        }
    }

    /// Takes a packet that has arrived.
    pub fn take(&mut self) -> Option<Packet> {
        self.due.pop_front()
    }

    fn trace(&self, packet: &Packet, from: NodeIndex, to: NodeIndex, tick: u64) -> Direction {
        let segment = segment(packet);
        let flags = &segment.flags;
        let bits = [flags.syn, flags.ack, flags.fin, flags.rst];
        let ports = (segment.src_port, segment.dst_port);
        self.observer.trace().record(&Sent {
            at_ms: tick,
            from,
            to,
            ports,
            sequence: segment.seq,
            flags: bits.iter().fold(0, |flags, bit| flags << 1 | u8::from(*bit)),
            bytes: segment.payload.len(),
            content: xxh3_64(&segment.payload),
        });
        (from, to, ports.0, ports.1)
    }
}
