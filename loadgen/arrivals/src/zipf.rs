//! Popularity that falls with rank, in fixed point.
//!
//! Who wants what is left to the `scenario` crate, which mixes these weights with its own.

use crate::halving::{FRACTION_BITS, Halving};

/// Weights of ranks 1 to `n`: rank to the power of -exponent, scaled by 2^32; at least 1, so that nothing is unwanted.
///
/// The exponent is given in thousandths (1,000 is the classic Zipf law, 0 makes all ranks equal).
#[must_use]
pub fn zipf_weights(n: usize, exponent_milli: u32) -> Vec<u64> {
    let halving = Halving::new();
    let weight = |rank| {
        let halves = u128::from(log2(rank)) * u128::from(exponent_milli) / 1_000;
        let scaled_by_63 = halving.pow2_neg(u64::try_from(halves).unwrap_or(u64::MAX));
        (scaled_by_63 >> 31).max(1)
    };
    (1..).take(n).map(weight).collect()
}

/// `log2(x)`, scaled by 2^32; 0 for 0. Bit by bit: squaring the mantissa doubles what is left of the logarithm.
fn log2(x: u64) -> u64 {
    let Some(whole) = x.checked_ilog2() else {
        return 0;
    };
    // The mantissa in 1..2, scaled by 2^63.
    let mut mantissa = u128::from(x) << (63 - whole);
    let mut result = u64::from(whole);
    for _ in 0..FRACTION_BITS {
        mantissa = (mantissa * mantissa) >> 63;
        let bit = mantissa >> 64;
        mantissa >>= bit;
        result = (result << 1) | u64::from(bit != 0);
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithms_agree_with_libm_to_nine_digits() {
        for x in (1..5_000).chain([u64::MAX, 1 << 40]) {
            let fixed = log2(x) as f64 / 4_294_967_296.0;
            assert!((fixed - (x as f64).log2()).abs() < 1e-9, "log2({x}) gave {fixed}");
        }
    }

    #[test]
    fn the_classic_law_halves_at_rank_two_and_quarters_at_four() {
        let weights = zipf_weights(4, 1_000);
        assert_eq!((weights[0], weights[1], weights[3]), (1 << 32, 1 << 31, 1 << 30));
    }

    #[test]
    fn exponent_zero_makes_all_ranks_equal() {
        assert_eq!(zipf_weights(3, 0), [1 << 32; 3]);
    }
}
