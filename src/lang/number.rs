//! Numbers: binary floats of 512 bits, the precision that Terraform computes with.
//!
//! Invariant: a number is finite. Infinity exists only inside of arithmetic and is refused where it would be kept.
//! Never: a number goes through `f64`.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use dashu_float::round::mode::HalfEven;
use dashu_float::{DBig, FBig};

/// Bits of precision.
pub const PRECISION: usize = 512;

/// The arithmetic type beneath `Number`.
pub type Float = FBig<HalfEven, 2>;

/// A number of 512 bits of precision.
#[derive(Clone)]
pub struct Number(Float);

impl Number {
    /// Wraps a result of arithmetic; `None` if it is infinite.
    pub fn new(float: Float) -> Option<Number> {
        (!float.repr().is_infinite()).then(|| Number(float.with_precision(PRECISION).value()))
    }

    /// The float beneath.
    pub fn float(&self) -> &Float {
        &self.0
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

/// The text is no decimal number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotANumber;

impl FromStr for Number {
    type Err = NotANumber;

    fn from_str(text: &str) -> Result<Number, NotANumber> {
        let decimal = DBig::from_str(text).map_err(|_| NotANumber)?;
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
        let decimal = self.0.clone().with_rounding::<HalfEven>().with_base_and_precision::<10>(155).value();
        write!(f, "{decimal}")
    }
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
