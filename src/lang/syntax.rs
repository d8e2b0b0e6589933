//! The syntax tree of a configuration file: what is written, where, before anything is looked up.
//!
//! Invariant: every node has the span of its text; a number keeps its digits; comments are not in the tree.
//! Invariant: both notations (`.tf` and `.tf.json`) give this tree; in JSON a body may be read as blocks or as an
//! expression, which only its reader knows: see `Body::json`.
//! Never: a node knows what a name refers to; `lower` finds that out.

use crate::source::Span;
use crate::types::Text;

/// A name with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The name.
    pub text: Text,
    /// Where it stands; of a quoted label with its quotes.
    pub span: Span,
}

/// What stands between the braces of a block, or in a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Body {
    /// `name = expression`, in order.
    pub attributes: Vec<Attribute>,
    /// `type "label" { … }`, in order.
    pub blocks: Vec<Block>,
    /// The whole text of the body, braces included.
    pub span: Span,
    /// Where a missing argument is reported: the opening brace of a block, the closing one of a JSON object.
    pub missing_item: Span,
    /// In JSON: the object or objects that the body is written as. Attributes and blocks are then empty, until the
    /// reader says by its schema which property is which.
    pub json: Option<Vec<JsonObject>>,
    /// Bodies of override files: their arguments and block types take the place of those here, later ones last.
    pub overrides: Vec<Override>,
}

/// A body of an override file.
#[derive(Clone, Debug, PartialEq)]
pub struct Override {
    /// The header of its block.
    pub header: Span,
    /// What it changes.
    pub body: Body,
}

/// `name = expression`.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribute {
    /// What it is called.
    pub name: Name,
    /// What it is set to.
    pub value: Expression,
    /// From the name to the end of the expression.
    pub span: Span,
}

/// `type "label" { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// The type.
    pub kind: Name,
    /// The labels.
    pub labels: Vec<Name>,
    /// What is in it.
    pub body: Body,
    /// Type and labels, without the brace: what people point at. In JSON the opening brace or bracket.
    pub header: Span,
    /// From the type to the closing brace.
    pub span: Span,
}

/// An object of JSON syntax, with the places of its properties.
#[derive(Clone, Debug, PartialEq)]
pub struct JsonObject {
    /// Properties in order; a name may occur twice.
    pub properties: Vec<JsonProperty>,
    /// With its braces.
    pub span: Span,
}

/// A property of JSON syntax.
#[derive(Clone, Debug, PartialEq)]
pub struct JsonProperty {
    /// The name; its span holds the quotes.
    pub name: Name,
    /// The value.
    pub value: JsonValue,
}

/// A value of JSON syntax, not yet read as blocks or as an expression.
#[derive(Clone, Debug, PartialEq)]
pub enum JsonValue {
    /// An object.
    Object(JsonObject),
    /// An array.
    Array(Vec<JsonValue>, Span),
    /// A string.
    String(JsonString),
    /// A number with its digits.
    Number(Text, Span),
    /// `true` or `false`.
    Bool(bool, Span),
    /// `null`.
    Null(Span),
    /// What was not understood; a diagnostic has been made of it.
    Invalid(Span),
}

impl JsonValue {
    /// Where it stands.
    pub fn span(&self) -> Span {
        match self {
            JsonValue::Object(object) => object.span,
            JsonValue::String(string) => string.span,
            JsonValue::Array(_, span)
            | JsonValue::Number(_, span)
            | JsonValue::Bool(_, span)
            | JsonValue::Null(span)
            | JsonValue::Invalid(span) => *span,
        }
    }

    /// Where it starts: the bracket or brace that opens it, or all of it.
    pub fn start_span(&self) -> Span {
        let span = self.span();
        match self {
            JsonValue::Object(_) | JsonValue::Array(..) => Span { end: span.start + 1, ..span },
            JsonValue::String(_)
            | JsonValue::Number(..)
            | JsonValue::Bool(..)
            | JsonValue::Null(_)
            | JsonValue::Invalid(_) => span,
        }
    }
}

/// A string of JSON syntax with its escapes resolved.
#[derive(Clone, Debug, PartialEq)]
pub struct JsonString {
    /// The characters that it stands for.
    pub text: Text,
    /// Where it stands, with its quotes.
    pub span: Span,
    /// For each escape in it, in order: the byte of `text` behind it, and by how many bytes the source is longer up
    /// to there.
    pub escapes: Vec<(u32, u32)>,
}

/// An expression with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    /// What it is.
    pub kind: ExpressionKind,
    /// Where it stands.
    pub span: Span,
}

impl Expression {
    /// The first part of it that stands for itself: the name of a call, an opening bracket, the text within quotes. It is what
    /// HCL points at where it speaks of an argument.
    pub fn start(&self) -> Span {
        let first = |length: u32| Span { end: self.span.start + length, ..self.span };
        match &self.kind {
            ExpressionKind::Tuple(_)
            | ExpressionKind::Object(_)
            | ExpressionKind::For(_)
            | ExpressionKind::Unary(..) => first(1),
            ExpressionKind::Call(call) => Span { end: call.parentheses.start + 1, ..call.name.span },
            ExpressionKind::Template(parts) => match parts.as_slice() {
                [] => self.span.at_end(),
                // What is one interpolation alone is taken for its value, quotes and all.
                [TemplatePart::Interpolation(_)] => self.span,
                [first, ..] => first.start(),
            },
            ExpressionKind::Attribute(inner, _) | ExpressionKind::Index(inner, ..) => match inner.root() {
                // A traversal from a name is one thing.
                Some(_) => self.span,
                None => inner.start(),
            },
            ExpressionKind::Splat { source, .. } => source.start(),
            ExpressionKind::Conditional(condition, ..) => condition.start(),
            ExpressionKind::Binary(left, ..) => left.start(),
            ExpressionKind::Null
            | ExpressionKind::Bool(_)
            | ExpressionKind::Number(_)
            | ExpressionKind::Variable(_)
            | ExpressionKind::JsonString(_)
            | ExpressionKind::SplatElement
            | ExpressionKind::Parentheses(_)
            | ExpressionKind::Invalid => self.span,
        }
    }

    /// The name that a traversal with literal steps begins with.
    fn root(&self) -> Option<&Text> {
        match &self.kind {
            ExpressionKind::Variable(name) => Some(name),
            ExpressionKind::Attribute(inner, _) => inner.root(),
            ExpressionKind::Index(inner, key, _) => inner.root().filter(|_| key.is_literal()),
            _ => None,
        }
    }

    fn is_literal(&self) -> bool {
        match &self.kind {
            ExpressionKind::Number(_) => true,
            ExpressionKind::Template(parts) => matches!(parts.as_slice(), [] | [TemplatePart::Literal(..)]),
            _ => false,
        }
    }
}

impl TemplatePart {
    fn start(&self) -> Span {
        match self {
            TemplatePart::Literal(_, span)
            | TemplatePart::If { span, .. }
            | TemplatePart::For { span, .. } => *span,
            TemplatePart::Interpolation(inner) => inner.start(),
        }
    }
}

/// The forms of expressions.
#[derive(Clone, Debug, PartialEq)]
pub enum ExpressionKind {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, with its digits as written.
    Number(Text),
    /// A quoted template or a heredoc; also a string without interpolation. A template that is one interpolation and
    /// nothing else (not even an empty literal that a trim marker left) keeps the type of its value.
    Template(Vec<TemplatePart>),
    /// A string of JSON syntax. Its reader decides: where values are computed it is a template, in literal values its own
    /// text, and where a reference, a type or a keyword is expected the text is read as that.
    JsonString(Box<JsonString>),
    /// `[a, b]`.
    Tuple(Vec<Expression>),
    /// `{ a = b }`.
    Object(Vec<ObjectItem>),
    /// A name at the start of a reference: `var`, `azurerm_x`, `each`, or one that a `for` declares.
    Variable(Text),
    /// `a.name`, or the legacy `a.0` (then `name` is digits).
    Attribute(Box<Expression>, Name),
    /// `a[key]`; the span of the brackets.
    Index(Box<Expression>, Box<Expression>, Span),
    /// `a.*.b` or `a[*].b`: `each` is applied to every element, with `SplatElement` for the element.
    Splat {
        /// What is gone through.
        source: Box<Expression>,
        /// What is done with each element.
        each: Box<Expression>,
        /// The `.*` or `[*]` itself.
        marker: Span,
    },
    /// The element of the innermost splat around it.
    SplatElement,
    /// `name(arguments)`.
    Call(Call),
    /// `condition ? a : b`.
    Conditional(Box<Expression>, Box<Expression>, Box<Expression>),
    /// `for` in brackets or braces.
    For(Box<For>),
    /// `-a` or `!a`.
    Unary(UnaryOperator, Box<Expression>),
    /// `a + b`; the span of the operator.
    Binary(Box<Expression>, BinaryOperator, Box<Expression>, Span),
    /// `(a)`.
    Parentheses(Box<Expression>),
    /// What was not understood; a diagnostic has been made of it.
    Invalid,
}

/// A part of a template.
#[derive(Clone, Debug, PartialEq)]
pub enum TemplatePart {
    /// Literal text with escapes resolved, trimmed as the markers beside it say.
    Literal(Text, Span),
    /// `${ … }`.
    Interpolation(Expression),
    /// `%{ if … }…%{ else }…%{ endif }`.
    If {
        /// The condition.
        condition: Expression,
        /// What is rendered when it holds.
        then: Vec<TemplatePart>,
        /// What is rendered when it does not.
        otherwise: Vec<TemplatePart>,
        /// From the first marker to the last.
        span: Span,
    },
    /// `%{ for … }…%{ endfor }`.
    For {
        /// The name of the key, if given.
        key: Option<Name>,
        /// The name of the value.
        value: Name,
        /// What is gone through.
        collection: Expression,
        /// What is rendered for each.
        body: Vec<TemplatePart>,
        /// From the first marker to the last.
        span: Span,
    },
}

/// An item of an object expression.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectItem {
    /// The key. A bare name is `Variable` here and means its own text; in parentheses it is an expression.
    pub key: Expression,
    /// The value.
    pub value: Expression,
}

/// A call of a function.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The name with its namespaces: `provider::terraform::encode_tfvars`.
    pub name: Name,
    /// The arguments.
    pub arguments: Vec<Expression>,
    /// Whether the last argument is followed by `...`.
    pub expand_last: Expansion,
    /// From the opening to the closing parenthesis.
    pub parentheses: Span,
}

/// Whether the last argument of a call is a list of arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expansion {
    /// It is one argument.
    No,
    /// Its elements are the arguments.
    Yes,
}

/// A `for` expression.
#[derive(Clone, Debug, PartialEq)]
pub struct For {
    /// The name of the key, if given.
    pub key: Option<Name>,
    /// The name of the value.
    pub value: Name,
    /// What is gone through.
    pub collection: Expression,
    /// What is made of each.
    pub result: ForResult,
    /// `if …`.
    pub condition: Option<Expression>,
}

/// What a `for` expression makes.
#[derive(Clone, Debug, PartialEq)]
pub enum ForResult {
    /// `[for … : value]`.
    Tuple(Expression),
    /// `{for … : key => value}`; with `...` values of one key are grouped.
    Object {
        /// The key.
        key: Expression,
        /// The value.
        value: Expression,
        /// Whether `...` follows.
        grouped: Grouping,
    },
}

/// What becomes of values with the same key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grouping {
    /// They are an error.
    Unique,
    /// They are collected in a tuple.
    Grouped,
}

/// Operators with one operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOperator {
    /// `-`
    Negate,
    /// `!`
    Not,
}

/// Operators with two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryOperator {
    /// `||`
    Or,
    /// `&&`
    And,
    /// `==`
    Equal,
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
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Modulo,
}
