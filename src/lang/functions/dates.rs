//! Functions on times, which are texts in RFC 3339.

use jiff::Timestamp;
use jiff::fmt::strtime;
use jiff::tz::{Offset, TimeZone};

use super::call::FunctionError;
use super::strings::{string, text};
use super::{Accepts, Function, NUMBER, TEXT, parameter, row};
use crate::types::Type;
use crate::value::Value;

type Result = std::result::Result<Value, FunctionError>;

pub(super) const TABLE: &[Function] = &[
    row("timestamp", &[], None, TEXT, |c, _| Ok(known_time(c.surroundings.now))),
    row("plantimestamp", &[], None, TEXT, |c, _| Ok(known_time(c.surroundings.plan_time))),
    row(
        "timeadd",
        &[parameter("timestamp", Accepts::Text), parameter("duration", Accepts::Text)],
        None,
        super::LOOSE_TEXT,
        |_, a| add(a),
    ),
    row(
        "timecmp",
        &[parameter("timestamp_a", Accepts::Text), parameter("timestamp_b", Accepts::Text)],
        None,
        NUMBER,
        |_, a| {
            Ok(match time(a, 0)?.0.cmp(&time(a, 1)?.0) {
                std::cmp::Ordering::Less => Value::from(-1),
                std::cmp::Ordering::Equal => Value::from(0),
                std::cmp::Ordering::Greater => Value::from(1),
            })
        },
    ),
    row(
        "formatdate",
        &[parameter("format", Accepts::Text), parameter("time", Accepts::Text)],
        None,
        TEXT,
        |_, a| format_date(a),
    ),
];

fn known_time(time: Option<Timestamp>) -> Value {
    match time {
        Some(time) => Value::string(time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
        None => Value::unknown_not_null(Type::String),
    }
}

/// A time with the offset that it is written in.
fn time(arguments: &[Value], at: usize) -> std::result::Result<(Timestamp, Offset), FunctionError> {
    let written = string(arguments, at);
    let invalid = || FunctionError::argument(at, format!("not a valid RFC3339 timestamp: {written:?}"));
    let shape = regex::Regex::new(r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$")
        .expect("the pattern is sound");
    if !shape.is_match(written) {
        return Err(invalid());
    }
    // A leap second is none of RFC 3339's seconds here, as in Go.
    if &written[17..19] == "60" {
        return Err(invalid());
    }
    let time: Timestamp = written.parse().map_err(|_| invalid())?;
    let offset = match written.strip_suffix('Z') {
        Some(_) => Offset::UTC,
        None => strtime::parse("%:z", &written[written.len() - 6..])
            .ok()
            .and_then(|parsed| parsed.offset())
            .unwrap_or(Offset::UTC),
    };
    Ok((time, offset))
}

/// A duration as Go writes it: `1h30m`, `-10s`, `1.5h`. In nanoseconds.
fn duration(written: &str) -> Option<i128> {
    let (sign, mut rest) = match written.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, written.strip_prefix('+').unwrap_or(written)),
    };
    if rest == "0" {
        return Some(0);
    }
    let mut total = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        let units =
            [("ns", 1.0), ("us", 1e3), ("µs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 6e10), ("h", 3.6e12)];
        let (unit, size) = units.iter().find(|(unit, _)| rest[digits..].starts_with(unit))?;
        total += number * size;
        rest = &rest[digits + unit.len()..];
    }
    if written.is_empty() { None } else { format!("{:.0}", sign * total).parse().ok() }
}

fn add(arguments: &[Value]) -> Result {
    let (time, offset) = time(arguments, 0).map_err(|error| FunctionError::whole(error.message))?;
    let written = string(arguments, 1);
    let nanoseconds = duration(written)
        .ok_or_else(|| FunctionError::whole(format!("time: invalid duration {written:?}")))?;
    let moved = Timestamp::from_nanosecond(time.as_nanosecond().saturating_add(nanoseconds));
    let moved = moved.map_err(|_| FunctionError::whole("the resulting time is out of range"))?;
    let zoned = moved.to_zoned(TimeZone::fixed(offset));
    let zone = if offset == Offset::UTC { "Z".to_owned() } else { zoned.strftime("%:z").to_string() };
    text(format!("{}{zone}", zoned.strftime("%Y-%m-%dT%H:%M:%S")))
}

/// Formats by runs of a letter: `YYYY-MM-DD'T'hh:mm:ssZ`; text between single quotes stands for itself.
fn format_date(arguments: &[Value]) -> Result {
    let (time, offset) = time(arguments, 1)?;
    let zoned = time.to_zoned(TimeZone::fixed(offset));
    let mut out = String::new();
    let mut rest = string(arguments, 0);
    while let Some(c) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("''") {
            out.push('\'');
            rest = after;
            continue;
        }
        if c == '\'' {
            let (literal, after) =
                quoted(&rest[1..]).ok_or_else(|| FunctionError::argument(0, "unterminated literal '"))?;
            out.push_str(&literal);
            rest = after;
            continue;
        }
        let run = rest.chars().take_while(|other| *other == c).count() * c.len_utf8();
        let (verb, after) = rest.split_at(run);
        rest = after;
        if !c.is_ascii_alphabetic() {
            out.push_str(verb);
            continue;
        }
        let written = verb_text(verb, &zoned)
            .ok_or_else(|| FunctionError::argument(0, format!("invalid date format verb {verb:?}")))?;
        out.push_str(&written);
    }
    text(out)
}

/// Text up to a single quote; two quotes are one.
fn quoted(rest: &str) -> Option<(String, &str)> {
    let mut literal = String::new();
    let mut rest = rest;
    loop {
        let (before, after) = rest.split_once('\'')?;
        literal.push_str(before);
        match after.strip_prefix('\'') {
            Some(more) => {
                literal.push('\'');
                rest = more;
            }
            None => return Some((literal, after)),
        }
    }
}

fn verb_text(verb: &str, time: &jiff::Zoned) -> Option<String> {
    let strftime = |format: &str| Some(time.strftime(format).to_string());
    let twelve = (time.hour() + 11) % 12 + 1;
    match verb {
        "YYYY" => strftime("%Y"),
        "YY" => strftime("%y"),
        "MMMM" => strftime("%B"),
        "MMM" => strftime("%b"),
        "MM" => strftime("%m"),
        "M" => Some(time.month().to_string()),
        "DD" => strftime("%d"),
        "D" => Some(time.day().to_string()),
        "EEEE" => strftime("%A"),
        "EEE" => strftime("%a"),
        "hh" => strftime("%H"),
        "h" => Some(time.hour().to_string()),
        "HH" => Some(format!("{twelve:02}")),
        "H" => Some(twelve.to_string()),
        "AA" => strftime("%p").map(|text| text.to_uppercase()),
        "aa" => strftime("%p").map(|text| text.to_lowercase()),
        "mm" => strftime("%M"),
        "m" => Some(time.minute().to_string()),
        "ss" => strftime("%S"),
        "s" => Some(time.second().to_string()),
        "ZZZZZ" => strftime("%:z"),
        "ZZZZ" => strftime("%z"),
        "ZZZ" if time.offset() == Offset::UTC => Some("UTC".into()),
        "ZZZ" => strftime("%z"),
        "Z" if time.offset() == Offset::UTC => Some("Z".into()),
        "Z" => strftime("%:z"),
        _ => None,
    }
}
