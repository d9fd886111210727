//! The query of a list: `category` and `cursor`, each at most once, and nothing else.

use crate::discovery::form;

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
        let [category, cursor] = form::read(query, &["category", "cursor"]).ok_or(Unreadable)?;
        if category.as_deref().is_some_and(|name| !form::may_be_name(name)) {
            return Err(Unreadable);
        }
        Ok(Self { category, cursor })
    }
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
