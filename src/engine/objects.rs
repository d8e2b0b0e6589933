//! Objects of state as values, and back.
//!
//! Invariant: a value read here has the schema's type, with null for what state does not say, and is marked where it is secret.
//! Never: anything unknown or ephemeral is written.

use std::collections::BTreeSet;
use std::sync::Arc;

use aksel_lang::address::Address;
use aksel_lang::code::Code;
use aksel_lang::convert::convert;
use aksel_lang::diagnostic::{Diagnostic, Diagnostics};
use aksel_lang::json;
use aksel_lang::path::Path;
use aksel_lang::schema::{AttributeSchema, BlockSchema, NestedSchema, Schema, Secrecy};
use aksel_lang::types::{ObjectType, Text, Type};
use aksel_lang::value::{Content, Marks, Value};
use aksel_provider::finding::Finding;
use aksel_provider::provider::{Private, Provider};
use aksel_state::json::RawJson;
use aksel_state::snapshot::{InstanceObject, Status};

use crate::value_marks::{change_at, mark_at, marked_paths, without_ephemeral};

/// Reads an object of state.
///
/// # Errors
/// When its attributes are newer than the provider or do not fit its schema.
pub(crate) fn read(
    object: &InstanceObject,
    schema: &Schema,
    provider: &dyn Provider,
    address: &Address,
) -> Result<Value, Diagnostics> {
    let text = upgraded(object, schema, provider, address)?;
    typed(&text, object, schema).map_err(|reason| vec![unreadable(address, &reason)])
}

/// The attributes of an object of state as a value, marked where they are secret.
///
/// # Errors
/// When they do not fit the schema.
pub fn stored_value(object: &InstanceObject, schema: &Schema) -> Result<Value, String> {
    typed(object.attributes.as_str(), object, schema)
}

fn typed(text: &str, object: &InstanceObject, schema: &Schema) -> Result<Value, String> {
    let ty = lenient(&schema.block.ty());
    let value = json::read_typed(text, &ty)?;
    // Without the optional attributes of the lenient type, the value is of the schema's own type.
    let value = convert(&value, &schema.block.ty()).unwrap_or(value);
    let marks: Vec<(Path, Marks)> =
        object.sensitive.iter().map(|path| (path.clone(), Marks::SENSITIVE)).collect();
    Ok(mark_schema(mark_at(value, &marks), &schema.block))
}

fn upgraded(
    object: &InstanceObject,
    schema: &Schema,
    provider: &dyn Provider,
    address: &Address,
) -> Result<String, Diagnostics> {
    if object.schema_version == schema.version {
        return Ok(object.attributes.as_str().to_owned());
    }
    let attributes = serde_json::from_str(object.attributes.as_str())
        .map_err(|error| vec![unreadable(address, &error.to_string())])?;
    let upgraded = provider.upgrade(&address.resource.type_name, object.schema_version, attributes);
    let about = |finding: Finding| diagnostic_of(finding).about(address.to_string());
    upgraded
        .map(|attributes| attributes.to_string())
        .map_err(|findings| findings.into_iter().map(about).collect())
}

fn unreadable(address: &Address, reason: &str) -> Diagnostic {
    Diagnostic::error(Code::State, "Failed to decode resource from state")
        .detail(format!("Error decoding \"{address}\" from prior state: {reason}."))
        .help("The state was written by another provider or by hand. `state rm` forgets the object, `import` takes it over anew.")
        .about(address.to_string())
}

/// A finding without a place.
pub(crate) fn diagnostic_of(finding: Finding) -> Diagnostic {
    let mut diagnostic = Diagnostic::error(finding.code, finding.summary).detail(finding.detail);
    diagnostic.severity = finding.severity;
    diagnostic.help = finding.help;
    diagnostic
}

/// The type with every attribute optional: state may have been written before an attribute came.
fn lenient(ty: &Type) -> Type {
    match ty {
        Type::Dynamic | Type::Bool | Type::Number | Type::String => ty.clone(),
        Type::List(element) => Type::list(lenient(element)),
        Type::Set(element) => Type::set(lenient(element)),
        Type::Map(element) => Type::map(lenient(element)),
        Type::Tuple(elements) => Type::tuple(elements.iter().map(lenient)),
        Type::Object(object) => Type::Object(Arc::new(ObjectType {
            attributes: object.attributes.iter().map(|(name, ty)| (name.clone(), lenient(ty))).collect(),
            optional: object.attributes.keys().cloned().collect::<BTreeSet<Text>>(),
        })),
    }
}

/// What state remembers of an object's `lifecycle` block, for when the block is gone.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Remembered {
    /// Its replacement is made before it is deleted.
    pub(crate) create_first: bool,
    /// It is forgotten instead of deleted.
    pub(crate) skip_destroy: bool,
}

impl Remembered {
    /// What state has.
    pub(crate) fn of(object: &InstanceObject) -> Remembered {
        Remembered { create_first: object.create_before_destroy, skip_destroy: object.skip_destroy }
    }

    /// Writes it down.
    pub(crate) fn put(self, object: &mut InstanceObject) {
        (object.create_before_destroy, object.skip_destroy) = (self.create_first, self.skip_destroy);
    }
}

/// What state is to say of an object.
#[derive(Clone, Debug)]
pub(crate) struct Written<'a> {
    pub(crate) value: &'a Value,
    pub(crate) schema: &'a Schema,
    pub(crate) status: Status,
    pub(crate) private: Private,
    pub(crate) dependencies: Vec<String>,
    pub(crate) remembered: Remembered,
}

/// Writes an object as state has it.
pub(crate) fn write(object: &Written<'_>) -> InstanceObject {
    let value = without_ephemeral(&without_write_only(object.value.clone(), &object.schema.block));
    let sensitive = marked_paths(&value).into_iter().filter(|(_, marks)| marks.contains(Marks::SENSITIVE));
    let sensitive = sensitive.map(|(path, _)| path).collect();
    let (bare, _) = value.unmark_deep();
    assert!(bare.is_wholly_known(), "state holds nothing unknown");
    let text = json::write_typed(&bare, &object.schema.block.ty());
    let attributes = RawJson::parse(&text).expect("a value is written as valid JSON");
    InstanceObject {
        status: object.status,
        sensitive,
        private: object.private.clone(),
        dependencies: object.dependencies.clone(),
        create_before_destroy: object.remembered.create_first,
        skip_destroy: object.remembered.skip_destroy,
        ..InstanceObject::new(object.schema.version, attributes)
    }
}

fn without_write_only(value: Value, schema: &BlockSchema) -> Value {
    let write_only =
        schema.attributes.iter().filter(|(_, attribute)| attribute.secrecy == Secrecy::WriteOnly);
    write_only.fold(value, |value, (name, attribute)| {
        let step = aksel_lang::path::Step::Attribute(name.clone());
        change_at(value, &step, |_| Value::null(attribute.ty.clone()))
    })
}

/// The value with everything marked that the schema calls sensitive. Shared parts without secrets stay shared.
pub(crate) fn mark_schema(value: Value, schema: &BlockSchema) -> Value {
    if !has_secrets(schema) || value.as_named().is_none() {
        return value;
    }
    let mut value = value;
    for (name, attribute) in &schema.attributes {
        let step = aksel_lang::path::Step::Attribute(name.clone());
        if is_secret(attribute) {
            value = change_at(value, &step, |inner| mark_attribute(inner, attribute));
        }
    }
    for (name, nested) in schema.blocks.iter().filter(|(_, nested)| has_secrets(&nested.block)) {
        let step = aksel_lang::path::Step::Attribute(name.clone());
        value = change_at(value, &step, |inner| mark_nested(inner, nested));
    }
    value
}

fn is_secret(attribute: &AttributeSchema) -> bool {
    // What is only written is null in every plan and state: there is nothing to hide.
    attribute.secrecy == Secrecy::Sensitive
        || attribute.nested.as_ref().is_some_and(|nested| nested.attributes.values().any(is_secret))
}

fn has_secrets(schema: &BlockSchema) -> bool {
    schema.attributes.values().any(is_secret)
        || schema.blocks.values().any(|nested| has_secrets(&nested.block))
}

fn mark_attribute(value: Value, attribute: &AttributeSchema) -> Value {
    if attribute.secrecy == Secrecy::Sensitive {
        return value.sensitive();
    }
    let Some(nested) = &attribute.nested else { return value };
    let inner = BlockSchema { attributes: nested.attributes.clone(), ..BlockSchema::default() };
    each(value, &inner)
}

fn mark_nested(value: Value, nested: &NestedSchema) -> Value {
    each(value, &nested.block)
}

/// Marks an object, or each of the objects in a collection. Of a set the whole is marked: its elements carry no marks.
fn each(value: Value, schema: &BlockSchema) -> Value {
    let own = value.marks();
    let content = match value.content().clone() {
        Content::Object(_) => return mark_schema(value, schema),
        Content::List(ty, items) => {
            Content::List(ty, Arc::new(items.iter().map(|item| mark_schema(item.clone(), schema)).collect()))
        }
        Content::Tuple(items) => {
            Content::Tuple(Arc::new(items.iter().map(|item| mark_schema(item.clone(), schema)).collect()))
        }
        Content::Map(ty, items) => {
            let items = items.iter().map(|(key, item)| (key.clone(), mark_schema(item.clone(), schema)));
            Content::Map(ty, Arc::new(items.collect()))
        }
        Content::Set(..) => return value.sensitive(),
        Content::Null(_)
        | Content::Unknown(..)
        | Content::Bool(_)
        | Content::Number(_)
        | Content::String(_) => return value,
    };
    Value::from(content).marked(own)
}

#[cfg(test)]
mod tests {
    use aksel_lang::schema::Presence;

    use super::*;

    #[test]
    fn what_the_schema_calls_sensitive_is_marked() {
        let secret = AttributeSchema::new(Type::String, Presence::Required).sensitive();
        let schema = BlockSchema { attributes: [("key".into(), secret)].into(), ..BlockSchema::default() };
        let marked = mark_schema(Value::object([("key", Value::string("x"))]), &schema);
        assert_eq!(marked.attribute("key").map(Value::is_sensitive), Some(true));
    }
}
