//! The part of the parser that reads expressions.
//!
//! Invariant: whoever asks for an expression gets one; where none is, `Invalid` stands, and the footing is lost.
//! Invariant: each function leaves in `height` how high the expression is that it returned.
//! Never: a name is looked up.
#![expect(clippy::wildcard_enum_match_arm, reason = "most kinds of tokens share one fate: not expected here")]

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::lexer::{Token, TokenKind};
use crate::parser::{Newlines, Parser};
use crate::source::Span;
use crate::syntax::{
    BinaryOperator, Call, Expansion, Expression, ExpressionKind, Name, ObjectItem, UnaryOperator,
};

/// How tightly operators bind, loosest first.
const LOOSEST: u8 = 0;
const TIGHTEST: u8 = 5;

const SEPARATOR: &str = "Missing key/value separator";
const NO_ATTRIBUTE: &str = "Invalid attribute name";

impl Parser<'_> {
    /// An expression of any kind.
    pub(crate) fn expression(&mut self) -> Expression {
        match self.nested(Parser::conditional) {
            Some(expression) => expression,
            None => self.invalid(self.span(self.peek())),
        }
    }

    /// `condition ? then : otherwise`, or only the condition.
    fn conditional(&mut self) -> Expression {
        let errors = self.errors();
        let condition = self.binary(LOOSEST);
        let mut height = self.height;
        if self.lost_since(errors) || self.read_if(TokenKind::Question).is_none() {
            return condition;
        }
        let errors = self.errors();
        let then = self.expression();
        height = height.max(self.height);
        if self.lost_since(errors) {
            return self.cut_short(condition, then, height);
        }
        let colon = self.peek();
        if colon.kind != TokenKind::Colon {
            let error = Diagnostic::error(Code::Syntax, "Missing false expression in conditional").detail(
                "A colon and the value for the other case must follow: `condition ? value : other value`.",
            );
            self.report(error.at(self.span(colon)).within(condition.span.to(self.span(colon))));
            return self.cut_short(condition, then, height);
        }
        self.read();
        let errors = self.errors();
        let otherwise = self.expression();
        height = height.max(self.height);
        if self.lost_since(errors) {
            return self.cut_short(condition, then, height);
        }
        let span = condition.span.to(otherwise.span);
        let kind = ExpressionKind::Conditional(Box::new(condition), Box::new(then), Box::new(otherwise));
        self.node(kind, height, span)
    }

    /// A conditional whose other half was not understood.
    fn cut_short(&mut self, condition: Expression, then: Expression, height: usize) -> Expression {
        let span = condition.span.to(then.span);
        let nothing = Expression { kind: ExpressionKind::Invalid, span: span.at_end() };
        let kind = ExpressionKind::Conditional(Box::new(condition), Box::new(then), Box::new(nothing));
        self.node(kind, height, span)
    }

    /// Operators that bind at least as tightly as `loosest`; equal ones are grouped from the left.
    fn binary(&mut self, loosest: u8) -> Expression {
        let errors = self.errors();
        let mut left = self.operand();
        if self.lost_since(errors) {
            return left;
        }
        loop {
            let token = self.peek();
            let Some((operator, strength)) = binary_operator(token.kind) else { return left };
            if strength < loosest {
                return left;
            }
            self.read();
            let height = self.height;
            let errors = self.errors();
            let right = if strength == TIGHTEST { self.operand() } else { self.binary(strength + 1) };
            let span = left.span.to(right.span);
            let height = height.max(self.height);
            let place = self.span(token);
            left = self.node(
                ExpressionKind::Binary(Box::new(left), operator, Box::new(right), place),
                height,
                span,
            );
            if self.lost_since(errors) {
                return left;
            }
        }
    }

    /// A term with what is applied to it: attributes, indexes, splats.
    pub(crate) fn operand(&mut self) -> Expression {
        let term = self.term();
        self.steps(term)
    }

    /// A literal, a name, a call, something in brackets, a template, or one of these behind `-` or `!`.
    pub(crate) fn term(&mut self) -> Expression {
        let start = self.peek();
        match start.kind {
            TokenKind::OpenParenthesis => self.parentheses(),
            TokenKind::Number => self.number(),
            TokenKind::Name => self.name_or_call(),
            TokenKind::OpenQuote | TokenKind::OpenHeredoc => self.template(),
            TokenKind::Minus => self.unary(UnaryOperator::Negate),
            TokenKind::Bang => self.unary(UnaryOperator::Not),
            TokenKind::OpenBracket => self.tuple(),
            TokenKind::OpenBrace => self.object(),
            TokenKind::End => self.no_expression(
                "Missing expression",
                "An expression must stand here, but the text ends.",
                start,
            ),
            _ => self.no_expression(
                "Invalid expression",
                "An expression must stand here, and this begins none.",
                start,
            ),
        }
    }

    fn no_expression(&mut self, summary: &str, detail: &str, at: Token) -> Expression {
        self.unless_recovering(summary, detail, at);
        self.lose_footing();
        self.invalid(self.span(at))
    }

    fn unary(&mut self, operator: UnaryOperator) -> Expression {
        let token = self.read();
        let operand = match self.nested(Parser::operand) {
            Some(operand) => operand,
            None => self.invalid(self.span(self.peek())),
        };
        let span = self.span(token).to(operand.span);
        let below = self.height;
        self.node(ExpressionKind::Unary(operator, Box::new(operand)), below, span)
    }

    fn parentheses(&mut self) -> Expression {
        let open = self.read();
        self.push_newlines(Newlines::Skip);
        let errors = self.errors();
        let inner = self.expression();
        let close = if self.errors() > errors {
            self.recover(TokenKind::CloseParenthesis)
        } else {
            let close = self.peek();
            if close.kind != TokenKind::CloseParenthesis {
                let error = Diagnostic::error(Code::Syntax, "Unbalanced parentheses")
                    .detail("The closing parenthesis of the expression must stand here.");
                self.report(error.at(self.span(close)).within(self.span_between(open, close)));
                self.lose_footing();
            }
            self.read()
        };
        self.pop_newlines();
        let below = self.height;
        self.node(ExpressionKind::Parentheses(Box::new(inner)), below, self.span_between(open, close))
    }

    fn number(&mut self) -> Expression {
        let token = self.read();
        self.check_number(token);
        self.node(ExpressionKind::Number(token.text(self.text).into()), 0, self.span(token))
    }

    fn check_number(&mut self, token: Token) {
        if !is_number(token.text(self.text)) {
            self.error("Invalid number literal", "This is not the text of a number.", token);
        }
    }

    fn name_or_call(&mut self) -> Expression {
        let token = self.read();
        if matches!(self.peek().kind, TokenKind::OpenParenthesis | TokenKind::DoubleColon) {
            return self.call(token);
        }
        let kind = match token.text(self.text) {
            "true" => ExpressionKind::Bool(true),
            "false" => ExpressionKind::Bool(false),
            "null" => ExpressionKind::Null,
            name => ExpressionKind::Variable(name.into()),
        };
        self.node(kind, 0, self.span(token))
    }

    /// A call, behind the first part of its name.
    fn call(&mut self, first: Token) -> Expression {
        let mut name = first.text(self.text).to_owned();
        let mut last = first;
        let mut open = self.read();
        while open.kind == TokenKind::DoubleColon {
            let part = self.read();
            if part.kind != TokenKind::Name {
                let detail = "The name of a function in this namespace must follow the `::`.";
                return self.broken_call("Missing function name", detail, first, part);
            }
            name.push_str("::");
            name.push_str(part.text(self.text));
            last = part;
            open = self.read();
        }
        if open.kind != TokenKind::OpenParenthesis {
            let detail = "A name with `::` is a function; its arguments must follow in parentheses.";
            return self.broken_call("Missing open parenthesis", detail, first, open);
        }
        let name = Name { text: name.into(), span: self.span_between(first, last) };
        self.arguments(name, open)
    }

    fn broken_call(&mut self, summary: &str, detail: &str, first: Token, bad: Token) -> Expression {
        self.error(summary, detail, bad);
        self.recover_over(TokenKind::OpenParenthesis);
        self.invalid(self.span_between(first, bad))
    }

    fn arguments(&mut self, name: Name, open: Token) -> Expression {
        self.push_newlines(Newlines::Skip);
        let mut arguments = Vec::new();
        let mut expand_last = Expansion::No;
        let mut height = 0;
        let close = loop {
            if let Some(close) = self.read_if(TokenKind::CloseParenthesis) {
                break close;
            }
            let errors = self.errors();
            arguments.push(self.expression());
            height = height.max(self.height);
            if self.lost_since(errors) {
                break self.recover(TokenKind::CloseParenthesis);
            }
            let separator = self.read();
            match separator.kind {
                TokenKind::CloseParenthesis => break separator,
                TokenKind::Comma => {}
                TokenKind::Ellipsis => {
                    expand_last = Expansion::Yes;
                    break self.close_after_expansion(separator);
                }
                TokenKind::End => {
                    let detail = "The closing parenthesis of this call is missing: the text ends before it.";
                    self.error_at("Unterminated function call", detail, name.span.to(self.span(open)));
                    break separator;
                }
                _ => {
                    let error = Diagnostic::error(Code::Syntax, "Missing argument separator")
                        .detail("A comma must stand between two arguments of a function.");
                    let place = self.span(separator);
                    self.report(error.at(place).within(name.span.to(place)));
                    break self.recover(TokenKind::CloseParenthesis);
                }
            }
        };
        self.pop_newlines();
        let parentheses = self.span_between(open, close);
        let span = name.span.to(parentheses);
        self.node(ExpressionKind::Call(Call { name, arguments, expand_last, parentheses }), height, span)
    }

    fn close_after_expansion(&mut self, ellipsis: Token) -> Token {
        if let Some(close) = self.read_if(TokenKind::CloseParenthesis) {
            return close;
        }
        self.unless_recovering(
            "Missing closing parenthesis",
            "Nothing can follow an argument that is expanded with `...`, but the closing parenthesis.",
            ellipsis,
        );
        self.recover(TokenKind::CloseParenthesis)
    }

    fn tuple(&mut self) -> Expression {
        let open = self.read();
        self.push_newlines(Newlines::Skip);
        let tuple =
            if self.peeks_keyword("for") { self.for_expression(open) } else { self.tuple_items(open) };
        self.pop_newlines();
        tuple
    }

    fn tuple_items(&mut self, open: Token) -> Expression {
        let mut items = Vec::new();
        let mut height = 0;
        let close = loop {
            if let Some(close) = self.read_if(TokenKind::CloseBracket) {
                break close;
            }
            let errors = self.errors();
            items.push(self.expression());
            height = height.max(self.height);
            if self.lost_since(errors) {
                break self.recover(TokenKind::CloseBracket);
            }
            if self.read_if(TokenKind::Comma).is_some() || self.peeks(TokenKind::CloseBracket) {
                continue;
            }
            let next = self.peek();
            match next.kind {
                TokenKind::End => self.unless_recovering(
                    "Unterminated tuple constructor expression",
                    "The closing bracket of this list is missing: the text ends before it.",
                    open,
                ),
                _ => self.unless_recovering_within(
                    "Missing item separator",
                    "A comma must stand between two items of a list.",
                    next,
                    open,
                ),
            }
            break self.recover(TokenKind::CloseBracket);
        };
        self.node(ExpressionKind::Tuple(items), height, self.span_between(open, close))
    }

    fn object(&mut self) -> Expression {
        let open = self.read();
        self.push_newlines(Newlines::Skip);
        let is_for = self.peeks_keyword("for");
        let object = if is_for {
            self.for_expression(open)
        } else {
            self.push_newlines(Newlines::Read);
            let object = self.object_items(open);
            self.pop_newlines();
            object
        };
        self.pop_newlines();
        object
    }

    fn object_items(&mut self, open: Token) -> Expression {
        let mut items = Vec::new();
        let mut height = 0;
        let close = loop {
            if self.read_if(TokenKind::Newline).is_some() {
                continue;
            }
            if let Some(close) = self.read_if(TokenKind::CloseBrace) {
                break close;
            }
            let errors = self.errors();
            let key = self.expression();
            height = height.max(self.height);
            if self.lost_since(errors) || !self.key_separator(open) {
                break self.recover(TokenKind::CloseBrace);
            }
            let errors = self.errors();
            let value = self.expression();
            height = height.max(self.height);
            items.push(ObjectItem { key, value });
            if self.lost_since(errors) || !self.item_separator(open) {
                break self.recover(TokenKind::CloseBrace);
            }
        };
        self.node(ExpressionKind::Object(items), height, self.span_between(open, close))
    }

    /// Reads `=` or `:`, or reports what stands there.
    fn key_separator(&mut self, open: Token) -> bool {
        let next = self.peek();
        let (summary, detail) = match next.kind {
            TokenKind::Equal | TokenKind::Colon => {
                self.read();
                return true;
            }
            TokenKind::Newline | TokenKind::Comma => (
                "Missing attribute value",
                "An equals sign and the value of the attribute must follow its name.",
            ),
            TokenKind::Name => (
                SEPARATOR,
                "An equals sign must stand between the name of an attribute and its value. A name with dots or spaces in \
                 it must stand in quotes.",
            ),
            TokenKind::End => {
                self.unclosed_object(open);
                return false;
            }
            _ => (SEPARATOR, "An equals sign must stand between the name of an attribute and its value."),
        };
        self.unless_recovering_within(summary, detail, next, open);
        false
    }

    /// Reads a comma or a line break, or leaves a closing brace to the caller, or reports what stands there.
    fn item_separator(&mut self, open: Token) -> bool {
        let next = self.peek();
        match next.kind {
            TokenKind::CloseBrace => return true,
            TokenKind::Comma | TokenKind::Newline => {
                self.read();
                return true;
            }
            TokenKind::End => self.unclosed_object(open),
            _ => self.unless_recovering_within(
                "Missing attribute separator",
                "A comma or a line break must stand between two attributes of an object.",
                next,
                open,
            ),
        }
        false
    }

    fn unclosed_object(&mut self, open: Token) {
        self.unless_recovering(
            "Unterminated object constructor expression",
            "The closing brace of this object is missing: the text ends before it.",
            open,
        );
    }

    pub(crate) fn unless_recovering_within(&mut self, summary: &str, detail: &str, at: Token, from: Token) {
        if !self.recovering() {
            let error = Diagnostic::error(Code::Syntax, summary).detail(detail);
            self.report(error.at(self.span(at)).within(self.span_between(from, at)));
        }
    }

    /// Attributes, indexes and splats behind a term.
    fn steps(&mut self, from: Expression) -> Expression {
        let mut expression = from;
        loop {
            expression = match self.peek().kind {
                TokenKind::Dot => match self.dot(expression) {
                    Step::Taken(expression) => expression,
                    Step::Failed(expression) => return expression,
                },
                TokenKind::OpenBracket => self.bracket(expression),
                _ => return expression,
            };
        }
    }

    fn dot(&mut self, from: Expression) -> Step {
        let dot = self.read();
        let token = self.peek();
        match token.kind {
            TokenKind::Name => Step::Taken(self.attribute_step(from)),
            TokenKind::Number => Step::Taken(self.legacy_index(from, "")),
            TokenKind::Star => Step::Taken(self.attribute_splat(from, dot)),
            _ => {
                self.error(NO_ATTRIBUTE, "The name of an attribute must follow the dot.", token);
                self.lose_footing();
                Step::Failed(self.invalid(from.span.to(self.span(dot))))
            }
        }
    }

    /// `.name`, behind the dot.
    fn attribute_step(&mut self, from: Expression) -> Expression {
        let token = self.read();
        let name = Name { text: token.text(self.text).into(), span: self.span(token) };
        let span = from.span.to(name.span);
        let below = self.height;
        self.node(ExpressionKind::Attribute(Box::new(from), name), below, span)
    }

    /// `.0`, behind the dot.
    fn legacy_index(&mut self, from: Expression, hint: &str) -> Expression {
        let token = self.peek();
        if let Some((first, second)) = token.text(self.text).split_once('.') {
            let detail = format!(
                "Two indexes cannot follow one another with dots. Write them in brackets{hint}: [{first}][{second}]."
            );
            self.error("Invalid legacy index syntax", detail, token);
            self.read();
            return self.invalid(from.span.to(self.span(token)));
        }
        self.check_number(token);
        self.attribute_step(from)
    }

    /// `.*`, behind the dot: only `.name` and `.0` that follow belong to it.
    fn attribute_splat(&mut self, source: Expression, dot: Token) -> Expression {
        let star = self.read();
        let marker = self.span_between(dot, star);
        let source_height = self.height;
        let mut each = self.node(ExpressionKind::SplatElement, 0, marker);
        while let Some(dot) = self.read_if(TokenKind::Dot) {
            let token = self.peek();
            each = match token.kind {
                TokenKind::Name => self.attribute_step(each),
                TokenKind::Number => self.legacy_index(each, ", with [*] in place of .*"),
                TokenKind::Star => {
                    let detail = "A splat with .* cannot stand behind another one; use [*].";
                    self.unless_recovering("Nested splat expression not allowed", detail, token);
                    self.lose_footing();
                    break;
                }
                _ => {
                    self.unless_recovering(
                        NO_ATTRIBUTE,
                        "The name of an attribute must follow the dot.",
                        star,
                    );
                    self.lose_footing();
                    each.span = each.span.to(self.span(dot));
                    break;
                }
            };
        }
        self.splat(source, source_height, each, marker)
    }

    fn splat(
        &mut self,
        source: Expression,
        source_height: usize,
        each: Expression,
        marker: Span,
    ) -> Expression {
        let span = source.span.to(each.span).to(marker);
        let below = source_height.max(self.height);
        let kind = ExpressionKind::Splat { source: Box::new(source), each: Box::new(each), marker };
        self.node(kind, below, span)
    }

    fn bracket(&mut self, from: Expression) -> Expression {
        let open = self.read();
        if self.peeks(TokenKind::Star) { self.full_splat(from, open) } else { self.index(from, open) }
    }

    /// `[*]`, behind the bracket: all steps that follow belong to it.
    fn full_splat(&mut self, source: Expression, open: Token) -> Expression {
        self.read();
        let source_height = self.height;
        let mut close = self.read();
        if close.kind != TokenKind::CloseBracket && !self.recovering() {
            let detail = "The closing bracket must directly follow the star of a splat: [*].";
            self.error("Missing close bracket on splat index", detail, close);
            close = self.recover(TokenKind::CloseBracket);
        }
        let marker = self.span_between(open, close);
        let element = self.node(ExpressionKind::SplatElement, 0, marker);
        let each = match self.nested(|parser| parser.steps(element)) {
            Some(each) => each,
            None => self.invalid(marker),
        };
        self.splat(source, source_height, each, marker)
    }

    /// `[key]`, behind the bracket.
    fn index(&mut self, from: Expression, open: Token) -> Expression {
        let height = self.height;
        self.push_newlines(Newlines::Skip);
        let errors = self.errors();
        let key = self.expression();
        let height = height.max(self.height);
        let mut close = self.peek();
        if self.lost_since(errors) {
            close = self.recover(TokenKind::CloseBracket);
        } else {
            self.read();
            if close.kind != TokenKind::CloseBracket && !self.recovering() {
                self.error(
                    "Missing close bracket on index",
                    "A closing bracket must follow the index.",
                    close,
                );
                close = self.recover(TokenKind::CloseBracket);
            }
        }
        self.pop_newlines();
        let brackets = self.span_between(open, close);
        let span = from.span.to(brackets);
        self.node(ExpressionKind::Index(Box::new(from), Box::new(key), brackets), height, span)
    }
}

/// Whether digits, dots and exponents are in the order of a number: `1`, `1.5`, `1e9`, `1.5e-9`.
fn is_number(text: &str) -> bool {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.strip_prefix(['+', '-']).unwrap_or(exponent)),
        None => (text, "0"),
    };
    let is_exponent = exponent.len() < 10 && exponent.bytes().all(|byte| byte.is_ascii_digit());
    is_exponent && mantissa.bytes().filter(|byte| *byte == b'.').count() <= 1
}

/// How a step behind an expression ended.
enum Step {
    Taken(Expression),
    Failed(Expression),
}

/// The operator that a token is, and how tightly it binds.
fn binary_operator(kind: TokenKind) -> Option<(BinaryOperator, u8)> {
    Some(match kind {
        TokenKind::Or => (BinaryOperator::Or, LOOSEST),
        TokenKind::And => (BinaryOperator::And, 1),
        TokenKind::EqualEqual => (BinaryOperator::Equal, 2),
        TokenKind::NotEqual => (BinaryOperator::NotEqual, 2),
        TokenKind::Less => (BinaryOperator::Less, 3),
        TokenKind::LessOrEqual => (BinaryOperator::LessOrEqual, 3),
        TokenKind::Greater => (BinaryOperator::Greater, 3),
        TokenKind::GreaterOrEqual => (BinaryOperator::GreaterOrEqual, 3),
        TokenKind::Plus => (BinaryOperator::Add, 4),
        TokenKind::Minus => (BinaryOperator::Subtract, 4),
        TokenKind::Star => (BinaryOperator::Multiply, TIGHTEST),
        TokenKind::Slash => (BinaryOperator::Divide, TIGHTEST),
        TokenKind::Percent => (BinaryOperator::Modulo, TIGHTEST),
        _ => return None,
    })
}
