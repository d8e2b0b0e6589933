//! What a custom resource definition says of a kind: its schema as a shape, its defaults, what it keeps and what it drops.
//!
//! Source: <https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/>
//! Invariant: what is dropped or filled in is decided by the structural schema alone.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::cluster::structure::{
    Dict, Field, List, MapMerging, Merging, Patching, Presence, Record, Shape, shape_of,
};

/// A version of a custom resource.
#[derive(Clone, Debug)]
pub(crate) struct Custom {
    /// `openAPIV3Schema`.
    pub(crate) schema: Value,
    pub(crate) shape: Shape,
    pub(crate) columns: Vec<Value>,
    /// `specReplicasPath`, `statusReplicasPath`, `labelSelectorPath`.
    pub(crate) scale: Option<Value>,
    /// The fields that can be selected by.
    pub(crate) selectable: Vec<String>,
    /// Said with every answer.
    pub(crate) warning: Option<String>,
    /// The version in which its objects are kept.
    pub(crate) stored: String,
}

impl Custom {
    /// Reads a version of a definition.
    pub(crate) fn of(definition: &Value, version: &Value) -> Custom {
        let schema = version["schema"]["openAPIV3Schema"].clone();
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let stored = definition["spec"]["versions"].as_array().into_iter().flatten();
        let stored =
            stored.filter(|version| version["storage"] == true).map(|version| text(&version["name"])).next();
        Custom {
            shape: root_shape(&schema),
            schema,
            columns: list(&version["additionalPrinterColumns"]),
            scale: version["subresources"].get("scale").cloned(),
            selectable: list(&version["selectableFields"])
                .iter()
                .map(|field| text(&field["jsonPath"]))
                .collect(),
            warning: (version["deprecated"] == true).then(|| warning(definition, version)),
            stored: stored.unwrap_or_default(),
        }
    }

    /// Drops what the schema does not know and says where it was; metadata is not looked at.
    pub(crate) fn prune(&self, object: &mut Value) -> Vec<String> {
        let mut unknown = Vec::new();
        prune(&self.schema, object, "", Root::Yes, &mut unknown);
        unknown.sort();
        unknown
    }

    /// Fills in the schema's defaults.
    pub(crate) fn complete(&self, object: &mut Value) {
        complete(&self.schema, object);
    }
}

fn warning(definition: &Value, version: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    version["deprecationWarning"].as_str().map_or_else(
        || {
            let spec = &definition["spec"];
            format!(
                "{}/{} {} is deprecated",
                text(&spec["group"]),
                text(&version["name"]),
                text(&spec["names"]["kind"])
            )
        },
        str::to_owned,
    )
}

fn field(shape: Shape, default: Option<Value>) -> Field {
    Field { shape, presence: Presence::Pointer, default, patch: Patching::Replace }
}

/// The shape of whole objects: what the schema says, with the members that every object has.
fn root_shape(schema: &Value) -> Shape {
    let mut shape = shape(schema);
    let metadata = shape_of("", "v1", "ObjectMeta").unwrap_or(Shape::Loose);
    let fixed = [("apiVersion", Shape::Text), ("kind", Shape::Text), ("metadata", metadata)];
    if let Shape::Own(record) = &mut shape {
        let mut whole = Record {
            head: String::new(),
            name: String::new(),
            merging: MapMerging::Granular,
            fields: record.fields.clone(),
            others: record.others.clone(),
        };
        whole.fields.extend(fixed.map(|(name, shape)| (name.to_owned(), field(shape, None))));
        return Shape::Own(Arc::new(whole));
    }
    let fields: BTreeMap<String, Field> =
        fixed.map(|(name, shape)| (name.to_owned(), field(shape, None))).into();
    let merging = MapMerging::Granular;
    Shape::Own(Arc::new(Record {
        name: String::new(),
        head: String::new(),
        merging,
        fields,
        others: Some(Shape::Loose),
    }))
}

/// The shape of what a schema describes.
fn shape(schema: &Value) -> Shape {
    if schema["x-kubernetes-int-or-string"] == true {
        return Shape::IntOrText;
    }
    let preserves = schema["x-kubernetes-preserve-unknown-fields"] == true;
    match schema["type"].as_str() {
        Some("string") => Shape::Text,
        Some("integer") => Shape::Int64,
        Some("number") => Shape::Number,
        Some("boolean") => Shape::Flag,
        Some("array") => {
            let item = shape(&schema["items"]);
            let merging = match schema["x-kubernetes-list-type"].as_str() {
                Some("set") => Merging::Set,
                Some("map") => {
                    let keys = schema["x-kubernetes-list-map-keys"].as_array().into_iter().flatten();
                    Merging::Keyed(keys.filter_map(Value::as_str).map(str::to_owned).collect())
                }
                Some(_) | None => Merging::Atomic,
            };
            Shape::List(Arc::new(List { item, merging }))
        }
        Some("object") => object_shape(schema),
        Some(_) | None if preserves => Shape::Loose,
        Some(_) | None => Shape::Any,
    }
}

fn object_shape(schema: &Value) -> Shape {
    let preserves = schema["x-kubernetes-preserve-unknown-fields"] == true;
    let atomic = schema["x-kubernetes-map-type"] == "atomic";
    let merging = if atomic { MapMerging::Atomic } else { MapMerging::Granular };
    let embedded = schema["x-kubernetes-embedded-resource"] == true;
    let values = &schema["additionalProperties"];
    if values.is_object() {
        return Shape::Map(Arc::new(Dict { value: shape(values), merging }));
    }
    if values == true {
        return Shape::Map(Arc::new(Dict { value: Shape::Any, merging }));
    }
    let Some(properties) = schema["properties"].as_object() else {
        return if preserves {
            loose(merging)
        } else if embedded {
            embedded_shape()
        } else {
            Shape::Any
        };
    };
    let fields = properties
        .iter()
        .map(|(name, schema)| (name.clone(), field(shape(schema), schema.get("default").cloned())))
        .collect();
    let others = preserves.then_some(Shape::Loose);
    Shape::Own(Arc::new(Record { name: String::new(), head: String::new(), merging, fields, others }))
}

fn loose(merging: MapMerging) -> Shape {
    match merging {
        MapMerging::Atomic => Shape::Any,
        MapMerging::Granular => Shape::Loose,
    }
}

fn embedded_shape() -> Shape {
    let names = [("apiVersion", Shape::Text), ("kind", Shape::Text), ("metadata", Shape::Loose)];
    let fields = names.map(|(name, shape)| (name.to_owned(), field(shape, None))).into();
    Shape::Own(Arc::new(Record {
        name: String::new(),
        head: String::new(),
        merging: MapMerging::Granular,
        fields,
        others: None,
    }))
}

/// Whether a value is a whole object.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Root {
    Yes,
    No,
}

fn prune(schema: &Value, value: &mut Value, path: &str, root: Root, unknown: &mut Vec<String>) {
    let dotted = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                prune(&schema["items"], item, &format!("{path}[{index}]"), Root::No, unknown);
            }
        }
        Value::Object(members) => {
            let keeps = schema["x-kubernetes-preserve-unknown-fields"] == true;
            let whole = root == Root::Yes || schema["x-kubernetes-embedded-resource"] == true;
            let values = &schema["additionalProperties"];
            let mut gone = Vec::new();
            for (name, inner) in members.iter_mut() {
                let known = schema["properties"].get(name);
                if whole && matches!(name.as_str(), "apiVersion" | "kind" | "metadata") {
                    continue;
                }
                if let Some(schema) = known.or(values.as_object().map(|_| values)) {
                    prune(schema, inner, &dotted(name), Root::No, unknown);
                } else if !keeps && values != true {
                    gone.push(name.clone());
                }
            }
            for name in gone {
                members.shift_remove(&name);
                unknown.push(dotted(&name));
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn complete(schema: &Value, value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| complete(&schema["items"], item)),
        Value::Object(members) => {
            for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
                fill(schema, members, name);
                if let Some(inner) = members.get_mut(name) {
                    complete(schema, inner);
                }
            }
            let values = &schema["additionalProperties"];
            if values.is_object() {
                for inner in members.values_mut() {
                    complete(values, inner);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// A default stands in for what is not there, and for a null where null is not allowed.
fn fill(schema: &Value, members: &mut Map<String, Value>, name: &str) {
    let nullable = schema["nullable"] == true;
    if members.get(name).is_some_and(Value::is_null) && !nullable && schema.get("default").is_some() {
        members.shift_remove(name);
    }
    if let Some(default) = schema.get("default").filter(|_| !members.contains_key(name)) {
        members.insert(name.to_owned(), default.clone());
    }
}
