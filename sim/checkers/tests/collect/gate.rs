//! Redis, told by a connection that knows a few keys.

use checkers::collect::gate;
use checkers::snapshot::HoldRow;
use ports::redis_port::{Connection, RedisConnection};
use redis::aio::ConnectionLike;
use redis::{Arg, Cmd, Pipeline, RedisFuture, Value};

use crate::now;

#[derive(Clone, Copy)]
struct Server;

fn answer(command: &str) -> Value {
    let text = |word: &str| Value::BulkString(word.as_bytes().to_vec());
    match command {
        "GET gate:epoch" => text("3"),
        "GET stock:{console}" => text("-1"),
        "ZRANGE holds:{console} 0 -1" => Value::Array(vec![text("ord_1"), text("ord_2")]),
        "HMGET hold:{console}:ord_1 state quantity" => Value::Array(vec![text("held"), text("2")]),
        "HMGET hold:{console}:ord_2 state quantity" => Value::Array(vec![Value::Nil, Value::Nil]),
        "GET stock:{lamp}" => Value::Nil,
        "ZRANGE holds:{lamp} 0 -1" => Value::Array(Vec::new()),
        _ => panic!("nobody should ask for {command}"),
    }
}

impl ConnectionLike for Server {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        let words = cmd.args_iter().map(|arg| {
            let Arg::Simple(word) = arg else { panic!("a cursor") };
            String::from_utf8_lossy(word).into_owned()
        });
        let command = words.collect::<Vec<_>>().join(" ");
        Box::pin(async move { Ok(answer(&command)) })
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        _pipeline: &'a Pipeline,
        _offset: usize,
        _count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        panic!("a pipeline")
    }

    fn get_db(&self) -> i64 {
        0
    }
}

impl RedisConnection for Server {
    fn share(&self) -> Box<dyn RedisConnection> {
        Box::new(*self)
    }
}

#[test]
fn counters_and_holds_are_read_and_what_is_missing_stays_missing() {
    let read = now(gate(&mut Connection::new(Box::new(Server)), &["console", "lamp"])).unwrap();
    assert_eq!(read.epoch, Some(3));
    let [console, lamp] = &read.skus[..] else { panic!("two products were asked for") };
    assert_eq!((console.counter, lamp.counter), (Some(-1), None));
    assert_eq!(console.held_units(), 2);
    let lost = HoldRow { order_id: "ord_2".to_owned(), state: None, quantity: 0 };
    assert_eq!(console.holds[1], lost);
    assert!(lamp.holds.is_empty());
}
