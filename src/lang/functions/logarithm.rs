//! The natural logarithm, computed as Go does it.
//!
//! Rule: `x = 2^k * (1 + f)` with `1 + f` between the halves of two around one, and a series in `f / (2 + f)`. The C library rounds
//! better; but `log(27, 3)` would then be 3 here and a little more elsewhere, and `ceil` of it another number.

/// `ln 2` in two parts: the first has zeros at its end, so that its product with a small whole number is exact.
const LN_2_HIGH: f64 = 6.931_471_803_691_238e-1;
const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;

/// The series, from the second power on.
const SERIES: [f64; 7] = [
    6.666_666_666_666_735e-1,
    3.999_999_999_940_942e-1,
    2.857_142_874_366_239e-1,
    2.222_219_843_214_978_4e-1,
    1.818_357_216_161_805e-1,
    1.531_383_769_920_937_3e-1,
    1.479_819_860_511_658_6e-1,
];

/// The natural logarithm of a number.
pub(super) fn natural(number: f64) -> f64 {
    if !(number > 0.0 && number.is_normal()) {
        return number.ln();
    }
    let (fraction, power) = parted(number);
    let f = fraction - 1.0;
    let s = f / (2.0 + f);
    let (s2, s4) = (s * s, s * s * (s * s));
    let [l1, l2, l3, l4, l5, l6, l7] = SERIES;
    let odd = s2 * (l1 + s4 * (l3 + s4 * (l5 + s4 * l7)));
    let even = s4 * (l2 + s4 * (l4 + s4 * l6));
    let half_square = 0.5 * f * f;
    power * LN_2_HIGH - ((half_square - (s * (half_square + odd + even) + power * LN_2_LOW)) - f)
}

/// A number as a fraction between `sqrt(2) / 2` and `sqrt(2)`, and the power of two that it is multiplied by.
fn parted(number: f64) -> (f64, f64) {
    const FRACTION_BITS: u32 = 52;
    const HALF: u64 = 1022 << FRACTION_BITS;
    let bits = number.to_bits();
    let fraction = f64::from_bits(bits & ((1 << FRACTION_BITS) - 1) | HALF);
    let power = f64::from(u32::try_from(bits >> FRACTION_BITS).unwrap_or(0)) - 1022.0;
    if fraction < std::f64::consts::FRAC_1_SQRT_2 { (fraction * 2.0, power - 1.0) } else { (fraction, power) }
}

#[cfg(test)]
mod tests {
    use super::natural;

    #[test]
    fn the_last_digit_is_the_one_that_others_have() {
        for (number, base, quotient) in
            [(27.0, 3.0, 3.000_000_000_000_000_4), (8.0, 2.0, 3.0), (7.0, 3.0, 1.771_243_749_161_422_4)]
        {
            assert_eq!(natural(number) / natural(base), quotient, "log({number}, {base})");
        }
        assert_eq!(natural(0.0), f64::NEG_INFINITY);
    }
}
