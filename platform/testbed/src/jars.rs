//! The jars of servers that run on Java: resolved by Maven once, kept in a cache outside the tree, and checked by checksum at
//! each start.
//!
//! The checksums stand in the tree (`*/jars.sha256`): neither a cut download nor a changed repository goes unseen.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Error;
use crate::install::{Engine, output_of, program};

const COPY: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies";
const REMEDY: &str = "install Java 17 or newer and Maven (apt-get install openjdk-17-jre-headless maven), or let `testbed run --install` do it";

/// The jars of one server.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Jars {
    engine: Engine,
    title: &'static str,
    pom: &'static str,
    checksums: &'static str,
}

/// Apache Kafka.
pub(crate) const KAFKA: Jars = Jars {
    engine: Engine::Kafka,
    title: "Apache Kafka",
    pom: include_str!("../kafka/pom.xml"),
    checksums: include_str!("../kafka/jars.sha256"),
};
/// OpenSearch.
pub(crate) const OPENSEARCH: Jars = Jars {
    engine: Engine::OpenSearch,
    title: "OpenSearch",
    pom: include_str!("../opensearch/pom.xml"),
    checksums: include_str!("../opensearch/jars.sha256"),
};
/// Kafka Connect with Debezium's Postgres connector.
pub(crate) const DEBEZIUM: Jars = Jars {
    engine: Engine::Debezium,
    title: "Kafka Connect and Debezium",
    pom: include_str!("../debezium/pom.xml"),
    checksums: include_str!("../debezium/jars.sha256"),
};

impl Jars {
    /// Java, once it and Maven are known to be there; Maven is not missed when the jars have been fetched.
    ///
    /// # Errors
    /// When one of them is missing.
    pub(crate) fn programs(&self) -> Result<PathBuf, Error> {
        let java = program(self.engine, "java", REMEDY)?;
        let fetched = cache_dir(self.engine).is_ok_and(|cache| cache.join(self.folder()).is_dir());
        if !fetched {
            program(self.engine, "mvn", REMEDY)?;
        }
        Ok(java)
    }

    /// The folder that holds the jars, fetched if they are not there.
    ///
    /// # Errors
    /// When they cannot be fetched or are not the ones that the tree names.
    pub(crate) fn get(&self) -> Result<PathBuf, Error> {
        let cache = cache_dir(self.engine)?;
        let jars = cache.join(self.folder());
        if self.check(&jars).is_ok() {
            return Ok(jars);
        }
        eprintln!("testbed: fetching the jars of {} through Maven into {}", self.title, jars.display());
        let fresh = cache.join(format!("{}.{}", self.folder(), std::process::id()));
        let fetched = self.fetch(&fresh).and_then(|()| self.check(&fresh));
        if fetched.is_ok() {
            self.put_in_place(&fresh, &jars)?;
        }
        if fresh.exists() {
            std::fs::remove_dir_all(&fresh).map_err(|source| file_error(self.engine, &fresh, source))?;
        }
        fetched?;
        self.check(&jars)?;
        Ok(jars)
    }

    /// Named for its content: trees that ask for different versions do not take each other's.
    fn folder(&self) -> String {
        format!("{}-{}", self.engine.name(), &self.checksums[..16])
    }

    fn fetch(&self, dir: &Path) -> Result<(), Error> {
        let mvn = program(self.engine, "mvn", REMEDY)?;
        std::fs::create_dir_all(dir).map_err(|source| file_error(self.engine, dir, source))?;
        let pom = dir.join("pom.xml");
        std::fs::write(&pom, self.pom).map_err(|source| file_error(self.engine, &pom, source))?;
        let mut command = Command::new(mvn);
        // Else the machine leaves a file in the system's folder for temporary files.
        command.env("MAVEN_OPTS", "-XX:-UsePerfData");
        command.args(["-B", "-q", "-C", "-f"]).arg(&pom).arg(COPY).arg("-DincludeScope=runtime");
        command.arg(format!("-DoutputDirectory={}", dir.display()));
        output_of(command, self.engine, "mvn dependency:copy-dependencies").map(drop)
    }

    /// Another process may have been first: its jars passed the same check.
    fn put_in_place(&self, fresh: &Path, jars: &Path) -> Result<(), Error> {
        if jars.exists() && self.check(jars).is_err() {
            std::fs::remove_dir_all(jars).map_err(|source| file_error(self.engine, jars, source))?;
        }
        match std::fs::rename(fresh, jars) {
            Ok(()) => Ok(()),
            Err(_) if jars.exists() => Ok(()),
            Err(source) => Err(file_error(self.engine, jars, source)),
        }
    }

    fn check(&self, jars: &Path) -> Result<(), Error> {
        let missing = |what: String| Error::Fetch { server: self.engine.name(), what, output: String::new() };
        if !jars.is_dir() {
            return Err(missing(format!("{} is not there", jars.display())));
        }
        let list = jars.join("jars.sha256");
        std::fs::write(&list, self.checksums).map_err(|source| file_error(self.engine, &list, source))?;
        let mut command = Command::new("sha256sum");
        command.current_dir(jars).args(["--check", "--quiet", "--strict"]).arg(&list);
        output_of(command, self.engine, "sha256sum --check of the jars").map(drop)
    }
}

fn cache_dir(engine: Engine) -> Result<PathBuf, Error> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let dir = set("XDG_CACHE_HOME")
        .or_else(|| set("HOME").map(|home| home.join(".cache")))
        .unwrap_or_else(std::env::temp_dir)
        .join("doorbuster");
    std::fs::create_dir_all(&dir).map_err(|source| file_error(engine, &dir, source))?;
    Ok(dir)
}

fn file_error(engine: Engine, path: &Path, source: std::io::Error) -> Error {
    Error::File { server: engine.name().to_owned(), path: path.to_owned(), source }
}
