//! The command line, and what each ending means to whoever started it.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::catalog::{Catalog, CatalogError};
use crate::clock;
use crate::serve::{self, ServeError};
use crate::settings::keys::KEYS;
use crate::settings::{Settings, SettingsError};

/// Wrong usage or configuration.
const USAGE: u8 = 2;
/// Something this process needs is not there, refuses, or is not as it must be.
const UNAVAILABLE: u8 = 5;

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
Exit codes: 0 done; 2 wrong usage or configuration; 5 something that is needed is not there (a server, a port, the
right schema).

Examples:
  platform serve --embedded
  platform serve --embedded --listen 127.0.0.1:0 --set commit.strategy=buckets
  platform config print";

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
    /// Shows or checks the configuration
    Config(ConfigArgs),
}

#[derive(Debug, Args)]
struct ServeArgs {
    /// With engines in the process: nothing to install, and nothing kept
    #[arg(long)]
    embedded: bool,
    /// What to sell, with --embedded: a TOML or JSON file
    #[arg(long, value_name = "FILE", requires = "embedded")]
    catalog: Option<PathBuf>,
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
}

impl From<SettingsError> for Ended {
    fn from(error: SettingsError) -> Self {
        Self { code: USAGE, what: error.to_string() }
    }
}

impl From<CatalogError> for Ended {
    fn from(error: CatalogError) -> Self {
        let code = if matches!(error, CatalogError::Sql(_)) { UNAVAILABLE } else { USAGE };
        Self { code, what: error.to_string() }
    }
}

impl From<ServeError> for Ended {
    fn from(error: ServeError) -> Self {
        match error {
            ServeError::Settings(error) => error.into(),
            ServeError::Catalog(error) => error.into(),
            error @ (ServeError::Listen { .. }
            | ServeError::Store(_)
            | ServeError::System(_)
            | ServeError::WorkerEnded(_)) => Self { code: UNAVAILABLE, what: error.to_string() },
        }
    }
}

/// Reads the command line, does what it says, and returns the exit code.
#[must_use]
pub fn main() -> ExitCode {
    match run(&Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Ended { code, what }) => {
            eprintln!("platform: {}", what.replace('\n', " "));
            ExitCode::from(code)
        }
    }
}

fn run(cli: &Cli) -> Result<(), Ended> {
    let settings = settings(&cli.settings)?;
    match &cli.command {
        Command::Serve(args) => serve(args, &settings),
        Command::Config(args) => {
            config(&args.command, &settings);
            Ok(())
        }
    }
}

fn settings(args: &SettingsArgs) -> Result<Settings, SettingsError> {
    let mut flags: Vec<(&'static str, String)> = args.set.iter().map(|pair| ("--set", pair.clone())).collect();
    flags.extend(args.listen.iter().map(|address| ("--listen", address.clone())));
    let environment =
        std::env::vars_os().filter_map(|(name, text)| Some((name.into_string().ok()?, text.into_string().ok()?)));
    Settings::read(args.config.as_deref(), environment, &flags)
}

fn serve(args: &ServeArgs, settings: &Settings) -> Result<(), Ended> {
    if !args.embedded {
        return Err(Ended { code: USAGE, what: "serve: only --embedded can be served so far".to_owned() });
    }
    let catalog = match &args.catalog {
        Some(path) => Catalog::read(path)?,
        None => Catalog::embedded(),
    };
    let system = |error: String| Ended { code: UNAVAILABLE, what: format!("the system: {error}") };
    let entropy = clock::system_entropy().map_err(|error| system(error.to_string()))?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| system(error.to_string()))?;
    let done = runtime.block_on(serve::embedded(settings, &catalog, entropy));
    runtime.shutdown_background();
    Ok(done?)
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
