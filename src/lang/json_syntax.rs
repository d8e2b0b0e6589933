//! JSON syntax: bodies written as JSON objects.
//!
//! Never: a property is dropped silently.

use std::collections::BTreeMap;

use crate::content::{BodySchema, Content, Leftovers};
use crate::diagnostic::Diagnostics;
use crate::syntax::{Attribute, JsonObject};
use crate::types::Text;

/// Reads objects as a body by a list of what may stand in it.
pub fn read_body(
    _objects: &[JsonObject],
    _schema: &BodySchema,
    _leftovers: Leftovers,
    _diagnostics: &mut Diagnostics,
) -> Content {
    Content::default()
}

/// Reads objects as a body that has arguments of any name and no blocks.
pub fn just_attributes(_objects: &[JsonObject], _diagnostics: &mut Diagnostics) -> BTreeMap<Text, Attribute> {
    BTreeMap::new()
}
