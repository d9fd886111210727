//! `testbed run`: servers up, command, servers down.

use std::ffi::OsString;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, ExitCode, ExitStatus, Stdio};
use std::time::Duration;

use clap::{Args, ValueEnum};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::{Pid, getppid};
use testbed::{Containers, Engine, Error, Kafka, Persistence, Postgres, Redis, install_missing, shared};
use tokio::signal::unix::{SignalKind, signal};

/// Ends the command's process group when this program is gone: reads a pipe that only this program holds.
const WATCH: &str = r#"read -r _; kill -s KILL -- "-$1" 2>/dev/null"#;
/// The exit code when no server could be had or the command not started, as `env` and its like give it.
const NOT_STARTED: u8 = 125;
/// How often it is checked that the process that started this one is still there.
const PARENT_LOOK: Duration = Duration::from_millis(500);

/// Arguments of `testbed run`.
#[derive(Debug, Args)]
pub(crate) struct Run {
    /// Start only these, parted by commas.
    #[arg(long, value_delimiter = ',', value_name = "SERVER")]
    only: Vec<Name>,
    /// Install missing servers through apt-get.
    #[arg(long)]
    install: bool,
    /// Start processes of this machine, also where a Docker engine answers.
    #[arg(long)]
    processes: bool,
    /// End everything when the process that started this one ends.
    #[arg(long)]
    with_parent: bool,
    /// The command and its arguments.
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Name {
    Postgres,
    Redis,
    Kafka,
}

/// The servers, held until the command has ended, and their names in its environment.
#[derive(Default)]
struct Servers {
    postgres: Option<Postgres>,
    redis: Option<Redis>,
    kafka: Option<Kafka>,
    containers: Option<Containers>,
    addresses: Vec<(&'static str, String)>,
}

impl Servers {
    fn tell(&self) {
        for (name, address) in &self.addresses {
            eprintln!("testbed: {name}={address}");
        }
    }
}

pub(crate) fn run(arguments: Run) -> ExitCode {
    let parent = arguments.with_parent.then(getppid);
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&format!("no runtime: {error}")),
    };
    let engines = engines(&arguments.only);
    if arguments.install
        && let Err(error) = install_missing(&engines)
    {
        return failed(&error.to_string());
    }
    // An interrupt from here on ends this program at once, and so the servers; once the command runs, it is passed on.
    let servers = match start(&engines, arguments.processes) {
        Ok(servers) => servers,
        Err(error) => return failed(&error.to_string()),
    };
    let status = runtime.block_on(command(&arguments.command, &servers.addresses, parent));
    drop(servers);
    match status {
        Ok(status) => code_of(status),
        Err(error) => failed(&format!("{}: {error}", arguments.command[0].to_string_lossy())),
    }
}

fn engines(only: &[Name]) -> Vec<Engine> {
    if only.is_empty() {
        // OpenSearch and Debezium serve one test each, which starts them; what they need is installed in time all the same.
        return Engine::ALL.to_vec();
    }
    let named = only.iter().map(|name| match name {
        Name::Postgres => Engine::Postgres,
        Name::Redis => Engine::Redis,
        Name::Kafka => Engine::Kafka,
    });
    named.collect()
}

/// As containers where a Docker engine answers, else as processes of this machine.
fn start(engines: &[Engine], processes: bool) -> Result<Servers, Error> {
    if !processes && Containers::can_be_had() {
        eprintln!("testbed: a Docker engine answers: shared servers as containers");
        match Containers::start(engines) {
            Ok(containers) => {
                let mut servers = Servers::default();
                servers.addresses = servers.containers.insert(containers).addresses().to_vec();
                servers.tell();
                return Ok(servers);
            }
            Err(error) => eprintln!("testbed: {error}\ntestbed: starting them as processes instead"),
        }
    }
    let mut servers = Servers::default();
    std::thread::scope(|scope| {
        // Kafka takes longer than the others together.
        let kafka = engines.contains(&Engine::Kafka).then(|| scope.spawn(Kafka::start));
        if engines.contains(&Engine::Postgres) {
            let server = servers.postgres.insert(Postgres::start()?);
            servers.addresses.push((shared::POSTGRES, server.url()));
        }
        if engines.contains(&Engine::Redis) {
            let server = servers.redis.insert(Redis::start(Persistence::None)?);
            servers.addresses.push((shared::REDIS, server.url()));
        }
        if let Some(kafka) = kafka {
            let server = servers.kafka.insert(kafka.join().expect("starting Kafka does not panic")?);
            servers.addresses.push((shared::KAFKA, server.bootstrap()));
        }
        Ok(())
    })?;
    servers.tell();
    Ok(servers)
}

/// Runs the command in a process group of its own, and passes interrupts on to that group.
async fn command(
    words: &[OsString],
    addresses: &[(&'static str, String)],
    parent: Option<Pid>,
) -> std::io::Result<ExitStatus> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    let mut child = tokio::process::Command::new(&words[0])
        .args(&words[1..])
        .envs(addresses.iter().map(|(name, address)| (name, address)))
        .process_group(0)
        .spawn()?;
    let group = Pid::from_raw(i32::try_from(child.id().expect("not waited for yet")).expect("a process id is an i32"));
    let mut watch = Command::new("sh")
        .args(["-c", WATCH, "testbed-watch", &group.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .process_group(0)
        .spawn()?;
    let mut look = tokio::time::interval(PARENT_LOOK);
    let status = loop {
        let received = tokio::select! {
            status = child.wait() => break status?,
            _ = interrupt.recv() => Signal::SIGINT,
            _ = terminate.recv() => Signal::SIGTERM,
            _ = hang_up.recv() => Signal::SIGHUP,
            _ = look.tick() => match parent {
                Some(parent) if parent != getppid() => Signal::SIGKILL,
                _ => continue,
            },
        };
        if let Err(error) = killpg(group, received) {
            eprintln!("testbed: passing {received} on: {error}");
        }
    };
    // The pipe closes without a line, so what the command may have left of its group ends here as well.
    drop(watch.stdin.take());
    watch.wait()?;
    Ok(status)
}

fn code_of(status: ExitStatus) -> ExitCode {
    // A shell's way of saying that a signal ended the command.
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    ExitCode::from(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(NOT_STARTED))
}

fn failed(why: &str) -> ExitCode {
    eprintln!("testbed: {why}");
    ExitCode::from(NOT_STARTED)
}
