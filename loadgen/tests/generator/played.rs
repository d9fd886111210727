//! Loads on a server of the test's own, with no store to ask.

use loadgen::play::{Played, Player};
use scenario::Scenario;

/// So many shoppers, evenly paced over so many seconds, each with one click and ten seconds of patience.
pub(crate) fn paced(shoppers: u64, duration_ms: u64) -> Scenario {
    let text = format!(
        "name = \"paced\"\ndescription = \"Evenly paced shoppers.\"\n[run]\nduration_ms = {duration_ms}\n\
         [shoppers]\ncount = {shoppers}\nretries = 0\ntimeout_min_ms = 10_000\ntimeout_max_ms = 10_000\n\
         [[shoppers.arrivals]]\ncurve = \"constant\"\nfor_ms = {duration_ms}\n\
         [[products]]\nsku = \"TV\"\nstock = 10\nflash = true\n"
    );
    Scenario::parse(&text, "paced.toml").unwrap()
}

pub(crate) fn player(scenario: Scenario, url: &str) -> Player {
    Player { lanes: Some(2), ..Player::new(scenario, 7, url.parse().unwrap()) }
}

pub(crate) async fn play(scenario: Scenario, url: &str) -> Played {
    player(scenario, url).play().await.unwrap()
}
