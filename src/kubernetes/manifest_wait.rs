//! What a manifest waits for: a rollout, conditions, fields.
//!
//! Invariant: a definition of a kind is waited for without being asked, since what uses the kind comes right after.

use std::time::Duration;

use aksel_lang::value::Value;
use aksel_provider::provider::Progress;
use aksel_provider::stop::Stop;
use jiff::Timestamp;
use serde_json::Value as Json;

use crate::api_error::ApiError;
use crate::client::Cluster;
use crate::kind::Wait;
use crate::settle::named;
use crate::wait::{Progressed, look};

const PAUSE: Duration = Duration::from_millis(500);

/// Waits until a live object is what its `wait` block asks for, and gives it.
///
/// # Errors
/// The object as it was last seen, and why it did not come about.
pub(crate) async fn wait(
    cluster: &Cluster,
    path: &str,
    made: Json,
    config: &Value,
    limit: Timestamp,
    progress: &dyn Progress,
    stop: &Stop,
) -> Result<Json, (Json, ApiError)> {
    let mut object = made;
    loop {
        let failed =
            |object: &Json, why: String| (object.clone(), ApiError::NotReady { what: named(object), why });
        let words = match looked(config, &object) {
            Progressed::Done => return Ok(object),
            Progressed::Failed(why) => return Err(failed(&object, why)),
            Progressed::Waiting(words) => words,
        };
        progress.says(&words);
        if cluster.world().now() > limit {
            return Err(failed(&object, words));
        }
        if let Err(error) = cluster.pause(PAUSE, stop, &named(&object)).await {
            return Err((object, error));
        }
        object = match cluster.get(path, stop).await {
            Ok(Some(next)) => next,
            Ok(None) => return Err(failed(&object, "it was deleted meanwhile".into())),
            Err(error) => return Err((object, error)),
        };
    }
}

fn looked(config: &Value, object: &Json) -> Progressed {
    if object["kind"] == "CustomResourceDefinition" && !has_condition(object, "Established", "True") {
        return Progressed::Waiting("the kind is not served yet".into());
    }
    let Some(wanted) = config.attribute("wait").and_then(|blocks| blocks.elements().next()) else {
        return Progressed::Done;
    };
    if wanted.attribute("rollout").and_then(Value::as_bool) == Some(true) {
        let kind = object["kind"].as_str().unwrap_or_default();
        let rollout = look(Wait::Rollout, kind, object);
        if rollout != Progressed::Done {
            return rollout;
        }
    }
    let text = |value: &Value, name: &str| {
        value.attribute(name).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    for condition in wanted.attribute("condition").into_iter().flat_map(Value::elements) {
        let (name, status) = (text(condition, "type"), text(condition, "status"));
        if !has_condition(object, &name, &status) {
            return Progressed::Waiting(format!("condition {name} is not {status} yet"));
        }
    }
    for (path, value) in wanted.attribute("fields").and_then(Value::as_named).into_iter().flatten() {
        let value = value.as_str().unwrap_or_default();
        if !has_field(object, path, value) {
            return Progressed::Waiting(format!("{path} is not {value} yet"));
        }
    }
    Progressed::Done
}

fn has_condition(object: &Json, name: &str, status: &str) -> bool {
    let mut all = object["status"]["conditions"].as_array().into_iter().flatten();
    all.any(|condition| condition["type"] == name && condition["status"] == status)
}

/// Whether the field at a path such as `status.loadBalancer.ingress[0].ip` has a value; `*` is any, else it is a regular expression.
fn has_field(object: &Json, path: &str, wanted: &str) -> bool {
    let steps = path.split(['.', '[', ']']).filter(|step| !step.is_empty());
    let found = steps.fold(object, |value, step| {
        let step = step.trim_matches('"');
        match (value, step.parse::<usize>()) {
            (Json::Array(items), Ok(at)) => items.get(at).unwrap_or(&Json::Null),
            _ => &value[step],
        }
    });
    let text = match found {
        Json::Null => return false,
        Json::String(text) => text.clone(),
        other => other.to_string(),
    };
    wanted == "*" || text == wanted || regex::Regex::new(wanted).is_ok_and(|wanted| wanted.is_match(&text))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_are_found_by_their_paths() {
        let object = json!({"status": {"phase": "Ready", "loadBalancer": {"ingress": [{"ip": "10.0.0.4"}]}}});
        assert!(has_field(&object, "status.loadBalancer.ingress[0].ip", "*"));
        assert!(has_field(&object, "status.phase", "Ready") && !has_field(&object, "status.phase", "Failed"));
        assert!(!has_field(&object, "status.none", "*"));
    }
}
