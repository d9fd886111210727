//! The search engine beside OpenSearch 2: random programs.

use differential::search::SearchPair;
use differential::{Campaign, Tally};
use testbed::OpenSearch;

/// Programs in the suite. A program makes and deletes two indices, which take the server most of its time.
const PROGRAMS: u64 = 120;
/// Programs of a night.
const MANY: u64 = 5_000;

fn agree(seed: u64, programs: u64) -> Tally {
    let server = OpenSearch::start().expect("this test needs a real OpenSearch");
    let address = format!("127.0.0.1:{}", server.port());
    let campaign = Campaign { seed, programs, workers: 2, max_findings: 1 };
    let outcome = campaign.run(|worker| SearchPair::open(&address, &format!("d{worker}"))).expect("the server answers");
    println!("{}", outcome.tally);
    if let Some(finding) = outcome.findings.first() {
        panic!(
            "engine and server differ; {finding}\nrepeat with: differential search --server HOST:PORT --programs 1 --seed {}",
            finding.seed
        );
    }
    outcome.tally
}

#[test]
fn a_hundred_and_twenty_random_programs_agree() {
    let tally = agree(1, PROGRAMS);
    let rare = [
        "searches with hits",
        "status 404",
        "status 400",
        "write 409 version_conflict_engine_exception",
        "write 400 strict_dynamic_mapping_exception",
        "write 400 mapper_parsing_exception",
        "write 404 index_not_found_exception",
    ];
    for rare in rare {
        assert!(tally.get(rare) > 0, "no program reached: {rare}");
    }
}

/// For the night: `DIFFERENTIAL_SEED` draws others.
#[test]
#[ignore = "takes an hour"]
fn thousands_of_random_programs_agree() {
    let seed = std::env::var("DIFFERENTIAL_SEED").map_or(1_001, |text| text.parse().expect("a seed is a number"));
    agree(seed, MANY);
}
