//! Any HTTP service as a server under test: killed, restarted and cleaned up like the engines.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::ops::{Deref, DerefMut};
use std::time::Duration;

use nix::sys::signal::Signal;

use crate::server::Kind;
use crate::supervisor::EndSignal;
use crate::{Error, Port, Server};

/// A running HTTP service.
#[derive(Debug)]
pub struct Program {
    server: Server,
}

impl Program {
    /// Starts `command` with `environment` added to this process's own, and waits until `GET /livez` on `port` is
    /// answered with a status below 500 (whatever it is, something is there to answer).
    ///
    /// # Errors
    /// When it ends at its start or does not answer.
    pub fn start(name: &str, port: Port, command: &[&str], environment: &[(String, String)]) -> Result<Self, Error> {
        let kind = Kind { name, end: EndSignal::Kill, stop: Signal::SIGTERM, up: answers };
        let mut server = Server::place(&kind, port)?;
        let variables: Vec<String> = environment.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let words: Vec<&str> =
            ["env"].into_iter().chain(variables.iter().map(String::as_str)).chain(command.iter().copied()).collect();
        server.start_script(&words)?;
        server.start()?;
        Ok(Self { server })
    }

    /// The service's address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port())
    }
}

impl Deref for Program {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.server
    }
}

impl DerefMut for Program {
    fn deref_mut(&mut self) -> &mut Server {
        &mut self.server
    }
}

fn answers(port: u16) -> bool {
    let ask = || -> std::io::Result<[u8; 10]> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(1)))?;
        stream.write_all(b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")?;
        let mut status = [0; 10];
        stream.read_exact(&mut status)?;
        Ok(status)
    };
    ask().is_ok_and(|status| status.starts_with(b"HTTP/1.1 ") && matches!(status[9], b'2'..=b'4'))
}
