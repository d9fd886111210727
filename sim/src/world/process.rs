//! Processes on simulated machines: started, called, paused, killed and started again.
//!
//! A process is a madsim node: killing it drops each of its tasks at whatever await it stands, and whoever waits for
//! its answer sees a reset connection. A request becomes a task on the called node after a simulated hop and after its
//! turn in that node's queue.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::deliveries::{Deliveries, Delivery};
use axum::Router;
use axum::body::{Body, HttpBody};
use bytes::Bytes;
use harness::world::hosts::card_gateway::CardGateway;
use harness::world::hosts::search::SearchHost;
use harness::world::network::{Network, NodeIndex};
use harness::world::stage::{Dispatched, ProcessIndex, ReplyTo, Stage, Watch};
use harness::world::station::Station;
use harness::world::time::Timeline;
use harness::world::trace::Hop;
use http::{Request, Response};
use http_body_util::BodyExt;
use madsim::runtime::{Handle, NodeHandle};
use ports::http_port::ServiceName;
use tower::Service;

/// What answers a process's requests.
#[derive(Clone)]
pub enum Server {
    /// One of the platform's own services.
    Platform(Router),
    /// The card gateway, outside the platform.
    CardGateway(Arc<CardGateway>),
    /// The search server, outside the platform.
    Search(Arc<SearchHost>),
}

/// Starts a process, at first and after each crash: spawns it on its node, so that whatever it spawns in turn dies with
/// the node, and lets it take requests through the [`Door`].
pub type Boot = Arc<dyn Fn(&NodeHandle, Door) + Send + Sync>;

/// A starting process's way to begin taking requests.
pub struct Door {
    processes: Processes,
    process: ProcessIndex,
}

impl Door {
    /// From now on `server` answers.
    pub fn open(self, server: Server) {
        self.processes.slots().all[self.process.0].server = Some(server);
    }
}

/// How a process is set up.
pub struct ProcessSpec {
    /// The name shown in faults and traces, such as `flash-sale-1`.
    pub name: String,
    /// The service whose requests it takes; several replicas share one.
    pub service: ServiceName,
    /// Its place on the network.
    pub at: NodeIndex,
    /// Requests it works on at once.
    pub parallelism: usize,
    /// CPU time of one request, in microseconds.
    pub request_us: i64,
    /// Starts it.
    pub boot: Boot,
}

struct Slot {
    spec: ProcessSpec,
    node: NodeHandle,
    server: Option<Server>,
    station: Station,
    /// Counts its deaths: a message to or from an earlier life arrives nowhere.
    life: u32,
}

#[derive(Default)]
struct Slots {
    all: Vec<Slot>,
    /// Where the replicas of each service stand in `all`, in the order in which they were added.
    replicas: BTreeMap<ServiceName, Vec<usize>>,
}

/// All processes of a run, and the way to call them. Cloning shares it.
#[derive(Clone)]
pub struct Processes(Arc<Shared>);

struct Shared {
    slots: Mutex<Slots>,
    deliveries: Deliveries,
    network: Network,
    timeline: Timeline,
    watch: Watch,
}

impl Processes {
    /// No processes yet. Requests arrive once [`Processes::deliver`] runs.
    #[must_use]
    pub fn new(network: Network, timeline: Timeline, watch: Watch) -> Self {
        let deliveries = Deliveries::new(timeline.clone());
        Self(Arc::new(Shared { slots: Mutex::default(), deliveries, network, timeline, watch }))
    }

    fn slots(&self) -> MutexGuard<'_, Slots> {
        self.0.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands over what is on its way as it arrives, for as long as the world runs.
    pub async fn deliver(self) {
        self.0.deliveries.hand_over(&self).await;
    }

    /// Adds a process and starts it.
    pub fn add(&self, spec: ProcessSpec) -> ProcessIndex {
        let node = Handle::current().create_node().name(spec.name.clone()).build();
        let station = Station::new(spec.parallelism);
        let boot = spec.boot.clone();
        let process = {
            let mut slots = self.slots();
            let index = slots.all.len();
            slots.replicas.entry(spec.service).or_default().push(index);
            slots.all.push(Slot { spec, node: node.clone(), server: None, station, life: 0 });
            ProcessIndex(index)
        };
        boot(&node, Door { processes: self.clone(), process });
        process
    }

    /// Where a process is on the network.
    #[must_use]
    pub fn place(&self, process: ProcessIndex) -> NodeIndex {
        self.slots().all[process.0].spec.at
    }

    /// Ends all processes for good. What starts a process, and what answers for it, reach the other processes and the
    /// engines; unless those ties are cut here, a world that is over would stay in memory.
    pub fn end(&self) {
        let slots = std::mem::take(&mut *self.slots());
        for slot in &slots.all {
            Handle::current().kill(slot.node.id());
        }
        self.0.deliveries.forget();
    }
}

impl Stage for Processes {
    fn find(&self, name: &str) -> Option<ProcessIndex> {
        self.slots().all.iter().position(|slot| slot.spec.name == name).map(ProcessIndex)
    }

    fn kill(&self, process: ProcessIndex) {
        let slot = &mut self.slots().all[process.0];
        slot.server = None;
        slot.life += 1;
        Handle::current().kill(slot.node.id());
    }

    fn restart(&self, process: ProcessIndex) {
        let (id, boot) = {
            let slot = &mut self.slots().all[process.0];
            slot.life += 1;
            (slot.node.id(), slot.spec.boot.clone())
        };
        Handle::current().restart(id);
        let node = Handle::current().get_node(id).expect("a node stays known for the whole run");
        self.slots().all[process.0].node = node.clone();
        boot(&node, Door { processes: self.clone(), process });
    }

    fn halt_all_but(&self, service: ServiceName) {
        let processes: Vec<(ProcessIndex, ServiceName)> =
            self.slots().all.iter().enumerate().map(|(at, slot)| (ProcessIndex(at), slot.spec.service)).collect();
        for (process, its_service) in processes {
            self.kill(process);
            if its_service == service {
                self.restart(process);
            }
        }
    }

    fn pause(&self, process: ProcessIndex) {
        Handle::current().pause(self.slots().all[process.0].node.id());
    }

    fn resume(&self, process: ProcessIndex) {
        Handle::current().resume(self.slots().all[process.0].node.id());
    }

    fn send(
        &self,
        from: NodeIndex,
        service: ServiceName,
        draw: u64,
        request: Request<Bytes>,
        reply_to: impl ReplyTo,
    ) -> Dispatched {
        let now_us = self.0.timeline.now_us();
        let mut slots = self.slots();
        let Some(process) = pick(&slots, service, draw) else {
            return Dispatched::Refused(2 * i64::from(CONNECT_REFUSED_US));
        };
        let slot = &mut slots.all[process];
        let to = slot.spec.at;
        let Some(there_us) = self.0.network.delay_us(from, to) else {
            drop(slots);
            reply_to.lose();
            return Dispatched::Silent;
        };
        let start_us = slot.station.serve(now_us + there_us, slot.spec.request_us);
        let end = End { process, life: slot.life };
        drop(slots);
        (self.0.watch)(Hop { at_us: now_us, from, to, arrives_us: start_us }, service, &request);
        self.0.deliveries.add(now_us, start_us, Box::new(Call { end, from, to, request, reply_to }));
        Dispatched::Sent
    }

    fn cut(&self, from: NodeIndex, to: NodeIndex) {
        self.0.network.cut(from, to);
    }

    fn slow(&self, from: NodeIndex, to: NodeIndex, added_us: i64) {
        self.0.network.slow(from, to, added_us);
    }

    fn heal(&self, from: NodeIndex, to: NodeIndex) {
        self.0.network.heal(from, to);
    }
}

/// One way of a connection attempt to a port nobody listens on, in microseconds.
const CONNECT_REFUSED_US: u32 = 150;

/// A balancer's choice: it goes round from a drawn start and skips replicas that refuse the connection.
fn pick(slots: &Slots, service: ServiceName, draw: u64) -> Option<usize> {
    let is_up = |index: &&usize| slots.all[**index].server.is_some();
    let replicas = slots.replicas.get(&service)?;
    let count = replicas.iter().filter(is_up).count();
    let wanted = usize::try_from(draw % u64::try_from(count.max(1)).expect("small")).expect("small");
    replicas.iter().filter(is_up).nth(wanted).copied()
}

/// The serving end of a connection: a process in one of its lives.
#[derive(Clone, Copy)]
struct End {
    process: usize,
    life: u32,
}

impl End {
    /// The process, if it still lives that life.
    fn find(self, slots: &Slots) -> Option<&Slot> {
        slots.all.get(self.process).filter(|slot| slot.life == self.life)
    }
}

/// A request on its way. Dropped, it tells its caller of a reset connection.
struct Call<R> {
    end: End,
    from: NodeIndex,
    to: NodeIndex,
    request: Request<Bytes>,
    reply_to: R,
}

impl<R: ReplyTo> Delivery for Call<R> {
    fn arrive(self: Box<Self>, processes: &Processes) {
        let slots = processes.slots();
        let Some(slot) = self.end.find(&slots) else {
            drop(slots);
            return drop(self);
        };
        let mut server = slot.server.clone().expect("a life begins with a server");
        let processes = processes.clone();
        let work = async move {
            let Self { end, from, to, request, reply_to } = *self;
            let response = server.handle(request).await;
            let Shared { network, timeline, deliveries, .. } = &*processes.0;
            match (response, network.delay_us(to, from)) {
                (Some(response), Some(back_us)) => {
                    let now_us = timeline.now_us();
                    deliveries.add(now_us, now_us + back_us, Box::new(Answer { end, response, reply_to }));
                }
                // Lost on the way: the connection stays open and silent until one end goes away.
                (None, _) | (_, None) => {
                    std::future::pending::<()>().await;
                    drop(reply_to);
                }
            }
        };
        // Boxed, because the runtime moves what it is given several times, and a request is large. The task answers
        // through `reply_to`; its handle has nothing to tell.
        drop(slot.node.spawn(Box::pin(work)));
    }
}

/// An answer on its way: it arrives over the connection, which ends with the process that gave it.
struct Answer<R> {
    end: End,
    response: Response<Bytes>,
    reply_to: R,
}

impl<R: ReplyTo> Delivery for Answer<R> {
    fn arrive(self: Box<Self>, processes: &Processes) {
        let is_open = self.end.find(&processes.slots()).is_some();
        let Self { response, reply_to, .. } = *self;
        if is_open {
            reply_to.answer(response);
        }
    }
}

impl Server {
    /// The answer, or `None` when it never leaves the server.
    async fn handle(&mut self, request: Request<Bytes>) -> Option<Response<Bytes>> {
        match self {
            Self::CardGateway(gateway) => gateway.handle(request).await,
            Self::Search(search) => Some(search.handle(request).await),
            Self::Platform(router) => {
                let mut service = router.as_service::<Body>();
                let Ok(response) = service.call(request.map(Body::from)).await;
                let (parts, body) = response.into_parts();
                Some(Response::from_parts(parts, whole(body).await))
            }
        }
    }
}

/// All of a body. Nearly every one is a single piece, and that piece is taken as it is.
async fn whole(mut body: Body) -> Bytes {
    const WHY: &str = "a body in memory cannot be cut short";
    let Some(first) = body.frame().await else { return Bytes::new() };
    match first.expect(WHY).into_data() {
        Ok(first) if body.is_end_stream() => first,
        Ok(first) => [first, body.collect().await.expect(WHY).to_bytes()].concat().into(),
        Err(_trailers) => Bytes::new(),
    }
}
