//! Redis as its clients meet it: RESP over TCP, commands of a connection one after the other.

use std::sync::Arc;

use bytes::BytesMut;
use harness::world::hosts::redis::{Ended, RedisHost};
use harness::world::observer::Observer;
use redis_engine::Reply;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use turmoil_net::shim::tokio::net::TcpStream;

use super::{REDIS_PORT, listen, resp};
use crate::world::fabric::place;

/// Takes connections, for as long as the server's process lives.
pub async fn serve(host: Arc<RedisHost>, observer: Observer) {
    let listener = listen(REDIS_PORT).await;
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        drop(tokio::spawn(converse(host.clone(), observer.clone(), stream)));
    }
}

async fn converse(host: Arc<RedisHost>, observer: Observer, mut stream: TcpStream) {
    let Ok(peer) = stream.peer_addr() else { return };
    let from = place(peer.ip());
    let Some(link) = host.connect(from).await else { return };
    let mut arrived = BytesMut::with_capacity(4_096);
    let mut answers = BytesMut::new();
    while let Ok(1..) = stream.read_buf(&mut arrived).await {
        while let Ok(Some(words)) = resp::take_command(&mut arrived) {
            let words: Vec<&[u8]> = words.iter().map(AsRef::as_ref).collect();
            let Ended::Answered(reply) = host.run(from, link, &words).await else { return };
            if matches!(&reply, Reply::Error(text) if text.starts_with("NOSCRIPT")) && host.life().borrow().boot > 0 {
                observer.probe("script-cache-lost");
            }
            resp::put_reply(&mut answers, &reply);
        }
        if stream.write_all(&answers).await.is_err() {
            break;
        }
        answers.clear();
    }
    host.disconnect(link);
}
