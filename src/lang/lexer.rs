//! The lexer: text of the language to tokens.
//!
//! Invariant: tokens are in order and do not overlap; what lies between two tokens is spaces and tabs only. Comments
//! are tokens, so that tokens and the gaps between them give back every byte of the text.
//! Invariant: any text gives tokens, in linear time; what fits nowhere becomes `Invalid`, and `invalid_tokens` says why.
//! Never: the lexer knows no grammar beyond the nesting of templates.
//!
//! Rule: <https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md#lexical-elements>

use unicode_ident::{is_xid_continue, is_xid_start};

use crate::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::Span;

/// The kinds of tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// A name, or a keyword where one belongs.
    Name,
    /// A number without sign.
    Number,
    /// `# …` and `// …` with the line break that ends them, or `/* … */`.
    Comment,
    /// A line break, `\n` or `\r\n`.
    Newline,
    /// `{`
    OpenBrace,
    /// `}`
    CloseBrace,
    /// `[`
    OpenBracket,
    /// `]`
    CloseBracket,
    /// `(`
    OpenParenthesis,
    /// `)`
    CloseParenthesis,
    /// The `"` that begins a quoted template.
    OpenQuote,
    /// The `"` that ends a quoted template.
    CloseQuote,
    /// `<<NAME` or `<<-NAME` with its line break.
    OpenHeredoc,
    /// The closing name of a heredoc with the spaces before it, without its line break.
    CloseHeredoc,
    /// Text of a quoted template, escapes and all.
    QuotedLiteral,
    /// Text of a heredoc or of a template without quotes; ends with the line.
    PlainLiteral,
    /// `${` or `${~`
    OpenInterpolation,
    /// `%{` or `%{~`
    OpenDirective,
    /// The `}` or `~}` that ends an interpolation or a directive.
    CloseTemplate,
    /// `*`
    Star,
    /// `/`
    Slash,
    /// `+`
    Plus,
    /// `-`
    Minus,
    /// `%`
    Percent,
    /// `=`
    Equal,
    /// `==`
    EqualEqual,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `&&`
    And,
    /// `||`
    Or,
    /// `!`
    Bang,
    /// `.`
    Dot,
    /// `,`
    Comma,
    /// `::`
    DoubleColon,
    /// `...`
    Ellipsis,
    /// `=>`
    Arrow,
    /// `?`
    Question,
    /// `:`
    Colon,
    /// `&`, which no valid text has.
    BitAnd,
    /// `|`, which no valid text has.
    BitOr,
    /// `~`, which no valid text has.
    BitNot,
    /// `^`, which no valid text has.
    BitXor,
    /// `'`, which no valid text has.
    Apostrophe,
    /// A backtick, which no valid text has.
    Backtick,
    /// `;`, which no valid text has.
    Semicolon,
    /// Line breaks inside of a quoted template, which no valid text has.
    QuotedNewline,
    /// Another character that stands for nothing.
    Invalid,
    /// The empty place behind the text; always the last token.
    End,
}

/// A token: its kind and the bytes it covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// The first byte.
    pub start: u32,
    /// The byte behind the last one.
    pub end: u32,
}

impl Token {
    /// The characters of the token in the text that it was made from.
    pub fn text(self, text: &str) -> &str {
        text.get(self.start as usize..self.end as usize).unwrap_or("")
    }
}

/// The tokens of a configuration file or of an expression.
pub fn lex(text: &str) -> Vec<Token> {
    Lexer::new(text, Mode::Code).run()
}

/// Whether a text ends within brackets or a heredoc, so that a further line may end what it begins.
pub fn goes_on(text: &str) -> bool {
    let mut depth = 0_usize;
    for token in lex(text) {
        match token.kind {
            TokenKind::OpenBrace
            | TokenKind::OpenBracket
            | TokenKind::OpenParenthesis
            | TokenKind::OpenHeredoc => depth += 1,
            TokenKind::CloseBrace
            | TokenKind::CloseBracket
            | TokenKind::CloseParenthesis
            | TokenKind::CloseHeredoc => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    depth > 0
}

/// The tokens of a template that stands without quotes, as a template file does.
pub fn lex_template(text: &str) -> Vec<Token> {
    Lexer::new(text, Mode::Bare).run()
}

/// Whether a text is one name as the language writes them.
pub fn is_name(text: &str) -> bool {
    text.starts_with(starts_name) && text.chars().all(continues_name)
}

/// What the characters at the current place belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode<'a> {
    /// Blocks and expressions.
    Code,
    /// A template in quotes.
    Quoted,
    /// A template that the line with this name ends.
    Heredoc { marker: &'a str, line: LineStart },
    /// A template that the end of the text ends.
    Bare,
}

/// Whether a heredoc is read at the start of one of its lines, the only place where it can end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LineStart {
    Here,
    Passed,
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    tokens: Vec<Token>,
    /// The innermost mode is the last one; never empty.
    modes: Vec<Mode<'a>>,
    /// Open braces, those of `${` and `%{` among them.
    braces: i64,
    /// The number of open braces at which a closing one ends a template sequence, for each that is open.
    sequences: Vec<i64>,
    /// From here on no `*/` follows: looked for once, lest unclosed comments cost the square of their number.
    no_comment_end_from: usize,
}

/// Operators and marks, longest first.
const MARKS: &[(&str, TokenKind)] = &[
    ("...", TokenKind::Ellipsis),
    ("==", TokenKind::EqualEqual),
    ("!=", TokenKind::NotEqual),
    (">=", TokenKind::GreaterOrEqual),
    ("<=", TokenKind::LessOrEqual),
    ("&&", TokenKind::And),
    ("||", TokenKind::Or),
    ("::", TokenKind::DoubleColon),
    ("=>", TokenKind::Arrow),
    ("\r\n", TokenKind::Newline),
    ("\n", TokenKind::Newline),
    ("[", TokenKind::OpenBracket),
    ("]", TokenKind::CloseBracket),
    ("(", TokenKind::OpenParenthesis),
    (")", TokenKind::CloseParenthesis),
    (".", TokenKind::Dot),
    (",", TokenKind::Comma),
    ("*", TokenKind::Star),
    ("/", TokenKind::Slash),
    ("%", TokenKind::Percent),
    ("+", TokenKind::Plus),
    ("-", TokenKind::Minus),
    ("=", TokenKind::Equal),
    ("<", TokenKind::Less),
    (">", TokenKind::Greater),
    ("!", TokenKind::Bang),
    ("?", TokenKind::Question),
    (":", TokenKind::Colon),
    ("&", TokenKind::BitAnd),
    ("|", TokenKind::BitOr),
    ("~", TokenKind::BitNot),
    ("^", TokenKind::BitXor),
    (";", TokenKind::Semicolon),
    ("`", TokenKind::Backtick),
    ("'", TokenKind::Apostrophe),
];

impl<'a> Lexer<'a> {
    fn new(text: &'a str, mode: Mode<'a>) -> Lexer<'a> {
        let no_comment_end_from = text.rfind("*/").map_or(0, |last| last + 1);
        let tokens = Vec::with_capacity(text.len() / 4);
        Lexer {
            text,
            at: 0,
            tokens,
            modes: vec![mode],
            braces: 0,
            sequences: Vec::new(),
            no_comment_end_from,
        }
    }

    fn run(mut self) -> Vec<Token> {
        while self.at < self.text.len() {
            match self.modes.last().copied().unwrap_or(Mode::Code) {
                Mode::Code => self.code(),
                Mode::Quoted => self.quoted(),
                Mode::Heredoc { marker, line } => self.heredoc(marker, line),
                Mode::Bare => self.bare(),
            }
        }
        self.emit(TokenKind::End, 0);
        self.tokens
    }

    /// What is still to be read.
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// Takes `length` bytes as a token.
    fn emit(&mut self, kind: TokenKind, length: usize) {
        let byte = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        self.tokens.push(Token { kind, start: byte(self.at), end: byte(self.at + length) });
        self.at += length;
    }

    fn code(&mut self) {
        let rest = self.rest();
        let first = rest.chars().next().unwrap_or(' ');
        match first {
            ' ' | '\t' => self.at += rest.bytes().take_while(|b| matches!(b, b' ' | b'\t')).count(),
            '0'..='9' => self.emit(TokenKind::Number, number_length(rest)),
            '"' => {
                self.emit(TokenKind::OpenQuote, 1);
                self.modes.push(Mode::Quoted);
            }
            '{' => {
                self.emit(TokenKind::OpenBrace, 1);
                self.braces += 1;
            }
            '}' => self.closing_brace(TokenKind::CloseBrace, 1),
            '~' if rest.starts_with("~}") => self.closing_brace(TokenKind::CloseTemplate, 2),
            _ if starts_name(first) => {
                let length = rest.find(|c| !continues_name(c)).unwrap_or(rest.len());
                self.emit(TokenKind::Name, length);
            }
            _ => self.comment_heredoc_or_mark(rest, first),
        }
    }

    fn comment_heredoc_or_mark(&mut self, rest: &'a str, first: char) {
        if let Some(length) = self.comment_length(rest) {
            self.emit(TokenKind::Comment, length);
        } else if let Some((length, marker)) = heredoc_start(rest) {
            self.emit(TokenKind::OpenHeredoc, length);
            self.modes.push(Mode::Heredoc { marker, line: LineStart::Here });
        } else if let Some((mark, kind)) = MARKS.iter().find(|(mark, _)| rest.starts_with(mark)) {
            self.emit(*kind, mark.len());
        } else {
            self.emit(TokenKind::Invalid, first.len_utf8());
        }
    }

    /// The length of the comment that begins here. A `/*` without end is none.
    fn comment_length(&self, rest: &str) -> Option<usize> {
        if rest.starts_with('#') || rest.starts_with("//") {
            return Some(rest.find('\n').map_or(rest.len(), |end| end + 1));
        }
        if !rest.starts_with("/*") || self.at + 2 >= self.no_comment_end_from {
            return None;
        }
        rest[2..].find("*/").map(|inside| inside + 4)
    }

    /// A `}` or `~}`: the end of the innermost template sequence, or of something else.
    fn closing_brace(&mut self, otherwise: TokenKind, length: usize) {
        if self.sequences.last() == Some(&self.braces) {
            self.sequences.pop();
            self.modes.pop();
            self.emit(TokenKind::CloseTemplate, length);
        } else {
            self.emit(otherwise, length);
        }
        self.braces -= 1;
    }

    /// Reads `${` or `%{` if one begins here.
    fn template_start(&mut self) -> bool {
        let rest = self.rest();
        let kind = match rest.as_bytes() {
            [b'$', b'{', ..] => TokenKind::OpenInterpolation,
            [b'%', b'{', ..] => TokenKind::OpenDirective,
            _ => return false,
        };
        if let Some(Mode::Heredoc { line, .. }) = self.modes.last_mut() {
            *line = LineStart::Passed;
        }
        self.emit(kind, if rest[2..].starts_with('~') { 3 } else { 2 });
        self.braces += 1;
        self.sequences.push(self.braces);
        self.modes.push(Mode::Code);
        true
    }

    fn quoted(&mut self) {
        if self.template_start() {
            return;
        }
        let rest = self.rest();
        let breaks = rest.bytes().take_while(|b| matches!(b, b'\n' | b'\r')).count();
        if breaks > 0 {
            self.emit(TokenKind::QuotedNewline, breaks);
        } else if rest.starts_with('"') {
            self.emit(TokenKind::CloseQuote, 1);
            self.modes.pop();
        } else {
            match quoted_length(rest) {
                0 => self.emit(TokenKind::Invalid, 1), // A backslash at the end of the line.
                length => self.emit(TokenKind::QuotedLiteral, length),
            }
        }
    }

    fn heredoc(&mut self, marker: &str, line: LineStart) {
        if self.template_start() {
            return;
        }
        let rest = self.rest();
        let length = literal_length(rest);
        let literal = &rest[..length];
        if line == LineStart::Here && literal.ends_with('\n') && literal.trim() == marker {
            self.modes.pop();
            let line_break = if literal.ends_with("\r\n") { 2 } else { 1 };
            self.emit(TokenKind::CloseHeredoc, length - line_break);
            self.emit(TokenKind::Newline, line_break);
            return;
        }
        if let Some(Mode::Heredoc { line, .. }) = self.modes.last_mut() {
            *line = if literal.ends_with('\n') { LineStart::Here } else { LineStart::Passed };
        }
        self.emit(TokenKind::PlainLiteral, length);
    }

    fn bare(&mut self) {
        if !self.template_start() {
            self.emit(TokenKind::PlainLiteral, literal_length(self.rest()));
        }
    }
}

fn starts_name(c: char) -> bool {
    c == '_' || is_xid_start(c)
}

fn continues_name(c: char) -> bool {
    c == '-' || is_xid_continue(c)
}

/// The length of the number that begins `rest`: digits, dots and exponents, but no dot at the end.
fn number_length(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let (mut at, mut end) = (0, 0);
    loop {
        match bytes.get(at) {
            Some(b'0'..=b'9') => at += 1,
            Some(b'.') => {
                at += 1;
                continue;
            }
            Some(b'e' | b'E') if digit(at + 1) => at += 2,
            Some(b'e' | b'E') if matches!(bytes.get(at + 1), Some(b'+' | b'-')) && digit(at + 2) => at += 3,
            _ => return end,
        }
        end = at;
    }
}

/// The length of `<<NAME` with its line break, and the name.
fn heredoc_start(rest: &str) -> Option<(usize, &str)> {
    let after = rest.strip_prefix("<<")?;
    let after = after.strip_prefix('-').unwrap_or(after);
    let name = &after[..after.find(|c| !continues_name(c)).unwrap_or(after.len())];
    let behind = &after[name.len()..];
    let line_break = if behind.starts_with("\r\n") { 2 } else { usize::from(behind.starts_with('\n')) };
    let is_start = name.starts_with(starts_name) && line_break > 0;
    is_start.then(|| (rest.len() - behind.len() + line_break, name))
}

/// The length of the text up to the next quote, line break or template sequence.
fn quoted_length(rest: &str) -> usize {
    let mut characters = rest.char_indices();
    while let Some((at, c)) = characters.next() {
        match c {
            '"' | '\n' | '\r' => return at,
            '\\' => match characters.next() {
                None | Some((_, '\n' | '\r')) => return at,
                Some(_) => {}
            },
            '$' | '%' => match escaped_or_start(&rest[at..]) {
                Sequence::Start => return at,
                Sequence::Escaped => {
                    characters.nth(1);
                }
                Sequence::None => {}
            },
            _ => {}
        }
    }
    rest.len()
}

/// The length of the text up to the next template sequence or with the next line break.
fn literal_length(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'\n' => return at + 1,
            b'$' | b'%' => match escaped_or_start(&rest[at..]) {
                Sequence::Start => return at,
                Sequence::Escaped => at += 3,
                Sequence::None => at += 1,
            },
            _ => at += 1,
        }
    }
    rest.len()
}

/// What a `$` or `%` begins.
enum Sequence {
    /// `${`: a template sequence.
    Start,
    /// `$${`: the text `${`.
    Escaped,
    /// Only itself.
    None,
}

fn escaped_or_start(rest: &str) -> Sequence {
    match rest.as_bytes() {
        [_, b'{', ..] => Sequence::Start,
        [first, second, b'{', ..] if first == second => Sequence::Escaped,
        _ => Sequence::None,
    }
}

/// The errors for tokens that can stand nowhere. Where one mistake gives many tokens, the first ones are reported.
pub fn invalid_tokens(text: &str, tokens: &[Token], place: &dyn Fn(Token) -> Span) -> Diagnostics {
    let mut told = Told::default();
    let error = |token: &Token| {
        let (summary, detail) = told.about(token.kind, token.text(text))?;
        Some(Diagnostic::error(Code::Syntax, summary).detail(detail).at(place(*token)))
    };
    tokens.iter().filter_map(error).collect()
}

/// How often each mistake was seen.
#[derive(Default)]
struct Told {
    bit_operators: usize,
    backticks: usize,
    apostrophes: usize,
    semicolons: usize,
}

impl Told {
    /// Summary and detail for a token that is wrong by itself, unless enough was said of its kind.
    fn about(&mut self, kind: TokenKind, text: &str) -> Option<(&'static str, &'static str)> {
        let bits = |told: &mut Told, detail| told.bit_operator().then_some(("Unsupported operator", detail));
        match kind {
            TokenKind::BitAnd => bits(self, "There are no operators on bits. Did you mean the logical `&&`?"),
            TokenKind::BitOr => bits(self, "There are no operators on bits. Did you mean the logical `||`?"),
            TokenKind::BitNot => bits(self, "There are no operators on bits. Did you mean the logical `!`?"),
            TokenKind::BitXor => bits(self, "There are no operators on bits."),
            TokenKind::Backtick => opening(&mut self.backticks).then_some((
                "Invalid character",
                "The backtick is not used in this language. A text of several lines is written as a heredoc: `<<EOT`.",
            )),
            TokenKind::Apostrophe => opening(&mut self.apostrophes)
                .then_some(("Invalid character", "A string stands in double quotes (\"), not in single ones.")),
            TokenKind::Semicolon => {
                self.semicolons += 1;
                (self.semicolons == 1).then_some((
                    "Invalid character",
                    "The semicolon is not used in this language. Arguments and blocks stand on lines of their own; the items \
                     of a list or object are separated by commas.",
                ))
            }
            TokenKind::QuotedNewline => Some((
                "Invalid multi-line string",
                "A quoted string must end on the line it begins on. A line break in it is written `\\n`; a text of several \
                 lines is written as a heredoc: `<<EOT`.",
            )),
            TokenKind::Invalid => Some(("Invalid character", invalid_character(text))),
            _ => None,
        }
    }

    fn bit_operator(&mut self) -> bool {
        self.bit_operators += 1;
        self.bit_operators <= 4
    }
}

/// Counts a mark that comes in pairs, and says whether it opens the first or second pair.
fn opening(seen: &mut usize) -> bool {
    *seen += 1;
    *seen == 1 || *seen == 3
}

fn invalid_character(text: &str) -> &'static str {
    match text {
        "\u{201c}" | "\u{201d}" => {
            "Curly quotes do not enclose strings. Text editors and web pages put them in; write a straight \" instead."
        }
        _ => "This character is not used in this language.",
    }
}
