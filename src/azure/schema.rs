//! Schemas out of rows.
//!
//! Never: a schema says something that no row says.

use std::collections::BTreeMap;

use aksel_lang::schema::{
    AttributeSchema, BlockSchema, Fate, Former, NestedSchema, Nesting, Notation, Presence as SchemaPresence,
    Schema, Secrecy as SchemaSecrecy,
};
use aksel_lang::types::{Text, Type};

use crate::row::{Blocks, Kind, Order, Presence, Row, Secrecy, Was};

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
    let mut block = BlockSchema { former: former(rows), ..BlockSchema::default() };
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

/// The names that rows had in earlier versions.
fn former(rows: &[Row]) -> BTreeMap<Text, Former> {
    let names = rows.iter().flat_map(|row| row.was.iter().map(move |(name, was)| (row, name, *was)));
    names
        .map(|(row, name, was)| (Text::from(*name), Former { fate: fate(row, was), note: "".into() }))
        .collect()
}

fn fate(row: &Row, was: Was) -> Fate {
    let now = Text::from(row.name);
    match was {
        Was::Same => Fate::Renamed(now),
        Was::Inverted => Fate::Inverted(now),
        Was::Flag(yes, no) => Fate::Worded { now, yes: yes.into(), no: no.into() },
        Was::NameOf => Fate::Referred(now),
        Was::ListOf(argument) => Fate::Blocks { kind: now, argument: argument.into() },
    }
}

/// Lets a schema read what an earlier version had and nobody uses any more: a path of blocks, the last step the name.
pub fn drop_former(block: &mut BlockSchema, path: &str, note: &str) {
    match path.split_once('.') {
        Some((kind, rest)) => {
            if let Some(nested) = block.blocks.get_mut(kind) {
                drop_former(&mut nested.block, rest, note);
            }
        }
        None => drop(block.former.insert(path.into(), Former { fate: Fate::Dropped, note: note.into() })),
    }
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
