//! A local page that shows a record while the run that writes it goes on. The file is read anew whenever it has changed; the
//! page asks twice a second whether it has.
//!
//! The server answers one request after another on the loopback interface: it is for the person who started it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use record::RunRecord;

use crate::page::{live_page, waiting_page};
use crate::run_charts::run_charts;

/// A browser that sends nothing is not waited for any longer.
const PATIENCE: Duration = Duration::from_secs(2);
/// The longest request that is read.
const REQUEST_BYTES: u64 = 16 * 1024;

/// The server of one record.
pub struct Watch {
    listener: TcpListener,
    record: PathBuf,
    /// The page, and the state of the file that it shows.
    shown: Option<(FileState, String)>,
}

/// What tells one state of the file from another.
#[derive(Clone, Debug, PartialEq, Eq)]
struct FileState {
    modified: Option<SystemTime>,
    bytes: u64,
}

impl Watch {
    /// Listens on a port of the loopback interface; 0 takes a free one.
    ///
    /// # Errors
    /// When the port cannot be had.
    pub fn on(port: u16, record: &Path) -> std::io::Result<Self> {
        let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
        Ok(Self { listener, record: record.to_owned(), shown: None })
    }

    /// Where the page is.
    ///
    /// # Errors
    /// When the system does not tell.
    pub fn url(&self) -> std::io::Result<String> {
        Ok(format!("http://{}/", self.listener.local_addr()?))
    }

    /// Serves until the process ends.
    ///
    /// # Errors
    /// When the port is lost.
    pub fn serve(mut self) -> std::io::Result<()> {
        loop {
            let (stream, _) = self.listener.accept()?;
            // A browser that goes away in the middle is no reason to stop.
            drop(self.answer(&stream));
        }
    }

    fn answer(&mut self, mut stream: &TcpStream) -> std::io::Result<()> {
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let mut lines = BufReader::new(stream.take(REQUEST_BYTES)).lines();
        let first = lines.next().transpose()?.unwrap_or_default();
        let mut is_local = false;
        for line in lines {
            let line = line?;
            if line.is_empty() {
                break;
            }
            is_local |= names_this_machine(&line);
        }
        let (status, kind, body) = match first.split_whitespace().collect::<Vec<_>>()[..] {
            // Another name that leads here is somebody else's page asking.
            _ if !is_local => ("403 Forbidden", "text/plain", "this page is for 127.0.0.1 only\n".to_owned()),
            ["GET", "/", _] => ("200 OK", "text/html", self.page()),
            ["GET", "/state", _] => ("200 OK", "text/plain", format!("{:?}", self.state())),
            _ => ("404 Not Found", "text/plain", "there is only /\n".to_owned()),
        };
        write!(
            stream,
            "HTTP/1.1 {status}\r\ncontent-type: {kind}; charset=utf-8\r\ncontent-length: {}\r\ncache-control: no-store\r\n\
             connection: close\r\n\r\n{body}",
            body.len()
        )
    }

    fn state(&self) -> FileState {
        let told = std::fs::metadata(&self.record);
        FileState {
            modified: told.as_ref().ok().and_then(|told| told.modified().ok()),
            bytes: told.map_or(0, |told| told.len()),
        }
    }

    fn page(&mut self) -> String {
        let state = self.state();
        if let Some((shown, page)) = &self.shown
            && *shown == state
        {
            return page.clone();
        }
        let page = self.drawn();
        self.shown = Some((state, page.clone()));
        page
    }

    fn drawn(&self) -> String {
        let path = self.record.display();
        let text = match std::fs::read_to_string(&self.record) {
            Ok(text) => text,
            Err(error) => return waiting_page(&format!("{path}: {error}")),
        };
        match RunRecord::from_json(&text) {
            Ok(record) => {
                live_page(&record, &run_charts(&record.run)).unwrap_or_else(|error| waiting_page(&error.to_string()))
            }
            Err(error) => waiting_page(&format!("{path}: {error}")),
        }
    }
}

/// Whether a header line is a `Host` that only this machine's own reader would send.
fn names_this_machine(line: &str) -> bool {
    let Some((name, host)) = line.split_once(':') else { return false };
    let host = host.trim();
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
    name.eq_ignore_ascii_case("host") && (host == "127.0.0.1" || host == "localhost")
}
