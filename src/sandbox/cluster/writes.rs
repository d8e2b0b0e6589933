//! Writes: how what a client sends becomes an object that is kept.
//!
//! Invariant: whatever is stored has been decoded, completed, noted for its owner, admitted and judged, in this order.
//! Invariant: a write that changes nothing is not stored.

use std::sync::Arc;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::cluster::controllers::Part;
use crate::cluster::decoding::{decode, settle_empty, zero};
use crate::cluster::kinds::{Scope, Served};
use crate::cluster::merging::faults;
use crate::cluster::ownership::{Force, Ground, Writer, apply, update};
use crate::cluster::status::{Cause, Refused};
use crate::cluster::store::Key;
use crate::cluster::strategy::{
    begin, body, combine, has_generation, ignored, is_made_by_put, needs_version,
};
use crate::cluster::validation::{self, custom_causes};
use crate::cluster::world::{Request, Strictness, Trial, World, key, stamp};
use crate::cluster::{defaults, deleting, strategy, versions};

/// An object that is to change, as it is now, and who changes it.
#[derive(Clone, Copy)]
pub(crate) struct Revision<'a> {
    pub(crate) served: &'a Served,
    pub(crate) namespace: &'a str,
    pub(crate) old: &'a Arc<Value>,
    pub(crate) by: Request<'a>,
}

/// The characters of generated names: no vowels and no look-alikes.
const NAME_ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

/// A name's generated end.
pub(crate) fn generated_end() -> String {
    let random = Uuid::new_v4();
    let letters = NAME_ALPHABET.len();
    random
        .as_bytes()
        .iter()
        .take(5)
        .map(|byte| char::from(NAME_ALPHABET[usize::from(*byte) % letters]))
        .collect()
}

fn writer<'w>(by: &Request<'w>, version: &'w str, now: &'w str) -> Writer<'w> {
    let subresource = match by.part {
        Part::Main => "",
        Part::Status => "status",
        Part::Finalize => "finalize",
        Part::Scale => "scale",
    };
    // Who writes a scale is noted without a time.
    let now = if by.part == Part::Scale { "" } else { now };
    Writer { manager: by.manager, api_version: version, subresource, now }
}

/// What the server says of members that it does not know.
fn unknown_words(paths: &[String]) -> Vec<String> {
    paths.iter().map(|path| format!("unknown field \"{path}\"")).collect()
}

impl World {
    /// Reads what a client sent as an object of a kind, with its defaults.
    ///
    /// # Errors
    /// When a member has another type, or is not known and that is not wanted.
    pub(crate) fn decoded(
        &mut self,
        served: &Served,
        sent: &Value,
        by: Request<'_>,
    ) -> Result<Value, Refused> {
        let refuse = |words: String| {
            let kind = &served.kind;
            Refused::bad(format!(
                "{kind} in version \"{}\" cannot be handled as a {kind}: {words}",
                served.version
            ))
        };
        let (mut object, unknown) = match &served.custom {
            Some(custom) => {
                let mut object = sent.clone();
                let mut unknown = custom.prune(&mut object);
                unknown.extend(decode_metadata(&mut object).map_err(refuse)?);
                (object, unknown)
            }
            None => {
                let decoded = decode(&served.shape, sent).map_err(refuse)?;
                (decoded.value, decoded.unknown)
            }
        };
        match by.strictness {
            Strictness::Strict if !unknown.is_empty() => {
                return Err(refuse(format!("strict decoding error: {}", unknown_words(&unknown).join(", "))));
            }
            Strictness::Warn => self.warnings.extend(unknown_words(&unknown)),
            Strictness::Strict | Strictness::Ignore => {}
        }
        object["apiVersion"] = served.api_version().into();
        object["kind"] = served.kind.clone().into();
        if !object["metadata"].is_object() {
            object["metadata"] = json!({});
        }
        complete(served, &mut object);
        Ok(object)
    }

    /// Makes an object.
    ///
    /// # Errors
    /// When it exists, its namespace does not, or it is not valid.
    pub(crate) fn create(
        &mut self,
        served: &Served,
        namespace: &str,
        sent: &Value,
        by: Request<'_>,
    ) -> Result<Arc<Value>, Refused> {
        let mut object = self.decoded(served, sent, by)?;
        wipe(&mut object);
        self.name_new(served, namespace, &mut object)?;
        self.dedup_owners(&mut object);
        let (version, stamp) = (served.api_version(), stamp(self.now));
        let empty = if served.custom.is_some() { json!({}) } else { zero(&served.shape) };
        let ground = Ground { shape: &served.shape, ignored: ignored(served, Part::Main) };
        update(&ground, &empty, &mut object, writer(&by, &version, &stamp));
        self.finish_new(served, namespace, object, by)
    }

    /// Gives a new object its name and place.
    fn name_new(&self, served: &Served, namespace: &str, object: &mut Value) -> Result<(), Refused> {
        let metadata = &mut object["metadata"];
        if served.scope == Scope::Namespaced {
            let written =
                metadata["namespace"].as_str().filter(|written| !written.is_empty()).unwrap_or(namespace);
            if written != namespace {
                return Err(Refused::bad(
                    "the namespace of the provided object does not match the namespace sent on the request",
                ));
            }
            metadata["namespace"] = namespace.into();
        }
        let generate = metadata["generateName"].as_str().unwrap_or_default().to_owned();
        if metadata["name"].as_str().is_none_or(str::is_empty) && !generate.is_empty() {
            let most = 63 - 5;
            let prefix: String = generate.chars().take(most).collect();
            metadata["name"] = format!("{prefix}{}", generated_end()).into();
        }
        Ok(())
    }

    /// An owner that is named twice is named once.
    fn dedup_owners(&mut self, object: &mut Value) {
        let Some(owners) = object["metadata"].get_mut("ownerReferences").and_then(Value::as_array_mut) else {
            return;
        };
        let mut seen: Vec<Value> = Vec::new();
        let mut twice: Vec<String> = Vec::new();
        owners.retain(|owner| {
            let new = !seen.contains(owner);
            if !new {
                twice.push(owner["uid"].as_str().unwrap_or_default().to_owned());
            }
            seen.push(owner.clone());
            new
        });
        if !twice.is_empty() {
            self.warnings.push(format!(
                ".metadata.ownerReferences contains duplicate entries; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: {}",
                twice.join(", ")
            ));
        }
    }

    /// Admits, completes and judges a new object, and stores it.
    fn finish_new(
        &mut self,
        served: &Served,
        namespace: &str,
        object: Value,
        by: Request<'_>,
    ) -> Result<Arc<Value>, Refused> {
        let mut object = object;
        let name = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        self.check_namespace(served, namespace, &name)?;
        self.admit_new(served, &mut object)?;
        let metadata = &mut object["metadata"];
        metadata["uid"] = Uuid::new_v4().to_string().into();
        metadata["creationTimestamp"] = stamp(self.now).into();
        metadata.as_object_mut().map(|metadata| metadata.shift_remove("selfLink"));
        begin(served, &mut object, self.now);
        let causes = self.causes_of_new(served, &object);
        if !causes.is_empty() {
            return Err(Refused::invalid(served, &name, &causes));
        }
        self.allocate(served, None, &mut object, by.trial)?;
        let key = key(served, namespace, &name);
        if let Some(other) = self.store.get(&key) {
            let going = other["metadata"]["deletionTimestamp"].is_string();
            return Err(if going {
                Refused::exists_going(served, &name)
            } else {
                Refused::exists(served, &name)
            });
        }
        self.check_quota(served, None, &object)?;
        self.warn(served, &object);
        if by.trial == Trial::Dry {
            object["metadata"].as_object_mut().map(|metadata| metadata.shift_remove("resourceVersion"));
            return Ok(Arc::new(object));
        }
        settle(served, &mut object);
        let stored = self.keep(key, versions::kept(served, object))?;
        self.notice(served);
        Ok(versions::shown(served, &stored))
    }

    fn causes_of_new(&self, served: &Served, object: &Value) -> Vec<Cause> {
        let mut causes = validation::metadata_causes(served, object);
        match &served.custom {
            Some(custom) => causes.extend(custom_causes(custom, object, None)),
            None => causes.extend(validation::new_causes(served, object)),
        }
        causes
    }

    pub(crate) fn keep(&mut self, key: Key, object: Value) -> Result<Arc<Value>, Refused> {
        self.store.put(key, object).map_err(|error| Refused::new(500, "InternalError", error))
    }

    /// What follows from a change of a kind's objects.
    pub(crate) fn notice(&mut self, served: &Served) {
        if served.plural == "customresourcedefinitions" {
            self.learn_kinds();
        }
    }

    /// Replaces a part of an object, or makes it, where that is allowed.
    ///
    /// # Errors
    /// When it is not there, has changed meanwhile, or is not valid.
    pub(crate) fn replace(
        &mut self,
        served: &Served,
        namespace: &str,
        name: &str,
        sent: &Value,
        by: Request<'_>,
    ) -> Result<Arc<Value>, Refused> {
        let new = self.decoded(served, sent, by)?;
        check_place(&new, namespace, name)?;
        if by.part == Part::Main
            && is_made_by_put(served)
            && self.store.get(&key(served, namespace, name)).is_none()
        {
            return self.create(served, namespace, sent, by);
        }
        let old = self.get(served, namespace, name)?;
        self.check_version(served, &old, &new)?;
        self.change(Revision { served, namespace, old: &old, by }, new)
    }

    /// Whether a client has read what it changes.
    fn check_version(&self, served: &Served, old: &Value, new: &Value) -> Result<(), Refused> {
        let name = old["metadata"]["name"].as_str().unwrap_or_default();
        let sent = new["metadata"]["resourceVersion"].as_str().unwrap_or_default();
        if !sent.is_empty() && sent.parse::<u64>().is_err() {
            let message = format!("strconv.ParseUint: parsing {sent:?}: invalid syntax");
            return Err(Refused::new(500, "", message));
        }
        let unconditional = sent.is_empty() || sent == "0";
        if unconditional && needs_version(served) {
            let cause = Cause::invalid("metadata.resourceVersion", "0", "must be specified for an update");
            return Err(Refused::invalid_resource(served, name, &[cause]));
        }
        let uid = new["metadata"]["uid"].as_str().unwrap_or_default();
        let live = old["metadata"]["uid"].as_str().unwrap_or_default();
        if !uid.is_empty() && uid != live {
            return Err(Refused::other_uid(served, old, uid));
        }
        if !unconditional && Some(sent) != old["metadata"]["resourceVersion"].as_str() {
            return Err(Refused::stale(served, name));
        }
        Ok(())
    }

    /// Carries a decoded change of an object through.
    pub(crate) fn change(&mut self, of: Revision<'_>, sent: Value) -> Result<Arc<Value>, Refused> {
        let Revision { served, old, by, .. } = of;
        let mut sent = sent;
        self.dedup_owners(&mut sent);
        keep_absent(old, &mut sent);
        let (version, stamp) = (served.api_version(), stamp(self.now));
        let ground = Ground { shape: &served.shape, ignored: ignored(served, by.part) };
        update(&ground, old, &mut sent, writer(&by, &version, &stamp));
        self.finish_change(of, sent)
    }

    fn finish_change(&mut self, of: Revision<'_>, sent: Value) -> Result<Arc<Value>, Refused> {
        let Revision { served, old, by, .. } = of;
        let mut new = combine(served, old, sent, by.part);
        new["metadata"]["generation"] = old["metadata"]["generation"].clone();
        if new["metadata"]["generation"].is_null() {
            new["metadata"].as_object_mut().map(|metadata| metadata.shift_remove("generation"));
        }
        complete(served, &mut new);
        self.admit_change(served, old, &mut new)?;
        strategy::count_template(served, old, &mut new);
        if by.part != Part::Status && has_generation(served) && body(served, old) != body(served, &new) {
            let generation = old["metadata"]["generation"].as_i64().unwrap_or(0);
            new["metadata"]["generation"] = (generation + 1).into();
        }
        let name = old["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        let causes = self.causes_of_change(served, old, &new, by.part);
        if !causes.is_empty() {
            return Err(Refused::invalid(served, &name, &causes));
        }
        if by.part == Part::Main {
            self.allocate(served, Some(old), &mut new, by.trial)?;
            self.check_quota(served, Some(old), &new)?;
        }
        self.warn(served, &new);
        self.store_change(of, new)
    }

    fn causes_of_change(&self, served: &Served, old: &Value, new: &Value, part: Part) -> Vec<Cause> {
        let mut causes = validation::metadata_change_causes(served, old, new);
        match (&served.custom, part) {
            (Some(custom), _) => causes.extend(custom_causes(custom, new, Some(old))),
            (None, Part::Main | Part::Scale) => causes.extend(validation::change_causes(served, old, new)),
            (None, Part::Status | Part::Finalize) => {}
        }
        causes
    }

    fn store_change(&mut self, of: Revision<'_>, new: Value) -> Result<Arc<Value>, Refused> {
        let Revision { served, namespace, old, by } = of;
        let mut new = new;
        new["metadata"]["resourceVersion"] = old["metadata"]["resourceVersion"].clone();
        settle(served, &mut new);
        if same_but_times(old, &new) {
            return Ok(Arc::clone(old));
        }
        if by.trial == Trial::Dry {
            return Ok(Arc::new(new));
        }
        let name = old["metadata"]["name"].as_str().unwrap_or_default();
        let key = key(served, namespace, name);
        let was_going = old["metadata"]["deletionTimestamp"].is_string();
        if was_going && deleting::is_free(served, &new) && deleting::grace_is_over(&new) {
            self.drop_object(served, &key)?;
            return Ok(Arc::new(new));
        }
        let stored = self.keep(key, versions::kept(served, new))?;
        self.notice(served);
        Ok(versions::shown(served, &stored))
    }

    /// Applies a configuration (server-side apply). Says whether the object is new.
    ///
    /// # Errors
    /// Conflicts, and all that makes an object invalid.
    pub(crate) fn apply(
        &mut self,
        served: &Served,
        (namespace, name): (&str, &str),
        config: &Value,
        force: Force,
        by: Request<'_>,
    ) -> Result<(Arc<Value>, bool), Refused> {
        let (version, stamp) = (served.api_version(), stamp(self.now));
        let who = writer(&by, &version, &stamp);
        let config = self.applied_config(served, (namespace, name), config)?;
        let ground = Ground { shape: &served.shape, ignored: ignored(served, by.part) };
        let empty = if served.custom.is_some() { json!({}) } else { zero(&served.shape) };
        let found = self.get(served, namespace, name);
        let Ok(old) = found else {
            if by.part != Part::Main {
                return Err(Refused::not_found(served, name));
            }
            if let Some(uid) = config["metadata"]["uid"].as_str().filter(|uid| !uid.is_empty()) {
                return Err(Refused::no_such_uid(served, name, uid));
            }
            let mut start = empty.clone();
            start["apiVersion"] = served.api_version().into();
            start["kind"] = served.kind.clone().into();
            let made = apply(&ground, (&start, &empty), &config, who, force)?;
            let mut object = self.decoded(served, &made, Request { strictness: Strictness::Ignore, ..by })?;
            self.name_new(served, namespace, &mut object)?;
            return Ok((self.finish_new(served, namespace, object, by)?, true));
        };
        let sent = config["metadata"]["resourceVersion"].as_str().unwrap_or_default();
        if !sent.is_empty() && Some(sent) != old["metadata"]["resourceVersion"].as_str() {
            return Err(Refused::stale(served, name));
        }
        let mut new = apply(&ground, (&old, &empty), &config, who, force)?;
        let owners = new["metadata"]["managedFields"].take();
        let mut new = self.decoded(served, &new, Request { strictness: Strictness::Ignore, ..by })?;
        new["metadata"]["managedFields"] = owners;
        if new["metadata"]["managedFields"].is_null() {
            new["metadata"].as_object_mut().map(|metadata| metadata.shift_remove("managedFields"));
        }
        keep_absent(&old, &mut new);
        Ok((self.finish_change(Revision { served, namespace, old: &old, by }, new)?, false))
    }

    /// Carries a patch of an object through; its place was judged before.
    pub(crate) fn change_patched(&mut self, of: Revision<'_>, new: Value) -> Result<Arc<Value>, Refused> {
        let Revision { served, old, .. } = of;
        let sent = new["metadata"]["resourceVersion"].as_str().unwrap_or_default();
        let name = old["metadata"]["name"].as_str().unwrap_or_default();
        let unnamed = sent.is_empty() || sent == "0";
        if !unnamed && Some(sent) != old["metadata"]["resourceVersion"].as_str() {
            return Err(Refused::stale(served, name));
        }
        self.change(of, new)
    }

    /// Judges a configuration before it is applied.
    fn applied_config(
        &mut self,
        served: &Served,
        (namespace, name): (&str, &str),
        config: &Value,
    ) -> Result<Value, Refused> {
        if config["metadata"].get("managedFields").is_some_and(|fields| !fields.is_null()) {
            return Err(Refused::bad("metadata.managedFields must be nil"));
        }
        let mut config = config.clone();
        let found = faults(&served.shape, &config, "");
        if !found.is_empty() {
            let words = match found.as_slice() {
                [one] => one.clone(),
                many => format!("errors:\n  {}", many.join("\n  ")),
            };
            let about =
                if served.group.is_empty() { format!("/{}", served.version) } else { served.api_version() };
            let written = config["metadata"]["namespace"].as_str().unwrap_or_default();
            let place = format!("{written}/{name}; {about}, Kind={}", served.kind);
            return Err(Refused::new(
                500,
                "",
                format!("failed to create typed patch object ({place}): {words}"),
            ));
        }
        if !config["metadata"].is_object() {
            config["metadata"] = json!({});
        }
        config["metadata"]["name"] = name.into();
        if served.scope == Scope::Namespaced {
            config["metadata"]["namespace"] = namespace.into();
        }
        Ok(config)
    }

    /// Binds a pod to a node.
    pub(crate) fn bind(&mut self, namespace: &str, pod: &str, node: &str) -> Result<(), Refused> {
        let Some(served) = self.of_resource("", "pods") else { return Err(Refused::no_path()) };
        let old = self.get(&served, namespace, pod)?;
        if old["spec"]["nodeName"].is_string() {
            let words = format!("pod {pod} is already assigned to node {}", old["spec"]["nodeName"]);
            return Err(Refused::conflict("pods/binding", pod, &words));
        }
        let mut new = (*old).clone();
        new["spec"]["nodeName"] = node.into();
        self.give_topology(&mut new);
        let condition = json!({ "type": "PodScheduled", "status": "True", "lastProbeTime": null, "lastTransitionTime": stamp(self.now) });
        let mut conditions = new["status"]["conditions"].as_array().cloned().unwrap_or_default();
        conditions.retain(|one| one["type"] != "PodScheduled");
        conditions.push(condition);
        new["status"]["conditions"] = conditions.into();
        self.keep(key(&served, namespace, pod), new).map(drop)
    }
}

/// Brings an object into the form that comes back from the store. Only definitions and their objects are kept as JSON.
fn settle(served: &Served, object: &mut Value) {
    let plain = matches!(&*served.group, "apiextensions.k8s.io" | "apiregistration.k8s.io");
    if served.custom.is_none() && !plain {
        settle_empty(&served.shape, object);
    }
}

/// What only the server writes is not taken from a client that makes an object.
fn wipe(object: &mut Value) {
    let Some(metadata) = object["metadata"].as_object_mut() else { return };
    for name in [
        "creationTimestamp",
        "uid",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "selfLink",
        "resourceVersion",
    ] {
        metadata.shift_remove(name);
    }
}

/// Fills in what an object does not say.
fn complete(served: &Served, object: &mut Value) {
    match &served.custom {
        Some(custom) => custom.complete(object),
        None => defaults::complete(served, object),
    }
}

/// Reads the metadata of a custom object as that of any other.
fn decode_metadata(object: &mut Value) -> Result<Vec<String>, String> {
    let Some(shape) = crate::cluster::structure::shape_of("", "v1", "ObjectMeta") else {
        return Ok(Vec::new());
    };
    let decoded = decode(&shape, &object["metadata"])?;
    if !object.is_object() {
        *object = json!({});
    }
    object["metadata"] = decoded.value;
    Ok(decoded.unknown.iter().map(|path| format!("metadata.{path}")).collect())
}

/// The object must be that of the address.
fn check_place(object: &Value, namespace: &str, name: &str) -> Result<(), Refused> {
    let metadata = &object["metadata"];
    let written = metadata["name"].as_str().unwrap_or_default();
    if written.is_empty() {
        return Err(Refused::bad("the name of the object must be provided").named_by_url());
    }
    if written != name {
        return Err(Refused::bad(format!(
            "the name of the object ({written}) does not match the name on the URL ({name})"
        )));
    }
    let space = metadata["namespace"].as_str().unwrap_or_default();
    if !space.is_empty() && space != namespace {
        return Err(Refused::bad(
            "the namespace of the provided object does not match the namespace sent on the request",
        ));
    }
    Ok(())
}

/// What a client may leave out of an object's identity.
fn keep_absent(old: &Value, new: &mut Value) {
    new["metadata"]["creationTimestamp"] = old["metadata"]["creationTimestamp"].clone();
    for name in ["uid", "name", "namespace", "deletionTimestamp", "deletionGracePeriodSeconds"] {
        let absent = new["metadata"].get(name).is_none_or(|value| value.is_null() || value == "");
        if let (true, Some(value)) = (absent, old["metadata"].get(name)) {
            new["metadata"][name] = value.clone();
        }
    }
    if let Some(metadata) = new["metadata"].as_object_mut() {
        metadata.shift_remove("selfLink");
    }
}

/// Whether two objects differ at most in the times of their owners.
fn same_but_times(old: &Value, new: &Value) -> bool {
    let timeless = |object: &Value| {
        let mut object = object.clone();
        for entry in
            object["metadata"].get_mut("managedFields").and_then(Value::as_array_mut).into_iter().flatten()
        {
            entry.as_object_mut().map(|entry| entry.shift_remove("time"));
        }
        object
    };
    old == new || timeless(old) == timeless(new)
}
