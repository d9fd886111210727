//! Debezium for tests: its Postgres connector in a Kafka Connect worker that runs alone.
//!
//! The worker keeps its connector's place in a file of its folder, written every half second, so that one which was killed
//! begins where it had last written that it was.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::ops::{Deref, DerefMut};
use std::time::Duration;

use nix::sys::signal::Signal;

use crate::jars::DEBEZIUM;
use crate::server::Kind;
use crate::supervisor::EndSignal;
use crate::{Error, Server, free_port};

/// What the connector follows, and where it writes.
#[derive(Debug, Clone, Copy)]
pub struct Follow<'a> {
    /// The port on 127.0.0.1 of a Postgres with `wal_level=logical`.
    pub postgres_port: u16,
    /// Its database.
    pub database: &'a str,
    /// The table, with its schema.
    pub table: &'a str,
    /// What its topic's name begins with; schema and table follow.
    pub prefix: &'a str,
    /// The log's brokers.
    pub brokers: &'a str,
}

/// A running worker with its connector.
#[derive(Debug)]
pub struct Debezium {
    server: Server,
}

const KIND: Kind<'_> = Kind { name: "debezium", end: EndSignal::Kill, stop: Signal::SIGTERM, up: is_up };

impl Debezium {
    /// Starts a worker and its connector, fetching the jars when this machine has not got them yet.
    ///
    /// # Errors
    /// When Java or the jars cannot be had, or the connector does not run.
    pub fn start(follow: &Follow<'_>) -> Result<Self, Error> {
        let java = DEBEZIUM.programs()?;
        let jars = DEBEZIUM.get()?;
        let mut server = Server::place(&KIND, free_port()?)?;
        let work = server.make_dir("work", None)?;
        let offsets = server.dir().join("offsets");
        let worker = worker(follow, server.port(), &offsets.to_string_lossy());
        let worker = server.write("worker.properties", &worker)?;
        let connector = server.write("connector.properties", &connector(follow))?;
        let log4j = server.write("log4j2.properties", include_str!("../debezium/log4j2.properties"))?;
        let java_io = format!("-Djava.io.tmpdir={}", work.display());
        let log4j = format!("-Dlog4j2.configurationFile=file:{}", log4j.display());
        let class_path = format!("{}/*", jars.display());
        let (java, worker, connector) = (java.to_string_lossy(), worker.to_string_lossy(), connector.to_string_lossy());
        server.start_script(&[
            &java,
            "-Xmx256m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-XX:-UsePerfData",
            &java_io,
            &log4j,
            "-cp",
            &class_path,
            "org.apache.kafka.connect.cli.ConnectStandalone",
            &worker,
            &connector,
        ])?;
        server.start()?;
        Ok(Self { server })
    }
}

impl Deref for Debezium {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.server
    }
}

impl DerefMut for Debezium {
    fn deref_mut(&mut self) -> &mut Server {
        &mut self.server
    }
}

fn worker(follow: &Follow<'_>, port: u16, offsets: &str) -> String {
    let Follow { brokers, .. } = follow;
    format!(
        "bootstrap.servers={brokers}
listeners=http://127.0.0.1:{port}
key.converter=org.apache.kafka.connect.json.JsonConverter
key.converter.schemas.enable=false
value.converter=org.apache.kafka.connect.json.JsonConverter
value.converter.schemas.enable=false
offset.storage.file.filename={offsets}
offset.flush.interval.ms=500
plugin.discovery=only_scan
# Nothing is acknowledged that a broker could lose; a lost answer is asked for again without writing twice.
producer.acks=all
producer.enable.idempotence=true
producer.linger.ms=0
"
    )
}

fn connector(follow: &Follow<'_>) -> String {
    let Follow { postgres_port, database, table, prefix, .. } = follow;
    format!(
        "name={prefix}
connector.class=io.debezium.connector.postgresql.PostgresConnector
plugin.name=pgoutput
database.hostname=127.0.0.1
database.port={postgres_port}
database.user=postgres
database.password=postgres
database.dbname={database}
topic.prefix={prefix}
table.include.list={table}
slot.name={prefix}
publication.name={prefix}
publication.autocreate.mode=filtered
snapshot.mode=initial
tombstones.on.delete=false
# A database that was away, or a slot that a killed worker still seems to hold, is tried again.
slot.max.retries=100
slot.retry.delay.ms=500
errors.max.retries=-1
retriable.restart.connector.wait.ms=500
poll.interval.ms=50
"
    )
}

/// Up when the connector's one task runs.
fn is_up(port: u16) -> bool {
    let ask = |path: &str| -> std::io::Result<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(2)))?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    // The connector's task beside the connector itself.
    ask("/connectors?expand=status").is_ok_and(|answer| answer.matches("\"state\":\"RUNNING\"").count() >= 2)
}
