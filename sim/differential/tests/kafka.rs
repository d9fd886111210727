//! The Kafka engine beside a real broker: the named rules on both, and two thousand random programs.

use differential::Campaign;
use differential::kafka::{KafkaPair, RULES};

/// Programs in the suite; the binary runs more.
const PROGRAMS: u64 = 2_000;

/// A broker that other tests may use too. None is a failure.
fn address() -> String {
    testbed::shared::kafka().expect("these tests need a real Kafka")
}

/// Topics and groups that nobody else has.
fn name(purpose: &str) -> String {
    format!("differential-{}-{purpose}", std::process::id())
}

#[test]
fn two_thousand_random_programs_agree() {
    let address = address();
    let campaign = Campaign { seed: 1, programs: PROGRAMS, workers: 4, max_findings: 1 };
    let open = |worker: usize| KafkaPair::open(&address, &name(&worker.to_string()));
    let outcome = campaign.run(open).expect("the broker answers");
    println!("{}", outcome.tally);
    if let Some(finding) = outcome.findings.first() {
        panic!(
            "engine and broker differ; {finding}\nrepeat with: testbed run --only kafka -- \
             sh -c 'differential kafka --server $TESTBED_KAFKA --programs 1 --seed {}'",
            finding.seed
        );
    }
    for rare in [
        "rebalances completed",
        "batches sent again",
        "error 1",
        "error 3",
        "error 10",
        "error 22",
        "error 25",
        "error 27",
        "error 45",
    ] {
        assert!(outcome.tally.get(rare) > 0, "no program reached: {rare}");
    }
}

macro_rules! rules {
    ($($name:ident),+ $(,)?) => {
        mod on_the_engine {
            $(
                #[test]
                fn $name() {
                    super::holds(stringify!($name), None);
                }
            )+
        }

        mod on_the_broker {
            $(
                #[test]
                fn $name() {
                    let pair = differential::kafka::KafkaPair::open(&super::address(), &super::name(stringify!($name)));
                    super::holds(stringify!($name), Some(pair.expect("the broker answers")));
                }
            )+
        }

        #[test]
        fn every_rule_is_a_test_of_both() {
            let named: Vec<&str> = RULES.iter().map(|rule| rule.name).collect();
            assert_eq!(named, [$(stringify!($name)),+]);
        }
    };
}

rules! {
    order_holds_per_partition_only,
    the_committed_offset_is_the_next_to_read,
    a_commit_from_a_stale_generation_is_rejected,
    a_rebalance_before_the_commit_delivers_again,
    idempotence_is_keyed_by_producer_epoch_and_sequence,
}

fn holds(name: &str, broker: Option<KafkaPair>) {
    let rule = RULES.iter().find(|rule| rule.name == name).expect("the rule is in the list");
    let problem = match broker {
        None => rule.on_engine(),
        Some(mut pair) => rule.on_server(&mut pair),
    };
    let problem = problem.expect("the broker answers");
    assert_eq!(problem, None, "{}", problem.clone().unwrap_or_default());
}
