//! The fabric: runs every machine for one millisecond after the other, and moves packets between them.
//!
//! In each tick all machines run at the same virtual time, in the order of their places, until none has anything left to
//! do; then time moves on, and what they sent is on its way. A hop so takes a millisecond at least, and whole ones.

use std::time::Duration;

use bytes::Bytes;
use harness::world::hosts::Life;
use harness::world::network::NodeIndex;
use harness::world::observer::Observer;
use tokio::sync::watch;
use turmoil_net::{
    EnterGuard, KernelConfig, Net, NetstatEntry, NetstatState, Packet, TcpFlags, TcpSegment, Transport, netstat,
};

use super::machine::{Boot, Machine};
use super::packets::Packets;
use super::process::Order;
use crate::hostile::siege::Left;
use crate::servers::HTTP_PORT;

/// The step of virtual time: the resolution of tokio's timers.
pub const TICK: Duration = Duration::from_millis(1);

/// Ticks without an acknowledgement before TCP sends again, and how often it does before it gives the connection up.
/// Linux begins at 200 ms and goes on for a quarter of an hour; here two seconds of silence end a connection.
const RETRANSMIT_TICKS: u32 = 250;
const RETRANSMITS: u32 = 7;

/// An engine's server: a process that lives and dies as its engine does.
pub struct Engine {
    life: watch::Receiver<Life>,
    seen: Option<Life>,
    boot: Boot,
}

impl Engine {
    /// A server that is started by `boot` in every life of the engine.
    #[must_use]
    pub fn new(life: watch::Receiver<Life>, boot: Boot) -> Self {
        Self { life, seen: None, boot }
    }
}

/// All machines of a run and the packets between them.
pub struct Fabric {
    machines: Vec<Machine>,
    engines: Vec<(NodeIndex, Engine)>,
    observer: Observer,
    packets: Packets,
    sent: Vec<Packet>,
    tick: u64,
    /// Last: sockets of machines that are dropped before it reach for the network.
    net: EnterGuard,
}

impl Fabric {
    /// A fabric between `places` machines that do not run yet.
    #[must_use]
    pub fn new(places: u16, packets: Packets, engines: Vec<(NodeIndex, Engine)>, observer: Observer) -> Self {
        let config = KernelConfig::default()
            .mtu(9_000)
            .retx_threshold(RETRANSMIT_TICKS)
            .retx_max(RETRANSMITS)
            .default_backlog(4_096);
        let mut net = Net::with_config(config);
        let machines = (0..places).map(|place| Machine::new(net.add_host(address(NodeIndex(place))))).collect();
        Self { machines, engines, observer, packets, sent: Vec::new(), tick: 0, net: net.enter() }
    }

    fn machine(&mut self, place: NodeIndex) -> &mut Machine {
        &mut self.machines[usize::from(place.0)]
    }

    /// Starts a process, ending the one that runs there.
    pub fn start(&mut self, at: NodeIndex, boot: &Boot) {
        self.machine(at).kill();
        self.clear(at);
        self.machine(at).start(boot);
    }

    /// Carries out an order.
    pub fn obey(&mut self, at: NodeIndex, order: Order) {
        match order {
            Order::Start(boot) => self.start(at, &boot),
            Order::Kill => self.machine(at).kill(),
            Order::Pause => self.machine(at).pause(),
            Order::Resume => self.machine(at).resume(),
        }
    }

    /// Clears away what is left of connections whose process is gone. These sockets know no `SO_REUSEADDR`: as long as the
    /// other end of one has not closed it too, nobody could listen on its port again.
    fn clear(&self, at: NodeIndex) {
        for socket in netstat(address(at)).entries {
            let (Some(peer), true) = (socket.peer, socket.state != Some(NetstatState::Listen)) else { continue };
            let segment = TcpSegment {
                src_port: peer.port(),
                dst_port: socket.local.port(),
                seq: 0,
                ack: 0,
                flags: TcpFlags { rst: true, ..TcpFlags::default() },
                window: 0,
                payload: Bytes::new(),
            };
            let payload = Transport::Tcp(segment);
            self.net.deliver(Packet { src: peer.ip(), dst: socket.local.ip(), ttl: 64, payload });
        }
    }

    /// Lets the engines' servers live and die with them.
    fn follow_engines(&mut self) {
        for index in 0..self.engines.len() {
            let (at, engine) = &mut self.engines[index];
            let (at, life, boot) = (*at, *engine.life.borrow(), engine.boot.clone());
            let seen = engine.seen.replace(life);
            if seen == Some(life) {
                continue;
            }
            let is_open = |socket: &NetstatEntry| socket.state == Some(NetstatState::Established);
            if seen.is_some_and(|seen| seen.up) && netstat(address(at)).entries.iter().any(is_open) {
                self.observer.probe("server-died-with-connections-open");
            }
            if life.up { self.start(at, &boot) } else { self.machine(at).kill() }
        }
    }

    /// Runs every machine for a tick, and lets `stage`, which is run on the last of them, go on with what it is at. Returns
    /// what the stage ended with, once it has.
    pub fn tick<T>(&mut self, mut stage: std::pin::Pin<&mut (dyn Future<Output = T> + '_)>) -> Option<T> {
        self.follow_engines();
        let (last, others) = self.machines.split_last_mut().expect("there is a stage");
        for machine in others {
            machine.run();
        }
        let ended = last.run_beside(stage.as_mut());
        self.tick += 1;
        libc_overrides::set_now_ns(self.tick * u64::try_from(TICK.as_nanos()).expect("a millisecond"));
        self.packets.arrive(self.tick);
        self.net.egress_all(&mut self.sent);
        for packet in self.sent.drain(..) {
            self.packets.send(packet, self.tick);
        }
        while let Some(packet) = self.packets.take() {
            self.net.deliver(packet);
        }
        ended
    }
}

impl Fabric {
    /// Lets all machines go on for a while, with nothing more happening on the stage.
    pub fn go_on(&mut self, time: Duration) {
        let mut nothing = std::pin::pin!(std::future::pending::<()>());
        for _ in 0..time.as_millis() {
            self.tick(nothing.as_mut());
        }
    }

    /// What the process at a place has open towards its HTTP clients.
    #[must_use]
    pub fn left_at(&self, at: NodeIndex) -> Left {
        let sockets = netstat(address(at)).entries;
        let is_taken = |socket: &&NetstatEntry| {
            let is_open = matches!(socket.state, Some(NetstatState::Established | NetstatState::CloseWait));
            socket.local.port() == HTTP_PORT && is_open
        };
        let taken: Vec<&NetstatEntry> = sockets.iter().filter(is_taken).collect();
        Left {
            connections: taken.len(),
            buffered: taken.iter().map(|socket| socket.recv_q + socket.send_q).sum(),
            tasks: self.machines[usize::from(at.0)].tasks(),
        }
    }
}

/// Everybody's address.
#[must_use]
pub fn address(place: NodeIndex) -> std::net::IpAddr {
    let [high, low] = (place.0 + 1).to_be_bytes();
    std::net::Ipv4Addr::new(10, 0, high, low).into()
}

/// The place of an address of [`address`].
#[must_use]
pub fn place(address: std::net::IpAddr) -> NodeIndex {
    let std::net::IpAddr::V4(address) = address else { unreachable!("every address here is of version 4") };
    let [_, _, high, low] = address.octets();
    NodeIndex(u16::from_be_bytes([high, low]) - 1)
}

/// The virtual clock, since the run began.
#[must_use]
pub fn elapsed() -> Duration {
    Duration::from_nanos(libc_overrides::now_ns())
}
