//! Schemas out of rows.
//!
//! Never: a schema says something that no row says.

use std::collections::BTreeMap;

use aksel_lang::schema::{
    AttributeSchema, BlockSchema, NestedSchema, Nesting, Notation, Presence as SchemaPresence, Schema,
    Secrecy as SchemaSecrecy,
};
use aksel_lang::types::{Text, Type};

use crate::row::{Blocks, Kind, Order, Presence, Row, Secrecy};

/// The timeouts that a resource type may be given.
pub const TIMEOUTS: [&str; 4] = ["create", "read", "update", "delete"];

/// The schema of a resource type or data source.
pub fn schema(version: u64, rows: &[Row], timeouts: &[&str]) -> Schema {
    let mut block = block(rows);
    block.blocks.insert("timeouts".into(), timeouts_schema(timeouts));
    Schema { version, block }
}

fn timeouts_schema(names: &[&str]) -> NestedSchema {
    let attribute =
        |name: &&str| (Text::from(*name), AttributeSchema::new(Type::String, SchemaPresence::Optional));
    let block = BlockSchema { attributes: names.iter().map(attribute).collect(), ..BlockSchema::default() };
    NestedSchema { nesting: Nesting::Single, min_items: 0, max_items: 1, block }
}

/// The type of a `timeouts` block.
pub fn timeouts_type(names: &[&str]) -> Type {
    Type::object(names.iter().map(|name| (*name, Type::String)))
}

/// The schema of a block of rows.
pub fn block(rows: &[Row]) -> BlockSchema {
    let mut block = BlockSchema::default();
    for row in rows {
        match row.kind {
            Kind::Block(blocks) => {
                block.blocks.insert(row.name.into(), nested(blocks));
            }
            Kind::Text
            | Kind::Flag
            | Kind::Number
            | Kind::Texts
            | Kind::TextSet
            | Kind::Map
            | Kind::NumberSet
            | Kind::Objects(_) => {
                block.attributes.insert(row.name.into(), attribute(row));
            }
        }
    }
    block
}

fn nested(blocks: Blocks) -> NestedSchema {
    let nesting = match blocks.order {
        Order::List => Nesting::List,
        Order::Set => Nesting::Set,
    };
    NestedSchema { nesting, min_items: blocks.min, max_items: blocks.max, block: block(blocks.rows) }
}

fn attribute(row: &Row) -> AttributeSchema {
    let presence = match row.presence {
        Presence::Required => SchemaPresence::Required,
        Presence::Optional => SchemaPresence::Optional,
        Presence::Computed => SchemaPresence::OptionalComputed,
        Presence::ReadOnly => SchemaPresence::Computed,
    };
    let secrecy = match row.secrecy {
        Secrecy::Open => SchemaSecrecy::Open,
        Secrecy::Sensitive => SchemaSecrecy::Sensitive,
        Secrecy::WriteOnly => SchemaSecrecy::WriteOnly,
    };
    let written_as_blocks = matches!(row.kind, Kind::Objects(_)) && row.is_settable();
    AttributeSchema {
        secrecy,
        notation: if written_as_blocks { Notation::ArgumentOrBlocks } else { Notation::Argument },
        ..AttributeSchema::new(row_type(row), presence)
    }
}

/// The type of a row's value.
pub fn row_type(row: &Row) -> Type {
    match row.kind {
        Kind::Text => Type::String,
        Kind::Flag => Type::Bool,
        Kind::Number => Type::Number,
        Kind::Texts => Type::list(Type::String),
        Kind::TextSet => Type::set(Type::String),
        Kind::NumberSet => Type::set(Type::Number),
        Kind::Map => Type::map(Type::String),
        Kind::Block(blocks) | Kind::Objects(blocks) => match blocks.order {
            Order::List => Type::list(object_type(blocks.rows)),
            Order::Set => Type::set(object_type(blocks.rows)),
        },
    }
}

/// The type of a block's value.
pub fn object_type(rows: &[Row]) -> Type {
    let attributes: BTreeMap<Text, Type> = rows.iter().map(|row| (row.name.into(), row_type(row))).collect();
    Type::object(attributes)
}
