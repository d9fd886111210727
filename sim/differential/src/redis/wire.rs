//! A connection to a Redis server: commands as words, answers as RESP 2 has them.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::answer::Answer;
use crate::Trouble;

/// A command that takes longer than this is taken for lost.
const LOST: Duration = Duration::from_secs(30);

/// One connection.
#[derive(Debug)]
pub(super) struct Connection {
    stream: BufReader<TcpStream>,
    address: String,
}

impl Connection {
    /// Connects to `host:port`, or to the address of a `redis://` URL.
    pub(super) fn open(address: &str) -> Result<Self, Trouble> {
        let address = address.trim_start_matches("redis://").trim_end_matches('/');
        let failed = |source| Trouble::Connection { server: "Redis", address: address.to_owned(), source };
        let stream = TcpStream::connect(address).map_err(failed)?;
        stream.set_nodelay(true).map_err(failed)?;
        stream.set_read_timeout(Some(LOST)).map_err(failed)?;
        Ok(Self { stream: BufReader::new(stream), address: address.to_owned() })
    }

    fn failed(&self, source: std::io::Error) -> Trouble {
        Trouble::Connection { server: "Redis", address: self.address.clone(), source }
    }

    /// Runs a command.
    pub(super) fn run<W: AsRef<[u8]>>(&mut self, words: &[W]) -> Result<Answer, Trouble> {
        let mut request = format!("*{}\r\n", words.len()).into_bytes();
        for word in words {
            request.extend_from_slice(format!("${}\r\n", word.as_ref().len()).as_bytes());
            request.extend_from_slice(word.as_ref());
            request.extend_from_slice(b"\r\n");
        }
        self.stream.get_mut().write_all(&request).map_err(|source| self.failed(source))?;
        self.answer()
    }

    fn line(&mut self) -> Result<String, Trouble> {
        let mut line = Vec::new();
        let read = self.stream.read_until(b'\n', &mut line).map_err(|source| self.failed(source))?;
        if read == 0 {
            return Err(self.failed(std::io::ErrorKind::UnexpectedEof.into()));
        }
        Ok(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned())
    }

    fn answer(&mut self) -> Result<Answer, Trouble> {
        let line = self.line()?;
        let unexpected =
            || Trouble::Unexpected { server: "Redis", what: format!("an answer that begins with {line:?}") };
        let (kind, rest) = line.split_at_checked(1).ok_or_else(unexpected)?;
        let number = || rest.parse::<i64>().map_err(|_| unexpected());
        Ok(match kind {
            "+" => Answer::Status(rest.to_owned()),
            "-" => Answer::Error(rest.to_owned()),
            ":" => Answer::Int(number()?),
            "$" => match usize::try_from(number()?) {
                Err(_) => Answer::Nil,
                Ok(length) => {
                    let mut bytes = vec![0; length + 2];
                    self.stream.read_exact(&mut bytes).map_err(|source| self.failed(source))?;
                    bytes.truncate(length);
                    Answer::Bulk(bytes)
                }
            },
            "*" => match usize::try_from(number()?) {
                Err(_) => Answer::NilArray,
                Ok(length) => Answer::Array((0..length).map(|_| self.answer()).collect::<Result<_, _>>()?),
            },
            _ => return Err(unexpected()),
        })
    }
}
