//! Conversion of values between types, and the one type that several values have in common.
//!
//! Rule: a primitive becomes another where its text says the same; collections and structures by their elements; an
//! object may lose attributes and never gains one but the optional ones, as null.
//! Source: <https://developer.hashicorp.com/terraform/language/expressions/types#type-conversion>
//!
//! Never: a value that is converted loses a mark; what is unknown stays unknown.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::path::{Path, Step};
use crate::set::set;
use crate::types::{ObjectType, Text, Type};
use crate::value::{Content, Refinement, Value};

/// Why a value is not what is needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConversionError {
    /// Where in the value.
    pub path: Path,
    /// What is needed there: `a number is required`.
    pub message: String,
}

impl fmt::Display for ConversionError {
    /// The path as people read it, then what is needed: `element 0: a number is required`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.0.is_empty() {
            return f.write_str(&self.message);
        }
        let mut words = Vec::new();
        for step in &self.path.0 {
            words.push(match step {
                Step::Attribute(name) => format!("attribute \"{name}\""),
                Step::Index(index) => format!("element {index}"),
                Step::Key(key) => format!("element \"{key}\""),
            });
        }
        write!(f, "{}: {}", words.join(": "), self.message)
    }
}

impl ConversionError {
    fn new(message: impl Into<String>) -> ConversionError {
        ConversionError { path: Path::root(), message: message.into() }
    }

    fn under(mut self, step: Step) -> ConversionError {
        self.path.0.insert(0, step);
        self
    }
}

/// The words for a missing type: `a number is required`.
pub fn required(ty: &Type) -> String {
    match ty {
        Type::Dynamic => "any value is required".into(),
        Type::Bool => "a bool is required".into(),
        Type::Number => "a number is required".into(),
        Type::String => "a string is required".into(),
        Type::List(_) | Type::Set(_) | Type::Map(_) => format!("{} required", ty.friendly_name()),
        Type::Tuple(_) => "tuple required".into(),
        Type::Object(_) => "object required".into(),
    }
}

/// Brings a value to a type. `Dynamic` in the type stands for whatever the value has there.
///
/// # Errors
/// Where and why it is not possible.
pub fn convert(value: &Value, ty: &Type) -> Result<Value, ConversionError> {
    let converted = convert_content(value, ty)?;
    Ok(converted.marked(value.marks()))
}

fn convert_content(value: &Value, ty: &Type) -> Result<Value, ConversionError> {
    match (value.content(), ty) {
        (_, Type::Dynamic) => Ok(value.clone()),
        (Content::Null(_), _) => Ok(Value::null(without_optional(ty))),
        (Content::Unknown(from, refinement), _) => convert_unknown(from, refinement, ty),
        (Content::Bool(_), Type::Bool)
        | (Content::Number(_), Type::Number)
        | (Content::String(_), Type::String) => Ok(value.clone()),
        (Content::Bool(truth), Type::String) => Ok(Value::string(truth.to_string())),
        (Content::Number(number), Type::String) => Ok(Value::string(number.to_string())),
        (Content::String(text), Type::Number) => {
            text.parse().map(Value::from_number).map_err(|_| ConversionError::new("a number is required"))
        }
        (Content::String(text), Type::Bool) => text_to_bool(text),
        // Elements of a set that are not known have no place yet, and may turn out equal.
        (Content::Set(_, items), Type::List(_)) if items.len() > 1 && !value.is_wholly_known() => {
            let sure = Refinement { not_null: true, ..Refinement::default() };
            convert_unknown(&value.ty(), &sure, ty)
        }
        (_, Type::List(element)) => {
            convert_to_sequence(value, element).map(|(ty, items)| Value::list(ty, items))
        }
        (_, Type::Set(element)) => convert_to_sequence(value, element).map(|(ty, items)| set(ty, items)),
        (_, Type::Map(element)) => convert_to_map(value, element),
        (_, Type::Tuple(elements)) => convert_to_tuple(value, elements),
        (_, Type::Object(object)) => convert_to_object(value, object),
        _ => Err(ConversionError::new(required(ty))),
    }
}

fn text_to_bool(text: &str) -> Result<Value, ConversionError> {
    match text {
        "true" | "1" => Ok(true.into()),
        "false" | "0" => Ok(false.into()),
        "True" | "TRUE" => {
            Err(ConversionError::new("a bool is required; to convert from string, use lowercase \"true\""))
        }
        "False" | "FALSE" => {
            Err(ConversionError::new("a bool is required; to convert from string, use lowercase \"false\""))
        }
        _ => Err(ConversionError::new("a bool is required")),
    }
}

fn convert_unknown(from: &Type, refinement: &Refinement, to: &Type) -> Result<Value, ConversionError> {
    if from == to {
        return Ok(Content::Unknown(from.clone(), refinement.clone()).into());
    }
    if *from != Type::Dynamic && !convertible(from, to) {
        return Err(ConversionError::new(required(to)));
    }
    let kept = Refinement { not_null: refinement.not_null, ..Refinement::default() };
    Ok(Content::Unknown(resolve_dynamic(from, to), kept).into())
}

/// The type that a value of `from` has after conversion to `to`, as far as the types alone tell.
fn resolve_dynamic(from: &Type, to: &Type) -> Type {
    match (from, to) {
        (_, Type::Dynamic) => from.clone(),
        (Type::List(f) | Type::Set(f), Type::List(t)) => Type::list(resolve_dynamic(f, t)),
        (Type::List(f) | Type::Set(f), Type::Set(t)) => Type::set(resolve_dynamic(f, t)),
        (Type::Map(f), Type::Map(t)) => Type::map(resolve_dynamic(f, t)),
        (Type::Tuple(items), Type::List(t)) if **t == Type::Dynamic => {
            Type::list(unify(items).unwrap_or(Type::Dynamic))
        }
        (Type::Tuple(items), Type::Set(t)) if **t == Type::Dynamic => {
            Type::set(unify(items).unwrap_or(Type::Dynamic))
        }
        (Type::Object(object), Type::Map(t)) if **t == Type::Dynamic => {
            let types: Vec<Type> = object.attributes.values().cloned().collect();
            Type::map(unify(&types).unwrap_or(Type::Dynamic))
        }
        _ => without_optional(to),
    }
}

/// The type with all attributes required, as values have it.
pub fn without_optional(ty: &Type) -> Type {
    match ty {
        Type::Dynamic | Type::Bool | Type::Number | Type::String => ty.clone(),
        Type::List(element) => Type::list(without_optional(element)),
        Type::Set(element) => Type::set(without_optional(element)),
        Type::Map(element) => Type::map(without_optional(element)),
        Type::Tuple(elements) => Type::tuple(elements.iter().map(without_optional)),
        Type::Object(object) => {
            Type::object(object.attributes.iter().map(|(name, ty)| (name.clone(), without_optional(ty))))
        }
    }
}

/// Whether every value of one type might become the other; texts may still turn out unfit.
pub fn convertible(from: &Type, to: &Type) -> bool {
    match (from, to) {
        (_, Type::Dynamic) | (Type::Dynamic, _) => true,
        (Type::Bool, Type::Number) | (Type::Number, Type::Bool) => false,
        (from, to) if from.is_primitive() && to.is_primitive() => true,
        (Type::List(f) | Type::Set(f), Type::List(t) | Type::Set(t)) | (Type::Map(f), Type::Map(t)) => {
            convertible(f, t)
        }
        (Type::Tuple(items), Type::List(t) | Type::Set(t)) => items.iter().all(|item| convertible(item, t)),
        (Type::Tuple(items), Type::Tuple(wanted)) => {
            items.len() == wanted.len() && items.iter().zip(wanted.iter()).all(|(f, t)| convertible(f, t))
        }
        (Type::Object(object), Type::Map(t)) => object.attributes.values().all(|item| convertible(item, t)),
        (Type::Map(f), Type::Object(object)) => object.attributes.values().all(|t| convertible(f, t)),
        (Type::Object(object), Type::Object(wanted)) => wanted.attributes.iter().all(|(name, t)| {
            object.attributes.get(name).map_or(wanted.optional.contains(name), |f| convertible(f, t))
        }),
        _ => false,
    }
}

fn convert_to_sequence(value: &Value, element: &Type) -> Result<(Type, Vec<Value>), ConversionError> {
    let Some(items) = value.as_slice() else {
        return Err(ConversionError::new(format!(
            "{} required",
            Type::list(element.clone()).friendly_name()
        )));
    };
    let element = common_element(element, items.iter(), value)?;
    let items = items
        .iter()
        .enumerate()
        .map(|(at, item)| convert(item, &element).map_err(|error| error.under(Step::Index(at))));
    Ok((without_optional(&element), items.collect::<Result<_, _>>()?))
}

/// The element type to convert to; where it is not said, the one that the elements have in common.
fn common_element<'a>(
    element: &Type,
    items: impl Iterator<Item = &'a Value>,
    value: &Value,
) -> Result<Type, ConversionError> {
    if !element.has_dynamic() {
        return Ok(element.clone());
    }
    if let (Type::Dynamic, Some(own)) = (element, value.ty().element()) {
        return Ok(own.clone());
    }
    let types: Result<Vec<Type>, ConversionError> =
        items.map(|item| Ok(convert(item, element)?.ty())).collect();
    let types = types?;
    if types.is_empty() {
        return Ok(element.clone());
    }
    unify(&types).ok_or_else(|| ConversionError::new("all list elements must have the same type"))
}

fn convert_to_map(value: &Value, element: &Type) -> Result<Value, ConversionError> {
    let Some(items) = value.as_named() else {
        return Err(ConversionError::new(required(&Type::map(element.clone()))));
    };
    let element = common_element(element, items.values(), value).map_err(|error| ConversionError {
        message: error.message.replace("list elements", "map elements"),
        ..error
    })?;
    let items = items.iter().map(|(key, item)| {
        let converted = convert(item, &element).map_err(|error| error.under(Step::Key(key.clone())))?;
        Ok((key.clone(), converted))
    });
    Ok(Value::map(without_optional(&element), items.collect::<Result<Vec<_>, _>>()?))
}

fn convert_to_tuple(value: &Value, wanted: &[Type]) -> Result<Value, ConversionError> {
    let Content::Tuple(items) = value.content() else { return Err(ConversionError::new("tuple required")) };
    if items.len() != wanted.len() {
        return Err(ConversionError::new(format!("tuple of {} elements required", wanted.len())));
    }
    let items = items.iter().zip(wanted).enumerate();
    let items = items.map(|(at, (item, ty))| convert(item, ty).map_err(|error| error.under(Step::Index(at))));
    Ok(Value::tuple(items.collect::<Result<Vec<_>, _>>()?))
}

fn convert_to_object(value: &Value, wanted: &ObjectType) -> Result<Value, ConversionError> {
    let Some(items) = value.as_named() else { return Err(ConversionError::new("object required")) };
    let missing: Vec<&str> = wanted
        .attributes
        .keys()
        .filter(|name| !items.contains_key(*name) && !wanted.optional.contains(*name))
        .map(|name| &**name)
        .collect();
    match missing.as_slice() {
        [] => {}
        [one] => return Err(ConversionError::new(format!("attribute {one:?} is required"))),
        many => {
            let names: Vec<String> = many.iter().map(|name| format!("{name:?}")).collect();
            let (last, first) = names.split_last().expect("two or more are missing");
            let listed = match first {
                [only] => format!("{only} and {last}"),
                first => format!("{}, and {last}", first.join(", ")),
            };
            return Err(ConversionError::new(format!("attributes {listed} are required")));
        }
    }
    let attributes = wanted.attributes.iter().map(|(name, ty)| match items.get(name) {
        Some(item) => {
            let converted = convert(item, ty).map_err(|error| error.under(Step::Attribute(name.clone())))?;
            Ok((name.clone(), converted))
        }
        None => Ok((name.clone(), Value::null(without_optional(ty)))),
    });
    Ok(Value::object(attributes.collect::<Result<Vec<(Text, Value)>, _>>()?))
}

/// The type that values of all these types can be converted to without loss; `None` if there is none.
pub fn unify(types: &[Type]) -> Option<Type> {
    let known: Vec<&Type> = types.iter().filter(|ty| **ty != Type::Dynamic).collect();
    let Some(first) = known.first() else { return Some(Type::Dynamic) };
    // What has no type yet will be what its neighbours are, if these are primitive.
    if known.len() < types.len() && !known.iter().all(|ty| ty.is_primitive()) {
        return Some(Type::Dynamic);
    }
    if known.iter().all(|ty| ty == first) {
        return Some((*first).clone());
    }
    if known.iter().all(|ty| ty.is_primitive()) {
        // A number and a bool have only their text in common.
        return Some(Type::String).filter(|_| known.contains(&&Type::String));
    }
    unify_collections(&known)
}

fn unify_collections(types: &[&Type]) -> Option<Type> {
    let elements = |pick: fn(&Type) -> Option<&Type>| -> Option<Vec<Type>> {
        types.iter().map(|ty| pick(ty).cloned()).collect()
    };
    let list = |ty: &Type| matches!(ty, Type::List(_) | Type::Tuple(_));
    let keyed = |ty: &Type| matches!(ty, Type::Map(_) | Type::Object(_));
    if types.iter().all(|ty| matches!(ty, Type::Set(_))) {
        return unify(&elements(Type::element)?).map(Type::set);
    }
    if types.iter().all(|ty| matches!(ty, Type::Tuple(_))) {
        return unify_tuples(types);
    }
    if types.iter().all(|ty| matches!(ty, Type::Object(_))) {
        return unify_objects(types);
    }
    // An empty tuple or object says nothing about elements.
    let empty = |ty: &Type| match ty {
        Type::Tuple(items) => items.is_empty(),
        Type::Object(object) => object.attributes.is_empty(),
        _ => false,
    };
    let inner: Option<Vec<Type>> = types.iter().filter(|ty| !empty(ty)).map(|ty| own_element(ty)).collect();
    if types.iter().all(|ty| list(ty)) {
        return unify(&inner?).map(Type::list);
    }
    if types.iter().all(|ty| keyed(ty)) {
        return unify(&inner?).map(Type::map);
    }
    if types.iter().all(|ty| list(ty) || matches!(ty, Type::Set(_))) {
        return unify_with_sets(types);
    }
    None
}

/// Of lists and sets the first list is it, or else the first set, whose elements all others can become without loss.
fn unify_with_sets(types: &[&Type]) -> Option<Type> {
    let lists = types.iter().filter(|ty| matches!(ty, Type::List(_)));
    let sets = types.iter().filter(|ty| matches!(ty, Type::Set(_)));
    let holds = |wanted: &Type| {
        let becomes = |ty: &&Type| match ty {
            Type::Tuple(items) if items.is_empty() => true,
            ty => {
                own_element(ty).and_then(|element| unify(&[element, wanted.clone()])).as_ref() == Some(wanted)
            }
        };
        types.iter().all(becomes)
    };
    let mut candidates = lists.chain(sets);
    candidates.find(|ty| ty.element().is_some_and(holds)).map(|ty| (*ty).clone())
}

/// The element type of a collection, or the one that the elements of a structure have in common.
fn own_element(ty: &Type) -> Option<Type> {
    match ty {
        Type::List(element) | Type::Set(element) | Type::Map(element) => Some((**element).clone()),
        Type::Tuple(elements) => unify(elements),
        Type::Object(object) => unify(&object.attributes.values().cloned().collect::<Vec<_>>()),
        Type::Dynamic | Type::Bool | Type::Number | Type::String => None,
    }
}

fn unify_tuples(types: &[&Type]) -> Option<Type> {
    let tuples: Vec<&Arc<[Type]>> =
        types.iter().filter_map(|ty| if let Type::Tuple(items) = ty { Some(items) } else { None }).collect();
    let length = tuples.first()?.len();
    if tuples.iter().all(|items| items.len() == length) {
        let columns: Option<Vec<Type>> = (0..length)
            .map(|at| unify(&tuples.iter().map(|items| items[at].clone()).collect::<Vec<_>>()))
            .collect();
        return columns.map(Type::tuple);
    }
    let elements: Vec<Type> = tuples.iter().flat_map(|items| items.iter().cloned()).collect();
    unify(&elements).map(Type::list)
}

fn unify_objects(types: &[&Type]) -> Option<Type> {
    let objects: Vec<&Arc<ObjectType>> = types
        .iter()
        .filter_map(|ty| if let Type::Object(object) = ty { Some(object) } else { None })
        .collect();
    let first = objects.first()?;
    if objects.iter().all(|object| object.attributes.keys().eq(first.attributes.keys())) {
        let mut attributes = BTreeMap::new();
        for name in first.attributes.keys() {
            let column: Vec<Type> = objects.iter().map(|object| object.attributes[name].clone()).collect();
            attributes.insert(name.clone(), unify(&column)?);
        }
        return Some(Type::object(attributes));
    }
    let elements: Vec<Type> = objects.iter().flat_map(|object| object.attributes.values().cloned()).collect();
    unify(&elements).map(Type::map)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn primitives_convert_by_their_text() {
        assert_eq!(convert(&Value::string("12"), &Type::Number), Ok(12.into()));
        assert_eq!(convert(&true.into(), &Type::String), Ok(Value::string("true")));
        let error = convert(&Value::tuple([Value::string("x")]), &Type::list(Type::Number)).unwrap_err();
        assert_eq!(error.to_string(), "element 0: a number is required");
    }

    #[test]
    fn a_common_type_is_found_or_not() {
        assert_eq!(unify(&[Type::Number, Type::String]), Some(Type::String));
        assert_eq!(unify(&[Type::Number, Type::Bool]), None);
        let tuples = [Type::tuple([Type::Number]), Type::tuple([Type::Number, Type::String])];
        assert_eq!(unify(&tuples), Some(Type::list(Type::String)));
    }

    #[test]
    fn lists_and_sets_meet_in_a_list_that_can_hold_both() {
        let (list, set) = (Type::list, Type::set);
        assert_eq!(unify(&[set(Type::Number), list(Type::String)]), Some(list(Type::String)));
        assert_eq!(unify(&[set(Type::String), Type::tuple([Type::Number])]), Some(set(Type::String)));
        assert_eq!(unify(&[set(Type::Number), Type::tuple([Type::String])]), None);
    }

    #[test]
    fn marks_survive_conversion() {
        let value = Value::tuple([Value::from(1).sensitive()]);
        let list = convert(&value, &Type::list(Type::String)).unwrap();
        assert!(list.as_slice().unwrap()[0].is_sensitive());
    }
}
