//! Custom resource definitions: when their names are accepted, and when their objects are served.
//!
//! Source: <https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/>

use std::sync::Arc;

use serde_json::{Value, json};

use crate::cluster::controllers::Part;
use crate::cluster::world::{Request, Strictness, Trial, World, stamp};

const DEFINITIONS: (&str, &str) = ("apiextensions.k8s.io", "customresourcedefinitions");

impl World {
    /// Brings new definitions into force. Whoever made one hears of it as of any change.
    pub(crate) fn establish(&mut self) {
        let all: Vec<Arc<Value>> =
            self.store.all(&format!("{}/{}", DEFINITIONS.0, DEFINITIONS.1), None).cloned().collect();
        for definition in all {
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
                "observedGeneration": definition["metadata"]["generation"],
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
