//! One server process under its supervisor: the part that Postgres, Redis and Kafka have in common.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::sys::signal::Signal;
use nix::unistd::Pid;

use crate::supervisor::{EndSignal, Supervisor};
use crate::{Error, Port};

/// How often a server that is coming up or going away is looked at.
const LOOK: Duration = Duration::from_millis(25);
/// How often it is looked at before it is given up: ten minutes, for a machine that does many things at once. A Kafka that
/// takes seconds on a quiet one was seen to take more than a minute beside twenty builds.
const LOOKS: u32 = 600 * 40;
/// How a shell says that signal 9 ended a process.
const KILLED: i32 = 128 + 9;
/// Lines of a log that an error shows.
const LOG_LINES: usize = 30;

/// A server: running, or killed and ready to be restarted on the same port and data. Dropping it ends it and removes its
/// folder.
#[derive(Debug)]
pub struct Server {
    name: String,
    supervisor: Supervisor,
    port: Port,
    running: Option<Pid>,
    times_killed: u32,
    times_halted: u32,
    stop: Signal,
    up: Probe,
}

/// Tells whether the server on this port answers as one that is ready for work.
pub(crate) type Probe = fn(u16) -> bool;

/// What a kind of server needs said about it.
pub(crate) struct Kind<'a> {
    pub(crate) name: &'a str,
    /// Ends it at once, for good.
    pub(crate) end: EndSignal,
    /// Ends it in order.
    pub(crate) stop: Signal,
    pub(crate) up: Probe,
}

impl Server {
    /// Makes the folder; nothing runs in it yet.
    pub(crate) fn place(kind: &Kind<'_>, port: Port) -> Result<Self, Error> {
        Ok(Self {
            name: kind.name.to_owned(),
            supervisor: Supervisor::start(kind.name, kind.end)?,
            port,
            running: None,
            times_killed: 0,
            times_halted: 0,
            stop: kind.stop,
            up: kind.up,
        })
    }

    /// The port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port.number()
    }

    /// The server's folder: data, configuration and log.
    #[must_use]
    pub fn dir(&self) -> &Path {
        self.supervisor.dir()
    }

    /// The server's process, while it runs.
    #[must_use]
    pub fn process_id(&self) -> Option<i32> {
        self.running.map(Pid::as_raw)
    }

    /// How often the server ended by SIGKILL, as its parent was told by the system.
    #[must_use]
    pub fn times_killed(&self) -> u32 {
        self.times_killed
    }

    /// The whole log so far.
    #[must_use]
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(self.dir().join("log")).unwrap_or_default()).into_owned()
    }

    /// The end of the server's log.
    #[must_use]
    pub fn log_tail(&self) -> String {
        let text = self.log();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(LOG_LINES)..].join("\n")
    }

    /// `kill -9` of the server and of every process it started, with nothing written or closed. Does nothing when the
    /// server is not running.
    ///
    /// # Errors
    /// When the server had ended by itself before, or the supervisor is gone.
    pub fn kill(&mut self) -> Result<(), Error> {
        let Some(server) = self.running.take() else { return Ok(()) };
        // Halted first, so that it starts no further process while its processes are being listed.
        send(server, Signal::SIGSTOP);
        let children = children_of(server);
        send(server, Signal::SIGKILL);
        for child in &children {
            send(*child, Signal::SIGKILL);
        }
        let code = self.supervisor.wait_for_end()?;
        if code != KILLED {
            return Err(self.not_up(&format!("it had ended by itself, with code {code}, before it was killed")));
        }
        self.times_killed += 1;
        for child in children {
            self.wait_until("its processes are gone", || !exists(child))?;
        }
        Ok(())
    }

    /// Stops the server in order: it writes what it holds and closes. Its exit code; none when it was not running.
    ///
    /// # Errors
    /// When the supervisor is gone.
    pub fn stop(&mut self) -> Result<Option<i32>, Error> {
        let Some(server) = self.running.take() else { return Ok(None) };
        send(server, self.stop);
        self.supervisor.wait_for_end().map(Some)
    }

    /// Halts the server and its processes (SIGSTOP): connections stay open, new ones are accepted by the system, and
    /// nothing answers.
    ///
    /// # Errors
    /// When the system does not show the server as halted.
    pub fn pause(&mut self) -> Result<(), Error> {
        let Some(server) = self.running else { return Ok(()) };
        self.signal_all(Signal::SIGSTOP);
        self.wait_until("it is halted", || stat_of(server).is_some_and(|(state, _)| state == 'T'))?;
        self.times_halted += 1;
        Ok(())
    }

    /// How often the server was seen halted after [`Server::pause`].
    #[must_use]
    pub fn times_halted(&self) -> u32 {
        self.times_halted
    }

    /// Lets a halted server go on.
    pub fn resume(&self) {
        self.signal_all(Signal::SIGCONT);
    }

    /// Starts the server again, on the same port and data, killing it first if it runs, and waits until it is ready.
    ///
    /// # Errors
    /// When it does not come up.
    pub fn restart(&mut self) -> Result<(), Error> {
        self.kill()?;
        self.start()
    }

    /// Starts what `start_script` says and waits until it is ready.
    pub(crate) fn start(&mut self) -> Result<(), Error> {
        let server = Pid::from_raw(self.supervisor.start_server()?);
        self.running = Some(server);
        let (port, up) = (self.port(), self.up);
        let mut died = false;
        let waited = self.wait_until("it answers", || {
            died = !exists(server);
            died || up(port)
        });
        if died {
            self.running = None;
            self.supervisor.wait_for_end()?;
            return Err(self.not_up("it ended at its start"));
        }
        waited
    }

    /// Runs a program to its end in the server's name, its output going to the log.
    pub(crate) fn prepare(&mut self, command: &[&str]) -> Result<(), Error> {
        self.write_script("prepare", command)?;
        match self.supervisor.prepare()? {
            0 => Ok(()),
            code => Err(self.not_up(&format!("`{}` exited with {code}", command.join(" ")))),
        }
    }

    /// Says how the server is started.
    pub(crate) fn start_script(&self, command: &[&str]) -> Result<(), Error> {
        self.write_script("start", command).map(drop)
    }

    /// Writes a file into the server's folder.
    pub(crate) fn write(&self, name: &str, text: &str) -> Result<PathBuf, Error> {
        let path = self.dir().join(name);
        std::fs::write(&path, text)
            .and_then(|()| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)))
            .map_err(|source| self.file_error(&path, source))?;
        Ok(path)
    }

    /// Makes a folder inside the server's folder, for the given user if there is one.
    pub(crate) fn make_dir(&self, name: &str, owner: Option<(u32, u32)>) -> Result<PathBuf, Error> {
        let path = self.dir().join(name);
        std::fs::create_dir(&path)
            .and_then(|()| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)))
            .and_then(|()| match owner {
                Some((user, group)) => std::os::unix::fs::chown(&path, Some(user), Some(group)),
                None => Ok(()),
            })
            .map_err(|source| self.file_error(&path, source))?;
        Ok(path)
    }

    fn write_script(&self, name: &str, command: &[&str]) -> Result<PathBuf, Error> {
        let words: Vec<String> = command.iter().map(|word| format!("'{}'", word.replace('\'', r"'\''"))).collect();
        let dir = self.dir().to_string_lossy().replace('\'', r"'\''");
        self.write(name, &format!("cd '{dir}'\nexec {}\n", words.join(" ")))
    }

    fn signal_all(&self, signal: Signal) {
        let Some(server) = self.running else { return };
        send(server, signal);
        for child in children_of(server) {
            send(child, signal);
        }
    }

    fn wait_until(&self, what: &str, mut reached: impl FnMut() -> bool) -> Result<(), Error> {
        for _ in 0..LOOKS {
            if reached() {
                return Ok(());
            }
            std::thread::sleep(LOOK);
        }
        Err(self.not_up(&format!("waited in vain until {what}")))
    }

    fn not_up(&self, what: &str) -> Error {
        Error::NotUp { server: self.name.clone(), what: what.to_owned(), log: self.log_tail() }
    }

    pub(crate) fn file_error(&self, path: &Path, source: std::io::Error) -> Error {
        Error::File { server: self.name.clone(), path: path.to_owned(), source }
    }
}

/// A process that is gone already needs no signal.
fn send(process: Pid, signal: Signal) {
    if let Err(error) = nix::sys::signal::kill(process, signal)
        && error != nix::errno::Errno::ESRCH
    {
        eprintln!("testbed: sending {signal} to {process}: {error}");
    }
}

fn stat_of(process: Pid) -> Option<(char, i32)> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name in parentheses may hold anything; state and parent follow its end.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    Some((fields.next()?.chars().next()?, fields.next()?.parse().ok()?))
}

/// Whether the process is there and not merely waiting to be noticed as ended.
fn exists(process: Pid) -> bool {
    stat_of(process).is_some_and(|(state, _)| state != 'Z')
}

fn children_of(parent: Pid) -> Vec<Pid> {
    let Ok(processes) = std::fs::read_dir("/proc") else { return Vec::new() };
    processes
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok().map(Pid::from_raw))
        .filter(|process| stat_of(*process).is_some_and(|(_, its_parent)| its_parent == parent.as_raw()))
        .collect()
}
