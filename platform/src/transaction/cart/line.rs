//! A line of a cart as its hash holds it: `<quantity> <price when it was put in, in cents>`.

/// One line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) quantity: i64,
    pub(super) price_cents: i64,
}

impl Line {
    /// The field's value.
    pub(super) fn to_text(self) -> String {
        format!("{} {}", self.quantity, self.price_cents)
    }

    /// The line of a field's value; nothing for what no line writes.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (quantity, price_cents) = text.split_once(' ')?;
        let line = Self { quantity: quantity.parse().ok()?, price_cents: price_cents.parse().ok()? };
        (line.quantity > 0 && line.price_cents > 0).then_some(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_comes_back_as_it_was() {
        let line = Line { quantity: 3, price_cents: 4_990 };
        assert_eq!(Line::parse(&line.to_text()), Some(line));
        for broken in ["", "3", "3 ", "-1 5", "3 -5", "3 5 7", "x y"] {
            assert_eq!(Line::parse(broken), None, "{broken}");
        }
    }
}
