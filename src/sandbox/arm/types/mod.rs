//! The types of ARM that have rules of their own: one file for each family, one [`Kind`] for each type.
//!
//! Invariant: a type that is not listed works too: it is stored as it was sent and is ready at once.
//! Never: a rule does not change the tables; it says what the body becomes and which objects come or go with it.

mod authorization;
mod container_registry;
mod insights;
mod key_vault;
mod kubernetes_cluster;
mod kubernetes_extension;
mod log_analytics;
mod machine_learning;
mod managed_identity;
mod network;
mod node_pool;
mod observability;
mod storage;

pub(crate) use kubernetes_cluster::CLUSTER;

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::id::Id;
use super::reply::Refusal;
use super::request::Scene;
use crate::clock::Moment;
use crate::world::Object;

/// Whether a type tells its provisioning state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// In `properties.provisioningState`.
    Shown,
    /// It has none.
    Absent,
}

/// How long operations take, in milliseconds; 0: the answer comes when it is done.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Takes {
    pub(crate) create: u64,
    pub(crate) update: u64,
    pub(crate) delete: u64,
}

/// A write that is being decided.
pub(crate) struct Draft<'a> {
    pub(crate) scene: Scene<'a>,
    pub(crate) id: &'a Id,
    /// What the client sent.
    pub(crate) asked: &'a Map<String, Value>,
    pub(crate) live: Option<&'a Object>,
    pub(crate) made: Moment,
}

type Check = fn(&Draft<'_>, &Map<String, Value>) -> Result<(), Refusal>;
type Compute = fn(&Scene<'_>, &Id) -> Result<Value, Refusal>;
type Instead = fn(&Draft<'_>) -> Result<Object, Refusal>;
type Act = fn(&Scene<'_>, &Object, &Map<String, Value>) -> Result<Value, Refusal>;

/// The rules of one type.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    /// A version of its API.
    pub(crate) api: &'static str,
    /// The status that answers the PUT that makes it.
    pub(crate) created: u16,
    pub(crate) state: State,
    pub(crate) takes: Takes,
    /// Refuses a body that the service would refuse.
    pub(crate) check: Check,
    pub(crate) check_delete: fn(&Scene<'_>, &Object) -> Result<(), Refusal>,
    /// Adds to the body what the service adds.
    pub(crate) fill: fn(&Draft<'_>, &mut Map<String, Value>),
    /// Objects that come into being with it, or change with it.
    pub(crate) parts: fn(&Draft<'_>, &Object) -> Vec<Object>,
    /// Lists in `properties` whose members are objects of their own: what a write leaves out of such a list goes.
    pub(crate) lists: &'static [&'static str],
    /// Keys of objects elsewhere that go with it.
    pub(crate) also: fn(&Object) -> Vec<String>,
    /// Adds to the answer what is computed from other objects.
    pub(crate) view: fn(&Scene<'_>, &Object, &mut Map<String, Value>),
    pub(crate) actions: &'static [(&'static str, Act)],
    /// The object that a write changes instead of storing one of its own.
    pub(crate) instead: Option<Instead>,
    /// Answers GET where nothing is stored.
    pub(crate) computed: Option<Compute>,
}

impl Kind {
    /// A type without rules.
    const PLAIN: Self = Self {
        name: "",
        api: "2024-01-01",
        created: 201,
        state: State::Shown,
        takes: Takes { create: 0, update: 0, delete: 0 },
        check: |_, _| Ok(()),
        check_delete: |_, _| Ok(()),
        fill: |_, _| {},
        parts: |_, _| Vec::new(),
        lists: &[],
        also: |_| Vec::new(),
        view: |_, _, _| {},
        actions: &[],
        instead: None,
        computed: None,
    };
}

/// All types with rules.
pub(crate) const KINDS: &[&[Kind]] = &[
    authorization::KINDS,
    container_registry::KINDS,
    insights::KINDS,
    key_vault::KINDS,
    kubernetes_cluster::KINDS,
    kubernetes_extension::KINDS,
    log_analytics::KINDS,
    machine_learning::KINDS,
    managed_identity::KINDS,
    network::KINDS,
    node_pool::KINDS,
    observability::KINDS,
    storage::KINDS,
];

const PLAIN: &Kind = &Kind::PLAIN;

/// The rules of a type; those of any type where it has none of its own.
pub(crate) fn of(name: &str) -> &'static Kind {
    KINDS
        .iter()
        .flat_map(|list| list.iter())
        .find(|kind| kind.name.eq_ignore_ascii_case(name))
        .unwrap_or(PLAIN)
}

/// The namespaces that are known, sorted.
pub(crate) fn namespaces() -> Vec<String> {
    let mut names: BTreeSet<String> = KINDS
        .iter()
        .flat_map(|list| list.iter())
        .filter_map(|kind| kind.name.split_once('/'))
        .map(|(name, _)| name.to_owned())
        .collect();
    names.extend(["Microsoft.Resources", "Microsoft.Compute"].map(str::to_owned));
    names.into_iter().collect()
}

/// A part of an object, complete but for its times.
fn part(draft: &Draft<'_>, id: &Id, body: Map<String, Value>) -> Object {
    let mut body = body;
    super::merge::put(&mut body, "id", id.text());
    super::merge::put(&mut body, "name", id.name());
    super::merge::put(&mut body, "type", id.kind());
    Object { id: id.text(), kind: id.kind(), body, made: draft.made, changed: draft.scene.now, working: None }
}

/// A JSON object from a literal.
fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => Map::new(),
    }
}
