//! Passwords as they are kept: Argon2id (RFC 9106) with a salt of its own, and its parameters beside it, so that a password
//! is still known after they were raised.

use argon2::{Algorithm, Argon2, Params, Version};
use ports::entropy::Entropy;

use crate::config::AccountsConfig;
use crate::signing::{from_hex, to_hex};

/// Bytes of a salt, and of a hash.
const SALT: usize = 16;
const HASH: usize = 32;

/// How much work a hash is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cost {
    memory_kib: u32,
    passes: u32,
}

impl Cost {
    pub(super) fn of(config: &AccountsConfig) -> Self {
        Self { memory_kib: config.hash_memory_kib, passes: config.hash_passes }
    }

    /// Nothing when no such work can be done.
    fn hash(self, password: &str, salt: &[u8]) -> Option<[u8; HASH]> {
        let params = Params::new(self.memory_kib, self.passes, 1, Some(HASH)).ok()?;
        let mut hash = [0; HASH];
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        argon.hash_password_into(password.as_bytes(), salt, &mut hash).ok()?;
        Some(hash)
    }
}

/// A salt nobody has had before.
pub(super) fn salt(entropy: &Entropy) -> [u8; SALT] {
    let mut salt = [0; SALT];
    salt[..8].copy_from_slice(&entropy.next_u64().to_be_bytes());
    salt[8..].copy_from_slice(&entropy.next_u64().to_be_bytes());
    salt
}

/// What is kept of a password: `argon2id <KiB> <passes> <salt> <hash>`; nothing when the cost is impossible.
pub(super) fn keep(password: &str, salt: [u8; SALT], cost: Cost) -> Option<String> {
    let hash = cost.hash(password, &salt)?;
    Some(format!("argon2id {} {} {} {}", cost.memory_kib, cost.passes, to_hex(&salt), to_hex(&hash)))
}

/// Whether `password` is the one that was kept.
pub(super) fn is(password: &str, kept: &str) -> bool {
    let mut parts = kept.split(' ');
    let parsed = (|| {
        let kind = parts.next()?;
        let cost = Cost { memory_kib: parts.next()?.parse().ok()?, passes: parts.next()?.parse().ok()? };
        let (salt, hash) = (from_hex(parts.next()?)?, from_hex(parts.next()?)?);
        (kind == "argon2id" && parts.next().is_none()).then_some((cost, salt, hash))
    })();
    let Some((cost, salt, hash)) = parsed else { return false };
    let Some(found) = cost.hash(password, &salt) else { return false };
    // In constant time: how many bytes agree is nobody's to learn.
    found.len() == hash.len() && found.iter().zip(&hash).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHEAP: Cost = Cost { memory_kib: 8, passes: 1 };

    #[test]
    fn a_password_is_known_again_and_no_other_is() {
        let kept = keep("correct horse", [7; SALT], CHEAP).unwrap_or_default();
        assert!(is("correct horse", &kept));
        for other in ["", "Correct horse", "correct horse ", "correct horsé"] {
            assert!(!is(other, &kept), "{other}");
        }
        assert!(!kept.contains("horse"));
    }

    #[test]
    fn two_salts_keep_one_password_differently() {
        assert_ne!(keep("a long password", [1; SALT], CHEAP), keep("a long password", [2; SALT], CHEAP));
    }

    #[test]
    fn what_is_no_hash_is_no_password_of_anybody() {
        for kept in ["", "argon2id", "argon2id 8 1 00", "bcrypt 8 1 00 00", "argon2id 0 0 00 00"] {
            assert!(!is("", kept), "{kept}");
        }
    }

    /// RFC 9106 gives vectors with a secret and associated data, which are not used here; this one is of the reference
    /// implementation's own tests (version 19, t = 2, m = 65,536 KiB, p = 1).
    #[test]
    fn the_hash_is_that_of_the_reference_implementation() {
        let cost = Cost { memory_kib: 65_536, passes: 2 };
        let expected = "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7";
        assert_eq!(cost.hash("password", b"somesalt").map(|hash| to_hex(&hash)).as_deref(), Some(expected));
    }
}
