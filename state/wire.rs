//! State format version 4 as it stands in the file, field by field in Terraform's order.
//!
//! Invariant: a field that Terraform leaves out when it is empty is left out here.
//! Never: anything but `snapshot` uses these types.

use std::collections::BTreeMap;
use std::sync::Arc;

use aksel_lang::address::{InstanceKey, ModuleInstance, Target};
use aksel_lang::json;
use aksel_lang::number::Number;
use aksel_lang::path::{Path, Step};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};

use crate::error::StateError;
use crate::json::RawJson;
use crate::provider_instance::split;
use crate::snapshot::{
    CheckResult, InstanceId, InstanceObject, Output, Resource, ResourceKey, ResourceKind, Snapshot, Status,
};

/// The greatest serial: a count of saved changes never comes near it, and goes on from it.
const SERIAL_MAX: u64 = u64::MAX / 2;

#[derive(Deserialize)]
struct Head {
    version: Option<u64>,
    terraform_version: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct State {
    version: u64,
    #[serde(default)]
    terraform_version: String,
    serial: u64,
    #[serde(default)]
    lineage: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    outputs: BTreeMap<String, OutputWire>,
    #[serde(default, deserialize_with = "null_is_empty")]
    resources: Vec<ResourceWire>,
    #[serde(default)]
    check_results: Option<Vec<CheckResult>>,
}

#[derive(Serialize, Deserialize)]
struct OutputWire {
    value: RawJson,
    #[serde(rename = "type")]
    ty: RawJson,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    sensitive: bool,
}

#[derive(Serialize, Deserialize)]
struct ResourceWire {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    module: String,
    mode: String,
    #[serde(rename = "type")]
    type_name: String,
    name: String,
    /// Left out where the objects say it themselves.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    provider: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    instances: Vec<InstanceWire>,
}

/// One object as it stands in the state and in the journal.
#[derive(Serialize, Deserialize)]
pub(crate) struct InstanceWire {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    index_key: Option<IndexKey>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    status: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    deposed: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    provider: Option<String>,
    #[serde(default)]
    schema_version: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    attributes: Option<RawJson>,
    #[serde(default, skip_serializing)]
    attributes_flat: Option<serde::de::IgnoredAny>,
    #[serde(default, deserialize_with = "null_is_empty")]
    sensitive_attributes: Vec<Vec<StepWire>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    identity_schema_version: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    identity: Option<RawJson>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    private: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    dependencies: Vec<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    create_before_destroy: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    skip_destroy: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum IndexKey {
    Index(usize),
    Key(String),
}

#[derive(Serialize, Deserialize)]
struct StepWire {
    #[serde(rename = "type")]
    kind: String,
    value: RawJson,
}

#[derive(Serialize, Deserialize)]
struct IndexWire {
    value: RawJson,
    #[serde(rename = "type")]
    ty: String,
}

fn null_is_empty<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: Default + Deserialize<'de>,
    D: serde::Deserializer<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// Reads a state of format 4.
pub(crate) fn read(text: &str) -> Result<Snapshot, StateError> {
    let head: Head = serde_json::from_str(text).map_err(|error| refused(text, &error))?;
    match head.version {
        Some(4) => {}
        Some(found) => return Err(StateError::Version { found, written_by: head.terraform_version }),
        None => return Err(StateError::Foreign { reason: "it does not say its format `version`".into() }),
    }
    let state: State = serde_json::from_str(text).map_err(|error| refused(text, &error))?;
    if state.serial > SERIAL_MAX {
        return Err(StateError::Foreign { reason: "its serial cannot be counted on".into() });
    }
    if let Some(name) = unreadable(&state.outputs) {
        return Err(StateError::Foreign {
            reason: format!("the value of the output `{name}` cannot be read"),
        });
    }
    let mut resources = BTreeMap::new();
    for resource in state.resources {
        let (key, resource) = resource.read()?;
        let name = format!("{}.{}", key.type_name, key.name);
        if resources.insert(key, resource).is_some() {
            return Err(StateError::Foreign { reason: format!("the resource {name} stands in it twice") });
        }
    }
    let output = |o: OutputWire| Output { value: o.value, ty: o.ty, sensitive: o.sensitive };
    Ok(Snapshot {
        terraform_version: state.terraform_version,
        serial: state.serial,
        lineage: state.lineage,
        outputs: state.outputs.into_iter().map(|(name, value)| (name, output(value))).collect(),
        resources,
        check_results: state.check_results,
    })
}

/// An output whose value is JSON, but none that an output can have: a number without end, or one list in another for ever.
fn unreadable(outputs: &BTreeMap<String, OutputWire>) -> Option<&String> {
    outputs.iter().find(|(_, output)| json::read(output.value.as_str()).is_err()).map(|(name, _)| name)
}

fn refused(text: &str, error: &serde_json::Error) -> StateError {
    let reason = error.to_string();
    if error.is_data() {
        return StateError::Foreign { reason };
    }
    // The parser counts lines and columns from 1.
    let line_start: usize =
        text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    let byte = (line_start + error.column().saturating_sub(1)).min(text.len());
    StateError::Torn { byte, reason }
}

/// Writes a state of format 4 without blanks between tokens.
pub(crate) fn compact(snapshot: &Snapshot) -> String {
    let output = |o: &Output| OutputWire { value: o.value.clone(), ty: o.ty.clone(), sensitive: o.sensitive };
    let state = State {
        version: 4,
        terraform_version: snapshot.terraform_version.clone(),
        serial: snapshot.serial,
        lineage: snapshot.lineage.clone(),
        outputs: snapshot.outputs.iter().map(|(name, value)| (name.clone(), output(value))).collect(),
        resources: snapshot.resources.iter().map(|(key, resource)| ResourceWire::of(key, resource)).collect(),
        check_results: snapshot.check_results.clone(),
    };
    serde_json::to_string(&state).expect("a state has text keys and no infinite number")
}

impl ResourceWire {
    fn of(key: &ResourceKey, resource: &Resource) -> ResourceWire {
        let mode = match key.kind {
            ResourceKind::Data => "data",
            ResourceKind::Managed => "managed",
        };
        // As OpenTofu does: where an object belongs to an instance of a provider configuration, each says its own.
        let each = resource.instances.values().any(|object| object.provider.is_some());
        let instance = |(id, object): (&InstanceId, &InstanceObject)| InstanceWire {
            provider: each.then(|| resource.provider_of(object).to_owned()),
            ..InstanceWire::of(id, object)
        };
        ResourceWire {
            module: key.module.to_string(),
            mode: mode.into(),
            type_name: key.type_name.to_string(),
            name: key.name.to_string(),
            provider: if each { String::new() } else { resource.provider.clone() },
            instances: resource.instances.iter().map(instance).collect(),
        }
    }

    fn read(self) -> Result<(ResourceKey, Resource), StateError> {
        let kind = match &*self.mode {
            "data" => ResourceKind::Data,
            "managed" => ResourceKind::Managed,
            other => return Err(StateError::Foreign { reason: format!("the resource mode `{other}`") }),
        };
        let module = read_module(&self.module)?;
        let key = ResourceKey {
            module: self.module.as_str().into(),
            kind,
            type_name: self.type_name.as_str().into(),
            name: self.name.as_str().into(),
        };
        let mut provider = self.provider;
        let mut instances = BTreeMap::new();
        for instance in self.instances {
            let own = instance.provider.clone().unwrap_or_default();
            let (configuration, instance_key) = split(&own);
            if provider.is_empty() {
                provider = configuration.to_owned();
            }
            let (id, object) = instance.read().map_err(|reason| StateError::Foreign {
                reason: format!("in {}.{}: {reason}", self.type_name, self.name),
            })?;
            instances
                .insert(id, InstanceObject { provider: instance_key.map(|_| own.as_str().into()), ..object });
        }
        if provider.is_empty() {
            let reason = format!("{}.{} does not say its provider", self.type_name, self.name);
            return Err(StateError::Foreign { reason });
        }
        Ok((key, Resource { provider, module, instances }))
    }
}

fn read_module(text: &str) -> Result<ModuleInstance, StateError> {
    if text.is_empty() {
        return Ok(ModuleInstance::default());
    }
    match text.parse() {
        Ok(Target::Module(module)) => Ok(module),
        Ok(Target::Resource(_)) | Err(_) => {
            Err(StateError::Foreign { reason: format!("the module address `{text}`") })
        }
    }
}

impl InstanceWire {
    /// The object with its key.
    pub(crate) fn of(id: &InstanceId, object: &InstanceObject) -> InstanceWire {
        InstanceWire {
            index_key: id.key.as_ref().map(|key| match key {
                InstanceKey::Index(index) => IndexKey::Index(*index),
                InstanceKey::Key(key) => IndexKey::Key(key.to_string()),
            }),
            status: match object.status {
                Status::Ready => None,
                Status::Tainted => Some("tainted".into()),
            },
            deposed: id.deposed.as_deref().map(str::to_owned),
            provider: None,
            schema_version: object.schema_version,
            attributes: Some(object.attributes.clone()),
            attributes_flat: None,
            sensitive_attributes: object.sensitive.iter().map(path_to_wire).collect(),
            identity_schema_version: object.identity_schema_version,
            identity: object.identity.clone(),
            private: object.private.as_deref().map(|bytes| BASE64.encode(bytes)),
            dependencies: object.dependencies.clone(),
            create_before_destroy: object.create_before_destroy,
            skip_destroy: object.skip_destroy,
        }
    }

    /// The object with its key, or what is wrong with it.
    pub(crate) fn read(self) -> Result<(InstanceId, InstanceObject), String> {
        if self.attributes_flat.is_some() {
            return Err(
                "attributes in the flat form of Terraform 0.11; run `terraform apply` of a later one".into(),
            );
        }
        let key = self.index_key.map(|key| match key {
            IndexKey::Index(index) => InstanceKey::Index(index),
            IndexKey::Key(key) => InstanceKey::Key(key.into()),
        });
        let status = match self.status.as_deref() {
            None => Status::Ready,
            Some("tainted") => Status::Tainted,
            Some(other) => return Err(format!("the status `{other}`")),
        };
        let private = self.private.map(|text| BASE64.decode(text).map(Arc::from)).transpose();
        let object = InstanceObject {
            status,
            schema_version: self.schema_version,
            attributes: self.attributes.ok_or("an instance without attributes")?,
            sensitive: self.sensitive_attributes.into_iter().map(path_from_wire).collect::<Result<_, _>>()?,
            identity_schema_version: self.identity_schema_version,
            identity: self.identity,
            private: private.map_err(|error| format!("`private` is no base64: {error}"))?,
            dependencies: self.dependencies,
            create_before_destroy: self.create_before_destroy,
            skip_destroy: self.skip_destroy,
            provider: None,
        };
        Ok((InstanceId { key, deposed: self.deposed.map(Into::into) }, object))
    }
}

fn path_to_wire(path: &Path) -> Vec<StepWire> {
    let raw = |value: serde_json::Value| RawJson::from(&value);
    let step = |step: &Step| match step {
        Step::Attribute(name) => StepWire { kind: "get_attr".into(), value: raw((&**name).into()) },
        Step::Index(index) => StepWire {
            kind: "index".into(),
            value: raw(serde_json::json!({ "value": index, "type": "number" })),
        },
        Step::Key(key) => StepWire {
            kind: "index".into(),
            value: raw(serde_json::json!({ "value": &**key, "type": "string" })),
        },
    };
    path.0.iter().map(step).collect()
}

fn path_from_wire(steps: Vec<StepWire>) -> Result<Path, String> {
    let step = |step: StepWire| -> Result<Step, String> {
        let text = step.value.as_str();
        let unreadable = |_| format!("the step {text} of a sensitive path");
        if step.kind == "get_attr" {
            let name: String = serde_json::from_str(text).map_err(unreadable)?;
            return Ok(Step::Attribute(name.into()));
        }
        let index: IndexWire = serde_json::from_str(text).map_err(unreadable)?;
        match &*index.ty {
            "number" => {
                index.value.as_str().parse::<Number>().ok().and_then(|n| n.to_usize()).map(Step::Index)
            }
            "string" => {
                serde_json::from_str::<String>(index.value.as_str()).ok().map(|key| Step::Key(key.into()))
            }
            _ => None,
        }
        .ok_or_else(|| format!("the step {text} of a sensitive path"))
    };
    steps.into_iter().map(step).collect::<Result<_, _>>().map(Path)
}
