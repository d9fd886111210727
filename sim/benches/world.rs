//! What the simulated world costs: a hop on the network, a small sale, and Prime Day.
//!
//! The hop is set against a bare task of the same runtime, so that its price is a ratio and not a machine's figure.

#[cfg(madsim)]
mod worlds {
    use std::sync::Arc;
    use std::time::Duration;

    use bytes::Bytes;
    use criterion::{BenchmarkId, Criterion, Throughput};
    use harness::player::Player;
    use harness::run::{Progress, RunOptions};
    use harness::world::network::{Network, NetworkOptions, NodeIndex};
    use harness::world::stage::Stage;
    use harness::world::time::{RuntimeClock, Timeline};
    use http::{Request, Response};
    use madsim::Config;
    use madsim::runtime::{NodeHandle, Runtime};
    use platform::texts::Texts;
    use ports::http_port::ServiceName;
    use scenario::Scenario;
    use sim::run::Sim;
    use sim::world::process::{Door, ProcessSpec, Processes, Server};

    const REQUESTS: u32 = 10_000;
    const ECHO: ServiceName = ServiceName("echo");

    fn scenario(name: &str) -> Scenario {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../scenarios/{name}.toml"));
        Scenario::load(&path).expect("the scenario is valid")
    }

    fn bare_tasks() {
        Runtime::with_seed_and_config(1, Config::default()).block_on(async {
            for _ in 0..REQUESTS {
                let task = tokio::spawn(async {
                    tokio::time::sleep(Duration::from_micros(250)).await;
                    tokio::time::sleep(Duration::from_micros(250)).await;
                });
                task.await.expect("the task does not panic");
            }
        });
    }

    fn hops() {
        Runtime::with_seed_and_config(1, Config::default()).block_on(async {
            let options =
                NetworkOptions { latency_min_us: 100, latency_mean_us: 250, drop_ppm: 0, retransmit_us: 200_000 };
            let processes = Processes::new(
                Network::new(options, 1),
                Timeline::begin(RuntimeClock::start(), 0),
                Arc::new(|_, _, _| {}),
            );
            let router = axum::Router::new().route("/", axum::routing::get(|| async { "" }));
            processes.add(ProcessSpec {
                name: "echo".to_owned(),
                service: ECHO,
                at: NodeIndex(1),
                parallelism: 4,
                request_us: 10,
                boot: Arc::new(move |_: &NodeHandle, door: Door| door.open(Server::Platform(router.clone()))),
            });
            tokio::spawn(processes.clone().deliver());
            for _ in 0..REQUESTS {
                let (sender, answer) = tokio::sync::oneshot::channel::<Response<Bytes>>();
                let request = Request::get("/").body(Bytes::new()).expect("a plain request");
                processes.send(NodeIndex(0), ECHO, 0, request, sender);
                answer.await.expect("the echo answers");
            }
        });
    }

    fn options() -> RunOptions {
        RunOptions {
            texts: Texts::embedded(),
            bugs: Vec::new(),
            strategy: None,
            stop_when_unsafe: false,
            syntax_trees: postgres_engine::SyntaxTrees::default(),
            git_commit: None,
            repeat_command: String::new(),
        }
    }

    pub(crate) fn all(criterion: &mut Criterion) {
        let mut hop = criterion.benchmark_group("network");
        hop.throughput(Throughput::Elements(u64::from(REQUESTS))).sample_size(20);
        hop.bench_function("bare task with two timers", |bencher| bencher.iter(bare_tasks));
        hop.bench_function("request and answer", |bencher| bencher.iter(hops));
        hop.finish();

        let mut sales = criterion.benchmark_group("sale");
        sales.sample_size(10).measurement_time(Duration::from_secs(60));
        for name in ["prime-day-small", "prime-day"] {
            let scenario = scenario(name);
            let mut seed = 41;
            sales.bench_function(BenchmarkId::from_parameter(name), |bencher| {
                bencher.iter(|| {
                    seed += 1;
                    Sim.play(&scenario, seed, &options(), None, &Arc::new(Progress::default()))
                        .expect("the run can be made")
                });
            });
        }
        sales.finish();
    }
}

#[cfg(madsim)]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[cfg(madsim)]
criterion::criterion_group!(benches, worlds::all);
#[cfg(madsim)]
criterion::criterion_main!(benches);

#[cfg(not(madsim))]
fn main() {
    eprintln!("the simulated world is built with --cfg madsim; see README.md for the command");
    std::process::exit(2);
}
