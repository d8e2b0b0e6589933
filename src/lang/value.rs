//! Values: what expressions give, with what is unknown and what is secret at any depth.
//!
//! Invariant: a value is cheap to clone; collections are shared.
//! Invariant: a set's elements carry no marks of their own, the set has them; they are different and in Terraform's order.
//! Invariant: elements of a list, set or map have the element type that the collection states.
//! Never: `Debug` shows what is marked sensitive.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use unicode_segmentation::UnicodeSegmentation;

use crate::number::Number;
use crate::types::{ObjectType, Text, Type};

/// A value of the language.
#[derive(Clone, PartialEq, Eq)]
pub struct Value {
    content: Content,
    marks: Marks,
}

/// What a value is, without its marks.
#[derive(Clone, PartialEq, Eq)]
pub enum Content {
    /// No value, of a type.
    Null(Type),
    /// A value that is known only later.
    Unknown(Type, Refinement),
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A text in normal form C.
    String(Text),
    /// Elements in order, all of the type.
    List(Type, Arc<Vec<Value>>),
    /// Different elements of the type, in Terraform's order.
    Set(Type, Arc<Vec<Value>>),
    /// Elements by name, all of the type.
    Map(Type, Arc<BTreeMap<Text, Value>>),
    /// Elements in order, each of its own type.
    Tuple(Arc<Vec<Value>>),
    /// Attributes by name, each of its own type.
    Object(Arc<BTreeMap<Text, Value>>),
}

/// What is known of an unknown value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refinement {
    /// It will not be null.
    pub not_null: bool,
    /// It will begin with this text (strings).
    pub prefix: Option<Text>,
    /// It will be at least this, and whether it can be equal (numbers).
    pub at_least: Option<(Number, Bound)>,
    /// It will be at most this, and whether it can be equal (numbers).
    pub at_most: Option<(Number, Bound)>,
    /// It will have at least so many elements (collections).
    pub length_min: Option<usize>,
    /// It will have at most so many elements (collections).
    pub length_max: Option<usize>,
}

/// Whether a limit itself is within.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// The limit is possible.
    Inclusive,
    /// The limit is not possible.
    Exclusive,
}

/// What is said of a value besides its content.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Marks(u8);

impl Marks {
    /// Nothing.
    pub const NONE: Marks = Marks(0);
    /// It appears nowhere but in state.
    pub const SENSITIVE: Marks = Marks(1);
    /// It appears not even in state.
    pub const EPHEMERAL: Marks = Marks(2);
    /// It comes from something that is deprecated.
    pub const DEPRECATED: Marks = Marks(4);

    /// Both together.
    pub fn with(self, other: Marks) -> Marks {
        Marks(self.0 | other.0)
    }

    /// These without those of `other`.
    pub fn without(self, other: Marks) -> Marks {
        Marks(self.0 & !other.0)
    }

    /// Whether all of `other` are among these.
    pub fn contains(self, other: Marks) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl fmt::Debug for Marks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = [
            (Marks::SENSITIVE, "sensitive"),
            (Marks::EPHEMERAL, "ephemeral"),
            (Marks::DEPRECATED, "deprecated"),
        ];
        f.debug_set().entries(names.iter().filter(|(m, _)| self.contains(*m)).map(|(_, n)| n)).finish()
    }
}

impl From<Content> for Value {
    fn from(content: Content) -> Value {
        Value { content, marks: Marks::NONE }
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Value {
        Content::Bool(truth).into()
    }
}

impl From<Number> for Value {
    fn from(number: Number) -> Value {
        Content::Number(number).into()
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Value {
        Content::Number(number.into()).into()
    }
}

/// Constructors.
impl Value {
    /// A text, brought to normal form C.
    pub fn string(text: impl AsRef<str>) -> Value {
        use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};
        let text = text.as_ref();
        match is_nfc_quick(text.chars()) {
            IsNormalized::Yes => Content::String(text.into()).into(),
            IsNormalized::No | IsNormalized::Maybe => {
                Content::String(text.nfc().collect::<String>().into()).into()
            }
        }
    }

    /// A number.
    pub fn from_number(number: Number) -> Value {
        Content::Number(number).into()
    }

    /// No value, of a type.
    pub fn null(ty: Type) -> Value {
        Content::Null(ty).into()
    }

    /// A value of a type that is known only later.
    pub fn unknown(ty: Type) -> Value {
        Content::Unknown(ty, Refinement::default()).into()
    }

    /// A value of a type that is known only later, but known not to be null.
    pub fn unknown_not_null(ty: Type) -> Value {
        Content::Unknown(ty, Refinement { not_null: true, ..Refinement::default() }).into()
    }

    /// A text that is not known but for its beginning. What follows may change the last letter of it, as an accent does, unless that
    /// is one of the signs that join to nothing.
    pub fn unknown_text(beginning: &str) -> Value {
        const ALONE: &str = "-_:;/\\,.(){}[]|?!~ \t@#$%^&*+\"'";
        let sure = match beginning.ends_with(|last| ALONE.contains(last)) {
            true => beginning.len(),
            false => beginning.grapheme_indices(true).next_back().map_or(0, |(at, _)| at),
        };
        let prefix = Some(Text::from(&beginning[..sure])).filter(|prefix| !prefix.is_empty());
        let refinement = Refinement { not_null: true, prefix, ..Refinement::default() };
        Content::Unknown(Type::String, refinement).into()
    }

    /// A tuple.
    pub fn tuple(elements: impl IntoIterator<Item = Value>) -> Value {
        Content::Tuple(Arc::new(elements.into_iter().collect())).into()
    }

    /// An object.
    pub fn object<N: Into<Text>>(attributes: impl IntoIterator<Item = (N, Value)>) -> Value {
        Content::Object(Arc::new(attributes.into_iter().map(|(n, v)| (n.into(), v)).collect())).into()
    }

    /// A list. Every element must be of the element type (convert before).
    pub fn list(element: Type, elements: impl IntoIterator<Item = Value>) -> Value {
        Content::List(element, Arc::new(elements.into_iter().collect())).into()
    }

    /// A map. Every element must be of the element type (convert before).
    pub fn map<N: Into<Text>>(element: Type, elements: impl IntoIterator<Item = (N, Value)>) -> Value {
        Content::Map(element, Arc::new(elements.into_iter().map(|(n, v)| (n.into(), v)).collect())).into()
    }
}

/// Marks.
impl Value {
    /// What it is, without its marks. Elements keep theirs.
    pub fn content(&self) -> &Content {
        &self.content
    }

    /// Gives up the content.
    pub fn into_content(self) -> Content {
        self.content
    }

    /// The marks of the value itself, not of its elements.
    pub fn marks(&self) -> Marks {
        self.marks
    }

    /// The value with further marks.
    pub fn marked(self, marks: Marks) -> Value {
        Value { marks: self.marks.with(marks), ..self }
    }

    /// The value with the sensitive mark.
    pub fn sensitive(self) -> Value {
        self.marked(Marks::SENSITIVE)
    }

    /// The value without marks of its own, and what they were.
    pub fn unmark(self) -> (Value, Marks) {
        (Value { content: self.content, marks: Marks::NONE }, self.marks)
    }

    /// Whether the value itself is sensitive.
    pub fn is_sensitive(&self) -> bool {
        self.marks.contains(Marks::SENSITIVE)
    }

    /// Whether the value or anything in it is sensitive.
    pub fn is_sensitive_deep(&self) -> bool {
        self.marks_deep().contains(Marks::SENSITIVE)
    }

    /// All marks of the value and of everything in it.
    pub fn marks_deep(&self) -> Marks {
        self.elements().fold(self.marks, |marks, element| marks.with(element.marks_deep()))
    }

    /// The value with no mark anywhere in it, and all marks that there were.
    pub fn unmark_deep(&self) -> (Value, Marks) {
        let marks = self.marks_deep();
        if marks.is_empty() { (self.clone(), marks) } else { (self.map_marks(&|_| Marks::NONE), marks) }
    }

    /// The value with everything in it marked as sensitive of which this is true.
    pub fn sensitive_where(&self, secret: &dyn Fn(&Value) -> bool) -> Value {
        self.map_marks(&|value| match secret(value) {
            true => value.marks.with(Marks::SENSITIVE),
            false => value.marks,
        })
    }

    fn map_marks(&self, change: &dyn Fn(&Value) -> Marks) -> Value {
        let each = |items: &Arc<Vec<Value>>| Arc::new(items.iter().map(|v| v.map_marks(change)).collect());
        let named = |items: &Arc<BTreeMap<Text, Value>>| {
            Arc::new(items.iter().map(|(n, v)| (n.clone(), v.map_marks(change))).collect())
        };
        let content = match &self.content {
            Content::List(ty, items) => Content::List(ty.clone(), each(items)),
            Content::Set(ty, items) => Content::Set(ty.clone(), each(items)),
            Content::Tuple(items) => Content::Tuple(each(items)),
            Content::Map(ty, items) => Content::Map(ty.clone(), named(items)),
            Content::Object(items) => Content::Object(named(items)),
            plain @ (Content::Null(_)
            | Content::Unknown(..)
            | Content::Bool(_)
            | Content::Number(_)
            | Content::String(_)) => plain.clone(),
        };
        Value { content, marks: change(self) }
    }
}

/// Questions.
impl Value {
    /// The type. `O(elements)` for tuples and objects.
    pub fn ty(&self) -> Type {
        match &self.content {
            Content::Null(ty) | Content::Unknown(ty, _) => ty.clone(),
            Content::Bool(_) => Type::Bool,
            Content::Number(_) => Type::Number,
            Content::String(_) => Type::String,
            Content::List(element, _) => Type::list(element.clone()),
            Content::Set(element, _) => Type::set(element.clone()),
            Content::Map(element, _) => Type::map(element.clone()),
            Content::Tuple(items) => Type::tuple(items.iter().map(Value::ty)),
            Content::Object(items) => Type::Object(Arc::new(ObjectType {
                attributes: items.iter().map(|(name, value)| (name.clone(), value.ty())).collect(),
                optional: Default::default(),
            })),
        }
    }

    /// Whether it is null.
    pub fn is_null(&self) -> bool {
        matches!(self.content, Content::Null(_))
    }

    /// Whether the value itself is known; elements may not be.
    pub fn is_known(&self) -> bool {
        !matches!(self.content, Content::Unknown(..))
    }

    /// Whether the value and everything in it is known.
    pub fn is_wholly_known(&self) -> bool {
        self.is_known() && self.elements().all(Value::is_wholly_known)
    }

    /// The elements of a collection or attributes of an object, in order; nothing for all else.
    pub fn elements(&self) -> Box<dyn Iterator<Item = &Value> + '_> {
        match &self.content {
            Content::List(_, items) | Content::Set(_, items) | Content::Tuple(items) => {
                Box::new(items.iter())
            }
            Content::Map(_, items) | Content::Object(items) => Box::new(items.values()),
            Content::Null(_)
            | Content::Unknown(..)
            | Content::Bool(_)
            | Content::Number(_)
            | Content::String(_) => Box::new(std::iter::empty()),
        }
    }

    /// The elements of a list, set or tuple.
    pub fn as_slice(&self) -> Option<&[Value]> {
        match &self.content {
            Content::List(_, items) | Content::Set(_, items) | Content::Tuple(items) => Some(items),
            Content::Null(_)
            | Content::Unknown(..)
            | Content::Bool(_)
            | Content::Number(_)
            | Content::String(_)
            | Content::Map(..)
            | Content::Object(_) => None,
        }
    }

    /// The elements of a map or the attributes of an object.
    pub fn as_named(&self) -> Option<&BTreeMap<Text, Value>> {
        match &self.content {
            Content::Map(_, items) | Content::Object(items) => Some(items),
            Content::Null(_)
            | Content::Unknown(..)
            | Content::Bool(_)
            | Content::Number(_)
            | Content::String(_)
            | Content::List(..)
            | Content::Set(..)
            | Content::Tuple(_) => None,
        }
    }

    /// The attribute or map element of that name.
    pub fn attribute(&self, name: &str) -> Option<&Value> {
        self.as_named().and_then(|items| items.get(name))
    }

    /// The text, if it is a known string.
    pub fn as_str(&self) -> Option<&str> {
        if let Content::String(text) = &self.content { Some(text) } else { None }
    }

    /// The truth value, if it is a known bool.
    pub fn as_bool(&self) -> Option<bool> {
        if let Content::Bool(truth) = self.content { Some(truth) } else { None }
    }

    /// The number, if it is a known number.
    pub fn as_number(&self) -> Option<&Number> {
        if let Content::Number(number) = &self.content { Some(number) } else { None }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_sensitive() {
            return f.write_str("(sensitive value)");
        }
        match &self.content {
            Content::Null(_) => f.write_str("null"),
            Content::Unknown(ty, _) => write!(f, "unknown {ty}"),
            Content::Bool(truth) => write!(f, "{truth}"),
            Content::Number(number) => write!(f, "{number}"),
            Content::String(text) => write!(f, "{text:?}"),
            Content::List(_, items) | Content::Tuple(items) => f.debug_list().entries(items.iter()).finish(),
            Content::Set(_, items) => f.debug_set().entries(items.iter()).finish(),
            Content::Map(_, items) | Content::Object(items) => f.debug_map().entries(items.iter()).finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_never_shows_a_secret() {
        let value = Value::object([("open", Value::from(1)), ("key", Value::string("hunter2").sensitive())]);
        assert_eq!(format!("{value:?}"), r#"{"key": (sensitive value), "open": 1}"#);
    }

    #[test]
    fn marks_are_found_and_removed_at_any_depth() {
        let value = Value::tuple([Value::tuple([Value::string("x").sensitive()])]);
        let (bare, marks) = value.unmark_deep();
        assert_eq!((bare.marks_deep(), marks), (Marks::NONE, Marks::SENSITIVE));
    }

    #[test]
    fn strings_are_normalised() {
        assert_eq!(Value::string("e\u{301}"), Value::string("\u{e9}"));
    }
}
