//! The part of the parser that reads bodies: arguments and blocks.
//!
//! Invariant: every argument and block whose name could be read is in the tree, with as much of it as was understood.
//! Never: a block is refused for its type or its labels; who knows the schema does that.
#![expect(clippy::wildcard_enum_match_arm, reason = "most kinds of tokens share one fate: not expected here")]

use std::collections::HashMap;

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::lexer::{Token, TokenKind};
use crate::parser::{Footing, Parser};
use crate::source::Span;
use crate::string_literal::{Quotes, unescape};
use crate::syntax::{Attribute, Block, Body, Expression, ExpressionKind, Name};
use crate::types::Text;

const NO_ITEM: &str = "Argument or block definition required";
const BAD_BLOCK: &str = "Invalid block definition";
const BAD_ONE_LINE_BLOCK: &str = "Invalid single-argument block definition";
const BAD_STRING: &str = "Invalid string literal";

/// One thing in a body.
enum Item {
    Attribute(Attribute),
    Block(Block),
    /// What was not understood.
    Nothing,
}

/// A body while it is being read.
#[derive(Default)]
struct Items {
    attributes: Vec<Attribute>,
    blocks: Vec<Block>,
    /// Where each argument stands among the attributes.
    names: HashMap<Text, usize>,
}

impl Parser<'_> {
    /// The body that the whole text is.
    pub(crate) fn file(&mut self) -> Body {
        let whole = self.span_of(0, u32::try_from(self.text.len()).unwrap_or(u32::MAX));
        let mut items = Items::default();
        loop {
            self.items(&mut items, TokenKind::End, self.peek());
            if self.footing != Footing::AtTopLevel {
                break;
            }
            self.footing = Footing::Firm;
        }
        body(items, whole, whole.at_start())
    }

    /// Reads what stands in a body up to behind `end`. `open` is the brace that began it.
    fn items(&mut self, items: &mut Items, end: TokenKind, open: Token) {
        while self.footing != Footing::AtTopLevel {
            let next = self.peek();
            if next.kind == end {
                self.read();
                return;
            }
            match next.kind {
                TokenKind::Newline => {
                    self.read();
                }
                TokenKind::Name => self.item(items),
                _ => return self.bad_item(end, open),
            }
        }
    }

    fn item(&mut self, items: &mut Items) {
        let errors = self.errors();
        match self.read_item() {
            Item::Attribute(attribute) => self.add_attribute(items, attribute),
            Item::Block(block) => items.blocks.push(block),
            Item::Nothing => {}
        }
        if self.errors() == errors && self.footing == Footing::Recovering {
            self.footing = Footing::Firm;
        }
    }

    fn add_attribute(&mut self, items: &mut Items, attribute: Attribute) {
        let Some(first) = items.names.get(&attribute.name.text) else {
            items.names.insert(attribute.name.text.clone(), items.attributes.len());
            items.attributes.push(attribute);
            return;
        };
        let name = &attribute.name;
        let detail =
            format!("The argument \"{}\" was already set. Each argument may be set only once.", name.text);
        self.report(
            Diagnostic::error(Code::Redefined, "Attribute redefined")
                .detail(detail)
                .at(name.span)
                .also(items.attributes[*first].name.span, "it was set here"),
        );
    }

    /// Reports a token that begins neither an argument nor a block, and skips the rest of the body.
    fn bad_item(&mut self, end: TokenKind, open: Token) {
        let bad = self.read();
        let is_block = end == TokenKind::CloseBrace;
        match bad.kind {
            TokenKind::OpenQuote => {
                self.unless_recovering("Invalid argument name", "The name of an argument stands without quotes.", bad);
            }
            TokenKind::End if is_block => self.unless_recovering(
                "Unclosed configuration block",
                "The closing brace of this block is missing: the file ends before it. A brace may also be missing or \
                 misplaced further down.",
                open,
            ),
            _ => self.unless_recovering(NO_ITEM, "An argument or a block must begin here.", bad),
        }
        self.recover(end);
    }

    fn read_item(&mut self) -> Item {
        let name = self.read();
        match self.peek().kind {
            TokenKind::Equal => Item::Attribute(self.attribute(name, Lines::Many)),
            TokenKind::OpenQuote | TokenKind::OpenBrace | TokenKind::Name => self.block(name),
            _ => {
                self.no_item(name);
                Item::Nothing
            }
        }
    }

    fn no_item(&mut self, name: Token) {
        let detail = "An argument or a block must begin here. The value of an argument follows an equals sign: `name = value`.";
        self.error(NO_ITEM, detail, name);
        self.recover_after_item();
    }

    fn name(&self, token: Token) -> Name {
        Name { text: token.text(self.text).into(), span: self.span(token) }
    }

    /// The rest of an argument, behind its name.
    fn attribute(&mut self, name: Token, lines: Lines) -> Attribute {
        self.read(); // The equals sign.
        let errors = self.errors();
        let value = self.expression();
        let last = self.previous();
        if self.lost_since(errors) {
            self.recover_after_item();
        } else if lines == Lines::Many {
            self.end_of_argument(name);
        }
        Attribute { name: self.name(name), value, span: self.span_between(name, last) }
    }

    fn end_of_argument(&mut self, name: Token) {
        let end = self.peek();
        if matches!(end.kind, TokenKind::Newline | TokenKind::End) {
            self.read();
            return;
        }
        let (summary, detail) = match end.kind {
            TokenKind::Comma => (
                "Unexpected comma after argument",
                "The arguments of a block stand on lines of their own; no commas separate them.",
            ),
            _ => ("Missing newline after argument", "An argument must end with its line."),
        };
        if !self.recovering() {
            let error = Diagnostic::error(Code::Syntax, summary).detail(detail);
            self.report(error.at(self.span(end)).within(self.span_between(name, end)));
        }
        self.recover_after_item();
    }

    /// A block, behind its type.
    fn block(&mut self, kind: Token) -> Item {
        let mut labels = Vec::new();
        let open = loop {
            match self.peek().kind {
                TokenKind::OpenBrace => break self.read(),
                TokenKind::OpenQuote => labels.push(self.quoted_label()),
                TokenKind::Name => {
                    let label = self.read();
                    labels.push(self.name(label));
                }
                _ => return self.block_without_body(kind, labels),
            }
            if self.footing == Footing::AtTopLevel {
                return self.block_without_body(kind, labels);
            }
        };
        let body = self.nested(|parser| parser.block_body(open)).unwrap_or_else(|| {
            let span = self.span(open);
            self.recover(TokenKind::CloseBrace);
            body(Items::default(), span, span)
        });
        self.end_of_block(kind);
        Item::Block(self.finished_block(kind, labels, body))
    }

    fn finished_block(&self, kind: Token, labels: Vec<Name>, body: Body) -> Block {
        let kind = self.name(kind);
        let header = labels.last().map_or(kind.span, |last| kind.span.to(last.span));
        let span = header.to(body.span);
        Block { kind, labels, body, header, span }
    }

    fn block_without_body(&mut self, kind: Token, labels: Vec<Name>) -> Item {
        let bad = self.peek();
        let context = self.span_between(kind, bad);
        let detail = match bad.kind {
            TokenKind::Equal => Some("An equals sign sets an argument; the header of a block has none."),
            TokenKind::Newline => {
                Some("The opening brace of a block must stand on the same line as its type and its labels.")
            }
            _ if self.recovering() => None,
            _ => Some("A label or the opening brace of the block must follow here."),
        };
        if let Some(detail) = detail {
            let error = Diagnostic::error(Code::Syntax, BAD_BLOCK).detail(detail);
            self.report(error.at(self.span(bad)).within(context));
        }
        self.recover_after_item();
        let nothing = self.span(kind);
        let empty = body(Items::default(), nothing, nothing.at_start());
        Item::Block(self.finished_block(kind, labels, empty))
    }

    fn end_of_block(&mut self, kind: Token) {
        if self.footing == Footing::AtTopLevel {
            return;
        }
        let end = self.peek();
        if matches!(end.kind, TokenKind::Newline | TokenKind::End) {
            self.read();
            return;
        }
        if !self.recovering() {
            let error = Diagnostic::error(Code::Syntax, "Missing newline after block definition");
            let error = error.detail("A block must end with its line.");
            self.report(error.at(self.span(end)).within(self.span_between(kind, end)));
        }
        self.recover_after_item();
    }

    /// What stands between braces, and the closing one.
    fn block_body(&mut self, open: Token) -> Body {
        let mut items = Items::default();
        match self.peek().kind {
            TokenKind::Newline | TokenKind::End | TokenKind::CloseBrace => {
                self.items(&mut items, TokenKind::CloseBrace, open);
            }
            _ => self.one_line_body(&mut items, open),
        }
        body(items, self.span_between(open, self.previous()), self.span(open))
    }

    /// `{ name = value }`, all on one line.
    fn one_line_body(&mut self, items: &mut Items, open: Token) {
        self.one_line_item(items);
        let end = self.peek();
        let detail = match end.kind {
            TokenKind::CloseBrace => {
                self.read();
                return;
            }
            TokenKind::Comma => {
                "A block on one line holds one argument. With more of them, each argument stands on a line of its own."
            }
            TokenKind::Newline => {
                "An argument that stands on the line of the opening brace makes a block of one line: the closing brace \
                 must stand on that line, too."
            }
            TokenKind::End => {
                self.unless_recovering(
                    "Unclosed configuration block",
                    "The closing brace of this block is missing: the file ends before it.",
                    open,
                );
                return;
            }
            _ if self.recovering() => {
                self.recover(TokenKind::CloseBrace);
                return;
            }
            _ => "A block on one line holds one argument, and the closing brace follows directly.",
        };
        self.error(BAD_ONE_LINE_BLOCK, detail, end);
        self.recover(TokenKind::CloseBrace);
    }

    fn one_line_item(&mut self, items: &mut Items) {
        let name = self.read();
        if name.kind != TokenKind::Name {
            self.error(NO_ITEM, "An argument or a block must begin here.", name);
            return self.recover_after_item();
        }
        let next = self.peek();
        match next.kind {
            TokenKind::Equal => {
                let attribute = self.attribute(name, Lines::One);
                self.add_attribute(items, attribute);
            }
            TokenKind::OpenQuote | TokenKind::OpenBrace | TokenKind::Name => {
                let detail = format!(
                    "A block on one line holds one argument and no block. An argument is written `{} = value`; a block \
                     stands on lines of its own.",
                    name.text(self.text)
                );
                self.error_at("Argument definition required", detail, self.span_between(name, next));
                self.recover_after_item();
            }
            _ => self.no_item(name),
        }
    }

    /// A label in quotes, in which no template may stand.
    pub(crate) fn quoted_label(&mut self) -> Name {
        let open = self.read();
        let mut text = String::new();
        let last = loop {
            let token = self.read();
            match token.kind {
                TokenKind::CloseQuote => break token,
                TokenKind::QuotedLiteral => text.push_str(&self.literal(token, Quotes::Double)),
                TokenKind::OpenInterpolation | TokenKind::OpenDirective => {
                    let mark = if token.kind == TokenKind::OpenInterpolation { '$' } else { '%' };
                    let detail = format!(
                        "No template can stand in this string. The character {mark} before a brace is written {mark}{mark}."
                    );
                    self.error(BAD_STRING, detail, token);
                    text.push(mark);
                    text.push_str("{ ... }");
                    self.recover(TokenKind::CloseTemplate);
                }
                TokenKind::End => {
                    self.error(
                        "Unterminated string literal",
                        "The closing quote of this string is missing.",
                        token,
                    );
                    break token;
                }
                _ => {
                    self.error(BAD_STRING, "This cannot stand in a string.", token);
                    self.recover(TokenKind::CloseQuote);
                    break token;
                }
            }
            if self.footing == Footing::AtTopLevel {
                break self.previous();
            }
        };
        Name { text: text.into(), span: self.span_between(open, last) }
    }

    /// The characters that a literal token stands for.
    pub(crate) fn literal(&mut self, token: Token, quotes: Quotes) -> String {
        let (text, errors) = unescape(token.text(self.text), quotes);
        for error in errors {
            let start = token.start + error.start;
            self.error_at(
                "Invalid escape sequence",
                error.detail,
                self.span_of(start, token.start + error.end),
            );
        }
        text
    }

    /// A literal traversal: nothing but a name, attributes and literal indexes.
    pub(crate) fn traversal(&mut self) -> Expression {
        let first = self.read();
        if first.kind != TokenKind::Name {
            self.error("Variable name required", "A reference must begin with a name.", first);
            return self.invalid(self.span(first));
        }
        let kind = ExpressionKind::Variable(first.text(self.text).into());
        let mut reference = self.node(kind, 0, self.span(first));
        while !self.recovering() {
            let next = self.peek();
            reference = match next.kind {
                TokenKind::End => break,
                TokenKind::Dot => self.traversal_attribute(reference),
                TokenKind::OpenBracket => self.traversal_index(reference),
                _ => {
                    let detail = "A reference goes on with `.name` or with an index in brackets.";
                    self.error("Invalid character", detail, next);
                    break;
                }
            };
        }
        reference
    }

    fn traversal_attribute(&mut self, from: Expression) -> Expression {
        self.read();
        let token = self.read();
        if token.kind != TokenKind::Name {
            let detail = match token.kind {
                TokenKind::Star => "A splat (.*) cannot stand in a reference.",
                _ => "The name of an attribute must follow the dot.",
            };
            self.error("Attribute name required", detail, token);
            self.lose_footing();
            return from;
        }
        let span = from.span.to(self.span(token));
        let below = self.height;
        self.node(ExpressionKind::Attribute(Box::new(from), self.name(token)), below, span)
    }

    fn traversal_index(&mut self, from: Expression) -> Expression {
        let open = self.read();
        let below = self.height;
        let key = self.peek();
        let index = match key.kind {
            TokenKind::Number | TokenKind::OpenQuote => self.term(),
            TokenKind::Star => {
                self.error("Attribute name required", "A splat ([*]) cannot stand in a reference.", key);
                self.lose_footing();
                return from;
            }
            _ => {
                self.error(
                    "Index value required",
                    "The index must be a literal number or a literal string.",
                    key,
                );
                self.lose_footing();
                return from;
            }
        };
        let close = self.read();
        if close.kind != TokenKind::CloseBracket {
            self.error("Unclosed index brackets", "A closing bracket must follow the index.", close);
            self.lose_footing();
        }
        let brackets = self.span_between(open, close);
        let span = from.span.to(brackets);
        let below = below.max(self.height);
        self.node(ExpressionKind::Index(Box::new(from), Box::new(index), brackets), below, span)
    }
}

/// Whether an argument must be followed by the end of its line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lines {
    /// The block has everything on one line.
    One,
    /// Each argument has its own line.
    Many,
}

fn body(items: Items, span: Span, missing_item: Span) -> Body {
    Body {
        attributes: items.attributes,
        blocks: items.blocks,
        span,
        missing_item,
        json: None,
        overrides: Vec::new(),
    }
}
