//! A connection to a Postgres server that can be asked whether the answer is there yet: the protocol's simple query,
//! its extended one for statements with parameters, and no more (manual, "Frontend/Backend Protocol"). A client library would hide when a statement waits, and the command tag.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::outcome::Outcome;
use super::program::Param;
use crate::Trouble;

/// A statement that takes longer than this, with nobody holding its locks, is taken for lost.
const LOST: Duration = Duration::from_secs(30);
/// `user` asked for in a startup packet: protocol 3.0.
const PROTOCOL: i32 = 196_608;

/// One connection, with at most one statement under way.
#[derive(Debug)]
pub(super) struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
    partial: Partial,
    address: String,
    /// The server process behind it.
    pub(super) pid: i32,
    /// `I` idle, `T` in a transaction, `E` in a failed one.
    pub(super) status: u8,
}

/// What has come of an answer so far.
#[derive(Debug, Default)]
struct Partial {
    columns: Vec<String>,
    /// Which columns are boolean.
    booleans: Vec<bool>,
    rows: Vec<Vec<Option<String>>>,
    done: Option<Outcome>,
}

fn unexpected(what: impl Into<String>) -> Trouble {
    Trouble::Unexpected { server: "Postgres", what: what.into() }
}

impl Connection {
    /// Connects without a password, with session settings.
    pub(super) fn open(address: &str, user: &str, database: &str, settings: &[(&str, &str)]) -> Result<Self, Trouble> {
        let failed = |source| Trouble::Connection { server: "Postgres", address: address.to_owned(), source };
        let stream = TcpStream::connect(address).map_err(failed)?;
        stream.set_nodelay(true).map_err(failed)?;
        let mut connection = Self {
            stream,
            received: Vec::new(),
            partial: Partial::default(),
            address: address.to_owned(),
            pid: 0,
            status: b'I',
        };
        let mut body = PROTOCOL.to_be_bytes().to_vec();
        for (name, value) in [("user", user), ("database", database)].iter().chain(settings) {
            for text in [name, value] {
                body.extend_from_slice(text.as_bytes());
                body.push(0);
            }
        }
        body.push(0);
        connection.write(None, &body)?;
        match connection.wait()? {
            Outcome::Error { sqlstate, message, .. } => Err(unexpected(format!("refused: {sqlstate} {message}"))),
            Outcome::Done { .. } => Ok(connection),
        }
    }

    fn failed(&self, source: std::io::Error) -> Trouble {
        Trouble::Connection { server: "Postgres", address: self.address.clone(), source }
    }

    fn write(&mut self, kind: Option<u8>, body: &[u8]) -> Result<(), Trouble> {
        let length = i32::try_from(body.len() + 4).map_err(|_| unexpected("a statement beyond two gigabytes"))?;
        let mut message: Vec<u8> = kind.into_iter().collect();
        message.extend_from_slice(&length.to_be_bytes());
        message.extend_from_slice(body);
        self.stream.write_all(&message).map_err(|source| self.failed(source))
    }

    /// Sends a statement; its answer comes through [`Connection::poll`] or [`Connection::wait`].
    pub(super) fn send(&mut self, sql: &str) -> Result<(), Trouble> {
        let mut body = sql.as_bytes().to_vec();
        body.push(0);
        self.write(Some(b'Q'), &body)
    }

    /// Sends a statement with parameters, as the extended protocol does: Parse, Bind, Describe, Execute and Sync.
    pub(super) fn send_prepared(&mut self, sql: &str, params: &[Param]) -> Result<(), Trouble> {
        let count = u16::try_from(params.len()).map_err(|_| unexpected("more than 65535 parameters"))?.to_be_bytes();
        let mut parse = [b"\0", sql.as_bytes(), b"\0", &count].concat();
        // No formats are named, so all is text; the portal and the statement have no names.
        let mut bind = [&[0, 0, 0, 0][..], &count].concat();
        for param in params {
            parse.extend_from_slice(&param.oid().to_be_bytes());
            let text = param.text();
            let length = text.as_ref().map_or(Ok(-1), |text| i32::try_from(text.len()));
            let length = length.map_err(|_| unexpected("a parameter beyond two gigabytes"))?;
            bind.extend_from_slice(&length.to_be_bytes());
            bind.extend_from_slice(text.unwrap_or_default().as_bytes());
        }
        bind.extend_from_slice(&[0, 0]);
        self.write(Some(b'P'), &parse)?;
        self.write(Some(b'B'), &bind)?;
        self.write(Some(b'D'), b"P\0")?;
        self.write(Some(b'E'), &[0, 0, 0, 0, 0])?;
        self.write(Some(b'S'), &[])
    }

    /// Runs a statement to its end. The last answer, if there were several statements.
    pub(super) fn run(&mut self, sql: &str) -> Result<Outcome, Trouble> {
        self.send(sql)?;
        self.wait()
    }

    /// Runs what cannot fail.
    pub(super) fn must(&mut self, sql: &str) -> Result<Vec<Vec<Option<String>>>, Trouble> {
        match self.run(sql)? {
            Outcome::Done { rows, .. } => Ok(rows),
            Outcome::Error { sqlstate, message, .. } => Err(unexpected(format!("{sqlstate} {message} in: {sql}"))),
        }
    }

    /// The answer, however long it takes.
    pub(super) fn wait(&mut self) -> Result<Outcome, Trouble> {
        self.poll(LOST)?.ok_or_else(|| unexpected("no answer for half a minute"))
    }

    /// The answer, if it is there or comes within about this time (the system rounds up to its tick); zero only looks.
    pub(super) fn poll(&mut self, patience: Duration) -> Result<Option<Outcome>, Trouble> {
        loop {
            if let Some(outcome) = self.take_answer()? {
                return Ok(Some(outcome));
            }
            let mut chunk = [0_u8; 8192];
            let read = if patience.is_zero() {
                self.stream.set_nonblocking(true).map_err(|source| self.failed(source))?;
                let read = self.stream.read(&mut chunk);
                self.stream.set_nonblocking(false).map_err(|source| self.failed(source))?;
                read
            } else {
                self.stream.set_read_timeout(Some(patience)).map_err(|source| self.failed(source))?;
                self.stream.read(&mut chunk)
            };
            match read {
                Ok(0) => return Err(self.failed(ErrorKind::UnexpectedEof.into())),
                Ok(count) => self.received.extend_from_slice(&chunk[..count]),
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => return Ok(None),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(self.failed(error)),
            }
        }
    }

    /// Reads the messages that are there, up to the one that ends an answer.
    fn take_answer(&mut self) -> Result<Option<Outcome>, Trouble> {
        let mut at = 0;
        let mut answer = None;
        while answer.is_none() && self.received.len() >= at + 5 {
            let kind = self.received[at];
            let length = int32(&self.received[at + 1..]);
            let end = at + 1 + usize::try_from(length).map_err(|_| unexpected("a message of negative length"))?;
            if self.received.len() < end {
                break;
            }
            let body = self.received[at + 5..end].to_vec();
            at = end;
            answer = self.message(kind, &body)?;
        }
        self.received.drain(..at);
        Ok(answer)
    }

    fn message(&mut self, kind: u8, body: &[u8]) -> Result<Option<Outcome>, Trouble> {
        match kind {
            b'R' if int32(body) != 0 => return Err(unexpected("wants a password; these tests connect without one")),
            b'K' => self.pid = int32(body),
            b'T' => (self.partial.columns, self.partial.booleans) = columns(body),
            b'D' => {
                let mut row = row(body);
                for (value, boolean) in row.iter_mut().zip(&self.partial.booleans) {
                    if let (Some(value), true) = (value, boolean) {
                        *value = (value == "t").to_string();
                    }
                }
                self.partial.rows.push(row);
            }
            b'C' => {
                let (columns, rows) =
                    (std::mem::take(&mut self.partial.columns), std::mem::take(&mut self.partial.rows));
                self.partial.done = Some(Outcome::Done { tag: text(body), columns, rows });
            }
            b'E' => self.partial.done = Some(error(body)),
            b'Z' => {
                self.status = body.first().copied().unwrap_or(b'I');
                let nothing = Outcome::Done { tag: String::new(), columns: Vec::new(), rows: Vec::new() };
                return Ok(Some(std::mem::take(&mut self.partial).done.unwrap_or(nothing)));
            }
            // Parameter status, notices, an empty statement, and the request for a password that was not needed.
            _ => {}
        }
        // A connection that is refused ends without becoming ready.
        if kind == b'E' && self.pid == 0 { Ok(self.partial.done.take()) } else { Ok(None) }
    }
}

fn int32(bytes: &[u8]) -> i32 {
    bytes.first_chunk().map_or(0, |bytes| i32::from_be_bytes(*bytes))
}

fn count(bytes: &[u8]) -> usize {
    bytes.first_chunk().map_or(0, |bytes| usize::from(u16::from_be_bytes(*bytes)))
}

/// Text up to its zero byte.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes.split(|byte| *byte == 0).next().unwrap_or_default()).into_owned()
}

/// Names of the columns, and which are boolean: those are shown as words, as the engine's are.
fn columns(body: &[u8]) -> (Vec<String>, Vec<bool>) {
    const BOOLEAN: i32 = 16;
    let mut rest = body.get(2..).unwrap_or_default();
    let (mut names, mut booleans) = (Vec::new(), Vec::new());
    for _ in 0..count(body) {
        let name = text(rest);
        // After the name: table, column, type, its size, its modifier, the format.
        booleans.push(rest.get(name.len() + 1 + 6..).map(int32) == Some(BOOLEAN));
        rest = rest.get(name.len() + 1 + 18..).unwrap_or_default();
        names.push(name);
    }
    (names, booleans)
}

fn row(body: &[u8]) -> Vec<Option<String>> {
    let mut rest = body.get(2..).unwrap_or_default();
    let mut values = Vec::new();
    for _ in 0..count(body) {
        let length = usize::try_from(int32(rest)).ok();
        rest = rest.get(4..).unwrap_or_default();
        values.push(length.map(|length| String::from_utf8_lossy(&rest[..length]).into_owned()));
        rest = &rest[length.unwrap_or(0)..];
    }
    values
}

fn error(body: &[u8]) -> Outcome {
    let field = |code: u8| {
        body.split(|byte| *byte == 0)
            .find(|field| field.first() == Some(&code))
            .map(|field| String::from_utf8_lossy(&field[1..]).into_owned())
    };
    Outcome::Error {
        sqlstate: field(b'C').unwrap_or_default(),
        constraint: field(b'n'),
        message: field(b'M').unwrap_or_default(),
    }
}
