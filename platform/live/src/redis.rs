//! The `redis` port over redis-rs's multiplexed connection, which does not reconnect.
//!
//! redis-rs's own limit on an answer is switched off: the platform limits each command itself, and a shorter limit below
//! its own would end commands that it still waits for.
//!
//! The port hands redis-rs's errors on as they are; [`outcome`] is the one map of what each says of its command.

use std::time::Duration;

use async_trait::async_trait;
use ports::Outcome;
use ports::redis_port::{Connection, RedisConnection, RedisConnector};
use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::io::tcp::TcpSettings;
use redis::{
    AsyncConnectionConfig, Client, Cmd, ErrorKind, IntoConnectionInfo, Pipeline, RedisError, RedisFuture, RedisResult,
    Value,
};

/// Opens connections to one server.
pub struct LiveRedis {
    client: Client,
    config: AsyncConnectionConfig,
}

impl LiveRedis {
    /// A connector to a `redis://[user:password@]host:port[/db]` address; nothing is sent yet.
    ///
    /// # Errors
    /// When `url` is no such address.
    pub fn new(url: &str, connect_timeout: Duration) -> RedisResult<Self> {
        // A command is one small packet whose answer is waited for.
        let address = url.into_connection_info()?.set_tcp_settings(TcpSettings::default().set_nodelay(true));
        let config =
            AsyncConnectionConfig::new().set_connection_timeout(Some(connect_timeout)).set_response_timeout(None);
        Ok(Self { client: Client::open(address)?, config })
    }
}

#[async_trait]
impl RedisConnector for LiveRedis {
    async fn connect(&self) -> RedisResult<Connection> {
        let connection = self.client.get_multiplexed_async_connection_with_config(&self.config).await?;
        Ok(Connection::new(Box::new(LiveConnection(connection))))
    }
}

/// One connection, shared by many tasks; their commands are pipelined.
#[derive(Clone)]
struct LiveConnection(MultiplexedConnection);

impl RedisConnection for LiveConnection {
    fn share(&self) -> Box<dyn RedisConnection> {
        Box::new(self.clone())
    }
}

impl ConnectionLike for LiveConnection {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        self.0.req_packed_command(cmd)
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        self.0.req_packed_commands(pipeline, offset, count)
    }

    fn get_db(&self) -> i64 {
        self.0.get_db()
    }
}

/// What is known of a command that ended in `error`.
///
/// A script that fails half-way undoes nothing: what a refusal says is only that the command was refused as a whole when
/// it is not one of a script's own, so a script's error is unknown unless it is raised before the script runs.
#[must_use]
pub fn outcome(error: &RedisError) -> Outcome {
    match error.kind() {
        // Found before anything was sent, or while connecting.
        ErrorKind::InvalidClientConfig
        | ErrorKind::Client
        | ErrorKind::AuthenticationFailed
        | ErrorKind::RESP3NotSupported
        | ErrorKind::EmptySentinelList
        | ErrorKind::MasterNameNotFoundBySentinel
        | ErrorKind::NoValidReplicasFoundBySentinel
        | ErrorKind::ClusterConnectionNotFound => Outcome::NotApplied,
        ErrorKind::Io if error.is_connection_refusal() => Outcome::NotApplied,
        ErrorKind::Server(refusal) => of_refusal(refusal),
        // The answer came and was not what was expected.
        ErrorKind::Io | ErrorKind::Parse | ErrorKind::UnexpectedReturnType | ErrorKind::Extension => Outcome::Unknown,
        // redis-rs may add kinds.
        _ => Outcome::Unknown,
    }
}

fn of_refusal(refusal: redis::ServerErrorKind) -> Outcome {
    use redis::ServerErrorKind as Refusal;
    match refusal {
        Refusal::NoScript
        | Refusal::BusyLoading
        | Refusal::ExecAbort
        | Refusal::Moved
        | Refusal::Ask
        | Refusal::TryAgain
        | Refusal::ClusterDown
        | Refusal::CrossSlot
        | Refusal::MasterDown
        | Refusal::ReadOnly
        | Refusal::NotBusy
        | Refusal::NoSub
        | Refusal::NoPerm => Outcome::NotApplied,
        // `ERR …`: a script's own failure is one of these.
        Refusal::ResponseError => Outcome::Unknown,
        _ => Outcome::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server_error(line: &str) -> RedisError {
        redis::parse_redis_value(line.as_bytes()).unwrap().extract_error().unwrap_err()
    }

    #[test]
    fn a_script_that_is_not_known_did_not_run_and_one_that_failed_may_have_written() {
        assert_eq!(outcome(&server_error("-NOSCRIPT No matching script.\r\n")), Outcome::NotApplied);
        assert_eq!(outcome(&server_error("-ERR user_script:1: oops\r\n")), Outcome::Unknown);
    }

    #[test]
    fn a_connection_that_broke_leaves_its_command_unknown_unless_it_never_stood() {
        let refused: RedisError = std::io::Error::from(std::io::ErrorKind::ConnectionRefused).into();
        let broken: RedisError = std::io::Error::from(std::io::ErrorKind::BrokenPipe).into();
        assert_eq!(outcome(&refused), Outcome::NotApplied);
        assert_eq!(outcome(&broken), Outcome::Unknown);
    }

    #[test]
    fn an_address_that_is_none_is_refused() {
        assert!(LiveRedis::new("postgres://127.0.0.1", Duration::from_secs(1)).is_err());
        assert!(LiveRedis::new("redis://:secret@127.0.0.1:6380/1", Duration::from_secs(1)).is_ok());
    }
}
