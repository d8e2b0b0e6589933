//! A cluster's world: its objects with their kinds, and how controllers reach them.
//!
//! Invariant: objects are kept in one version; the others are made when they are asked for.
//! Never: time is read here; whoever calls says when.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use crate::cluster::controllers::{Agent, Api, Change, Effect, Kind, Objects, Part, Refusal};
use crate::cluster::kinds::{Scope, Served, built_in, defined};
use crate::cluster::status::Refused;
use crate::cluster::store::{Key, Store, resource_key};
use crate::cluster::versions;

/// The objects of a cluster with their kinds.
pub(crate) struct World {
    pub(crate) store: Store,
    kinds: Vec<Served>,
    pub(crate) now: Timestamp,
    /// What is to be said beside the answer to the request that is being carried out.
    pub(crate) warnings: Vec<String>,
}

/// Whether something is only tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trial {
    Real,
    Dry,
}

/// What is done about members that a type does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Strictness {
    Strict,
    Warn,
    Ignore,
}

/// Who asks for a write, and how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request<'r> {
    pub(crate) manager: &'r str,
    pub(crate) trial: Trial,
    pub(crate) part: Part,
    pub(crate) strictness: Strictness,
}

/// The key of an object.
pub(crate) fn key(served: &Served, namespace: &str, name: &str) -> Key {
    let namespace = if served.scope == Scope::Namespaced { namespace } else { "" };
    (resource_key(served.store_group(), &served.plural), namespace.to_owned(), name.to_owned())
}

impl World {
    pub(crate) fn new(store: Store, now: Timestamp) -> World {
        let mut world = World { store, kinds: Vec::new(), now, warnings: Vec::new() };
        world.learn_kinds();
        world
    }

    /// Reads which kinds there are. Definitions that are not in force yet add none.
    pub(crate) fn learn_kinds(&mut self) {
        let in_force = |definition: &&Arc<Value>| {
            let conditions = definition["status"]["conditions"].as_array().into_iter().flatten();
            conditions.into_iter().any(|one| one["type"] == "Established" && one["status"] == "True")
        };
        let definitions = self.store.all("apiextensions.k8s.io/customresourcedefinitions", None);
        let custom: Vec<Served> =
            definitions.filter(in_force).flat_map(|definition| defined(definition)).collect();
        self.kinds = built_in().iter().cloned().chain(custom).collect();
    }

    /// All kinds that are served.
    pub(crate) fn kinds(&self) -> &[Served] {
        &self.kinds
    }

    /// The kind at a path.
    pub(crate) fn served(&self, group: &str, version: &str, plural: &str) -> Option<Served> {
        let here = |kind: &&Served| kind.group == group && kind.version == version && kind.plural == plural;
        self.kinds.iter().find(here).cloned()
    }

    /// The kind of a resource, in the version in which it is kept.
    pub(crate) fn of_resource(&self, group: &str, plural: &str) -> Option<Served> {
        self.kinds.iter().find(|kind| kind.group == group && kind.plural == plural).cloned()
    }

    /// One object, in the version of the kind.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn get(&self, served: &Served, namespace: &str, name: &str) -> Result<Arc<Value>, Refused> {
        let found = self.store.get(&key(served, namespace, name)).cloned();
        found.map(|object| versions::shown(served, &object)).ok_or_else(|| Refused::not_found(served, name))
    }

    /// An object of a built-in kind, as it is kept.
    pub(crate) fn find(&self, group: &str, plural: &str, namespace: &str, name: &str) -> Option<&Arc<Value>> {
        self.store.get(&(resource_key(group, plural), namespace.to_owned(), name.to_owned()))
    }
}

/// The time as objects hold it.
pub(crate) fn stamp(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

impl Objects for World {
    fn all(&self, group: &str, resource: &str) -> Vec<Arc<Value>> {
        self.store.all(&resource_key(group, resource), None).cloned().collect()
    }

    fn get(&self, group: &str, resource: &str, namespace: &str, name: &str) -> Option<Arc<Value>> {
        self.find(group, resource, namespace, name).cloned()
    }

    fn kinds(&self) -> Vec<Kind> {
        let holds = |served: &&Served| {
            served.verbs.iter().any(|verb| verb == "list")
                && served.kind != "ComponentStatus"
                && served.group != "events.k8s.io"
                && versions::is_stored(served)
        };
        let kind = |served: &Served| Kind {
            group: served.group.clone(),
            version: served.version.clone(),
            kind: served.kind.clone(),
            resource: served.plural.clone(),
            namespaced: served.scope == Scope::Namespaced,
        };
        self.kinds.iter().filter(holds).map(kind).collect()
    }
}

impl Api for World {
    fn carry_out(&mut self, by: Agent, change: &Change) -> Result<Effect, Refusal> {
        let before = self.store.version();
        let done = self.carried(by, change);
        self.warnings.clear();
        let effect = if self.store.version() == before { Effect::Same } else { Effect::Changed };
        done.map(|()| effect).map_err(|refused| Refusal {
            code: refused.code,
            reason: refused.reason,
            message: refused.message,
        })
    }
}

impl World {
    fn carried(&mut self, by: Agent, change: &Change) -> Result<(), Refused> {
        let request = |part| Request {
            manager: by.manager(),
            trial: Trial::Real,
            part,
            strictness: Strictness::Ignore,
        };
        let find = |world: &World, group: &str, resource: &str| {
            world.of_resource(group, resource).ok_or_else(Refused::no_path)
        };
        match change {
            Change::Create { group, resource, object } => {
                let served = find(self, group, resource)?;
                let namespace = object["metadata"]["namespace"].as_str().unwrap_or_default().to_owned();
                let status = object.get("status").filter(|_| served.plural == "nodes").cloned();
                let made = self.create(&served, &namespace, object, request(Part::Main))?;
                if let Some(status) = status {
                    let mut new = (*made).clone();
                    new["status"] = status;
                    let name = new["metadata"]["name"].as_str().unwrap_or_default().to_owned();
                    self.replace(&served, &namespace, &name, &new, request(Part::Status))?;
                }
                Ok(())
            }
            Change::Replace { group, resource, object, part } => {
                let served = find(self, group, resource)?;
                let text = |name: &str| object["metadata"][name].as_str().unwrap_or_default().to_owned();
                self.replace(&served, &text("namespace"), &text("name"), object, request(*part)).map(drop)
            }
            Change::Delete { group, resource, namespace, name, uid, grace, propagation } => {
                let served = find(self, group, resource)?;
                let uid = Some(uid.clone()).filter(|uid| !uid.is_empty());
                let how = crate::cluster::deleting::Deletion {
                    uid,
                    grace: *grace,
                    propagation: *propagation,
                    ..Default::default()
                };
                self.delete(&served, namespace, name, &how, Trial::Real).map(drop)
            }
            Change::Bind { namespace, pod, node, .. } => self.bind(namespace, pod, node),
        }
    }
}
