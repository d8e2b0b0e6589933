//! Numbers written in decimal, exactly: what `%f`, `%e` and `%g` of a format show.
//!
//! Invariant: digits are those of the number itself; they are rounded once, to even where two are equally near.
//! Never: a number goes through `f64`.

use crate::number::{Float, Number};

/// A number as `0.d1d2d3… * 10^point`. Without zeros at the end; zero has no digits.
pub(super) struct Decimal {
    negative: bool,
    digits: Vec<u8>,
    point: isize,
}

impl Decimal {
    /// All digits of a number.
    pub(super) fn exact(number: &Number) -> Decimal {
        let (significand, exponent) = (number.float().repr().significand(), number.float().repr().exponent());
        let base = |base: u8| Float::from(base).to_int().value();
        let shift = exponent.unsigned_abs();
        match exponent {
            // A half is five tenths.
            ..0 => Decimal::of(&(significand * base(5).pow(shift)).to_string(), exponent),
            0.. => Decimal::of(&(significand * base(2).pow(shift)).to_string(), 0),
        }
    }

    /// The fewest digits that tell a number from all others.
    pub(super) fn shortest(number: &Number) -> Decimal {
        let text = number.to_string();
        match text.split_once('.') {
            None => Decimal::of(&text, 0),
            Some((whole, fraction)) => {
                let behind = isize::try_from(fraction.len()).unwrap_or(isize::MAX);
                Decimal::of(&format!("{whole}{fraction}"), -behind)
            }
        }
    }

    fn of(digits: &str, exponent: isize) -> Decimal {
        let (negative, digits) = digits.strip_prefix('-').map_or((false, digits), |digits| (true, digits));
        let digits = digits.trim_start_matches('0');
        let point = isize::try_from(digits.len()).unwrap_or(isize::MAX) + exponent;
        let digits: Vec<u8> = digits.trim_end_matches('0').bytes().map(|digit| digit - b'0').collect();
        Decimal { negative, point: if digits.is_empty() { 0 } else { point }, digits }
    }

    /// The same, with so many digits at most.
    fn rounded(mut self, count: isize) -> Decimal {
        let Ok(kept) = usize::try_from(count) else {
            return Decimal { digits: Vec::new(), point: 0, ..self };
        };
        if kept >= self.digits.len() {
            return self;
        }
        let odd = kept > 0 && self.digits[kept - 1] % 2 == 1;
        let half = self.digits[kept] == 5 && kept + 1 == self.digits.len();
        let up = if half { odd } else { self.digits[kept] >= 5 };
        self.digits.truncate(kept);
        if up {
            self.increment();
        }
        while self.digits.last() == Some(&0) {
            self.digits.pop();
        }
        self
    }

    /// Adds one to the last digit.
    fn increment(&mut self) {
        while self.digits.last() == Some(&9) {
            self.digits.pop();
        }
        match self.digits.last_mut() {
            Some(last) => *last += 1,
            None => {
                self.digits.push(1);
                self.point += 1;
            }
        }
    }

    fn digit(&self, at: isize) -> char {
        let digit = usize::try_from(at).ok().and_then(|at| self.digits.get(at)).copied().unwrap_or(0);
        char::from(b'0' + digit)
    }

    fn sign(&self) -> &'static str {
        if self.negative { "-" } else { "" }
    }

    /// With so many digits behind the point.
    pub(super) fn fixed(self, behind: usize) -> String {
        let behind = isize::try_from(behind).unwrap_or(isize::MAX);
        let count = self.point.saturating_add(behind);
        let rounded = self.rounded(count);
        let whole: String = (0..rounded.point.max(0)).map(|at| rounded.digit(at)).collect();
        let whole = if whole.is_empty() { "0" } else { &whole };
        let fraction: String =
            (rounded.point..rounded.point.saturating_add(behind)).map(|at| rounded.digit(at)).collect();
        let point = if fraction.is_empty() { "" } else { "." };
        format!("{}{whole}{point}{fraction}", rounded.sign())
    }

    /// With one digit before the point, so many behind it, and a power of ten.
    pub(super) fn scientific(self, behind: usize) -> String {
        let behind = isize::try_from(behind).unwrap_or(isize::MAX);
        let rounded = self.rounded(behind.saturating_add(1));
        let fraction: String = (1..behind.saturating_add(1)).map(|at| rounded.digit(at)).collect();
        let point = if fraction.is_empty() { "" } else { "." };
        let exponent = if rounded.digits.is_empty() { 0 } else { rounded.point - 1 };
        let direction = if exponent < 0 { '-' } else { '+' };
        let (sign, first) = (rounded.sign(), rounded.digit(0));
        format!("{sign}{first}{point}{fraction}e{direction}{:02}", exponent.unsigned_abs())
    }

    /// As Go's `%g`: with a power of ten if it is a small one or a large one. `None`: all digits there are.
    pub(super) fn general(self, digits: Option<usize>) -> String {
        let limit = |count: usize| isize::try_from(count).unwrap_or(isize::MAX);
        let asked = digits.map(|digits| digits.max(1));
        let rounded = match asked {
            Some(asked) => self.rounded(limit(asked)),
            None => self,
        };
        let count = rounded.digits.len();
        let most = match asked {
            None => 6,
            Some(asked) if asked > count && limit(count) >= rounded.point => limit(count),
            Some(asked) => limit(asked),
        };
        let exponent = if count == 0 { 0 } else { rounded.point - 1 };
        if exponent < -4 || exponent >= most.max(1) {
            return rounded.scientific(count.saturating_sub(1));
        }
        let behind = usize::try_from(limit(count) - rounded.point).unwrap_or(0);
        rounded.fixed(behind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Number {
        text.parse().expect("it is one")
    }

    #[test]
    fn digits_are_those_of_the_number() {
        let fixed = |text: &str, behind| Decimal::exact(&number(text)).fixed(behind);
        // 3.35 in binary is a little less than that; 2.25 is exact.
        assert_eq!(fixed("3.35", 1), "3.3");
        assert_eq!((fixed("2.25", 1), fixed("2.35", 0)), ("2.2".into(), "2".into()));
        assert_eq!(
            (fixed("-0.04", 1), fixed("9.99", 1), fixed("0", 2)),
            ("-0.0".into(), "10.0".into(), "0.00".into())
        );
        assert_eq!(fixed("0.06", 1), "0.1");
        assert_eq!(Decimal::exact(&number("0.1")).scientific(20), "1.00000000000000000000e-01");
        assert_eq!(Decimal::exact(&number("12345.678")).scientific(2), "1.23e+04");
    }

    #[test]
    fn a_power_of_ten_is_written_where_go_writes_one() {
        let shortest = |text: &str| Decimal::shortest(&number(text)).general(None);
        for (text, general) in [
            ("100000", "100000"),
            ("1000000", "1e+06"),
            ("12345678.9", "1.23456789e+07"),
            ("999999.5", "999999.5"),
            ("0.0001", "0.0001"),
            ("-0.00001234", "-1.234e-05"),
            ("0", "0"),
        ] {
            assert_eq!(shortest(text), general);
        }
        let asked = |text: &str, digits| Decimal::exact(&number(text)).general(Some(digits));
        assert_eq!(
            (asked("123456", 3), asked("100000", 7), asked("0.5", 3)),
            ("1.23e+05".into(), "100000".into(), "0.5".into())
        );
    }
}
