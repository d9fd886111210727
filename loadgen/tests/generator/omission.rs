//! Coordinated omission: a server that stalls must show it, whatever a generator that waits for it would have seen.

use std::time::Duration;

use loadgen::endpoint::Endpoint;

use crate::played::{paced, play};
use crate::server::{Server, Stall};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stall_of_two_seconds_is_in_the_reported_p99() {
    let stall = Stall { from: Duration::from_secs(1), until: Duration::from_secs(3) };
    let server = Server::start(Some(stall)).await;
    let played = play(paced(1_000, 5_000), &server.url).await;
    assert_eq!(played.invalid, None);
    assert_eq!(server.checkouts(), 1_000, "arrivals follow the schedule through the stall");
    let checkouts = &played.tally.endpoints[&Endpoint::Checkout];
    // Two of five seconds' shoppers met the stall: the first waited for all of it, the last for nearly none.
    let p99_ms = checkouts.response.quantile_us(990) / 1_000;
    assert!(p99_ms >= 1_850, "p99 is {p99_ms} ms");
    let p80_ms = checkouts.response.quantile_us(800) / 1_000;
    assert!(p80_ms >= 850, "a fifth of all shoppers waited for a second or more, and p80 is {p80_ms} ms");
    let sold_out = &played.record.run.latencies[&record::Outcome::SoldOut];
    assert!(sold_out.p99_us >= 1_850_000, "the record says {} us", sold_out.p99_us);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn goose_is_told_the_times_from_when_they_were_due() {
    let stall = Stall { from: Duration::ZERO, until: Duration::from_secs(2) };
    let server = Server::start(Some(stall)).await;
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("goose.json");
    let mut player = crate::played::player(paced(200, 1_000), &server.url);
    player.goose.reports.push(report.clone());
    player.play().await.unwrap();
    let report: serde_json::Value = serde_json::from_slice(&std::fs::read(report).unwrap()).unwrap();
    let row = &report["raw_request_metrics"][0];
    assert_eq!((row["method"].as_str(), row["number_of_requests"].as_u64()), (Some("POST"), Some(200)), "{row}");
    // Due within the first second of a stall of two: nobody waited for less than one.
    assert!(row["response_time_minimum"].as_f64().unwrap() >= 900.0, "{row}");
}
