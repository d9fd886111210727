//! OpenSearch for tests: one node, small heap, no security plugin, the HTTP server and the common analysis as modules.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::time::Duration;

use nix::sys::signal::Signal;

use crate::jars::OPENSEARCH;
use crate::server::Kind;
use crate::supervisor::EndSignal;
use crate::{Error, Port, Server, free_port};

/// The server's modules: a name, the class that begins it, what its jars' names begin with.
const MODULES: [(&str, &str, &[&str]); 2] = [
    ("transport-netty4", "org.opensearch.transport.Netty4Plugin", &["transport-netty4-client-", "netty-"]),
    ("analysis-common", "org.opensearch.analysis.common.CommonAnalysisPlugin", &["analysis-common-"]),
];
const VERSION: &str = "2.19.1";

/// A running OpenSearch.
#[derive(Debug)]
pub struct OpenSearch {
    server: Server,
    _transport: Port,
}

const KIND: Kind<'_> = Kind { name: "opensearch", end: EndSignal::Kill, stop: Signal::SIGTERM, up: is_up };

impl OpenSearch {
    /// Starts a node, fetching its jars when this machine has not got them yet.
    ///
    /// # Errors
    /// When Java or the jars cannot be had, or the node does not come up.
    pub fn start() -> Result<Self, Error> {
        Self::start_with(512)
    }

    /// Starts a node with a heap of so many megabytes.
    ///
    /// # Errors
    /// When Java or the jars cannot be had, or the node does not come up.
    pub fn start_with(heap_mb: u32) -> Result<Self, Error> {
        let java = OPENSEARCH.programs()?;
        let jars = OPENSEARCH.get()?;
        let transport = free_port()?;
        let mut server = Server::place(&KIND, free_port()?)?;
        let work = server.make_dir("work", None)?;
        for folder in ["config", "modules", "data", "logs"] {
            server.make_dir(folder, None)?;
        }
        let base = include_str!("../opensearch/opensearch.yml");
        let ports = format!("http.port: {}\ntransport.port: {}\n", server.port(), transport.number());
        server.write("config/opensearch.yml", &format!("{base}{ports}"))?;
        server.write("config/log4j2.properties", include_str!("../opensearch/log4j2.properties"))?;
        let class_path = lay_out_modules(&server, &jars)?;

        let home = server.dir().to_string_lossy().into_owned();
        let heap = [format!("-Xms{heap_mb}m"), format!("-Xmx{heap_mb}m")];
        let folders = [
            format!("-Djava.io.tmpdir={}", work.display()),
            format!("-Dopensearch.path.home={home}"),
            format!("-Dopensearch.path.conf={home}/config"),
        ];
        let java = java.to_string_lossy();
        let mut command = vec![&*java];
        command.extend(heap.iter().chain(&folders).map(String::as_str));
        // Without its native library (JNA) the server neither refuses to run as root nor asks the system for locks that a
        // test machine does not give.
        command.extend([
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-XX:-UsePerfData",
            "-Djna.nosys=true",
            "-Djna.nounpack=true",
            "-Djava.security.manager=allow",
            "-Dlog4j2.disable.jmx=true",
            "-cp",
            &class_path,
            "org.opensearch.bootstrap.OpenSearch",
        ]);
        server.start_script(&command)?;
        server.start()?;
        Ok(Self { server, _transport: transport })
    }

    /// The node's address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port())
    }
}

/// Gives each module a folder of its own with its jars; the class path of all other jars. A jar may be in one place only, and
/// a module's must be a file and no link: the server's security manager looks where it really lies.
fn lay_out_modules(server: &Server, jars: &Path) -> Result<String, Error> {
    let failed = |source| Error::File { server: "opensearch".to_owned(), path: jars.to_owned(), source };
    let mut names: Vec<String> = std::fs::read_dir(jars)
        .map_err(failed)?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.ends_with(".jar"))
        .collect();
    names.sort();
    for (module, class, _) in MODULES {
        server.make_dir(&format!("modules/{module}"), None)?;
        let descriptor = format!(
            "name={module}\ndescription={module}\nversion={VERSION}\nopensearch.version={VERSION}\njava.version=11\n\
             classname={class}\nextended.plugins=\nhas.native.controller=false\n"
        );
        server.write(&format!("modules/{module}/plugin-descriptor.properties"), &descriptor)?;
    }
    let policy = include_str!("../opensearch/transport-netty4.policy");
    server.write("modules/transport-netty4/plugin-security.policy", policy)?;
    let mut class_path = Vec::new();
    for name in names {
        let module = MODULES.iter().find(|(_, _, begins)| begins.iter().any(|begin| name.starts_with(begin)));
        match module {
            Some((module, ..)) => {
                let place = server.dir().join("modules").join(module).join(&name);
                std::fs::copy(jars.join(&name), place).map_err(failed)?;
            }
            None => class_path.push(jars.join(&name).to_string_lossy().into_owned()),
        }
    }
    Ok(class_path.join(":"))
}

impl Deref for OpenSearch {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.server
    }
}

impl DerefMut for OpenSearch {
    fn deref_mut(&mut self) -> &mut Server {
        &mut self.server
    }
}

/// Up when it has recovered its indices: before, searches would find nothing.
fn is_up(port: u16) -> bool {
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(2)))?;
        stream.write_all(b"GET /_cluster/health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    let recovered = |answer: &str| {
        answer.starts_with("HTTP/1.1 200") && ["\"green\"", "\"yellow\""].iter().any(|status| answer.contains(status))
    };
    ask().is_ok_and(|answer| recovered(&answer))
}
