//! Who changed an object last, by its `managedFields`.
//!
//! Never: a controller that only writes status counts, and neither does aksel itself.

use aksel_provider::touch::Touch;
use jiff::Timestamp;
use serde_json::Value as Json;

use crate::client::FIELD_MANAGER;

/// The newest entry of somebody else.
pub fn last_touch(object: &Json) -> Option<Touch> {
    let entries = object["metadata"]["managedFields"].as_array()?;
    let others = entries.iter().filter(|entry| entry["subresource"] != "status");
    let touches = others.filter_map(|entry| {
        let who = entry["manager"].as_str().filter(|manager| *manager != FIELD_MANAGER)?;
        let when: Timestamp = entry["time"].as_str()?.parse().ok()?;
        Some(Touch { who: who.to_owned(), when, told_by: "managedFields" })
    });
    touches.max_by_key(|touch| touch.when)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_newest_hand_that_is_not_ours_counts() {
        let entry = |manager: &str, time: &str, subresource: &str| json!({"manager": manager, "time": time, "subresource": subresource});
        let object = json!({"metadata": {"managedFields": [
            entry("kubectl-edit", "2026-01-02T03:04:05Z", ""),
            entry("helm", "2026-01-01T00:00:00Z", ""),
            entry("kube-controller-manager", "2026-01-05T00:00:00Z", "status"),
            entry("aksel", "2026-01-06T00:00:00Z", ""),
        ]}});
        let touch = last_touch(&object).unwrap();
        assert_eq!(
            (&*touch.who, touch.when.to_string()),
            ("kubectl-edit", "2026-01-02T03:04:05Z".to_owned())
        );
        assert_eq!(last_touch(&json!({})), None);
    }
}
