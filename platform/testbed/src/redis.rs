//! A Redis server for tests, in one of its four ways of keeping data.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
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

/// How far a server had written its append-only file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    file: PathBuf,
    bytes: u64,
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

    /// How far the server has written its append-only file by now.
    ///
    /// # Errors
    /// When it keeps none.
    pub fn written(&self) -> Result<Written, Error> {
        let folder = self.dir().join("data/appendonlydir");
        let file = last_increment(&folder).map_err(|source| self.file_error(&folder, source))?;
        let bytes = std::fs::metadata(&file).map_err(|source| self.file_error(&file, source))?.len();
        Ok(Written { file, bytes })
    }

    /// Takes back what a server that was killed had written since: what had not reached the disk goes with the machine when
    /// its power fails, which the death of a process alone cannot show. How many bytes that were.
    ///
    /// # Errors
    /// When the file has been replaced by another since, or cannot be cut.
    pub fn cut_back(&self, to: &Written) -> Result<u64, Error> {
        assert!(self.process_id().is_none(), "a running server would write on behind the cut");
        let now = self.written()?;
        if now.file != to.file {
            let source = std::io::Error::other(format!("a new one was begun: {}", now.file.display()));
            return Err(self.file_error(&to.file, source));
        }
        let cut = std::fs::File::options().write(true).open(&to.file).and_then(|file| file.set_len(to.bytes));
        cut.map_err(|source| self.file_error(&to.file, source))?;
        Ok(now.bytes - to.bytes)
    }

    /// Changes that the last snapshot does not hold.
    ///
    /// # Errors
    /// When the server does not tell.
    pub fn changes_since_snapshot(&self) -> Result<u64, Error> {
        let told = self.ask("INFO persistence")?;
        let changes = told.lines().find_map(|line| line.strip_prefix("rdb_changes_since_last_save:"));
        changes
            .and_then(|changes| changes.trim().parse().ok())
            .ok_or(Error::Client { program: "INFO persistence".to_owned(), output: told })
    }

    /// Takes a snapshot now.
    ///
    /// # Errors
    /// When the server takes none.
    pub fn take_snapshot(&self) -> Result<(), Error> {
        let told = self.ask("SAVE")?;
        if told.starts_with("+OK") { Ok(()) } else { Err(Error::Client { program: "SAVE".to_owned(), output: told }) }
    }

    /// The answer to one command, of a server without a password.
    fn ask(&self, command: &str) -> Result<String, Error> {
        let ask = || -> std::io::Result<String> {
            let mut stream = TcpStream::connect(("127.0.0.1", self.port()))?;
            stream.set_read_timeout(Some(Duration::from_secs(60)))?;
            stream.write_all(format!("{command}\r\nQUIT\r\n").as_bytes())?;
            let mut told = String::new();
            stream.read_to_string(&mut told)?;
            Ok(told)
        };
        ask().map_err(|error| Error::Client { program: command.to_owned(), output: error.to_string() })
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

/// The file that is being appended to: the one with the highest number.
fn last_increment(folder: &Path) -> std::io::Result<PathBuf> {
    let mut last = None;
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let number = name.strip_prefix("appendonly.aof.").and_then(|rest| rest.strip_suffix(".incr.aof"));
        if let Some(number) = number.and_then(|number| number.parse::<u64>().ok()) {
            last = last.max(Some((number, path)));
        }
    }
    last.map(|(_, path)| path).ok_or_else(|| std::io::ErrorKind::NotFound.into())
}
