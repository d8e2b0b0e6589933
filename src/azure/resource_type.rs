//! Resource types: a table of rows, and what a table cannot say.
//!
//! Invariant: a resource type is one file of the catalogue and one line in its list.
//! Never: a hook makes a request; only a `Call` and the session do.

use std::collections::BTreeMap;

use aksel_lang::path::Path;
use aksel_lang::types::Text;
use aksel_lang::value::Value;
use aksel_provider::finding::Finding;
use serde_json::Value as Json;

use crate::arm_client::Request;
use crate::group::Group;
use crate::resource_id::ResourceId;
use crate::row::{Place, Row};
use crate::steps::{Step, StepInput};

/// A type of ARM resource as Terraform knows it.
pub struct ResourceType {
    /// The Terraform name.
    pub name: &'static str,
    /// The ARM type and the version of its API.
    pub arm: Arm,
    /// The version of the state that is written.
    pub schema_version: u64,
    /// How long operations may take.
    pub minutes: Minutes,
    /// The rows, in ARM's order.
    pub attributes: &'static [Row],
    /// Further requests that reading makes.
    pub calls: &'static [Call],
    /// Which arguments go together.
    pub groups: &'static [Group],
    /// Rules over several attributes, judged while planning.
    pub rules: &'static [Rule],
    /// What a table cannot say.
    pub hooks: Hooks,
}

/// A data source: the rows that are read, and what says which object.
pub struct DataSource {
    /// The Terraform name.
    pub name: &'static str,
    /// The ARM type and the version of its API.
    pub arm: Arm,
    /// The rows.
    pub attributes: &'static [Row],
    /// Further requests that reading makes.
    pub calls: &'static [Call],
    /// What a table cannot say.
    pub hooks: Hooks,
}

/// An ARM type with the version of its API.
#[derive(Clone, Copy, Debug)]
pub struct Arm {
    /// `Microsoft.ContainerRegistry/registries`; for what lies in another object only the last part counts.
    pub kind: &'static str,
    /// `2025-11-01`
    pub api: &'static str,
}

/// How long operations may take, in minutes.
#[derive(Clone, Copy, Debug)]
pub struct Minutes {
    /// Making it.
    pub create: u32,
    /// Reading it.
    pub read: u32,
    /// Changing it.
    pub update: u32,
    /// Deleting it.
    pub delete: u32,
}

/// A further request that reading an object makes, or a part of it that is written on its own.
#[derive(Clone, Copy)]
pub struct Call {
    /// What paths into its answer begin with.
    pub key: &'static str,
    /// Where it is asked.
    pub target: Target,
    /// How it is asked.
    pub method: CallMethod,
    /// Another API version than the type's.
    pub api: Option<&'static str>,
    /// Whether it is asked at all, by the object's body.
    pub when: fn(&Json) -> bool,
}

/// Where a call is asked.
#[derive(Clone, Copy)]
pub enum Target {
    /// Below the object's id.
    Below(&'static str),
    /// At a place that the body tells.
    Told(fn(&Json) -> Option<String>),
}

/// How a call is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallMethod {
    /// It is a GET.
    Get,
    /// It is a GET; what the configuration sets in it is written by a PUT.
    GetAndPut,
    /// It is a POST that changes nothing.
    Post,
}

/// A rule over several attributes.
pub type Rule = fn(&Value) -> Vec<Finding>;

/// Something that is looked up before an object is made.
#[derive(Clone, Copy)]
pub struct Lookup {
    /// The attribute that it gives.
    pub gives: &'static str,
    /// The request; `None` where there is nothing to look up.
    pub request: fn(&Value, &str) -> Option<Request>,
    /// What the answer gives.
    pub pick: fn(&Json) -> Option<String>,
}

/// What a table cannot say.
#[derive(Clone, Copy)]
pub struct Hooks {
    /// Brings what ARM answered into the shape that the rows read; gets the state before.
    pub before_read: Option<fn(&mut Json, &Value)>,
    /// Completes what was read.
    pub after_read: Option<AfterRead>,
    /// Completes a body before it is sent.
    pub before_write: Option<fn(&mut Json, &Writing<'_>)>,
    /// The id of an object, if it is not its parent's id with type and name.
    pub identity: Option<fn(&Value, &str) -> Option<String>>,
    /// Attributes whose change replaces the object only in some cases: judged with state and plan.
    pub replaces: Option<fn(&Value, &Value) -> Vec<Path>>,
    /// Attributes that are no difference: state and plan say whether a name stays as it is.
    pub keeps: Option<fn(&str, &Value, &Value) -> bool>,
    /// Computed attributes that a change makes unknown: judged with state and plan.
    pub renews: Option<fn(&Value, &Value) -> Vec<&'static str>>,
    /// What must not be changed at the same time.
    pub lane: Option<fn(&Value) -> Option<String>>,
    /// The steps of a change, if they are others than the table's.
    pub steps: Option<Rework>,
    /// What is looked up before.
    pub lookup: Option<Lookup>,
    /// What would fail at apply, told while planning: state and plan.
    pub refuses: Option<fn(&Value, &Value) -> Vec<Finding>>,
    /// The id for ARM, where the one in state is another.
    pub state_id: Option<fn(&str) -> String>,
    /// Whether the object that it is a part of is without it: gets the body and the id in state.
    pub gone: Option<fn(&Json, &str) -> bool>,
    /// Where objects of the type are.
    pub plane: Plane,
    /// Completes what is laid over an object by what the object has.
    pub over_live: Option<fn(&Json, &mut Json)>,
    /// Brings the attributes that an older version wrote into state to today's.
    pub upgrade: Option<fn(&mut Json)>,
}

/// Where objects of a type are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plane {
    /// In ARM.
    Arm,
    /// At the endpoint of a storage account.
    Blob,
}

/// What a body is written for.
#[derive(Clone, Copy, Debug)]
pub struct Writing<'a> {
    /// The object as it is, null for a creation.
    pub prior: &'a Value,
    /// What it is to become.
    pub planned: &'a Value,
    /// The subscription.
    pub subscription: &'a str,
}

/// Gives the steps of a change instead of those of the table.
pub type Rework = fn(&StepInput<'_>, Vec<Step>) -> Vec<Step>;

/// Completes what was read: gets the values, the document, and the id.
pub type AfterRead = fn(&mut BTreeMap<Text, Value>, &Json, &str);

impl Hooks {
    /// None.
    pub const NONE: Hooks = Hooks {
        before_read: None,
        after_read: None,
        before_write: None,
        identity: None,
        replaces: None,
        keeps: None,
        renews: None,
        lane: None,
        steps: None,
        lookup: None,
        refuses: None,
        state_id: None,
        gone: None,
        plane: Plane::Arm,
        over_live: None,
        upgrade: None,
    };
}

impl Call {
    const fn new(key: &'static str, target: Target, method: CallMethod) -> Call {
        Call { key, target, method, api: None, when: |_| true }
    }

    /// A part that is read by a GET and written by a PUT.
    pub const fn part(key: &'static str, suffix: &'static str) -> Call {
        Call::new(key, Target::Below(suffix), CallMethod::GetAndPut)
    }

    /// A GET below the object.
    pub const fn get(key: &'static str, suffix: &'static str) -> Call {
        Call::new(key, Target::Below(suffix), CallMethod::Get)
    }

    /// A GET of another object that the body names.
    pub const fn told(key: &'static str, place: fn(&Json) -> Option<String>) -> Call {
        Call::new(key, Target::Told(place), CallMethod::Get)
    }

    /// A POST that asks for something.
    pub const fn post(key: &'static str, suffix: &'static str) -> Call {
        Call::new(key, Target::Below(suffix), CallMethod::Post)
    }

    /// The call, only when the body says so.
    pub const fn when(self, when: fn(&Json) -> bool) -> Call {
        Call { when, ..self }
    }

    /// The call, with another API version.
    pub const fn at(self, api: &'static str) -> Call {
        Call { api: Some(api), ..self }
    }
}

/// Half an hour for changes, as most types have it.
pub const HALF_AN_HOUR: Minutes = Minutes { create: 30, read: 5, update: 30, delete: 30 };

/// An hour and a half, for clusters and what is in them.
pub const LONG: Minutes = Minutes { create: 90, read: 5, update: 90, delete: 90 };

impl std::fmt::Debug for ResourceType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ResourceType({})", self.name)
    }
}

impl std::fmt::Debug for DataSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DataSource({})", self.name)
    }
}

/// The id that an object of these rows has, as far as the value tells: below its parent, or below its resource group.
pub fn identity(arm: Arm, rows: &[Row], value: &Value, subscription: &str) -> Option<String> {
    let text = |row: &Row| value.attribute(row.name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let placed = |place: Place| rows.iter().find(|row| row.place == place);
    let name = text(placed(Place::Name)?)?;
    let (namespace, kinds) = arm.kind.split_once('/')?;
    let mut kinds: Vec<&str> = kinds.split('/').collect();
    let last = kinds.pop()?;
    if let Some(parent) = placed(Place::Parent) {
        return Some(format!("{}/{last}/{name}", text(parent)?));
    }
    let group = text(placed(Place::ResourceGroup)?)?;
    let mut id = format!("/subscriptions/{subscription}/resourceGroups/{group}/providers/{namespace}");
    for kind in kinds {
        let within = rows.iter().find(|row| matches!(row.place, Place::Within(word) if word == kind))?;
        id = format!("{id}/{kind}/{}", text(within)?);
    }
    Some(format!("{id}/{last}/{name}"))
}

/// Whether an id is of an ARM type; else an example of what it must look like.
///
/// # Errors
/// The form that an id of the type has.
pub fn check_id(arm: Arm, id: &ResourceId) -> Result<(), String> {
    let text = id.as_str().to_lowercase();
    let (namespace, kinds) = arm.kind.split_once('/').unwrap_or((arm.kind, ""));
    let kinds: Vec<String> = kinds.split('/').map(str::to_lowercase).collect();
    let parts: Vec<&str> = text.split('/').collect();
    let fits = match namespace {
        "Microsoft.Resources" => parts.len() == 5 && parts[3] == "resourcegroups",
        _ => {
            let at = parts.iter().rposition(|part| *part == namespace.to_lowercase());
            at.is_some_and(|at| {
                let rest = &parts[at + 1..];
                rest.len() == kinds.len() * 2
                    && rest.chunks(2).zip(&kinds).all(|(pair, kind)| pair[0] == kind)
            })
        }
    };
    if fits {
        return Ok(());
    }
    let below: String = kinds.iter().map(|kind| format!("/{kind}/<name>")).collect();
    Err(match namespace {
        "Microsoft.Resources" => "/subscriptions/<id>/resourceGroups/<name>".to_owned(),
        _ => format!("/subscriptions/<id>/resourceGroups/<name>/providers/{namespace}{below}"),
    })
}
