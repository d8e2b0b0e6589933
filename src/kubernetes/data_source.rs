//! Data sources: objects of the catalogue that are read by name, and a few answers about the cluster.
//!
//! Never: a data source changes anything.

use std::collections::BTreeMap;

use aksel_lang::schema::{AttributeSchema, BlockSchema, NestedSchema, Nesting, Presence, Schema};
use aksel_lang::types::{Text, Type};
use aksel_lang::value::Value;
use aksel_provider::stop::Stop;

use crate::api_error::ApiError;
use crate::catalogue::{self, KINDS};
use crate::client::{Cluster, collection_of, encoded};
use crate::kind::{Kind, Scope};
use crate::manifest::{cleaned, from_json};
use crate::read::{self, Extent};
use crate::schema::data_schema;
use crate::session::{path, place};

const NAMESPACES: &str = "kubernetes_all_namespaces";
const VERSION: &str = "kubernetes_server_version";
const RESOURCE: &str = "kubernetes_resource";

/// What `kubernetes_server_version` tells, and its key in the answer of `/version`.
const VERSION_FIELDS: &[(&str, &str)] = &[
    ("build_date", "buildDate"),
    ("compiler", "compiler"),
    ("git_commit", "gitCommit"),
    ("git_tree_state", "gitTreeState"),
    ("git_version", "gitVersion"),
    ("go_version", "goVersion"),
    ("major", "major"),
    ("minor", "minor"),
    ("platform", "platform"),
    ("version", "gitVersion"),
];

/// All names.
pub fn type_names() -> Vec<Text> {
    let kinds = KINDS.iter().flat_map(|kind| [Some(kind.name), kind.alias]).flatten();
    kinds.chain([NAMESPACES, VERSION, RESOURCE]).map(Text::from).collect()
}

/// The schema of a data source.
pub fn schema(type_name: &str) -> Option<Schema> {
    let computed = |ty| AttributeSchema::new(ty, Presence::Computed);
    let of = |attributes: BTreeMap<Text, AttributeSchema>, blocks| {
        Some(Schema { version: 0, block: BlockSchema { attributes, blocks, ..BlockSchema::default() } })
    };
    match type_name {
        NAMESPACES => of(
            [
                ("id".into(), computed(Type::String)),
                ("namespaces".into(), computed(Type::list(Type::String))),
            ]
            .into(),
            BTreeMap::new(),
        ),
        VERSION => {
            let names = VERSION_FIELDS.iter().map(|(name, _)| *name).chain(["id"]);
            of(names.map(|name| (name.into(), computed(Type::String))).collect(), BTreeMap::new())
        }
        RESOURCE => {
            let required = || AttributeSchema::new(Type::String, Presence::Required);
            let named = BlockSchema {
                attributes: [
                    ("name".into(), required()),
                    ("namespace".into(), AttributeSchema::new(Type::String, Presence::Optional)),
                ]
                .into(),
                ..BlockSchema::default()
            };
            let metadata = NestedSchema { nesting: Nesting::List, min_items: 1, max_items: 1, block: named };
            of(
                [
                    ("api_version".into(), required()),
                    ("kind".into(), required()),
                    ("object".into(), computed(Type::Dynamic)),
                ]
                .into(),
                [("metadata".into(), metadata)].into(),
            )
        }
        _ => catalogue::kind(type_name).map(data_schema),
    }
}

/// Reads a data source.
///
/// # Errors
/// When there is no such object, the API server refuses or nobody answers.
pub async fn read(
    cluster: &Cluster,
    type_name: &str,
    config: &Value,
    stop: &Stop,
) -> Result<Value, ApiError> {
    match type_name {
        NAMESPACES => namespaces(cluster, stop).await,
        VERSION => version(cluster, stop).await,
        RESOURCE => resource(cluster, config, stop).await,
        _ => match catalogue::kind(type_name) {
            Some(kind) => by_name(cluster, kind, config, stop).await,
            None => Err(ApiError::Settings(format!("the provider has no data source `{type_name}`"))),
        },
    }
}

fn missing(what: String, path: &str) -> ApiError {
    ApiError::Refused {
        status: 404,
        reason: "NotFound".into(),
        message: format!("there is no {what}"),
        retry_after: 0,
        asked: format!("GET {path}"),
    }
}

async fn by_name(cluster: &Cluster, kind: &Kind, config: &Value, stop: &Stop) -> Result<Value, ApiError> {
    let place = place(kind, config).ok_or_else(|| ApiError::Settings("`metadata.name` is needed".into()))?;
    let path = path(kind, &place);
    let found = cluster.get(&path, stop).await?;
    let json = found.ok_or_else(|| missing(format!("{} {}", kind.api.kind, place.name), &path))?;
    let none = Value::null(Type::Dynamic);
    let value = read::object(kind, &json, &none, Extent::Whole);
    let schema = data_schema(kind).block;
    let told = value.as_named().into_iter().flatten();
    let told = told
        .filter(|(name, _)| schema.attributes.contains_key(&***name) || schema.blocks.contains_key(&***name));
    Ok(Value::object(told.map(|(name, value)| (name.clone(), value.clone()))))
}

async fn namespaces(cluster: &Cluster, stop: &Stop) -> Result<Value, ApiError> {
    let listed = cluster.get("/api/v1/namespaces", stop).await?.unwrap_or_default();
    let items = listed["items"].as_array().into_iter().flatten();
    let names: Vec<&str> = items.filter_map(|item| item["metadata"]["name"].as_str()).collect();
    Ok(Value::object([
        ("id", Value::string(names.join(","))),
        ("namespaces", Value::list(Type::String, names.into_iter().map(Value::string))),
    ]))
}

async fn version(cluster: &Cluster, stop: &Stop) -> Result<Value, ApiError> {
    let told = cluster.get("/version", stop).await?.unwrap_or_default();
    let text = |key: &str| Value::string(told[key].as_str().unwrap_or_default());
    let fields = VERSION_FIELDS.iter().map(|(name, key)| (*name, text(key)));
    Ok(Value::object(fields.chain([("id", text("gitVersion"))])))
}

async fn resource(cluster: &Cluster, config: &Value, stop: &Stop) -> Result<Value, ApiError> {
    let text = |value: &Value, name: &str| {
        value.attribute(name).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let (version, kind) = (text(config, "api_version"), text(config, "kind"));
    let metadata = config.attribute("metadata").and_then(|blocks| blocks.elements().next().cloned());
    let (name, namespace) =
        metadata.map(|block| (text(&block, "name"), text(&block, "namespace"))).unwrap_or_default();
    let found = cluster.discover(&version, &kind, stop).await?;
    let found = found.ok_or_else(|| missing(format!("kind {kind} in {version}"), &version))?;
    let namespace = if namespace.is_empty() { "default".to_owned() } else { namespace };
    let within = (found.scope == Scope::Namespaced).then_some(&*namespace);
    let path = format!("{}/{}", collection_of(&version, &found.plural, within), encoded(&name));
    let json = cluster.get(&path, stop).await?.ok_or_else(|| missing(format!("{kind} {name}"), &path))?;
    let mut items = config.as_named().cloned().unwrap_or_default();
    items.insert("object".into(), from_json(&cleaned(json)));
    Ok(Value::object(items))
}
