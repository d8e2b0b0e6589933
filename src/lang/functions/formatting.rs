//! `format` and `formatlist`.
//!
//! Rule: <https://developer.hashicorp.com/terraform/language/functions/format#specification-syntax>

use unicode_segmentation::UnicodeSegmentation;

use super::call::FunctionError;
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
        return Ok(Value::unknown_not_null(Type::String));
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
        // What formats nothing is nothing.
        if argument.is_null() && verb.letter != 'v' {
            return Ok(Value::null(Type::String));
        }
        let written = render(&verb, argument).map_err(|reason| {
            FunctionError::whole(format!("unsupported value for {:?} at {place}: {reason}", verb.written))
        })?;
        out.push_str(&written);
    }
    out.push_str(rest);
    if used < arguments.len() {
        let message = match used {
            0 => "too many arguments; no verbs in format string".to_owned(),
            used => format!("too many arguments; only {used} used by format string"),
        };
        return Err(FunctionError::argument(used + 1, message));
    }
    Ok(Value::string(out))
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
        (Some(text), _) => cut(verb, text),
        (None, Some(number)) => signed(verb, &number.to_string()),
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
    if verb.flags.contains('0') && numeric {
        let sign = text.len() - text.trim_start_matches(['+', '-', ' ']).len();
        return format!("{}{}{}", &text[..sign], "0".repeat(missing), &text[sign..]);
    }
    if verb.flags.contains('0') && !text.is_empty() {
        return format!("{}{text}", "0".repeat(missing));
    }
    format!("{}{text}", " ".repeat(missing))
}

fn numeric(verb: &Verb, number: &Number) -> std::result::Result<String, String> {
    let float = number.to_f64();
    let text = match verb.letter {
        'd' | 'b' | 'o' | 'x' | 'X' => {
            if number.to_string().contains('.') {
                return Err("an integer is required".to_owned());
            }
            let whole = number.float().trunc().to_int().value();
            let digits = match verb.letter {
                'd' => whole.to_string(),
                'b' => format!("{whole:b}"),
                'o' => format!("{whole:o}"),
                'x' => format!("{whole:x}"),
                _ => format!("{whole:X}"),
            };
            signed(verb, &digits)
        }
        'f' => signed(verb, &fixed(number, verb.precision.unwrap_or(6))),
        'e' | 'E' => {
            let text = scientific(float, verb.precision.unwrap_or(6));
            signed(verb, if verb.letter == 'E' { text.to_uppercase() } else { text }.as_str())
        }
        _ => {
            let text = general(number, verb.precision);
            signed(verb, if verb.letter == 'G' { text.to_uppercase() } else { text }.as_str())
        }
    };
    Ok(pad(verb, &text))
}

/// The nearest whole number; of two that are equally near, the even one.
fn half_to_even(float: &crate::number::Float) -> String {
    use crate::number::Float;
    let below = float.clone().floor();
    let rest = float - &below;
    let half = Float::from(1) / Float::from(2);
    let even = (&below / Float::from(2)).floor() * Float::from(2) == below;
    let up = rest > half || rest == half && !even;
    let whole = if up { below + Float::from(1) } else { below };
    whole.to_int().value().to_string()
}

/// Digits behind the point, rounded to even.
fn fixed(number: &Number, digits: usize) -> String {
    use crate::number::Float;
    let scale = Float::from(10).with_precision(crate::number::PRECISION).value().powi(digits.into());
    let scaled = half_to_even(&(number.float() * scale));
    let (sign, bare) = scaled.strip_prefix('-').map_or(("", scaled.as_str()), |bare| ("-", bare));
    if digits == 0 {
        return scaled;
    }
    let bare = format!("{bare:0>width$}", width = digits + 1);
    let (whole, fraction) = bare.split_at(bare.len() - digits);
    format!("{sign}{whole}.{fraction}")
}

fn scientific(float: f64, digits: usize) -> String {
    let text = format!("{float:.digits$e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |bare| ('-', bare));
    format!("{mantissa}e{sign}{exponent:0>2}")
}

/// The shorter of fixed and scientific, as Go's `%g`.
fn general(number: &Number, precision: Option<usize>) -> String {
    let float = number.to_f64();
    let text = match precision {
        Some(digits) => {
            let digits = digits.max(1);
            let short = scientific(float, digits - 1);
            let exponent: i32 = short.rsplit_once('e').and_then(|(_, e)| e.parse().ok()).unwrap_or(0);
            if exponent < -4 || exponent >= i32::try_from(digits).unwrap_or(i32::MAX) {
                return trim_zeros(&short);
            }
            let behind = usize::try_from(i32::try_from(digits).unwrap_or(0) - 1 - exponent).unwrap_or(0);
            return trim_zeros(&fixed(number, behind));
        }
        None => number.to_string(),
    };
    let exponent = scientific(float, 17).rsplit_once('e').and_then(|(_, e)| e.parse().ok()).unwrap_or(0);
    if (-4..21).contains(&exponent) {
        return text;
    }
    let shortest = format!("{float:e}");
    let digits = shortest
        .split('e')
        .next()
        .map_or(0, |mantissa| mantissa.trim_start_matches('-').len().saturating_sub(2));
    trim_zeros(&scientific(float, digits))
}

fn trim_zeros(text: &str) -> String {
    let (mantissa, exponent) = text.split_once('e').map_or((text, None), |(m, e)| (m, Some(e)));
    let mantissa =
        if mantissa.contains('.') { mantissa.trim_end_matches('0').trim_end_matches('.') } else { mantissa };
    exponent.map_or(mantissa.to_owned(), |exponent| format!("{mantissa}e{exponent}"))
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
    let mut made = Vec::new();
    for place in 0..count {
        let row: Vec<Value> = arguments[1..]
            .iter()
            .map(|argument| {
                argument.as_slice().map_or_else(|| argument.clone(), |items| items[place].clone())
            })
            .collect();
        made.push(format(pattern, &row).map_err(|error| FunctionError {
            message: format!("error on format iteration {place}: {}", error.message),
            ..error
        })?);
    }
    Ok(Value::list(Type::String, made))
}
