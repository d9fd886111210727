//! Where a page of a search ended: the sort values of its last hit, or of a listing that stood in for a search the last SKU,
//! signed together with the query. A cursor of another query, or one that was made up, opens nothing.

use serde_json::Value;

use super::query::SearchQuery;
use crate::signing::{Signer, from_hex, to_hex};

/// A place.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Place {
    /// After the hit with these sort values.
    Hit(Vec<Value>),
    /// After this product of the plain listing.
    Listed(String),
}

/// Seals and opens cursors.
pub(super) struct Cursors(Signer);

impl Cursors {
    pub(super) fn new(secret: &str) -> Self {
        Self(Signer::new(secret, "search cursor"))
    }

    /// The cursor of this place in this search.
    pub(super) fn seal(&self, place: &Place, query: &SearchQuery) -> String {
        let place = match place {
            Place::Hit(values) => Value::Array(values.clone()),
            Place::Listed(sku) => Value::String(sku.clone()),
        };
        let place = place.to_string();
        let signature = self.0.sign(&parts(&place, &query.fingerprint()));
        format!("{}.{signature}", to_hex(place.as_bytes()))
    }

    /// The place of a cursor of this very search.
    pub(super) fn open(&self, cursor: &str, query: &SearchQuery) -> Option<Place> {
        let (place, signature) = cursor.split_once('.')?;
        let place = String::from_utf8(from_hex(place)?).ok()?;
        if !self.0.verifies(&parts(&place, &query.fingerprint()), signature) {
            return None;
        }
        match serde_json::from_str(&place).ok()? {
            Value::Array(values) => Some(Place::Hit(values)),
            Value::String(sku) => Some(Place::Listed(sku)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
        }
    }
}

fn parts<'a>(place: &'a str, fingerprint: &'a [String]) -> Vec<&'a [u8]> {
    std::iter::once(place.as_bytes()).chain(fingerprint.iter().map(String::as_bytes)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_opens_its_own_search_and_no_other() {
        let cursors = Cursors::new("s");
        let lamps = SearchQuery::read("q=lamp").unwrap();
        let place = Place::Hit(vec![serde_json::json!(8.0), serde_json::json!("LAMP")]);
        let cursor = cursors.seal(&place, &lamps);
        assert_eq!(cursors.open(&cursor, &lamps), Some(place));
        for other in ["q=lamps", "", "q=lamp&category=home", "q=lamp&sort=price-asc", "q=lamp&min_price_cents=1"] {
            assert_eq!(cursors.open(&cursor, &SearchQuery::read(other).unwrap()), None, "{other}");
        }
        assert_eq!(Cursors::new("t").open(&cursor, &lamps), None);
        let forged = cursor.replacen(&to_hex(b"LAMP"), &to_hex(b"LAMQ"), 1);
        for forged in [&*forged, "", ".", "5b5d.", "zz.00", &cursor[..cursor.len() - 2]] {
            assert_eq!(cursors.open(forged, &lamps), None, "{forged}");
        }
    }
}
