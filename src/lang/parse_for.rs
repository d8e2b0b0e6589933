//! The part of the parser that reads `for`: the expressions, and the names that template directives declare, too.
//!
//! Invariant: a `for` that was not understood is `Invalid` up to its closing bracket.
//! Never: the names that it declares are looked up.

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::lexer::{Token, TokenKind};
use crate::parser::{Newlines, Parser};
use crate::syntax::{Expression, ExpressionKind, For, ForResult, Grouping, Name};

const BAD_FOR: &str = "Invalid 'for' expression";

/// The names that a `for` declares.
pub(crate) struct ForNames {
    pub(crate) key: Option<Name>,
    pub(crate) value: Name,
}

impl Parser<'_> {
    /// `for key, value in collection : result if condition` and the bracket that closes it.
    pub(crate) fn for_expression(&mut self, open: Token) -> Expression {
        self.push_newlines(Newlines::Skip);
        self.read(); // The keyword.
        let parsed = self.for_parts(open);
        let close = match parsed {
            Some(_) => self.close_for(open),
            None => self.recover(closing(open)),
        };
        self.pop_newlines();
        let span = self.span_between(open, close);
        let Some((parts, height)) = parsed else { return self.invalid(span) };
        let ForParts { names: ForNames { key, value }, collection, result, condition } = parts;
        let Some(result) = self.fitting_result(open, result) else { return self.invalid(span) };
        let whole = For { key, value, collection, result, condition };
        self.node(ExpressionKind::For(Box::new(whole)), height, span)
    }

    /// Everything between the keyword and the closing bracket, and how high it is. `None` if it was not understood.
    fn for_parts(&mut self, open: Token) -> Option<(ForParts, usize)> {
        let names = self.for_names(BAD_FOR)?;
        let mut height = 0;
        let collection = self.for_part(&mut height)?;
        if self.read_if(TokenKind::Colon).is_none() {
            let next = self.peek();
            self.unless_recovering_within(BAD_FOR, "A colon must follow the collection.", next, open);
            return None;
        }
        let first = self.for_part(&mut height)?;
        let (key, value) = match self.read_if(TokenKind::Arrow) {
            Some(_) => (Some(first), self.for_part(&mut height)?),
            None => (None, first),
        };
        let ellipsis = self.read_if(TokenKind::Ellipsis);
        let condition = match self.peeks_keyword("if") {
            true => {
                self.read();
                Some(self.for_part(&mut height)?)
            }
            false => None,
        };
        Some((
            ForParts { names, collection, result: WrittenResult { key, value, ellipsis }, condition },
            height,
        ))
    }

    fn for_part(&mut self, height: &mut usize) -> Option<Expression> {
        let errors = self.errors();
        let part = self.expression();
        *height = self.height.max(*height);
        (!self.lost_since(errors)).then_some(part)
    }

    /// `key, value in` or `value in`; `summary` is the title of what is reported.
    pub(crate) fn for_names(&mut self, summary: &str) -> Option<ForNames> {
        let first = self.for_name(summary, "The name of a variable must follow `for`.")?;
        let (key, value) = match self.read_if(TokenKind::Comma) {
            Some(_) => (
                Some(first),
                self.for_name(summary, "The name of the second variable must follow the comma.")?,
            ),
            None => (None, first),
        };
        if !self.peeks_keyword("in") {
            let next = self.peek();
            self.unless_recovering(summary, "The keyword `in` must follow the names of the variables.", next);
            return None;
        }
        self.read();
        Some(ForNames { key, value })
    }

    fn for_name(&mut self, summary: &str, detail: &str) -> Option<Name> {
        let token = self.peek();
        if token.kind != TokenKind::Name {
            self.unless_recovering(summary, detail, token);
            return None;
        }
        self.read();
        Some(Name { text: token.text(self.text).into(), span: self.span(token) })
    }

    fn close_for(&mut self, open: Token) -> Token {
        if let Some(close) = self.read_if(closing(open)) {
            return close;
        }
        let next = self.peek();
        self.unless_recovering_within(BAD_FOR, "The closing bracket must stand here.", next, open);
        self.recover(closing(open))
    }

    /// The result, if it fits the brackets: a key belongs in braces, and only there.
    fn fitting_result(&mut self, open: Token, written: WrittenResult) -> Option<ForResult> {
        let WrittenResult { key, value, ellipsis } = written;
        if open.kind == TokenKind::OpenBracket {
            if let Some(key) = &key {
                self.error_at(
                    BAD_FOR,
                    "A list has no keys; `key => value` makes an object, in braces.",
                    key.span,
                );
            }
            if let Some(ellipsis) = ellipsis {
                self.error(
                    BAD_FOR,
                    "Values can be grouped with `...` only in an object, in braces.",
                    ellipsis,
                );
            }
            return (key.is_none() && ellipsis.is_none()).then_some(ForResult::Tuple(value));
        }
        let Some(key) = key else {
            let detail = "In braces, `for` makes an object, which needs keys: `key => value`.";
            let error = Diagnostic::error(Code::Syntax, BAD_FOR).detail(detail).at(value.span);
            self.report(error);
            return None;
        };
        let grouped = if ellipsis.is_some() { Grouping::Grouped } else { Grouping::Unique };
        Some(ForResult::Object { key, value, grouped })
    }
}

/// A `for` expression as it is written, before it is known whether its result fits its brackets.
struct ForParts {
    names: ForNames,
    collection: Expression,
    result: WrittenResult,
    condition: Option<Expression>,
}

struct WrittenResult {
    key: Option<Expression>,
    value: Expression,
    ellipsis: Option<Token>,
}

/// What closes a `for` that this token opened.
fn closing(open: Token) -> TokenKind {
    if open.kind == TokenKind::OpenBrace { TokenKind::CloseBrace } else { TokenKind::CloseBracket }
}
