//! Guessing what a misspelt name was meant to be.

/// ` (did you mean …?)` when one of the names is close to what was written; nothing otherwise.
pub(crate) fn did_you_mean(written: &str, names: &[&str]) -> String {
    let near = names.iter().map(|name| (edits(written, name), *name)).min();
    match near {
        // A third of the letters wrong is a misspelling; more is another word.
        Some((edits, name)) if edits <= written.len().max(3) / 3 => {
            format!(" (did you mean `{name}`?)")
        }
        Some(_) | None => String::new(),
    }
}

/// Letters to insert, remove or change to turn one word into the other (Levenshtein's distance).
fn edits(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (done, letter) in from.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = done + 1;
        for (place, other) in to.bytes().enumerate() {
            let changed = diagonal + usize::from(letter != other);
            diagonal = row[place + 1];
            row[place + 1] = changed.min(row[place] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_is_recognised_and_another_word_is_not() {
        assert_eq!(did_you_mean("latncy_ms", &["loss", "latency_ms"]), " (did you mean `latency_ms`?)");
        assert_eq!(did_you_mean("colour", &["loss", "latency_ms"]), "");
        assert_eq!(did_you_mean("x", &[]), "");
    }

    #[test]
    fn edits_are_counted() {
        assert_eq!(edits("kitten", "sitting"), 3);
        assert_eq!(edits("", "abc"), 3);
        assert_eq!(edits("abc", "abc"), 0);
    }
}
