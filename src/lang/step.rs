//! Steps on values: `.name` and `[key]`.
//!
//! Invariant: a step on something unknown is unknown, of the type that the step leads to.
//! Never: a message holds an element of a sensitive value.

use crate::convert::convert;
use crate::diagnostic::nearest;
use crate::types::Type;
use crate::value::{Content, Value};

/// Summary and detail of a step that leads nowhere.
pub type NoStep = (&'static str, String);

/// `value.name`.
///
/// # Errors
/// When the value has no such attribute.
pub fn attribute(value: &Value, name: &str) -> Result<Value, NoStep> {
    let marks = value.marks();
    let found = match value.content() {
        Content::Null(_) => {
            return Err((
                "Attempt to get attribute from null value",
                "This value is null, so it does not have any attributes.".into(),
            ));
        }
        Content::Object(items) => match items.get(name) {
            Some(found) => found.clone(),
            None => {
                return Err(("Unsupported attribute", no_attribute(items.keys().map(|name| &**name), name)));
            }
        },
        Content::Map(_, items) => match items.get(name) {
            Some(found) => found.clone(),
            None => {
                return Err((
                    "Missing map element",
                    format!("This map does not have an element with the key {name:?}."),
                ));
            }
        },
        Content::Unknown(ty, _) => unknown_attribute(ty, name)?,
        Content::List(..) | Content::Set(..) => {
            let detail = match value.ty().element() {
                Some(Type::Object(object)) if object.attributes.contains_key(name) => format!(
                    "Can't access attributes on a list of objects. Did you mean to access attribute {name:?} for a specific element of the list, or across all elements of the list?"
                ),
                _ => "This value does not have any attributes.".to_owned(),
            };
            return Err(("Unsupported attribute", detail));
        }
        Content::Bool(_) | Content::Number(_) | Content::String(_) | Content::Tuple(_) => {
            let detail = match value.content() {
                Content::Tuple(_) => "This value does not have any attributes.".to_owned(),
                _ => format!(
                    "Can't access attributes on a primitive-typed value ({}).",
                    value.ty().friendly_name()
                ),
            };
            return Err(("Unsupported attribute", detail));
        }
    };
    Ok(found.marked(marks))
}

fn no_attribute<'a>(names: impl Iterator<Item = &'a str>, name: &str) -> String {
    let near = nearest(name, names).map(|near| format!(" Did you mean \"{near}\"?")).unwrap_or_default();
    format!("This object does not have an attribute named \"{name}\".{near}")
}

fn unknown_attribute(ty: &Type, name: &str) -> Result<Value, NoStep> {
    match ty {
        Type::Dynamic => Ok(Value::unknown(Type::Dynamic)),
        Type::Map(element) => Ok(Value::unknown((**element).clone())),
        Type::Object(object) => match object.attributes.get(name) {
            Some(ty) => Ok(Value::unknown(ty.clone())),
            None => Err((
                "Unsupported attribute",
                no_attribute(object.attributes.keys().map(|name| &**name), name),
            )),
        },
        Type::Bool | Type::Number | Type::String | Type::List(_) | Type::Set(_) | Type::Tuple(_) => {
            Err(("Unsupported attribute", "This value does not have any attributes.".into()))
        }
    }
}

/// `value[key]`.
///
/// # Errors
/// When the value has no such element, or the key is of another kind.
pub fn index(value: &Value, key: &Value) -> Result<Value, NoStep> {
    let marks = value.marks().with(key.marks());
    if value.is_null() {
        return Err((
            "Attempt to index null value",
            "This value is null, so it does not have any indices.".into(),
        ));
    }
    if key.is_null() {
        return Err(("Invalid index", "Can't use a null value as an indexing key.".into()));
    }
    // The type of a tuple or an object is as long as it is: a thousand references to a thousand instances never ask for it.
    let found = match value.content() {
        Content::Tuple(_) => tuple_element(value, key, &[])?,
        Content::Object(_) => object_element(value, key)?,
        Content::Null(_)
        | Content::Unknown(..)
        | Content::Bool(_)
        | Content::Number(_)
        | Content::String(_)
        | Content::List(..)
        | Content::Set(..)
        | Content::Map(..) => element_by_type(value, key)?,
    };
    Ok(found.marked(marks))
}

fn element_by_type(value: &Value, key: &Value) -> Result<Value, NoStep> {
    Ok(match value.ty() {
        Type::Dynamic => Value::unknown(Type::Dynamic),
        Type::List(element) => list_element(value, key, &element)?,
        Type::Tuple(elements) => tuple_element(value, key, &elements)?,
        Type::Map(element) => map_element(value, key, &element)?,
        Type::Object(_) => object_element(value, key)?,
        Type::Set(_) => {
            return Err(("Invalid index", "Elements of a set are identified only by their value and don't have any separate index or key to select with, so it's only possible to perform operations across all elements of the set.".into()));
        }
        Type::Bool | Type::Number | Type::String => {
            return Err(("Invalid index", "This value does not have any indices.".into()));
        }
    })
}

const NO_ELEMENT: &str = "The given key does not identify an element in this collection value";

fn number_key(key: &Value) -> Result<Option<Result<usize, String>>, NoStep> {
    let number = convert(key, &Type::Number).map_err(|error| {
        (
            "Invalid index",
            format!("The given key does not identify an element in this collection value: {error}."),
        )
    })?;
    let Some(number) = number.as_number().cloned() else { return Ok(None) };
    if let Some(at) = number.to_usize() {
        return Ok(Some(Ok(at)));
    }
    let whole = number.to_i64().is_some();
    Ok(Some(Err(match whole {
        true => "a negative number is not a valid index for a sequence".into(),
        false => {
            "indexing a sequence requires a whole number, but the given index has a fractional part".into()
        }
    })))
}

fn list_element(value: &Value, key: &Value, element: &Type) -> Result<Value, NoStep> {
    let Some(at) = number_key(key)? else { return Ok(Value::unknown(element.clone())) };
    let Content::List(_, items) = value.content() else { return Ok(Value::unknown(element.clone())) };
    pick(items, at)
}

fn tuple_element(value: &Value, key: &Value, elements: &[Type]) -> Result<Value, NoStep> {
    let Some(at) = number_key(key)? else { return Ok(Value::unknown(Type::Dynamic)) };
    match value.content() {
        Content::Tuple(items) => pick(items, at),
        _ => {
            let unknown: Vec<Value> = elements.iter().cloned().map(Value::unknown).collect();
            pick(&unknown, at)
        }
    }
}

fn pick(items: &[Value], at: Result<usize, String>) -> Result<Value, NoStep> {
    let at = at.map_err(|reason| ("Invalid index", format!("{NO_ELEMENT}: {reason}.")))?;
    let reason = match items.len() {
        0 => "the collection has no elements",
        _ => "the given index is greater than or equal to the length of the collection",
    };
    items.get(at).cloned().ok_or_else(|| ("Invalid index", format!("{NO_ELEMENT}: {reason}.")))
}

fn map_element(value: &Value, key: &Value, element: &Type) -> Result<Value, NoStep> {
    let Some(name) = text_key(key)? else { return Ok(Value::unknown(element.clone())) };
    let Content::Map(_, items) = value.content() else { return Ok(Value::unknown(element.clone())) };
    let hint = if key.marks().is_empty() { "" } else { " (its key is not shown)" };
    items.get(&*name).cloned().ok_or_else(|| ("Invalid index", format!("{NO_ELEMENT}.{hint}")))
}

fn object_element(value: &Value, key: &Value) -> Result<Value, NoStep> {
    let Some(name) = text_key(key)? else { return Ok(Value::unknown(Type::Dynamic)) };
    let bare = value.clone().unmark().0;
    let found = match bare.content() {
        Content::Object(items) => items.get(&*name).cloned(),
        Content::Unknown(Type::Object(object), _) => {
            object.attributes.get(&*name).cloned().map(Value::unknown)
        }
        _ => None,
    };
    found.ok_or_else(|| ("Invalid index", format!("{NO_ELEMENT}.")))
}

fn text_key(key: &Value) -> Result<Option<String>, NoStep> {
    let text =
        convert(key, &Type::String).map_err(|error| ("Invalid index", format!("{NO_ELEMENT}: {error}.")))?;
    Ok(text.as_str().map(str::to_owned))
}
