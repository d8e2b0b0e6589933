//! Functions on strings. Characters are grapheme clusters.

use unicode_segmentation::UnicodeSegmentation;

use super::call::FunctionError;
use super::letter_case;
use super::{Accepts, Function, TEXT, TEXTS, TRUTH, parameter, row};
use crate::types::Type;
use crate::value::{Content, Value};

type Result = std::result::Result<Value, FunctionError>;

const STR: super::Parameter = parameter("str", Accepts::Text);

pub(super) const TABLE: &[Function] = &[
    row("chomp", &[STR], None, TEXT, |_, a| text(chomp(string(a, 0)))),
    row("endswith", &[STR, parameter("suffix", Accepts::Text)], None, TRUTH, |_, a| {
        Ok(string(a, 0).ends_with(string(a, 1)).into())
    }),
    row("startswith", &[STR.or_unknown(), parameter("prefix", Accepts::Text)], None, TRUTH, |_, a| {
        Ok(starts_with(&a[0], string(a, 1)))
    }),
    row("strcontains", &[STR, parameter("substr", Accepts::Text)], None, super::LOOSE_TRUTH, |_, a| {
        Ok(string(a, 0).contains(string(a, 1)).into())
    }),
    row("indent", &[parameter("spaces", Accepts::Number), STR], None, TEXT, |_, a| indent(a)),
    row(
        "join",
        &[parameter("separator", Accepts::Text)],
        Some(parameter("lists", Accepts::Texts)),
        TEXT,
        |_, a| join(a),
    ),
    row("lower", &[STR], None, TEXT, |_, a| text(letter_case::lower(string(a, 0)))),
    row("upper", &[STR], None, TEXT, |_, a| text(letter_case::upper(string(a, 0)))),
    row("title", &[STR], None, TEXT, |_, a| text(letter_case::title(string(a, 0)))),
    row("split", &[parameter("separator", Accepts::Text), STR], None, TEXTS, |_, a| split(a)),
    row("strrev", &[STR], None, TEXT, |_, a| text(string(a, 0).graphemes(true).rev().collect::<String>())),
    row(
        "substr",
        &[STR, parameter("offset", Accepts::Number), parameter("length", Accepts::Number)],
        None,
        TEXT,
        |_, a| substr(a),
    ),
    row("trim", &[STR, parameter("cutset", Accepts::Text)], None, TEXT, |_, a| {
        let cut: Vec<char> = string(a, 1).chars().collect();
        text(string(a, 0).trim_matches(|c| cut.contains(&c)))
    }),
    row("trimprefix", &[STR, parameter("prefix", Accepts::Text)], None, TEXT, |_, a| {
        text(string(a, 0).strip_prefix(string(a, 1)).unwrap_or(string(a, 0)))
    }),
    row("trimsuffix", &[STR, parameter("suffix", Accepts::Text)], None, TEXT, |_, a| {
        text(string(a, 0).strip_suffix(string(a, 1)).unwrap_or(string(a, 0)))
    }),
    row("trimspace", &[STR], None, TEXT, |_, a| text(string(a, 0).trim())),
    row("sort", &[parameter("list", Accepts::Texts).or_unknown()], None, TEXTS, |_, a| sort(&a[0])),
];

pub(super) fn string(arguments: &[Value], at: usize) -> &str {
    arguments[at].as_str().expect("the call has converted its arguments to strings")
}

/// A text that a function has made. Each makes little more than it was given, yet one around another never ends.
pub(super) fn text(text: impl AsRef<str>) -> Result {
    check_length(text.as_ref().len())?;
    Ok(Value::string(text))
}

/// The most bytes of a text that a function makes out of shorter ones.
pub(crate) const TEXT_MAX: usize = 64 << 20;

/// Refuses to make a text of so many bytes, if they are too many.
pub(super) fn check_length(bytes: usize) -> std::result::Result<(), FunctionError> {
    match bytes > TEXT_MAX {
        true => Err(FunctionError::whole(format!("the result would have more than {TEXT_MAX} bytes"))),
        false => Ok(()),
    }
}

/// A number without a fraction, of 64 bits.
pub(super) fn whole(number: &Value) -> std::result::Result<i64, FunctionError> {
    let whole = number.as_number().and_then(crate::number::Number::to_i64);
    whole.ok_or_else(|| {
        FunctionError::whole(format!("value must be a whole number, between {} and {}", i64::MIN, i64::MAX))
    })
}

fn chomp(text: &str) -> &str {
    text.trim_end_matches(['\r', '\n'])
}

fn indent(arguments: &[Value]) -> Result {
    let spaces = whole(&arguments[0])?;
    let spaces = usize::try_from(spaces)
        .map_err(|_| FunctionError::whole("the number of spaces must not be negative"))?;
    let lines = string(arguments, 1).matches('\n').count();
    check_length(spaces.saturating_mul(lines.max(1)).saturating_add(string(arguments, 1).len()))?;
    text(string(arguments, 1).replace('\n', &format!("\n{}", " ".repeat(spaces))))
}

fn join(arguments: &[Value]) -> Result {
    let mut parts = Vec::new();
    for (at, list) in arguments.iter().enumerate().skip(1) {
        let Some(items) = list.as_slice() else { return Ok(Value::unknown_not_null(Type::String)) };
        for (place, item) in items.iter().enumerate() {
            if item.is_null() {
                return Err(FunctionError::argument(
                    at,
                    format!("element {place} is null; cannot concatenate null values"),
                ));
            }
            match item.as_str() {
                Some(part) => parts.push(part),
                None => return Ok(Value::unknown_not_null(Type::String)),
            }
        }
    }
    if arguments.len() < 2 {
        return Err(FunctionError::whole("at least one list is required"));
    }
    let between = string(arguments, 0);
    let bytes = parts.iter().map(|part| part.len() + between.len()).sum();
    check_length(bytes)?;
    text(parts.join(between))
}

fn split(arguments: &[Value]) -> Result {
    let (separator, whole) = (string(arguments, 0), string(arguments, 1));
    let parts: Vec<Value> = match separator {
        "" => whole.chars().map(|c| Value::string(c.encode_utf8(&mut [0; 4]))).collect(),
        separator => whole.split(separator).map(Value::string).collect(),
    };
    Ok(Value::list(Type::String, parts))
}

fn substr(arguments: &[Value]) -> Result {
    let (offset, length) = (whole(&arguments[1])?, whole(&arguments[2])?);
    let graphemes: Vec<&str> = string(arguments, 0).graphemes(true).collect();
    let count = i64::try_from(graphemes.len()).unwrap_or(i64::MAX);
    let start = if offset < 0 { (count + offset).max(0) } else { offset.min(count) };
    let end = if length < 0 { count } else { start.saturating_add(length).min(count) };
    let place = |at: i64| usize::try_from(at).unwrap_or(0);
    text(graphemes[place(start)..place(end.max(start))].concat())
}

/// Of a text that is not known its beginning may be; that it is another one decides nothing, as in Terraform.
fn starts_with(text: &Value, prefix: &str) -> Value {
    match text.content() {
        Content::Unknown(_, refinement) => match &refinement.prefix {
            Some(known) if known.starts_with(prefix) => Value::from(true),
            Some(_) | None => Value::unknown_not_null(Type::Bool),
        },
        _ => text.as_str().is_some_and(|text| text.starts_with(prefix)).into(),
    }
}

fn sort(list: &Value) -> Result {
    if !list.is_wholly_known() {
        // How many there are is known, not which comes where.
        return Ok(match list.as_slice() {
            Some(items) => Value::list(Type::String, vec![Value::unknown(Type::String); items.len()]),
            None => Value::unknown_not_null(Type::list(Type::String)),
        });
    }
    let mut items = list.as_slice().unwrap_or_default().to_vec();
    if let Some(place) = items.iter().position(Value::is_null) {
        let message = format!("given list element {place} is null; a null string cannot be sorted");
        return Err(FunctionError::whole(message));
    }
    items.sort_by(crate::set::compare);
    Ok(Value::list(Type::String, items))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_grew_too_long_is_refused() {
        let error = text("a".repeat(TEXT_MAX + 1)).unwrap_err();
        assert_eq!(error.message, "the result would have more than 67108864 bytes");
    }
}
