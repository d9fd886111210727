//! Serving: which roles, over which stores, behind which address, until told to stop.
//!
//! | file | what it is |
//! |---|---|
//! | [`embedded_stores`] | engines in the process |
//! | [`processes`] | roles built, plugged together, their workers running |
//! | [`edge`] | what is served at the address: the gateway's API, webhooks, health, metrics |
//! | [`log_watch`] | whether a broker answers |
//! | [`signals`] | the wish to stop, and the demand |

pub mod edge;
pub mod embedded_stores;
pub mod log_watch;
pub mod processes;
pub mod signals;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use embedded::Switchboard;
use http::Request;
use platform::roles::Role;
use ports::entropy::Entropy;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};
use tower::ServiceExt;

use crate::catalog::{self, Catalog, CatalogError, window};
use crate::clock::SystemClock;
use crate::live_stores::{self, Needs, StoreError, WithoutRedis};
use crate::schema::{self, Part, SchemaError};
use crate::settings::{Settings, SettingsError};
use edge::Beside;
use embedded_stores::EmbeddedStores;
use log_watch::LogWatch;
use processes::Processes;
use signals::Told;

/// Why serving did not begin, or ended before it was told to.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// A setting is wrong or missing.
    #[error("{0}")]
    Settings(#[from] SettingsError),
    /// The catalog is wrong.
    #[error("{0}")]
    Catalog(#[from] CatalogError),
    /// The address cannot be had.
    #[error("listen: {address} cannot be had: {error} ({origin})")]
    Listen {
        /// The address.
        address: String,
        /// Where it was set.
        origin: String,
        /// What the system said.
        error: std::io::Error,
    },
    /// A server cannot be reached or refuses.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// The schema is not the one this build was written for.
    #[error("{0}")]
    Schema(#[from] SchemaError),
    /// An engine refused, which only a bug can cause.
    #[error("{0}")]
    Engine(String),
    /// The system gave no entropy or no signals.
    #[error("the system: {0}")]
    System(String),
    /// A second signal came before everything under way had ended.
    #[error("ended at once by a second signal, {0}: what was under way is settled from the stores")]
    Cut(Told),
    /// A worker ended, which it never does by itself.
    #[error("the worker {0} ended; stopping")]
    WorkerEnded(String),
}

/// How long `serve --embedded` waits for its own gate to open before it announces itself.
const OPENING_LIMIT: Duration = Duration::from_secs(10);

/// Serves every role over engines in the process, until it is told to stop.
///
/// # Errors
/// Whatever keeps it from beginning; nothing is served then.
pub async fn embedded(settings: &Settings, catalog: &Catalog, entropy: Entropy) -> Result<(), ServeError> {
    let texts = settings.texts()?;
    let (listener, address) = listen(settings).await?;
    let clock = Arc::new(SystemClock);
    let world = EmbeddedStores::start(settings, clock, &entropy)?;
    let seeded = catalog::seed(&*world.stores.workers, catalog).await?;
    window::fill(&*world.stores.catalog, catalog).await?;
    let processes = Processes::start(&Role::ALL, &world.config, &texts, &world.stores, &world.switchboard, &entropy);
    world.deliver_webhooks();
    let opened = async { tokio::join!(world.opened(), processes.ready()) };
    if tokio::time::timeout(OPENING_LIMIT, opened).await.is_err() {
        return Err(ServeError::Engine("the gate did not open".to_owned()));
    }
    let beside = Beside { gate: Some(world.stores.redis.clone()), log: None };
    let router = edge::whole(&processes, beside);
    println!("platform: all roles over engines in this process; everything they hold ends with it");
    println!("platform: {} products, {} units in stock", seeded.products, seeded.units);
    println!("platform: serving at http://{address}");
    run(settings, listener, router, processes).await
}

/// Serves roles over real servers, until it is told to stop: all of them, or one alone, which then calls the others at
/// their addresses.
///
/// # Errors
/// Whatever keeps it from beginning; nothing is served then.
pub async fn live(settings: &Settings, role: Option<Role>, entropy: Entropy) -> Result<(), ServeError> {
    let mut roles = role.map_or(Role::ALL.to_vec(), |role| vec![role]);
    if role.is_none() && settings.text(live_stores::CATALOG_URL).is_empty() {
        // Whoever has no catalog can still sell.
        roles.retain(|role| !matches!(role, Role::Catalog | Role::Indexer));
    }
    if role.is_none() && settings.text(live_stores::SEARCH_URL).is_empty() {
        // Nor is a search server needed: searches are then answered by plain lists.
        roles.retain(|role| *role != Role::Indexer);
    }
    let needs = Needs::of_all(&roles, role.is_some());
    live_stores::require(settings, needs)?;
    let http = live_stores::http(settings)?;
    let texts = settings.texts()?;
    let (listener, address) = listen(settings).await?;
    let stores = live_stores::connect(settings, needs, WithoutRedis::Begin).await?;
    if needs.card_gateway {
        live_stores::probe_card_gateway(settings, http.clone()).await?;
    }
    if needs.postgres {
        schema::check(Part::Orders, &*stores.workers).await?;
    }
    if needs.catalog {
        schema::check(Part::Catalog, &*stores.catalog).await?;
    }
    let switchboard = Switchboard::with_beyond(http);
    let mut config = settings.platform_config();
    if config.shop.secret.is_empty() {
        // Signed with nothing, every cookie could be forged.
        config.shop.secret = drawn_secret(&entropy);
    }
    let config = Arc::new(config);
    let processes = Processes::start(&roles, &config, &texts, &stores, &switchboard, &entropy);
    let log = if needs.kafka { Some(LogWatch::new(live_stores::kafka(settings)?)) } else { None };
    let beside = Beside { gate: needs.redis.then(|| stores.redis.clone()), log };
    let router = match role {
        None => edge::whole(&processes, beside),
        Some(role) => edge::alone(&processes, role, beside),
    };
    println!("platform: {} over real servers", role.map_or("all roles", Role::name));
    println!("platform: serving at http://{address}");
    run(settings, listener, router, processes).await
}

/// A secret of this process alone.
fn drawn_secret(entropy: &Entropy) -> String {
    format!("{:016x}{:016x}", entropy.next_u64(), entropy.next_u64())
}

/// Takes the address before anything else begins: a port in use must not leave half a server behind.
async fn listen(settings: &Settings) -> Result<(TcpListener, SocketAddr), ServeError> {
    let address = settings.text("listen").to_owned();
    let refused =
        |error| ServeError::Listen { address: address.clone(), origin: settings.origin("listen").to_string(), error };
    let listener = TcpListener::bind(&address).await.map_err(refused)?;
    let local = listener.local_addr().map_err(refused)?;
    Ok((listener, local))
}

/// Serves until told to stop, then lets what is under way end, within the limit.
async fn run(
    settings: &Settings,
    listener: TcpListener,
    router: Router,
    mut processes: Processes,
) -> Result<(), ServeError> {
    let mut signals = signals::Signals::install().map_err(|error| ServeError::System(error.to_string()))?;
    let stopping = processes.stopping();
    let answer = move |request: Request<Body>| router.clone().oneshot(request);
    let mut serving = tokio::spawn(http_server::serve(listener, answer, settings.http_limits(), stopping.cancelled()));
    let ended = tokio::select! {
        biased;
        signal = signals.next() => { tracing::info!(%signal, "stopping"); None }
        worker = processes.worker_ended() => Some(worker),
        _ = &mut serving => Some("http".to_owned()),
    };
    processes.begin_stopping();
    tokio::select! {
        biased;
        signal = signals.next() => Err(ServeError::Cut(signal)),
        () = drain(serving, processes, settings.duration("shutdown.drain_ms")) => {
            ended.map_or(Ok(()), |worker| Err(ServeError::WorkerEnded(worker)))
        }
    }
}

/// Lets requests under way end, then ends the workers, all within one limit.
async fn drain(mut serving: JoinHandle<()>, processes: Processes, limit: Duration) {
    let limit_ms = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
    let until = Instant::now() + limit;
    match timeout_at(until, &mut serving).await {
        Ok(_) => tracing::info!("requests under way have ended"),
        Err(_elapsed) => {
            serving.abort();
            tracing::warn!(limit_ms, "requests were still under way");
        }
    }
    // Without time left, they are told to end and not waited for.
    if timeout_at(until, processes.stop()).await.is_err() {
        tracing::warn!(limit_ms, "workers were still under way");
    }
}
