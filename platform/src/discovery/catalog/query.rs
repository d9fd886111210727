//! The query of a list: `category` and `cursor`, each at most once, and nothing else.

use super::pages::may_be_name;

/// What a list is asked for.
#[derive(Debug, PartialEq, Eq, Default)]
pub(super) struct ListQuery {
    pub(super) category: Option<String>,
    pub(super) cursor: Option<String>,
}

/// The query cannot be read, or asks for what no list has.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unreadable;

impl ListQuery {
    /// Reads a query string as forms write it (`application/x-www-form-urlencoded`). An empty value counts as none.
    pub(super) fn read(query: &str) -> Result<Self, Unreadable> {
        let mut read = Self::default();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = decode(value)?;
            let place = match name {
                "category" if value.is_empty() || may_be_name(&value) => &mut read.category,
                "cursor" => &mut read.cursor,
                _ => return Err(Unreadable),
            };
            if place.is_some() {
                return Err(Unreadable);
            }
            *place = Some(value);
        }
        let given = |value: Option<String>| value.filter(|value| !value.is_empty());
        Ok(Self { category: given(read.category), cursor: given(read.cursor) })
    }
}

fn decode(text: &str) -> Result<String, Unreadable> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || rest.next().and_then(|digit| char::from(digit).to_digit(16)).ok_or(Unreadable);
                let (high, low) = (digit()?, digit()?);
                u8::try_from(high * 16 + low).expect("two hexadecimal digits are a byte")
            }
            other => other,
        });
    }
    String::from_utf8(bytes).map_err(|_| Unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Result<(Option<String>, Option<String>), Unreadable> {
        ListQuery::read(query).map(|query| (query.category, query.cursor))
    }

    #[test]
    fn a_query_is_read_as_forms_write_it() {
        assert_eq!(read(""), Ok((None, None)));
        assert_eq!(read("category=home&cursor=4c.0a"), Ok((Some("home".into()), Some("4c.0a".into()))));
        assert_eq!(read("category=%68ome&cursor="), Ok((Some("home".into()), None)));
    }

    #[test]
    fn what_no_list_has_is_refused() {
        for query in
            ["category=a&category=b", "category=%", "category=%zz", "category=%ff", "category=a+b", "limit=9", "x"]
        {
            assert_eq!(read(query), Err(Unreadable), "{query}");
        }
    }
}
