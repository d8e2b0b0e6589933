//! The functions of the provider `time`: texts and numbers taken apart into the parts of a moment or of a duration.
//!
//! Invariant: a moment's parts are those of the offset that it is written in; a number of seconds is in UTC.
//! Never: a clock is read.
//!
//! Rule: <https://registry.terraform.io/providers/hashicorp/time/latest/docs/functions/rfc3339_parse>

use aksel_lang::number::Number;
use aksel_lang::types::{Text, Type};
use aksel_lang::value::Value;
use aksel_provider::provider::{FunctionError, FunctionSignature};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Zoned};

use crate::family::Function;

/// The attributes of a moment, and which of them are texts.
const MOMENT: [(&str, Type); 13] = [
    ("year", Type::Number),
    ("year_day", Type::Number),
    ("day", Type::Number),
    ("month", Type::Number),
    ("month_name", Type::String),
    ("weekday", Type::Number),
    ("weekday_name", Type::String),
    ("hour", Type::Number),
    ("minute", Type::Number),
    ("second", Type::Number),
    ("unix", Type::Number),
    ("iso_year", Type::Number),
    ("iso_week", Type::Number),
];

/// The attributes of a duration.
const DURATION: [&str; 6] = ["hours", "minutes", "seconds", "milliseconds", "microseconds", "nanoseconds"];

/// The functions.
pub(crate) fn functions() -> Vec<Function> {
    let moment = || Type::object(MOMENT);
    let duration = Type::object(DURATION.map(|name| (name, Type::Number)));
    vec![
        function(
            "rfc3339_parse",
            ("timestamp", Type::String),
            moment(),
            parse_rfc3339,
            "Takes an RFC 3339 time apart.",
        ),
        function(
            "unix_timestamp_parse",
            ("unix_timestamp", Type::Number),
            moment(),
            parse_unix,
            "Takes a number of seconds since 1970 apart.",
        ),
        function(
            "duration_parse",
            ("duration", Type::String),
            duration,
            parse_duration,
            "Takes a duration such as `1h30m` apart.",
        ),
    ]
}

fn function(
    name: &'static str,
    (parameter, ty): (&str, Type),
    result: Type,
    call: fn(&[Value]) -> Result<Value, FunctionError>,
    description: &str,
) -> Function {
    let parameters = vec![(Text::from(parameter), ty)];
    let description = description.into();
    Function { name, signature: FunctionSignature { parameters, variadic: None, result, description }, call }
}

fn refused(message: String) -> FunctionError {
    FunctionError { argument: Some(0), message }
}

fn parse_rfc3339(arguments: &[Value]) -> Result<Value, FunctionError> {
    let written = arguments[0].as_str().unwrap_or_default();
    let wrong = || refused(format!("`{written}` is no RFC 3339 time, such as \"2020-02-12T06:36:13Z\""));
    let moment: Timestamp = written.parse().map_err(|_| wrong())?;
    let pieces = jiff::fmt::temporal::DateTimeParser::new().parse_pieces(written).map_err(|_| wrong())?;
    let offset = pieces.to_numeric_offset().unwrap_or(jiff::tz::Offset::UTC);
    Ok(parts(&moment.to_zoned(TimeZone::fixed(offset))))
}

fn parse_unix(arguments: &[Value]) -> Result<Value, FunctionError> {
    let seconds = arguments[0].as_number().and_then(Number::to_i64);
    let moment = seconds.and_then(|seconds| Timestamp::from_second(seconds).ok());
    let moment = moment.ok_or_else(|| {
        refused("the number is no whole number of seconds in the range of years -9999 to 9999".into())
    })?;
    Ok(parts(&moment.to_zoned(TimeZone::UTC)))
}

fn parts(moment: &Zoned) -> Value {
    let week = moment.date().iso_week_date();
    let name = |format: &str| Value::string(moment.strftime(format).to_string());
    let number = |number: i64| Value::from(number);
    let values = [
        number(moment.year().into()),
        number(moment.day_of_year().into()),
        number(moment.day().into()),
        number(moment.month().into()),
        name("%B"),
        number(moment.weekday().to_sunday_zero_offset().into()),
        name("%A"),
        number(moment.hour().into()),
        number(moment.minute().into()),
        number(moment.second().into()),
        number(moment.timestamp().as_second()),
        number(week.year().into()),
        number(week.week().into()),
    ];
    Value::object(MOMENT.into_iter().map(|(name, _)| name).zip(values))
}

fn parse_duration(arguments: &[Value]) -> Result<Value, FunctionError> {
    let written = arguments[0].as_str().unwrap_or_default();
    let length = duration(written)
        .ok_or_else(|| refused(format!("`{written}` is no duration, such as \"1h30m\" or \"250ms\"")))?;
    let fraction =
        |unit: f64| Number::from_f64(length.as_secs_f64() / unit).map_or(Value::from(0), Value::from_number);
    let whole = |unit: i128| Value::from(i64::try_from(length.as_nanos() / unit).unwrap_or(i64::MAX));
    let values = [fraction(3600.0), fraction(60.0), fraction(1.0), whole(1_000_000), whole(1_000), whole(1)];
    Ok(Value::object(DURATION.into_iter().zip(values)))
}

/// The units of a duration, in nanoseconds; longer names before those that begin them.
const UNITS: [(&str, f64); 7] =
    [("ns", 1.0), ("us", 1e3), ("µs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 6e10), ("h", 3.6e12)];

/// A duration as Go writes it: a sign, then numbers with units; `0` needs none.
fn duration(written: &str) -> Option<SignedDuration> {
    let (sign, mut rest) = match written.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, written.strip_prefix('+').unwrap_or(written)),
    };
    if rest == "0" {
        return Some(SignedDuration::ZERO);
    }
    let mut nanoseconds = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let (unit, scale) = UNITS.iter().find(|(unit, _)| {
            let after = rest.strip_prefix(unit);
            after.is_some_and(|after| !after.starts_with(char::is_alphabetic))
        })?;
        nanoseconds += number * scale;
        rest = &rest[unit.len()..];
    }
    let fits = !written.is_empty() && nanoseconds < 9.2e18;
    fits.then(|| SignedDuration::from_nanos((sign * nanoseconds) as i64))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(value: &Value) -> String {
        aksel_lang::json::write(value)
    }

    #[test]
    fn a_moment_has_the_parts_of_its_own_offset() {
        let parts = parse_rfc3339(&[Value::string("2023-07-25T23:43:16+02:00")]).unwrap();
        assert_eq!(
            shown(&parts),
            r#"{"day":25,"hour":23,"iso_week":30,"iso_year":2023,"minute":43,"month":7,"month_name":"July","second":16,"unix":1690321396,"weekday":2,"weekday_name":"Tuesday","year":2023,"year_day":206}"#
        );
        assert_eq!(
            parse_unix(&[Value::from(1_690_321_396)]).unwrap().attribute("hour"),
            Some(&Value::from(21))
        );
        assert!(parse_rfc3339(&[Value::string("yesterday")]).is_err());
    }

    #[test]
    fn a_duration_is_told_in_every_unit() {
        let parts = parse_duration(&[Value::string("1h30m")]).unwrap();
        assert_eq!(
            shown(&parts),
            r#"{"hours":1.5,"microseconds":5400000000,"milliseconds":5400000,"minutes":90,"nanoseconds":5400000000000,"seconds":5400}"#
        );
        for (written, nanoseconds) in
            [("-1.5s", -1_500_000_000), ("250ms", 250_000_000), ("0", 0), ("2m3us", 120_000_003_000)]
        {
            let parts = parse_duration(&[Value::string(written)]).unwrap();
            assert_eq!(parts.attribute("nanoseconds"), Some(&Value::from(nanoseconds)), "{written}");
        }
        for written in ["", "1", "h", "1x", "1.2.3s", "5 s"] {
            assert!(parse_duration(&[Value::string(written)]).is_err(), "{written}");
        }
    }
}
