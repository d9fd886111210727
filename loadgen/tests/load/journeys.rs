//! Every journey, on the platform over engines in its process: whatever a shopper asks for is there.

use std::process::Command;

use loadgen::endpoint::Endpoint;
use loadgen::play::Player;
use scenario::Scenario;
use testbed::{Program, free_port};
use tokio::task::block_in_place;

use crate::stack::{built, failed};

const SCENARIO: &str = r#"
name = "journeys"
description = "Shoppers of every kind."
[run]
duration_ms = 3_000
[shoppers]
count = 240
cancel_ratio = 0.5
[[shoppers.arrivals]]
curve = "poisson"
for_ms = 3_000
[journeys]
checkout = 1
browse = 1
search = 1
cart = 1
refresher = 1
returning = 1
think_ms = 100
[[products]]
sku = "TV-55"
stock = 60
flash = true
[[products]]
sku = "KETTLE"
stock = 1_000
"#;

fn start(catalog: &str) -> Result<Program, String> {
    let port = free_port().map_err(failed)?;
    let program = built("platform")?;
    let command = [program.to_str().ok_or("a path that is not UTF-8")?, "serve", "--embedded", "--catalog", catalog];
    let listen = ("DOORBUSTER_LISTEN".to_owned(), format!("127.0.0.1:{}", port.number()));
    block_in_place(|| Program::start("platform", port, &command, &[listen])).map_err(failed)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_journey_is_answered_without_an_error() {
    let files = tempfile::tempdir().unwrap();
    let file = |name: &str| files.path().join(name).display().to_string();
    std::fs::write(file("journeys.toml"), SCENARIO).unwrap();
    let loadgen = Command::new(built("loadgen").unwrap()).args(["catalog", &file("journeys.toml")]).output().unwrap();
    assert!(loadgen.status.success(), "{}", String::from_utf8_lossy(&loadgen.stderr));
    std::fs::write(file("catalog.json"), &loadgen.stdout).unwrap();
    let platform = start(&file("catalog.json")).unwrap();

    let scenario = Scenario::parse(SCENARIO, "journeys.toml").unwrap();
    let player = Player { lanes: Some(2), ..Player::new(scenario, 7, platform.url().parse().unwrap()) };
    let played = player.play().await.unwrap();
    let tally = played.tally;
    let told: Vec<_> = tally.endpoints.iter().map(|(endpoint, of)| (endpoint.name(), &of.answers)).collect();
    assert_eq!(tally.errors(), 0, "{told:#?}");
    let funnel = played.record.run.funnel;
    assert!(funnel.clicked > 0 && tally.ended.iter().any(|ended| !ended.orders.is_empty()), "{told:#?}");
    for endpoint in [
        Endpoint::Checkout,
        Endpoint::Cancel,
        Endpoint::ProductPage,
        Endpoint::ProductList,
        Endpoint::Search,
        Endpoint::CartOpen,
        Endpoint::CartItem,
        Endpoint::CartCheckout,
        Endpoint::Availability,
    ] {
        assert!(tally.endpoints.contains_key(&endpoint), "nobody asked for {}: {told:#?}", endpoint.name());
    }
    // A whole cart is one order: whoever bought one asked once, unless it was sent away.
    let carts = &tally.endpoints[&Endpoint::CartCheckout].answers;
    assert!(carts.get("won").is_some_and(|won| *won > 0), "{told:#?}");
}
