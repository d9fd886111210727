//! The command line, and what each ending means to whoever started it.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use live::kafka::NewTopic;
use live::postgres::PostgresSettings;
use platform::discovery::search::rebuild::Rebuilt;
use platform::messages::{CATALOG_TOPIC, ORDER_TOPIC};
use platform::roles::Role;
use ports::entropy::Entropy;

use crate::audit::{self, AuditError, Options};
use crate::catalog::{self, Catalog, CatalogError, many, window};
use crate::clock;
use crate::live_stores::{self, StoreError};
use crate::reindex::{self, ReindexError};
use crate::schema::{self, Part, SchemaError};
use crate::serve::{self, ServeError};
use crate::settings::keys::KEYS;
use crate::settings::{Settings, SettingsError};
use crate::telemetry::Telemetry;

/// Wrong usage or configuration.
const USAGE: u8 = 2;
/// Something this process needs is not there, refuses, or is not as it must be. Not among a run's exit codes (0, 1, 3
/// and 4), so that an audit that could not look is not taken for one that found something.
const UNAVAILABLE: u8 = 5;

/// How long members of consumer groups may take to leave them: a member that only vanishes is waited for by its group.
const LEAVE_LIMIT: Duration = Duration::from_secs(2);

/// The flash-sale platform.
#[derive(Debug, Parser)]
#[command(name = "platform", version, after_help = AFTER_HELP)]
struct Cli {
    #[command(flatten)]
    settings: SettingsArgs,
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
Settings come from a TOML file (--config), from the environment (DOORBUSTER_…) and from flags (--set); what comes later
wins. `platform config keys` lists them, `platform config print` shows what they are and from where.

Exit codes: 0 done; 2 wrong usage or configuration; 5 something that is needed is not there (a server, a port, the
right schema); 143 or 130 ended at once by a second SIGTERM or SIGINT. An audit also has 1 safety broken, 3 a target missed,
4 something did not settle.

Examples:
  platform serve --embedded
  platform serve --embedded --listen 127.0.0.1:0 --set commit.strategy=buckets
  platform migrate --set postgres.url=postgres://shop@127.0.0.1/shop
  platform seed-catalog catalog.toml --config platform.toml
  platform serve --config platform.toml
  platform serve --role orders --config platform.toml --listen 0.0.0.0:8081
  platform audit --config platform.toml --json";

#[derive(Debug, Args)]
struct SettingsArgs {
    /// A TOML file with settings
    #[arg(long, global = true, env = "DOORBUSTER_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Sets a key, over file and environment; may be given more than once
    #[arg(long, global = true, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Short for --set listen=ADDRESS
    #[arg(long, global = true, value_name = "ADDRESS")]
    listen: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the platform until it is told to stop
    Serve(ServeArgs),
    /// Brings the schema up to date, and makes the topics where brokers are set
    Migrate,
    /// Builds a new search index from the catalog and puts it in the old one's place, while searches go on
    Reindex,
    /// Books products and deliveries from a file; what is booked already stays as it is
    SeedCatalog(SeedArgs),
    /// Judges the stores as they stand, by the simulator's checkers
    Audit(AuditArgs),
    /// Shows or checks the configuration
    Config(ConfigArgs),
}

#[derive(Debug, Args)]
struct ServeArgs {
    /// With engines in the process: nothing to install, and nothing kept
    #[arg(long)]
    embedded: bool,
    /// One role alone, instead of all in one process
    #[arg(long, value_name = "ROLE", value_parser = role, conflicts_with = "embedded")]
    role: Option<Role>,
    /// What to sell, with --embedded: a TOML or JSON file
    #[arg(long, value_name = "FILE", requires = "embedded")]
    catalog: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct SeedArgs {
    /// The catalog: TOML, or JSON when its name ends so
    #[arg(value_name = "FILE", required_unless_present = "products")]
    file: Option<PathBuf>,
    /// Generates so many products instead, for looking at only, in the catalog's own database
    #[arg(long, value_name = "COUNT", conflicts_with = "file", value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    products: Option<u64>,
}

#[derive(Debug, Args)]
struct AuditArgs {
    /// Prints the verdicts as JSON
    #[arg(long)]
    json: bool,
    /// How long everything may take to settle before the stores are judged as they stand
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    settle_s: u64,
    /// Shoppers are shopping: judge at once, and only what holds at any time
    #[arg(long)]
    busy: bool,
}

fn role(name: &str) -> Result<Role, String> {
    Role::by_name(name).ok_or_else(|| {
        let known: Vec<&str> = Role::ALL.into_iter().map(Role::name).collect();
        format!("there are {}", known.join(", "))
    })
}

#[derive(Debug, Args)]
struct ConfigArgs {
    #[command(subcommand)]
    command: ConfigCommand,
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Checks it and says nothing
    Check,
    /// Prints every key with its value and where that is from; secrets are blotted out
    Print,
    /// Prints every key with what it is for, as a Markdown table
    Keys,
}

/// An ending that is not well: one line, and the exit code.
#[derive(Debug)]
struct Ended {
    code: u8,
    what: String,
    /// Nothing may be waited for any more.
    at_once: bool,
}

impl Ended {
    fn with(code: u8, what: impl std::fmt::Display) -> Self {
        Self { code, what: what.to_string(), at_once: false }
    }
}

impl From<SettingsError> for Ended {
    fn from(error: SettingsError) -> Self {
        Self::with(USAGE, error)
    }
}

impl From<CatalogError> for Ended {
    fn from(error: CatalogError) -> Self {
        let code = if matches!(error, CatalogError::Sql(_)) { UNAVAILABLE } else { USAGE };
        Self::with(code, error)
    }
}

impl From<StoreError> for Ended {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Settings(error) => error.into(),
            error @ (StoreError::Refused { .. } | StoreError::Away { .. }) => Self::with(UNAVAILABLE, error),
        }
    }
}

impl From<SchemaError> for Ended {
    fn from(error: SchemaError) -> Self {
        match error {
            SchemaError::Store(error) => error.into(),
            error @ (SchemaError::Future { .. }
            | SchemaError::Edited { .. }
            | SchemaError::Behind { .. }
            | SchemaError::Failed { .. }
            | SchemaError::Sql(_)) => Self::with(UNAVAILABLE, error),
        }
    }
}

impl From<AuditError> for Ended {
    fn from(error: AuditError) -> Self {
        match error {
            AuditError::Settings(error) => error.into(),
            AuditError::Store(error) => error.into(),
            AuditError::Schema(error) => error.into(),
            error @ AuditError::Read(_) => unavailable(error),
        }
    }
}

impl From<ServeError> for Ended {
    fn from(error: ServeError) -> Self {
        match error {
            ServeError::Settings(error) => error.into(),
            ServeError::Catalog(error) => error.into(),
            ServeError::Store(error) => error.into(),
            ServeError::Schema(error) => error.into(),
            error @ ServeError::Cut(signal) => Self { at_once: true, ..Self::with(signal.exit_code(), error) },
            error @ (ServeError::Listen { .. }
            | ServeError::Engine(_)
            | ServeError::System(_)
            | ServeError::WorkerEnded(_)) => Self::with(UNAVAILABLE, error),
        }
    }
}

fn unavailable(what: impl std::fmt::Display) -> Ended {
    Ended::with(UNAVAILABLE, what)
}

/// Reads the command line, does what it says, and returns the exit code.
#[must_use]
pub fn main() -> ExitCode {
    match run(&Cli::parse()) {
        Ok(code) => ExitCode::from(code),
        Err(Ended { code, what, .. }) => {
            eprintln!("platform: {}", what.replace('\n', " "));
            ExitCode::from(code)
        }
    }
}

fn run(cli: &Cli) -> Result<u8, Ended> {
    let settings = settings(&cli.settings)?;
    if let Command::Config(args) = &cli.command {
        config(&args.command, &settings);
        return Ok(0);
    }
    let entropy = clock::system_entropy().map_err(|error| unavailable(format!("the system: {error}")))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| unavailable(format!("the system: {error}")))?;
    let telemetry = Telemetry::start(&settings, service(&cli.command), runtime.handle())?;
    let done = runtime.block_on(async {
        match &cli.command {
            Command::Serve(args) => serve(args, &settings, entropy).await.map(|()| 0),
            Command::Migrate => migrate(&settings).await.map(|()| 0),
            Command::Reindex => reindex(&settings, entropy).await.map(|()| 0),
            Command::SeedCatalog(args) => seed_catalog(args, &settings).await.map(|()| 0),
            Command::Audit(args) => audit(args, &settings, entropy.next_u64()).await,
            Command::Config(_) => unreachable!("done without a runtime"),
        }
    });
    // What still runs has been told to end; a second signal waits for nothing.
    if done.as_ref().is_err_and(|ended| ended.at_once) {
        runtime.shutdown_background();
    } else {
        telemetry.flush();
        runtime.shutdown_timeout(LEAVE_LIMIT);
    }
    done
}

/// What this process is called in traces: a role that runs alone goes by its own name.
fn service(command: &Command) -> String {
    match command {
        Command::Serve(ServeArgs { role: Some(role), .. }) => format!("doorbuster-{}", role.name()),
        Command::Serve(_)
        | Command::Migrate
        | Command::Reindex
        | Command::SeedCatalog(_)
        | Command::Audit(_)
        | Command::Config(_) => "doorbuster".to_owned(),
    }
}

fn settings(args: &SettingsArgs) -> Result<Settings, SettingsError> {
    let mut flags: Vec<(&'static str, String)> = args.set.iter().map(|pair| ("--set", pair.clone())).collect();
    flags.extend(args.listen.iter().map(|address| ("--listen", address.clone())));
    let environment =
        std::env::vars_os().filter_map(|(name, text)| Some((name.into_string().ok()?, text.into_string().ok()?)));
    Settings::read(args.config.as_deref(), environment, &flags)
}

async fn serve(args: &ServeArgs, settings: &Settings, entropy: Entropy) -> Result<(), Ended> {
    if !args.embedded {
        return Ok(serve::live(settings, args.role, entropy).await?);
    }
    let catalog = match &args.catalog {
        Some(path) => Catalog::read(path)?,
        None => Catalog::embedded(),
    };
    Ok(serve::embedded(settings, &catalog, entropy).await?)
}

async fn migrate(settings: &Settings) -> Result<(), Ended> {
    let mut applied = schema::migrate(Part::Orders, settings).await?;
    if !settings.text(live_stores::CATALOG_URL).is_empty() {
        applied.extend(schema::migrate(Part::Catalog, settings).await?);
    }
    for name in &applied {
        println!("platform: applied {name}");
    }
    if applied.is_empty() {
        println!("platform: the schema is up to date");
    }
    if settings.text("kafka.brokers").is_empty() {
        return Ok(());
    }
    let log = live_stores::kafka(settings)?;
    live_stores::probe_kafka(settings, &log).await?;
    let (partitions, replication) = (settings.number("kafka.partitions"), settings.number("kafka.replication"));
    let fits = |number: i64| i32::try_from(number).expect("checked when it was read");
    let has_catalog = !settings.text(live_stores::CATALOG_URL).is_empty();
    for name in [ORDER_TOPIC].into_iter().chain(has_catalog.then_some(CATALOG_TOPIC)) {
        let topic = NewTopic { name, partitions: fits(partitions), replication: fits(replication) };
        let made = log.create_topics(&[topic]).await;
        made.map_err(|error| unavailable(format!("kafka.brokers: the topic {name}: {error}")))?;
        println!("platform: the topic {name} is there");
    }
    Ok(())
}

async fn reindex(settings: &Settings, entropy: Entropy) -> Result<(), Ended> {
    let Rebuilt { index, rows } = reindex::run(settings, entropy).await.map_err(|error| match error {
        ReindexError::Store(error) => error.into(),
        ReindexError::Schema(error) => error.into(),
        ReindexError::Rebuild(error) => unavailable(error),
    })?;
    println!("platform: searches read {index}, {rows} products");
    Ok(())
}

async fn seed_catalog(args: &SeedArgs, settings: &Settings) -> Result<(), Ended> {
    let Some(file) = &args.file else {
        return seed_many(args.products.unwrap_or_default(), settings).await;
    };
    let catalog = Catalog::read(file)?;
    let pool = live_stores::postgres(settings, "postgres.worker_connections")?;
    live_stores::probe_postgres(settings, &pool).await?;
    schema::check(Part::Orders, &pool).await?;
    let shop_window = match settings.text(live_stores::CATALOG_URL) {
        "" => None,
        _ => {
            let shown = live_stores::catalog(settings)?;
            live_stores::probe_database(settings, live_stores::CATALOG_URL, &shown).await?;
            schema::check(Part::Catalog, &shown).await?;
            Some(shown)
        }
    };
    let seeded = catalog::seed(&pool, &catalog).await?;
    if let Some(shown) = shop_window {
        window::fill(&shown, &catalog).await?;
    }
    println!(
        "platform: {} products new, {} deliveries booked with {} units, {} were booked before",
        seeded.products, seeded.deliveries, seeded.units, seeded.unchanged
    );
    Ok(())
}

async fn seed_many(products: u64, settings: &Settings) -> Result<(), Ended> {
    const STEP: u64 = 100_000;
    // A statement makes ten thousand products, and may take longer than a page's.
    let minute = Duration::from_secs(60);
    let options = PostgresSettings { statement_timeout: minute, answer_timeout: minute, ..PostgresSettings::default() };
    let pool = live_stores::catalog_with(settings, options)?;
    live_stores::probe_database(settings, live_stores::CATALOG_URL, &pool).await?;
    schema::check(Part::Catalog, &pool).await?;
    let progress = |done: u64| {
        if done.is_multiple_of(STEP) || done == products {
            println!("platform: {done} of {products} products are there");
        }
    };
    many::fill(&pool, products, progress).await.map_err(|error| unavailable(format!("Postgres: {error}")))
}

async fn audit(args: &AuditArgs, settings: &Settings, nonce: u64) -> Result<u8, Ended> {
    let options = Options { settle_limit: Duration::from_secs(args.settle_s), busy: args.busy };
    let report = audit::of_settings(settings, nonce, options).await?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&report).expect("a report is plain data"));
    } else {
        print!("{}", report.text());
    }
    Ok(report.ending.exit_code())
}

fn config(command: &ConfigCommand, settings: &Settings) {
    match command {
        ConfigCommand::Check => {}
        ConfigCommand::Print => {
            for (key, shown, origin) in settings.shown() {
                println!("{} = {shown:?}  # {origin}", key.name);
            }
        }
        ConfigCommand::Keys => {
            println!("| key | default | what it is for |\n|---|---|---|");
            for key in KEYS {
                let default = if key.default.is_empty() { String::new() } else { format!("`{}`", key.default) };
                println!("| `{}` | {default} | {}; {} |", key.name, key.help, key.kind.describe());
            }
        }
    }
}
