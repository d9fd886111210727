//! A text into words, just as the index does it (`search/products.json`): cut between letters and digits, in lower case.

/// Words of a query at most; what follows them is not looked for.
const MOST: usize = 8;

/// The words of what somebody typed.
pub(super) fn words(text: &str) -> Vec<String> {
    let words = text.split(|character: char| !character.is_alphabetic() && !character.is_numeric());
    let words = words.filter(|word| !word.is_empty());
    words.take(MOST).map(|word| word.chars().map(lower).collect()).collect()
}

/// One character becomes one character, as the index's filter has it.
fn lower(character: char) -> char {
    character.to_lowercase().next().unwrap_or(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_typed_becomes_a_few_plain_words() {
        assert_eq!(words("  Desk-LAMP, 1.7l "), ["desk", "lamp", "1", "7l"]);
        assert_eq!(words("\" OR 1=1 -- {\"match_all\":{}}"), ["or", "1", "1", "match", "all"]);
        assert_eq!(words("* ? ~ \\ \u{0} \u{202e}"), [""; 0]);
        assert_eq!(words(&"a ".repeat(1_000)).len(), MOST);
    }
}
