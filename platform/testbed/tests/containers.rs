//! Where a Docker engine answers, `testbed run` has `docker compose` bring the shared servers up, takes them down however it
//! ends, and starts processes when that fails. A stand-in for the docker client answers here and writes down what it was
//! asked: that the file is one which compose accepts is checked by `.ci/compose`.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A folder whose `docker` writes its arguments to `asked`, and what `up` is given to `given`.
struct StandIn(tempfile::TempDir);

impl StandIn {
    /// `up_exits`: the exit code of `docker compose … up`.
    fn new(up_exits: i32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("docker");
        let own = folder.path().display();
        let script = format!(
            "#!/bin/sh\necho \"$* REDIS_PORT=$REDIS_PORT\" >> '{own}/asked'\n\
             case \"$*\" in *' up '*) cat > '{own}/given'; echo 'no such image' >&2; exit {up_exits};; esac\n"
        );
        std::fs::write(&path, script).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        Self(folder)
    }

    fn run(&self, command: &str) -> Child {
        let path = format!("{}:{}", self.0.path().display(), std::env::var("PATH").unwrap());
        Command::new(env!("CARGO_BIN_EXE_testbed"))
            .args(["run", "--only", "redis", "--", "sh", "-c", command])
            .env("PATH", path)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    fn asked(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.0.path().join("asked")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    fn was_taken_down(&self, project: &str) -> bool {
        let down = format!("compose --project-name {project} down --volumes");
        self.asked().iter().any(|words| words.starts_with(&down))
    }
}

#[test]
fn containers_are_brought_up_named_to_the_command_and_taken_down() {
    let docker = StandIn::new(0);
    let child = docker.run("echo $TESTBED_REDIS; exit 7");
    let project = format!("doorbuster-test-{}", child.id());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(7));
    let asked = docker.asked();
    let up = format!("compose --project-name {project} --file - up --detach --wait redis REDIS_PORT=");
    let port = asked.iter().find_map(|words| words.strip_prefix(&up)).unwrap_or_else(|| panic!("{asked:?}"));
    assert_eq!(String::from_utf8(output.stdout).unwrap(), format!("redis://127.0.0.1:{port}/\n"));
    let given = std::fs::read_to_string(docker.0.path().join("given")).unwrap();
    assert!(given.contains("image: redis:"), "{given}");
    assert!(docker.was_taken_down(&project), "{asked:?}");
}

#[test]
fn a_killed_owner_has_its_containers_taken_down() {
    let docker = StandIn::new(0);
    let mut child = docker.run("echo up; exec sleep 1000");
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let project = format!("doorbuster-test-{}", child.id());
    assert!(line == "up\n" && !docker.was_taken_down(&project));
    child.kill().unwrap();
    child.wait().unwrap();
    let gone = (0..2_400).any(|_| {
        std::thread::sleep(Duration::from_millis(25));
        docker.was_taken_down(&project)
    });
    assert!(gone, "{:?}", docker.asked());
}

#[test]
fn where_compose_fails_it_says_so_and_processes_are_started() {
    let docker = StandIn::new(1);
    let child = docker.run("redis-cli -u $TESTBED_REDIS ping");
    let project = format!("doorbuster-test-{}", child.id());
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), &*output.stdout), (Some(0), &b"PONG\n"[..]), "{said}");
    assert!(said.contains("`docker compose up` failed") && said.contains("no such image"), "{said}");
    assert!(docker.was_taken_down(&project), "what had come up is taken down again: {:?}", docker.asked());
}
