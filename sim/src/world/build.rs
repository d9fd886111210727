//! Puts a world together: engines first, then the platform's processes, each on a node of its own.

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
use harness::world::shop::{self, Shop};
use harness::world::time::{ProcessClock, RuntimeClock, Timeline};
use harness::world::trace::Trace;
use madsim::runtime::{Handle, NodeHandle};
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

use super::adapters::events;
use super::adapters::http::SimHttp;
use super::adapters::redis::SimRedis;
use super::adapters::sql::SimPool;
use super::process::{Boot, Door, ProcessSpec, Processes, Server};

/// The world, with what belongs to madsim.
pub struct SimWorld {
    /// What every world has.
    pub world: World<Processes>,
    /// Where the observer itself is on the network.
    pub observer_at: NodeIndex,
    /// The node of all that is no process: the engines' clocks, shoppers, faults.
    pub stage: NodeHandle,
}

impl SimWorld {
    /// Ends everything that still runs, so that nothing keeps the world in memory. The observer and the tallies stay
    /// readable.
    pub async fn end(&self) {
        self.world.targets.processes.end();
        Handle::current().kill(self.stage.id());
        // The runtime drops the tasks of dead nodes when their turn comes.
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Gives out places on the network and streams of randomness, in a fixed order.
struct Builder<'a> {
    plan: &'a Plan,
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
    catalog: Option<Arc<PostgresHost>>,
    redis: Arc<RedisHost>,
    kafka: Arc<KafkaHost>,
    card_gateway: Arc<CardGateway>,
}

/// Builds the world of a plan. Runs inside the simulation.
///
/// # Errors
/// When the migrations or the first rows are refused by the engine: the text and the refusal.
pub fn build(plan: &Plan, trace: Trace) -> Result<SimWorld, String> {
    let timeline = Timeline::begin(RuntimeClock::start(), settings::opening_us(&plan.scenario));
    let mut entropy = generator(plan.seed, Purpose::World);
    let network = Network::new(settings::network(&plan.scenario), entropy.next_u64());
    let shop = settings::shop_limits(&plan.scenario, &plan.drawn.faults);
    let limits = Limits { shop, ..settings::limits(&plan.scenario) };
    let observer = Observer::new(&limits, plan.texts.scripts(), trace.clone());
    let processes = Processes::new(network.clone(), timeline.clone(), observer.watch());
    let mut builder = Builder {
        plan,
        entropy,
        timeline,
        network,
        observer,
        processes,
        config: Arc::new(settings::platform_config(&plan.scenario, plan.strategy)),
        next_place: 0,
        places: Vec::new(),
        clocks: Vec::new(),
        metrics: Vec::new(),
        pools: PoolGates::default(),
        stage: Handle::current().create_node().name("stage").build(),
    };
    let engines = builder.engines()?;
    for (role, host, replicas) in roles_of(&plan.scenario) {
        for replica in 0..replicas {
            builder.process(role, host, replica, &engines);
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
        let (plan, timeline) = (self.plan, self.timeline.clone());
        let (network, observer) = (self.network.clone(), self.observer.clone());
        let at = self.place(Some(Host::Postgres));
        let costs = settings::postgres_costs(&plan.scenario);
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
        let rows = settings::first_rows(&plan.scenario, plan.strategy);
        postgres.prepare(&rows).map_err(|error| format!("the first rows: {error}"))?;
        let catalog = self.catalog(seed)?;
        let at = self.place(Some(Host::Redis));
        let config = settings::redis_config(&plan.scenario, &plan.drawn.faults);
        let costs = settings::redis_costs(&plan.scenario);
        let seed = self.entropy.next_u64();
        let redis = RedisHost::new(at, config, costs, network.clone(), timeline.clone(), observer.clone(), seed);
        let at = self.place(Some(Host::Kafka));
        let costs = settings::kafka_costs(&plan.scenario);
        let topics = [(ORDER_TOPIC, PARTITIONS)];
        let seed = self.entropy.next_u64();
        let kafka = KafkaHost::new(at, &topics, costs, network, timeline.clone(), observer.clone(), seed);
        let costs = settings::card_gateway_costs(&plan.scenario);
        let card_gateway = CardGateway::new(costs, timeline, observer, self.entropy.next_u64());
        self.card_gateway_process(&card_gateway);
        drop(self.stage.spawn(self.processes.clone().deliver()));
        drop(self.stage.spawn(postgres.clone().keep_time()));
        drop(self.stage.spawn(redis.clone().keep_time()));
        drop(self.stage.spawn(kafka.clone().keep_time()));
        Ok(Engines { postgres, catalog, redis, kafka, card_gateway })
    }

    /// The catalog's database, where there is one. Its seed is made from that of the other: nothing is drawn for it.
    fn catalog(&mut self, seed: u64) -> Result<Option<Arc<PostgresHost>>, String> {
        let plan = self.plan;
        if plan.scenario.browsing.is_none() {
            return Ok(None);
        }
        let catalog = PostgresHost::new(
            self.place(Some(Host::CatalogDatabase)),
            settings::postgres_costs(&plan.scenario),
            self.network.clone(),
            self.timeline.clone(),
            self.observer.of_catalog(&plan.texts),
            plan.syntax_trees.clone(),
            seed.rotate_left(32),
        );
        for (name, script) in plan.texts.catalog_migrations() {
            catalog.prepare(script).map_err(|error| format!("{name}: {error}"))?;
        }
        let rows = shop::first_rows(&plan.scenario);
        catalog.prepare(&rows).map_err(|error| format!("the catalog's first rows: {error}"))?;
        drop(self.stage.spawn(catalog.clone().keep_time()));
        Ok(Some(catalog))
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
        let scenario = &self.plan.scenario;
        let (request_us, parallelism) = request_costs(role, scenario);
        let parts = Parts {
            role,
            at,
            engines: engines.clone(),
            pool: settings::pool(connections_of(role, scenario)),
            processes: self.processes.clone(),
            entropy: Entropy::from_seed(self.entropy.next_u64()),
            clock,
            metrics,
            config: self.config.clone(),
            texts: self.plan.texts.clone(),
            bugs: Bugs::with(&self.plan.bugs),
            pools: self.pools.clone(),
        };
        self.processes.add(ProcessSpec {
            name,
            service: ServiceName(role.name()),
            at,
            parallelism,
            request_us,
            boot: Arc::new(move |node: &NodeHandle, door: Door| parts.boot(node, door)),
        });
    }

    fn finish(mut self, engines: Engines, limits: Limits) -> SimWorld {
        let shoppers_at = self.place(Some(Host::Shoppers));
        let observer_at = self.place(None);
        let skus: Vec<String> = limits.skus.iter().map(|sku| sku.sku.clone()).collect();
        let crowd = Crowd::new(
            settings::habits(&self.plan.scenario),
            &skus,
            self.processes.clone(),
            shoppers_at,
            self.timeline.clone(),
            self.observer.clone(),
            self.entropy.next_u64(),
        );
        let shop = engines.catalog.clone().map(|catalog| {
            Shop::new(shop::Setup {
                scenario: self.plan.scenario.clone(),
                seed: self.plan.seed,
                processes: self.processes.clone(),
                at: shoppers_at,
                timeline: self.timeline.clone(),
                observer: self.observer.clone(),
                crowd: crowd.clone(),
                catalog,
                orders: engines.postgres.clone(),
            })
        });
        let targets = Targets {
            catalog: engines.catalog,
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
        let world = World { timeline, observer, crowd, shop, targets, metrics: self.metrics, limits };
        SimWorld { world, observer_at, stage: self.stage }
    }
}

/// How long a process tries to reach Redis.
const REDIS_CONNECT_TIMEOUT: Duration = Duration::from_millis(250);

/// What one process is started from, each time it starts.
struct Parts {
    role: Role,
    at: NodeIndex,
    engines: Engines,
    pool: PoolOptions,
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
        let database = match (self.role, &self.engines.catalog) {
            (Role::Catalog, Some(catalog)) => catalog,
            _ => &self.engines.postgres,
        };
        let pool = SimPool::new(database.clone(), self.at, self.pool);
        self.pools.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::downgrade(&pool.permits()));
        let clock: Arc<dyn Clock> = self.clock.clone();
        let context = Context {
            sql: Arc::new(pool),
            redis: Arc::new(SimRedis::new(self.engines.redis.clone(), self.at, REDIS_CONNECT_TIMEOUT)),
            events: Arc::new(events::log(self.engines.kafka.clone(), self.at)),
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
