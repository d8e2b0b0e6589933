//! Custom resource definitions: when their names are accepted, and when their objects are served.
//!
//! Source: <https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/>

use std::sync::Arc;

use serde_json::{Value, json};

use crate::cluster::controllers::Part;
use crate::cluster::deleting::{Deletion, Fate};
use crate::cluster::kinds::Served;
use crate::cluster::status::Refused;
use crate::cluster::store::resource_key;
use crate::cluster::world::{Request, Strictness, Trial, World, key, stamp};

const DEFINITIONS: (&str, &str) = ("apiextensions.k8s.io", "customresourcedefinitions");

/// What holds a definition until its objects have gone.
const CLEANUP: &str = "customresourcecleanup.apiextensions.k8s.io";

fn finalizers(object: &Value) -> Vec<Value> {
    object["metadata"]["finalizers"].as_array().cloned().unwrap_or_default()
}

impl World {
    /// Marks a definition for deletion: its objects go first.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn retire(
        &mut self,
        served: &Served,
        old: &Arc<Value>,
        trial: Trial,
    ) -> Result<(Arc<Value>, Fate), Refused> {
        if old["metadata"]["deletionTimestamp"].is_string() {
            return Ok((Arc::clone(old), Fate::Going));
        }
        let mut new = (**old).clone();
        new["metadata"]["deletionTimestamp"] = stamp(self.now).into();
        let mut held = finalizers(old);
        if !held.contains(&CLEANUP.into()) {
            held.push(CLEANUP.into());
        }
        new["metadata"]["finalizers"] = held.into();
        let words = "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon";
        let condition = json!({
            "type": "Terminating", "status": "True", "lastTransitionTime": stamp(self.now),
            "reason": "InstanceDeletionPending", "message": words,
        });
        let mut conditions = new["status"]["conditions"].as_array().cloned().unwrap_or_default();
        conditions.push(condition);
        new["status"]["conditions"] = conditions.into();
        if trial == Trial::Dry {
            return Ok((Arc::new(new), Fate::Going));
        }
        let name = new["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        Ok((self.keep(key(served, "", &name), new)?, Fate::Going))
    }

    /// Deletes the objects of a definition that goes, and lets it go when none is left.
    fn clean_up(&mut self, definition: &Value) -> Result<(), Refused> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (group, plural) =
            (text(&definition["spec"]["group"]), text(&definition["spec"]["names"]["plural"]));
        let resource = resource_key(&group, &plural);
        if let Some(kind) = self.of_resource(&group, &plural) {
            let objects: Vec<Arc<Value>> = self.store.all(&resource, None).cloned().collect();
            for object in objects.iter().filter(|object| object["metadata"]["deletionTimestamp"].is_null()) {
                let (namespace, name) = (&object["metadata"]["namespace"], &object["metadata"]["name"]);
                self.delete(&kind, &text(namespace), &text(name), &Deletion::default(), Trial::Real)?;
            }
        }
        if self.store.all(&resource, None).next().is_some() {
            return Ok(());
        }
        let Some(served) = self.of_resource(DEFINITIONS.0, DEFINITIONS.1) else { return Ok(()) };
        let mut held = finalizers(definition);
        held.retain(|one| one != CLEANUP);
        let key = key(&served, "", &text(&definition["metadata"]["name"]));
        if held.is_empty() {
            return self.drop_object(&served, &key).map(drop);
        }
        let mut new = definition.clone();
        new["metadata"]["finalizers"] = held.into();
        self.keep(key, new).map(drop)
    }

    /// Brings new definitions into force. Whoever made one hears of it as of any change.
    pub(crate) fn establish(&mut self) {
        let all: Vec<Arc<Value>> =
            self.store.all(&format!("{}/{}", DEFINITIONS.0, DEFINITIONS.1), None).cloned().collect();
        for definition in all {
            if definition["metadata"]["deletionTimestamp"].is_string() {
                if finalizers(&definition).contains(&CLEANUP.into()) {
                    // What cannot be written now is tried again in the next round.
                    let _refused = self.clean_up(&definition);
                }
                continue;
            }
            let names = &definition["spec"]["names"];
            let is_known = definition["status"]["acceptedNames"] == *names
                && definition["status"]["conditions"].is_array();
            if !is_known {
                self.accept(&definition);
            }
        }
    }

    fn accept(&mut self, definition: &Value) {
        let Some(served) = self.of_resource(DEFINITIONS.0, DEFINITIONS.1) else { return };
        let now = stamp(self.now);
        let condition = |kind: &str, reason: &str, message: &str| {
            json!({
                "type": kind, "status": "True", "reason": reason, "message": message, "lastTransitionTime": now,
            })
        };
        let mut new = definition.clone();
        new["status"]["acceptedNames"] = definition["spec"]["names"].clone();
        new["status"]["conditions"] = json!([
            condition("NamesAccepted", "NoConflicts", "no conflicts found"),
            condition("Established", "InitialNamesAccepted", "the initial names have been accepted"),
        ]);
        let name = definition["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        let request = Request {
            manager: "kube-apiserver",
            trial: Trial::Real,
            part: Part::Status,
            strictness: Strictness::Ignore,
        };
        // One that is refused stays as it is until it changes.
        let _refused = self.replace(&served, "", &name, &new, request);
        self.warnings.clear();
    }
}
