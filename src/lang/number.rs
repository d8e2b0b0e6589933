//! Numbers: binary floats of 512 bits, the precision that Terraform computes with.
//!
//! Invariant: a number is finite, and its digits before and behind the point can be written out: `BITS_MAX` of them.
//! What is beyond exists only inside of arithmetic and is refused where it would be kept.
//! Never: a number goes through `f64`.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use dashu_float::round::mode::HalfEven;
use dashu_float::{DBig, FBig};

/// Bits of precision.
pub const PRECISION: usize = 512;

/// How far from one a number may be, in powers of two: a hundred thousand decimal digits before or behind the point.
const BITS_MAX: isize = 332_193;

/// The arithmetic type beneath `Number`.
pub type Float = FBig<HalfEven, 2>;

/// A number of 512 bits of precision.
#[derive(Clone)]
pub struct Number(Float);

impl Number {
    /// Wraps a result of arithmetic; `None` if it is infinite or too far from one.
    pub fn new(float: Float) -> Option<Number> {
        let digits = float.repr().digits();
        let bits = isize::try_from(digits).unwrap_or(isize::MAX);
        let kept = !float.repr().is_infinite() && (float.repr().exponent() + bits).abs() <= BITS_MAX;
        // Arithmetic may leave a bit more than its precision, which is then not rounded to that precision again.
        kept.then(|| {
            Number(float.with_precision(digits.max(PRECISION)).value().with_precision(PRECISION).value())
        })
    }

    /// The sum; `None` as for `new`.
    pub fn plus(&self, other: &Number) -> Option<Number> {
        Number::new(self.widened() + other.widened())
    }

    /// The difference; `None` as for `new`.
    pub fn minus(&self, other: &Number) -> Option<Number> {
        Number::new(self.widened() - other.widened())
    }

    /// The product; `None` as for `new`.
    pub fn times(&self, other: &Number) -> Option<Number> {
        Number::new(self.widened() * other.widened())
    }

    /// The quotient; `None` as for `new`. The divisor is not zero.
    pub fn over(&self, divisor: &Number) -> Option<Number> {
        Number::new(self.widened() / divisor.widened())
    }

    /// The number for arithmetic that is rounded once, at its end: with room for whatever two numbers have in common.
    fn widened(&self) -> Float {
        self.0.clone().with_precision(2 * PRECISION + 64).value()
    }

    /// The float beneath.
    pub fn float(&self) -> &Float {
        &self.0
    }

    /// Whether it is zero.
    pub fn is_zero(&self) -> bool {
        self.0 == Float::ZERO
    }

    /// Whether it has no fraction.
    pub fn is_whole(&self) -> bool {
        self.0.trunc() == self.0
    }

    /// What is left of a division with a whole result, with the sign of this number. The divisor is not zero.
    /// Each step is rounded, as in Terraform.
    pub fn remainder(&self, divisor: &Number) -> Option<Number> {
        let whole = Number::new(self.over(divisor)?.0.trunc())?;
        self.minus(&whole.times(divisor)?)
    }

    /// The nearest `f64`.
    pub fn to_f64(&self) -> f64 {
        self.0.to_f64().value()
    }

    /// The number of an `f64`; `None` if it is infinite or no number.
    pub fn from_f64(float: f64) -> Option<Number> {
        if !float.is_finite() {
            return None;
        }
        Float::try_from(float).ok().and_then(Number::new)
    }

    /// The number as an `i64`, if it is whole and fits.
    pub fn to_i64(&self) -> Option<i64> {
        let whole = self.0.trunc();
        if whole != self.0 {
            return None;
        }
        i64::try_from(whole.to_int().value()).ok()
    }

    /// The number as a `usize`, if it is whole, not negative and fits.
    pub fn to_usize(&self) -> Option<usize> {
        self.to_i64().and_then(|n| usize::try_from(n).ok())
    }
}

impl From<i64> for Number {
    fn from(whole: i64) -> Number {
        Number(Float::from(whole).with_precision(PRECISION).value())
    }
}

impl From<usize> for Number {
    fn from(whole: usize) -> Number {
        Number(Float::from(whole).with_precision(PRECISION).value())
    }
}

/// The greatest decimal exponent of a number that is written out.
const EXPONENT_MAX: usize = 100_000;

/// The text is no decimal number, or one that is too far from one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotANumber;

impl FromStr for Number {
    type Err = NotANumber;

    fn from_str(text: &str) -> Result<Number, NotANumber> {
        // Digits are not grouped in the language, and a power is one of ten.
        if text.contains(['_', '@', 'b', 'B']) {
            return Err(NotANumber);
        }
        // To binary goes only what is near enough to one: the cost grows with the exponent.
        let decimal = DBig::from_str(text).map_err(|_| NotANumber)?;
        if decimal.repr().exponent().unsigned_abs() > EXPONENT_MAX {
            return Err(NotANumber);
        }
        let binary = decimal.with_rounding::<HalfEven>().with_base_and_precision::<2>(PRECISION).value();
        Number::new(binary).ok_or(NotANumber)
    }
}

impl fmt::Display for Number {
    /// The shortest decimal that reads back as the same number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(whole) = self.to_i64() {
            return write!(f, "{whole}");
        }
        f.write_str(&self.shortest())
    }
}

type Decimal = FBig<HalfEven, 10>;

/// Decimal digits that every number of 512 bits can be told apart by.
const DIGITS_MAX: usize = 156;

impl Number {
    /// The decimal with the fewest digits that reads back as this number, found by halving the count of digits.
    ///
    /// Converted once, and rounded to less and less: between a number with a large exponent and its decimal lies a power
    /// of ten with as many digits. Whether a decimal reads back is seen by how far off it is; only where that is near to
    /// half of the last bit it is read.
    fn shortest(&self) -> String {
        let near: Decimal = self.0.clone().with_base_and_precision::<10>(DIGITS_MAX + 20).value();
        let reach = self.half_of_last_bit(&near);
        let rounded = |digits: usize| near.clone().with_precision(digits).value();
        let reads_back = |digits: usize| {
            let decimal = rounded(digits);
            let off = if decimal < near { &near - &decimal } else { &decimal - &near };
            match (&off + &off < reach, off > &reach + &reach) {
                (true, _) => true,
                (_, true) => false,
                (false, false) => decimal.with_base_and_precision::<2>(PRECISION).value() == self.0,
            }
        };
        let (mut low, mut high) = (1, DIGITS_MAX);
        while low < high {
            let middle = usize::midpoint(low, high);
            match reads_back(middle) {
                true => high = middle,
                false => low = middle + 1,
            }
        }
        written_out(&rounded(low))
    }

    /// What half of the last of the 512 bits stands for, from the number's decimal. Just below a power of two a bit is
    /// worth half as much.
    fn half_of_last_bit(&self, decimal: &Decimal) -> Decimal {
        let repr = self.0.repr();
        let halves = repr.significand() << (PRECISION + 1 - repr.digits().min(PRECISION));
        decimal / Decimal::from(halves)
    }
}

fn written_out(decimal: &Decimal) -> String {
    plain(&decimal.repr().significand().to_string(), decimal.repr().exponent())
}

/// Digits times a power of ten, written without an exponent.
fn plain(significand: &str, exponent: isize) -> String {
    let (sign, digits) = significand.strip_prefix('-').map_or(("", significand), |digits| ("-", digits));
    let zeros = exponent.unsigned_abs();
    if exponent >= 0 {
        return format!("{sign}{digits}{}", "0".repeat(zeros));
    }
    if digits.len() > zeros {
        let (whole, fraction) = digits.split_at(digits.len() - zeros);
        return format!("{sign}{whole}.{fraction}");
    }
    format!("{sign}0.{}{digits}", "0".repeat(zeros - digits.len()))
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Number) -> bool {
        self.0 == other.0
    }
}

impl Eq for Number {}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Number) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Number) -> Ordering {
        self.0.cmp(&other.0)
    }
}

impl Hash for Number {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.repr().significand().hash(state);
        self.0.repr().exponent().hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Number {
        text.parse().unwrap()
    }

    #[test]
    fn a_number_is_written_with_the_fewest_digits_that_read_back() {
        let powers = (1..600).step_by(37).flat_map(|exponent| {
            let power = Float::from(2).with_precision(PRECISION).value().powi(exponent.into());
            [power.clone(), Float::ONE.with_precision(PRECISION).value() / power]
        });
        let third = Float::ONE.with_precision(PRECISION).value() / Float::from(3);
        for float in powers.chain([third]) {
            let number = Number::new(float).unwrap();
            let digits = |text: &str| text.replace('.', "").trim_matches('0').len();
            let shortest = digits(&number.to_string());
            assert_eq!(number.to_string().parse::<Number>(), Ok(number.clone()));
            let near: Decimal = number.float().clone().with_base_and_precision::<10>(200).value();
            let shorter = near.with_precision(shortest - 1).value();
            assert!(shortest == 1 || written_out(&shorter).parse::<Number>() != Ok(number), "{shorter}");
        }
    }

    #[test]
    fn arithmetic_is_rounded_to_the_precision_of_numbers() {
        let written = |number: Option<Number>| number.unwrap().to_string();
        assert_eq!(written(number("12345789").minus(&number("1233.6788901"))), "12344555.3211099");
        let numbers =
            ["12345789", "0.1", "1e-30", "3.7e22", "7", "1e154", "123456789012345678901234567890.5"];
        for (a, b) in numbers.iter().flat_map(|a| numbers.map(|b| (number(a), number(b)))) {
            for made in [a.plus(&b), a.minus(&b), a.times(&b), a.over(&b), a.remainder(&b)] {
                let made = made.unwrap();
                assert!(made.float().repr().digits() <= PRECISION, "{a} {b} {made}");
                assert_eq!(made.to_string().parse(), Ok(made));
            }
        }
    }

    #[test]
    fn what_is_far_from_one_is_as_far_on_both_sides() {
        assert_eq!(number("1e99999").to_string().len(), 100_000);
        assert_eq!(number("1e-99999").to_string().len(), 100_001);
        assert_eq!("1e-100001".parse::<Number>(), Err(NotANumber));
    }
}
