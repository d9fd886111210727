//! How a text becomes words: cut wherever a character is neither letter nor digit, put into lower case, and words longer
//! than a limit left out.
//!
//! That is OpenSearch's `pattern` tokenizer with [`BETWEEN_WORDS`], and its `lowercase` and `length` filters. No other
//! analysis is known.

use serde_json::Value;

use crate::refusal::Refusal;

/// The one pattern that tokenizers may cut by.
const BETWEEN_WORDS: &str = "[^\\p{IsAlphabetic}\\p{N}]+";

/// An analyzer of the index's settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Analyzer {
    name: String,
    /// Words longer than this, in UTF-16 units, are left out.
    longest: usize,
}

impl Analyzer {
    /// Reads `settings.analysis`, which has one analyzer made of one tokenizer and two filters.
    pub(crate) fn read(analysis: &Value) -> Result<Self, Refusal> {
        let (name, analyzer) = only(&analysis["analyzer"], "analyzer")?;
        let (tokenizer_name, tokenizer) = only(&analysis["tokenizer"], "tokenizer")?;
        let (filter_name, filter) = only(&analysis["filter"], "filter")?;
        let known = analyzer["type"] == "custom"
            && analyzer["tokenizer"] == *tokenizer_name
            && analyzer["filter"] == serde_json::json!(["lowercase", filter_name])
            && tokenizer["type"] == "pattern"
            && tokenizer["pattern"] == BETWEEN_WORDS
            && filter["type"] == "length";
        let longest = filter["max"].as_u64().and_then(|longest| usize::try_from(longest).ok());
        match longest {
            Some(longest) if known => Ok(Self { name: name.clone(), longest }),
            _ => Err(Refusal::unsupported(format_args!("the analysis {analysis}"))),
        }
    }

    pub(crate) fn is_named(&self, name: &str) -> bool {
        self.name == name
    }

    /// The words of a text, in their order.
    pub(crate) fn words(&self, text: &str) -> Vec<String> {
        let words = text.split(|character: char| !character.is_alphabetic() && !character.is_numeric());
        let words = words.filter(|word| !word.is_empty()).map(|word| word.chars().map(lower).collect::<String>());
        words.filter(|word| word.encode_utf16().count() <= self.longest).collect()
    }
}

/// One character becomes one character, as Java's `Character.toLowerCase` has it.
fn lower(character: char) -> char {
    character.to_lowercase().next().unwrap_or(character)
}

fn only<'a>(object: &'a Value, what: &str) -> Result<(&'a String, &'a Value), Refusal> {
    let mut entries = object.as_object().into_iter().flatten();
    match (entries.next(), entries.next()) {
        (Some(entry), None) => Ok(entry),
        _ => Err(Refusal::unsupported(format_args!("an analysis with other than one {what}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_letters_and_digits_alone() {
        let analyzer = Analyzer { name: "words".into(), longest: 8 };
        let words = analyzer.words("Kettle, 1.7 l: it's ÜBER-quick — 世界 \u{0} overlongword");
        assert_eq!(words, ["kettle", "1", "7", "l", "it", "s", "über", "quick", "世界"]);
        assert!(analyzer.words(" -- ").is_empty());
    }
}
