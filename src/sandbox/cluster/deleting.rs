//! Deletion: grace, finalizers, preconditions, and what becomes of dependents.
//!
//! Invariant: an object with finalizers only goes when the last of them is gone.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::cluster::controllers::Propagation;
use crate::cluster::kinds::Served;
use crate::cluster::status::Refused;
use crate::cluster::store::Key;
use crate::cluster::world::{Trial, World, key, stamp};

/// How an object is to be deleted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Deletion {
    pub(crate) uid: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) grace: Option<i64>,
    pub(crate) propagation: Option<Propagation>,
}

/// What has become of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Gone,
    Going,
}

/// Whether nothing holds an object back.
pub(crate) fn is_free(served: &Served, object: &Value) -> bool {
    let none = |list: &Value| list.as_array().is_none_or(Vec::is_empty);
    let space = served.is("", "namespaces") && !none(&object["spec"]["finalizers"]);
    none(&object["metadata"]["finalizers"]) && !space
}

/// Whether an object that is being deleted has no time left.
pub(crate) fn grace_is_over(object: &Value) -> bool {
    object["metadata"]["deletionGracePeriodSeconds"].as_i64().unwrap_or(0) == 0
}

impl World {
    /// Deletes an object, or marks it for deletion.
    ///
    /// # Errors
    /// When it is not there or a precondition does not hold.
    pub(crate) fn delete(
        &mut self,
        served: &Served,
        namespace: &str,
        name: &str,
        how: &Deletion,
        trial: Trial,
    ) -> Result<(Arc<Value>, Fate), Refused> {
        let old = self.get(served, namespace, name)?;
        check_preconditions(served, &old, how)?;
        self.check_protected(served, name)?;
        if served.is("apiextensions.k8s.io", "customresourcedefinitions") {
            return self.retire(served, &old, trial);
        }
        let key = key(served, namespace, name);
        let mut new = (*old).clone();
        set_finalizers(served, &mut new, how.propagation);
        let grace = grace(served, &old, how.grace);
        if grace == 0 && is_free(served, &new) {
            if trial == Trial::Dry {
                return Ok((old, Fate::Gone));
            }
            let gone = self.drop_object(served, &key)?;
            let mut last = gone.map_or_else(|| (*old).clone(), |gone| (*gone).clone());
            if served.is("", "pods") {
                last["metadata"]["deletionTimestamp"] = stamp(self.now).into();
                last["metadata"]["deletionGracePeriodSeconds"] = 0.into();
                if old["metadata"]["deletionTimestamp"].is_null() {
                    let generation = old["metadata"]["generation"].as_i64().unwrap_or(0);
                    last["metadata"]["generation"] = (generation + 1).into();
                }
            }
            return Ok((crate::cluster::versions::shown(served, &Arc::new(last)), Fate::Gone));
        }
        self.mark(served, &old, &mut new, grace);
        if new == *old || trial == Trial::Dry {
            return Ok((if trial == Trial::Dry { Arc::new(new) } else { old }, Fate::Going));
        }
        let stored = self.keep(key, crate::cluster::versions::kept(served, new))?;
        Ok((crate::cluster::versions::shown(served, &stored), Fate::Going))
    }

    /// Marks an object for deletion, or shortens the time that it has left.
    fn mark(&self, served: &Served, old: &Value, new: &mut Value, grace: i64) {
        let left = old["metadata"]["deletionGracePeriodSeconds"].as_i64();
        let marked = old["metadata"]["deletionTimestamp"].is_string();
        if !marked || left.is_some_and(|left| grace < left) {
            let at = self.now.checked_add(jiff::SignedDuration::from_secs(grace)).unwrap_or(self.now);
            new["metadata"]["deletionTimestamp"] = stamp(at).into();
            new["metadata"]["deletionGracePeriodSeconds"] = grace.into();
            if !marked
                && let Some(generation) = old["metadata"]["generation"].as_i64().filter(|count| *count > 0)
            {
                new["metadata"]["generation"] = (generation + 1).into();
            }
        }
        if served.is("", "namespaces") {
            new["status"]["phase"] = "Terminating".into();
        }
    }

    pub(crate) fn drop_object(&mut self, served: &Served, key: &Key) -> Result<Option<Arc<Value>>, Refused> {
        let gone = self.store.remove(key).map_err(|error| Refused::new(500, "InternalError", error))?;
        self.notice(served);
        Ok(gone)
    }

    /// Some namespaces cannot be deleted.
    fn check_protected(&self, served: &Served, name: &str) -> Result<(), Refused> {
        let fixed = ["default", "kube-system", "kube-public"];
        if served.is("", "namespaces") && fixed.contains(&name) {
            return Err(Refused::forbidden(served, name, "this namespace may not be deleted"));
        }
        Ok(())
    }
}

fn check_preconditions(served: &Served, old: &Value, how: &Deletion) -> Result<(), Refused> {
    let name = old["metadata"]["name"].as_str().unwrap_or_default();
    let live = |member: &str| old["metadata"][member].as_str().unwrap_or_default();
    if let Some(uid) = how.uid.as_deref().filter(|uid| *uid != live("uid")) {
        let words = format!(
            "the UID in the precondition ({uid}) does not match the UID in record ({}). The object might have been deleted and then recreated",
            live("uid")
        );
        return Err(Refused::precondition(served, name, &words));
    }
    if let Some(version) = how.version.as_deref().filter(|version| *version != live("resourceVersion")) {
        let words = format!(
            "the ResourceVersion in the precondition ({version}) does not match the ResourceVersion in record ({}). The object might have been modified",
            live("resourceVersion")
        );
        return Err(Refused::precondition(served, name, &words));
    }
    Ok(())
}

/// What a propagation leaves to be done before the object may go.
fn set_finalizers(served: &Served, object: &mut Value, propagation: Option<Propagation>) {
    let mut all = object["metadata"]["finalizers"].as_array().cloned().unwrap_or_default();
    let before = all.clone();
    let orphans = propagation == Some(Propagation::Orphan)
        || propagation.is_none() && all.iter().any(|one| one == "orphan") && !served.is("", "pods");
    let waits = propagation == Some(Propagation::Foreground)
        || propagation.is_none() && all.iter().any(|one| one == "foregroundDeletion");
    all.retain(|one| one != "orphan" && one != "foregroundDeletion");
    if orphans {
        all.push("orphan".into());
    } else if waits {
        all.push("foregroundDeletion".into());
    }
    if all == before {
        return;
    }
    if all.is_empty() {
        object["metadata"].as_object_mut().map(|metadata| metadata.shift_remove("finalizers"));
    } else {
        object["metadata"]["finalizers"] = json!(all);
    }
}

/// How many seconds a pod on a node has to end; everything else has none.
fn grace(served: &Served, object: &Value, wanted: Option<i64>) -> i64 {
    let on_node = served.is("", "pods") && object["spec"]["nodeName"].is_string();
    let ended = matches!(object["status"]["phase"].as_str(), Some("Succeeded" | "Failed"));
    if !on_node || ended {
        return 0;
    }
    let own = || object["spec"]["terminationGracePeriodSeconds"].as_i64();
    // A negative time is the least that there is.
    wanted.or_else(own).map_or(30, |seconds| if seconds < 0 { 1 } else { seconds })
}
