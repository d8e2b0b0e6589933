//! Forms: how a string of Terraform is written in JSON, and which strings mean the same.
//!
//! Rule: <https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/>
//!
//! Invariant: what is written and read again means the same, whatever its spelling is.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value as Json;

use crate::row::Form;

/// A string as JSON has it.
pub fn to_json(form: Form, text: &str) -> Json {
    let number = |number: Result<i64, _>| match number {
        Ok(number) => Json::from(number),
        // What is no number goes as it is, so that the cluster can say what is wrong with it.
        Err(_) => Json::from(text),
    };
    match form {
        Form::Plain | Form::Quantity => Json::from(text),
        Form::Whole | Form::IntOrText => number(text.parse::<i64>()),
        Form::Octal => number(i64::from_str_radix(text, 8)),
        Form::Base64 => Json::from(STANDARD.encode(text)),
    }
}

/// A string of JSON as Terraform has it; `None` where JSON has something else.
pub fn from_json(form: Form, json: &Json) -> Option<String> {
    match (form, json) {
        (Form::Octal, Json::Number(number)) => number.as_i64().map(|bits| format!("{bits:04o}")),
        (Form::Base64, Json::String(text)) => {
            let bytes = STANDARD.decode(text).ok()?;
            String::from_utf8(bytes).ok()
        }
        (_, Json::String(text)) => Some(text.clone()),
        (_, Json::Number(number)) => Some(number.to_string()),
        (_, Json::Bool(flag)) => Some(flag.to_string()),
        (_, Json::Null | Json::Array(_) | Json::Object(_)) => None,
    }
}

/// Whether two strings mean the same.
pub fn same(form: Form, a: &str, b: &str) -> bool {
    if a == b {
        return true;
    }
    match form {
        Form::Plain | Form::IntOrText | Form::Base64 => false,
        Form::Whole => a.parse::<i64>().is_ok_and(|a| b.parse() == Ok(a)),
        Form::Octal => {
            let bits = |text| i64::from_str_radix(text, 8).ok();
            bits(a).is_some() && bits(a) == bits(b)
        }
        Form::Quantity => quantity(a).is_some() && quantity(a) == quantity(b),
    }
}

/// Whether a string is a quantity, of whatever size.
pub fn is_quantity(text: &str) -> bool {
    quantity(text).is_some()
}

/// A quantity in nanos; `None` for what is none, or too large to tell.
fn quantity(text: &str) -> Option<i128> {
    let end = text.find(|c: char| !matches!(c, '0'..='9' | '.' | '+' | '-')).unwrap_or(text.len());
    let (digits, suffix) = text.split_at(end);
    // `1e3` and `1E3` are exponents; `1E` is a suffix.
    let (factor, power) = match suffix {
        "n" => (1, 0),
        "u" => (1, 3),
        "m" => (1, 6),
        "" => (1, 9),
        "k" => (1, 12),
        "M" => (1, 15),
        "G" => (1, 18),
        "T" => (1, 21),
        "P" => (1, 24),
        "E" => (1, 27),
        "Ki" => (1 << 10, 9),
        "Mi" => (1 << 20, 9),
        "Gi" => (1 << 30, 9),
        "Ti" => (1_i128 << 40, 9),
        "Pi" => (1_i128 << 50, 9),
        "Ei" => (1_i128 << 60, 9),
        exponent => (1, 9 + exponent.strip_prefix(['e', 'E'])?.parse::<i32>().ok()?),
    };
    let negative = digits.starts_with('-');
    let (whole, fraction) = digits
        .trim_start_matches(['+', '-'])
        .split_once('.')
        .unwrap_or((digits.trim_start_matches(['+', '-']), ""));
    let fraction = fraction.trim_end_matches('0');
    let all: i128 = format!("{whole}{fraction}").parse().ok()?;
    let power = power - i32::try_from(fraction.len()).ok()?;
    let scaled = all.checked_mul(factor)?;
    let nanos = match u32::try_from(power) {
        Ok(power) => scaled.checked_mul(10_i128.checked_pow(power)?)?,
        // Parts of a nano are rounded up, as the API server does.
        Err(_) => {
            let divisor = 10_i128.checked_pow(power.unsigned_abs())?;
            (scaled + divisor - 1) / divisor
        }
    };
    Some(if negative { -nanos } else { nanos })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_the_same_whatever_their_spelling() {
        let same = |a, b| same(Form::Quantity, a, b);
        assert!(same("1000m", "1") && same("0.5", "500m") && same("1Gi", "1024Mi") && same("1e3", "1k"));
        assert!(same("1.5Gi", "1536Mi") && same("1", "1.0") && same("12E", "12000P"));
        assert!(!same("1", "2") && !same("1G", "1Gi") && !same("x", "y") && !same("1Q", "2Q"));
    }

    #[test]
    fn a_mode_is_written_as_bits_and_read_as_digits() {
        assert_eq!(to_json(Form::Octal, "0644"), Json::from(420));
        assert_eq!(from_json(Form::Octal, &Json::from(420)).as_deref(), Some("0644"));
        assert!(same(Form::Octal, "644", "0644"));
    }

    #[test]
    fn a_port_is_a_number_where_it_is_one() {
        assert_eq!(to_json(Form::IntOrText, "8080"), Json::from(8080));
        assert_eq!(to_json(Form::IntOrText, "http"), Json::from("http"));
        assert_eq!(from_json(Form::IntOrText, &Json::from(8080)).as_deref(), Some("8080"));
    }
}
