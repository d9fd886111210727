//! The Redis engine beside Redis 7: the rules on the server too, and two thousand random programs.

use differential::Campaign;
use differential::redis::{RedisPair, run_on_server};
use testbed::{Persistence, Redis};

/// Programs in the suite; the binary runs more.
const PROGRAMS: u64 = 2_000;

/// Servers of the test's own, one per worker: they are emptied again and again. None is a failure.
const SERVERS: usize = 3;

fn start() -> Redis {
    Redis::start(Persistence::None).expect("these tests need a real Redis")
}

fn address(server: &Redis) -> String {
    format!("127.0.0.1:{}", server.port())
}

macro_rules! rules {
    ($($name:ident: $file:literal),+ $(,)?) => {
        $(
            #[test]
            fn $name() {
                let mut server = start();
                let address = address(&server);
                let program =
                    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../engines/redis/tests/rules/", $file));
                let problem = run_on_server(&address, program, || server.restart().expect("the server restarts"));
                let problem = problem.expect("the server answers");
                assert_eq!(problem, None, "{}", problem.clone().unwrap_or_default());
            }
        )+
    };
}

include!("../../engines/redis/tests/rules/list.rs");

#[test]
fn two_thousand_random_programs_agree() {
    let servers: Vec<Redis> = (0..SERVERS).map(|_| start()).collect();
    let campaign = Campaign { seed: 1, programs: PROGRAMS, workers: SERVERS, max_findings: 1 };
    let outcome = campaign.run(|worker| RedisPair::open(&address(&servers[worker]))).expect("the server answers");
    println!("{}", outcome.tally);
    if let Some(finding) = outcome.findings.first() {
        panic!(
            "engine and server differ; {finding}\nrepeat with: testbed run --only redis -- \
             sh -c 'differential redis --servers $TESTBED_REDIS --programs 1 --seed {}'",
            finding.seed
        );
    }
    for rare in ["error NOSCRIPT", "error EXECABORT", "error WRONGTYPE", "pauses", "command EVALSHA", "command WATCH"] {
        assert!(outcome.tally.get(rare) > 0, "no program reached: {rare}");
    }
}
