//! How far two words lie apart, and the words of a dictionary that lie near one.

use std::cmp::Ordering;

/// How many edits a word of this length may be off (`fuzziness: AUTO`).
pub(crate) fn auto_edits(length: usize) -> usize {
    match length {
        0..=2 => 0,
        3..=5 => 1,
        _ => 2,
    }
}

/// The edits between two words if they are at most `most`: insertions, deletions, substitutions, and swaps of neighbours
/// that are not edited again (optimal string alignment, as Lucene's automata have it).
pub(crate) fn within(left: &[char], right: &[char], most: usize) -> Option<usize> {
    if left.len().abs_diff(right.len()) > most {
        return None;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=right.len()).collect();
    for (row, from) in left.iter().enumerate() {
        let mut next = Vec::with_capacity(right.len() + 1);
        next.push(row + 1);
        for (column, to) in right.iter().enumerate() {
            let replaced = last[column] + usize::from(from != to);
            let mut fewest = replaced.min(last[column + 1] + 1).min(next[column] + 1);
            if row > 0 && column > 0 && *from == right[column - 1] && left[row - 1] == *to {
                fewest = fewest.min(before[column - 1] + 1);
            }
            next.push(fewest);
        }
        before = std::mem::replace(&mut last, next);
    }
    last.last().copied().filter(|edits| *edits <= most)
}

/// The words of a dictionary near `wanted`: at most `expansions`, the most similar first, words that are equally similar in
/// the order of their bytes.
pub(crate) fn near<'a>(
    wanted: &str,
    prefix_length: usize,
    expansions: usize,
    words: impl Iterator<Item = &'a str>,
) -> Vec<&'a str> {
    let target: Vec<char> = wanted.chars().collect();
    let most = auto_edits(target.len());
    if most == 0 || prefix_length >= target.len() {
        return words.filter(|word| *word == wanted).collect();
    }
    let prefix = &target[..prefix_length];
    let mut found: Vec<(f64, &str)> = words
        .filter_map(|word| {
            let letters: Vec<char> = word.chars().collect();
            let begins = letters.get(..prefix_length).is_some_and(|begin| begin == prefix);
            let edits = begins.then(|| within(&target, &letters, most)).flatten()?;
            Some((similarity(edits, target.len().min(letters.len())), word))
        })
        .collect();
    found.sort_by(|left, right| right.0.partial_cmp(&left.0).unwrap_or(Ordering::Equal).then(left.1.cmp(right.1)));
    found.truncate(expansions);
    found.into_iter().map(|(_, word)| word).collect()
}

#[expect(clippy::cast_precision_loss, reason = "words are far shorter than 2^52")]
fn similarity(edits: usize, shorter: usize) -> f64 {
    1.0 - edits as f64 / shorter.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edits(left: &str, right: &str) -> Option<usize> {
        within(&left.chars().collect::<Vec<_>>(), &right.chars().collect::<Vec<_>>(), 2)
    }

    #[test]
    fn edits_are_counted_with_swaps_as_one() {
        assert_eq!(edits("kettle", "kettle"), Some(0));
        assert_eq!(edits("kettle", "ketlte"), Some(1));
        assert_eq!(edits("kettle", "ketle"), Some(1));
        assert_eq!(edits("kettle", "cattle"), Some(2));
        assert_eq!(edits("ca", "abc"), None, "a swapped pair is not edited again");
        assert_eq!(edits("kettle", "bottles"), None);
    }

    #[test]
    fn the_first_letters_hold_and_short_words_are_taken_as_they_are() {
        let words = ["cattle", "kettle", "ketttle", "tv"];
        assert_eq!(near("ketle", 1, 50, words.into_iter()), ["kettle"]);
        assert_eq!(near("kettle", 1, 50, words.into_iter()), ["kettle", "ketttle"]);
        assert_eq!(near("kettle", 0, 50, words.into_iter()), ["kettle", "ketttle", "cattle"]);
        assert_eq!(near("tx", 1, 50, words.into_iter()), [""; 0]);
    }
}
