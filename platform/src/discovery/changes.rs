//! The catalog's changes as they come from the change stream: records in the format of Debezium's Postgres connector, JSON
//! without schemas, keyed by SKU.
//!
//! The platform never writes a change twice: it is committed to the catalog's database and nowhere else, and everything
//! that follows from it (the index, the page cache) is made from these records.

mod moment;
mod row;

use serde::Deserialize;

pub use row::ProductRow;

/// What stands in a record for a column that is stored apart and did not change. The table's replica identity is full, so
/// that it never has to.
const UNAVAILABLE: &str = "__debezium_unavailable_value";

/// One change of one product.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The product.
    pub sku: String,
    /// Where it stands in the database's log: of two changes of a product, the later has the greater one.
    pub lsn: i64,
    /// When it was committed, in milliseconds since the Unix epoch.
    pub committed_ms: i64,
    /// The row as it is now; none when it is gone.
    pub row: Option<ProductRow>,
}

#[derive(Deserialize)]
struct Envelope {
    op: String,
    before: Option<ProductRow>,
    after: Option<ProductRow>,
    source: Source,
}

#[derive(Deserialize)]
struct Source {
    lsn: i64,
    ts_ms: i64,
    table: String,
}

#[derive(Deserialize)]
struct Key {
    sku: String,
}

/// What a record says.
#[derive(Debug, Clone, PartialEq)]
pub enum Read {
    /// A change.
    Change(Box<Change>),
    /// Nothing: a tombstone, which follows a deletion for the log's own compaction.
    Nothing,
    /// It is none of this table's changes, or not in the format.
    Unreadable,
}

/// Reads a record of the change stream.
#[must_use]
pub fn read(key: &[u8], value: &[u8]) -> Read {
    if value.is_empty() {
        return Read::Nothing;
    }
    let parsed = serde_json::from_slice::<Key>(key).ok().zip(serde_json::from_slice::<Envelope>(value).ok());
    let Some((Key { sku }, envelope)) = parsed else { return Read::Unreadable };
    let row = match (envelope.op.as_str(), envelope.after) {
        ("c" | "u" | "r", Some(after)) => Some(after),
        ("d", None) => None,
        _ => return Read::Unreadable,
    };
    let named = row.as_ref().or(envelope.before.as_ref()).is_none_or(|row| row.sku == sku);
    let whole = row.as_ref().is_none_or(|row| row.description != UNAVAILABLE && row.attributes != UNAVAILABLE);
    if !named || !whole || envelope.source.table != "products" || envelope.source.lsn < 0 {
        return Read::Unreadable;
    }
    let Source { lsn, ts_ms: committed_ms, .. } = envelope.source;
    Read::Change(Box::new(Change { sku, lsn, committed_ms, row }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: &str = r#"{"sku":"LAMP","seller_id":"s","category":"home","name":"Lamp","description":"Warm.",
        "attributes":"{\"socket\": \"E27\"}","price_cents":2500,"currency":"usd","flash":false,
        "deal_ends_at":"2026-11-29T14:00:00.123456Z","status":"active","version":3,"updated_at":"2026-11-29T13:00:00Z"}"#;

    fn envelope(op: &str, before: &str, after: &str) -> String {
        format!(
            r#"{{"before":{before},"after":{after},"op":"{op}","ts_ms":9,
                "source":{{"lsn":77,"ts_ms":8,"table":"products","schema":"public"}}}}"#
        )
    }

    fn of(value: &str) -> Read {
        read(br#"{"sku":"LAMP"}"#, value.as_bytes())
    }

    #[test]
    fn changes_are_read_and_tombstones_passed_over() {
        for op in ["c", "u", "r"] {
            let Read::Change(change) = of(&envelope(op, "null", ROW)) else { panic!("{op}") };
            assert_eq!((change.sku.as_str(), change.lsn, change.committed_ms), ("LAMP", 77, 8));
            assert_eq!(change.row.unwrap().deal_ends_at_ms, Some(1_795_960_800_123));
        }
        let Read::Change(gone) = of(&envelope("d", ROW, "null")) else { panic!("a deletion") };
        assert_eq!(gone.row, None);
        assert_eq!(of(""), Read::Nothing);
    }

    #[test]
    fn what_is_no_change_of_this_table_is_not_read() {
        let another = envelope("u", "null", &ROW.replacen("LAMP", "TV", 1));
        let placeholder = envelope("u", "null", &ROW.replacen("Warm.", UNAVAILABLE, 1));
        let table = envelope("u", "null", ROW).replace("products", "sellers");
        let no_moment = envelope("u", "null", &ROW.replacen("2026-11-29T14", "tomorrow", 1));
        let empty_update = envelope("u", "null", "null");
        let truncation = envelope("t", "null", "null");
        for record in ["{", "[]", "null", &another, &placeholder, &table, &no_moment, &empty_update, &truncation] {
            assert_eq!(of(record), Read::Unreadable, "{record}");
        }
        assert_eq!(read(b"{}", envelope("c", "null", ROW).as_bytes()), Read::Unreadable);
    }
}
