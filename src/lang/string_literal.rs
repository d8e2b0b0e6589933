//! Escapes in literal text.
//!
//! Invariant: an escape that is not understood is reported and leaves its characters in the text.

/// Whether a text stands in quotes, where backslashes mean something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quotes {
    /// In double quotes.
    Double,
    /// In none: in a heredoc or a template file only `$${` and `%%{` are escapes.
    None,
}

/// An escape that is none, with its bytes in the literal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadEscape {
    /// The first byte.
    pub start: u32,
    /// The byte behind the last one.
    pub end: u32,
    /// What is wrong with it.
    pub detail: String,
}

/// The text that a literal stands for.
pub fn unescape(literal: &str, quotes: Quotes) -> (String, Vec<BadEscape>) {
    let mut text = String::with_capacity(literal.len());
    let mut errors = Vec::new();
    let mut rest = literal;
    while let Some(at) = rest.find(['\\', '$', '%']) {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        let length = match rest.as_bytes() {
            [b'\\', ..] if quotes == Quotes::Double => {
                let start = literal.len() - rest.len();
                let (length, escaped) = backslash(rest);
                match escaped {
                    Ok(c) => text.push(c),
                    Err(detail) => {
                        text.push_str(&rest[1..length]);
                        let byte = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
                        errors.push(BadEscape { start: byte(start), end: byte(start + length), detail });
                    }
                }
                length
            }
            [first @ (b'$' | b'%'), second, b'{', ..] if first == second => {
                text.push_str(&rest[1..3]);
                3
            }
            _ => {
                text.push_str(&rest[..1]);
                1
            }
        };
        rest = &rest[length..];
    }
    text.push_str(rest);
    (text, errors)
}

/// The length of the escape that begins `rest`, and its character or what is wrong.
fn backslash(rest: &str) -> (usize, Result<char, String>) {
    let Some(selector) = rest[1..].chars().next() else {
        return (
            1,
            Err("A backslash must be followed by the character that says what it stands for.".to_owned()),
        );
    };
    let escaped = match selector {
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        '"' | '\\' => selector,
        'u' => return code_point(rest, 4),
        'U' => return code_point(rest, 8),
        _ => {
            let detail = format!(
                "The symbol \"{selector}\" cannot follow a backslash. A backslash itself is written `\\\\`."
            );
            return (1 + selector.len_utf8(), Err(detail));
        }
    };
    (2, Ok(escaped))
}

/// `\u` with four and `\U` with eight hexadecimal digits.
fn code_point(rest: &str, digits: usize) -> (usize, Result<char, String>) {
    let hexadecimal: String = rest[2..].chars().take(digits).take_while(char::is_ascii_hexdigit).collect();
    let length = 2 + hexadecimal.len();
    if hexadecimal.len() < digits {
        let escape = &rest[..2];
        return (
            length,
            Err(format!("The escape `{escape}` must be followed by {digits} hexadecimal digits.")),
        );
    }
    let character = u32::from_str_radix(&hexadecimal, 16).ok().and_then(char::from_u32);
    (length, character.ok_or_else(|| format!("There is no character U+{hexadecimal}.")))
}

/// The literal, for double quotes, that stands for a text.
pub fn escape(text: &str) -> String {
    let mut literal = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '\n' => literal.push_str("\\n"),
            '\r' => literal.push_str("\\r"),
            '\t' => literal.push_str("\\t"),
            '"' | '\\' => literal.extend(['\\', c]),
            '$' | '%' if characters.peek() == Some(&'{') => literal.extend([c, c]),
            c if c.is_control() && u32::from(c) <= 0xffff => {
                literal.push_str(&format!("\\u{:04x}", u32::from(c)))
            }
            c => literal.push(c),
        }
    }
    literal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escaping_and_unescaping_cancel_out() {
        for text in ["", "a\"b\\c\n\r\t", "${x} $${ %{ $", "\u{7}é\u{1f600}"] {
            assert_eq!(
                unescape(&escape(text), Quotes::Double),
                (text.to_owned(), Vec::new()),
                "for {text:?}"
            );
        }
    }

    #[test]
    fn without_quotes_a_backslash_is_itself() {
        assert_eq!(unescape(r"\n $${a} $$${b} %%{", Quotes::None).0, r"\n ${a} $${b} %{");
    }
}
