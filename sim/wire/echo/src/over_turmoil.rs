//! The echo on turmoil: two of its hosts, a tick of a millisecond, and a millisecond from one to the other.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use turmoil::net::{TcpListener, TcpStream};

use crate::http;

const TICK: Duration = Duration::from_millis(1);
const PORT: u16 = 80;

/// Returns how many requests were answered.
pub(crate) fn run(connections: usize, requests: usize) -> turmoil::Result<usize> {
    let mut sim = turmoil::Builder::new()
        .tick_duration(TICK)
        .min_message_latency(TICK)
        .max_message_latency(TICK)
        .simulation_duration(Duration::from_secs(86_400))
        .tcp_capacity(4_096)
        .rng_seed(1)
        .build();
    sim.host("server", || async {
        let listener = TcpListener::bind(("0.0.0.0", PORT)).await?;
        loop {
            let (stream, _) = listener.accept().await?;
            drop(tokio::spawn(http::serve(stream, http::router())));
        }
    });
    let answered = Rc::new(Cell::new(0));
    let count = answered.clone();
    sim.client("client", async move {
        let mut asking = Vec::new();
        for _ in 0..connections {
            asking.push(tokio::spawn(async move {
                let stream = TcpStream::connect(("server", PORT)).await?;
                Ok::<_, std::io::Error>(http::ask(stream, requests).await)
            }));
        }
        for asked in asking {
            count.set(count.get() + asked.await??);
        }
        Ok(())
    });
    sim.run()?;
    Ok(answered.get())
}
