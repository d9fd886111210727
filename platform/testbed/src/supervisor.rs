//! The owner's side of the supervising shell (`supervisor.sh`): it starts the shell, gives it orders by line, and ends it
//! by closing the pipe.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::Error;

const SCRIPT: &str = include_str!("supervisor.sh");

/// How a server is told to end at once, as the shell's `kill` names it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum EndSignal {
    /// For a server that leaves nothing outside its folder.
    Kill,
    /// For Postgres, which takes its processes and its shared memory with it.
    Quit,
}

/// A supervising shell and the folder it made.
#[derive(Debug)]
pub(crate) struct Supervisor {
    name: String,
    shell: Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    dir: PathBuf,
}

impl Supervisor {
    pub(crate) fn start(name: &str, signal: EndSignal) -> Result<Self, Error> {
        let failed = |source| Error::Supervisor { server: name.to_owned(), what: "could not be started", source };
        let signal = match signal {
            EndSignal::Kill => "KILL",
            EndSignal::Quit => "QUIT",
        };
        let mut shell = Command::new("sh")
            .args(["-c", SCRIPT, "testbed-supervisor", name, signal])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // A terminal's interrupt is for the owner; the supervisor acts when the owner is gone.
            .process_group(0)
            .spawn()
            .map_err(failed)?;
        let orders = shell.stdin.take();
        let answers = BufReader::new(shell.stdout.take().expect("standard output was asked for as a pipe"));
        let mut supervisor = Self { name: name.to_owned(), shell, orders, answers, dir: PathBuf::new() };
        supervisor.dir = PathBuf::from(supervisor.answer()?);
        Ok(supervisor)
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Runs the folder's `prepare` script to its end and gives its exit code.
    pub(crate) fn prepare(&mut self) -> Result<i32, Error> {
        self.order("prepare")
    }

    /// Starts the folder's `start` script and gives its process id.
    pub(crate) fn start_server(&mut self) -> Result<i32, Error> {
        self.order("start")
    }

    /// Waits for the server's end. Until this is asked, its process id is not given to another process.
    pub(crate) fn wait_for_end(&mut self) -> Result<i32, Error> {
        self.order("wait")
    }

    fn order(&mut self, order: &str) -> Result<i32, Error> {
        let orders = self.orders.as_mut().expect("the pipe is closed only by Drop");
        writeln!(orders, "{order}").map_err(|source| Error::Supervisor {
            server: self.name.clone(),
            what: "did not take an order",
            source,
        })?;
        let answer = self.answer()?;
        answer.parse().map_err(|_| self.broken("answered with something that is not a number"))
    }

    fn answer(&mut self) -> Result<String, Error> {
        let mut line = String::new();
        match self.answers.read_line(&mut line) {
            Ok(0) => Err(self.broken("ended")),
            Ok(_) => Ok(line.trim_end().to_owned()),
            Err(source) => Err(Error::Supervisor { server: self.name.clone(), what: "could not be read", source }),
        }
    }

    fn broken(&self, what: &'static str) -> Error {
        Error::Supervisor { server: self.name.clone(), what, source: std::io::ErrorKind::BrokenPipe.into() }
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        drop(self.orders.take());
        if let Err(error) = self.shell.wait() {
            eprintln!("testbed: {}: waiting for its supervisor: {error}", self.name);
        }
    }
}
