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

fn compiled(pattern: &str) -> std::result::Result<Regex, String> {
    let translated = translate(pattern)?;
    Regex::new(&translated).map_err(|error| {
        let reason = error.to_string();
        reason.lines().last().unwrap_or("not understood").trim_start_matches("error: ").to_owned()
    })
}

/// The pattern of the first argument.
fn asked(arguments: &[Value]) -> std::result::Result<Regex, FunctionError> {
    let pattern = compiled(string(arguments, 0))
        .map_err(|reason| FunctionError::argument(0, format!("invalid regexp pattern: {reason}")))?;
    check_groups(&pattern)?;
    Ok(pattern)
}

/// The most times that RE2 lets something be repeated.
const REPEAT_MAX: u32 = 1000;

/// A pattern of RE2 as one of the `regex` crate: `\Q…\E` stands for itself, and what only one of them takes is refused.
fn translate(pattern: &str) -> std::result::Result<String, String> {
    let mut out = String::with_capacity(pattern.len());
    let mut rest = pattern;
    let (mut in_class, mut repeated) = (false, false);
    while let Some(c) = rest.chars().next() {
        if let Some(quoted) = rest.strip_prefix("\\Q").filter(|_| !in_class) {
            let (literal, after) = quoted.split_once("\\E").unwrap_or((quoted, ""));
            out.push_str(&regex::escape(literal));
            (rest, repeated) = (after, false);
            continue;
        }
        if let Some(flag) = unknown_flag(rest).filter(|_| !in_class) {
            return Err(format!("invalid or unsupported Perl syntax: {flag:?}"));
        }
        let length = match c {
            '\\' => escape(rest),
            '{' if !in_class => repetition(rest)?,
            '*' | '+' | '?' if !in_class => 1 + usize::from(rest[1..].starts_with('?')),
            '[' if in_class && rest.starts_with("[:") => rest.find(":]").map_or(1, |end| end + 2),
            c => c.len_utf8(),
        };
        // In RE2 a class holds no other class, and is not cut with one.
        let set_operator = c == '[' || rest.starts_with("&&") || rest.starts_with("~~");
        if length == 1 && (in_class && set_operator || !in_class && c == '{') {
            out.push('\\');
        }
        let repeats = !in_class && (matches!(c, '*' | '+' | '?') || c == '{' && length > 1);
        if repeats && repeated {
            return Err(format!("invalid nested repetition operator in {:?}", &rest[..length]));
        }
        repeated = repeats;
        let opens = !in_class && c == '[';
        in_class = opens || in_class && c != ']';
        // A class has no boundaries in it.
        let narrower = ascii(&rest[..length]).filter(|narrower| !(in_class && narrower.starts_with('(')));
        out.push_str(narrower.unwrap_or(&rest[..length]));
        rest = &rest[length..];
        // The first sign in a class is part of it, even a bracket.
        if opens {
            let first = rest.strip_prefix('^').unwrap_or(rest);
            let taken = rest.len() - first.len() + usize::from(first.starts_with(']'));
            out.push_str(&rest[..taken]);
            rest = &rest[taken..];
        }
    }
    Ok(out)
}

/// What an escape stands for in RE2 where the `regex` crate takes it for something wider: classes are of ASCII alone, and a
/// bracket is no boundary.
fn ascii(escape: &str) -> Option<&'static str> {
    Some(match escape {
        "\\d" => "[0-9]",
        "\\D" => "[^0-9]",
        "\\w" => "[0-9A-Za-z_]",
        "\\W" => "[^0-9A-Za-z_]",
        "\\s" => r"[\t\n\f\r ]",
        "\\S" => r"[^\t\n\f\r ]",
        "\\b" => r"(?-u:\b)",
        "\\B" => r"(?-u:\B)",
        "\\<" => "<",
        "\\>" => ">",
        _ => return None,
    })
}

/// Flags that only the `regex` crate has.
fn unknown_flag(rest: &str) -> Option<&str> {
    let flags = rest.strip_prefix("(?")?;
    let end = flags.find([':', ')']).unwrap_or(flags.len());
    let only_here = flags[..end].chars().all(|flag| "imsUuxR-".contains(flag));
    (only_here && flags[..end].contains(['u', 'x', 'R'])).then(|| &rest[..end + 2])
}

/// How long an escape is: a sign behind a backslash, and what stands in braces behind that.
fn escape(rest: &str) -> usize {
    let sign = 1 + rest[1..].chars().next().map_or(0, char::len_utf8);
    let braced = rest[1..].starts_with(['x', 'p', 'P']) && rest[sign..].starts_with('{');
    let end = rest.find('}').filter(|_| braced);
    end.map_or(sign, |end| end + 1)
}

/// How long a repetition in braces is, with the `?` behind it; 1 if the brace stands for itself.
fn repetition(rest: &str) -> std::result::Result<usize, String> {
    let Some(end) = rest.find('}') else { return Ok(1) };
    let counts = &rest[1..end];
    let (least, most) = counts.split_once(',').unwrap_or((counts, counts));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !(digits(least) && (most.is_empty() || digits(most))) {
        return Ok(1);
    }
    let small = |text: &str| text.is_empty() || text.parse().is_ok_and(|count: u32| count <= REPEAT_MAX);
    if !(small(least) && small(most)) {
        return Err(format!("invalid repeat count in {:?}", &rest[..=end]));
    }
    Ok(end + 1 + usize::from(rest[end + 1..].starts_with('?')))
}

fn find(arguments: &[Value]) -> Result {
    let pattern = asked(arguments)?;
    match pattern.captures(string(arguments, 1)) {
        Some(captures) => Ok(result(&pattern, &captures)),
        None => Err(FunctionError::whole("pattern did not match any part of the given string")),
    }
}

fn find_all(arguments: &[Value]) -> Result {
    let pattern = asked(arguments)?;
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
            let pattern = compiled(pattern).map_err(FunctionError::whole)?;
            text(replaced(whole, &pattern, by)?)
        }
        Some(_) | None => {
            check_replaced(whole, by, || whole.matches(part).count())?;
            text(whole.replace(part, by))
        }
    }
}

/// A text with each match of a pattern replaced; `$1` and `${name}` stand for what the groups of the match have found.
fn replaced(whole: &str, pattern: &Regex, by: &str) -> std::result::Result<String, FunctionError> {
    let groups = by.matches('$').count();
    let (mut made, mut behind) = (String::new(), 0);
    for captures in pattern.captures_iter(whole) {
        let found = captures.get_match();
        made.push_str(&whole[behind..found.start()]);
        // No group is longer than the match that it is a part of.
        check_length(found.len().saturating_mul(groups).saturating_add(made.len() + by.len()))?;
        captures.expand(by, &mut made);
        behind = found.end();
    }
    made.push_str(&whole[behind..]);
    Ok(made)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_those_of_re2() {
        let finds = |pattern: &str, text: &str| {
            compiled(pattern).map(|regex| regex.find(text).map(|found| found.as_str().to_owned()))
        };
        for (pattern, text, found) in [
            (r"\Qa.b\E+", "a.bb", "a.bb"),
            ("[[:alpha:]]+", "1ab", "ab"),
            ("[a[]+", "[a]", "[a"),
            ("[]a]+", "a]", "a]"),
            ("[^]a]", "]b", "b"),
            ("[a&&b]+", "a&b", "a&b"),
            ("a{2,3}?", "aaa", "aa"),
            ("a{,2}", "a{,2}", "a{,2}"),
            ("[+*?]+", "+*?", "+*?"),
            (r"\x{e9}\p{Greek}+", "éαβ", "éαβ"),
            (r"\w+\d", "é٣a_1", "a_1"),
            (r"[\w-.]+", "éa-b.c", "a-b.c"),
            (r"[^\W_]+", "_ab", "ab"),
            (r"\bx", "éx", "x"),
            (r"\<a\>", "<a>", "<a>"),
        ] {
            assert_eq!(finds(pattern, text), Ok(Some(found.to_owned())), "{pattern}");
        }
    }

    #[test]
    fn what_re2_refuses_is_refused() {
        for pattern in ["a++", "a**", "a{2}{3}", "a{1001}", "a{2,1001}", "(", "[a", "(?x)a", "(?iu:a)"] {
            assert!(compiled(pattern).is_err(), "{pattern}");
        }
    }
}
