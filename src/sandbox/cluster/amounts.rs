//! Quantities as the API writes them: the shortest form in the family of suffixes that they were written in.
//!
//! Source: <https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/>
//! Invariant: what is finer than a billionth is rounded up; no more than 38 digits are kept.

/// What a text must look like.
pub(crate) const PATTERN: &str =
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

/// The family of suffixes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    Decimal,
    Exponent,
    Binary,
}

/// An exact amount: `mantissa` × 10^`exponent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Amount {
    mantissa: i128,
    exponent: i32,
    family: Family,
}

const DECIMAL: &[(&str, i32)] = &[
    ("n", -9),
    ("u", -6),
    ("m", -3),
    ("", 0),
    ("k", 3),
    ("M", 6),
    ("G", 9),
    ("T", 12),
    ("P", 15),
    ("E", 18),
];
const BINARY: &[&str] = &["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

impl Amount {
    /// Reads a quantity.
    pub(crate) fn read(text: &str) -> Option<Amount> {
        let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
        let sign = if text.starts_with('-') { -1 } else { 1 };
        let end = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
        let (number, suffix) = unsigned.split_at(end);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if fraction.contains('.') || whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let digits: i128 = format!("0{whole}{fraction}").parse().ok()?;
        let mut amount = Amount {
            mantissa: sign * digits,
            exponent: -i32::try_from(fraction.len()).ok()?,
            family: Family::Decimal,
        };
        if let Some((_, power)) = DECIMAL.iter().find(|(name, _)| *name == suffix) {
            amount.exponent += power;
        } else if let Some(power) = BINARY.iter().position(|name| *name == suffix) {
            amount.family = Family::Binary;
            amount.mantissa =
                amount.mantissa.checked_mul(1024_i128.checked_pow(u32::try_from(power).ok()?)?)?;
        } else {
            let power: i32 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
            amount.family = Family::Exponent;
            amount.exponent += power;
        }
        Some(amount.trimmed().rounded())
    }

    fn trimmed(mut self) -> Amount {
        while self.mantissa != 0 && self.mantissa % 10 == 0 {
            self.mantissa /= 10;
            self.exponent += 1;
        }
        if self.mantissa == 0 {
            self.exponent = 0;
        }
        self
    }

    /// Rounds up, away from zero, to whole billionths.
    fn rounded(mut self) -> Amount {
        while self.exponent < -9 {
            let rest = self.mantissa % 10;
            self.mantissa = self.mantissa / 10 + rest.signum();
            self.exponent += 1;
        }
        self.trimmed()
    }

    /// The whole number, if it is one.
    fn whole(self) -> Option<i128> {
        let power = 10_i128.checked_pow(u32::try_from(self.exponent).ok()?)?;
        self.mantissa.checked_mul(power)
    }

    pub(crate) fn is_negative(self) -> bool {
        self.mantissa < 0
    }

    pub(crate) fn is_zero(self) -> bool {
        self.mantissa == 0
    }

    /// Whether there is a fraction of one.
    pub(crate) fn has_fraction(self) -> bool {
        self.exponent < 0
    }

    /// Billionths.
    fn nano(self) -> i128 {
        let power = u32::try_from(self.exponent + 9).unwrap_or(0);
        10_i128.checked_pow(power).and_then(|power| self.mantissa.checked_mul(power)).unwrap_or(i128::MAX)
    }

    pub(crate) fn compare(self, other: Amount) -> std::cmp::Ordering {
        self.nano().cmp(&other.nano())
    }

    /// The sum, in the family of the first that is not zero.
    pub(crate) fn plus(self, other: Amount) -> Amount {
        let family = if self.is_zero() { other.family } else { self.family };
        Amount { mantissa: self.nano().saturating_add(other.nano()), exponent: -9, family }.trimmed()
    }

    /// What is missing to nothing.
    pub(crate) fn negated(self) -> Amount {
        Amount { mantissa: -self.mantissa, ..self }
    }

    /// How many times the other this is.
    pub(crate) fn ratio(self, other: Amount) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a ratio is compared with few digits")]
        let (over, under) = (self.nano() as f64, other.nano() as f64);
        over / under
    }

    fn binary(self) -> Option<String> {
        let mut whole = self.whole()?;
        if whole.abs() < 1024 {
            return None;
        }
        let mut power = 0;
        while whole % 1024 == 0 && power + 1 < BINARY.len() {
            whole /= 1024;
            power += 1;
        }
        Some(format!("{whole}{}", BINARY[power]))
    }

    /// Writes it in the shortest form of its family.
    pub(crate) fn written(self) -> String {
        if self.mantissa == 0 {
            return "0".into();
        }
        if self.family == Family::Binary
            && let Some(binary) = self.binary()
        {
            return binary;
        }
        let power = self.exponent.div_euclid(3) * 3;
        let power = if self.family == Family::Exponent { power } else { power.clamp(-9, 18) };
        let times = u32::try_from(self.exponent - power).unwrap_or(0);
        let number = self.mantissa.saturating_mul(10_i128.saturating_pow(times));
        if self.family == Family::Exponent {
            return if power == 0 { number.to_string() } else { format!("{number}e{power}") };
        }
        let suffix = DECIMAL.iter().find(|(_, of)| *of == power).map_or("", |(name, _)| *name);
        format!("{number}{suffix}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_written_shortest() {
        for (text, written) in [
            ("0.5", "500m"),
            ("1000m", "1"),
            ("1e3", "1e3"),
            ("1024Mi", "1Gi"),
            ("1536Mi", "1536Mi"),
            ("1.5Gi", "1536Mi"),
            ("100000u", "100m"),
            ("1000k", "1M"),
            ("0", "0"),
            ("+1", "1"),
            ("1.", "1"),
            ("0.5Ki", "512"),
            ("1.0001", "1000100u"),
            ("0.0000000001", "1n"),
        ] {
            assert_eq!(Amount::read(text).map(Amount::written).as_deref(), Some(written), "{text}");
        }
        for bad in ["", "x", "1x", "1.2.3", "-", "1ee"] {
            assert_eq!(Amount::read(bad), None, "{bad}");
        }
    }
}
