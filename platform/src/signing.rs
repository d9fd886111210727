//! Signatures on what is handed to a client and must come back unchanged: page cursors and cart cookies.
//!
//! Each purpose has a key of its own, derived from the one secret, so that a cursor never passes for a cookie.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Bytes of a signature: half of SHA-256, which nobody guesses.
const LENGTH: usize = 16;

/// Signs for one purpose.
#[derive(Clone)]
pub(crate) struct Signer(Hmac<Sha256>);

impl Signer {
    /// The signer of `purpose` under `secret`.
    pub(crate) fn new(secret: &str, purpose: &str) -> Self {
        let mut derived = keyed(secret.as_bytes());
        derived.update(purpose.as_bytes());
        Self(keyed(&derived.finalize().into_bytes()))
    }

    /// The signature of `parts`, 32 hexadecimal digits. No two lists of parts look the same to it.
    pub(crate) fn sign(&self, parts: &[&[u8]]) -> String {
        to_hex(&self.mac(parts).finalize().into_bytes()[..LENGTH])
    }

    /// Whether `signature` is that of `parts`; compared in constant time.
    pub(crate) fn verifies(&self, parts: &[&[u8]], signature: &str) -> bool {
        let given = from_hex(signature).filter(|bytes| bytes.len() == LENGTH);
        given.is_some_and(|bytes| self.mac(parts).verify_truncated_left(&bytes).is_ok())
    }

    fn mac(&self, parts: &[&[u8]]) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac
    }
}

fn keyed(key: &[u8]) -> Hmac<Sha256> {
    Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length")
}

/// Lower-case hexadecimal digits.
pub(crate) fn to_hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

/// The bytes of lower-case hexadecimal digits; nothing for any other text.
pub(crate) fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let bytes = text.as_bytes();
    if !bytes.len().is_multiple_of(2) {
        return None;
    }
    bytes.chunks_exact(2).map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_parts_for_the_same_purpose_under_the_same_secret_verify() {
        let signer = Signer::new("secret", "cursor");
        let signature = signer.sign(&[b"toys", b"sku-1"]);
        assert_eq!(signature.len(), 32);
        assert!(signer.verifies(&[b"toys", b"sku-1"], &signature));
        assert!(!signer.verifies(&[b"toyss", b"ku-1"], &signature), "parts end where they end");
        assert!(!Signer::new("secret", "cookie").verifies(&[b"toys", b"sku-1"], &signature));
        assert!(!Signer::new("other", "cursor").verifies(&[b"toys", b"sku-1"], &signature));
    }

    #[test]
    fn a_short_or_empty_signature_verifies_nothing() {
        let signer = Signer::new("secret", "cursor");
        let signature = signer.sign(&[b"a"]);
        for forged in ["", "00", &signature[..30], &signature.to_uppercase(), &format!("{signature}00"), "üü"] {
            assert!(!signer.verifies(&[b"a"], forged), "{forged}");
        }
    }

    #[test]
    fn hexadecimal_digits_come_back_as_they_were() {
        assert_eq!(from_hex(&to_hex(&[0, 127, 255])), Some(vec![0, 127, 255]));
        assert_eq!((from_hex("0"), from_hex("0G"), from_hex("ü")), (None, None, None));
    }
}
