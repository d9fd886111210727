//! The shared servers as containers, where a Docker engine answers: brought up by `docker compose`, and taken down however
//! the process that wanted them ends.
//!
//! Only servers that tests share: one that a test kills has to be a process of this machine.

use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, Stdio};

use crate::install::Engine;
use crate::{Error, Port, free_port, shared};

const COMPOSE: &str = include_str!("../docker/compose.yml");
/// Takes the project down when the pipe that only its owner holds is closed.
const WATCH: &str = r#"read -r _; docker compose --project-name "$1" down --volumes --timeout 1 >/dev/null 2>&1"#;
/// How long the engine may take to say that it is there, in seconds.
const PATIENCE_S: &str = "10";

/// Running containers; dropping them takes them down.
#[derive(Debug)]
pub struct Containers {
    watch: Child,
    alive: Option<ChildStdin>,
    /// Held, so that nobody else is given them.
    ports: Vec<Port>,
    addresses: Vec<(&'static str, String)>,
}

impl Containers {
    /// Whether an engine answers, and the client has `compose`.
    #[must_use]
    pub fn can_be_had() -> bool {
        [&["info"][..], &["compose", "version"]].iter().all(|words| {
            let mut command = Command::new("timeout");
            command.arg(PATIENCE_S).arg("docker").args(*words);
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            command.status().is_ok_and(|status| status.success())
        })
    }

    /// Brings these servers up, and waits until each says that it is well.
    ///
    /// # Errors
    /// When `docker compose` fails, with what it said.
    pub fn start(engines: &[Engine]) -> Result<Self, Error> {
        let project = format!("doorbuster-test-{}", std::process::id());
        let failed = |what: &str, output: String| Error::Fetch { server: "docker", what: what.to_owned(), output };
        let unstarted = |error: std::io::Error| failed("the shared servers", error.to_string());
        let mut watch = Command::new("sh")
            .args(["-c", WATCH, "testbed-containers", &project])
            .stdin(Stdio::piped())
            // A terminal's interrupt is for the owner.
            .process_group(0)
            .spawn()
            .map_err(unstarted)?;
        let alive = watch.stdin.take();
        let mut containers = Self { watch, alive, ports: Vec::new(), addresses: Vec::new() };

        let mut compose = Command::new("docker");
        compose.args(["compose", "--project-name", &project, "--file", "-", "up", "--detach", "--wait"]);
        for engine in engines {
            let (variable, before, after) = match engine {
                Engine::Postgres => (shared::POSTGRES, "postgres://postgres@", "/postgres"),
                Engine::Redis => (shared::REDIS, "redis://", "/"),
                Engine::Kafka => (shared::KAFKA, "", ""),
                // No tests share them.
                Engine::OpenSearch | Engine::Debezium => continue,
            };
            let port = free_port()?;
            let number = port.number();
            compose.arg(engine.name()).env(format!("{}_PORT", engine.name().to_uppercase()), number.to_string());
            containers.addresses.push((variable, format!("{before}127.0.0.1:{number}{after}")));
            containers.ports.push(port);
        }
        let mut up =
            compose.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(unstarted)?;
        let mut input = up.stdin.take().expect("it was asked for as a pipe");
        std::io::Write::write_all(&mut input, COMPOSE.as_bytes()).map_err(unstarted)?;
        drop(input);
        let output = up.wait_with_output().map_err(unstarted)?;
        if output.status.success() {
            return Ok(containers);
        }
        Err(failed("`docker compose up` failed", String::from_utf8_lossy(&output.stderr).trim_end().to_owned()))
    }

    /// Where the servers are, each under the variable that names it.
    #[must_use]
    pub fn addresses(&self) -> &[(&'static str, String)] {
        &self.addresses
    }
}

impl Drop for Containers {
    fn drop(&mut self) {
        drop(self.alive.take());
        if let Err(error) = self.watch.wait() {
            eprintln!("testbed: waiting for the containers' end: {error}");
        }
    }
}
