//! A run that goes on, watched: the page waits for the record, follows it, and is served to this machine only. Needs Debian's
//! package `chromium`, as `browser.rs` does.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::devtools::Browser;
use crate::sample::{file, record};
use record::{Ending, RunRecord, Verdict};

/// `reports watch`, ended when dropped.
struct Watch {
    child: Child,
    address: String,
}

impl Watch {
    fn start(path: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_reports"));
        command.arg("watch").arg(path).args(["--port", "0"]).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the command starts");
        let mut url = String::new();
        BufReader::new(child.stdout.take().expect("it is piped")).read_line(&mut url).expect("it says where it is");
        let address = url.trim().trim_start_matches("http://").trim_end_matches('/').to_owned();
        Self { child, address }
    }

    fn asked(&self, path: &str, host: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).expect("it listens");
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n").expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        answer
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Waits until an expression is true in the page.
fn wait_until(browser: &mut Browser, expression: &str) {
    for _ in 0..600 {
        if browser.value_of(expression) == true {
            return;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("not within a minute: {expression}");
}

fn clicked(number: u64) -> String {
    let mut record: RunRecord = record(7);
    record.run.funnel.clicked = number;
    record.run.verdicts = vec![Verdict::still_running()];
    record.run.ending = Ending::of(&record.run.verdicts);
    record.to_json()
}

#[test]
fn the_page_follows_the_record_from_before_its_beginning() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("record.json");
    let watch = Watch::start(&path);
    let mut browser = Browser::start();
    browser.look(1_000, 800, false);
    browser.open_url(&format!("http://{}/", watch.address));
    wait_until(&mut browser, "document.body.textContent.includes('Waiting')");
    for number in [1_234, 5_678] {
        file(folder.path(), "record.json", &clicked(number));
        let shown = format!("{},{}", number / 1_000, number % 1_000);
        wait_until(&mut browser, &format!("document.querySelector('.funnel td')?.textContent === '{shown}'"));
    }
    let charts = browser.value_of("document.querySelectorAll('figure svg.wide').length");
    assert_eq!(charts, 7, "six charts and a timeline");
    assert_eq!(browser.value_of("document.querySelector('.verdict').textContent"), "… still running");
    assert_eq!(browser.errors, [""; 0]);
}

#[test]
fn a_half_written_record_is_told_and_survived() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = file(folder.path(), "record.json", "{ \"schema_version\"");
    let watch = Watch::start(&path);
    assert!(watch.asked("/", "localhost:1").contains("not whole JSON"));
    file(folder.path(), "record.json", &clicked(77));
    assert!(watch.asked("/", "localhost:1").contains("Funnel"));
}

#[test]
fn other_names_for_this_machine_are_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = file(folder.path(), "record.json", &clicked(77));
    let watch = Watch::start(&path);
    assert!(watch.asked("/", "evil.example").starts_with("HTTP/1.1 403"));
    assert!(watch.asked("/other", "127.0.0.1").starts_with("HTTP/1.1 404"));
    assert!(watch.asked("/state", "127.0.0.1").starts_with("HTTP/1.1 200"));
}
