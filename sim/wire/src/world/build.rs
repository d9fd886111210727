//! Puts a world together: engines first, then the platform's processes, each on a machine of its own.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use arrivals::{Purpose, generator};
use checkers::Limits;
use harness::world::crowd::Crowd;
use harness::world::faults::{PoolGates, Targets};
use harness::world::hosts::card_gateway::CardGateway;
use harness::world::hosts::kafka::KafkaHost;
use harness::world::hosts::postgres::PostgresHost;
use harness::world::hosts::redis::RedisHost;
use harness::world::network::{Network, NodeIndex};
use harness::world::observer::Observer;
use harness::world::plan::{PARTITIONS, Plan, World, connections_of, request_costs, roles_of};
use harness::world::settings::{self, PoolOptions};
use harness::world::time::{ProcessClock, RuntimeClock, Timeline};
use harness::world::trace::Trace;
use platform::bugs::Bugs;
use platform::config::Config;
use platform::context::Context;
use platform::messages::{CARD_GATEWAY, ORDER_TOPIC};
use platform::metrics::Metrics;
use platform::roles::{self, Role};
use platform::texts::Texts;
use ports::clock::Clock;
use ports::entropy::Entropy;
use ports::http_port::ServiceName;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;
use scenario::Host;

use super::disturbances::Disturbances;
use super::fabric::{self, Engine, Fabric};
use super::machine::Boot;
use super::packets::Packets;
use super::process::{ProcessSpec, Processes};
use crate::clients::events;
use crate::clients::http::{Connections, WireHttp};
use crate::clients::redis::WireRedis;
use crate::clients::sql::WirePool;
use crate::servers;
use crate::servers::http::{Cpu, Server};

/// The world, with what belongs to this one.
pub struct WireWorld {
    /// What every world has.
    pub world: World<Processes>,
    /// The machines and the packets between them.
    pub fabric: Fabric,
    /// Where the engines are.
    pub engines_at: EnginesAt,
    /// Where shoppers and the observer are.
    pub stage: NodeIndex,
}

/// Where each engine's server is.
#[derive(Debug, Clone, Copy)]
pub struct EnginesAt {
    /// Postgres.
    pub postgres: NodeIndex,
    /// Redis.
    pub redis: NodeIndex,
    /// Kafka.
    pub kafka: NodeIndex,
}

/// Gives out places on the network and streams of randomness, in a fixed order.
struct Builder<'a> {
    plan: &'a Plan,
    entropy: ChaCha8Rng,
    timeline: Timeline,
    network: Network,
    disturbances: Disturbances,
    observer: Observer,
    processes: Processes,
    config: Arc<Config>,
    next_place: u16,
    places: Vec<(Host, NodeIndex)>,
    boots: Vec<(NodeIndex, Boot)>,
    engines: Vec<(NodeIndex, Engine)>,
    clocks: Vec<(String, Arc<ProcessClock>)>,
    metrics: Vec<(String, Metrics)>,
    pools: PoolGates,
}

/// The engines' hosts.
struct Engines {
    postgres: Arc<PostgresHost>,
    redis: Arc<RedisHost>,
    kafka: Arc<KafkaHost>,
    card_gateway: Arc<CardGateway>,
    at: EnginesAt,
}

/// Builds the world of a plan.
///
/// # Errors
/// When the migrations or the first rows are refused by the engine: the text and the refusal.
pub fn build(plan: &Plan, trace: Trace) -> Result<WireWorld, String> {
    let timeline = Timeline::begin(RuntimeClock::reading(fabric::elapsed), settings::opening_us(&plan.scenario));
    let mut entropy = generator(plan.seed, Purpose::World);
    let network = Network::new(settings::network(&plan.scenario), entropy.next_u64());
    let limits = settings::limits(&plan.scenario);
    let observer = Observer::new(&limits, plan.texts.scripts(), trace);
    let disturbances = Disturbances::new(observer.clone(), entropy.next_u64());
    let processes = Processes::new(network.clone(), disturbances.clone(), timeline.clone(), observer.watch());
    let mut builder = Builder {
        plan,
        entropy,
        timeline,
        network,
        disturbances,
        observer,
        processes,
        config: Arc::new(settings::platform_config(&plan.scenario, plan.strategy)),
        next_place: 0,
        places: Vec::new(),
        boots: Vec::new(),
        engines: Vec::new(),
        clocks: Vec::new(),
        metrics: Vec::new(),
        pools: PoolGates::default(),
    };
    let engines = builder.engines()?;
    for (role, host, replicas) in roles_of(&plan.scenario) {
        for replica in 0..replicas {
            builder.process(role, host, replica, engines.at);
        }
    }
    Ok(builder.finish(engines, limits))
}

impl Builder<'_> {
    fn place(&mut self, host: Option<Host>) -> NodeIndex {
        let place = NodeIndex(self.next_place);
        self.next_place += 1;
        self.places.extend(host.map(|host| (host, place)));
        place
    }

    fn engines(&mut self) -> Result<Engines, String> {
        let postgres = self.postgres()?;
        let redis = self.redis();
        let kafka = self.kafka();
        let costs = settings::card_gateway_costs(&self.plan.scenario);
        let (timeline, observer) = (self.timeline.clone(), self.observer.clone());
        let card_gateway = CardGateway::new(costs, timeline, observer, self.entropy.next_u64());
        self.card_gateway_process(&card_gateway);
        let at = EnginesAt { postgres: postgres.place(), redis: redis.place(), kafka: kafka.place() };
        Ok(Engines { postgres, redis, kafka, card_gateway, at })
    }

    fn postgres(&mut self) -> Result<Arc<PostgresHost>, String> {
        let plan = self.plan;
        let at = self.place(Some(Host::Postgres));
        let postgres = PostgresHost::new(
            at,
            settings::postgres_costs(&plan.scenario),
            Network::none(),
            self.timeline.clone(),
            self.observer.clone(),
            plan.syntax_trees.clone(),
            self.entropy.next_u64(),
        );
        for (name, script) in plan.texts.migrations() {
            postgres.prepare(script).map_err(|error| format!("{name}: {error}"))?;
        }
        let rows = settings::first_rows(&plan.scenario, plan.strategy);
        postgres.prepare(&rows).map_err(|error| format!("the first rows: {error}"))?;
        let host = postgres.clone();
        let boot: Boot = Arc::new(move || {
            drop(tokio::spawn(host.clone().keep_time()));
            drop(tokio::spawn(servers::postgres::serve(host.clone())));
        });
        self.engines.push((at, Engine::new(postgres.life(), boot)));
        Ok(postgres)
    }

    fn redis(&mut self) -> Arc<RedisHost> {
        let at = self.place(Some(Host::Redis));
        let (scenario, faults) = (&self.plan.scenario, &self.plan.drawn.faults);
        let (config, costs) = (settings::redis_config(scenario, faults), settings::redis_costs(scenario));
        let (timeline, observer) = (self.timeline.clone(), self.observer.clone());
        let redis = RedisHost::new(at, config, costs, Network::none(), timeline, observer, self.entropy.next_u64());
        let (host, observer) = (redis.clone(), self.observer.clone());
        let boot: Boot = Arc::new(move || {
            drop(tokio::spawn(host.clone().keep_time()));
            drop(tokio::spawn(servers::redis::serve(host.clone(), observer.clone())));
        });
        self.engines.push((at, Engine::new(redis.life(), boot)));
        redis
    }

    fn kafka(&mut self) -> Arc<KafkaHost> {
        let at = self.place(Some(Host::Kafka));
        let costs = settings::kafka_costs(&self.plan.scenario);
        let (timeline, observer) = (self.timeline.clone(), self.observer.clone());
        let topics = [(ORDER_TOPIC, PARTITIONS)];
        let kafka = KafkaHost::new(at, &topics, costs, Network::none(), timeline, observer, self.entropy.next_u64());
        let host = kafka.clone();
        let boot: Boot = Arc::new(move || {
            drop(tokio::spawn(host.clone().keep_time()));
            drop(tokio::spawn(servers::kafka::serve(host.clone())));
        });
        self.boots.push((at, boot));
        kafka
    }

    fn card_gateway_process(&mut self, card_gateway: &Arc<CardGateway>) {
        let at = self.place(Some(Host::CardGateway));
        let (gateway, processes) = (card_gateway.clone(), self.processes.clone());
        let parallelism = usize::try_from(self.plan.scenario.calibration.payments.parallelism).expect("32 bits");
        let cpu = Cpu::new(parallelism, 0, self.timeline.clone());
        let boot: Boot = Arc::new(move || {
            processes.forget_connections(at);
            drop(tokio::spawn(gateway.clone().deliver_webhooks(processes.clone(), at)));
            drop(tokio::spawn(servers::http::serve(Server::CardGateway(gateway.clone()), cpu.clone())));
        });
        self.processes.add(ProcessSpec { name: "card-gateway".to_owned(), service: CARD_GATEWAY, at, boot });
    }

    fn process(&mut self, role: Role, host: Option<Host>, replica: u32, engines: EnginesAt) {
        let at = self.place(host);
        let name = format!("{}-{replica}", role.name());
        let clock = ProcessClock::new(self.timeline.clone());
        let metrics = Metrics::default();
        self.clocks.push((name.clone(), clock.clone()));
        self.metrics.push((name.clone(), metrics.clone()));
        let scenario = &self.plan.scenario;
        let (request_us, parallelism) = request_costs(role, scenario);
        let parts = Parts {
            role,
            at,
            engines,
            pool: settings::pool(connections_of(role, scenario)),
            processes: self.processes.clone(),
            entropy: Entropy::from_seed(self.entropy.next_u64()),
            cpu: Cpu::new(parallelism, request_us, self.timeline.clone()),
            clock,
            metrics,
            config: self.config.clone(),
            texts: self.plan.texts.clone(),
            bugs: Bugs::with(&self.plan.bugs),
            pools: self.pools.clone(),
        };
        let boot: Boot = Arc::new(move || parts.boot());
        self.processes.add(ProcessSpec { name, service: ServiceName(role.name()), at, boot });
    }

    fn finish(mut self, engines: Engines, limits: Limits) -> WireWorld {
        let stage = self.place(Some(Host::Shoppers));
        let skus: Vec<String> = limits.skus.iter().map(|sku| sku.sku.clone()).collect();
        let crowd = Crowd::new(
            settings::habits(&self.plan.scenario),
            &skus,
            self.processes.clone(),
            stage,
            self.timeline.clone(),
            self.observer.clone(),
            self.entropy.next_u64(),
        );
        let packets = Packets::new(self.network, self.disturbances, self.observer.clone());
        let mut fabric = Fabric::new(self.next_place, packets, self.engines, self.observer.clone());
        let nothing: Boot = Arc::new(|| {});
        self.boots.push((stage, nothing));
        for (at, boot) in &self.boots {
            fabric.start(*at, boot);
        }
        let targets = Targets {
            catalog: None,
            timeline: self.timeline.clone(),
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
        let (timeline, observer) = (self.timeline, self.observer);
        let world = World { timeline, observer, crowd, shop: None, targets, metrics: self.metrics, limits };
        WireWorld { world, fabric, engines_at: engines.at, stage }
    }
}

/// How long a process tries to reach Redis.
pub const REDIS_CONNECT_TIMEOUT: Duration = Duration::from_millis(250);

/// What one process is started from, each time it starts.
struct Parts {
    role: Role,
    at: NodeIndex,
    engines: EnginesAt,
    pool: PoolOptions,
    processes: Processes,
    entropy: Entropy,
    cpu: Cpu,
    clock: Arc<ProcessClock>,
    metrics: Metrics,
    config: Arc<Config>,
    texts: Texts,
    bugs: Bugs,
    pools: PoolGates,
}

impl Parts {
    fn boot(&self) {
        let pool = WirePool::new(self.engines.postgres, self.pool, self.bugs);
        self.pools.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::downgrade(&pool.permits()));
        let clock: Arc<dyn Clock> = self.clock.clone();
        let connections = Connections::new(self.processes.clone(), self.at);
        let context = Context {
            sql: Arc::new(pool),
            redis: Arc::new(WireRedis::new(self.engines.redis, REDIS_CONNECT_TIMEOUT)),
            events: Arc::new(events::log(self.engines.kafka, self.bugs)),
            http: Arc::new(WireHttp::new(connections, self.entropy.fork())),
            clock,
            entropy: self.entropy.fork(),
            texts: self.texts.clone(),
            config: self.config.clone(),
            bugs: self.bugs,
            metrics: self.metrics.clone(),
        };
        let (role, cpu) = (self.role, self.cpu.clone());
        drop(tokio::spawn(async move {
            let process = roles::build(role, context);
            for worker in process.workers {
                drop(tokio::spawn(worker.future));
            }
            servers::http::serve(Server::Platform(process.router), cpu).await;
        }));
    }
}
