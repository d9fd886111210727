//! What looking costs among ten thousand products and among a million, on real servers in one run: Postgres, Redis, OpenSearch and
//! the catalog role as a process.
//!
//! `cargo bench -p server --bench browse -- [--products N] [--requests N]`
//!
//! Each kind of request is sent by four callers, one after the other each, for other products every time: pages are cold as often
//! as the cache allows. What is flat is seen in the ratio of the medians, whatever else the machine does.

mod servers;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use servers::Servers;
use tokio::time::Instant;

/// Products that the first half of the run is among.
const FEW: u64 = 10_000;
/// Callers at once.
const CALLERS: u64 = 4;

/// An error of anything, in words.
pub(crate) fn failed(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// A kind of request: its name, and the path of the `n`-th among so many products.
type Kind = (&'static str, fn(u64, u64) -> String);

const KINDS: [Kind; 6] = [
    ("product page", |n, products| format!("/internal/catalog/products/M{:08}", 1 + n * 7_919 % products)),
    ("list of a category", |n, _| format!("/internal/catalog/products?category=aisle-{}", 1 + n % 50)),
    ("search, two words", |n, _| {
        format!("/internal/catalog/search?q={}+{}", word(n), ["oak", "steel", "glass"][at(n, 3)])
    }),
    ("search, misspelt", |n, _| format!("/internal/catalog/search?q={}x&sort=price-asc", word(n))),
    ("search in a category", |n, _| {
        format!("/internal/catalog/search?category=aisle-{}&max_price_cents=5000", 1 + n % 50)
    }),
    ("suggestions", |n, _| format!("/internal/catalog/suggestions?q={}", &word(n)[..3])),
];

fn at(n: u64, length: usize) -> usize {
    usize::try_from(n % length as u64).expect("less than the length")
}

fn word(n: u64) -> &'static str {
    const WORDS: [&str; 8] = ["lamp", "kettle", "mirror", "blanket", "ladder", "bicycle", "camera", "puzzle"];
    WORDS[at(n / 3, WORDS.len())]
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("browse: {why}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let (mut products, mut requests) = (1_000_000, 2_000);
    let mut words = std::env::args().skip(1).filter(|word| word != "--bench");
    while let Some(word) = words.next() {
        let place = match word.as_str() {
            "--products" => &mut products,
            "--requests" => &mut requests,
            _ => return Err("usage: cargo bench -p server --bench browse -- [--products N] [--requests N]".to_owned()),
        };
        *place = words.next().and_then(|number| number.parse().ok()).ok_or("a number is missing")?;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(failed)?;
    let mut servers = Servers::start()?;
    let mut measured = Vec::new();
    for count in [FEW, products] {
        let began = Instant::now();
        servers.load(count)?;
        println!("{count} products in Postgres and in the index after {} s", began.elapsed().as_secs());
        measured.push(runtime.block_on(measure_all(&servers, count, requests))?);
    }
    println!("\n{:<22} {:>26} {:>26} {:>8}", "", format!("among {FEW}"), format!("among {products}"), "ratio");
    for (at, (name, _)) in KINDS.iter().enumerate() {
        let (few, many) = (&measured[0][at], &measured[1][at]);
        let ratio = many.median_us() / few.median_us();
        println!("{name:<22} {:>26} {:>26} {ratio:>8.2}", few.shown(), many.shown());
    }
    println!("\nmedian and 99th percentile, {requests} requests of each kind by {CALLERS} callers");
    Ok(())
}

/// How long requests took, in microseconds, sorted.
struct Took(Vec<u64>);

impl Took {
    fn percentile(&self, percent: usize) -> u64 {
        self.0[(self.0.len() - 1) * percent / 100]
    }

    #[expect(clippy::cast_precision_loss, reason = "microseconds of a request are far below 2^52")]
    fn median_us(&self) -> f64 {
        self.percentile(50).max(1) as f64
    }

    fn shown(&self) -> String {
        let ms = |us: u64| Duration::from_micros(us).as_secs_f64() * 1_000.0;
        format!("{:.1} ms, {:.1} ms", ms(self.percentile(50)), ms(self.percentile(99)))
    }
}

async fn measure_all(servers: &Servers, products: u64, requests: u64) -> Result<Vec<Took>, String> {
    let mut all = Vec::new();
    for (name, path) in KINDS {
        // Unmeasured: code, pools and caches of the servers come to their working state.
        measure(servers, path, products, requests / 4).await?;
        let took = measure(servers, path, products, requests).await?;
        println!("  {name}: {}", took.shown());
        all.push(took);
    }
    Ok(all)
}

async fn measure(
    servers: &Servers,
    path: fn(u64, u64) -> String,
    products: u64,
    requests: u64,
) -> Result<Took, String> {
    let (client, url) = (reqwest::Client::new(), servers.url());
    let next = Arc::new(AtomicU64::new(0));
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..CALLERS {
        let (client, url, next) = (client.clone(), url.clone(), Arc::clone(&next));
        callers.spawn(async move {
            let mut took = Vec::new();
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if n >= requests {
                    return Ok::<_, String>(took);
                }
                let began = Instant::now();
                let answer = client.get(format!("{url}{}", path(n, products))).send().await.map_err(failed)?;
                let status = answer.status();
                let body = answer.text().await.map_err(failed)?;
                if !status.is_success() || body.contains("\"degraded\":true") {
                    return Err(format!("{}: {status} {body:.200}", path(n, products)));
                }
                took.push(u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX));
            }
        });
    }
    let mut took = Vec::new();
    while let Some(caller) = callers.join_next().await {
        took.extend(caller.map_err(failed)??);
    }
    took.sort_unstable();
    Ok(Took(took))
}
