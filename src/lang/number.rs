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
        let kept = !float.repr().is_infinite() && float.repr().exponent().abs() <= BITS_MAX;
        kept.then(|| Number(float.with_precision(PRECISION).value()))
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
    pub fn remainder(&self, divisor: &Number) -> Float {
        let whole = (&self.0 / &divisor.0).trunc();
        &self.0 - whole * &divisor.0
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

/// Decimal digits that every number of 512 bits can be told apart by.
const DIGITS_MAX: usize = 156;

impl Number {
    /// The decimal with the fewest digits that reads back as this number, found by halving the count of digits.
    fn shortest(&self) -> String {
        let (mut low, mut high) = (1, DIGITS_MAX);
        while low < high {
            let middle = usize::midpoint(low, high);
            match self.with_digits(middle).parse::<Number>() {
                Ok(read) if read == *self => high = middle,
                Ok(_) | Err(NotANumber) => low = middle + 1,
            }
        }
        self.with_digits(low)
    }

    fn with_digits(&self, digits: usize) -> String {
        let rounded = self.0.clone().with_base_and_precision::<10>(DIGITS_MAX + 20).value();
        let decimal = rounded.with_precision(digits).value();
        plain(&decimal.repr().significand().to_string(), decimal.repr().exponent())
    }
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
