//! Many hostile clients at once, beside a sale that goes on; and what is left of them.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arrivals::{Purpose, generator};
use harness::run::{RunError, RunOptions};
use harness::world::time::Timeline;
use ports::http_port::ServiceName;
use rand_chacha::rand_core::Rng;
use record::RunRecord;
use scenario::Scenario;

use super::attack::Attack;
use super::client::{self, Met};
use crate::run;
use crate::world::fabric::address;
use crate::world::process::Processes;

/// Hostile clients of one kind, who all come while the sale begins.
#[derive(Debug, Clone, Copy)]
pub struct Siege {
    /// What each does.
    pub attack: Attack,
    /// How many there are.
    pub clients: u32,
    /// From whose streams their moments are drawn.
    pub seed: u64,
}

/// All clients come within this time, in milliseconds.
const COME_WITHIN_MS: u64 = 2_000;

/// What is left when a siege is over and everything had the time to end.
#[derive(Debug)]
pub struct Aftermath {
    /// The sale beside it, judged.
    pub record: RunRecord,
    /// What each client met with.
    pub met: Vec<Met>,
    /// What each gateway still has.
    pub left: Vec<Left>,
}

/// What a gateway has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Left {
    /// Connections that it has taken and not closed.
    pub connections: usize,
    /// Bytes in the system's buffers of those connections.
    pub buffered: usize,
    /// Tasks of its process.
    pub tasks: usize,
}

/// How long after everything is over the gateways are looked at.
pub const LOOK_AFTER: Duration = Duration::from_secs(45);

/// Plays a seed of a scenario under a siege, or without one.
///
/// # Errors
/// When the platform's texts are refused by the engines.
pub fn lay(scenario: &Scenario, seed: u64, options: &RunOptions, siege: Option<Siege>) -> Result<Aftermath, RunError> {
    let met = Arc::new(Mutex::new(Vec::new()));
    let beside = siege.map(|siege| Beside { siege, met: met.clone() });
    let (record, left) = run::play_besieged(scenario, seed, options, beside)?;
    let met = std::mem::take(&mut *met.lock().unwrap_or_else(PoisonError::into_inner));
    Ok(Aftermath { record, met, left })
}

/// A siege, and where its clients put down what they met.
#[derive(Clone)]
pub struct Beside {
    siege: Siege,
    met: Arc<Mutex<Vec<Met>>>,
}

/// The service under siege.
pub const GATEWAY: ServiceName = ServiceName("gateway");

impl Beside {
    /// Lets all clients come once the doors are open, and ends when each has met its end.
    pub async fn run(self, processes: Processes, timeline: Timeline) {
        timeline.sleep_until(0).await;
        let Siege { attack, clients, seed } = self.siege;
        let mut entropy = generator(seed, Purpose::World);
        let gateways = processes.replicas(GATEWAY);
        let mut playing = Vec::new();
        for number in 0..clients {
            let comes = Duration::from_millis(entropy.next_u64() % COME_WITHIN_MS);
            let leaves = attack.leaves_within().map(|longest| longest.mul_f64(f64::from(number % 101) / 100.0));
            let gateway = address(gateways[usize::try_from(number).expect("32 bits") % gateways.len()]);
            let (tell, told) = tokio::sync::oneshot::channel();
            drop(tokio::spawn(async move {
                tokio::time::sleep(comes).await;
                let (met, connection) = client::play(attack, number, gateway, leaves).await;
                drop(tell.send(met));
                if let Some(_open) = connection {
                    std::future::pending::<()>().await;
                }
            }));
            playing.push(told);
        }
        for told in playing {
            let met = told.await.expect("a client is not dropped before it has met its end");
            self.met.lock().unwrap_or_else(PoisonError::into_inner).push(met);
        }
    }
}
