//! Quantities such as `100m`, `1.5Gi`, `2e3`, counted in thousandths, and written back in their shortest form.
//!
//! Invariant: what cannot be read counts as zero: the API server refuses it before a controller sees it.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// An amount in thousandths of its unit.
pub(super) type Milli = i128;

/// Amounts by resource name.
pub(super) type Amounts = BTreeMap<String, Milli>;

const BINARY: [(&str, u32); 6] = [("Ki", 1), ("Mi", 2), ("Gi", 3), ("Ti", 4), ("Pi", 5), ("Ei", 6)];
const DECIMAL: [(&str, i32); 9] =
    [("n", -9), ("u", -6), ("m", -3), ("k", 3), ("M", 6), ("G", 9), ("T", 12), ("P", 15), ("E", 18)];

/// Reads a quantity, text or number.
pub(super) fn milli(value: &Value) -> Milli {
    match value {
        Value::String(text) => parse(text).unwrap_or(0),
        Value::Number(number) => parse(&number.to_string()).unwrap_or(0),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => 0,
    }
}

fn parse(text: &str) -> Option<Milli> {
    for (suffix, power) in BINARY {
        if let Some(number) = text.strip_suffix(suffix) {
            return scaled(number, 0, 1024_i128.pow(power));
        }
    }
    for (suffix, exponent) in DECIMAL {
        if let Some(number) = text.strip_suffix(suffix) {
            return scaled(number, exponent, 1);
        }
    }
    match text.split_once(['e', 'E']) {
        Some((number, exponent)) => scaled(number, exponent.parse().ok()?, 1),
        None => scaled(text, 0, 1),
    }
}

/// `number × 10^exponent × factor`, in thousandths, rounded up as Kubernetes rounds.
fn scaled(number: &str, exponent: i32, factor: i128) -> Option<Milli> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let fraction = fraction.get(..fraction.len().min(15))?;
    let digits: i128 = format!("{whole}{fraction}").parse().ok()?;
    let exponent = exponent + 3 - i32::try_from(fraction.len()).ok()?;
    let product = digits.checked_mul(factor)?;
    if exponent >= 0 {
        return product.checked_mul(10_i128.checked_pow(u32::try_from(exponent).ok()?)?);
    }
    let divisor = 10_i128.checked_pow(u32::try_from(-exponent).ok()?)?;
    Some(product.div_euclid(divisor) + i128::from(product.rem_euclid(divisor) != 0))
}

/// Reads a resource list.
pub(super) fn amounts(list: Option<&Map<String, Value>>) -> Amounts {
    list.into_iter().flatten().map(|(name, value)| (name.clone(), milli(value))).collect()
}

/// Adds amounts.
pub(super) fn add(total: &mut Amounts, more: &Amounts) {
    for (name, amount) in more {
        *total.entry(name.clone()).or_default() += amount;
    }
}

/// Takes the greater of each amount.
pub(super) fn raise(total: &mut Amounts, other: &Amounts) {
    for (name, amount) in other {
        let here = total.entry(name.clone()).or_default();
        *here = (*here).max(*amount);
    }
}

/// Whether a resource is usually counted in powers of 1024.
fn is_binary(resource: &str) -> bool {
    resource.ends_with("memory") || resource.ends_with("storage") || resource.contains("hugepages-")
}

/// Writes an amount of a resource in the shortest exact form.
pub(super) fn written(resource: &str, amount: Milli) -> String {
    if amount % 1000 != 0 {
        return format!("{amount}m");
    }
    let units = amount / 1000;
    if units == 0 {
        return "0".into();
    }
    if is_binary(resource) {
        let fitting = BINARY.iter().rev().find(|(_, power)| units % 1024_i128.pow(*power) == 0);
        return fitting.map_or(units.to_string(), |(suffix, power)| {
            format!("{}{suffix}", units / 1024_i128.pow(*power))
        });
    }
    let fitting =
        DECIMAL.iter().rev().filter(|(_, exponent)| *exponent > 0).find(|(_, exponent)| {
            u32::try_from(*exponent).is_ok_and(|power| units % 10_i128.pow(power) == 0)
        });
    fitting.map_or(units.to_string(), |(suffix, exponent)| {
        let power = u32::try_from(*exponent).unwrap_or(0);
        format!("{}{suffix}", units / 10_i128.pow(power))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_read_in_all_spellings() {
        for (text, expected) in [
            ("100m", 100),
            ("2", 2000),
            ("1.5", 1500),
            ("1Ki", 1_024_000),
            ("0.5Gi", 536_870_912_000),
            ("2e3", 2_000_000),
            ("3k", 3_000_000),
            ("5n", 1),
        ] {
            assert_eq!(parse(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn quantities_are_written_short() {
        assert_eq!(written("memory", 2 * 1024 * 1024 * 1000), "2Mi");
        assert_eq!(written("cpu", 1500), "1500m");
        assert_eq!(written("pods", 3000), "3");
        assert_eq!(written("requests.cpu", 0), "0");
    }
}
