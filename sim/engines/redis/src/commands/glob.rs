//! Redis's glob patterns: `*`, `?`, `[a-z]`, `[^a]`, and `\` to take a character as it is.

/// Whether all of `text` fits `pattern`.
pub(super) fn matches(pattern: &[u8], text: &[u8]) -> bool {
    match pattern {
        [] => text.is_empty(),
        [b'*', rest @ ..] => {
            let rest = skip_stars(rest);
            rest.is_empty() || (0..=text.len()).any(|skipped| matches(rest, &text[skipped..]))
        }
        [b'?', rest @ ..] => !text.is_empty() && matches(rest, &text[1..]),
        [b'[', rest @ ..] => match text {
            [] => false,
            [first, others @ ..] => {
                let (is_in, rest) = class(rest, *first);
                is_in && matches(rest, others)
            }
        },
        [b'\\', literal, rest @ ..] => text.first() == Some(literal) && matches(rest, &text[1..]),
        [literal, rest @ ..] => text.first() == Some(literal) && matches(rest, &text[1..]),
    }
}

fn skip_stars(pattern: &[u8]) -> &[u8] {
    let stars = pattern.iter().take_while(|byte| **byte == b'*').count();
    &pattern[stars..]
}

/// Whether `byte` is in the class whose text follows the `[`, and the pattern behind its `]`. A class that is never closed
/// ends with the pattern.
fn class(pattern: &[u8], byte: u8) -> (bool, &[u8]) {
    let (is_negated, mut rest) = match pattern {
        [b'^', rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    let mut is_in = false;
    loop {
        rest = match rest {
            [] => return (is_in != is_negated, rest),
            [b']', after @ ..] => return (is_in != is_negated, after),
            [b'\\', literal, after @ ..] => {
                is_in |= *literal == byte;
                after
            }
            [low, b'-', high, after @ ..] => {
                let (low, high) = (low.min(high), low.max(high));
                is_in |= (*low..=*high).contains(&byte);
                after
            }
            [literal, after @ ..] => {
                is_in |= *literal == byte;
                after
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns_fit_as_in_redis() {
        for (pattern, text, fits) in [
            ("*", "", true),
            ("h*llo", "heeeello", true),
            ("h?llo", "hllo", false),
            ("h[ae]llo", "hallo", true),
            ("h[^e]llo", "hello", false),
            ("h[a-b]llo", "hbllo", true),
            ("h[b-a]llo", "hallo", true),
            ("h\\*llo", "h*llo", true),
            ("h\\*llo", "hello", false),
            ("**a**b", "xxaxxb", true),
            ("[abc", "a", true),
            ("a", "ab", false),
            ("[", "[", false),
        ] {
            assert_eq!(matches(pattern.as_bytes(), text.as_bytes()), fits, "{pattern} {text}");
        }
    }
}
