//! The built-in functions: one row each.
//!
//! Invariant: a row owns everything about its function: name, parameters, what it makes of unknown arguments, how it is called.
//! Never: a function is looked up while an expression is evaluated; lowering has done that.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::types::Type;
use crate::value::Value;

pub mod call;
mod cidr;
mod ciphers;
mod collections;
mod conversion;
mod csv;
mod dates;
mod decimal;
mod encoding;
mod files;
mod formatting;
mod hashes;
mod letter_case;
mod numbers;
pub(crate) mod provider_call;
mod sets;
pub mod signature;
mod strings;
mod templates;
mod text_search;
mod yaml;

pub(crate) use strings::TEXT_MAX;

use call::{Context, FunctionError};

/// A built-in function.
pub struct Function {
    /// The name.
    pub name: &'static str,
    /// The parameters.
    pub parameters: &'static [Parameter],
    /// The last parameter, if it may be repeated.
    pub variadic: Option<Parameter>,
    /// The type of the result, before it is known.
    pub result: Returns,
    /// How it is called, with arguments of the parameters' types.
    pub run: Run,
}

/// How a function is called.
#[derive(Clone, Copy)]
pub enum Run {
    /// With values.
    Values(fn(&Context<'_>, &[Value]) -> Result<Value, FunctionError>),
    /// With expressions that it evaluates itself.
    Special(Special),
}

/// Functions that look at their arguments as expressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Special {
    /// The first argument that evaluates.
    Try,
    /// Whether the argument evaluates.
    Can,
    /// The value of a type that is written as a type.
    Convert,
    /// A template that is found elsewhere, rendered.
    TemplateString,
}

/// A parameter of a function.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// The name, for messages.
    pub name: &'static str,
    /// What is accepted.
    pub accepts: Accepts,
    /// Whether it may be null.
    pub null: Null,
    /// What happens when it is not known.
    pub unknown: Unknown,
    /// Who deals with marks.
    pub marks: MarksBy,
}

/// The type of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepts {
    /// Anything.
    Any,
    /// `string`
    Text,
    /// `number`
    Number,
    /// `bool`
    Truth,
    /// `list(string)`
    Texts,
    /// `list(bool)`
    Truths,
    /// `set(string)`
    TextSet,
    /// `list(any)`
    List,
    /// `set(any)`
    Set,
    /// `map(any)`
    Map,
    /// `map(list(string))`
    MapOfTexts,
}

/// Whether a parameter may be null.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Null {
    /// Null is an error.
    Refused,
    /// Null is a value like others.
    Allowed,
}

/// What happens when an argument is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// The result is not known either.
    Spreads,
    /// The function deals with it.
    Handled,
}

/// Who deals with marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarksBy {
    /// The call: arguments come without, the result gets them all.
    Call,
    /// The function.
    Function,
}

/// The type of a result that is not known yet.
#[derive(Clone, Copy)]
pub enum Returns {
    /// Always the same, and never null.
    Fixed(fn() -> Type),
    /// Always the same, but nothing is said of null, as in Terraform.
    Loose(fn() -> Type),
    /// As `Loose`, once all arguments have a type.
    Typed(fn() -> Type),
    /// It depends on the arguments, some of which are not known.
    From(fn(&[Value]) -> Type),
}

/// A parameter that must be known and not null.
pub const fn parameter(name: &'static str, accepts: Accepts) -> Parameter {
    Parameter { name, accepts, null: Null::Refused, unknown: Unknown::Spreads, marks: MarksBy::Call }
}

impl Parameter {
    /// The parameter, allowing null.
    pub const fn or_null(self) -> Parameter {
        Parameter { null: Null::Allowed, ..self }
    }

    /// The parameter, with unknowns left to the function.
    pub const fn or_unknown(self) -> Parameter {
        Parameter { unknown: Unknown::Handled, ..self }
    }

    /// The parameter, with marks left to the function.
    pub const fn marked(self) -> Parameter {
        Parameter { marks: MarksBy::Function, ..self }
    }
}

impl Accepts {
    /// The type that arguments are converted to.
    pub fn ty(self) -> Type {
        match self {
            Accepts::Any => Type::Dynamic,
            Accepts::Text => Type::String,
            Accepts::Number => Type::Number,
            Accepts::Truth => Type::Bool,
            Accepts::Texts => Type::list(Type::String),
            Accepts::Truths => Type::list(Type::Bool),
            Accepts::TextSet => Type::set(Type::String),
            Accepts::List => Type::list(Type::Dynamic),
            Accepts::Set => Type::set(Type::Dynamic),
            Accepts::Map => Type::map(Type::Dynamic),
            Accepts::MapOfTexts => Type::map(Type::list(Type::String)),
        }
    }
}

impl std::fmt::Debug for Function {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Function({})", self.name)
    }
}

const TEXT: Returns = Returns::Fixed(|| Type::String);
const NUMBER: Returns = Returns::Fixed(|| Type::Number);
const TRUTH: Returns = Returns::Fixed(|| Type::Bool);
const LOOSE_TEXT: Returns = Returns::Loose(|| Type::String);
const LOOSE_NUMBER: Returns = Returns::Loose(|| Type::Number);
const LOOSE_TRUTH: Returns = Returns::Loose(|| Type::Bool);
const TYPED_NUMBER: Returns = Returns::Typed(|| Type::Number);
const TYPED_TRUTH: Returns = Returns::Typed(|| Type::Bool);
const TEXTS: Returns = Returns::Fixed(|| Type::list(Type::String));
const ANY: Returns = Returns::Fixed(|| Type::Dynamic);

/// A row of the table.
const fn row(
    name: &'static str,
    parameters: &'static [Parameter],
    variadic: Option<Parameter>,
    result: Returns,
    run: fn(&Context<'_>, &[Value]) -> Result<Value, FunctionError>,
) -> Function {
    Function { name, parameters, variadic, result, run: Run::Values(run) }
}

/// Functions that evaluate their arguments themselves.
const SPECIAL: &[Function] = &[
    Function {
        name: "try",
        parameters: &[],
        variadic: Some(parameter("expressions", Accepts::Any)),
        result: ANY,
        run: Run::Special(Special::Try),
    },
    Function {
        name: "can",
        parameters: &[parameter("expression", Accepts::Any)],
        variadic: None,
        result: TRUTH,
        run: Run::Special(Special::Can),
    },
    Function {
        name: "convert",
        parameters: &[parameter("value", Accepts::Any), parameter("type", Accepts::Any)],
        variadic: None,
        result: ANY,
        run: Run::Special(Special::Convert),
    },
    Function {
        name: "templatestring",
        parameters: &[parameter("template", Accepts::Text), parameter("vars", Accepts::Any)],
        variadic: None,
        result: TEXT,
        run: Run::Special(Special::TemplateString),
    },
];

/// All tables.
const TABLES: &[&[Function]] = &[
    SPECIAL,
    ciphers::TABLE,
    cidr::TABLE,
    collections::TABLE,
    conversion::TABLE,
    dates::TABLE,
    encoding::TABLE,
    files::TABLE,
    formatting::TABLE,
    hashes::TABLE,
    numbers::TABLE,
    sets::TABLE,
    strings::TABLE,
    templates::TABLE,
    text_search::TABLE,
];

static BY_NAME: LazyLock<BTreeMap<&'static str, &'static Function>> =
    LazyLock::new(|| TABLES.iter().copied().flatten().map(|function| (function.name, function)).collect());

/// The function of that name.
pub fn find(name: &str) -> Option<&'static Function> {
    BY_NAME.get(name).copied()
}

/// All names, in order.
pub fn names() -> impl Iterator<Item = &'static str> {
    BY_NAME.keys().copied()
}
