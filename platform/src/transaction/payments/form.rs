//! `application/x-www-form-urlencoded`: the only form in which Stripe takes parameters.

use std::fmt::Write;

/// The pairs, percent-encoded: letters, digits and `-._` stand for themselves.
pub(super) fn encode(pairs: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for (name, value) in pairs {
        if !text.is_empty() {
            text.push('&');
        }
        escape(&mut text, name);
        text.push('=');
        escape(&mut text, value);
    }
    text
}

fn escape(text: &mut String, part: &str) {
    for byte in part.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._".contains(&byte) {
            text.push(char::from(byte));
        } else {
            write!(text, "%{byte:02X}").expect("a string takes whatever is written");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_quotes_and_spaces_are_escaped() {
        assert_eq!(
            encode(&[("metadata[order_id]", "ord_1"), ("a", "b c&d=é")]),
            "metadata%5Border_id%5D=ord_1&a=b%20c%26d%3D%C3%A9"
        );
        assert_eq!(encode(&[]), "");
    }
}
