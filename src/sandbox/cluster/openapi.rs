//! OpenAPI documents: which members the kinds have, and which options a patch understands.
//!
//! Source: <https://kubernetes.io/docs/concepts/overview/kubernetes-api/#openapi-v3>
//! Never: the descriptions of members. They would be most of the text, and say nothing that the sandbox decides by.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::cluster::discovery::Discovery;
use crate::cluster::kinds::{Scope, Served};
use crate::cluster::structure::{MapMerging, Merging, Record, Shape};
use crate::cluster::world::World;

fn base(group: &str, version: &str) -> String {
    if group.is_empty() { format!("api/{version}") } else { format!("apis/{group}/{version}") }
}

/// `/openapi/v3`: where the document of each version is.
pub(crate) fn index(world: &World) -> Value {
    let mut paths = Map::new();
    for (group, versions) in Discovery(world.kinds()).versions() {
        for version in versions {
            let path = base(&group, &version);
            // A definition changes the document, so the address changes with the number of kinds.
            let hash = format!("{:08x}", world.kinds().len());
            let address = json!({ "serverRelativeURL": format!("/openapi/v3/{path}?hash={hash}") });
            paths.insert(path, address);
        }
    }
    json!({ "paths": paths })
}

/// The document of a version; `None` if nothing is served there.
pub(crate) fn document(world: &World, group: &str, version: &str) -> Option<Value> {
    let here = |served: &&Served| served.group == group && served.version == version;
    let kinds: Vec<&Served> = world.kinds().iter().filter(here).collect();
    if kinds.is_empty() {
        return None;
    }
    let mut schemas = BTreeMap::new();
    let mut paths = Map::new();
    for served in &kinds {
        let name = root(served, &mut schemas);
        paths.extend(paths_of(served, &name, "#/components/schemas/"));
    }
    let info = json!({ "title": "Kubernetes", "version": version });
    Some(json!({ "openapi": "3.0.0", "info": info, "paths": paths, "components": { "schemas": schemas } }))
}

/// `/openapi/v2`: all versions in one document of the older form.
pub(crate) fn whole(world: &World) -> Value {
    let mut schemas = BTreeMap::new();
    let mut paths = Map::new();
    for served in world.kinds() {
        let name = root(served, &mut schemas);
        paths.extend(paths_of(served, &name, "#/definitions/"));
    }
    let text = json!(schemas).to_string().replace("#/components/schemas/", "#/definitions/");
    let definitions: Value = serde_json::from_str(&text).unwrap_or_default();
    let info = json!({ "title": "Kubernetes", "version": "v1" });
    json!({ "swagger": "2.0", "info": info, "paths": paths, "definitions": definitions })
}

/// Adds the schema of a kind and of all that it holds; returns its name.
fn root(served: &Served, schemas: &mut BTreeMap<String, Value>) -> String {
    let kind = json!([{ "group": served.group, "version": served.version, "kind": served.kind }]);
    let (name, mut schema) = match (&served.custom, served.shape.record()) {
        (Some(custom), _) => {
            let mut words: Vec<&str> = served.group.split('.').rev().collect();
            words.extend([served.version.as_str(), served.kind.as_str()]);
            let mut schema = custom.schema.clone();
            if !schema["properties"].is_object() {
                schema["properties"] = json!({});
            }
            schema["properties"]["apiVersion"] = json!({ "type": "string" });
            schema["properties"]["kind"] = json!({ "type": "string" });
            let metadata = crate::cluster::structure::shape_of("", "v1", "ObjectMeta");
            schema["properties"]["metadata"] = metadata.map_or(json!({}), |shape| of_shape(&shape, schemas));
            (words.join("."), schema)
        }
        (None, Some(record)) => {
            let name = type_name(record);
            let schema = of_record(record, schemas);
            (name, schema)
        }
        (None, None) => (served.kind.clone(), json!({ "type": "object" })),
    };
    schema["x-kubernetes-group-version-kind"] = kind;
    let name = if served.custom.is_some() {
        name
    } else {
        format!("{}.{}.{name}", family(&served.group), served.version)
    };
    schemas.insert(name.clone(), schema);
    name
}

fn family(group: &str) -> String {
    let first = group.split('.').next().unwrap_or_default();
    format!("io.k8s.api.{}", if first.is_empty() { "core" } else { first })
}

fn type_name(record: &Record) -> String {
    record.name.clone()
}

fn of_record(record: &Record, schemas: &mut BTreeMap<String, Value>) -> Value {
    let members: Map<String, Value> =
        record.fields.iter().map(|(name, field)| (name.clone(), of_shape(&field.shape, schemas))).collect();
    let mut schema = json!({ "type": "object", "properties": members });
    if record.merging == MapMerging::Atomic {
        schema["x-kubernetes-map-type"] = "atomic".into();
    }
    schema
}

fn of_shape(shape: &Shape, schemas: &mut BTreeMap<String, Value>) -> Value {
    match shape {
        Shape::Text => json!({ "type": "string" }),
        Shape::Int32 => json!({ "type": "integer", "format": "int32" }),
        Shape::Int64 => json!({ "type": "integer", "format": "int64" }),
        Shape::Number => json!({ "type": "number", "format": "double" }),
        Shape::Flag => json!({ "type": "boolean" }),
        Shape::Quantity => json!({ "oneOf": [{ "type": "string" }, { "type": "number" }] }),
        Shape::IntOrText => {
            json!({ "oneOf": [{ "type": "integer" }, { "type": "string" }], "format": "int-or-string" })
        }
        Shape::Time | Shape::MicroTime => json!({ "type": "string", "format": "date-time" }),
        Shape::Bytes => json!({ "type": "string", "format": "byte" }),
        Shape::Any | Shape::Loose => json!({ "type": "object" }),
        Shape::List(list) => {
            let mut schema = json!({ "type": "array", "items": of_shape(&list.item, schemas) });
            match &list.merging {
                Merging::Atomic => schema["x-kubernetes-list-type"] = "atomic".into(),
                Merging::Set => schema["x-kubernetes-list-type"] = "set".into(),
                Merging::Keyed(keys) => {
                    schema["x-kubernetes-list-type"] = "map".into();
                    schema["x-kubernetes-list-map-keys"] = json!(keys);
                }
            }
            schema
        }
        Shape::Map(dict) => {
            json!({ "type": "object", "additionalProperties": of_shape(&dict.value, schemas) })
        }
        Shape::BuiltIn(_) | Shape::Own(_) => {
            let Some(record) = shape.record() else { return json!({ "type": "object" }) };
            let name = type_name(record);
            if !schemas.contains_key(&name) {
                schemas.insert(name.clone(), Value::Null);
                let schema = of_record(record, schemas);
                schemas.insert(name.clone(), schema);
            }
            json!({ "allOf": [{ "$ref": format!("#/components/schemas/{name}") }] })
        }
    }
}

fn paths_of(served: &Served, name: &str, schemas: &str) -> Map<String, Value> {
    let kind = json!({ "group": served.group, "version": served.version, "kind": served.kind });
    let option = |name: &str| json!({ "name": name, "in": "query", "schema": { "type": "string" } });
    let options: Vec<Value> =
        ["dryRun", "fieldManager", "fieldValidation", "force"].into_iter().map(option).collect();
    let content = json!({ "application/json": { "schema": { "$ref": format!("{schemas}{name}") } } });
    let operation = |action: &str| {
        json!({
            "operationId": format!("{action}{}", served.kind), "parameters": options,
            "responses": { "200": { "description": "OK", "content": content } },
            "x-kubernetes-action": action, "x-kubernetes-group-version-kind": kind,
        })
    };
    let within = if served.scope == Scope::Namespaced { "namespaces/{namespace}/" } else { "" };
    let path = format!("/{}/{within}{}", base(&served.group, &served.version), served.plural);
    let mut paths = Map::new();
    paths.insert(
        format!("{path}/{{name}}"),
        json!({ "get": operation("get"), "patch": operation("patch"), "put": operation("put") }),
    );
    paths.insert(path, json!({ "post": operation("post") }));
    paths
}
