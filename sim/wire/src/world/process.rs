//! Processes as the crowd, the card gateway and faults reach them: over TCP, and by orders to whoever runs the machines.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use harness::world::network::{Network, NodeIndex};
use harness::world::stage::{Dispatched, Disturbance, ProcessIndex, ReplyTo, Stage, Watch};
use harness::world::time::Timeline;
use harness::world::trace::Hop;
use http::Request;
use platform::time_limit::within;
use ports::http_port::ServiceName;

use super::disturbances::Disturbances;
use super::machine::Boot;
use crate::clients::http::Connections;

/// How a process is set up.
pub struct ProcessSpec {
    /// The name shown in faults and traces, such as `flash-sale-1`.
    pub name: String,
    /// The service whose requests it takes; several replicas share one.
    pub service: ServiceName,
    /// Its machine.
    pub at: NodeIndex,
    /// Starts it.
    pub boot: Boot,
}

/// What is to be done to a machine before it is run again.
pub enum Order {
    /// Start a process on it, ending the one that runs.
    Start(Boot),
    /// End its process.
    Kill,
    /// Stop its process where it stands.
    Pause,
    /// Let its process go on.
    Resume,
}

#[derive(Default)]
struct State {
    all: Vec<ProcessSpec>,
    /// Where the replicas of each service are, in the order in which they were added.
    replicas: BTreeMap<ServiceName, Arc<[NodeIndex]>>,
    orders: VecDeque<(NodeIndex, Order)>,
    /// Connections of those who are no process: shoppers, and the card gateway with its webhooks.
    outside: BTreeMap<NodeIndex, Connections>,
}

/// All processes of a run. Cloning shares it.
#[derive(Clone)]
pub struct Processes {
    state: Arc<Mutex<State>>,
    network: Network,
    disturbances: Disturbances,
    timeline: Timeline,
    watch: Watch,
}

impl Processes {
    /// No processes yet.
    #[must_use]
    pub fn new(network: Network, disturbances: Disturbances, timeline: Timeline, watch: Watch) -> Self {
        Self { state: Arc::default(), network, disturbances, timeline, watch }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a process and has it started.
    pub fn add(&self, spec: ProcessSpec) {
        let state = &mut *self.state();
        let replicas = state.replicas.entry(spec.service).or_insert_with(|| Arc::new([]));
        *replicas = replicas.iter().copied().chain([spec.at]).collect();
        state.orders.push_back((spec.at, Order::Start(spec.boot.clone())));
        state.all.push(spec);
    }

    /// The machines on which the replicas of a service run.
    #[must_use]
    pub fn replicas(&self, service: ServiceName) -> Arc<[NodeIndex]> {
        self.state().replicas.get(&service).cloned().unwrap_or_else(|| Arc::new([]))
    }

    /// The oldest order that has not been carried out.
    #[must_use]
    pub fn next_order(&self) -> Option<(NodeIndex, Order)> {
        self.state().orders.pop_front()
    }

    /// Shows the observer a request that is being sent to the machine at `to`.
    pub fn watch(&self, from: NodeIndex, to: NodeIndex, service: ServiceName, request: &Request<Bytes>) {
        let at_us = self.timeline.now_us();
        (self.watch)(Hop { at_us, from, to, arrives_us: at_us }, service, request);
    }

    /// Forgets how processes are started: what starts one reaches all others, and would keep a world that is over in memory.
    pub fn end(&self) {
        *self.state() = State::default();
    }

    fn order(&self, process: ProcessIndex, order: Order) {
        let state = &mut *self.state();
        let at = state.all[process.0].at;
        state.orders.push_back((at, order));
    }

    /// Forgets the connections of whoever is at a place: a process that starts anew has none.
    pub fn forget_connections(&self, at: NodeIndex) {
        let forgotten = self.state().outside.remove(&at);
        drop(forgotten);
    }

    fn outside(&self, from: NodeIndex) -> Connections {
        let connections = || Connections::new(self.clone(), from);
        self.state().outside.entry(from).or_insert_with(connections).clone()
    }
}

/// Whoever sends from outside the platform and has no patience of its own hangs up after this long.
const PATIENCE: Duration = Duration::from_secs(10);

impl Stage for Processes {
    fn find(&self, name: &str) -> Option<ProcessIndex> {
        self.state().all.iter().position(|spec| spec.name == name).map(ProcessIndex)
    }

    fn kill(&self, process: ProcessIndex) {
        self.order(process, Order::Kill);
    }

    fn restart(&self, process: ProcessIndex) {
        let boot = self.state().all[process.0].boot.clone();
        self.order(process, Order::Start(boot));
    }

    fn halt_all_but(&self, service: ServiceName) {
        let processes: Vec<(ProcessIndex, ServiceName)> =
            self.state().all.iter().enumerate().map(|(at, spec)| (ProcessIndex(at), spec.service)).collect();
        for (process, its_service) in processes {
            if its_service == service { self.restart(process) } else { self.kill(process) }
        }
    }

    fn pause(&self, process: ProcessIndex) {
        self.order(process, Order::Pause);
    }

    fn resume(&self, process: ProcessIndex) {
        self.order(process, Order::Resume);
    }

    fn send(
        &self,
        from: NodeIndex,
        service: ServiceName,
        draw: u64,
        request: Request<Bytes>,
        reply_to: impl ReplyTo,
    ) -> Dispatched {
        let connections = self.outside(from);
        let patience = reply_to.patience().unwrap_or(PATIENCE);
        drop(tokio::spawn(async move {
            match within(patience, connections.call(service, draw, request)).await {
                Ok(Ok(response)) => reply_to.answer(response),
                // Dropped without an answer, it tells of a reset connection.
                Ok(Err(_)) => drop(reply_to),
                Err(_elapsed) => reply_to.lose(),
            }
        }));
        Dispatched::Sent
    }

    fn cut(&self, from: NodeIndex, to: NodeIndex) {
        self.network.cut(from, to);
    }

    fn slow(&self, from: NodeIndex, to: NodeIndex, added_us: i64) {
        self.network.slow(from, to, added_us);
    }

    fn heal(&self, from: NodeIndex, to: NodeIndex) {
        self.network.heal(from, to);
    }

    fn disturb(&self, disturbance: Disturbance) {
        self.disturbances.begin(disturbance);
    }

    fn calm(&self, disturbance: &Disturbance) {
        self.disturbances.end(disturbance);
    }
}
