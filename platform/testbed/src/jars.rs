//! Kafka's jars: resolved by Maven once, kept in a cache outside the tree, and checked by checksum at each start.
//!
//! The checksums stand in the tree (`kafka/jars.sha256`): neither a cut download nor a changed repository goes unseen.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Error;
use crate::install::{Engine, output_of, program};

const POM: &str = include_str!("../kafka/pom.xml");
const CHECKSUMS: &str = include_str!("../kafka/jars.sha256");
const COPY: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies";
const REMEDY: &str = "install Java 17 or newer and Maven (apt-get install openjdk-17-jre-headless maven), or let `testbed run --install` do it";

/// The folder that holds the jars, fetched if they are not there.
///
/// # Errors
/// When they cannot be fetched or are not the ones that the tree names.
pub(crate) fn kafka_jars() -> Result<PathBuf, Error> {
    let cache = cache_dir()?;
    // Named for its content: trees that ask for different versions do not take each other's.
    let jars = cache.join(format!("kafka-{}", &CHECKSUMS[..16]));
    if check(&jars).is_ok() {
        return Ok(jars);
    }
    eprintln!("testbed: fetching Apache Kafka's jars through Maven into {}", jars.display());
    let fresh = cache.join(format!("kafka-{}.{}", &CHECKSUMS[..16], std::process::id()));
    let fetched = fetch(&fresh).and_then(|()| check(&fresh));
    if fetched.is_ok() {
        put_in_place(&fresh, &jars)?;
    }
    if fresh.exists() {
        std::fs::remove_dir_all(&fresh).map_err(|source| file_error(&fresh, source))?;
    }
    fetched?;
    check(&jars)?;
    Ok(jars)
}

/// Java, once it and Maven are known to be there; Maven is not missed when the jars have been fetched.
pub(crate) fn programs() -> Result<PathBuf, Error> {
    let java = program(Engine::Kafka, "java", REMEDY)?;
    let fetched = cache_dir().is_ok_and(|cache| cache.join(format!("kafka-{}", &CHECKSUMS[..16])).is_dir());
    if !fetched {
        program(Engine::Kafka, "mvn", REMEDY)?;
    }
    Ok(java)
}

fn fetch(dir: &Path) -> Result<(), Error> {
    let mvn = program(Engine::Kafka, "mvn", REMEDY)?;
    std::fs::create_dir_all(dir).map_err(|source| file_error(dir, source))?;
    let pom = dir.join("pom.xml");
    std::fs::write(&pom, POM).map_err(|source| file_error(&pom, source))?;
    let mut command = Command::new(mvn);
    // Else the machine leaves a file in the system's folder for temporary files.
    command.env("MAVEN_OPTS", "-XX:-UsePerfData");
    command.args(["-B", "-q", "-C", "-f"]).arg(&pom).arg(COPY).arg("-DincludeScope=runtime");
    command.arg(format!("-DoutputDirectory={}", dir.display()));
    output_of(command, Engine::Kafka, "mvn dependency:copy-dependencies").map(drop)
}

/// Another process may have been first: its jars passed the same check.
fn put_in_place(fresh: &Path, jars: &Path) -> Result<(), Error> {
    if jars.exists() && check(jars).is_err() {
        std::fs::remove_dir_all(jars).map_err(|source| file_error(jars, source))?;
    }
    match std::fs::rename(fresh, jars) {
        Ok(()) => Ok(()),
        Err(_) if jars.exists() => Ok(()),
        Err(source) => Err(file_error(jars, source)),
    }
}

fn check(jars: &Path) -> Result<(), Error> {
    let missing = |what: String| Error::Fetch { server: "kafka", what, output: String::new() };
    if !jars.is_dir() {
        return Err(missing(format!("{} is not there", jars.display())));
    }
    let list = jars.join("jars.sha256");
    std::fs::write(&list, CHECKSUMS).map_err(|source| file_error(&list, source))?;
    let mut command = Command::new("sha256sum");
    command.current_dir(jars).args(["--check", "--quiet", "--strict"]).arg(&list);
    output_of(command, Engine::Kafka, "sha256sum --check of the jars").map(drop)
}

fn cache_dir() -> Result<PathBuf, Error> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let dir = set("XDG_CACHE_HOME")
        .or_else(|| set("HOME").map(|home| home.join(".cache")))
        .unwrap_or_else(std::env::temp_dir)
        .join("doorbuster");
    std::fs::create_dir_all(&dir).map_err(|source| file_error(&dir, source))?;
    Ok(dir)
}

fn file_error(path: &Path, source: std::io::Error) -> Error {
    Error::File { server: "kafka".to_owned(), path: path.to_owned(), source }
}
