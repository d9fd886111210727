//! Where a page of a list ended, for the page after it: the last SKU, signed together with the query it belongs to.
//!
//! A cursor that was made up, altered or taken from another query opens nothing.

use crate::signing::{Signer, from_hex, to_hex};

/// Seals and opens cursors.
pub(super) struct Cursors(Signer);

impl Cursors {
    pub(super) fn new(secret: &str) -> Self {
        Self(Signer::new(secret, "catalog cursor"))
    }

    /// The cursor of the page that follows `last` in the list of `category`.
    pub(super) fn seal(&self, last: &str, category: Option<&str>) -> String {
        format!("{}.{}", to_hex(last.as_bytes()), self.0.sign(&parts(last, category)))
    }

    /// The SKU that a cursor of this very list follows.
    pub(super) fn open(&self, cursor: &str, category: Option<&str>) -> Option<String> {
        let (last, signature) = cursor.split_once('.')?;
        let last = String::from_utf8(from_hex(last)?).ok()?;
        self.0.verifies(&parts(&last, category), signature).then_some(last)
    }
}

/// What is signed: no category differs from every category, the empty one included.
fn parts<'a>(last: &'a str, category: Option<&'a str>) -> [&'a [u8]; 3] {
    let kind: &[u8] = if category.is_some() { b"category" } else { b"all" };
    [last.as_bytes(), kind, category.unwrap_or_default().as_bytes()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_opens_its_own_list_and_no_other() {
        let cursors = Cursors::new("s");
        let cursor = cursors.seal("LAMP", Some("home"));
        assert_eq!(cursors.open(&cursor, Some("home")).as_deref(), Some("LAMP"));
        assert_eq!(cursors.open(&cursor, Some("toys")), None);
        assert_eq!(cursors.open(&cursor, None), None);
        assert_eq!(Cursors::new("t").open(&cursor, Some("home")), None);
    }

    #[test]
    fn a_forged_cursor_opens_nothing() {
        let cursors = Cursors::new("s");
        let cursor = cursors.seal("LAMP", None);
        let other = cursor.replacen(&to_hex(b"LAMP"), &to_hex(b"LAMQ"), 1);
        for forged in [&*other, "", ".", "4c", "4c.", &cursor[..cursor.len() - 2], "\u{0}.\u{0}", "zz.00"] {
            assert_eq!(cursors.open(forged, None), None, "{forged:?}");
        }
    }
}
