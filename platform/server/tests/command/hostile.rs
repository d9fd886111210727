//! `platform serve` and clients that mean it no good, over real sockets: each is got rid of, and nothing of it is kept.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use tokio::time::Instant;

use crate::process::Serving;

/// Short times, so that a test need not wait for long.
const LIMITS: [&str; 10] = [
    "serve",
    "--embedded",
    "--set",
    "http.head_timeout_ms=500",
    "--set",
    "http.body_timeout_ms=500",
    "--set",
    "http.stall_timeout_ms=500",
    "--set",
    "gate.hold_ttl_ms=1000",
];
/// A deadline that is met by far even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

fn connect(shop: &Serving) -> TcpStream {
    let address: SocketAddr = shop.url.strip_prefix("http://").unwrap().parse().unwrap();
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Everything that is said until the connection is closed by the other end.
fn heard(stream: &mut TcpStream) -> String {
    let mut heard = Vec::new();
    match stream.read_to_end(&mut heard) {
        // A reset closes it too: what had not been read any more was thrown away.
        Ok(_) => {}
        Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset, "it was not closed: {error}"),
    }
    String::from_utf8_lossy(&heard).into_owned()
}

fn head(shopper: &str, rest: &str) -> String {
    format!(
        "POST /v1/checkouts HTTP/1.1\r\nhost: shop\r\nx-shopper-id: {shopper}\r\nidempotency-key: k\r\n\
         content-type: application/json\r\n{rest}"
    )
}

fn checkout(shopper: &str) -> String {
    let body = r#"{"sku":"KETTLE","quantity":1,"payment_method":"pm_card_visa"}"#;
    head(shopper, &format!("content-length: {}\r\n\r\n{body}", body.len()))
}

#[test]
fn who_says_nothing_or_only_half_a_head_is_closed() {
    let shop = Serving::start(&LIMITS);
    let (mut silent, mut half) = (connect(&shop), connect(&shop));
    half.write_all(head("ann", "x-slow: a").as_bytes()).unwrap();
    assert_eq!(heard(&mut silent), "");
    assert_eq!(heard(&mut half), "");
}

#[test]
fn half_a_body_is_answered_408_and_closed() {
    let shop = Serving::start(&LIMITS);
    let mut half = connect(&shop);
    half.write_all(head("ann", "content-length: 100\r\n\r\n{").as_bytes()).unwrap();
    let answer = heard(&mut half);
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains("problems/request-timeout"), "{answer}");
}

#[test]
fn bodies_and_heads_over_the_limit_are_refused_before_they_have_come() {
    let shop = Serving::start(&LIMITS);
    let mut long = connect(&shop);
    long.write_all(head("ann", "content-length: 1073741824\r\n\r\n{").as_bytes()).unwrap();
    let answer = heard(&mut long);
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    let mut endless = connect(&shop);
    endless.write_all(head("ann", &format!("x-long: {}", "a".repeat(20 * 1024))).as_bytes()).unwrap();
    let answer = heard(&mut endless);
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
}

#[test]
fn pipelined_checkouts_are_answered_each_and_in_order() {
    let shop = Serving::start(&LIMITS);
    let mut pipeline = connect(&shop);
    let requests: String = (0..20).map(|number| checkout(&format!("s{}", number / 2))).collect();
    pipeline.write_all(requests.as_bytes()).unwrap();
    let answers = heard(&mut pipeline);
    let orders: Vec<&str> = answers.split("\"order_id\":\"").skip(1).map(|rest| &rest[..36]).collect();
    assert_eq!(orders.len(), 20, "{answers}");
    // Each shopper asked twice under one key, one after the other.
    assert!(orders.chunks(2).all(|pair| pair[0] == pair[1]), "{orders:?}");
    let distinct: std::collections::BTreeSet<&str> = orders.into_iter().collect();
    assert_eq!(distinct.len(), 10);
}

/// A client that asks again and again and never reads; how many bytes of its requests were taken.
fn never_reads(shop: &Serving) -> usize {
    let mut stream = connect(shop);
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    let requests = b"GET /openapi.json HTTP/1.1\r\nhost: shop\r\n\r\n".repeat(100);
    let mut said = 0;
    loop {
        match stream.write(&requests) {
            Ok(written) => said += written,
            Err(error) => {
                let gone = [std::io::ErrorKind::ConnectionReset, std::io::ErrorKind::BrokenPipe];
                assert!(gone.contains(&error.kind()), "it was not closed: {error}");
                return said;
            }
        }
    }
}

#[test]
fn answers_that_nobody_reads_are_not_kept() {
    let shop = Serving::start(&LIMITS);
    let said = never_reads(&shop);
    // What the system's own buffers take, and no more.
    assert!(said < 16 * 1024 * 1024, "{said} bytes were taken");
}

/// The resident memory of a process, in KiB.
fn resident_kib(shop: &Serving) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", shop.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Hundreds of clients that break off, each in another way and place.
fn break_off(shop: &Serving, round: u32) {
    for number in 0..300 {
        let whole = checkout(&format!("r{round}-{number}"));
        let mut stream = connect(shop);
        let upto = match number % 3 {
            0 => whole.len(),
            1 => whole.len() - 10,
            _ => 40,
        };
        stream.write_all(&whole.as_bytes()[..upto]).unwrap();
        // Dropped: closed before any answer.
    }
}

#[tokio::test]
async fn clients_that_break_off_leave_neither_holds_nor_memory() {
    let shop = Serving::start(&LIMITS);
    let own = open_sockets(&shop);
    break_off(&shop, 0);
    settled(&shop, own).await;
    let before = resident_kib(&shop);
    for round in 1..=5 {
        break_off(&shop, round);
    }
    settled(&shop, own).await;
    let after = resident_kib(&shop);
    // 1,500 connections with a buffer each would be 12 MiB at least; orders and holds of a hundred kettles are nothing.
    assert!(after < before + 8 * 1024, "{before} KiB became {after} KiB");
}

/// Waits until nothing is under way: every connection closed but the one that asks, no hold left, each kettle sold or on the
/// shelf.
async fn settled(shop: &Serving, own_sockets: usize) {
    let until = Instant::now() + PATIENCE;
    loop {
        let metrics = reqwest::get(format!("{}/metrics", shop.url)).await.unwrap().text().await.unwrap();
        let figure = |name: &str| {
            let line = metrics.lines().find(|line| line.split(' ').next() == Some(name));
            let line = line.unwrap_or_else(|| panic!("{name} is not among\n{metrics}"));
            line.split(' ').nth(1).unwrap().parse::<i64>().unwrap()
        };
        let confirmed = figure("orders_confirmed_total");
        let (_, kettles) = shop.get("/v1/products/KETTLE/availability").await;
        let is_whole = kettles["available"].as_i64() == Some(100 - confirmed);
        let idle =
            open_sockets(shop) <= own_sockets + 2 && figure("work_under_way") == 0 && figure("leaked_holds") == 0;
        if is_whole && idle {
            return;
        }
        assert!(
            Instant::now() < until,
            "{kettles} of 100, {confirmed} sold, {} sockets\n{metrics}",
            open_sockets(shop)
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Sockets that the process has open, its listener's among them.
fn open_sockets(shop: &Serving) -> usize {
    let open = std::fs::read_dir(format!("/proc/{}/fd", shop.id())).unwrap();
    let is_socket = |entry: std::io::Result<std::fs::DirEntry>| {
        let leads_to = entry.and_then(|entry| std::fs::read_link(entry.path()));
        leads_to.is_ok_and(|leads_to| leads_to.to_string_lossy().starts_with("socket:"))
    };
    open.filter_map(|entry| is_socket(entry).then_some(())).count()
}
