//! One hostile client: says its speech, and notes what it meets with.

use std::net::IpAddr;
use std::time::Duration;

use platform::time_limit::within;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::Instant;
use turmoil_net::shim::tokio::net::TcpStream;

use super::attack::{Attack, Speech};
use crate::servers::HTTP_PORT;

/// How long a client waits to be got rid of.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// What a client met with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Met {
    /// The statuses it was answered with, in order.
    pub answers: Vec<u16>,
    /// Bytes its socket took of what it said.
    pub said: usize,
    /// When its connection was closed, from when it was opened; `None` while it was not.
    pub closed_after: Option<Duration>,
}

/// Plays one client. Its connection is given back with what it met: who attacks does not close it.
pub async fn play(
    attack: Attack,
    number: u32,
    gateway: IpAddr,
    leaves_after: Option<Duration>,
) -> (Met, Option<TcpStream>) {
    let Ok(stream) = TcpStream::connect((gateway, HTTP_PORT)).await else { return (Met::default(), None) };
    let opened = Instant::now();
    let mut met = Met::default();
    let mut stream = stream;
    let closed = {
        let (mut reader, mut writer) = tokio::io::split(&mut stream);
        let mut heard = Vec::new();
        let conversation = async {
            let saying = say(&mut writer, attack.speech(number), &mut met.said);
            if attack.reads() {
                let hearing = hear(&mut reader, &mut heard);
                // A server that has stopped listening may still have something to say.
                let saying = async {
                    saying.await;
                    std::future::pending().await
                };
                tokio::select! { biased; () = hearing => {}, () = saying => {} }
            } else {
                saying.await
            }
        };
        let closed = within(leaves_after.unwrap_or(PATIENCE), conversation).await.is_ok();
        met.answers = statuses(&heard);
        closed
    };
    met.closed_after = closed.then(|| opened.elapsed());
    (met, leaves_after.is_none().then_some(stream))
}

/// Ends when the other end does.
async fn hear(reader: &mut (impl AsyncRead + Unpin), heard: &mut Vec<u8>) {
    while let Ok(1..) = reader.read_buf(heard).await {}
}

/// Ends when the socket takes no more because its connection is gone.
async fn say(writer: &mut (impl AsyncWrite + Unpin), speech: Speech, said: &mut usize) {
    if write(writer, &speech.opening, said).await.is_err() {
        return;
    }
    if speech.refrain.is_empty() {
        return std::future::pending().await;
    }
    loop {
        tokio::time::sleep(speech.every).await;
        if write(writer, &speech.refrain, said).await.is_err() {
            return;
        }
    }
}

async fn write(writer: &mut (impl AsyncWrite + Unpin), bytes: &[u8], said: &mut usize) -> std::io::Result<()> {
    let mut at = 0;
    while at < bytes.len() {
        let written = writer.write(&bytes[at..]).await?;
        at += written;
        *said += written;
    }
    Ok(())
}

/// The statuses of all answers in what was heard.
fn statuses(heard: &[u8]) -> Vec<u16> {
    const LINE: &[u8] = b"HTTP/1.1 ";
    let lines = heard.windows(LINE.len() + 3).filter(|word| word.starts_with(LINE));
    lines.filter_map(|line| std::str::from_utf8(&line[LINE.len()..]).ok()?.parse().ok()).collect()
}
