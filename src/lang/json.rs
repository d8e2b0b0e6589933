//! Values as JSON and back, without losing a digit.
//!
//! Invariant: `read(write(x))` is `x` for every known value of the type; numbers are written with all their digits.
//! Never: a number goes through `f64`; `serde_json`'s own numbers are read by their text.

use std::fmt::Write as _;

use serde_json::value::RawValue;

use crate::convert::convert;
use crate::types::{Text, Type};
use crate::value::{Content, Value};

/// The JSON text of a known value, compact, keys sorted, as `jsonencode` writes it. Marks are ignored.
pub fn write(value: &Value) -> String {
    let mut out = String::new();
    write_value(value, None, &mut out);
    out
}

/// The JSON text of a known value of a type; where the type is `any`, with the value's own type beside it.
pub fn write_typed(value: &Value, ty: &Type) -> String {
    let mut out = String::new();
    write_value(value, Some(ty), &mut out);
    out
}

fn write_value(value: &Value, ty: Option<&Type>, out: &mut String) {
    if ty == Some(&Type::Dynamic) {
        if value.is_null() && value.ty() == Type::Dynamic {
            return out.push_str("null");
        }
        let own = value.ty();
        out.push_str("{\"value\":");
        write_value(value, Some(&own), out);
        let _infallible = write!(out, ",\"type\":{}}}", type_to_json(&own));
        return;
    }
    match value.content() {
        Content::Null(_) | Content::Unknown(..) => out.push_str("null"),
        Content::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
        Content::Number(number) => out.push_str(&number.to_string()),
        Content::String(text) => write_text(text, out),
        Content::List(_, items) | Content::Set(_, items) | Content::Tuple(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write_value(item, ty.and_then(|ty| element_type(ty, at)), out);
            }
            out.push(']');
        }
        Content::Map(_, items) | Content::Object(items) => {
            out.push('{');
            for (at, (name, item)) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write_text(name, out);
                out.push(':');
                write_value(item, ty.and_then(|ty| attribute_type(ty, name)), out);
            }
            out.push('}');
        }
    }
}

fn element_type(ty: &Type, at: usize) -> Option<&Type> {
    if let Type::Tuple(items) = ty { items.get(at) } else { ty.element() }
}

fn attribute_type<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
    if let Type::Object(object) = ty { object.attributes.get(name) } else { ty.element() }
}

/// A text as a JSON string with the escapes that Terraform writes: also of `<`, `>` and `&`.
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    write_text(text, &mut out);
    out
}

fn write_text(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                let _infallible = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// Reads JSON text as the value that its shape implies: objects and tuples.
///
/// # Errors
/// What is wrong with the text.
pub fn read(text: &str) -> Result<Value, String> {
    let raw: Box<RawValue> = serde_json::from_str(text).map_err(|error| error.to_string())?;
    read_raw(&raw, 0)
}

/// How deep objects and arrays may be nested.
pub(crate) const NESTING_MAX: usize = 250;

fn read_raw(raw: &RawValue, depth: usize) -> Result<Value, String> {
    if depth > NESTING_MAX {
        return Err(format!("values are nested more than {NESTING_MAX} deep"));
    }
    let text = raw.get();
    let fail = |error: serde_json::Error| error.to_string();
    match text.as_bytes().first() {
        Some(b'{') => {
            let mut attributes = std::collections::BTreeMap::new();
            let items: Vec<(String, Box<RawValue>)> = members(text)?;
            for (name, item) in items {
                attributes.insert(Text::from(name), read_raw(&item, depth + 1)?);
            }
            Ok(Value::object(attributes))
        }
        Some(b'[') => {
            let items: Vec<Box<RawValue>> = serde_json::from_str(text).map_err(fail)?;
            Ok(Value::tuple(
                items.iter().map(|item| read_raw(item, depth + 1)).collect::<Result<Vec<_>, _>>()?,
            ))
        }
        Some(b'"') => serde_json::from_str::<String>(text)
            .or_else(|_| serde_json::from_str(&without_halves(text)))
            .map(Value::string)
            .map_err(fail),
        Some(b't') => Ok(true.into()),
        Some(b'f') => Ok(false.into()),
        Some(b'n') => Ok(Value::null(Type::Dynamic)),
        _ => text.parse().map(Value::from_number).map_err(|_| format!("`{text}` is no number")),
    }
}

/// A JSON string in which each escaped half of a surrogate pair without its other half is the replacement character.
fn without_halves(text: &str) -> String {
    let code = |at: usize| {
        let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(digits, 16).ok()
    };
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let step = match code(at) {
            Some(0xd800..=0xdbff) if matches!(code(at + 6), Some(0xdc00..=0xdfff)) => 12,
            Some(0xd800..=0xdfff) => {
                out.push_str("\\ufffd");
                at += 6;
                continue;
            }
            Some(_) => 6,
            // An escaped backslash starts no escape.
            None if c == '\\' => 1 + text[at + 1..].chars().next().map_or(0, char::len_utf8),
            None => c.len_utf8(),
        };
        out.push_str(&text[at..at + step]);
        at += step;
    }
    out
}

/// The members of an object in their order, each value as its text.
fn members(text: &str) -> Result<Vec<(String, Box<RawValue>)>, String> {
    struct Members;
    impl<'de> serde::de::Visitor<'de> for Members {
        type Value = Vec<(String, Box<RawValue>)>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut members = Vec::new();
            while let Some(member) = map.next_entry()? {
                members.push(member);
            }
            Ok(members)
        }
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    serde::Deserializer::deserialize_map(&mut reader, Members).map_err(|error| error.to_string())
}

/// Reads JSON text as a value of a type. Where the type is `any`, the text holds value and type.
///
/// # Errors
/// What does not fit.
pub fn read_typed(text: &str, ty: &Type) -> Result<Value, String> {
    let value = resolve_dynamic(read(text)?, ty)?;
    convert(&value, ty).map_err(|error| error.to_string())
}

/// Replaces `{"value":…,"type":…}` by the value of that type wherever the type is `any`.
fn resolve_dynamic(value: Value, ty: &Type) -> Result<Value, String> {
    if !ty.has_dynamic() || value.is_null() {
        return Ok(value);
    }
    if *ty == Type::Dynamic {
        let (Some(inner), Some(own)) = (value.attribute("value"), value.attribute("type")) else {
            return Err("a value of any type must say its type".into());
        };
        let own = type_from_value(own)?;
        let inner = resolve_dynamic(inner.clone(), &own)?;
        return convert(&inner, &own).map_err(|error| error.to_string());
    }
    if let Some(items) = value.as_named() {
        let items = items.iter().map(|(name, item)| {
            let item = match attribute_type(ty, name) {
                Some(ty) => resolve_dynamic(item.clone(), ty)?,
                None => item.clone(),
            };
            Ok((name.clone(), item))
        });
        return Ok(Value::object(items.collect::<Result<Vec<_>, String>>()?));
    }
    let Some(items) = value.as_slice() else { return Ok(value) };
    let items = items.iter().enumerate().map(|(at, item)| match element_type(ty, at) {
        Some(ty) => resolve_dynamic(item.clone(), ty),
        None => Ok(item.clone()),
    });
    Ok(Value::tuple(items.collect::<Result<Vec<_>, _>>()?))
}

/// A type in Terraform's JSON notation: `["list","string"]`.
pub fn type_to_json(ty: &Type) -> serde_json::Value {
    use serde_json::json;
    match ty {
        Type::Dynamic => json!("dynamic"),
        Type::Bool => json!("bool"),
        Type::Number => json!("number"),
        Type::String => json!("string"),
        Type::List(element) => json!(["list", type_to_json(element)]),
        Type::Set(element) => json!(["set", type_to_json(element)]),
        Type::Map(element) => json!(["map", type_to_json(element)]),
        Type::Tuple(items) => json!(["tuple", items.iter().map(type_to_json).collect::<Vec<_>>()]),
        Type::Object(object) => {
            let attributes: serde_json::Map<String, serde_json::Value> =
                object.attributes.iter().map(|(name, ty)| (name.to_string(), type_to_json(ty))).collect();
            match object.optional.is_empty() {
                true => json!(["object", attributes]),
                false => {
                    let optional: Vec<&str> = object.optional.iter().map(|name| &**name).collect();
                    json!(["object", attributes, optional])
                }
            }
        }
    }
}

/// Reads a type in Terraform's JSON notation.
///
/// # Errors
/// What is not understood.
pub fn type_from_json(json: &serde_json::Value) -> Result<Type, String> {
    type_from_value(&read(&json.to_string())?)
}

/// Reads a type in Terraform's JSON notation out of a value.
///
/// # Errors
/// What is not understood.
pub fn type_from_value(value: &Value) -> Result<Type, String> {
    let unknown = || "this is no type in JSON notation".to_owned();
    if let Some(word) = value.as_str() {
        return match word {
            "dynamic" => Ok(Type::Dynamic),
            "bool" => Ok(Type::Bool),
            "number" => Ok(Type::Number),
            "string" => Ok(Type::String),
            _ => Err(unknown()),
        };
    }
    let items = value.as_slice().ok_or_else(unknown)?;
    let kind = items.first().and_then(Value::as_str).ok_or_else(unknown)?;
    let inner = items.get(1).ok_or_else(unknown)?;
    match kind {
        "list" => type_from_value(inner).map(Type::list),
        "set" => type_from_value(inner).map(Type::set),
        "map" => type_from_value(inner).map(Type::map),
        "tuple" => inner.elements().map(type_from_value).collect::<Result<Vec<_>, _>>().map(Type::tuple),
        "object" => {
            let attributes = inner.as_named().ok_or_else(unknown)?;
            let attributes = attributes.iter().map(|(name, ty)| Ok((name.clone(), type_from_value(ty)?)));
            attributes.collect::<Result<Vec<_>, String>>().map(Type::object)
        }
        _ => Err(unknown()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_survive() {
        let text = r#"{"a":123456789012345678901234567890,"b":[0.1,null,"x\u003c"]}"#;
        assert_eq!(write(&read(text).unwrap()), text);
    }

    #[test]
    fn a_value_of_any_type_carries_its_type() {
        let value = Value::tuple([Value::from(1), Value::string("a")]);
        let text = write_typed(&value, &Type::Dynamic);
        assert_eq!(text, r#"{"value":[1,"a"],"type":["tuple",["number","string"]]}"#);
        assert_eq!(read_typed(&text, &Type::Dynamic), Ok(value));
    }
}
