//! The snapshot: what is known to exist, in Terraform's state format version 4.
//!
//! Invariant: `write(read(text)) == text` for what Terraform writes; attributes are kept as text, so that no digit is lost.
//! Invariant: resources and instances are in Terraform's order, by the order of their keys.
//! Never: a snapshot interprets attributes; whoever has the schema does.

use std::collections::BTreeMap;
use std::sync::Arc;

use aksel_lang::address::{Address, InstanceKey, Mode, ModuleInstance, ResourceName};
use aksel_lang::path::Path;
use aksel_lang::types::Text;

use crate::error::StateError;
use crate::json::{Layout, RawJson, laid_out};
use crate::provider_instance::split;
use crate::wire;

/// The version of Terraform whose format is written.
pub const TERRAFORM_VERSION: &str = "1.11.4";

/// All that is known to exist.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// The version of Terraform that wrote it last.
    pub terraform_version: String,
    /// Counts the changes of a lineage.
    pub serial: u64,
    /// The id of the history that this state is part of; empty in a state that was never written.
    pub lineage: String,
    /// The outputs of the root module.
    pub outputs: BTreeMap<String, Output>,
    /// The resources.
    pub resources: BTreeMap<ResourceKey, Resource>,
    /// The results of checks; `None` if there were none.
    pub check_results: Option<Vec<CheckResult>>,
}

/// An output of the root module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The value.
    pub value: RawJson,
    /// Its type in Terraform's JSON notation.
    pub ty: RawJson,
    /// Whether it is shown.
    pub sensitive: bool,
}

/// The key of a resource; its order is that of Terraform's file.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ResourceKey {
    /// The module instance as text; empty for the root module.
    pub module: Text,
    /// Whether it is managed or read.
    pub kind: ResourceKind,
    /// The type.
    pub type_name: Text,
    /// The name.
    pub name: Text,
}

/// What kinds of resources are in state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ResourceKind {
    /// A data source.
    Data,
    /// A managed resource.
    Managed,
}

/// A resource with its instances.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// The provider configuration: `provider["registry.terraform.io/hashicorp/azurerm"].west`. Objects may belong to
    /// instances of it.
    pub provider: String,
    /// The module instance.
    pub module: ModuleInstance,
    /// The objects.
    pub instances: BTreeMap<InstanceId, InstanceObject>,
}

/// Which object of a resource; its order is that of Terraform's file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InstanceId {
    /// The key of `count` or `for_each`.
    pub key: Option<InstanceKey>,
    /// The key of an object that has been replaced and is still to be deleted.
    pub deposed: Option<Text>,
}

/// What is known of one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceObject {
    /// Whether it is as it should be.
    pub status: Status,
    /// The version of the schema that the attributes follow.
    pub schema_version: u64,
    /// The attributes by the schema.
    pub attributes: RawJson,
    /// Which of the attributes are sensitive because of where their values came from.
    pub sensitive: Vec<Path>,
    /// The version of the identity's schema; kept as it was read.
    pub identity_schema_version: Option<u64>,
    /// The identity; kept as it was read.
    pub identity: Option<RawJson>,
    /// What the provider keeps for itself.
    pub private: Option<Arc<[u8]>>,
    /// The resources that it depends on, in order, as they are written in the configuration.
    pub dependencies: Vec<String>,
    /// Whether its replacement is made before it is deleted.
    pub create_before_destroy: bool,
    /// Whether it is forgotten instead of deleted when it is no longer wanted.
    ///
    /// Rule: <https://opentofu.org/docs/language/meta-arguments/lifecycle/> (`destroy`)
    pub skip_destroy: bool,
    /// The instance of the provider configuration that it belongs to, whole, where the configuration has instances.
    pub provider: Option<Text>,
}

/// Whether an object is as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It is.
    Ready,
    /// Making it failed half-way: it is to be replaced.
    Tainted,
}

/// The result of the checks of one configuration object.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct CheckResult {
    /// `resource`, `output`, `check` or `input_variable`.
    pub object_kind: String,
    /// The address in the configuration.
    pub config_addr: String,
    /// `pass`, `fail`, `error` or `unknown`.
    pub status: String,
    /// The instances; `None` if they are not known.
    pub objects: Option<Vec<CheckObject>>,
}

/// The result of the checks of one instance.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct CheckObject {
    /// Its address.
    pub object_addr: String,
    /// `pass`, `fail`, `error` or `unknown`.
    pub status: String,
    /// What the failed conditions said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failure_messages: Vec<String>,
}

/// Reads a state.
///
/// # Errors
/// `Torn` for broken JSON, `Foreign` for JSON that is no state, `Version` for another format than 4.
pub fn read(text: &str) -> Result<Snapshot, StateError> {
    wire::read(text)
}

/// Writes a state as Terraform does: two blanks of indentation and a line break at the end.
pub fn write(snapshot: &Snapshot) -> String {
    let mut text = laid_out(&wire::compact(snapshot), Layout::Indented);
    text.push('\n');
    text
}

impl Snapshot {
    /// A state in which nothing exists yet.
    pub fn new(lineage: impl Into<String>) -> Snapshot {
        Snapshot {
            terraform_version: TERRAFORM_VERSION.into(),
            serial: 0,
            lineage: lineage.into(),
            outputs: BTreeMap::new(),
            resources: BTreeMap::new(),
            check_results: None,
        }
    }

    /// Whether it says the same, whatever the serials and writers are.
    pub fn same_content(&self, other: &Snapshot) -> bool {
        self.lineage == other.lineage
            && self.outputs == other.outputs
            && self.resources == other.resources
            && self.check_results == other.check_results
    }

    /// The resource with all its instances.
    pub fn resource(&self, address: &Address) -> Option<&Resource> {
        self.resources.get(&ResourceKey::of(address))
    }

    /// The object of an instance, or a deposed one.
    pub fn object(&self, address: &Address, deposed: Option<&str>) -> Option<&InstanceObject> {
        self.resource(address)?.instances.get(&InstanceId::of(address, deposed))
    }

    /// The provider configuration of an object, or the instance of it.
    pub fn provider(&self, address: &Address, deposed: Option<&str>) -> Option<&str> {
        let resource = self.resource(address)?;
        let object = resource.instances.get(&InstanceId::of(address, deposed))?;
        Some(resource.provider_of(object))
    }

    /// Puts an object in its place and gives back what was there. `provider` is a configuration or an instance of one.
    pub fn put(
        &mut self,
        address: &Address,
        deposed: Option<&str>,
        provider: &str,
        object: InstanceObject,
    ) -> Option<InstanceObject> {
        let (configuration, key) = split(provider);
        let resource = self.resources.entry(ResourceKey::of(address)).or_insert_with(|| Resource {
            provider: configuration.to_owned(),
            module: address.module.clone(),
            instances: BTreeMap::new(),
        });
        if resource.provider != configuration {
            resource.provider = configuration.to_owned();
        }
        let object = InstanceObject { provider: key.map(|_| provider.into()), ..object };
        resource.instances.insert(InstanceId::of(address, deposed), object)
    }

    /// Takes an object out, and its resource with the last of its objects.
    pub fn remove(&mut self, address: &Address, deposed: Option<&str>) -> Option<InstanceObject> {
        let key = ResourceKey::of(address);
        let resource = self.resources.get_mut(&key)?;
        let removed = resource.instances.remove(&InstanceId::of(address, deposed));
        if resource.instances.is_empty() {
            self.resources.remove(&key);
        }
        removed
    }

    /// All objects in Terraform's order.
    pub fn objects(&self) -> impl Iterator<Item = Entry<'_>> {
        self.resources.iter().flat_map(|(key, resource)| {
            resource.instances.iter().map(move |(id, object)| Entry {
                address: key.address(&resource.module, id.key.clone()),
                deposed: id.deposed.as_deref(),
                provider: resource.provider_of(object),
                object,
            })
        })
    }
}

impl Resource {
    /// The provider configuration of one of its objects, or the instance of it.
    pub fn provider_of<'a>(&'a self, object: &'a InstanceObject) -> &'a str {
        object.provider.as_deref().unwrap_or(&self.provider)
    }
}

/// One object of a snapshot with its place.
#[derive(Clone, Debug)]
pub struct Entry<'a> {
    /// The address of the instance.
    pub address: Address,
    /// The key of a deposed object.
    pub deposed: Option<&'a str>,
    /// The provider configuration.
    pub provider: &'a str,
    /// What is known of it.
    pub object: &'a InstanceObject,
}

impl InstanceObject {
    /// An object of which nothing but its attributes is known.
    pub fn new(schema_version: u64, attributes: RawJson) -> InstanceObject {
        InstanceObject {
            status: Status::Ready,
            schema_version,
            attributes,
            sensitive: Vec::new(),
            identity_schema_version: None,
            identity: None,
            private: None,
            dependencies: Vec::new(),
            create_before_destroy: false,
            skip_destroy: false,
            provider: None,
        }
    }
}

impl ResourceKey {
    /// The key of the resource of an address.
    pub fn of(address: &Address) -> ResourceKey {
        let kind = match address.resource.mode {
            Mode::Data => ResourceKind::Data,
            // An ephemeral resource is never put into state; the engine does not ask for one.
            Mode::Managed | Mode::Ephemeral => ResourceKind::Managed,
        };
        ResourceKey {
            module: address.module.to_string().into(),
            kind,
            type_name: address.resource.type_name.clone(),
            name: address.resource.name.clone(),
        }
    }

    fn address(&self, module: &ModuleInstance, key: Option<InstanceKey>) -> Address {
        let mode = match self.kind {
            ResourceKind::Data => Mode::Data,
            ResourceKind::Managed => Mode::Managed,
        };
        let resource = ResourceName { mode, type_name: self.type_name.clone(), name: self.name.clone() };
        Address { module: module.clone(), resource, key }
    }
}

impl InstanceId {
    /// The object of an address.
    pub fn of(address: &Address, deposed: Option<&str>) -> InstanceId {
        InstanceId { key: address.key.clone(), deposed: deposed.map(Text::from) }
    }
}

#[cfg(test)]
#[path = "snapshot_tests.rs"]
mod tests;
