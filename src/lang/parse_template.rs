//! The part of the parser that reads templates: quoted strings, heredocs, template files.
//!
//! First the tokens are read to a flat list of pieces (literals, interpolations, directives), in which trim markers
//! and the indentation of heredocs are taken away; then the directives are paired.
//! Invariant: two literals never stand beside each other; a literal that was trimmed to nothing stays.
//! Never: a value is rendered.
#![expect(clippy::wildcard_enum_match_arm, reason = "most kinds of tokens share one fate: not expected here")]

use std::iter::Peekable;
use std::vec::IntoIter;

use unicode_segmentation::UnicodeSegmentation;

use crate::code::Code;
use crate::diagnostic::{Diagnostic, nearest};
use crate::lexer::{Token, TokenKind};
use crate::parse_for::ForNames;
use crate::parser::{Newlines, Parser};
use crate::source::Span;
use crate::string_literal::Quotes;
use crate::syntax::{Expression, ExpressionKind, TemplatePart};

const BAD_DIRECTIVE_FOR: &str = "Invalid 'for' directive";
const EXTRA_CHARACTERS: &str = "Extra characters after interpolation expression";
const UNCLOSED_INTERPOLATION: &str = "Unclosed template interpolation sequence";
const UNEXPECTED_END: &str = "Unexpected end of template";

/// A piece of a template, before directives are paired.
enum Piece {
    Literal(String, Span),
    Interpolation(Expression),
    If(Expression, Span),
    For(ForNames, Expression, Span),
    /// `else`, `endif` or `endfor`.
    Mark(Mark, Span),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Else,
    EndIf,
    EndFor,
}

impl Mark {
    fn keyword(self) -> &'static str {
        match self {
            Mark::Else => "else",
            Mark::EndIf => "endif",
            Mark::EndFor => "endfor",
        }
    }
}

/// The pieces of a template and the place where it ends.
struct Pieces {
    all: Vec<Piece>,
    end: Span,
    /// How high the highest expression in it is.
    height: usize,
    /// Whether a `~}` stood last, which takes the white space from what follows.
    trims_next: bool,
}

impl Parser<'_> {
    /// A quoted string or a heredoc.
    pub(crate) fn template(&mut self) -> Expression {
        let open = self.read();
        let is_quoted = open.kind == TokenKind::OpenQuote;
        let end = if is_quoted { TokenKind::CloseQuote } else { TokenKind::CloseHeredoc };
        let mut pieces = self.pieces(end);
        if open.text(self.text).starts_with("<<-") {
            remove_indentation(&mut pieces.all);
        }
        let close = self.previous();
        let span = self.span_between(open, close);
        self.paired(pieces, span)
    }

    /// A template that is the whole text.
    pub(crate) fn bare_template(&mut self) -> Expression {
        let pieces = self.pieces(TokenKind::End);
        let span = self.span_of(0, u32::try_from(self.text.len()).unwrap_or(u32::MAX));
        self.paired(pieces, span)
    }

    fn paired(&mut self, pieces: Pieces, span: Span) -> Expression {
        let below = pieces.height;
        let end = pieces.end;
        let mut pairing = Pairing { parser: self, pieces: joined(pieces.all).into_iter().peekable(), end };
        let (parts, levels) = pairing.template();
        self.node(ExpressionKind::Template(parts), below + levels, span)
    }

    fn pieces(&mut self, end: TokenKind) -> Pieces {
        let start = self.peek();
        let nowhere = self.span(start);
        let mut pieces = Pieces { all: Vec::new(), end: nowhere, height: 0, trims_next: false };
        loop {
            let token = self.read_raw();
            if token.kind == end {
                pieces.end = self.span(token);
                return pieces;
            }
            match token.kind {
                TokenKind::PlainLiteral => self.literal_piece(&mut pieces, token, Quotes::None),
                TokenKind::QuotedLiteral => self.literal_piece(&mut pieces, token, Quotes::Double),
                TokenKind::OpenInterpolation => self.interpolation(&mut pieces, token, start, end),
                TokenKind::OpenDirective => self.directive(&mut pieces, token),
                _ => {
                    self.unless_recovering(
                        "Unterminated template string",
                        "What closes this string is missing.",
                        token,
                    );
                    let close = self.recover(end);
                    pieces.end = self.span(close);
                    return pieces;
                }
            }
        }
    }

    fn literal_piece(&mut self, pieces: &mut Pieces, token: Token, quotes: Quotes) {
        let mut text = self.literal(token, quotes);
        if std::mem::take(&mut pieces.trims_next) {
            text = text.trim_start().to_owned();
        }
        pieces.all.push(Piece::Literal(text, self.span(token)));
    }

    /// Takes the white space from the end of a literal that directly precedes `${~` or `%{~`.
    fn open_sequence(&mut self, pieces: &mut Pieces, open: Token) {
        pieces.trims_next = false;
        if let Some(Piece::Literal(text, _)) = pieces.all.last_mut()
            && open.text(self.text).ends_with('~')
        {
            text.truncate(text.trim_end().len());
        }
        self.push_newlines(Newlines::Skip);
    }

    /// Reads the closing brace, or goes on behind the next one.
    fn close_sequence(&mut self, pieces: &mut Pieces) {
        if let Some(close) = self.read_if(TokenKind::CloseTemplate) {
            pieces.trims_next = close.text(self.text).starts_with('~');
        } else {
            self.recover(TokenKind::CloseTemplate);
        }
        self.pop_newlines();
    }

    fn interpolation(&mut self, pieces: &mut Pieces, open: Token, start: Token, end: TokenKind) {
        self.open_sequence(pieces, open);
        let expression = self.expression();
        pieces.height = pieces.height.max(self.height);
        pieces.all.push(Piece::Interpolation(expression));
        let next = self.peek();
        let is_quote = matches!(next.kind, TokenKind::CloseQuote | TokenKind::OpenQuote);
        match next.kind {
            TokenKind::CloseTemplate => {}
            TokenKind::End => self.unless_recovering(
                UNCLOSED_INTERPOLATION,
                "The closing brace of this interpolation is missing: the text ends before it.",
                start,
            ),
            TokenKind::Colon => self.unless_recovering_within(
                EXTRA_CHARACTERS,
                "A colon cannot stand here. If this text is meant for another language, write $${ in place of ${.",
                next,
                start,
            ),
            _ if is_quote && end == TokenKind::CloseQuote => self.unless_recovering(
                UNCLOSED_INTERPOLATION,
                "The closing brace of this interpolation is missing: the string ends before it.",
                start,
            ),
            _ => self.unless_recovering_within(
                EXTRA_CHARACTERS,
                "The closing brace of the interpolation must stand here. If this text is meant for another language, such \
                 as a shell's, write $${ in place of ${.",
                next,
                start,
            ),
        }
        self.close_sequence(pieces);
    }

    fn directive(&mut self, pieces: &mut Pieces, open: Token) {
        self.open_sequence(pieces, open);
        if let Some(keyword) = self.directive_piece(pieces, open) {
            let next = self.peek();
            if next.kind != TokenKind::CloseTemplate && !self.recovering() {
                let summary = format!("Extra characters in {keyword} marker");
                self.error(summary, "The closing brace of the directive must stand here.", next);
            }
        }
        self.close_sequence(pieces);
    }

    /// Reads a directive without its closing brace; returns its keyword if it was understood.
    fn directive_piece(&mut self, pieces: &mut Pieces, open: Token) -> Option<String> {
        let keyword = self.peek();
        if keyword.kind != TokenKind::Name {
            let detail = "A keyword must follow %{: `if`, `else`, `endif`, `for` or `endfor`.";
            self.unless_recovering_within("Invalid template directive", detail, keyword, open);
            self.lose_footing();
            return None;
        }
        self.read();
        let name = keyword.text(self.text).to_owned();
        let piece = match name.as_str() {
            "if" => {
                let condition = self.expression();
                pieces.height = pieces.height.max(self.height);
                Piece::If(condition, self.span_between(open, self.peek()))
            }
            "for" => {
                let names = self.for_names(BAD_DIRECTIVE_FOR);
                if names.is_none() {
                    self.lose_footing();
                }
                let collection = names.is_some().then(|| self.expression())?;
                pieces.height = pieces.height.max(self.height);
                Piece::For(names?, collection, self.span_between(open, self.peek()))
            }
            "else" => Piece::Mark(Mark::Else, self.span_between(open, self.peek())),
            "endif" => Piece::Mark(Mark::EndIf, self.span_between(open, self.peek())),
            "endfor" => Piece::Mark(Mark::EndFor, self.span_between(open, self.peek())),
            _ => {
                self.bad_keyword(&name, keyword);
                return None;
            }
        };
        pieces.all.push(piece);
        Some(name)
    }

    fn bad_keyword(&mut self, name: &str, keyword: Token) {
        if !self.recovering() {
            let error = Diagnostic::error(Code::Syntax, "Invalid template control keyword")
                .detail(format!("\"{name}\" is no keyword of templates."))
                .at(self.span(keyword));
            self.report(match nearest(name, ["if", "for", "else", "endif", "endfor"]) {
                Some(near) => error.help(format!("Did you mean \"{near}\"?")),
                None => error.help("A directive begins with `if`, `else`, `endif`, `for` or `endfor`."),
            });
        }
        self.lose_footing();
    }

    /// The next token even if it is a line break; there are none between the pieces of a template.
    fn read_raw(&mut self) -> Token {
        self.push_newlines(Newlines::Read);
        let token = self.read();
        self.pop_newlines();
        token
    }
}

/// Takes from each line of a heredoc the white space that all its lines begin with; empty lines do not count.
fn remove_indentation(pieces: &mut [Piece]) {
    let mut least = usize::MAX;
    let mut indented = Vec::new();
    let mut at_line_start = true;
    for (at, piece) in pieces.iter().enumerate() {
        let Piece::Literal(text, _) = piece else {
            least = if at_line_start { 0 } else { least };
            at_line_start = false;
            continue;
        };
        let rest = text.trim_start();
        if at_line_start && !(rest.is_empty() && text.ends_with('\n')) {
            least = least.min(text[..text.len() - rest.len()].graphemes(true).count());
            indented.push(at);
        }
        at_line_start = text.ends_with('\n');
    }
    for at in indented {
        if let Piece::Literal(text, span) = &mut pieces[at] {
            let spaces = text.grapheme_indices(true).nth(least).map_or(text.len(), |(byte, _)| byte);
            text.drain(..spaces);
            span.start = (span.start + u32::try_from(spaces).unwrap_or(0)).min(span.end);
        }
    }
}

/// The pieces with neighbouring literals made one.
fn joined(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut joined: Vec<Piece> = Vec::with_capacity(pieces.len());
    for piece in pieces {
        match (joined.last_mut(), piece) {
            (Some(Piece::Literal(text, span)), Piece::Literal(more, its_span)) => {
                text.push_str(&more);
                span.end = its_span.end;
            }
            (_, piece) => joined.push(piece),
        }
    }
    joined
}

/// Pairs directives: pieces to parts.
struct Pairing<'p, 'a> {
    parser: &'p mut Parser<'a>,
    pieces: Peekable<IntoIter<Piece>>,
    end: Span,
}

/// How the parts of a directive ended.
enum Ended {
    By(Mark, Span),
    WithTheTemplate,
}

impl Pairing<'_, '_> {
    /// All parts, and how many directives are nested in them at most.
    fn template(&mut self) -> (Vec<TemplatePart>, usize) {
        let mut all = Vec::new();
        let mut levels = 1;
        loop {
            let (parts, below, ended) = self.parts();
            all.extend(parts);
            levels = levels.max(below + 1);
            let Ended::By(mark, span) = ended else { return (all, levels) };
            let summary = format!("Unexpected {} directive", mark.keyword());
            self.parser.error_at(summary, "No directive that it could belong to is open here.", span);
        }
    }

    /// Parts up to the next mark that does not belong to one of them, and how deep directives are nested in them.
    fn parts(&mut self) -> (Vec<TemplatePart>, usize, Ended) {
        let mut parts = Vec::new();
        let mut levels = 0;
        while let Some(piece) = self.pieces.next() {
            let opened = match piece {
                Piece::Literal(text, span) => {
                    parts.push(TemplatePart::Literal(text.into(), span));
                    continue;
                }
                Piece::Interpolation(expression) => {
                    parts.push(TemplatePart::Interpolation(expression));
                    continue;
                }
                Piece::Mark(mark, span) => return (parts, levels, Ended::By(mark, span)),
                Piece::If(condition, span) => Opened::If(condition, span),
                Piece::For(names, collection, span) => Opened::For(names, collection, span),
            };
            let (part, below) = self.directive(opened);
            parts.extend(part);
            levels = levels.max(below + 1);
        }
        (parts, levels, Ended::WithTheTemplate)
    }

    /// One directive; too deep ones are reported, and only those around them are kept.
    fn directive(&mut self, opened: Opened) -> (Option<TemplatePart>, usize) {
        let depth = self.parser.enter();
        let result = match (depth, opened) {
            (Some(()), Opened::If(condition, span)) => self.if_directive(condition, span),
            (Some(()), Opened::For(names, collection, span)) => self.for_directive(names, collection, span),
            (None, _) => {
                self.pieces.by_ref().for_each(drop);
                return (None, 0);
            }
        };
        self.parser.leave();
        result
    }

    fn if_directive(&mut self, condition: Expression, open: Span) -> (Option<TemplatePart>, usize) {
        let (then, mut levels, mut ended) = self.parts();
        let mut otherwise = Vec::new();
        if let Ended::By(Mark::Else, _) = ended {
            let below;
            (otherwise, below, ended) = self.parts();
            levels = levels.max(below);
            if let Ended::By(Mark::Else, span) = ended {
                self.unexpected(Mark::Else, span, open, "The `if` that is open here has an `else` already.");
                return (None, levels);
            }
        }
        let part = match ended {
            Ended::By(Mark::EndIf, end) => {
                Some(TemplatePart::If { condition, then, otherwise, span: open.to(end) })
            }
            Ended::By(mark, span) => {
                self.unexpected(
                    mark,
                    span,
                    open,
                    "The directive that is open here is an `if`, which `endif` closes.",
                );
                None
            }
            Ended::WithTheTemplate => {
                self.unclosed(open, "The `if` has no `endif`.");
                None
            }
        };
        (part, levels)
    }

    fn for_directive(
        &mut self,
        names: ForNames,
        collection: Expression,
        open: Span,
    ) -> (Option<TemplatePart>, usize) {
        let (body, levels, ended) = self.parts();
        let ForNames { key, value } = names;
        let part = match ended {
            Ended::By(Mark::EndFor, end) => {
                Some(TemplatePart::For { key, value, collection, body, span: open.to(end) })
            }
            Ended::By(mark, span) => {
                self.unexpected(
                    mark,
                    span,
                    open,
                    "The directive that is open here is a `for`, which `endfor` closes.",
                );
                None
            }
            Ended::WithTheTemplate => {
                self.unclosed(open, "The `for` has no `endfor`.");
                None
            }
        };
        (part, levels)
    }

    fn unexpected(&mut self, mark: Mark, span: Span, open: Span, detail: &str) {
        let error = Diagnostic::error(Code::Syntax, format!("Unexpected {} directive", mark.keyword()));
        self.parser.report(error.detail(detail).at(span).also(open, "opened here"));
    }

    fn unclosed(&mut self, open: Span, detail: &str) {
        let error = Diagnostic::error(Code::Syntax, UNEXPECTED_END);
        self.parser.report(error.detail(detail).at(self.end).also(open, "opened here"));
    }
}

/// A directive that has begun.
enum Opened {
    If(Expression, Span),
    For(ForNames, Expression, Span),
}
