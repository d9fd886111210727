//! Puts a world together: engines first, then the platform's processes, each on a node of its own.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use arrivals::{Purpose, generator};
use checkers::Limits;
use madsim::runtime::{Handle, NodeHandle};
use platform::bugs::Bugs;
use platform::config::{CommitStrategy, Config};
use platform::context::Context;
use platform::messages::{CARD_GATEWAY, ORDER_TOPIC};
use platform::metrics::{Counter, Metrics};
use platform::roles::{self, Role};
use platform::texts::Texts;
use ports::clock::Clock;
use ports::entropy::Entropy;
use ports::http_port::ServiceName;
use postgres_engine::SyntaxTrees;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;
use scenario::{Drawn, Host, Scenario};

use super::adapters::events::SimLog;
use super::adapters::http::SimHttp;
use super::adapters::redis::SimRedis;
use super::adapters::sql::SimPool;
use super::crowd::Crowd;
use super::faults::{PoolGates, Targets};
use super::hosts::card_gateway::CardGateway;
use super::hosts::kafka::KafkaHost;
use super::hosts::postgres::PostgresHost;
use super::hosts::redis::RedisHost;
use super::network::{Network, NodeIndex};
use super::observer::Observer;
use super::process::{Boot, Door, ProcessSpec, Processes, Server};
use super::settings;
use super::time::{ProcessClock, Timeline};
use super::trace::Trace;

/// What a run is made of.
pub struct Plan<'a> {
    /// The scenario.
    pub scenario: &'a Scenario,
    /// The seed.
    pub seed: u64,
    /// What the seed decided.
    pub drawn: Drawn,
    /// The platform's statements and scripts.
    pub texts: Texts,
    /// Known bugs that are switched on.
    pub bugs: Bugs,
    /// The commit strategy, settled.
    pub strategy: CommitStrategy,
    /// Statements that earlier runs have parsed.
    pub syntax_trees: SyntaxTrees,
}

/// A world that is ready to run.
pub struct World {
    /// Virtual time.
    pub timeline: Timeline,
    /// Who watches.
    pub observer: Observer,
    /// Shoppers.
    pub crowd: Crowd,
    /// What faults can reach.
    pub targets: Targets,
    /// Counters of every process, by name.
    pub metrics: Vec<(String, Metrics)>,
    /// The platform's statements and scripts.
    pub texts: Texts,
    /// Where the observer itself is on the network.
    pub observer_at: NodeIndex,
    /// What the checkers hold the run to.
    pub limits: Limits,
    /// The node of all that is no process: the engines' clocks, shoppers, faults.
    pub stage: NodeHandle,
}

impl World {
    /// Ends everything that still runs, so that nothing keeps the world in memory. The observer and the tallies stay
    /// readable.
    pub async fn end(&self) {
        self.targets.processes.end();
        Handle::current().kill(self.stage.id());
        // The runtime drops the tasks of dead nodes when their turn comes.
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Partitions of the order topic.
const PARTITIONS: i32 = 6;

/// Gives out places on the network and streams of randomness, in a fixed order.
struct Builder<'a> {
    plan: &'a Plan<'a>,
    entropy: ChaCha8Rng,
    timeline: Timeline,
    network: Network,
    observer: Observer,
    processes: Processes,
    config: Arc<Config>,
    next_place: u16,
    places: Vec<(Host, NodeIndex)>,
    clocks: Vec<(String, Arc<ProcessClock>)>,
    metrics: Vec<(String, Metrics)>,
    pools: PoolGates,
    stage: NodeHandle,
}

/// The engines' hosts.
#[derive(Clone)]
struct Engines {
    postgres: Arc<PostgresHost>,
    redis: Arc<RedisHost>,
    kafka: Arc<KafkaHost>,
    card_gateway: Arc<CardGateway>,
}

/// Builds the world of a plan. Runs inside the simulation.
///
/// # Errors
/// When the migrations or the first rows are refused by the engine: the text and the refusal.
pub fn build(plan: &Plan<'_>, trace: Trace) -> Result<World, String> {
    let timeline = Timeline::begin(settings::opening_us(plan.scenario));
    let mut entropy = generator(plan.seed, Purpose::World);
    let network = Network::new(settings::network(plan.scenario), entropy.next_u64());
    let limits = settings::limits(plan.scenario);
    let observer = Observer::new(&limits, plan.texts.scripts(), trace.clone());
    let processes = Processes::new(network.clone(), timeline.clone(), observer.watch());
    let mut builder = Builder {
        plan,
        entropy,
        timeline,
        network,
        observer,
        processes,
        config: Arc::new(settings::platform_config(plan.scenario, plan.strategy)),
        next_place: 0,
        places: Vec::new(),
        clocks: Vec::new(),
        metrics: Vec::new(),
        pools: PoolGates::default(),
        stage: Handle::current().create_node().name("stage").build(),
    };
    let engines = builder.engines()?;
    for (role, host, replicas) in roles_of(plan.scenario) {
        for replica in 0..replicas {
            builder.process(role, host, replica, &engines);
        }
    }
    Ok(builder.finish(engines, limits))
}

fn roles_of(scenario: &Scenario) -> Vec<(Role, Option<Host>, u32)> {
    let replicas = &scenario.platform.replicas;
    vec![
        (Role::Inventory, Some(Host::Inventory), replicas.inventory),
        (Role::Payments, Some(Host::Payments), replicas.payments),
        (Role::FlashSale, Some(Host::FlashSale), replicas.flash_sale),
        (Role::Orders, Some(Host::Orders), replicas.orders),
        (Role::Compensation, Some(Host::Compensation), replicas.compensation),
        (Role::OutboxRelay, Some(Host::OutboxRelay), replicas.outbox_relay),
        (Role::Notification, Some(Host::Notification), replicas.notification),
        (Role::Analytics, Some(Host::Analytics), replicas.analytics),
        (Role::Warehouse, Some(Host::Warehouse), replicas.warehouse),
        (Role::Gateway, Some(Host::Gateway), replicas.gateway),
    ]
}

impl Builder<'_> {
    fn place(&mut self, host: Option<Host>) -> NodeIndex {
        let place = NodeIndex(self.next_place);
        self.next_place += 1;
        self.places.extend(host.map(|host| (host, place)));
        place
    }

    fn engines(&mut self) -> Result<Engines, String> {
        let (plan, timeline) = (self.plan, self.timeline.clone());
        let (network, observer) = (self.network.clone(), self.observer.clone());
        let at = self.place(Some(Host::Postgres));
        let costs = settings::postgres_costs(plan.scenario);
        let seed = self.entropy.next_u64();
        let postgres = PostgresHost::new(
            at,
            costs,
            network.clone(),
            timeline.clone(),
            observer.clone(),
            plan.syntax_trees.clone(),
            seed,
        );
        for (name, script) in plan.texts.migrations() {
            postgres.prepare(script).map_err(|error| format!("{name}: {error}"))?;
        }
        let rows = settings::first_rows(plan.scenario, plan.strategy);
        postgres.prepare(&rows).map_err(|error| format!("the first rows: {error}"))?;
        let at = self.place(Some(Host::Redis));
        let config = settings::redis_config(plan.scenario, &plan.drawn.faults);
        let costs = settings::redis_costs(plan.scenario);
        let seed = self.entropy.next_u64();
        let redis = RedisHost::new(at, config, costs, network.clone(), timeline.clone(), observer.clone(), seed);
        let at = self.place(Some(Host::Kafka));
        let costs = settings::kafka_costs(plan.scenario);
        let topics = [(ORDER_TOPIC, PARTITIONS)];
        let seed = self.entropy.next_u64();
        let kafka = KafkaHost::new(at, &topics, costs, network, timeline.clone(), observer.clone(), seed);
        let costs = settings::card_gateway_costs(plan.scenario);
        let card_gateway = CardGateway::new(costs, timeline, observer, self.entropy.next_u64());
        self.card_gateway_process(&card_gateway);
        drop(self.stage.spawn(postgres.clone().keep_time()));
        drop(self.stage.spawn(redis.clone().keep_time()));
        drop(self.stage.spawn(kafka.clone().keep_time()));
        Ok(Engines { postgres, redis, kafka, card_gateway })
    }

    fn card_gateway_process(&mut self, card_gateway: &Arc<CardGateway>) {
        let at = self.place(Some(Host::CardGateway));
        let (gateway, processes) = (card_gateway.clone(), self.processes.clone());
        let boot: Boot = Arc::new(move |node: &NodeHandle, door: Door| {
            drop(node.spawn(gateway.clone().deliver_webhooks(processes.clone(), at)));
            door.open(Server::CardGateway(gateway.clone()));
        });
        self.processes.add(ProcessSpec {
            name: "card-gateway".to_owned(),
            service: CARD_GATEWAY,
            at,
            parallelism: usize::try_from(self.plan.scenario.calibration.payments.parallelism).expect("32 bits"),
            request_us: 0,
            boot,
        });
    }

    fn process(&mut self, role: Role, host: Option<Host>, replica: u32, engines: &Engines) {
        let at = self.place(host);
        let name = format!("{}-{replica}", role.name());
        let clock = ProcessClock::new(self.timeline.clone());
        let metrics = Metrics::default();
        self.clocks.push((name.clone(), clock.clone()));
        self.metrics.push((name.clone(), metrics.clone()));
        let scenario = self.plan.scenario;
        let pool_size = match role {
            Role::FlashSale => scenario.platform.flash_lane.pool_connections,
            Role::Orders => scenario.platform.ordinary_lane.pool_connections,
            Role::Gateway
            | Role::Inventory
            | Role::Payments
            | Role::OutboxRelay
            | Role::Compensation
            | Role::Notification
            | Role::Analytics
            | Role::Warehouse => WORKER_CONNECTIONS,
        };
        let calibration = &scenario.calibration;
        let costs = if role == Role::Gateway {
            (calibration.gateway.request_us, calibration.gateway.parallelism)
        } else {
            (calibration.service.request_us, calibration.service.parallelism)
        };
        let parts = Parts {
            role,
            at,
            engines: engines.clone(),
            pool: settings::pool(pool_size),
            processes: self.processes.clone(),
            entropy: Entropy::from_seed(self.entropy.next_u64()),
            clock,
            metrics,
            config: self.config.clone(),
            texts: self.plan.texts.clone(),
            bugs: self.plan.bugs,
            pools: self.pools.clone(),
        };
        self.processes.add(ProcessSpec {
            name,
            service: ServiceName(role.name()),
            at,
            parallelism: usize::try_from(costs.1).expect("32 bits"),
            request_us: i64::try_from(costs.0).expect("at most a minute"),
            boot: Arc::new(move |node: &NodeHandle, door: Door| parts.boot(node, door)),
        });
    }

    fn finish(mut self, engines: Engines, limits: Limits) -> World {
        let shoppers_at = self.place(Some(Host::Shoppers));
        let observer_at = self.place(None);
        let skus: Vec<String> = limits.skus.iter().map(|sku| sku.sku.clone()).collect();
        let crowd = Crowd::new(
            settings::habits(self.plan.scenario),
            &skus,
            self.processes.clone(),
            shoppers_at,
            self.timeline.clone(),
            self.observer.clone(),
            self.entropy.next_u64(),
        );
        let targets = Targets {
            timeline: self.timeline.clone(),
            network: self.network,
            processes: self.processes,
            clocks: Arc::new(self.clocks),
            postgres: engines.postgres,
            pools: self.pools,
            redis: engines.redis,
            kafka: engines.kafka,
            card_gateway: engines.card_gateway,
            observer: self.observer.clone(),
            places: Arc::new(self.places),
        };
        World {
            timeline: self.timeline,
            observer: self.observer,
            crowd,
            targets,
            metrics: self.metrics,
            texts: self.plan.texts.clone(),
            observer_at,
            limits,
            stage: self.stage,
        }
    }
}

/// Connections of a process that is no lane.
const WORKER_CONNECTIONS: u32 = 4;
/// How long a process tries to reach Redis.
const REDIS_CONNECT_TIMEOUT: Duration = Duration::from_millis(250);

/// What one process is started from, each time it starts.
struct Parts {
    role: Role,
    at: NodeIndex,
    engines: Engines,
    pool: super::adapters::sql::PoolOptions,
    processes: Processes,
    entropy: Entropy,
    clock: Arc<ProcessClock>,
    metrics: Metrics,
    config: Arc<Config>,
    texts: Texts,
    bugs: Bugs,
    pools: PoolGates,
}

impl Parts {
    fn boot(&self, node: &NodeHandle, door: Door) {
        let pool = SimPool::new(self.engines.postgres.clone(), self.at, self.pool);
        self.pools.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::downgrade(&pool.permits()));
        let clock: Arc<dyn Clock> = self.clock.clone();
        let context = Context {
            sql: Arc::new(pool),
            redis: Arc::new(SimRedis::new(self.engines.redis.clone(), self.at, REDIS_CONNECT_TIMEOUT)),
            events: Arc::new(SimLog::new(self.engines.kafka.clone(), self.at)),
            http: Arc::new(SimHttp::new(self.processes.clone(), self.at, self.entropy.fork())),
            clock,
            entropy: self.entropy.fork(),
            texts: self.texts.clone(),
            config: self.config.clone(),
            bugs: self.bugs,
            metrics: self.metrics.clone(),
        };
        let role = self.role;
        drop(node.spawn(async move {
            let process = roles::build(role, context);
            for worker in process.workers {
                drop(tokio::spawn(worker.future));
            }
            door.open(Server::Platform(process.router));
        }));
    }
}

/// The counters of all processes together.
#[must_use]
pub fn counters(metrics: &[(String, Metrics)]) -> BTreeMap<&'static str, u64> {
    let sum = |counter: Counter| metrics.iter().map(|(_, metrics)| metrics.get(counter)).sum();
    Counter::ALL.iter().map(|counter| (counter.name(), sum(*counter))).collect()
}
