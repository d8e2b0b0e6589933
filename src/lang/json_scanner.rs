//! The words of JSON, with their places.
//!
//! Invariant: after a character that starts no word, there is only the end.
//! Never: a number or a word is judged, or an escape resolved; that is the parser's.
//!
//! Source: <https://github.com/hashicorp/hcl/blob/main/json/scanner.go>

use std::ops::Range;

/// What a word is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `{`
    OpenBrace,
    /// `}`
    CloseBrace,
    /// `[`
    OpenBracket,
    /// `]`
    CloseBracket,
    /// `,`
    Comma,
    /// `:`
    Colon,
    /// `=`, which JSON does not have, but people who come from the native syntax write.
    Equals,
    /// A text in quotes; the last quote may be missing.
    Text,
    /// What looks like a number.
    Number,
    /// Letters.
    Keyword,
    /// A character that starts nothing.
    Invalid,
    /// The end of the text.
    End,
}

/// One word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) kind: Kind,
    /// Bytes of the text.
    pub(crate) range: Range<usize>,
}

/// Reads words one after the other.
pub(crate) struct Scanner<'a> {
    text: &'a str,
    /// The word that is read next.
    next: Word,
    ended: bool,
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(text: &'a str) -> Scanner<'a> {
        let mut scanner = Scanner { text, next: Word { kind: Kind::End, range: 0..0 }, ended: false };
        scanner.next = scanner.scan(0);
        scanner
    }

    /// The next word.
    pub(crate) fn peek(&self) -> &Word {
        &self.next
    }

    /// Takes the next word. The end stays.
    pub(crate) fn read(&mut self) -> Word {
        let following = self.scan(self.next.range.end);
        std::mem::replace(&mut self.next, following)
    }

    /// Makes what is left unread: the end follows.
    pub(crate) fn stop(&mut self) {
        self.ended = true;
        self.next = Word { kind: Kind::End, range: self.next.range.start..self.next.range.start };
    }

    fn scan(&mut self, from: usize) -> Word {
        if self.ended {
            return Word { kind: Kind::End, range: from..from };
        }
        let rest = self.text[from..].trim_start_matches([' ', '\t', '\n', '\r']);
        let start = self.text.len() - rest.len();
        let (kind, length) = word(rest);
        self.ended = kind == Kind::Invalid;
        Word { kind, range: start..start + length }
    }
}

/// The word at the start of a text, and its length.
fn word(text: &str) -> (Kind, usize) {
    let until = |end: fn(u8) -> bool| text.bytes().position(end).unwrap_or(text.len());
    let Some(first) = text.bytes().next() else { return (Kind::End, 0) };
    match first {
        b'{' => (Kind::OpenBrace, 1),
        b'}' => (Kind::CloseBrace, 1),
        b'[' => (Kind::OpenBracket, 1),
        b']' => (Kind::CloseBracket, 1),
        b',' => (Kind::Comma, 1),
        b':' => (Kind::Colon, 1),
        b'=' => (Kind::Equals, 1),
        b'"' => (Kind::Text, quoted(text.as_bytes())),
        b'-' | b'+' | b'.' | b'0'..=b'9' => {
            (Kind::Number, until(|b| !matches!(b, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9')))
        }
        b'a'..=b'z' | b'A'..=b'Z' => (Kind::Keyword, until(|b| !b.is_ascii_alphabetic() && b != b'_')),
        _ => (Kind::Invalid, text.chars().next().map_or(0, char::len_utf8)),
    }
}

/// The length of a text in quotes: up to the quote, or to the control character, that ends it.
fn quoted(bytes: &[u8]) -> usize {
    let mut escaping = false;
    for (at, byte) in bytes.iter().enumerate().skip(1) {
        match byte {
            b'\\' => escaping = !escaping,
            b'"' if !escaping => return at + 1,
            0..32 => return at,
            _ => escaping = false,
        }
    }
    bytes.len()
}
