//! Apache Kafka for tests: one node that is broker and controller (KRaft), small heap, internal topics kept once.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::ops::{Deref, DerefMut};
use std::time::Duration;

use nix::sys::signal::Signal;

use crate::jars::KAFKA;
use crate::server::Kind;
use crate::supervisor::EndSignal;
use crate::{Error, Port, Server, free_port};

const LOG4J: &str = include_str!("../kafka/log4j.properties");
/// Any 16 bytes in base64; a cluster of one need not be told from others.
const CLUSTER_ID: &str = "MkU3OEVBNTcwNTJENDM2Qk";

/// A running Kafka.
#[derive(Debug)]
pub struct Kafka {
    server: Server,
    _controller: Port,
}

const KIND: Kind<'_> = Kind { name: "kafka", end: EndSignal::Kill, stop: Signal::SIGTERM, up: is_up };

impl Kafka {
    /// Starts a broker, fetching its jars when this machine has not got them yet.
    ///
    /// # Errors
    /// When Java or the jars cannot be had, or the broker does not come up.
    pub fn start() -> Result<Self, Error> {
        let java = KAFKA.programs()?;
        let jars = KAFKA.get()?;
        let controller = free_port()?;
        let mut server = Server::place(&KIND, free_port()?)?;
        let data = server.make_dir("data", None)?;
        let work = server.make_dir("work", None)?;
        let config = properties(server.port(), controller.number(), &data.to_string_lossy());
        let config = server.write("server.properties", &config)?;
        let log4j = server.write("log4j.properties", LOG4J)?;

        let java_io = format!("-Djava.io.tmpdir={}", work.display());
        let log4j = format!("-Dlog4j.configuration=file:{}", log4j.display());
        let class_path = format!("{}/*", jars.display());
        let (java, config) = (java.to_string_lossy(), config.to_string_lossy());
        // Compiled lightly and collected simply: a broker that lives for a minute starts sooner so. No file is left in the
        // system's folder for temporary files (UsePerfData).
        let machine = [
            &*java,
            "-Xmx512m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-XX:-UsePerfData",
            &java_io,
            &log4j,
            "-cp",
            &class_path,
        ];
        server.prepare(&with(&machine, &["kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", &config]))?;
        server.start_script(&with(&machine, &["kafka.Kafka", &config]))?;
        server.start()?;
        Ok(Self { server, _controller: controller })
    }

    /// The broker's address, as clients' `bootstrap.servers` takes it.
    #[must_use]
    pub fn bootstrap(&self) -> String {
        format!("127.0.0.1:{}", self.port())
    }
}

impl Deref for Kafka {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.server
    }
}

impl DerefMut for Kafka {
    fn deref_mut(&mut self) -> &mut Server {
        &mut self.server
    }
}

fn with<'a>(machine: &[&'a str], program: &[&'a str]) -> Vec<&'a str> {
    machine.iter().chain(program).copied().collect()
}

fn properties(broker: u16, controller: u16, data: &str) -> String {
    format!(
        "process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{broker}
controller.listener.names=CONTROLLER
log.dirs={data}
num.network.threads=2
num.io.threads=4
num.partitions=4
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
# A group forms as soon as its first member asks.
group.initial.rebalance.delay.ms=0
# A broker that was killed may come back as soon as its session is over.
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
log.cleaner.dedupe.buffer.size=4194304
"
    )
}

/// Asks which versions of the requests the broker speaks; it answers once it has joined its cluster.
fn is_up(port: u16) -> bool {
    let ask = || -> std::io::Result<[u8; 8]> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(1)))?;
        // Length 10; API key 18 (ApiVersions), version 0, correlation id 7, no client id.
        stream.write_all(&[0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 7, 0xff, 0xff])?;
        let mut answer = [0; 8];
        stream.read_exact(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|answer| answer[4..] == [0, 0, 0, 7])
}
