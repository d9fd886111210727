//! The Postgres engine beside Postgres 15: every rule on the server too, and two thousand random programs.

#[macro_use]
#[path = "../../engines/postgres/tests/rules/list.rs"]
mod list;

use std::sync::OnceLock;

use differential::Campaign;
use differential::postgres::{Address, PostgresPair, run_on_server};
use testbed::{Postgres, PostgresOptions};

/// Programs in the suite; the binary runs more.
const PROGRAMS: u64 = 2_000;

/// One server for all tests of this file. None is a failure.
fn address() -> Address {
    static SERVER: OnceLock<Postgres> = OnceLock::new();
    let server = SERVER.get_or_init(|| {
        let settings =
            [("autovacuum", "off"), ("max_connections", "300")].map(|(name, value)| (name.into(), value.into()));
        let options = PostgresOptions { settings: settings.to_vec(), ..PostgresOptions::default() };
        Postgres::start_with(&options).expect("these tests need a real Postgres")
    });
    Address { at: format!("127.0.0.1:{}", server.port()), user: "postgres".into(), database: "postgres".into() }
}

macro_rules! rules {
    ($($name:ident: $file:literal),+ $(,)?) => {
        $(
            #[test]
            fn $name() {
                let program = include_str!(concat!("../../engines/postgres/tests/rules/", $file));
                let problem = run_on_server(&address(), stringify!($name), program).expect("the server answers");
                assert_eq!(problem, None, "{}", problem.clone().unwrap_or_default());
            }
        )+
    };
}

with_every_rule!(rules);

#[test]
fn two_thousand_random_programs_agree() {
    let address = address();
    let campaign = Campaign { seed: 1, programs: PROGRAMS, workers: 8, max_findings: 1 };
    let outcome = campaign.run(|worker| PostgresPair::open(&address, worker)).expect("the server answers");
    println!("{}", outcome.tally);
    if let Some(finding) = outcome.findings.first() {
        panic!(
            "engine and server differ; {finding}\nrepeat with: differential postgres --programs 1 --seed {}",
            finding.seed
        );
    }
    for rare in ["error 40P01", "error 40001", "error 55P03", "statements that waited", "steps that woke several"] {
        assert!(outcome.tally.get(rare) > 0, "no program reached: {rare}");
    }
}
