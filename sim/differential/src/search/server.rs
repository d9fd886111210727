//! OpenSearch over one HTTP connection that is kept.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use serde_json::Value;

use crate::Trouble;

/// A connection.
#[derive(Debug)]
pub(super) struct Connection {
    address: String,
    stream: BufReader<TcpStream>,
}

impl Connection {
    pub(super) fn open(address: &str) -> Result<Self, Trouble> {
        let connected = TcpStream::connect(address).and_then(|stream| stream.set_nodelay(true).map(|()| stream));
        let stream = connected.map_err(|source| trouble(address, source))?;
        Ok(Self { address: address.to_owned(), stream: BufReader::new(stream) })
    }

    /// Sends a request and reads the whole answer.
    pub(super) fn ask(&mut self, method: &str, path: &str, body: &str) -> Result<(u16, Value), Trouble> {
        let (status, answer) = self.exchange(method, path, body).map_err(|source| trouble(&self.address, source))?;
        let answer = serde_json::from_slice(&answer).map_err(|error| Trouble::Unexpected {
            server: "opensearch",
            what: format!("{error}: {}", String::from_utf8_lossy(&answer)),
        })?;
        Ok((status, answer))
    }

    fn exchange(&mut self, method: &str, path: &str, body: &str) -> std::io::Result<(u16, Vec<u8>)> {
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: opensearch\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        self.stream.get_mut().write_all(&[head.as_bytes(), body.as_bytes()].concat())?;
        let broken = || std::io::Error::other("an answer that is none");
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        let status = line.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(broken)?;
        let mut length = None;
        loop {
            line.clear();
            self.stream.read_line(&mut line)?;
            let header = line.trim_end().to_ascii_lowercase();
            if header.is_empty() {
                break;
            }
            if let Some(value) = header.strip_prefix("content-length:") {
                length = value.trim().parse::<usize>().ok();
            }
        }
        let mut answer = vec![0; length.ok_or_else(broken)?];
        self.stream.read_exact(&mut answer)?;
        Ok((status, answer))
    }
}

fn trouble(address: &str, source: std::io::Error) -> Trouble {
    Trouble::Connection { server: "opensearch", address: address.to_owned(), source }
}
