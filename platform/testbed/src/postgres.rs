//! A PostgreSQL server for tests.
//!
//! It trusts every connection from the loopback interface unless a password is asked for, and does not wait for the disk
//! unless asked to: `kill -9` of the server loses nothing that it handed to the system, so tests that kill it need no fsync.

use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::process::Command;

use nix::sys::signal::Signal;

use crate::install::{is_root, postgres_program};
use crate::server::Kind;
use crate::supervisor::EndSignal;
use crate::{Error, Server, free_port};

/// How a Postgres for tests differs from the usual one.
#[derive(Debug, Clone, Default)]
pub struct PostgresOptions {
    /// Wait for the disk at each commit, as a server in use does. For measurements.
    pub fsync: bool,
    /// The password of user `postgres`; with none, every loopback connection is trusted.
    pub password: Option<String>,
    /// Further settings, as postgresql.conf names them.
    pub settings: Vec<(String, String)>,
}

/// A running PostgreSQL. Its user is `postgres`.
#[derive(Debug)]
pub struct Postgres {
    server: Server,
    password: Option<String>,
}

const KIND: Kind<'_> = Kind { name: "postgres", end: EndSignal::Quit, stop: Signal::SIGINT, up: is_up };

impl Postgres {
    /// Starts a server that trusts the loopback interface and does not wait for the disk.
    ///
    /// # Errors
    /// When PostgreSQL is not there or does not come up.
    pub fn start() -> Result<Self, Error> {
        Self::start_with(&PostgresOptions::default())
    }

    /// Starts a server with the given options.
    ///
    /// # Errors
    /// When PostgreSQL is not there or does not come up.
    pub fn start_with(options: &PostgresOptions) -> Result<Self, Error> {
        let initdb = postgres_program("initdb")?;
        let program = postgres_program("postgres")?;
        let mut server = Server::place(&KIND, free_port()?)?;
        let user = ordinary_user();
        let data = server.make_dir("data", user)?;
        let data = data.to_string_lossy();

        let mut init = as_user(user);
        let initdb = initdb.to_string_lossy();
        init.extend(
            [&*initdb, "-D", &data, "-U", "postgres", "-E", "UTF8", "--locale=C", "--no-sync"].map(String::from),
        );
        match &options.password {
            Some(password) => {
                let file = server.write("password", password)?;
                init.extend(["-A", "scram-sha-256", "--pwfile", &file.to_string_lossy()].map(String::from));
            }
            None => init.extend(["-A", "trust"].map(String::from)),
        }
        server.prepare(&words(&init))?;

        let mut start = as_user(user);
        start.extend([&*program.to_string_lossy(), "-D", &data].map(String::from));
        for setting in settings(server.port(), options) {
            start.extend(["-c".to_owned(), setting]);
        }
        server.start_script(&words(&start))?;
        server.start()?;
        Ok(Self { server, password: options.password.clone() })
    }

    /// The address of the database `postgres`.
    #[must_use]
    pub fn url(&self) -> String {
        self.url_of("postgres")
    }

    /// The address of a database.
    #[must_use]
    pub fn url_of(&self, database: &str) -> String {
        let password = self.password.as_ref().map_or(String::new(), |password| format!(":{password}"));
        format!("postgres://postgres{password}@127.0.0.1:{}/{database}", self.port())
    }

    /// Creates a database and gives its address.
    ///
    /// # Errors
    /// When the server refuses.
    pub fn create_database(&self, name: &str) -> Result<String, Error> {
        psql(&self.url(), &format!("CREATE DATABASE \"{name}\""))?;
        Ok(self.url_of(name))
    }
}

/// Runs SQL through psql; rows come back one a line, columns parted by `|`.
///
/// # Errors
/// When a statement fails or the server cannot be reached, with psql's words.
pub fn psql(url: &str, sql: &str) -> Result<String, Error> {
    let program = postgres_program("psql")?;
    let output = Command::new(&program)
        .args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", sql])
        .output()
        .map_err(|error| Error::Client { program: "psql".to_owned(), output: error.to_string() })?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned());
    }
    Err(Error::Client { program: "psql".to_owned(), output: String::from_utf8_lossy(&output.stderr).into_owned() })
}

impl Deref for Postgres {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.server
    }
}

impl DerefMut for Postgres {
    fn deref_mut(&mut self) -> &mut Server {
        &mut self.server
    }
}

fn settings(port: u16, options: &PostgresOptions) -> Vec<String> {
    let disk = if options.fsync { "on" } else { "off" };
    let mut settings = vec![
        format!("port={port}"),
        "listen_addresses=127.0.0.1".to_owned(),
        "unix_socket_directories=".to_owned(),
        "max_connections=300".to_owned(),
        "shared_buffers=64MB".to_owned(),
        format!("fsync={disk}"),
        format!("full_page_writes={disk}"),
    ];
    settings.extend(options.settings.iter().map(|(name, value)| format!("{name}={value}")));
    settings
}

fn is_up(port: u16) -> bool {
    let Ok(program) = postgres_program("pg_isready") else { return false };
    Command::new(program)
        .args(["-q", "-h", "127.0.0.1", "-p", &port.to_string()])
        .status()
        .is_ok_and(|status| status.success())
}

/// PostgreSQL refuses to run as root: there it runs as its package's user, else as nobody.
fn ordinary_user() -> Option<(u32, u32)> {
    if !is_root() {
        return None;
    }
    let users = std::fs::read_to_string(Path::new("/etc/passwd")).unwrap_or_default();
    let ids_of = |name: &str| {
        users.lines().find_map(|line| {
            let mut fields = line.split(':');
            (fields.next()? == name).then_some(())?;
            Some((fields.nth(1)?.parse().ok()?, fields.next()?.parse().ok()?))
        })
    };
    ids_of("postgres").or_else(|| ids_of("nobody")).or(Some((65_534, 65_534)))
}

fn as_user(user: Option<(u32, u32)>) -> Vec<String> {
    let Some((user, group)) = user else { return Vec::new() };
    let ids = [format!("--reuid={user}"), format!("--regid={group}")];
    ["setpriv".to_owned()].into_iter().chain(ids).chain(["--clear-groups", "--"].map(String::from)).collect()
}

fn words(command: &[String]) -> Vec<&str> {
    command.iter().map(String::as_str).collect()
}
