//! The gateway under a hostile network: each attack ends as it should, the sale beside it holds, and nothing of it is left.

#![cfg(not(madsim))]

mod play;

use std::sync::LazyLock;
use std::time::Duration;

use record::Ending;
use scenario::Scenario;
use wire::hostile::attack::PIPELINED;
use wire::hostile::client::Met;
use wire::hostile::{Aftermath, Attack, Siege, lay};

/// Hostile clients of one siege.
const CLIENTS: u32 = 200;

/// The small sale without faults: what goes wrong here is the attackers' doing.
fn besieged(attack: Option<Attack>) -> Aftermath {
    let path = play::root().join("scenarios/prime-day-small.toml");
    let text = std::fs::read_to_string(&path).expect("it is there");
    let (sale, faults) = text.split_once("[faults_drawn]").expect("faults are drawn, at the end");
    assert!(!faults.contains('['), "{faults}");
    let scenario = Scenario::parse(sale, &path.to_string_lossy()).expect("the rest is well formed");
    let siege = attack.map(|attack| Siege { attack, clients: CLIENTS, seed: 7 });
    lay(&scenario, 7, &play::options(), siege).expect("the seed can be played")
}

/// Lays the siege, and sees to what must be so after every one of them: shoppers were served as ever, no hold is left, nor
/// any task or connection that would not be there without the attack.
fn withstood(attack: Attack) -> Vec<Met> {
    static PEACE: LazyLock<Aftermath> = LazyLock::new(|| besieged(None));
    let (before, after) = (&*PEACE, besieged(Some(attack)));
    assert_eq!(before.record.run.ending, Ending::Held);
    assert_eq!(after.record.run.ending, Ending::Held, "{attack:?}: {:?}", after.record.run.verdicts);
    let shoppers = &after.record.run.funnel;
    // Of 2,000 shoppers none to two meet with an error when all is calm, depending on the seed.
    assert!(shoppers.clicked == 2_000 && shoppers.failed + shoppers.timed_out <= 5, "{attack:?}: {shoppers:?}");
    assert_eq!(before.left.iter().map(|left| left.connections).sum::<usize>(), 0, "{:?}", before.left);
    assert_eq!(after.left, before.left, "{attack:?} left something behind");
    assert_eq!(u32::try_from(after.met.len()), Ok(CLIENTS));
    after.met
}

/// Each client was got rid of within these seconds.
fn all_were_closed(met: &[Met], seconds: std::ops::RangeInclusive<u64>) {
    for met in met {
        let after = met.closed_after.unwrap_or_else(|| panic!("a connection was never closed: {met:?}"));
        assert!(seconds.contains(&after.as_secs()), "{met:?}");
    }
}

fn all_were_answered(met: &[Met], answers: &[u16]) {
    assert!(met.iter().all(|met| met.answers == answers), "{:?}", met[0]);
}

#[test]
fn who_says_nothing_is_given_half_a_minute() {
    let met = withstood(Attack::Silent);
    all_were_closed(&met, 30..=31);
}

#[test]
fn a_head_byte_by_byte_is_given_half_a_minute_as_a_whole() {
    let met = withstood(Attack::SlowHead);
    all_were_closed(&met, 30..=31);
}

#[test]
fn a_head_without_an_end_is_refused_before_it_takes_room() {
    let met = withstood(Attack::EndlessHead);
    all_were_closed(&met, 0..=1);
    // What a connection still had to hear when it was closed with bytes unread may be lost, as on any network.
    assert!(met.iter().all(|met| matches!(met.answers[..], [] | [431])), "{:?}", met[0]);
    assert!(met.iter().all(|met| met.said < 128 * 1_024), "{:?}", met.iter().map(|met| met.said).max());
}

#[test]
fn a_body_byte_by_byte_is_given_ten_seconds_as_a_whole() {
    let met = withstood(Attack::SlowBody);
    all_were_closed(&met, 10..=11);
    all_were_answered(&met, &[408]);
}

#[test]
fn a_body_over_the_limit_is_refused_by_what_it_declares() {
    let met = withstood(Attack::DeclaredTooLong);
    all_were_answered(&met, &[413]);
    all_were_closed(&met, 0..=1);
    assert!(met.iter().all(|met| met.said < 256 * 1_024), "{:?}", met.iter().map(|met| met.said).max());
}

#[test]
fn a_body_without_an_end_is_refused_at_the_limit() {
    let met = withstood(Attack::EndlessBody);
    all_were_answered(&met, &[413]);
    all_were_closed(&met, 0..=1);
    assert!(met.iter().all(|met| met.said < 256 * 1_024), "{:?}", met.iter().map(|met| met.said).max());
}

#[test]
fn what_is_no_http_is_refused_at_once() {
    let met = withstood(Attack::NoHttp);
    all_were_closed(&met, 0..=1);
    all_were_answered(&met, &[400]);
}

#[test]
fn pipelined_requests_are_answered_each_and_in_order() {
    let met = withstood(Attack::Pipeline);
    all_were_answered(&met, &[404, 405].repeat(PIPELINED / 2));
    // Idle from then on.
    all_were_closed(&met, 30..=32);
}

#[test]
fn answers_that_nobody_reads_are_not_kept() {
    let met = withstood(Attack::NeverReads);
    assert!(met.iter().all(|met| met.answers.is_empty() && met.said < 256 * 1_024));
}

#[test]
fn who_is_gone_before_the_answer_leaves_no_hold() {
    let met = withstood(Attack::EarlyDisconnect);
    let closed = met.iter().filter(|met| met.closed_after.is_some_and(|after| after < Duration::from_millis(41)));
    assert_eq!(closed.count(), 0, "the clients are the ones who leave");
}

#[test]
fn who_is_gone_in_the_middle_of_a_body_has_asked_for_nothing() {
    let met = withstood(Attack::CutOff);
    assert!(met.iter().all(|met| met.answers.is_empty()));
}
