//! The parser: text to a syntax tree and all the errors in it.
//!
//! Invariant: there is always a tree, and as many errors as can be told apart. After an error the parser looks for a
//! place where it knows again what belongs there, and until something was read without fault it reports only what
//! cannot follow from that error.
//! Invariant: no text is nested deeper than `NESTING_MAX` calls, no expression higher than `HEIGHT_MAX` nodes, so
//! that nobody who walks the tree runs out of stack. The cost is linear in the text.
//! Never: the parser knows no block type and no argument.
//!
//! Accepts what Terraform accepts and reports errors at the places where Terraform does.
//! Rule: <https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md>

use crate::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::lexer::{Token, TokenKind, invalid_tokens, lex, lex_template};
use crate::source::{SourceId, Span};
use crate::syntax::{Body, Expression, ExpressionKind, JsonString, TemplatePart};

/// How deep blocks, brackets, templates and operators may be nested.
pub const NESTING_MAX: usize = 250;

/// How many nodes an expression may have from its root to its farthest leaf.
pub const HEIGHT_MAX: usize = 500;

/// Parses a configuration file or a file of variable values.
pub fn parse_file(source: SourceId, text: &str) -> (Body, Diagnostics) {
    let mut parser = Parser::new(text, lex(text), Places::File(source));
    let body = parser.file();
    (body, parser.finish())
}

/// Parses one expression; line breaks in it mean nothing.
///
/// `start` is the byte of the source at which `text` begins.
pub fn parse_expression(source: SourceId, text: &str, start: usize) -> (Expression, Diagnostics) {
    expression_at(text, Places::Part(source, start))
}

/// Parses a template that stands without quotes: a template file.
pub fn parse_template(source: SourceId, text: &str) -> (Expression, Diagnostics) {
    template_at(text, Places::File(source))
}

/// Parses a JSON string as the template that it stands for.
pub fn parse_json_template(string: &JsonString) -> (Expression, Diagnostics) {
    let (mut expression, diagnostics) = template_at(&string.text, Places::Json(string));
    expression.span = string.span;
    (expression, diagnostics)
}

/// Parses a JSON string as the expression that its text is: a reference, a type, a keyword.
pub fn parse_json_expression(string: &JsonString) -> (Expression, Diagnostics) {
    expression_at(&string.text, Places::Json(string))
}

/// The expression that a string without interpolation holds as its text: `depends_on` and its kin are written so in
/// JSON, and in old configurations. `None` for any other expression.
pub fn parse_quoted_expression(string: &Expression) -> Option<(Expression, Diagnostics)> {
    let ExpressionKind::Template(parts) = &string.kind else { return None };
    let (text, span) = match parts.as_slice() {
        [] => ("", string.span.at_end()),
        [TemplatePart::Literal(text, span)] => (&**text, *span),
        _ => return None,
    };
    let places = Places::Part(span.source, span.start as usize);
    Some(expression_at(text, places))
}

/// Parses a traversal: a name followed by attributes and by indexes that are literal numbers or strings.
pub fn parse_traversal(source: SourceId, text: &str, start: usize) -> (Expression, Diagnostics) {
    let mut parser = Parser::new(text, lex(text), Places::Part(source, start));
    parser.push_newlines(Newlines::Skip);
    let expression = parser.traversal();
    (expression, parser.finish())
}

fn expression_at(text: &str, places: Places<'_>) -> (Expression, Diagnostics) {
    let mut parser = Parser::new(text, lex(text), places);
    parser.push_newlines(Newlines::Skip);
    let expression = parser.expression();
    let next = parser.peek();
    if next.kind != TokenKind::End {
        parser.unless_recovering(
            "Extra characters after expression",
            "The expression ends before this place.",
            next,
        );
    }
    (expression, parser.finish())
}

fn template_at(text: &str, places: Places<'_>) -> (Expression, Diagnostics) {
    let mut parser = Parser::new(text, lex_template(text), places);
    let expression = parser.bare_template();
    (expression, parser.finish())
}

/// How bytes of the parsed text are found in their source.
#[derive(Clone, Copy)]
pub(crate) enum Places<'a> {
    /// The text is the whole source.
    File(SourceId),
    /// The text begins at this byte of the source.
    Part(SourceId, usize),
    /// The text is what a JSON string stands for.
    Json(&'a JsonString),
}

impl Places<'_> {
    fn span(&self, start: u32, end: u32) -> Span {
        match self {
            Places::File(source) => Span::new(*source, start as usize, end as usize),
            Places::Part(source, first) => Span::new(*source, first + start as usize, first + end as usize),
            Places::Json(string) => {
                Span::new(string.span.source, json_byte(string, start), json_byte(string, end))
            }
        }
    }
}

/// The byte of the source at which a byte of a JSON string's text stands.
fn json_byte(string: &JsonString, byte: u32) -> usize {
    let escapes_before = string.escapes.partition_point(|(behind, _)| *behind <= byte);
    let longer = escapes_before.checked_sub(1).map_or(0, |last| string.escapes[last].1);
    (string.span.start + 1 + byte + longer) as usize
}

/// Whether line breaks mean something where the parser is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Newlines {
    /// They end things.
    Read,
    /// They are white space: inside of parentheses, brackets and template sequences.
    Skip,
}

/// Whether the parser knows where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Footing {
    /// What was read last was understood.
    Firm,
    /// An error was reported, and what comes next may be misunderstood.
    Recovering,
    /// As before; the next token certainly begins a top-level block: everything that is open ends here.
    AtTopLevel,
}

pub(crate) struct Parser<'a> {
    pub(crate) text: &'a str,
    tokens: Vec<Token>,
    next: usize,
    newlines: Vec<Newlines>,
    pub(crate) footing: Footing,
    /// How many nested things are being read.
    depth: usize,
    /// How many nodes high the expression is that was read last.
    pub(crate) height: usize,
    diagnostics: Diagnostics,
    places: Places<'a>,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str, tokens: Vec<Token>, places: Places<'a>) -> Parser<'a> {
        let diagnostics = invalid_tokens(text, &tokens, &|token| places.span(token.start, token.end));
        let newlines = vec![Newlines::Read];
        Parser {
            text,
            tokens,
            next: 0,
            newlines,
            footing: Footing::Firm,
            depth: 0,
            height: 0,
            diagnostics,
            places,
        }
    }

    fn finish(mut self) -> Diagnostics {
        self.diagnostics.sort_by_key(|diagnostic| diagnostic.subject.as_ref().map(|label| label.span.start));
        self.diagnostics
    }

    /// The next token that means something here, and the index behind it. A comment that ends its line is a line break.
    fn next_token(&self) -> (Token, usize) {
        let newlines = self.newlines.last().copied().unwrap_or(Newlines::Read);
        for (at, token) in self.tokens.iter().enumerate().skip(self.next) {
            match (token.kind, newlines) {
                (TokenKind::Comment, Newlines::Read) if token.text(self.text).ends_with('\n') => {
                    return (Token { kind: TokenKind::Newline, ..*token }, at + 1);
                }
                (TokenKind::Comment, _) | (TokenKind::Newline, Newlines::Skip) => {}
                _ => return (*token, at + 1),
            }
        }
        (self.end(), self.tokens.len())
    }

    fn end(&self) -> Token {
        let nothing = Token { kind: TokenKind::End, start: 0, end: 0 };
        self.tokens.last().copied().unwrap_or(nothing)
    }

    pub(crate) fn peek(&self) -> Token {
        self.next_token().0
    }

    pub(crate) fn peeks(&self, kind: TokenKind) -> bool {
        self.peek().kind == kind
    }

    pub(crate) fn read(&mut self) -> Token {
        let (token, next) = self.next_token();
        self.next = next;
        token
    }

    /// Reads the next token if it is of this kind.
    pub(crate) fn read_if(&mut self, kind: TokenKind) -> Option<Token> {
        self.peeks(kind).then(|| self.read())
    }

    /// Whether the next token is this keyword.
    pub(crate) fn peeks_keyword(&self, keyword: &str) -> bool {
        let next = self.peek();
        next.kind == TokenKind::Name && next.text(self.text) == keyword
    }

    /// The token that was read last; before the first one, the first one.
    pub(crate) fn previous(&self) -> Token {
        match self.next.checked_sub(1) {
            Some(at) => self.tokens[at],
            None => self.peek(),
        }
    }

    pub(crate) fn push_newlines(&mut self, newlines: Newlines) {
        self.newlines.push(newlines);
    }

    pub(crate) fn pop_newlines(&mut self) {
        self.newlines.pop();
    }

    pub(crate) fn span(&self, token: Token) -> Span {
        self.places.span(token.start, token.end)
    }

    pub(crate) fn span_between(&self, first: Token, last: Token) -> Span {
        self.places.span(first.start, last.end.max(first.end))
    }

    /// The place of a range of bytes of the text.
    pub(crate) fn span_of(&self, start: u32, end: u32) -> Span {
        self.places.span(start, end)
    }

    pub(crate) fn error(&mut self, summary: impl Into<String>, detail: impl Into<String>, at: Token) {
        let span = self.span(at);
        self.report(Diagnostic::error(Code::Syntax, summary).detail(detail).at(span));
    }

    pub(crate) fn error_at(&mut self, summary: impl Into<String>, detail: impl Into<String>, at: Span) {
        self.report(Diagnostic::error(Code::Syntax, summary).detail(detail).at(at));
    }

    pub(crate) fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Reports what may be no more than a consequence of an earlier error, unless there is one.
    pub(crate) fn unless_recovering(&mut self, summary: &str, detail: &str, at: Token) {
        if !self.recovering() {
            self.error(summary, detail, at);
        }
    }

    pub(crate) fn recovering(&self) -> bool {
        self.footing != Footing::Firm
    }

    pub(crate) fn lose_footing(&mut self) {
        if self.footing == Footing::Firm {
            self.footing = Footing::Recovering;
        }
    }

    /// How many errors there are: compared before and after a part, it says whether the part had any.
    pub(crate) fn errors(&self) -> usize {
        self.diagnostics.len()
    }

    /// Whether a part failed such that the place in the text is unsure.
    pub(crate) fn lost_since(&self, errors_before: usize) -> bool {
        self.recovering() && self.errors() > errors_before
    }

    /// Goes one level deeper for `read`, or reports that this is too deep and returns `None`.
    pub(crate) fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.enter()?;
        let result = read(self);
        self.leave();
        Some(result)
    }

    /// Goes one level deeper, or reports that this is too deep. `leave` must follow.
    pub(crate) fn enter(&mut self) -> Option<()> {
        if self.depth >= NESTING_MAX {
            let at = self.peek();
            let detail = format!("Blocks and expressions can be nested at most {NESTING_MAX} levels deep.");
            if !self.recovering() {
                let error = Diagnostic::error(Code::NestingTooDeep, "Nesting too deep").detail(detail);
                self.report(error.at(self.span(at)));
            }
            self.lose_footing();
            return None;
        }
        self.depth += 1;
        Some(())
    }

    /// Comes back from where `enter` led.
    pub(crate) fn leave(&mut self) {
        self.depth -= 1;
    }

    /// An expression one node above parts that are at most `below` nodes high, or what is reported in its stead.
    pub(crate) fn node(&mut self, kind: ExpressionKind, below: usize, span: Span) -> Expression {
        self.height = below + 1;
        if self.height <= HEIGHT_MAX {
            return Expression { kind, span };
        }
        if !self.recovering() {
            let detail =
                format!("An expression can have at most {HEIGHT_MAX} operations that build on one another.");
            let error = Diagnostic::error(Code::NestingTooDeep, "Expression too long");
            self.report(error.detail(detail).at(span));
        }
        self.lose_footing();
        self.invalid(span)
    }

    pub(crate) fn invalid(&mut self, span: Span) -> Expression {
        self.height = 1;
        Expression { kind: ExpressionKind::Invalid, span }
    }

    /// Skips to behind the next `end` that closes what is open here, and returns it or where the search stopped.
    pub(crate) fn recover(&mut self, end: TokenKind) -> Token {
        self.lose_footing();
        let start = opposite(end);
        let mut nested = 0_usize;
        loop {
            if self.stop_at_top_level() {
                return self.peek();
            }
            let token = self.read();
            if token.kind == TokenKind::End {
                return token;
            }
            if token.kind == end {
                if nested == 0 {
                    return token;
                }
                nested -= 1;
            } else if Some(token.kind) == start
                || (end == TokenKind::CloseTemplate && token.kind == TokenKind::OpenDirective)
            {
                nested += 1;
            }
        }
    }

    /// Skips to the next `start` and to behind what closes it.
    pub(crate) fn recover_over(&mut self, start: TokenKind) {
        self.lose_footing();
        while !self.stop_at_top_level() {
            let token = self.read().kind;
            if token == start || token == TokenKind::End {
                break;
            }
        }
        if let Some(end) = opposite(start) {
            self.recover(end);
        }
    }

    /// Skips to behind the end of the line, or of the line on which what opens in between is closed.
    pub(crate) fn recover_after_item(&mut self) {
        self.lose_footing();
        let mut open: Vec<TokenKind> = Vec::new();
        while !self.stop_at_top_level() {
            let token = self.read().kind;
            match token {
                TokenKind::End => return,
                TokenKind::Newline if open.is_empty() => return,
                _ => {}
            }
            if opens(token) {
                open.push(token);
            } else if closes(token) {
                while let Some(opened) = open.pop() {
                    if closed_by(opened) == Some(token) {
                        break;
                    }
                }
            }
        }
    }

    /// Whether the next token begins a line and is the header of a block: in the first column nothing else looks so.
    fn stop_at_top_level(&mut self) -> bool {
        if self.footing == Footing::AtTopLevel {
            return true;
        }
        let at_line_start = self.next > 0 && {
            let before = self.tokens[self.next - 1];
            let ends_line = matches!(before.kind, TokenKind::Newline | TokenKind::Comment);
            ends_line && before.text(self.text).ends_with('\n')
        };
        let is_header = at_line_start
            && match self.tokens[self.next..] {
                [name, second, ..]
                    if name.kind == TokenKind::Name && self.tokens[self.next - 1].end == name.start =>
                {
                    matches!(second.kind, TokenKind::OpenQuote | TokenKind::OpenBrace)
                        && second.start > name.end
                }
                _ => false,
            };
        if is_header {
            self.footing = Footing::AtTopLevel;
        }
        is_header
    }
}

fn opens(kind: TokenKind) -> bool {
    closed_by(kind).is_some()
}

fn closes(kind: TokenKind) -> bool {
    opposite(kind).is_some_and(|other| closed_by(other) == Some(kind))
}

fn closed_by(open: TokenKind) -> Option<TokenKind> {
    BRACKETS.iter().find(|(start, _)| *start == open).map(|(_, end)| *end)
}

/// The other one of a pair of brackets. `CloseTemplate` closes two; here it is taken for an interpolation's.
fn opposite(kind: TokenKind) -> Option<TokenKind> {
    let other = |(start, end): &(TokenKind, TokenKind)| match kind {
        _ if kind == *start => Some(*end),
        _ if kind == *end => Some(*start),
        _ => None,
    };
    BRACKETS.iter().find_map(other)
}

/// What opens with what closes it.
const BRACKETS: [(TokenKind, TokenKind); 7] = [
    (TokenKind::OpenBrace, TokenKind::CloseBrace),
    (TokenKind::OpenBracket, TokenKind::CloseBracket),
    (TokenKind::OpenParenthesis, TokenKind::CloseParenthesis),
    (TokenKind::OpenQuote, TokenKind::CloseQuote),
    (TokenKind::OpenHeredoc, TokenKind::CloseHeredoc),
    (TokenKind::OpenInterpolation, TokenKind::CloseTemplate),
    (TokenKind::OpenDirective, TokenKind::CloseTemplate),
];
