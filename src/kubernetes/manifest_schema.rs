//! The schema of `kubernetes_manifest`.
//!
//! Never: a manifest's own members are part of the schema: they are of any type.

use std::collections::BTreeMap;

use aksel_lang::schema::{AttributeSchema, BlockSchema, NestedSchema, Nesting, Presence, Schema};
use aksel_lang::types::{Text, Type};
use aksel_lang::value::Value;

/// The schema.
pub fn schema() -> Schema {
    let optional = |ty| AttributeSchema::new(ty, Presence::Optional);
    let attributes = [
        ("manifest", AttributeSchema::new(Type::Dynamic, Presence::Required)),
        ("object", AttributeSchema::new(Type::Dynamic, Presence::Computed)),
        ("computed_fields", AttributeSchema::new(Type::list(Type::String), Presence::OptionalComputed)),
    ];
    let condition = block([("status", optional(Type::String)), ("type", optional(Type::String))], []);
    let wait = block(
        [("fields", optional(Type::map(Type::String))), ("rollout", optional(Type::Bool))],
        [("condition", nested(condition, 0))],
    );
    let manager = block([("name", optional(Type::String)), ("force_conflicts", optional(Type::Bool))], []);
    let limits = ["create", "update", "delete"].map(|name| (name, optional(Type::String)));
    let blocks = [
        ("wait", nested(wait, 1)),
        ("field_manager", nested(manager, 1)),
        ("timeouts", nested(block(limits, []), 1)),
    ];
    Schema { version: 1, block: block(attributes, blocks) }
}

fn block<const A: usize, const B: usize>(
    attributes: [(&str, AttributeSchema); A],
    blocks: [(&str, NestedSchema); B],
) -> BlockSchema {
    BlockSchema {
        attributes: attributes.into_iter().map(|(name, attribute)| (Text::from(name), attribute)).collect(),
        blocks: blocks.into_iter().map(|(name, block)| (Text::from(name), block)).collect(),
        ..BlockSchema::default()
    }
}

fn nested(block: BlockSchema, max_items: usize) -> NestedSchema {
    NestedSchema { nesting: Nesting::List, min_items: 0, max_items, block }
}

/// A value with these attributes and nothing else.
pub fn empty<const N: usize>(given: [(&str, Value); N]) -> Value {
    let schema = schema().block;
    let mut items: BTreeMap<Text, Value> = schema
        .attributes
        .iter()
        .map(|(name, attribute)| (name.clone(), Value::null(attribute.ty.clone())))
        .collect();
    items.extend(
        schema.blocks.iter().map(|(name, nested)| (name.clone(), Value::list(nested.block.ty(), []))),
    );
    items.extend(given.map(|(name, value)| (name.into(), value)));
    Value::object(items)
}
