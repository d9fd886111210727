//! A script's name: the SHA-1 of its source in forty lower-case hexadecimal digits.

use std::fmt;

/// A digest as Redis shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Sha([u8; 40]);

impl Sha {
    /// The digest of a script's source.
    pub(crate) fn of(source: &[u8]) -> Self {
        let digest = sha1_smol::Sha1::from(source).digest().bytes();
        let mut digits = [0; 40];
        for (pair, byte) in digits.chunks_exact_mut(2).zip(digest) {
            pair[0] = b"0123456789abcdef"[usize::from(byte >> 4)];
            pair[1] = b"0123456789abcdef"[usize::from(byte & 15)];
        }
        Self(digits)
    }

    /// Reads a digest in either case; `None` if it cannot be one.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        let mut digits: [u8; 40] = text.try_into().ok()?;
        digits.make_ascii_lowercase();
        Some(Self(digits))
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for Sha {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.0).unwrap_or("?"))
    }
}

#[cfg(test)]
mod tests {
    use super::Sha;

    #[test]
    fn digests_are_those_of_sha1() {
        assert_eq!(Sha::of(b"return 1").to_string(), "e0e1f9fabfc9d4800c877a703b823ac0578ff8db");
        assert_eq!(Sha::parse(b"E0E1F9FABFC9D4800C877A703B823AC0578FF8DB"), Some(Sha::of(b"return 1")));
        assert_eq!(Sha::parse(b"e0e1"), None);
    }
}
