//! Types: what a value can be, as Terraform's type system has it.
//!
//! Invariant: `Type::Dynamic` stands for a type that is not known yet; it is the type of an untyped null or unknown.
//! Never: a type holds no value and no default; defaults of optional attributes belong to `TypeConstraint`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

/// A shared, immutable text.
pub type Text = Arc<str>;

/// The type of a value.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Type {
    /// Any type; of a value: not known yet.
    Dynamic,
    /// `true` or `false`.
    Bool,
    /// A number of arbitrary size.
    Number,
    /// Unicode text in normal form C.
    String,
    /// Elements of one type in an order.
    List(Arc<Type>),
    /// Different elements of one type.
    Set(Arc<Type>),
    /// Elements of one type, by name.
    Map(Arc<Type>),
    /// Elements of a type each, in an order.
    Tuple(Arc<[Type]>),
    /// Attributes of a type each.
    Object(Arc<ObjectType>),
}

/// The attributes of an object type.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectType {
    /// Type by name.
    pub attributes: BTreeMap<Text, Type>,
    /// The names that a value to be converted may leave out; a part of constraints only.
    pub optional: BTreeSet<Text>,
}

impl Type {
    /// A list of that element type.
    pub fn list(element: Type) -> Type {
        Type::List(Arc::new(element))
    }

    /// A set of that element type.
    pub fn set(element: Type) -> Type {
        Type::Set(Arc::new(element))
    }

    /// A map of that element type.
    pub fn map(element: Type) -> Type {
        Type::Map(Arc::new(element))
    }

    /// A tuple of those types.
    pub fn tuple(elements: impl IntoIterator<Item = Type>) -> Type {
        Type::Tuple(elements.into_iter().collect())
    }

    /// An object of those attributes, all of them required.
    pub fn object<N: Into<Text>>(attributes: impl IntoIterator<Item = (N, Type)>) -> Type {
        let attributes = attributes.into_iter().map(|(name, ty)| (name.into(), ty)).collect();
        Type::Object(Arc::new(ObjectType { attributes, optional: BTreeSet::new() }))
    }

    /// The element type of a list, set or map.
    pub fn element(&self) -> Option<&Type> {
        match self {
            Type::List(element) | Type::Set(element) | Type::Map(element) => Some(element),
            Type::Dynamic | Type::Bool | Type::Number | Type::String | Type::Tuple(_) | Type::Object(_) => {
                None
            }
        }
    }

    /// Whether it is `bool`, `number` or `string`.
    pub fn is_primitive(&self) -> bool {
        matches!(self, Type::Bool | Type::Number | Type::String)
    }

    /// Whether `Dynamic` stands anywhere in it.
    pub fn has_dynamic(&self) -> bool {
        match self {
            Type::Dynamic => true,
            Type::Bool | Type::Number | Type::String => false,
            Type::List(element) | Type::Set(element) | Type::Map(element) => element.has_dynamic(),
            Type::Tuple(elements) => elements.iter().any(Type::has_dynamic),
            Type::Object(object) => object.attributes.values().any(Type::has_dynamic),
        }
    }

    /// What people call it: `string`, `list of number`, `object`, as in Terraform's messages.
    pub fn friendly_name(&self) -> String {
        match self {
            Type::Dynamic => "dynamic".into(),
            Type::Bool => "bool".into(),
            Type::Number => "number".into(),
            Type::String => "string".into(),
            Type::List(element) => format!("list of {}", element.friendly_name_in_collection()),
            Type::Set(element) => format!("set of {}", element.friendly_name_in_collection()),
            Type::Map(element) => format!("map of {}", element.friendly_name_in_collection()),
            Type::Tuple(_) => "tuple".into(),
            Type::Object(_) => "object".into(),
        }
    }

    fn friendly_name_in_collection(&self) -> String {
        if *self == Type::Dynamic { "any single type".into() } else { self.friendly_name() }
    }
}

impl fmt::Display for Type {
    /// The type as it is written in a configuration: `list(object({ a = string }))`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Dynamic => f.write_str("any"),
            Type::Bool => f.write_str("bool"),
            Type::Number => f.write_str("number"),
            Type::String => f.write_str("string"),
            Type::List(element) => write!(f, "list({element})"),
            Type::Set(element) => write!(f, "set({element})"),
            Type::Map(element) => write!(f, "map({element})"),
            Type::Tuple(elements) => {
                let elements: Vec<String> = elements.iter().map(Type::to_string).collect();
                write!(f, "tuple([{}])", elements.join(", "))
            }
            Type::Object(object) => {
                let attribute = |(name, ty): (&Text, &Type)| match object.optional.contains(name) {
                    true => format!("{name} = optional({ty})"),
                    false => format!("{name} = {ty}"),
                };
                let attributes: Vec<String> = object.attributes.iter().map(attribute).collect();
                write!(f, "object({{{}}})", attributes.join(", "))
            }
        }
    }
}
