//! What each type's service adds to what it is sent, how long it takes, and what it answers when asked for more.
//!
//! Invariant: what a client has sent stays, unless the service is known to change it.
//! Never: a type knows requests; it completes bodies.

mod cluster;
mod container_registry;
mod identity;
mod log_analytics;
mod other;
mod storage_account;

use serde_json::{Value as Json, json};
use uuid::Uuid;

use crate::arm::refusal::Refusal;
use crate::arm::world::{Object, World};
use crate::clock::Moment;

pub(crate) use cluster::{POOLS, api_server_name, is_cluster, pools_of};

/// The tenant of every sandbox.
pub(crate) const TENANT: &str = "00000000-0000-0000-0000-0000000000aa";
/// Who is signed in.
pub(crate) const CALLER: &str = "00000000-0000-0000-0000-0000000000cc";

/// A body that is being completed.
pub(crate) struct Draft<'d> {
    /// The object's id.
    pub(crate) id: &'d str,
    /// Its name.
    pub(crate) name: &'d str,
    /// Its resource group, empty outside of one.
    pub(crate) group: &'d str,
    /// Its subscription.
    pub(crate) subscription: &'d str,
    /// What it lies in.
    pub(crate) parent: &'d str,
    /// What was sent, and is to be answered.
    pub(crate) body: &'d mut Json,
    /// What it was before.
    pub(crate) before: Option<&'d Json>,
    /// The endpoint of this sandbox.
    pub(crate) endpoint: &'d str,
    /// The time.
    pub(crate) now: Moment,
}

/// A type of which the service does more than keep what it is sent.
pub(crate) struct Kind {
    /// The type in lower case.
    pub(crate) kind: &'static str,
    /// The type as Azure writes it.
    pub(crate) shown: &'static str,
    /// How long making takes, in milliseconds of the usual pace; 0 is at once.
    pub(crate) millis: u64,
    /// Completes a body.
    pub(crate) complete: fn(&mut Draft<'_>),
    /// Refuses what the service would refuse.
    pub(crate) check: fn(&Draft<'_>, &World) -> Result<(), Refusal>,
    /// Answers what is asked with POST.
    pub(crate) action: fn(&str, &Object) -> Option<Json>,
}

/// What most types are like.
const PLAIN: Kind =
    Kind { kind: "", shown: "", millis: 0, complete: |_| {}, check: |_, _| Ok(()), action: |_, _| None };

/// All types that are more than kept.
const KINDS: &[&[Kind]] = &[
    container_registry::KINDS,
    storage_account::KINDS,
    identity::KINDS,
    log_analytics::KINDS,
    cluster::KINDS,
    other::KINDS,
];

/// The type of a name.
pub(crate) fn kind(name: &str) -> &'static Kind {
    static OTHER: Kind = PLAIN;
    KINDS.iter().flat_map(|kinds| kinds.iter()).find(|kind| kind.kind == name).unwrap_or(&OTHER)
}

/// What a type has although nobody made it: `blobServices/default`.
pub(crate) fn always_there(kind: &str, id: &str, world: &World) -> Option<Json> {
    storage_account::service(kind, id, world)
}

/// A GUID that an object always has.
pub(crate) fn guid(id: &str, what: &str) -> String {
    Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("{}#{what}", id.to_lowercase()).as_bytes()).to_string()
}

/// Some letters and digits that an object always has.
pub(crate) fn short(id: &str, what: &str) -> String {
    guid(id, what).split('-').next().unwrap_or_default().to_owned()
}

/// What stands at a path of member names, null if nothing does.
pub(crate) fn at<'j>(json: &'j Json, path: &str) -> &'j Json {
    path.split('.').filter(|step| !step.is_empty()).fold(json, |json, step| &json[step])
}

/// Sets what is not there.
pub(crate) fn fill(json: &mut Json, path: &str, value: Json) {
    if at(json, path).is_null() {
        set(json, path, value);
    }
}

/// Sets whatever is there.
pub(crate) fn set(json: &mut Json, path: &str, value: Json) {
    let mut place = json;
    for step in path.split('.') {
        if !place.is_object() {
            *place = json!({});
        }
        place = &mut place[step];
    }
    *place = value;
}

impl Draft<'_> {
    /// Sets what was not sent.
    pub(crate) fn fill(&mut self, path: &str, value: Json) {
        fill(self.body, path, value);
    }

    /// Sets what the service decides: as it was before, else this.
    pub(crate) fn keep(&mut self, path: &str, value: Json) {
        let before = self.before.map(|before| at(before, path).clone()).filter(|before| !before.is_null());
        set(self.body, path, before.unwrap_or(value));
    }

    /// Sets the ids of the identities that the body asks for.
    pub(crate) fn complete_identity(&mut self) {
        let id = self.id.to_owned();
        let asked = self.body["identity"]["type"].as_str().unwrap_or_default().to_owned();
        if asked.contains("SystemAssigned") {
            set(self.body, "identity.principalId", guid(&id, "principal").into());
            set(self.body, "identity.tenantId", TENANT.into());
        }
        if let Some(assigned) = self.body["identity"]["userAssignedIdentities"].as_object_mut() {
            for (identity, ids) in assigned {
                *ids = json!({ "principalId": guid(identity, "principal"), "clientId": guid(identity, "client") });
            }
        }
    }

    /// The region.
    pub(crate) fn location(&self) -> String {
        self.body["location"].as_str().unwrap_or("westeurope").to_owned()
    }
}
