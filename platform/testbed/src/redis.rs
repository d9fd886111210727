//! A Redis server for tests, in one of its four ways of keeping data.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::ops::{Deref, DerefMut};
use std::path::PathBuf;
use std::time::Duration;

use nix::sys::signal::Signal;

use crate::install::{Engine, REDIS_REMEDY, program};
use crate::server::Kind;
use crate::supervisor::EndSignal;
use crate::{Error, Server, free_port};

/// What survives the death of a Redis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Persistence {
    /// Nothing.
    None,
    /// Every write that was answered.
    AofAlways,
    /// All but about the last second, should the machine go down; a killed process alone loses nothing it had written.
    AofEverySecond,
    /// The last snapshot, taken every five seconds when something changed.
    Rdb,
}

/// A running Redis.
#[derive(Debug)]
pub struct Redis {
    server: Server,
    program: PathBuf,
    password: Option<String>,
}

const KIND: Kind<'_> = Kind { name: "redis", end: EndSignal::Kill, stop: Signal::SIGTERM, up: is_up };

impl Redis {
    /// Starts a server that keeps data in the given way.
    ///
    /// # Errors
    /// When Redis is not there or does not come up.
    pub fn start(persistence: Persistence) -> Result<Self, Error> {
        Self::start_with(persistence, None)
    }

    /// Starts a server that asks for a password.
    ///
    /// # Errors
    /// When Redis is not there or does not come up.
    pub fn start_with_password(persistence: Persistence, password: &str) -> Result<Self, Error> {
        Self::start_with(persistence, Some(password))
    }

    fn start_with(persistence: Persistence, password: Option<&str>) -> Result<Self, Error> {
        let program = program(Engine::Redis, "redis-server", REDIS_REMEDY)?;
        let server = Server::place(&KIND, free_port()?)?;
        server.make_dir("data", None)?;
        let mut redis = Self { server, program, password: password.map(str::to_owned) };
        redis.keep(persistence)?;
        redis.server.start()?;
        Ok(redis)
    }

    /// From its next restart on, the server keeps data in the given way. Files of another way stay where they are.
    ///
    /// # Errors
    /// When its folder cannot be written.
    pub fn keep(&mut self, persistence: Persistence) -> Result<(), Error> {
        let (program, port) = (self.program.to_string_lossy(), self.port().to_string());
        let data = self.dir().join("data");
        let data = data.to_string_lossy();
        let mut command = vec![&*program, "--port", &port, "--bind", "127.0.0.1", "--dir", &data];
        command.extend_from_slice(match persistence {
            Persistence::None => &["--save", "", "--appendonly", "no"],
            Persistence::AofAlways => &["--save", "", "--appendonly", "yes", "--appendfsync", "always"],
            Persistence::AofEverySecond => &["--save", "", "--appendonly", "yes", "--appendfsync", "everysec"],
            Persistence::Rdb => &["--save", "5 1", "--appendonly", "no"],
        });
        if let Some(password) = &self.password {
            command.extend_from_slice(&["--requirepass", password]);
        }
        self.server.start_script(&command)
    }

    /// The server's address.
    #[must_use]
    pub fn url(&self) -> String {
        let password = self.password.as_ref().map_or(String::new(), |password| format!(":{password}@"));
        format!("redis://{password}127.0.0.1:{}/", self.port())
    }
}

impl Deref for Redis {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.server
    }
}

impl DerefMut for Redis {
    fn deref_mut(&mut self) -> &mut Server {
        &mut self.server
    }
}

/// A server that is still reading its data answers PING with an error; one that asks for a password is up all the same.
fn is_up(port: u16) -> bool {
    let ping = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(1)))?;
        stream.write_all(b"PING\r\n")?;
        let mut answer = [0; 7];
        stream.read_exact(&mut answer)?;
        Ok(&answer == b"+PONG\r\n" || &answer == b"-NOAUTH")
    };
    ping().unwrap_or(false)
}
