//! Schemas out of rows.
//!
//! Never: a schema says something that no row says.

use std::collections::BTreeMap;

use aksel_lang::schema::{
    AttributeSchema, BlockSchema, NestedSchema, Nesting, Notation, Presence as SchemaPresence, Schema,
    Secrecy as SchemaSecrecy,
};
use aksel_lang::types::{Text, Type};

use crate::kind::{Kind, Limits};
use crate::row::{Default, Presence, Row, Secrecy, Shape};

/// The schema of a resource type under one of its names.
pub fn schema(kind: &Kind, name: &str) -> Schema {
    let mut block = block(kind.rows);
    block
        .attributes
        .insert("id".into(), AttributeSchema::new(Type::String, SchemaPresence::OptionalComputed));
    if has_limits(&kind.limits) {
        block.blocks.insert("timeouts".into(), limits_schema(&kind.limits));
    }
    if name != kind.name {
        block.deprecated = Some(format!("Deprecated; use {}.", kind.name).into());
    }
    Schema { version: kind.schema_version, block }
}

/// Whether a kind's limits of time can be set.
pub fn has_limits(limits: &Limits) -> bool {
    limits.named().next().is_some()
}

fn limits_schema(limits: &Limits) -> NestedSchema {
    let attribute =
        |(name, _)| (Text::from(name), AttributeSchema::new(Type::String, SchemaPresence::Optional));
    let block = BlockSchema { attributes: limits.named().map(attribute).collect(), ..BlockSchema::default() };
    NestedSchema { nesting: Nesting::Single, min_items: 0, max_items: 1, block }
}

/// The type of a kind's `timeouts`.
pub fn limits_type(limits: &Limits) -> Type {
    Type::object(limits.named().map(|(name, _)| (name, Type::String)))
}

/// The schema of a data source: what names the object is given, the rest is read.
pub fn data_schema(kind: &Kind) -> Schema {
    let mut block = BlockSchema::default();
    for row in kind.rows.iter().filter(|row| row.reach == crate::row::Reach::Remote) {
        if row.name == "metadata" {
            let mut metadata = nested(row);
            if let Some(name) = metadata.block.attributes.get_mut("name") {
                name.presence = SchemaPresence::Required;
            }
            block.blocks.insert(row.name.into(), metadata);
        } else {
            let read = AttributeSchema { secrecy: secrecy(row), ..computed(row_type(row)) };
            block.attributes.insert(row.name.into(), read);
        }
    }
    block.attributes.insert("id".into(), computed(Type::String));
    Schema { version: 0, block }
}

fn computed(ty: Type) -> AttributeSchema {
    AttributeSchema::new(ty, SchemaPresence::Computed)
}

/// The schema of a block of rows.
pub fn block(rows: &[Row]) -> BlockSchema {
    let mut block = BlockSchema::default();
    for row in rows {
        // What the cluster alone gives is an attribute, as the provider's state has it.
        if row.inner().is_some() && row.is_settable() {
            block.blocks.insert(row.name.into(), nested(row));
        } else {
            block.attributes.insert(row.name.into(), attribute(row));
        }
    }
    block
}

fn nested(row: &Row) -> NestedSchema {
    let nesting = if matches!(row.shape, Shape::BlockSet(_)) { Nesting::Set } else { Nesting::List };
    let single = matches!(row.shape, Shape::Block(_) | Shape::Inline(_));
    NestedSchema {
        nesting,
        min_items: usize::from(row.presence == Presence::Required),
        max_items: usize::from(single),
        block: block(row.inner().unwrap_or_default()),
    }
}

fn secrecy(row: &Row) -> SchemaSecrecy {
    match row.secrecy {
        Secrecy::Open => SchemaSecrecy::Open,
        Secrecy::Sensitive => SchemaSecrecy::Sensitive,
        Secrecy::WriteOnly => SchemaSecrecy::WriteOnly,
    }
}

fn attribute(row: &Row) -> AttributeSchema {
    let presence = match row.presence {
        Presence::Required => SchemaPresence::Required,
        Presence::Optional if row.default == Default::None => SchemaPresence::Optional,
        // Where a default stands in, the configuration need not say what state has.
        Presence::Optional | Presence::Computed => SchemaPresence::OptionalComputed,
        Presence::ReadOnly => SchemaPresence::Computed,
    };
    AttributeSchema {
        secrecy: secrecy(row),
        notation: Notation::Argument,
        deprecated: row.deprecated.map(Into::into),
        ..AttributeSchema::new(row_type(row), presence)
    }
}

/// The type of a row's value.
pub fn row_type(row: &Row) -> Type {
    match row.shape {
        Shape::Text(_) => Type::String,
        Shape::Flag => Type::Bool,
        Shape::Number => Type::Number,
        Shape::Texts => Type::list(Type::String),
        Shape::TextSet => Type::set(Type::String),
        Shape::NumberSet => Type::set(Type::Number),
        Shape::Numbers => Type::list(Type::Number),
        Shape::Map(_) => Type::map(Type::String),
        Shape::Block(rows) | Shape::Blocks(rows) | Shape::Inline(rows) => Type::list(object_type(rows)),
        Shape::BlockSet(rows) => Type::set(object_type(rows)),
    }
}

/// The type of a block's value.
pub fn object_type(rows: &[Row]) -> Type {
    let attributes: BTreeMap<Text, Type> = rows.iter().map(|row| (row.name.into(), row_type(row))).collect();
    Type::object(attributes)
}
