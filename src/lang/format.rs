//! Formatting: the text of a file in the one layout that everybody uses.
//!
//! Rule: white space changes, labels get their quotes, `"${x}"` alone becomes `x`, and the types of Terraform 0.11 become those
//! of today, as `terraform fmt` does it.
//!
//! Invariant: formatting what is formatted changes nothing, and no comment is ever lost.
//! Never: a text that cannot be parsed is touched.

use crate::diagnostic::{Diagnostics, has_errors};
use crate::format_layout::{Piece, lay_out};
use crate::lexer::{Token, TokenKind, lex};
use crate::parser;
use crate::source::{Sources, Span};
use crate::syntax::{Attribute, Body};

/// The text in its layout.
///
/// # Errors
/// Why it cannot be parsed, with the sources of the places.
pub fn format(name: &str, text: &str) -> Result<String, (Diagnostics, Sources)> {
    let mut sources = Sources::default();
    let id = sources.add(name, text);
    let text = sources.get(id).text.clone();
    let (body, diagnostics) = parser::parse_file(id, &text);
    if has_errors(&diagnostics) {
        return Err((diagnostics, sources));
    }
    let tokens = lex(&text);
    let mut rewriting = Rewriting { text: &text, tokens: &tokens, edits: Vec::new() };
    rewriting.body(&body, &mut Vec::new());
    let mut formatted = lay_out(rewriting.pieces());
    formatted.extend(std::iter::repeat_n(' ', spaces_at_end(&tokens)));
    Ok(formatted)
}

/// How many spaces and tabs stand behind the last token: they stay, each as a space.
fn spaces_at_end(tokens: &[Token]) -> usize {
    match tokens {
        [.., last, end] => (end.start - last.end) as usize,
        [end] => end.start as usize,
        [] => 0,
    }
}

/// Tokens from one place to another, and what stands for them.
struct Edit {
    from: usize,
    to: usize,
    pieces: Vec<Piece>,
}

struct Rewriting<'a> {
    text: &'a str,
    tokens: &'a [Token],
    edits: Vec<Edit>,
}

impl Rewriting<'_> {
    fn body(&mut self, body: &Body, within: &mut Vec<String>) {
        for attribute in &body.attributes {
            self.attribute(attribute, within);
        }
        for block in &body.blocks {
            for label in &block.labels {
                self.label(label.span);
            }
            within.push(block.kind.text.to_string());
            self.body(&block.body, within);
            within.pop();
        }
    }

    fn attribute(&mut self, attribute: &Attribute, within: &[String]) {
        let (from, to) = self.range(attribute.value.span);
        let is_type = matches!(within, [block] if block == "variable") && &*attribute.name.text == "type";
        let tokens = &self.tokens[from..to];
        let pieces = if is_type { self.legacy_type(tokens) } else { self.unwrapped(tokens) };
        self.edits.extend(pieces.map(|pieces| Edit { from, to, pieces }));
    }

    /// A label without quotes gets them.
    fn label(&mut self, span: Span) {
        let (from, to) = self.range(span);
        if let [token] = &self.tokens[from..to]
            && token.kind == TokenKind::Name
        {
            let pieces = vec![
                Piece::new(TokenKind::OpenQuote, "\""),
                Piece::new(TokenKind::QuotedLiteral, token.text(self.text)),
                Piece::new(TokenKind::CloseQuote, "\""),
            ];
            self.edits.push(Edit { from, to, pieces });
        }
    }

    /// The tokens that a span covers.
    fn range(&self, span: Span) -> (usize, usize) {
        let from = self.tokens.partition_point(|token| token.start < span.start);
        let to = self.tokens.partition_point(|token| token.start < span.end);
        (from, to.max(from))
    }

    fn piece(&self, token: &Token) -> Piece {
        Piece::new(token.kind, token.text(self.text))
    }

    /// `"list"` and `list` as people wrote types once.
    fn legacy_type(&self, tokens: &[Token]) -> Option<Vec<Piece>> {
        let name = |text: &str| Piece::new(TokenKind::Name, text);
        let of = |kind: &str, element: &str| {
            vec![
                name(kind),
                Piece::new(TokenKind::OpenParenthesis, "("),
                name(element),
                Piece::new(TokenKind::CloseParenthesis, ")"),
            ]
        };
        match tokens {
            [bare] if bare.kind == TokenKind::Name => match bare.text(self.text) {
                kind @ ("list" | "map" | "set") => Some(of(kind, "any")),
                _ => None,
            },
            [open, text, _] if open.kind == TokenKind::OpenQuote => match text.text(self.text) {
                "string" => Some(vec![name("string")]),
                kind @ ("list" | "map") => Some(of(kind, "string")),
                _ => None,
            },
            _ => None,
        }
    }

    /// What `"${…}"` holds, if it holds nothing else.
    fn unwrapped(&self, tokens: &[Token]) -> Option<Vec<Piece>> {
        let [quote, open, inside @ .., close, end] = tokens else { return None };
        let delimiters = [quote.kind, open.kind, close.kind, end.kind];
        let wanted = [
            TokenKind::OpenQuote,
            TokenKind::OpenInterpolation,
            TokenKind::CloseTemplate,
            TokenKind::CloseQuote,
        ];
        // A trim marker would go with the delimiter.
        let plain = open.text(self.text) == "${" && close.text(self.text) == "}";
        if delimiters != wanted || !plain || inside.is_empty() || !is_single(inside) {
            return None;
        }
        let is_newline = |token: &&Token| token.kind == TokenKind::Newline;
        let leading = inside.iter().take_while(is_newline).count();
        let trailing = inside.iter().rev().take_while(is_newline).count();
        let inside = inside.get(leading..inside.len() - trailing).unwrap_or_default();
        let mut pieces: Vec<Piece> = inside.iter().map(|token| self.piece(token)).collect();
        let parenthesised = inside.first().is_some_and(|first| first.kind == TokenKind::OpenParenthesis)
            && inside.last().is_some_and(|last| last.kind == TokenKind::CloseParenthesis);
        if inside.iter().any(|token| token.kind == TokenKind::Newline) && !parenthesised {
            pieces.insert(0, Piece::new(TokenKind::OpenParenthesis, "("));
            pieces.push(Piece::new(TokenKind::CloseParenthesis, ")"));
        }
        Some(pieces)
    }

    fn pieces(mut self) -> Vec<Piece> {
        self.edits.sort_by_key(|edit| edit.from);
        let mut edits = std::mem::take(&mut self.edits).into_iter().peekable();
        let mut pieces = Vec::with_capacity(self.tokens.len());
        let mut at = 0;
        while at < self.tokens.len() {
            match edits.next_if(|edit| edit.from == at) {
                Some(edit) if edit.to > at => {
                    pieces.extend(edit.pieces);
                    at = edit.to;
                }
                Some(_) => {}
                None => {
                    if self.tokens[at].kind != TokenKind::End {
                        pieces.push(self.piece(&self.tokens[at]));
                    }
                    at += 1;
                }
            }
        }
        pieces
    }
}

/// Whether there is no other part of a template between the delimiters, but within nested quotes.
fn is_single(inside: &[Token]) -> bool {
    let mut quotes = 0_usize;
    for token in inside {
        match token.kind {
            TokenKind::OpenQuote => quotes += 1,
            TokenKind::CloseQuote => quotes = quotes.saturating_sub(1),
            TokenKind::OpenInterpolation
            | TokenKind::OpenDirective
            | TokenKind::CloseTemplate
            | TokenKind::QuotedLiteral
                if quotes == 0 =>
            {
                return false;
            }
            _ => {}
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn formatted(text: &str) -> String {
        format("main.tf", text).unwrap_or_else(|_| "cannot be parsed".into())
    }

    #[test]
    fn a_file_comes_into_its_layout() {
        let text = "resource aws_x \"y\"{\n# why\na=1 # one\n  long_name=\"${var.x}\"//two\nlist=[\n1,\n2\n]\n\n\n  block{x=f( -1,a+1 )}\n}\n";
        let once = formatted(text);
        insta::assert_snapshot!(once, @r#"
        resource "aws_x" "y" {
          # why
          a         = 1     # one
          long_name = var.x //two
          list = [
            1,
            2
          ]


          block { x = f(-1, a + 1) }
        }
        "#);
        assert_eq!(formatted(&once), once);
    }

    #[test]
    fn heredocs_and_templates_keep_every_character() {
        let text = "locals {\n  a = <<-EOT\n      x ${ b }\n   y\n  EOT\n c = \"a ${ d } b\"\n}\n";
        insta::assert_snapshot!(formatted(text), @r#"
        locals {
          a = <<-EOT
              x ${b}
           y
          EOT
          c = "a ${d} b"
        }
        "#);
    }

    #[test]
    fn what_cannot_be_parsed_is_not_touched() {
        assert!(format("main.tf", "locals {\n  a = \n").is_err());
    }
}
