//! RESP, the Redis protocol, on the server's side: commands are arrays of bulk strings, answers any reply.

use std::io;

use bytes::{Bytes, BytesMut};
use redis_engine::Reply;

/// Takes one whole command off the front of what has arrived; `None` while it is incomplete.
///
/// # Errors
/// When the bytes are no command: the connection is then to be closed, as Redis does.
pub fn take_command(arrived: &mut BytesMut) -> io::Result<Option<Vec<Bytes>>> {
    let mut at = 0;
    let Some(count) = header(arrived, &mut at, b'*')? else { return Ok(None) };
    let mut ends = Vec::with_capacity(count);
    for _ in 0..count {
        let Some(length) = header(arrived, &mut at, b'$')? else { return Ok(None) };
        if arrived.len() < at + length + 2 {
            return Ok(None);
        }
        ends.push((at, at + length));
        at += length + 2;
    }
    let whole = arrived.split_to(at).freeze();
    Ok(Some(ends.into_iter().map(|(from, to)| whole.slice(from..to)).collect()))
}

/// A line of a kind and a number, at `at` and past it.
fn header(arrived: &BytesMut, at: &mut usize, kind: u8) -> io::Result<Option<usize>> {
    let line = &arrived[*at..];
    let Some(length) = line.iter().position(|byte| *byte == b'\r') else { return Ok(None) };
    if line.len() < length + 2 {
        return Ok(None);
    }
    let broken = || io::Error::new(io::ErrorKind::InvalidData, "this is no command in RESP");
    let digits = line[..length].strip_prefix(&[kind]).ok_or_else(broken)?;
    let number = std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok()).ok_or_else(broken)?;
    *at += length + 2;
    Ok(Some(number))
}

/// Appends an answer. What only RESP 3 has is shown as the engine gives it: to clients that asked for it.
pub fn put_reply(out: &mut BytesMut, reply: &Reply) {
    let mut line = |kind: char, text: &str| {
        out.extend_from_slice(format!("{kind}{text}\r\n").as_bytes());
    };
    match reply {
        Reply::Nil => line('$', "-1"),
        Reply::NilArray => line('*', "-1"),
        Reply::Ok => line('+', "OK"),
        Reply::Status(text) => line('+', text),
        Reply::Int(number) => line(':', &number.to_string()),
        Reply::Error(text) => line('-', text),
        Reply::Double(number) => line(',', &number.to_string()),
        Reply::Bulk(bytes) => {
            line('$', &bytes.len().to_string());
            out.extend_from_slice(bytes);
            out.extend_from_slice(b"\r\n");
        }
        Reply::Array(items) | Reply::Set(items) => {
            let kind = if matches!(reply, Reply::Set(_)) { '~' } else { '*' };
            line(kind, &items.len().to_string());
            items.iter().for_each(|item| put_reply(out, item));
        }
        Reply::Map(pairs) => {
            line('%', &pairs.len().to_string());
            for (key, value) in pairs {
                put_reply(out, key);
                put_reply(out, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_taken_whole_and_one_by_one() {
        let mut arrived = BytesMut::from(&b"*2\r\n$3\r\nGET\r\n$1\r\na\r\n*1\r\n$4\r\nPI"[..]);
        let first = take_command(&mut arrived).expect("RESP");
        assert_eq!(first, Some(vec![Bytes::from_static(b"GET"), Bytes::from_static(b"a")]));
        assert_eq!(take_command(&mut arrived).expect("RESP"), None);
        arrived.extend_from_slice(b"NG\r\n");
        assert_eq!(take_command(&mut arrived).expect("RESP"), Some(vec![Bytes::from_static(b"PING")]));
    }

    #[test]
    fn what_is_no_command_is_refused() {
        assert!(take_command(&mut BytesMut::from(&b"GET / HTTP/1.1\r\n\r\n"[..])).is_err());
    }

    #[test]
    fn a_real_client_reads_what_is_written() {
        let reply =
            Reply::Array(vec![Reply::Int(7), Reply::Bulk(Bytes::from_static(b"a\r\nb")), Reply::Nil, Reply::Ok]);
        let mut out = BytesMut::new();
        put_reply(&mut out, &reply);
        let read = redis::parse_redis_value(&out).expect("RESP");
        let expected =
            [redis::Value::Int(7), redis::Value::BulkString(b"a\r\nb".to_vec()), redis::Value::Nil, redis::Value::Okay];
        assert_eq!(read, redis::Value::Array(expected.to_vec()));
    }
}
