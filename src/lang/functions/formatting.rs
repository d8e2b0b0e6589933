//! `format` and `formatlist`.
//!
//! Rule: <https://developer.hashicorp.com/terraform/language/functions/format#specification-syntax>

use unicode_segmentation::UnicodeSegmentation;

use super::call::FunctionError;
use super::decimal::Decimal;
use super::strings::{check_length, text};
use super::{ANY, Accepts, Function, LOOSE_TEXT, parameter, row};
use crate::convert::convert;
use crate::json;
use crate::number::Number;
use crate::types::Type;
use crate::value::Value;

type Result = std::result::Result<Value, FunctionError>;

const FORMAT: super::Parameter = parameter("format", Accepts::Text);

pub(super) const TABLE: &[Function] = &[
    row(
        "format",
        &[FORMAT],
        Some(parameter("args", Accepts::Any).or_null().or_unknown()),
        LOOSE_TEXT,
        |_, a| format(a[0].as_str().unwrap_or_default(), &a[1..]),
    ),
    row(
        "formatlist",
        &[FORMAT],
        Some(parameter("args", Accepts::Any).or_null().or_unknown()),
        ANY,
        |_, a| format_list(a),
    ),
];

/// The most characters that one `%…` may be filled up to.
const WIDTH_MAX: usize = 100_000;

/// The most digits behind a point.
const PRECISION_MAX: usize = 10_000;

/// One `%…` of a format.
struct Verb {
    flags: String,
    width: Option<usize>,
    precision: Option<usize>,
    argument: Option<usize>,
    letter: char,
    written: String,
}

fn format(format: &str, arguments: &[Value]) -> Result {
    if arguments.iter().any(|argument| !argument.is_wholly_known()) {
        let known = format.split('%').next().unwrap_or_default();
        return Ok(Value::unknown_text(known));
    }
    let mut out = String::new();
    let mut rest = format;
    let (mut next, mut used) = (0, 0);
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        if let Some(after) = after.strip_prefix('%') {
            out.push('%');
            rest = after;
            continue;
        }
        let (verb, after) = read_verb(after)?;
        rest = after;
        let at = verb.argument.unwrap_or(next);
        next = at + 1;
        used = used.max(next);
        let place = format.len() - rest.len() - verb.written.len();
        let Some(argument) = arguments.get(at) else {
            return Err(FunctionError::whole(format!(
                "not enough arguments for {:?} at {place}: need index {} but have {} total",
                verb.written,
                at + 1,
                arguments.len()
            )));
        };
        // What has no type has no text yet.
        if argument.is_null() && argument.ty() == Type::Dynamic && verb.letter != 'v' {
            return Ok(Value::null(Type::String));
        }
        let written = render(&verb, argument).map_err(|reason| {
            FunctionError::whole(format!("unsupported value for {:?} at {place}: {reason}", verb.written))
        })?;
        out.push_str(&written);
        check_length(out.len())?;
    }
    out.push_str(rest);
    if used < arguments.len() {
        let message = match used {
            0 => "too many arguments; no verbs in format string".to_owned(),
            used => format!("too many arguments; only {used} used by format string"),
        };
        return Err(FunctionError::argument(used + 1, message));
    }
    text(out)
}

fn read_verb(text: &str) -> std::result::Result<(Verb, &str), FunctionError> {
    let mut verb = Verb {
        flags: String::new(),
        width: None,
        precision: None,
        argument: None,
        letter: ' ',
        written: String::new(),
    };
    let mut at = 0;
    let bytes = text.as_bytes();
    let digits = |at: usize| text[at..].bytes().take_while(u8::is_ascii_digit).count();
    while bytes.get(at).is_some_and(|b| b" +-#0".contains(b)) {
        verb.flags.push(char::from(bytes[at]));
        at += 1;
    }
    let bad = || FunctionError::whole(format!("unrecognized format character in {:?}", format!("%{text}")));
    let index = |at: &mut usize| -> std::result::Result<Option<usize>, FunctionError> {
        if bytes.get(*at) != Some(&b'[') {
            return Ok(None);
        }
        let count = digits(*at + 1);
        let number: usize = text[*at + 1..*at + 1 + count].parse().map_err(|_| bad())?;
        if bytes.get(*at + 1 + count) != Some(&b']') || number == 0 {
            return Err(bad());
        }
        *at += count + 2;
        Ok(Some(number - 1))
    };
    verb.argument = index(&mut at)?;
    let width = digits(at);
    verb.width = sized(&text[at..at + width], WIDTH_MAX, "width")?;
    at += width;
    if bytes.get(at) == Some(&b'.') {
        let count = digits(at + 1);
        let digits = sized(&text[at + 1..at + 1 + count], PRECISION_MAX, "precision")?;
        verb.precision = Some(digits.unwrap_or(0));
        at += 1 + count;
    }
    if verb.argument.is_none() {
        verb.argument = index(&mut at)?;
    }
    verb.letter =
        text[at..].chars().next().ok_or_else(|| FunctionError::whole("unexpected end of format string"))?;
    at += verb.letter.len_utf8();
    verb.written = format!("%{}", &text[..at]);
    if !"vtbdoxXeEfgGsqT".contains(verb.letter) {
        return Err(FunctionError::whole(format!(
            "unrecognized format character {:?} at offset {}",
            verb.letter, at
        )));
    }
    Ok((verb, &text[at..]))
}

/// A width or a precision; `None` if none is written.
fn sized(digits: &str, most: usize, what: &str) -> std::result::Result<Option<usize>, FunctionError> {
    if digits.is_empty() {
        return Ok(None);
    }
    let size = digits.parse().ok().filter(|size| *size <= most);
    size.map(Some)
        .ok_or_else(|| FunctionError::argument(0, format!("a {what} can be at most {most}, not {digits}")))
}

fn render(verb: &Verb, argument: &Value) -> std::result::Result<String, String> {
    if argument.is_null() && verb.letter != 'v' {
        return Err("null value cannot be formatted".to_owned());
    }
    let needed = |ty: &Type| convert(argument, ty).map_err(|error| error.to_string());
    match verb.letter {
        'v' => Ok(pad(verb, &any(verb, argument))),
        't' => Ok(pad(verb, &needed(&Type::Bool)?.as_bool().unwrap_or_default().to_string())),
        's' => Ok(pad(verb, &cut(verb, needed(&Type::String)?.as_str().unwrap_or_default()))),
        'q' => {
            let text = needed(&Type::String)?;
            Ok(pad(verb, &json::write(&Value::string(cut(verb, text.as_str().unwrap_or_default())))))
        }
        _ => {
            let number = needed(&Type::Number)?;
            let number = number.as_number().expect("it has been converted");
            numeric(verb, number)
        }
    }
}

/// The natural text of a value: strings as they are, everything else as JSON.
fn any(verb: &Verb, argument: &Value) -> String {
    if verb.flags.contains('#') {
        return json::write(argument);
    }
    match (argument.as_str(), argument.as_number()) {
        (Some(text), _) => text.to_owned(),
        (None, Some(number)) => Decimal::shortest(number).general(None),
        (None, None) => json::write(argument),
    }
}

fn cut(verb: &Verb, text: &str) -> String {
    match verb.precision {
        Some(length) => text.graphemes(true).take(length).collect(),
        None => text.to_owned(),
    }
}

fn signed(verb: &Verb, digits: &str) -> String {
    match (digits.starts_with('-'), verb.flags.contains('+'), verb.flags.contains(' ')) {
        (false, true, _) => format!("+{digits}"),
        (false, false, true) => format!(" {digits}"),
        _ => digits.to_owned(),
    }
}

fn pad(verb: &Verb, text: &str) -> String {
    let missing = verb.width.unwrap_or(0).saturating_sub(text.graphemes(true).count());
    if missing == 0 {
        return text.to_owned();
    }
    let numeric = "bdoxXeEfgGv".contains(verb.letter)
        && text.trim_start_matches(['+', '-', ' ']).starts_with(|c: char| c.is_ascii_digit());
    if verb.flags.contains('-') {
        return format!("{text}{}", " ".repeat(missing));
    }
    // A precision has said how many digits there are.
    let exact = "bdoxX".contains(verb.letter) && verb.precision.is_some();
    if verb.flags.contains('0') && numeric && !exact {
        let sign = text.len() - text.trim_start_matches(['+', '-', ' ']).len();
        return format!("{}{}{}", &text[..sign], "0".repeat(missing), &text[sign..]);
    }
    if verb.flags.contains('0') && !exact && !text.is_empty() {
        return format!("{}{text}", "0".repeat(missing));
    }
    format!("{}{text}", " ".repeat(missing))
}

fn numeric(verb: &Verb, number: &Number) -> std::result::Result<String, String> {
    let text = match verb.letter {
        'd' | 'b' | 'o' | 'x' | 'X' => return whole(verb, number).map(|text| pad(verb, &text)),
        'f' => Decimal::exact(number).fixed(verb.precision.unwrap_or(6)),
        'e' | 'E' => Decimal::exact(number).scientific(verb.precision.unwrap_or(6)),
        _ => match verb.precision {
            Some(digits) => Decimal::exact(number).general(Some(digits)),
            None => Decimal::shortest(number).general(None),
        },
    };
    let text = signed(verb, &text);
    Ok(pad(verb, &if verb.letter.is_uppercase() { text.to_uppercase() } else { text }))
}

/// A whole number in the base of the verb; `#` puts the base before it, and a precision says how many digits it has at least.
fn whole(verb: &Verb, number: &Number) -> std::result::Result<String, String> {
    if !number.is_whole() {
        return Err("an integer is required".to_owned());
    }
    let whole = number.float().trunc().to_int().value();
    let (digits, prefix) = match verb.letter {
        'd' => (whole.to_string(), ""),
        'b' => (format!("{whole:b}"), "0b"),
        'o' => (format!("{whole:o}"), "0"),
        'x' => (format!("{whole:x}"), "0x"),
        _ => (format!("{whole:X}"), "0X"),
    };
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits.as_str()), |digits| ("-", digits));
    let digits = if number.is_zero() && verb.precision == Some(0) { "" } else { digits };
    let prefix = if verb.flags.contains('#') { prefix } else { "" };
    // Zeros that fill a width stand behind the prefix.
    let filled = if verb.flags.contains('0') && !verb.flags.contains('-') && verb.precision.is_none() {
        verb.width.unwrap_or(0).saturating_sub(prefix.len() + signed(verb, sign).len())
    } else {
        0
    };
    let least = verb.precision.unwrap_or(filled);
    Ok(signed(verb, &format!("{sign}{prefix}{digits:0>least$}")))
}

/// The format for each element of the lists among the arguments; other arguments are the same for all.
fn format_list(arguments: &[Value]) -> Result {
    let pattern = arguments[0].as_str().unwrap_or_default();
    let mut length = None;
    let mut unknown = false;
    for (at, argument) in arguments.iter().enumerate().skip(1) {
        let list = matches!(argument.ty(), Type::List(_) | Type::Set(_) | Type::Tuple(_));
        if list && !argument.is_known() {
            unknown = true;
        }
        let Some(items) = argument.as_slice().filter(|_| list) else { continue };
        match length {
            Some((first, expected)) if expected != items.len() => {
                return Err(FunctionError::argument(
                    at,
                    format!(
                        "argument {at} has length {}, which is inconsistent with argument {first} of length {expected}",
                        items.len()
                    ),
                ));
            }
            Some(_) => {}
            None => length = Some((at, items.len())),
        }
    }
    if unknown {
        return Ok(Value::unknown_not_null(Type::list(Type::String)));
    }
    let count = length.map_or(1, |(_, count)| count);
    let (mut made, mut bytes) = (Vec::new(), 0);
    for place in 0..count {
        let row: Vec<Value> = arguments[1..]
            .iter()
            .map(|argument| {
                let Some(items) = argument.as_slice() else { return argument.clone() };
                if items[place].is_null() { Value::null(Type::String) } else { items[place].clone() }
            })
            .collect();
        let written = format(pattern, &row).map_err(|error| {
            FunctionError::whole(format!("error on format iteration {place}: {}", error.message))
        })?;
        bytes += written.as_str().map_or(0, str::len);
        check_length(bytes)?;
        made.push(written);
    }
    Ok(Value::list(Type::String, made))
}
