//! Type constraints: `list(object({ name = string, size = optional(number, 1) }))`.
//!
//! Invariant: the defaults have the shape of the type; a default is of its attribute's type.
//! Source: <https://developer.hashicorp.com/terraform/language/expressions/type-constraints>

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::blocks::argument;
use crate::code::Code;
use crate::convert::convert;
use crate::diagnostic::{Diagnostic, Diagnostics, nearest};
use crate::evaluate;
use crate::source::Span;
use crate::syntax::{Call, Expression, ExpressionKind, ObjectItem};
use crate::types::{ObjectType, Text, Type};
use crate::value::{Content, Value};

/// A type with defaults of the optional attributes in it.
#[derive(Clone, Debug)]
pub struct TypeConstraint {
    /// The type; optional attributes are named in it.
    pub ty: Type,
    defaults: Defaults,
}

/// Defaults at a place of a type, and below it.
#[derive(Clone, Debug, Default)]
struct Defaults {
    values: BTreeMap<Text, Value>,
    /// Below an attribute of an object, or below every element (then the name is empty).
    below: BTreeMap<Text, Defaults>,
    /// Below the elements of a tuple, by place.
    places: BTreeMap<usize, Defaults>,
}

impl Default for TypeConstraint {
    fn default() -> TypeConstraint {
        TypeConstraint { ty: Type::Dynamic, defaults: Defaults::default() }
    }
}

impl From<Type> for TypeConstraint {
    fn from(ty: Type) -> TypeConstraint {
        TypeConstraint { ty, defaults: Defaults::default() }
    }
}

impl TypeConstraint {
    /// Reads a type as it is written; what is not understood is any type, and reported.
    pub fn read(expression: &Expression, diagnostics: &mut Diagnostics) -> TypeConstraint {
        if let Some(word) = argument::quoted_text(expression) {
            return read_quoted(&word, expression.span, diagnostics);
        }
        let written = expression;
        let expression = &*argument::written(expression);
        if let ExpressionKind::Variable(word) = &expression.kind {
            // How lists and maps of anything were written once.
            match &**word {
                "list" => return TypeConstraint::from(Type::list(Type::Dynamic)),
                "map" => return TypeConstraint::from(Type::map(Type::Dynamic)),
                _ => {}
            }
        }
        let (ty, defaults) = Reading { diagnostics }.ty(written);
        TypeConstraint { ty, defaults }
    }

    /// The value with defaults put in where optional attributes are missing or null.
    pub fn apply_defaults(&self, value: &Value) -> Value {
        self.defaults.apply(value)
    }
}

/// The way types were written before Terraform 0.12.
fn read_quoted(word: &str, span: Span, diagnostics: &mut Diagnostics) -> TypeConstraint {
    let ty = match word {
        "string" => Type::String,
        "list" => Type::list(Type::Dynamic),
        "map" => Type::map(Type::Dynamic),
        _ => {
            diagnostics.push(
                Diagnostic::error(Code::WrongType, "Invalid legacy variable type hint")
                    .detail("To provide a full type expression, remove the surrounding quotes and give the type expression directly.")
                    .at(span),
            );
            return TypeConstraint::default();
        }
    };
    let summary = "Invalid quoted type constraints";
    let detail = "Terraform 0.11 and earlier required type constraints to be given in quotes, but that form is no longer valid.";
    let help = match word {
        "string" => "Remove the quotes around \"string\".".to_owned(),
        word => format!("Write `{word}(string)` without quotes, or the type that the elements have."),
    };
    diagnostics.push(Diagnostic::error(Code::WrongType, summary).detail(detail).help(help).at(span));
    TypeConstraint::from(ty)
}

impl Defaults {
    fn is_empty(&self) -> bool {
        self.values.is_empty() && self.below.is_empty() && self.places.is_empty()
    }

    fn apply(&self, value: &Value) -> Value {
        if self.is_empty() || value.is_null() || !value.is_known() {
            return value.clone();
        }
        let every = self.below.get("");
        let applied = match value.content() {
            Content::Object(items) | Content::Map(_, items) => self.apply_named(items, every, value),
            Content::List(_, items) | Content::Set(_, items) | Content::Tuple(items) => {
                let items = items.iter().enumerate();
                Value::tuple(items.map(|(at, item)| match self.places.get(&at).or(every) {
                    Some(defaults) => defaults.apply(item),
                    None => item.clone(),
                }))
            }
            Content::Null(_)
            | Content::Unknown(..)
            | Content::Bool(_)
            | Content::Number(_)
            | Content::String(_) => {
                return value.clone();
            }
        };
        applied.marked(value.marks())
    }

    fn apply_named(&self, items: &BTreeMap<Text, Value>, every: Option<&Defaults>, value: &Value) -> Value {
        let mut result: BTreeMap<Text, Value> = BTreeMap::new();
        for (name, item) in items {
            let item = match self.values.get(name) {
                Some(default) if item.is_null() => default.clone(),
                Some(_) | None => item.clone(),
            };
            let below = self.below.get(name).or(every);
            result.insert(name.clone(), below.map_or(item.clone(), |defaults| defaults.apply(&item)));
        }
        // A map's elements are not attributes: nothing is added to it, but a map may stand for an object.
        if every.is_none() || matches!(value.content(), Content::Object(_)) {
            for (name, default) in &self.values {
                let below = self.below.get(name);
                let made = || below.map_or(default.clone(), |defaults| defaults.apply(default));
                result.entry(name.clone()).or_insert_with(made);
            }
        }
        Value::object(result)
    }
}

/// The words that types are made of.
const WORDS: &[&str] = &["string", "number", "bool", "any", "list", "set", "map", "object", "tuple"];

struct Reading<'a> {
    diagnostics: &'a mut Diagnostics,
}

impl Reading<'_> {
    fn invalid(&mut self, detail: impl Into<String>, at: Span) -> (Type, Defaults) {
        let error = Diagnostic::error(Code::WrongType, "Invalid type specification");
        self.diagnostics.push(error.detail(detail).at(at));
        (Type::Dynamic, Defaults::default())
    }

    fn unknown_word(&mut self, detail: String, word: &str, at: Span) -> (Type, Defaults) {
        let error = Diagnostic::error(Code::WrongType, "Invalid type specification").detail(detail).at(at);
        let near = nearest(word, WORDS.iter().copied()).map(|near| format!("Did you mean \"{near}\"?"));
        self.diagnostics.push(Diagnostic { help: near, ..error });
        (Type::Dynamic, Defaults::default())
    }

    fn ty(&mut self, expression: &Expression) -> (Type, Defaults) {
        // A single word in JSON syntax is found with its quotes.
        let place = expression.span;
        let expression = &*argument::written(expression);
        let simple = |ty| (ty, Defaults::default());
        match &expression.kind {
            ExpressionKind::Variable(word) => match &**word {
                "string" => simple(Type::String),
                "number" => simple(Type::Number),
                "bool" => simple(Type::Bool),
                "any" => simple(Type::Dynamic),
                "list" | "set" | "map" => {
                    let detail = format!("The {word} type constructor requires one argument specifying the element type.");
                    self.invalid(detail, expression.span)
                }
                "object" => self.invalid("The object type constructor requires one argument specifying the attribute types and values as a map.", expression.span),
                "tuple" => self.invalid("The tuple type constructor requires one argument specifying the element types as a list.", expression.span),
                word => self.unknown_word(format!("The keyword \"{word}\" is not a valid type specification."), word, place),
            },
            ExpressionKind::Call(call) => self.constructor(call, expression.span),
            _ => self.invalid("A type specification is either a primitive type keyword (bool, number, string) or a complex type constructor call, like list(string).", expression.span),
        }
    }

    fn constructor(&mut self, call: &Call, span: Span) -> (Type, Defaults) {
        let word = &*call.name.text;
        match word {
            "string" | "number" | "bool" | "any" => {
                let detail = format!("Primitive type keyword \"{word}\" does not expect arguments.");
                return self.invalid(detail, call.parentheses);
            }
            "optional" => {
                return self.invalid(
                    "Keyword \"optional\" is valid only as a modifier for object type attributes.",
                    call.name.span,
                );
            }
            "list" | "set" | "map" | "object" | "tuple" => {}
            _ => {
                return self.unknown_word(
                    format!("Keyword \"{word}\" is not a valid type constructor."),
                    word,
                    span,
                );
            }
        }
        let [argument] = call.arguments.as_slice() else {
            let what = if word == "object" {
                "attribute types and values as a map"
            } else if word == "tuple" {
                "element types as a list"
            } else {
                "element type"
            };
            let place = match call.arguments.as_slice() {
                [_, first, .., last] => first.span.to(last.span),
                [_, extra] => extra.span,
                [] | [_] => call.parentheses,
            };
            return self.invalid(
                format!("The {word} type constructor requires one argument specifying the {what}."),
                place,
            );
        };
        match word {
            "object" => self.object(argument),
            "tuple" => self.tuple(argument),
            _ => {
                let (element, defaults) = self.ty(argument);
                let below = [(Text::from(""), defaults)].into_iter().filter(|(_, d)| !d.is_empty()).collect();
                let ty = match word {
                    "list" => Type::list(element),
                    "set" => Type::set(element),
                    _ => Type::map(element),
                };
                (ty, Defaults { below, ..Defaults::default() })
            }
        }
    }

    fn tuple(&mut self, argument: &Expression) -> (Type, Defaults) {
        let ExpressionKind::Tuple(items) = &argument.kind else {
            return self.invalid("Tuple type constructor requires a list of element types.", argument.span);
        };
        let mut defaults = Defaults::default();
        let mut types = Vec::new();
        for (at, item) in items.iter().enumerate() {
            let (ty, below) = self.ty(item);
            types.push(ty);
            if !below.is_empty() {
                defaults.places.insert(at, below);
            }
        }
        (Type::tuple(types), defaults)
    }

    fn object(&mut self, argument: &Expression) -> (Type, Defaults) {
        let ExpressionKind::Object(items) = &argument.kind else {
            return self.invalid("Object type constructor requires a map whose keys are attribute names and whose values are the corresponding attribute types.", argument.span);
        };
        let mut object = (BTreeMap::new(), BTreeSet::new());
        let mut defaults = Defaults::default();
        for item in items {
            self.object_item(item, &mut object, &mut defaults);
        }
        let (attributes, optional) = object;
        (Type::Object(Arc::new(ObjectType { attributes, optional })), defaults)
    }

    fn object_item(
        &mut self,
        item: &ObjectItem,
        object: &mut (BTreeMap<Text, Type>, BTreeSet<Text>),
        defaults: &mut Defaults,
    ) {
        let name = match &item.key.kind {
            ExpressionKind::Variable(name) => Some(name.clone()),
            ExpressionKind::JsonString(name) => Some(name.text.clone()),
            _ => None,
        };
        let Some(name) = name else {
            self.invalid("Object constructor map keys must be attribute names.", item.key.span);
            return;
        };
        if object.0.contains_key(&name) {
            self.invalid("Object constructor map keys must be unique.", item.key.span);
            return;
        }
        let (ty, below) = match optional_call(&item.value) {
            Some(call) => {
                object.1.insert(name.clone());
                self.optional(call, &name, defaults)
            }
            None => self.ty(&item.value),
        };
        if !below.is_empty() {
            defaults.below.insert(name.clone(), below);
        }
        object.0.insert(name, ty);
    }

    fn optional(&mut self, call: &Call, name: &Text, defaults: &mut Defaults) -> (Type, Defaults) {
        let (ty, default) = match call.arguments.as_slice() {
            [ty] => (ty, None),
            [ty, default] => (ty, Some(default)),
            [] => {
                return self.invalid(
                    "Optional attribute modifier requires the attribute type as its argument.",
                    call.parentheses,
                );
            }
            [_, _, _, ..] => {
                return self.invalid(
                    "Optional attribute modifier expects at most two arguments: the attribute type, and a default value.",
                    call.parentheses,
                );
            }
        };
        let (ty, below) = self.ty(ty);
        if let Some(default) = default {
            self.default(default, &ty, &below, name, defaults);
        }
        (ty, below)
    }

    fn default(
        &mut self,
        default: &Expression,
        ty: &Type,
        below: &Defaults,
        name: &Text,
        defaults: &mut Defaults,
    ) {
        let Some(value) = evaluate::literal(default, self.diagnostics) else { return };
        match convert(&below.apply(&value), ty) {
            Ok(value) => {
                defaults.values.insert(name.clone(), value);
            }
            Err(error) => self.diagnostics.push(
                Diagnostic::error(Code::WrongType, "Invalid default value for optional attribute")
                    .detail(format!(
                        "This default value is not compatible with the attribute's type constraint: {error}."
                    ))
                    .at(default.span),
            ),
        }
    }
}

fn optional_call(expression: &Expression) -> Option<&Call> {
    if let ExpressionKind::Call(call) = &expression.kind
        && &*call.name.text == "optional"
    {
        return Some(call);
    }
    None
}
