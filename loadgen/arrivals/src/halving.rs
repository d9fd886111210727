//! 2^-x in fixed point, exact on every platform: the flash curve's decay.
//!
//! The factors 2^-(1/2), 2^-(1/4), … are found by repeated integer square roots, so no table of constants has to be
//! trusted and no libm is asked.

/// Bits after the point in [`Halving::pow2_neg`]'s argument.
pub(crate) const FRACTION_BITS: u32 = 32;

/// The factors 2^-(2^-k) for k = 1..=32, each scaled by 2^63.
pub(crate) struct Halving {
    factors: [u64; FRACTION_BITS as usize],
}

impl Halving {
    pub(crate) fn new() -> Self {
        // sqrt(f * 2^63) is the square root of f / 2^63, scaled by 2^63 again.
        let mut scaled: u128 = 1 << 62;
        let factors = std::array::from_fn(|_| {
            scaled = (scaled << 63).isqrt();
            u64::try_from(scaled).expect("a factor below one, scaled by 2^63, fits 64 bits")
        });
        Self { factors }
    }

    /// `2^-(x / 2^32)`, scaled by 2^63: 2^63 at 0, and 0 once the value is below 2^-63.
    pub(crate) fn pow2_neg(&self, x: u64) -> u64 {
        let whole = x >> FRACTION_BITS;
        if whole > 63 {
            return 0;
        }
        let mut value: u128 = 1 << 63;
        for (k, factor) in (1..).zip(self.factors) {
            if x & (1 << (FRACTION_BITS - k)) != 0 {
                value = (value * u128::from(factor)) >> 63;
            }
        }
        u64::try_from(value >> whole).expect("at most 2^63")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halving_once_twice_and_never() {
        let halving = Halving::new();
        assert_eq!(halving.pow2_neg(0), 1 << 63);
        assert_eq!(halving.pow2_neg(1 << 32), 1 << 62);
        assert_eq!(halving.pow2_neg(2 << 32), 1 << 61);
        assert_eq!(halving.pow2_neg(u64::MAX), 0);
    }

    #[test]
    fn fractions_agree_with_libm_to_nine_digits() {
        let halving = Halving::new();
        for step in 0..4_000_u32 {
            let x = f64::from(step) / 1_000.0;
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a test value below 4 * 2^32")]
            let fixed = halving.pow2_neg((x * 4_294_967_296.0) as u64);
            let float = fixed as f64 / (1_u64 << 63) as f64;
            assert!((float - (-x).exp2()).abs() < 1e-9, "2^-{x} gave {float}");
        }
    }
}
