//! Schemas out of rows.
//!
//! Never: a schema says something that no row says.

use std::collections::BTreeMap;

use aksel_lang::schema::{
    AttributeSchema, BlockSchema, NestedSchema, Nesting, Notation, Presence as SchemaPresence, Schema, Secrecy as SchemaSecrecy,
};
use aksel_lang::types::{Text, Type};

use crate::resource_type::ResourceType;
use crate::row::{Kind, Presence, Row, Secrecy};

/// The schema of a resource type.
pub fn schema(resource: &ResourceType) -> Schema {
    let mut block = block(resource.attributes);
    block.blocks.insert("timeouts".into(), timeouts(&["create", "read", "update", "delete"]));
    Schema { version: resource.schema_version, block }
}

/// The schema of a data source over a resource's rows: the arguments say which object, all else is read.
pub fn data_schema(resource: &ResourceType, arguments: &[&str]) -> Schema {
    let mut block = BlockSchema::default();
    for row in resource.attributes {
        let mut attribute = AttributeSchema::new(row_type(row), SchemaPresence::Computed);
        if arguments.contains(&row.name) {
            attribute.presence = SchemaPresence::Required;
        }
        attribute.secrecy = secrecy(row);
        block.attributes.insert(row.name.into(), attribute);
    }
    block.blocks.insert("timeouts".into(), timeouts(&["read"]));
    Schema { version: 0, block }
}

fn timeouts(names: &[&str]) -> NestedSchema {
    let attribute = |name: &&str| (Text::from(*name), AttributeSchema::new(Type::String, SchemaPresence::Optional));
    let block = BlockSchema { attributes: names.iter().map(attribute).collect(), ..BlockSchema::default() };
    NestedSchema { nesting: Nesting::Single, min_items: 0, max_items: 1, block }
}

/// The schema of a block of rows.
pub fn block(rows: &[Row]) -> BlockSchema {
    let mut block = BlockSchema::default();
    for row in rows {
        match row.kind {
            Kind::Block(blocks) if row.is_settable() => {
                let nested = NestedSchema {
                    nesting: Nesting::List,
                    min_items: if row.presence == Presence::Required { blocks.min.max(1) } else { blocks.min },
                    max_items: blocks.max,
                    block: self::block(blocks.rows),
                };
                block.blocks.insert(row.name.into(), nested);
            }
            _ => {
                block.attributes.insert(row.name.into(), attribute(row));
            }
        }
    }
    block
}

fn attribute(row: &Row) -> AttributeSchema {
    let presence = match row.presence {
        Presence::Required => SchemaPresence::Required,
        Presence::Optional => SchemaPresence::Optional,
        Presence::Computed => SchemaPresence::OptionalComputed,
        Presence::ReadOnly => SchemaPresence::Computed,
    };
    let written_as_blocks = matches!(row.kind, Kind::Objects(_)) && row.is_settable();
    AttributeSchema {
        secrecy: secrecy(row),
        notation: if written_as_blocks { Notation::ArgumentOrBlocks } else { Notation::Argument },
        ..AttributeSchema::new(row_type(row), presence)
    }
}

fn secrecy(row: &Row) -> SchemaSecrecy {
    match row.secrecy {
        Secrecy::Open => SchemaSecrecy::Open,
        Secrecy::Sensitive => SchemaSecrecy::Sensitive,
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
        Kind::Map => Type::map(Type::String),
        Kind::Block(blocks) => Type::list(object_type(blocks.rows)),
        Kind::Objects(rows) => Type::list(object_type(rows)),
    }
}

/// The type of a block's value.
pub fn object_type(rows: &[Row]) -> Type {
    let attributes: BTreeMap<Text, Type> = rows.iter().map(|row| (row.name.into(), row_type(row))).collect();
    Type::object(attributes)
}
