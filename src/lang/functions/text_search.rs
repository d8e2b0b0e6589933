//! Functions that look for patterns in strings. Patterns are RE2's, which the `regex` crate reads nearly alike.

use regex::{Captures, Regex};

use super::call::FunctionError;
use super::strings::{TEXT_MAX, check_length, string, text};
use super::{ANY, Accepts, Function, Returns, TEXT, parameter, row};
use crate::types::Type;
use crate::value::Value;

type Result = std::result::Result<Value, FunctionError>;

const PATTERN: super::Parameter = parameter("pattern", Accepts::Text);
const STRING: super::Parameter = parameter("string", Accepts::Text);
const LIST: Returns = Returns::Fixed(|| Type::list(Type::Dynamic));

pub(super) const TABLE: &[Function] = &[
    row("regex", &[PATTERN, STRING], None, ANY, |_, a| find(a)),
    row("regexall", &[PATTERN, STRING], None, LIST, |_, a| find_all(a)),
    row(
        "replace",
        &[
            parameter("str", Accepts::Text),
            parameter("substr", Accepts::Text),
            parameter("replace", Accepts::Text),
        ],
        None,
        TEXT,
        |_, a| replace(a),
    ),
];

fn compiled(pattern: &str, argument: usize) -> std::result::Result<Regex, FunctionError> {
    Regex::new(pattern).map_err(|error| {
        let reason = error.to_string();
        let reason =
            reason.lines().last().unwrap_or("not understood").trim_start_matches("error: ").to_owned();
        FunctionError::argument(argument, format!("invalid regexp pattern: {reason}"))
    })
}

fn find(arguments: &[Value]) -> Result {
    let pattern = compiled(string(arguments, 0), 0)?;
    check_groups(&pattern)?;
    match pattern.captures(string(arguments, 1)) {
        Some(captures) => Ok(result(&pattern, &captures)),
        None => Err(FunctionError::whole("pattern did not match any part of the given string")),
    }
}

fn find_all(arguments: &[Value]) -> Result {
    let pattern = compiled(string(arguments, 0), 0)?;
    check_groups(&pattern)?;
    let found: Vec<Value> =
        pattern.captures_iter(string(arguments, 1)).map(|captures| result(&pattern, &captures)).collect();
    let element = found.first().map_or_else(|| result_type(&pattern), Value::ty);
    let found =
        found.iter().map(|value| crate::convert::convert(value, &element).unwrap_or_else(|_| value.clone()));
    Ok(Value::list(element.clone(), found.collect::<Vec<_>>()))
}

fn check_groups(pattern: &Regex) -> std::result::Result<(), FunctionError> {
    let named = pattern.capture_names().skip(1).filter(Option::is_some).count();
    if named > 0 && named < pattern.captures_len() - 1 {
        return Err(FunctionError::argument(
            0,
            "invalid regexp pattern: cannot mix both named and unnamed capture groups",
        ));
    }
    Ok(())
}

fn group(captures: &Captures<'_>, at: usize) -> Value {
    captures.get(at).map_or_else(|| Value::null(Type::String), |found| Value::string(found.as_str()))
}

/// The whole match, a tuple of unnamed groups, or an object of named ones.
fn result(pattern: &Regex, captures: &Captures<'_>) -> Value {
    if pattern.captures_len() == 1 {
        return group(captures, 0);
    }
    let names: Vec<Option<&str>> = pattern.capture_names().skip(1).collect();
    if names.iter().any(Option::is_some) {
        let named =
            names.iter().enumerate().filter_map(|(at, name)| Some(((*name)?, group(captures, at + 1))));
        return Value::object(named.collect::<Vec<_>>());
    }
    Value::tuple((1..pattern.captures_len()).map(|at| group(captures, at)).collect::<Vec<_>>())
}

fn result_type(pattern: &Regex) -> Type {
    let names: Vec<Option<&str>> = pattern.capture_names().skip(1).collect();
    match names.iter().any(Option::is_some) {
        _ if names.is_empty() => Type::String,
        true => Type::object(names.into_iter().flatten().map(|name| (name, Type::String))),
        false => Type::tuple(names.iter().map(|_| Type::String)),
    }
}

/// A text between slashes is a pattern.
fn replace(arguments: &[Value]) -> Result {
    let (whole, part, by) = (string(arguments, 0), string(arguments, 1), string(arguments, 2));
    match part.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')) {
        Some(pattern) if part.len() > 1 => {
            let pattern = compiled(pattern, 1)?;
            check_replaced(whole, by, || pattern.find_iter(whole).count())?;
            text(pattern.replace_all(whole, by))
        }
        Some(_) | None => {
            check_replaced(whole, by, || whole.matches(part).count())?;
            text(whole.replace(part, by))
        }
    }
}

/// Refuses to put so many bytes in so many places. They are counted only if there may be too many.
fn check_replaced(
    whole: &str,
    by: &str,
    places: impl FnOnce() -> usize,
) -> std::result::Result<(), FunctionError> {
    if (whole.len() + 1).saturating_mul(by.len()) <= TEXT_MAX {
        return Ok(());
    }
    check_length(whole.len().saturating_add(places().saturating_mul(by.len())))
}
