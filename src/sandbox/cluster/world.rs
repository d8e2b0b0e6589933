//! A cluster's world: its objects with the rules by which they are made, changed and deleted.
//!
//! Invariant: whatever is stored has been completed, judged and noted for its owner.
//! Invariant: an object with finalizers only goes when the last of them is gone.
//! Never: time is read here; whoever calls says when.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::cluster::controllers::pods::quality;
use crate::cluster::controllers::{Agent, Api, Change, Kind, Objects, Part, Propagation, Refusal};
use crate::cluster::kinds::{Scope, Served, StatusPart, built_in, defined};
use crate::cluster::ownership::{Force, Writer, apply, update};
use crate::cluster::status::Refused;
use crate::cluster::store::{Key, Store, resource_key};
use crate::cluster::{defaults, validation};

/// The objects of a cluster with their kinds.
pub(crate) struct World {
    pub(crate) store: Store,
    kinds: Vec<Served>,
    pub(crate) now: Timestamp,
}

/// Whether something is only tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trial {
    Real,
    Dry,
}

/// Who asks for a write, and how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request<'r> {
    pub(crate) manager: &'r str,
    pub(crate) trial: Trial,
    pub(crate) part: Part,
}

/// How an object is to be deleted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Deletion {
    pub(crate) uid: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) grace: Option<i64>,
    pub(crate) propagation: Option<Propagation>,
}

/// The key of an object.
pub(crate) fn key(served: &Served, namespace: &str, name: &str) -> Key {
    let namespace = if served.scope == Scope::Namespaced { namespace } else { "" };
    (resource_key(&served.group, &served.plural), namespace.to_owned(), name.to_owned())
}

impl World {
    pub(crate) fn new(store: Store, now: Timestamp) -> World {
        let mut world = World { store, kinds: Vec::new(), now };
        world.learn_kinds();
        world
    }

    /// Reads which kinds there are.
    fn learn_kinds(&mut self) {
        let definitions = self.store.all("apiextensions.k8s.io/customresourcedefinitions", None);
        let custom: Vec<Served> = definitions.flat_map(|definition| defined(definition)).collect();
        self.kinds = built_in().iter().cloned().chain(custom).collect();
    }

    /// All kinds that are served.
    pub(crate) fn kinds(&self) -> &[Served] {
        &self.kinds
    }

    /// The kind at a path.
    pub(crate) fn served(&self, group: &str, version: &str, plural: &str) -> Option<Served> {
        let found = self
            .kinds
            .iter()
            .find(|kind| kind.group == group && kind.version == version && kind.plural == plural);
        found.cloned()
    }

    fn of_resource(&self, group: &str, plural: &str) -> Option<Served> {
        self.kinds.iter().find(|kind| kind.group == group && kind.plural == plural).cloned()
    }

    /// One object.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn get(&self, served: &Served, namespace: &str, name: &str) -> Result<Arc<Value>, Refused> {
        self.store.get(&key(served, namespace, name)).cloned().ok_or_else(|| Refused::not_found(served, name))
    }

    /// Makes an object.
    ///
    /// # Errors
    /// When it exists, its namespace does not, or it is not valid.
    pub(crate) fn create(
        &mut self,
        served: &Served,
        namespace: &str,
        object: Value,
        by: Request<'_>,
    ) -> Result<Arc<Value>, Refused> {
        let mut object = self.prepared(served, namespace, object)?;
        let name = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        if self.store.get(&key(served, namespace, &name)).is_some() {
            return Err(Refused::exists(served, &name));
        }
        let stamp = stamp(self.now);
        update(&Value::Null, &mut object, writer(&by, served, &stamp));
        self.finish_new(served, namespace, object, by)
    }

    /// Brings a new object into the form in which it can be stored, but for its bookkeeping.
    fn prepared(&self, served: &Served, namespace: &str, object: Value) -> Result<Value, Refused> {
        let mut object = object;
        if !object["metadata"].is_object() {
            object["metadata"] = json!({});
        }
        object["apiVersion"] = served.api_version().into();
        object["kind"] = served.kind.clone().into();
        if object["metadata"]["name"].as_str().is_none_or(str::is_empty) {
            let Some(prefix) = object["metadata"]["generateName"].as_str() else {
                return Err(Refused::new(
                    422,
                    "Invalid",
                    format!(
                        "{} \"\" is invalid: metadata.name: Required value: name or generateName is required",
                        served.kind
                    ),
                ));
            };
            let end: String = Uuid::new_v4().simple().to_string().chars().take(5).collect();
            object["metadata"]["name"] = format!("{prefix}{end}").into();
        }
        if served.scope == Scope::Namespaced {
            let written = object["metadata"]["namespace"].as_str().unwrap_or(namespace);
            if written != namespace {
                return Err(Refused::bad(
                    "the namespace of the provided object does not match the namespace sent on the request",
                ));
            }
            object["metadata"]["namespace"] = namespace.into();
            self.check_namespace(served, namespace, object["metadata"]["name"].as_str().unwrap_or_default())?;
        }
        Ok(object)
    }

    fn check_namespace(&self, served: &Served, namespace: &str, name: &str) -> Result<(), Refused> {
        let spaces = built_in().iter().find(|kind| kind.plural == "namespaces");
        let Some(spaces) = spaces else { return Ok(()) };
        let found = self.get(spaces, "", namespace)?;
        let going = found["metadata"]["deletionTimestamp"].is_string();
        if going && served.plural != "events" { Err(Refused::going(served, name, namespace)) } else { Ok(()) }
    }

    /// Gives a new object its bookkeeping, completes and judges it, and stores it.
    fn finish_new(
        &mut self,
        served: &Served,
        namespace: &str,
        object: Value,
        by: Request<'_>,
    ) -> Result<Arc<Value>, Refused> {
        let mut object = object;
        let metadata = &mut object["metadata"];
        metadata["uid"] = Uuid::new_v4().to_string().into();
        metadata["creationTimestamp"] = stamp(self.now).into();
        if has_generation(served) {
            metadata["generation"] = 1.into();
        }
        if served.status == StatusPart::Own {
            object.as_object_mut().map(|members| members.shift_remove("status"));
        }
        self.admit(served, &mut object);
        defaults::complete(&served.kind, &mut object);
        validation::check_new(served, &object)?;
        if by.trial == Trial::Dry {
            return Ok(Arc::new(object));
        }
        let name = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        let stored = self.keep(key(served, namespace, &name), object)?;
        if served.plural == "customresourcedefinitions" {
            self.learn_kinds();
        }
        Ok(stored)
    }

    fn keep(&mut self, key: Key, object: Value) -> Result<Arc<Value>, Refused> {
        self.store.put(key, object).map_err(|error| Refused::new(500, "InternalError", error))
    }

    /// What admission adds: accounts, addresses, states to begin with.
    fn admit(&self, served: &Served, object: &mut Value) {
        match (&*served.group, &*served.kind) {
            ("", "Pod") => {
                if object["spec"]["serviceAccountName"].is_null() {
                    object["spec"]["serviceAccountName"] = "default".into();
                }
                object["spec"]["priority"] = self.priority(object["spec"]["priorityClassName"].as_str());
                object["spec"]["enableServiceLinks"] = true.into();
                object["spec"]["preemptionPolicy"] = "PreemptLowerPriority".into();
                object["status"] = json!({ "phase": "Pending", "qosClass": quality(object) });
            }
            ("", "Service") => {
                let plain = object["spec"]["clusterIP"].is_null() && object["spec"]["type"] != "ExternalName";
                if plain {
                    let address = self.free_address();
                    object["spec"]["clusterIPs"] = json!([address]);
                    object["spec"]["clusterIP"] = address.into();
                }
                object["status"] = json!({ "loadBalancer": {} });
            }
            ("", "Namespace") => {
                let name = object["metadata"]["name"].clone();
                object["metadata"]["labels"]["kubernetes.io/metadata.name"] = name;
            }
            ("", "PersistentVolumeClaim" | "PersistentVolume") => {
                object["status"] = json!({ "phase": "Pending" })
            }
            ("", "Secret") => fold_string_data(object),
            ("apiextensions.k8s.io", "CustomResourceDefinition") => establish(object, self.now),
            _ if served.status == StatusPart::Own => object["status"] = json!({}),
            _ => {}
        }
    }

    fn priority(&self, class: Option<&str>) -> Value {
        let Some(class) = class else { return 0.into() };
        let key: Key =
            (resource_key("scheduling.k8s.io", "priorityclasses"), String::new(), class.to_owned());
        self.store.get(&key).map_or(0.into(), |class| class["value"].clone())
    }

    /// The first address of the services' network that nobody has.
    fn free_address(&self) -> String {
        let taken: std::collections::HashSet<&str> = self
            .store
            .all("/services", None)
            .filter_map(|service| service["spec"]["clusterIP"].as_str())
            .collect();
        let mut candidates =
            (0..255_u32).flat_map(|a| (1..255_u32).map(move |b| format!("10.0.{a}.{b}"))).skip(10);
        candidates.find(|address| !taken.contains(address.as_str())).unwrap_or_else(|| "10.0.255.254".into())
    }

    /// Replaces a part of an object.
    ///
    /// # Errors
    /// When it is not there, has changed meanwhile, or is not valid.
    pub(crate) fn replace(
        &mut self,
        served: &Served,
        namespace: &str,
        name: &str,
        object: Value,
        by: Request<'_>,
    ) -> Result<Arc<Value>, Refused> {
        let old = self.get(served, namespace, name)?;
        let mut new = combined(served, &old, object, by.part);
        let sent = new["metadata"]["resourceVersion"].as_str().unwrap_or_default();
        if !sent.is_empty() && Some(sent) != old["metadata"]["resourceVersion"].as_str() {
            return Err(Refused::stale(served, name));
        }
        let uid = new["metadata"]["uid"].as_str().unwrap_or_default();
        if !uid.is_empty() && Some(uid) != old["metadata"]["uid"].as_str() {
            return Err(Refused::stale(served, name));
        }
        keep_identity(&old, &mut new);
        self.finish_change(served, namespace, &old, new, by)
    }

    fn finish_change(
        &mut self,
        served: &Served,
        namespace: &str,
        old: &Arc<Value>,
        new: Value,
        by: Request<'_>,
    ) -> Result<Arc<Value>, Refused> {
        let mut new = new;
        if by.part == Part::Main {
            fold_string_data(&mut new);
            defaults::complete(&served.kind, &mut new);
            validation::check_change(served, old, &new)?;
        }
        let stamp = stamp(self.now);
        update(old, &mut new, writer(&by, served, &stamp));
        self.store_change(served, namespace, old, new, by)
    }

    fn store_change(
        &mut self,
        served: &Served,
        namespace: &str,
        old: &Arc<Value>,
        new: Value,
        by: Request<'_>,
    ) -> Result<Arc<Value>, Refused> {
        let mut new = new;
        if has_generation(served) && body(old) != body(&new) {
            let generation = old["metadata"]["generation"].as_i64().unwrap_or(1);
            new["metadata"]["generation"] = (generation + 1).into();
        }
        new["metadata"]["resourceVersion"] = old["metadata"]["resourceVersion"].clone();
        if new == **old {
            return Ok(Arc::clone(old));
        }
        if by.trial == Trial::Dry {
            return Ok(Arc::new(new));
        }
        let name = new["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        let key = key(served, namespace, &name);
        let going = new["metadata"]["deletionTimestamp"].is_string();
        if going && is_free(served, &new) {
            self.keep(key.clone(), new.clone())?;
            return self.drop_object(served, &key).map(|gone| gone.unwrap_or_else(|| Arc::new(new)));
        }
        let stored = self.keep(key, new)?;
        if served.plural == "customresourcedefinitions" {
            self.learn_kinds();
        }
        Ok(stored)
    }

    fn drop_object(&mut self, served: &Served, key: &Key) -> Result<Option<Arc<Value>>, Refused> {
        let gone = self.store.remove(key).map_err(|error| Refused::new(500, "InternalError", error))?;
        if served.plural == "customresourcedefinitions" {
            self.learn_kinds();
        }
        Ok(gone)
    }

    /// Applies a configuration (server-side apply). Says whether the object is new.
    ///
    /// # Errors
    /// Conflicts, and all that makes an object invalid.
    pub(crate) fn apply(
        &mut self,
        served: &Served,
        namespace: &str,
        name: &str,
        config: &Value,
        force: Force,
        by: Request<'_>,
    ) -> Result<(Arc<Value>, bool), Refused> {
        let stamp = stamp(self.now);
        let who = writer(&by, served, &stamp);
        let mut config = config.clone();
        config["metadata"]["name"] = name.into();
        let Some(old) = self.store.get(&key(served, namespace, name)).cloned() else {
            let config = self.prepared(served, namespace, config)?;
            let made = apply(&Value::Null, &config, who, force)?;
            return Ok((self.finish_new(served, namespace, made, by)?, true));
        };
        let sent = config["metadata"]["resourceVersion"].as_str();
        if sent.is_some_and(|sent| Some(sent) != old["metadata"]["resourceVersion"].as_str()) {
            return Err(Refused::stale(served, name));
        }
        let mut new = apply(&old, &config, who, force)?;
        keep_identity(&old, &mut new);
        if by.part == Part::Main && served.status == StatusPart::Own {
            new["status"] = old["status"].clone();
        }
        fold_string_data(&mut new);
        defaults::complete(&served.kind, &mut new);
        validation::check_change(served, &old, &new)?;
        Ok((self.store_change(served, namespace, &old, new, by)?, false))
    }

    /// Deletes an object, or marks it for deletion. Says whether it is gone.
    ///
    /// # Errors
    /// When it is not there or a precondition does not hold.
    pub(crate) fn delete(
        &mut self,
        served: &Served,
        namespace: &str,
        name: &str,
        how: &Deletion,
        by: Request<'_>,
    ) -> Result<(Arc<Value>, bool), Refused> {
        let old = self.get(served, namespace, name)?;
        let differs = |wanted: &Option<String>, member: &str| {
            wanted.as_ref().is_some_and(|wanted| Some(wanted.as_str()) != old["metadata"][member].as_str())
        };
        if differs(&how.uid, "uid") || differs(&how.version, "resourceVersion") {
            return Err(Refused::stale(served, name));
        }
        if by.trial == Trial::Dry {
            return Ok((old, true));
        }
        let key = key(served, namespace, name);
        let mut new = (*old).clone();
        add_finalizer(&mut new, how.propagation);
        let grace = grace(served, &old, how.grace);
        if grace == 0 && is_free(served, &new) {
            let gone = self.drop_object(served, &key)?;
            return Ok((gone.unwrap_or(old), true));
        }
        let marked = old["metadata"]["deletionTimestamp"].is_string();
        if !marked || grace == 0 && served.plural == "pods" {
            let at = self.now.checked_add(jiff::SignedDuration::from_secs(grace)).unwrap_or(self.now);
            new["metadata"]["deletionTimestamp"] = stamp_of(at).into();
            new["metadata"]["deletionGracePeriodSeconds"] = grace.into();
        }
        if served.plural == "namespaces" {
            new["status"]["phase"] = "Terminating".into();
        }
        if new == *old {
            return Ok((old, false));
        }
        Ok((self.keep(key, new)?, false))
    }

    /// Binds a pod to a node.
    fn bind(&mut self, namespace: &str, pod: &str, node: &str) -> Result<(), Refused> {
        let Some(served) = self.of_resource("", "pods") else { return Err(Refused::no_path()) };
        let old = self.get(&served, namespace, pod)?;
        let mut new = (*old).clone();
        new["spec"]["nodeName"] = node.into();
        let condition = json!({ "type": "PodScheduled", "status": "True", "lastProbeTime": null, "lastTransitionTime": stamp(self.now) });
        let mut conditions = new["status"]["conditions"].as_array().cloned().unwrap_or_default();
        conditions.retain(|one| one["type"] != "PodScheduled");
        conditions.push(condition);
        new["status"]["conditions"] = conditions.into();
        self.keep(key(&served, namespace, pod), new).map(drop)
    }
}

/// The time as objects hold it.
fn stamp(now: Timestamp) -> String {
    stamp_of(now)
}

fn stamp_of(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn writer<'w>(by: &Request<'w>, served: &Served, now: &'w str) -> Writer<'w> {
    Writer {
        manager: by.manager,
        api_version: leaked(served),
        subresource: if by.part == Part::Status { "status" } else { "" },
        now,
    }
}

/// The versions of built-in kinds are few and live as long as the process.
fn leaked(served: &Served) -> &'static str {
    static KNOWN: std::sync::OnceLock<Vec<(String, String)>> = std::sync::OnceLock::new();
    let known =
        KNOWN.get_or_init(|| built_in().iter().map(|kind| (kind.qualified(), kind.api_version())).collect());
    known.iter().find(|(name, _)| *name == served.qualified()).map_or("v1", |(_, version)| version.as_str())
}

/// Everything that counts as a new generation.
fn body(object: &Value) -> Value {
    let members = object.as_object().into_iter().flatten();
    members
        .filter(|(name, _)| !matches!(name.as_str(), "metadata" | "status"))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

fn has_generation(served: &Served) -> bool {
    served.status == StatusPart::Own
        && !matches!(
            &*served.plural,
            "namespaces" | "nodes" | "services" | "persistentvolumes" | "persistentvolumeclaims"
        )
        || !built_in().iter().any(|kind| kind.group == served.group && kind.plural == served.plural)
}

/// The new object: only the part that may change is taken from what was sent.
fn combined(served: &Served, old: &Value, sent: Value, part: Part) -> Value {
    match part {
        Part::Status => {
            let mut new = old.clone();
            new["status"] = sent["status"].clone();
            new["metadata"]["resourceVersion"] = sent["metadata"]["resourceVersion"].clone();
            new
        }
        Part::Finalize => {
            let mut new = old.clone();
            new["spec"] = sent["spec"].clone();
            new["metadata"]["resourceVersion"] = sent["metadata"]["resourceVersion"].clone();
            new
        }
        Part::Main => {
            let mut new = sent;
            if served.status == StatusPart::Own {
                new["status"] = old["status"].clone();
            }
            new
        }
    }
}

/// What a client cannot change.
fn keep_identity(old: &Value, new: &mut Value) {
    for member in [
        "uid",
        "creationTimestamp",
        "generation",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "namespace",
        "name",
    ] {
        match &old["metadata"][member] {
            Value::Null => {
                drop(new["metadata"].as_object_mut().map(|metadata| metadata.shift_remove(member)))
            }
            value => new["metadata"][member] = value.clone(),
        }
    }
    for member in ["apiVersion", "kind"] {
        new[member] = old[member].clone();
    }
    if old["kind"] == "Service" && new["spec"]["clusterIP"].is_null() {
        new["spec"]["clusterIP"] = old["spec"]["clusterIP"].clone();
        new["spec"]["clusterIPs"] = old["spec"]["clusterIPs"].clone();
    }
}

/// Whether nothing holds an object back.
fn is_free(served: &Served, object: &Value) -> bool {
    let none = |list: &Value| list.as_array().is_none_or(Vec::is_empty);
    let space = served.plural == "namespaces" && !none(&object["spec"]["finalizers"]);
    none(&object["metadata"]["finalizers"]) && !space
}

fn add_finalizer(object: &mut Value, propagation: Option<Propagation>) {
    let finalizer = match propagation {
        Some(Propagation::Foreground) => "foregroundDeletion",
        Some(Propagation::Orphan) => "orphan",
        Some(Propagation::Background) | None => return,
    };
    let mut all = object["metadata"]["finalizers"].as_array().cloned().unwrap_or_default();
    if !all.iter().any(|one| one == finalizer) {
        all.push(finalizer.into());
    }
    object["metadata"]["finalizers"] = all.into();
}

/// How many seconds a pod on a node has to end; everything else has none.
fn grace(served: &Served, object: &Value, wanted: Option<i64>) -> i64 {
    let on_node = served.plural == "pods" && object["spec"]["nodeName"].is_string();
    let ended = matches!(object["status"]["phase"].as_str(), Some("Succeeded" | "Failed"));
    if !on_node || ended {
        return 0;
    }
    wanted.or_else(|| object["spec"]["terminationGracePeriodSeconds"].as_i64()).unwrap_or(30)
}

/// `stringData` is written in plain text and kept as `data`.
fn fold_string_data(object: &mut Value) {
    use base64::Engine as _;
    let Some(plain) = object.as_object_mut().and_then(|members| members.shift_remove("stringData")) else {
        return;
    };
    for (name, value) in plain.as_object().into_iter().flatten() {
        let encoded = base64::engine::general_purpose::STANDARD.encode(value.as_str().unwrap_or_default());
        object["data"][name.as_str()] = encoded.into();
    }
}

/// A custom resource definition is in force at once.
fn establish(object: &mut Value, now: Timestamp) {
    let condition = |kind: &str, reason: &str| json!({ "type": kind, "status": "True", "reason": reason, "message": "", "lastTransitionTime": stamp(now) });
    let names = object["spec"]["names"].clone();
    let stored: Vec<Value> = object["spec"]["versions"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|version| version["storage"] == true)
        .map(|version| version["name"].clone())
        .collect();
    object["status"] = json!({
        "acceptedNames": names,
        "storedVersions": stored,
        "conditions": [condition("NamesAccepted", "NoConflicts"), condition("Established", "InitialNamesAccepted")],
    });
}

impl Objects for World {
    fn all(&self, group: &str, resource: &str) -> Vec<Arc<Value>> {
        self.store.all(&resource_key(group, resource), None).cloned().collect()
    }

    fn get(&self, group: &str, resource: &str, namespace: &str, name: &str) -> Option<Arc<Value>> {
        let key: Key = (resource_key(group, resource), namespace.to_owned(), name.to_owned());
        self.store.get(&key).cloned()
    }

    fn kinds(&self) -> Vec<Kind> {
        let kind = |served: &Served| Kind {
            group: served.group.clone(),
            version: served.version.clone(),
            kind: served.kind.clone(),
            resource: served.plural.clone(),
            namespaced: served.scope == Scope::Namespaced,
        };
        self.kinds.iter().map(kind).collect()
    }
}

impl Api for World {
    fn carry_out(&mut self, by: Agent, change: &Change) -> Result<(), Refusal> {
        self.carried(by, change).map_err(|refused| Refusal {
            code: refused.code,
            reason: refused.reason,
            message: refused.message,
        })
    }
}

impl World {
    fn carried(&mut self, by: Agent, change: &Change) -> Result<(), Refused> {
        let request = |part| Request { manager: by.manager(), trial: Trial::Real, part };
        let find = |world: &World, group: &str, resource: &str| {
            world.of_resource(group, resource).ok_or_else(Refused::no_path)
        };
        match change {
            Change::Create { group, resource, object } => {
                let served = find(self, group, resource)?;
                let namespace = object["metadata"]["namespace"].as_str().unwrap_or_default().to_owned();
                let status = object.get("status").filter(|_| served.plural == "nodes").cloned();
                let made = self.create(&served, &namespace, object.clone(), request(Part::Main))?;
                if let Some(status) = status {
                    let mut new = (*made).clone();
                    new["status"] = status;
                    let name = new["metadata"]["name"].as_str().unwrap_or_default().to_owned();
                    self.replace(&served, &namespace, &name, new, request(Part::Status))?;
                }
                Ok(())
            }
            Change::Replace { group, resource, object, part } => {
                let served = find(self, group, resource)?;
                let text = |name: &str| object["metadata"][name].as_str().unwrap_or_default().to_owned();
                self.replace(&served, &text("namespace"), &text("name"), object.clone(), request(*part))
                    .map(drop)
            }
            Change::Delete { group, resource, namespace, name, uid, grace, propagation } => {
                let served = find(self, group, resource)?;
                let uid = Some(uid.clone()).filter(|uid| !uid.is_empty());
                let how = Deletion { uid, version: None, grace: *grace, propagation: *propagation };
                self.delete(&served, namespace, name, &how, request(Part::Main)).map(drop)
            }
            Change::Bind { namespace, pod, node, .. } => self.bind(namespace, pod, node),
        }
    }
}
