//! The query of a search: `q`, `category`, `seller`, `min_price_cents`, `max_price_cents`, `sort`, `cursor`, each at most
//! once, and nothing else. An empty value counts as none.

use super::words::words;
use crate::discovery::form;

/// The longest text, in characters.
const LONGEST_TEXT: usize = 200;
/// The longest cursor, in characters: longer ones were not handed out.
const LONGEST_CURSOR: usize = 600;

/// In which order products come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Sort {
    /// The best match first; without words, in SKU order.
    #[default]
    Relevance,
    /// The cheapest first.
    PriceAscending,
    /// The dearest first.
    PriceDescending,
}

impl Sort {
    fn by_name(name: &str) -> Option<Self> {
        match name {
            "relevance" => Some(Self::Relevance),
            "price-asc" => Some(Self::PriceAscending),
            "price-desc" => Some(Self::PriceDescending),
            _ => None,
        }
    }
}

/// What a search is for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct SearchQuery {
    /// The words looked for; none when no text was given.
    pub(super) words: Vec<String>,
    /// A text was given and has no word in it: nothing is found.
    pub(super) finds_nothing: bool,
    pub(super) category: Option<String>,
    pub(super) seller: Option<String>,
    pub(super) min_price_cents: Option<i64>,
    pub(super) max_price_cents: Option<i64>,
    pub(super) sort: Sort,
    pub(super) cursor: Option<String>,
}

/// The query cannot be read, or asks for what there is not.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unreadable;

const NAMES: [&str; 7] = ["q", "category", "seller", "min_price_cents", "max_price_cents", "sort", "cursor"];

impl SearchQuery {
    /// Reads a query string as forms write it (`application/x-www-form-urlencoded`).
    pub(super) fn read(query: &str) -> Result<Self, Unreadable> {
        let values = form::read(query, &NAMES).ok_or(Unreadable)?;
        let [text, category, seller, min_price, max_price, sort, cursor] = values;
        let text = text.map(bounded::<LONGEST_TEXT>).transpose()?;
        let words = text.as_deref().map(words).unwrap_or_default();
        let read = Self {
            finds_nothing: text.is_some_and(|text| !text.trim().is_empty()) && words.is_empty(),
            words,
            category: category.map(|name| form::may_be_name(&name).then_some(name).ok_or(Unreadable)).transpose()?,
            seller: seller.map(bounded::<LONGEST_TEXT>).transpose()?,
            min_price_cents: min_price.map(price).transpose()?,
            max_price_cents: max_price.map(price).transpose()?,
            sort: sort.map_or(Ok(Sort::default()), |name| Sort::by_name(&name).ok_or(Unreadable))?,
            cursor: cursor.map(bounded::<LONGEST_CURSOR>).transpose()?,
        };
        let crossed = read.min_price_cents.zip(read.max_price_cents).is_some_and(|(min, max)| min > max);
        if crossed { Err(Unreadable) } else { Ok(read) }
    }

    /// Reads the query of suggestions: `q` alone. Its words.
    pub(super) fn read_suggestions(query: &str) -> Result<Vec<String>, Unreadable> {
        let [text] = form::read(query, &["q"]).ok_or(Unreadable)?;
        Ok(words(&text.map(bounded::<LONGEST_TEXT>).transpose()?.unwrap_or_default()))
    }

    /// Everything that pages of one search share, as parts of a signature.
    pub(super) fn fingerprint(&self) -> Vec<String> {
        let number = |price: Option<i64>| price.map_or_else(String::new, |price| price.to_string());
        let mut parts = vec![
            format!("{:?}", self.sort),
            self.category.clone().unwrap_or_default(),
            self.seller.clone().unwrap_or_default(),
            number(self.min_price_cents),
            number(self.max_price_cents),
        ];
        parts.extend(self.words.iter().cloned());
        parts
    }
}

fn bounded<const LONGEST: usize>(text: String) -> Result<String, Unreadable> {
    if text.chars().nth(LONGEST).is_none() { Ok(text) } else { Err(Unreadable) }
}

/// Digits only: no sign, no blank.
fn price(text: String) -> Result<i64, Unreadable> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { text.parse().map_err(|_| Unreadable) } else { Err(Unreadable) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_read_as_forms_write_it() {
        let read = SearchQuery::read("q=Desk+lamp&category=home&min_price_cents=10&max_price_cents=20&sort=price-asc");
        let expected = SearchQuery {
            words: vec!["desk".into(), "lamp".into()],
            category: Some("home".into()),
            min_price_cents: Some(10),
            max_price_cents: Some(20),
            sort: Sort::PriceAscending,
            ..SearchQuery::default()
        };
        assert_eq!(read, Ok(expected));
        assert_eq!(SearchQuery::read(""), Ok(SearchQuery::default()));
        assert_eq!(SearchQuery::read("q=&sort="), Ok(SearchQuery::default()));
        assert_eq!(SearchQuery::read("q=%2A%3F").map(|query| query.finds_nothing), Ok(true));
    }

    #[test]
    fn what_no_search_has_is_refused() {
        let long = format!("q={}", "a".repeat(LONGEST_TEXT + 1));
        for query in [
            "q=a&q=b",
            "q=%",
            "q=%ff",
            "min_price_cents=-1",
            "min_price_cents=%2B1",
            "min_price_cents=1.5",
            "max_price_cents=99999999999999999999",
            "min_price_cents=2&max_price_cents=1",
            "sort=price",
            "sort=_score",
            "category=a+b",
            "size=10000",
            "_source=*",
            &long,
        ] {
            assert_eq!(SearchQuery::read(query), Err(Unreadable), "{query}");
        }
    }

    #[test]
    fn no_two_searches_share_a_fingerprint() {
        let fingerprints: Vec<_> =
            ["", "q=a", "category=a", "seller=a", "min_price_cents=1", "max_price_cents=1", "q=a+b"]
                .into_iter()
                .map(|query| SearchQuery::read(query).unwrap().fingerprint())
                .collect();
        for (at, fingerprint) in fingerprints.iter().enumerate() {
            assert!(!fingerprints[..at].contains(fingerprint), "{fingerprint:?}");
        }
    }
}
