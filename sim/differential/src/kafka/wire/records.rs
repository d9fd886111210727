//! Record batches as they lie in the log and cross the wire (kafka.apache.org/documentation, "Record Batch").

use super::{Request, Response};
use crate::Trouble;
use crate::kafka::program::Record;

/// When every record says it was made: so late that no retention by time ever comes to it.
const TIMESTAMP_MS: i64 = 1_900_000_000_000;
/// From the start of a batch to where its length is counted from.
const BEFORE_LENGTH_ENDS: usize = 12;

/// Who numbers a batch, and its first number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::kafka) struct Stamp {
    pub(in crate::kafka) producer_id: i64,
    pub(in crate::kafka) epoch: i16,
    pub(in crate::kafka) sequence: i32,
}

/// A batch of records, not compressed.
pub(in crate::kafka) fn batch(records: &[Record], stamp: Option<Stamp>) -> Vec<u8> {
    let stamp = stamp.unwrap_or(Stamp { producer_id: -1, epoch: -1, sequence: -1 });
    let count = i32::try_from(records.len()).expect("batches are short");
    let head = Request::new().i16(0).i32(count - 1).i64(TIMESTAMP_MS).i64(TIMESTAMP_MS);
    let head = head.i64(stamp.producer_id).i16(stamp.epoch).i32(stamp.sequence).i32(count);
    let mut checked = head.into_bytes();
    for (offset, record) in (0..).zip(records) {
        let mut bytes = vec![0];
        put_varint(&mut bytes, 0);
        put_varint(&mut bytes, offset);
        put_var_bytes(&mut bytes, record.key.as_deref().map(str::as_bytes));
        put_var_bytes(&mut bytes, Some(record.value.as_bytes()));
        put_varint(&mut bytes, i64::try_from(record.headers.len()).expect("headers are few"));
        for (name, value) in &record.headers {
            put_var_bytes(&mut bytes, Some(name.as_bytes()));
            put_var_bytes(&mut bytes, Some(value.as_bytes()));
        }
        put_var_bytes(&mut checked, Some(&bytes));
    }
    // Leader epoch, the format's version and the checksum come before what is checked.
    let body = Request::new().i32(-1).i8(2).i32(crc32c(&checked).cast_signed()).into_bytes();
    let length = i32::try_from(body.len() + checked.len()).expect("batches are short");
    [Request::new().i64(0).i32(length).into_bytes(), body, checked].concat()
}

/// The records of the batches in an answer, each with its offset. A last batch that was cut off is left out.
pub(in crate::kafka) fn read_batches(bytes: &[u8]) -> Result<Vec<(i64, Record)>, Trouble> {
    let mut read = Vec::new();
    let mut rest = bytes;
    while let Some((length, _)) = rest.get(8..).and_then(|rest| rest.split_first_chunk()) {
        let length = usize::try_from(i32::from_be_bytes(*length)).unwrap_or_default();
        let Some((whole, further)) = rest.split_at_checked(BEFORE_LENGTH_ENDS + length) else { break };
        read_batch(&mut Response::new(whole.to_vec()), &mut read)?;
        rest = further;
    }
    Ok(read)
}

fn read_batch(batch: &mut Response, read: &mut Vec<(i64, Record)>) -> Result<(), Trouble> {
    let first = batch.i64()?;
    // Length, leader epoch, version, checksum, attributes, last offset; two timestamps, producer, epoch, sequence.
    batch.skip(4 + 4 + 1 + 4 + 2 + 4)?;
    batch.skip(8 + 8 + 8 + 2 + 4)?;
    let records = batch.array(|batch| {
        // Length, attributes, timestamp.
        batch.varint()?;
        batch.skip(1)?;
        batch.varint()?;
        let offset = first + batch.varint()?;
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        let key = batch.var_bytes()?.map(text);
        let value = batch.var_bytes()?.map(text).unwrap_or_default();
        let count = batch.varint()?;
        let headers = (0..count).map(|_| {
            let name = batch.var_bytes()?.map(text).unwrap_or_default();
            Ok((name, batch.var_bytes()?.map(text).unwrap_or_default()))
        });
        Ok((offset, Record { key, value, headers: headers.collect::<Result<_, Trouble>>()? }))
    })?;
    read.extend(records);
    Ok(())
}

fn put_varint(bytes: &mut Vec<u8>, number: i64) {
    let mut rest = ((number << 1) ^ (number >> 63)).cast_unsigned();
    while rest >= 0x80 {
        bytes.push(u8::try_from(rest & 0x7f).expect("seven bits") | 0x80);
        rest >>= 7;
    }
    bytes.push(u8::try_from(rest).expect("seven bits"));
}

fn put_var_bytes(bytes: &mut Vec<u8>, content: Option<&[u8]>) {
    let length = content.map_or(-1, |content| i64::try_from(content.len()).expect("a length"));
    put_varint(bytes, length);
    bytes.extend_from_slice(content.unwrap_or_default());
}

/// CRC-32C (Castagnoli), bit by bit: batches are short.
fn crc32c(bytes: &[u8]) -> u32 {
    const POLYNOMIAL: u32 = 0x82f6_3b78;
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ POLYNOMIAL } else { crc >> 1 })
    })
}
