//! The echo on turmoil-net, its two hosts run as the wire world runs its machines: a tokio runtime each with the clock stopped,
//! one millisecond after the other, packets delivered in between.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::task::JoinHandle;
use turmoil_net::shim::tokio::net::{TcpListener, TcpStream};
use turmoil_net::{KernelConfig, Net, set_current};

use crate::http;

const TICK: Duration = Duration::from_millis(1);
const PORT: u16 = 80;
const SERVER: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));
const CLIENT: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 2));

/// Returns how many requests were answered.
pub(crate) fn run(connections: usize, requests: usize) -> usize {
    let mut net = Net::with_config(KernelConfig::default().mtu(9_000).default_backlog(4_096));
    let hosts = [net.add_host(SERVER), net.add_host(CLIENT)];
    let net = net.enter();
    let [server, client] = [runtime(), runtime()];
    set_current(hosts[0]);
    server.block_on(async { drop(tokio::spawn(listen())) });
    set_current(hosts[1]);
    let asking: JoinHandle<usize> = client.block_on(async { tokio::spawn(ask(connections, requests)) });
    let mut sent = Vec::new();
    while !asking.is_finished() {
        for (host, runtime) in hosts.iter().zip([&server, &client]) {
            set_current(*host);
            runtime.block_on(async { tokio::time::sleep(TICK).await });
        }
        net.egress_all(&mut sent);
        for packet in sent.drain(..) {
            net.deliver(packet);
        }
    }
    let answered = client.block_on(asking).expect("asking does not panic");
    // Sockets are closed on the host that has them.
    for (host, runtime) in hosts.into_iter().zip([server, client]) {
        set_current(host);
        drop(runtime);
    }
    answered
}

fn runtime() -> Runtime {
    let builder = &mut tokio::runtime::Builder::new_current_thread();
    builder.enable_time().start_paused(true).build().expect("a runtime without input and output")
}

async fn listen() {
    let listener = TcpListener::bind(("0.0.0.0", PORT)).await.expect("the port is free");
    while let Ok((stream, _)) = listener.accept().await {
        drop(tokio::spawn(http::serve(stream, http::router())));
    }
}

async fn ask(connections: usize, requests: usize) -> usize {
    let asking: Vec<_> = (0..connections).map(|_| tokio::spawn(ask_over_one(requests))).collect();
    let mut answered = 0;
    for asked in asking {
        answered += asked.await.unwrap_or(0);
    }
    answered
}

async fn ask_over_one(requests: usize) -> usize {
    match TcpStream::connect((SERVER, PORT)).await {
        Ok(stream) => http::ask(stream, requests).await,
        Err(_refused) => 0,
    }
}
