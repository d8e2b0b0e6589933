//! Disruption budgets when a pod is evicted.
//!
//! Source: <https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/>

use std::sync::Arc;

use serde_json::{Value, json};

use crate::cluster::controllers::pods::set_condition;
use crate::cluster::controllers::{Part, selects};
use crate::cluster::status::Refused;
use crate::cluster::world::{Request, Strictness, Trial, World};

impl World {
    /// Whether the budgets of a pod let it go; counts it if so.
    ///
    /// # Errors
    /// The budget that does not.
    pub(crate) fn check_budget(&mut self, pod: &Value) -> Result<(), Refused> {
        let text = |name: &str| pod["metadata"][name].as_str().unwrap_or_default().to_owned();
        let (namespace, name) = (text("namespace"), text("name"));
        let ended = matches!(pod["status"]["phase"].as_str(), Some("Succeeded" | "Failed" | "Pending"));
        if ended || pod["metadata"]["deletionTimestamp"].is_string() {
            return Ok(());
        }
        let labels = pod["metadata"]["labels"].as_object();
        let concerned: Vec<Arc<Value>> = self
            .store
            .all("policy/poddisruptionbudgets", Some(&namespace))
            .filter(|budget| selects(budget["spec"].get("selector"), labels))
            .cloned()
            .collect();
        match concerned.as_slice() {
            [] => Ok(()),
            [budget] => self.spend(&namespace, &name, budget),
            _ => {
                let words = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.";
                Err(Refused::new(500, "", words))
            }
        }
    }

    /// Notes in a pod's status why it is about to go.
    ///
    /// # Errors
    /// When the status cannot be written.
    pub(crate) fn mark_evicted(&mut self, pod: &Value) -> Result<(), Refused> {
        let Some(served) = self.of_resource("", "pods") else { return Ok(()) };
        let text = |name: &str| pod["metadata"][name].as_str().unwrap_or_default();
        if !text("deletionTimestamp").is_empty()
            || matches!(pod["status"]["phase"].as_str(), Some("Succeeded" | "Failed"))
        {
            return Ok(());
        }
        let condition = json!({
            "type": "DisruptionTarget", "status": "True", "reason": "EvictionByEvictionAPI",
            "message": "Eviction API: evicting",
        });
        let mut new = pod.clone();
        set_condition(&mut new, condition, self.now);
        let request = status_request();
        self.replace(&served, text("namespace"), text("name"), &new, request).map(drop)
    }

    fn spend(&mut self, namespace: &str, pod: &str, budget: &Value) -> Result<(), Refused> {
        let count = |name: &str| budget["status"][name].as_i64().unwrap_or(0);
        let name = budget["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        if count("disruptionsAllowed") <= 0 {
            let words = "Cannot evict pod as it would violate the pod's disruption budget.";
            let why = format!(
                "The disruption budget {name} needs {} healthy pods and has {} currently",
                count("desiredHealthy"),
                count("currentHealthy")
            );
            let details = json!({ "causes": [{ "reason": "DisruptionBudget", "message": why }] });
            return Err(Refused { details, ..Refused::new(429, "TooManyRequests", words) });
        }
        let Some(served) = self.of_resource("policy", "poddisruptionbudgets") else { return Ok(()) };
        let mut new = budget.clone();
        new["status"]["disruptionsAllowed"] = (count("disruptionsAllowed") - 1).into();
        let now = crate::cluster::world::stamp(self.now);
        if !new["status"]["disruptedPods"].is_object() {
            new["status"]["disruptedPods"] = json!({});
        }
        new["status"]["disruptedPods"][pod] = now.into();
        self.replace(&served, namespace, &name, &new, status_request()).map(drop)
    }
}

/// How the API server itself writes a status.
fn status_request() -> Request<'static> {
    Request {
        manager: "kube-apiserver",
        trial: Trial::Real,
        part: Part::Status,
        strictness: Strictness::Ignore,
    }
}
