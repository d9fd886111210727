//! However the owner of servers ends, the servers end and their folders go; and the test command leaves nothing at all.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use testbed::{Persistence, Postgres, Redis};

/// `testbed run` beside Postgres and Redis, with its folders in one of its own, and a command that tells its process id
/// and then sleeps.
struct Owner {
    child: Child,
    tmp: tempfile::TempDir,
    command: Pid,
}

impl Owner {
    fn start() -> Self {
        let tmp = tempfile::tempdir().unwrap();
        // Postgres runs as another user where the tests run as root.
        std::fs::set_permissions(tmp.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_testbed"))
            .args(["run", "--processes", "--only", "postgres,redis", "--", "sh", "-c", "echo $$; exec sleep 1000"])
            .env("TMPDIR", tmp.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { child, tmp, command: Pid::from_raw(line.trim().parse().unwrap()) }
    }

    fn send(&self, signal: Signal) {
        kill(Pid::from_raw(i32::try_from(self.child.id()).unwrap()), signal).unwrap();
    }

    /// Asserts that folders and processes go within a minute.
    fn leaves_nothing(mut self) {
        let processes = using(self.tmp.path());
        self.child.wait().unwrap();
        for _ in 0..2_400 {
            let folders = std::fs::read_dir(self.tmp.path()).unwrap().count();
            let left: Vec<_> = processes.iter().chain([&self.command]).filter(|process| lives(**process)).collect();
            if folders == 0 && left.is_empty() {
                return;
            }
            std::thread::sleep(Duration::from_millis(25));
        }
        panic!("left behind: {:?}; the command lives: {}", using(self.tmp.path()), lives(self.command));
    }
}

/// Processes whose command line names the folder.
fn using(folder: &Path) -> Vec<Pid> {
    let name = folder.to_string_lossy().into_owned();
    let processes = std::fs::read_dir("/proc").unwrap();
    let found: Vec<Pid> = processes
        .filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok())
        .filter(|process: &i32| {
            let command = std::fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&command).contains(&name)
        })
        .map(Pid::from_raw)
        .collect();
    found
}

fn lives(process: Pid) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    !stat.is_empty() && !stat.contains(") Z ")
}

#[test]
fn a_killed_owner_leaves_nothing() {
    let owner = Owner::start();
    assert!(!using(owner.tmp.path()).is_empty(), "the servers are seen while they run");
    owner.send(Signal::SIGKILL);
    owner.leaves_nothing();
}

#[test]
fn an_interrupted_owner_leaves_nothing() {
    let owner = Owner::start();
    owner.send(Signal::SIGINT);
    owner.leaves_nothing();
}

#[test]
fn a_terminated_owner_leaves_nothing() {
    let owner = Owner::start();
    owner.send(Signal::SIGTERM);
    owner.leaves_nothing();
}

/// The test command as a whole runs so: builds and tests that need no server included.
#[test]
fn a_command_of_the_test_command_ends_with_it() {
    let guard = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.ci/leaving-nothing");
    // An interrupt that whoever runs the tests ignores cannot be trapped by a shell: it is left out.
    for signal in [Signal::SIGKILL, Signal::SIGTERM] {
        let mut child = Command::new(&guard)
            .args(["sh", "-c", "sleep 1000 & echo $$ $!; exec sleep 1000"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let started: Vec<_> = line.split_whitespace().map(|id| Pid::from_raw(id.parse().unwrap())).collect();
        assert!(started.len() == 2 && started.iter().all(|process| lives(*process)), "{line}");
        kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), signal).unwrap();
        child.wait().unwrap();
        let gone = (0..2_400).any(|_| {
            std::thread::sleep(Duration::from_millis(25));
            !started.iter().any(|process| lives(*process))
        });
        assert!(gone, "after {signal}, {line} live on");
    }
}

#[test]
fn a_panicking_test_leaves_nothing() {
    let dirs = std::sync::Mutex::new(Vec::<PathBuf>::new());
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let postgres = Postgres::start().unwrap();
        let mut redis = Redis::start(Persistence::AofAlways).unwrap();
        redis.kill().unwrap();
        dirs.lock().unwrap().extend([postgres.dir().to_owned(), redis.dir().to_owned()]);
        panic!("as a failing test does");
    }));
    assert!(outcome.is_err());
    for dir in dirs.into_inner().unwrap() {
        assert!(!dir.exists(), "{} is there", dir.display());
        assert_eq!(using(&dir), []);
    }
}

#[test]
fn the_commands_exit_code_is_passed_on() {
    let status = Command::new(env!("CARGO_BIN_EXE_testbed"))
        .args(["run", "--processes", "--only", "redis", "--", "sh", "-c", "redis-cli -u $TESTBED_REDIS ping && exit 7"])
        .status()
        .unwrap();
    assert_eq!(status.code(), Some(7));
}

#[test]
fn a_server_that_cannot_be_had_is_named_with_what_to_do() {
    let output = Command::new(env!("CARGO_BIN_EXE_testbed"))
        .args(["run", "--processes", "--only", "redis", "--", "true"])
        .env("PATH", "")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(125), "{said}");
    assert!(said.contains("redis could not be had") && said.contains("apt-get install redis-server"), "{said}");
}
