//! A whole load on real servers: Postgres, Redis, Kafka, the payment sandbox and the platform, each a process; and every
//! journey on the platform over its own engines.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod journeys;
mod stack;

use std::process::Output;

use record::{Ending, RunRecord, World};
use serde_json::json;

use crate::stack::Stack;

const SCENARIO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/prime-day-tiny.toml");

/// One after the other on the same servers: starting them is what takes time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tiny_prime_day_passes_and_fails_where_it_should() {
    let mut stack = Stack::start().await.unwrap();
    stack.book(SCENARIO, "initial").unwrap();
    stack.open().await.unwrap();
    passes_with_its_audit_clean_and_its_report_drawn(&stack);

    stack.book(SCENARIO, "second").unwrap();
    stack.offered(100).await.unwrap();
    stack.switch_cards(&json!({"slow_ppm": 1_000_000, "slow_ms": 800})).await.unwrap();
    a_slow_card_gateway_fails_its_targets_by_name(&stack);

    stack.switch_cards(&json!({"slow_ppm": 0})).await.unwrap();
    stack.book(SCENARIO, "third").unwrap();
    // A unit that nobody booked: whatever the load's own figures are, it has failed.
    stack.sql("UPDATE inventory SET on_hand = on_hand + 1 WHERE sku = 'KETTLE'").unwrap();
    a_store_that_does_not_add_up_fails_a_load_that_was_fast(&stack);
}

fn told(output: &Output) -> String {
    [&*output.stdout, &*output.stderr].map(String::from_utf8_lossy).concat()
}

fn passes_with_its_audit_clean_and_its_report_drawn(stack: &Stack) {
    let (record, junit) = (stack.file("record.json"), stack.file("load.xml"));
    let files = ["--json", &record, "--junit", &junit, "--run-name", "first"];
    let output = stack.loadgen(&[&["run", SCENARIO, "--seed", "42"], &files[..]].concat()).unwrap();
    let text = told(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.starts_with("prime-day-tiny · seed 42 · measured at"), "the first line is the run's own: {text}");
    assert!(text.contains("held: every check that could be made holds and every target is met (exit 0)"), "{text}");
    let read = RunRecord::from_json(&std::fs::read_to_string(&record).unwrap()).unwrap();
    assert_eq!((read.run.world, read.run.ending), (World::Live, Ending::Held));
    assert_eq!((read.run.funnel.clicked, read.run.funnel.committed), (2_000, 100), "{text}");
    assert_eq!(read.run.figures["sent_ratio"], 1.0, "{text}");
    for checker in ["stock", "money", "holds", "events", "liveness", "acknowledged", "targets"] {
        let verdict = read.run.verdicts.iter().find(|verdict| verdict.checker == checker).unwrap();
        assert!(verdict.holds, "{checker} was not judged or does not hold: {text}");
    }
    let xml = std::fs::read_to_string(&junit).unwrap();
    assert!(xml.contains("failures=\"0\" errors=\"0\"") && xml.contains("name=\"sold_out_within_ms\"/>"), "{xml}");
    let report = stack.file("report");
    let drawn = stack.reports(&["render", &record, "-o", &report]).unwrap();
    assert!(drawn.status.success(), "{}", told(&drawn));
    let page = std::fs::read_to_string(format!("{report}/index.html")).unwrap();
    assert!(page.contains("prime-day-tiny") && page.contains("<svg"), "the page has a title and charts");
}

fn a_slow_card_gateway_fails_its_targets_by_name(stack: &Stack) {
    // The gateway is asked twice for each order. As fast as that no winner is served, however idle this machine is.
    let text = std::fs::read_to_string(SCENARIO).unwrap();
    let strict = text.replace("p99_ms.won = 12_000", "p99_ms.won = 1_000").replace("count = 2_000", "count = 400");
    let scenario = stack.file("strict.toml");
    assert!(strict.contains("p99_ms.won = 1_000"));
    std::fs::write(&scenario, strict).unwrap();
    let output = stack.loadgen(&["run", &scenario, "--seed", "43", "--run-name", "second"]).unwrap();
    let text = told(&output);
    assert_eq!(output.status.code(), Some(3), "{text}");
    let missed: Vec<&str> = text.lines().filter(|line| line.ends_with("MISSED")).collect();
    assert!(missed.iter().any(|line| line.contains("p99_ms.won")), "{text}");
    assert!(text.contains("stock         holds") && text.contains("money         holds"), "{text}");
}

fn a_store_that_does_not_add_up_fails_a_load_that_was_fast(stack: &Stack) {
    let output = stack.loadgen(&["run", SCENARIO, "--seed", "44", "--run-name", "third"]).unwrap();
    let text = told(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("stock         BROKEN") && text.contains("SAFETY BROKEN"), "{text}");
}
