//! Finds the servers' programs, and installs what is missing through the system's package manager when asked to.
//!
//! Only `testbed run --install` (the test command) installs; a library call that finds a program missing says so and
//! names the command.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Error;

/// One of the servers this crate starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Engine {
    /// PostgreSQL 15 or newer, with psql and pgbench.
    Postgres,
    /// Redis 7, with redis-cli and redis-benchmark.
    Redis,
    /// Apache Kafka, in KRaft mode, on Java 17 or newer.
    Kafka,
    /// OpenSearch 2, on Java 17 or newer.
    OpenSearch,
    /// Kafka Connect with Debezium's Postgres connector, on Java 17 or newer.
    Debezium,
}

impl Engine {
    /// All of them.
    pub const ALL: [Engine; 5] = [Engine::Postgres, Engine::Redis, Engine::Kafka, Engine::OpenSearch, Engine::Debezium];

    /// The server's name, as errors say it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Engine::Postgres => "postgres",
            Engine::Redis => "redis",
            Engine::Kafka => "kafka",
            Engine::OpenSearch => "opensearch",
            Engine::Debezium => "debezium",
        }
    }

    /// Debian packages to try, the first that can be had being enough.
    fn packages(self) -> &'static [&'static [&'static str]] {
        match self {
            Engine::Postgres => &[&["postgresql-15"], &["postgresql"]],
            Engine::Redis => &[&["redis-server"]],
            Engine::Kafka | Engine::OpenSearch | Engine::Debezium => {
                &[&["openjdk-17-jre-headless", "maven"], &["default-jre-headless", "maven"]]
            }
        }
    }

    fn missing(self) -> Option<Error> {
        match self {
            Engine::Postgres => postgres_program("initdb").err(),
            Engine::Redis => program(self, "redis-server", REDIS_REMEDY).err(),
            Engine::Kafka => crate::jars::KAFKA.programs().err(),
            Engine::OpenSearch => crate::jars::OPENSEARCH.programs().err(),
            Engine::Debezium => crate::jars::DEBEZIUM.programs().err(),
        }
    }
}

const POSTGRES_REMEDY: &str =
    "install PostgreSQL 15 (apt-get install postgresql-15), or let `testbed run --install` do it";
pub(crate) const REDIS_REMEDY: &str =
    "install Redis 7 (apt-get install redis-server), or let `testbed run --install` do it";

/// Installs the programs that are missing for the given servers, saying so on standard error.
///
/// # Errors
/// When a server's programs are missing and cannot be installed, naming that server.
pub fn install_missing(engines: &[Engine]) -> Result<(), Error> {
    for engine in engines {
        let Some(missing) = engine.missing() else { continue };
        let Some(apt) = AptGet::usable() else { return Err(missing) };
        eprintln!("testbed: {missing}\ntestbed: installing {} through apt-get", engine.name());
        apt.install(*engine)?;
        if let Some(still) = engine.missing() {
            return Err(still);
        }
    }
    Ok(())
}

/// A client program that comes with a server: `pgbench`, `redis-benchmark`.
///
/// # Errors
/// When it is not on this machine.
pub fn client_program(engine: Engine, name: &str) -> Result<PathBuf, Error> {
    match engine {
        Engine::Postgres => postgres_program(name),
        Engine::Redis => program(engine, name, REDIS_REMEDY),
        Engine::Kafka | Engine::OpenSearch | Engine::Debezium => {
            program(engine, name, "its own programs are started through Java")
        }
    }
}

/// Looks a program up on PATH.
pub(crate) fn program(engine: Engine, name: &str, remedy: &'static str) -> Result<PathBuf, Error> {
    on_path(name).ok_or_else(|| Error::Missing {
        server: engine.name(),
        what: format!("program `{name}` on PATH"),
        remedy,
    })
}

/// Looks up a program of PostgreSQL: on PATH, else the newest below /usr/lib/postgresql, where Debian puts the ones that
/// are not for users.
pub(crate) fn postgres_program(name: &str) -> Result<PathBuf, Error> {
    let debian = Path::new("/usr/lib/postgresql");
    let mut versions: Vec<(u32, PathBuf)> = std::fs::read_dir(debian)
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let entry = entry.ok()?;
            Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin").join(name)))
        })
        .filter(|(_, path)| path.is_file())
        .collect();
    // 15 is the version the engine is held to; where it is there, it is the one to use.
    versions.sort_by_key(|(version, _)| (*version == 15, *version));
    let found = versions.pop().map(|(_, path)| path).or_else(|| on_path(name));
    found.ok_or_else(|| Error::Missing {
        server: Engine::Postgres.name(),
        what: format!("program `{name}` in {}/*/bin or on PATH", debian.display()),
        remedy: POSTGRES_REMEDY,
    })
}

fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join(name)).find(|file| file.is_file())
}

/// Whether this process is root's: its entry in /proc is its user's.
pub(crate) fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

/// apt-get, as root or through a sudo that asks nothing.
struct AptGet {
    sudo: bool,
}

impl AptGet {
    fn usable() -> Option<Self> {
        on_path("apt-get")?;
        if is_root() {
            return Some(Self { sudo: false });
        }
        let asks_nothing = Command::new("sudo")
            .args(["-n", "true"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success());
        asks_nothing.then_some(Self { sudo: true })
    }

    fn install(&self, engine: Engine) -> Result<(), Error> {
        self.run(engine, &["update"])?;
        let mut outcome = Ok(());
        for packages in engine.packages() {
            let mut words = vec!["install", "--yes", "--no-install-recommends"];
            words.extend_from_slice(packages);
            outcome = self.run(engine, &words);
            if outcome.is_ok() {
                break;
            }
        }
        outcome
    }

    fn run(&self, engine: Engine, words: &[&str]) -> Result<(), Error> {
        let mut command = Command::new(if self.sudo { "sudo" } else { "env" });
        // The packages' own services are not started: RUNLEVEL=1 is Debian's word for that to maintainer scripts.
        command.args(["DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1", "apt-get", "--quiet"]).args(words);
        let what = format!("apt-get {}", words.join(" "));
        output_of(command, engine, &what).map(drop)
    }
}

/// Runs a step to its end; its output is kept for the error.
pub(crate) fn output_of(mut command: Command, engine: Engine, what: &str) -> Result<String, Error> {
    let fetch = |output: String| Error::Fetch { server: engine.name(), what: format!("`{what}` failed"), output };
    let output = command.stdin(Stdio::null()).output().map_err(|error| fetch(error.to_string()))?;
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(text);
    }
    text.push_str(&String::from_utf8_lossy(&output.stderr));
    let lines: Vec<&str> = text.lines().collect();
    Err(fetch(lines[lines.len().saturating_sub(30)..].join("\n")))
}
