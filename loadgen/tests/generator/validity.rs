//! A load that was not sent is no load, and says so.

use std::time::Duration;

use loadgen::play::Shard;

use crate::played::{paced, play, player};
use crate::server::{Server, Stall};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_could_not_send_its_schedule_is_invalid() {
    let stall = Stall { from: Duration::ZERO, until: Duration::from_secs(2) };
    let server = Server::start(Some(stall)).await;
    let mut player = player(paced(100, 1_000), &server.url);
    player.connections = Some(10);
    let played = player.play().await.unwrap();
    let why = played.invalid.unwrap();
    assert!(why.starts_with("only "), "{why}");
    assert!(server.checkouts() <= 10, "{} checkouts over ten connections that never rest", server.checkouts());
    let targets = played.record.run.verdicts.iter().find(|verdict| verdict.checker == "targets").unwrap();
    assert!(targets.not_judged.as_ref().unwrap().contains("invalid"), "{targets:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_schedule_is_the_one_that_simulated_worlds_follow() {
    let server = Server::start(None).await;
    let scenario = paced(300, 1_000);
    let due: Vec<u64> = scenario.shoppers.schedule(1_000, 7).unwrap().collect();
    let played = play(scenario, &server.url).await;
    let mut clicked: Vec<(u64, u64)> = played.tally.ended.iter().map(|ended| (ended.index, ended.clicked_us)).collect();
    clicked.sort_unstable();
    let expected: Vec<(u64, u64)> = (0..).zip(due).collect();
    assert_eq!(clicked, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shards_share_the_schedule_out_and_merge_into_one_record() {
    let server = Server::start(None).await;
    let whole = play(paced(301, 1_000), &server.url).await;
    let mut records = Vec::new();
    for number in 0..3 {
        let mut player = player(paced(301, 1_000), &server.url);
        player.shard = Some(Shard { number, of: 3 });
        records.push(player.play().await.unwrap().record);
    }
    let shares: Vec<u64> = records.iter().map(|record| record.run.funnel.clicked).collect();
    assert_eq!(shares, [101, 100, 100]);
    let merged = reports::merge::merge(&records).unwrap();
    assert_eq!(merged.run.funnel, whole.record.run.funnel);
    assert_eq!(merged.run.figures["sent_ratio"], 1.0);
    let clicked = |record: &record::RunRecord| record.run.series.counts[&record::Count::Clicked].clone();
    assert_eq!(clicked(&merged), clicked(&whole.record));
    assert_eq!(merged.run.latencies[&record::Outcome::SoldOut].count, 301);
}
