//! A connection to a broker: requests and answers of Kafka's protocol (kafka.apache.org/protocol), each in a version without
//! tagged fields. rdkafka would hide what is compared here: sequences, generations, and which member a request is from.

mod message;
mod records;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

pub(super) use message::{Request, Response};
pub(super) use records::{Stamp, batch, read_batches};

use crate::Trouble;

/// A request that takes longer than this is taken for lost.
pub(super) const LOST: Duration = Duration::from_secs(30);

/// Requests by number, and the version that is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Api {
    Produce,
    Fetch,
    ListOffsets,
    OffsetCommit,
    OffsetFetch,
    FindCoordinator,
    JoinGroup,
    Heartbeat,
    LeaveGroup,
    SyncGroup,
    DescribeGroups,
    CreateTopics,
    DeleteRecords,
    InitProducerId,
}

impl Api {
    fn number_and_version(self) -> (i16, i16) {
        match self {
            Self::Produce => (0, 7),
            Self::Fetch => (1, 4),
            Self::ListOffsets => (2, 1),
            Self::OffsetCommit => (8, 2),
            Self::OffsetFetch => (9, 1),
            Self::FindCoordinator => (10, 1),
            // Later versions make a new member ask twice.
            Self::JoinGroup => (11, 2),
            Self::Heartbeat => (12, 1),
            Self::LeaveGroup => (13, 1),
            Self::SyncGroup => (14, 1),
            Self::DescribeGroups => (15, 0),
            Self::CreateTopics => (19, 2),
            Self::DeleteRecords => (21, 1),
            Self::InitProducerId => (22, 1),
        }
    }
}

/// One connection.
#[derive(Debug)]
pub(super) struct Connection {
    stream: TcpStream,
    address: String,
    /// The number of the last request.
    correlation: i32,
}

impl Connection {
    /// Connects.
    pub(super) fn open(address: &str) -> Result<Self, Trouble> {
        let failed = |source| Trouble::Connection { server: "Kafka", address: address.to_owned(), source };
        let stream = TcpStream::connect(address).map_err(failed)?;
        stream.set_nodelay(true).map_err(failed)?;
        stream.set_read_timeout(Some(LOST)).map_err(failed)?;
        Ok(Self { stream, address: address.to_owned(), correlation: 0 })
    }

    fn failed(&self, source: std::io::Error) -> Trouble {
        Trouble::Connection { server: "Kafka", address: self.address.clone(), source }
    }

    /// Sends a request and waits for its answer.
    pub(super) fn call(&mut self, api: Api, request: Request) -> Result<Response, Trouble> {
        self.send(api, request)?;
        self.receive()
    }

    /// Sends a request; its answer is the next one received, if it gets one.
    pub(super) fn send(&mut self, api: Api, request: Request) -> Result<(), Trouble> {
        self.correlation += 1;
        let (number, version) = api.number_and_version();
        let head = Request::new().i16(number).i16(version).i32(self.correlation).string("differential");
        let body = [head.into_bytes(), request.into_bytes()].concat();
        let length = i32::try_from(body.len()).expect("a request is shorter than 2 GiB");
        let message = [&length.to_be_bytes()[..], &body].concat();
        self.stream.write_all(&message).map_err(|source| self.failed(source))
    }

    /// The next answer.
    pub(super) fn receive(&mut self) -> Result<Response, Trouble> {
        let mut length = [0; 4];
        self.stream.read_exact(&mut length).map_err(|source| self.failed(source))?;
        let length = usize::try_from(i32::from_be_bytes(length)).unwrap_or_default();
        let mut bytes = vec![0; length];
        self.stream.read_exact(&mut bytes).map_err(|source| self.failed(source))?;
        let mut response = Response::new(bytes);
        let correlation = response.i32()?;
        if correlation == self.correlation {
            return Ok(response);
        }
        let what = format!("an answer to request {correlation} where one to {} was due", self.correlation);
        Err(Trouble::Unexpected { server: "Kafka", what })
    }

    /// Whether an answer, or part of one, is there within this time.
    pub(super) fn is_answered(&self, within: Duration) -> Result<bool, Trouble> {
        let failed = |source| self.failed(source);
        self.stream.set_read_timeout(Some(within)).map_err(failed)?;
        let looked = self.stream.peek(&mut [0]);
        self.stream.set_read_timeout(Some(LOST)).map_err(failed)?;
        match looked {
            Ok(0) => Err(failed(std::io::ErrorKind::UnexpectedEof.into())),
            Ok(_) => Ok(true),
            Err(error) if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => {
                Ok(false)
            }
            Err(error) => Err(failed(error)),
        }
    }
}
