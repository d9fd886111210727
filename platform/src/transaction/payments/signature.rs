//! The signature of the card gateway's webhooks: `t=<seconds>,v1=<hex HMAC-SHA256 of "<t>.<body>">`, compared in constant
//! time, as Stripe documents it. Further `v1` entries are allowed (a secret is being rolled over); other schemes ignored.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Whether `header` signs `body` with `secret`, at most `tolerance_s` away from `now_s`.
pub(super) fn is_valid(secret: &str, header: &str, body: &[u8], now_s: i64, tolerance_s: i64) -> bool {
    let mut signed_at = None;
    let mut signatures = Vec::new();
    for part in header.split(',') {
        match part.trim().split_once('=') {
            Some(("t", seconds)) => signed_at = Some(seconds),
            Some(("v1", hex)) => signatures.extend(from_hex(hex)),
            Some(_) | None => {}
        }
    }
    let Some(seconds) = signed_at else { return false };
    let Ok(at_s) = seconds.parse::<i64>() else { return false };
    if now_s.abs_diff(at_s) > tolerance_s.unsigned_abs() {
        return false;
    }
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(seconds.as_bytes());
    mac.update(b".");
    mac.update(body);
    signatures.iter().any(|signature| mac.clone().verify_slice(signature).is_ok())
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    // HMAC-SHA256 with key "whsec" over "1700000000.{}".
    const SIGNED: &str = "t=1700000000,v1=7d44587dddbaf4c7f70fef20f48cd594834ffea1641e3ac227b84408298738af";

    #[test]
    fn the_gateways_signature_is_accepted() {
        assert!(is_valid("whsec", SIGNED, b"{}", 1_700_000_100, 300));
    }

    #[test]
    fn another_body_secret_or_time_is_refused() {
        assert!(!is_valid("whsec", SIGNED, b"{ }", 1_700_000_100, 300));
        assert!(!is_valid("other", SIGNED, b"{}", 1_700_000_100, 300));
        assert!(!is_valid("whsec", SIGNED, b"{}", 1_700_000_301, 300));
        assert!(!is_valid("whsec", "v1=00", b"{}", 1_700_000_100, 300));
        assert!(!is_valid("whsec", "t=1700000000,v1=zz", b"{}", 1_700_000_100, 300));
    }
}
