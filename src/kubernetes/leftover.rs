//! Leftovers: what the configuration gave up but server-side apply leaves, because another manager set it once.
//!
//! That is so where an object was made by Terraform or `kubectl` before aksel took it over.
//!
//! Invariant: only what state knew and the configuration dropped is taken away; lists are never touched.

use serde_json::{Map, Value as Json};

/// A merge patch that takes away what was wanted before, is not wanted now and is still there; `None` if nothing is.
pub fn leftover(before: &Json, wanted: &Json, live: &Json) -> Option<Json> {
    let before = before.as_object()?;
    let empty = Map::new();
    let wanted = wanted.as_object().unwrap_or(&empty);
    let mut patch = Map::new();
    for (name, old) in before {
        let Some(there) = live.get(name).filter(|there| !there.is_null()) else { continue };
        match (wanted.get(name), old) {
            (None, Json::Object(_)) if name == "metadata" || name == "spec" => {}
            (None, _) => {
                if old == there {
                    patch.insert(name.clone(), Json::Null);
                }
            }
            (Some(new), Json::Object(_)) => {
                patch.extend(leftover(old, new, there).map(|within| (name.clone(), within)));
            }
            (Some(_), _) => {}
        }
    }
    if patch.is_empty() { None } else { Some(Json::Object(patch)) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_is_still_as_it_was_wanted_is_taken_away() {
        let before =
            json!({"metadata": {"labels": {"a": "1", "b": "2", "c": "3"}}, "spec": {"type": "NodePort"}});
        let wanted = json!({"metadata": {"labels": {"a": "1"}}, "spec": {"type": "ClusterIP"}});
        let live = json!({"metadata": {"labels": {"a": "1", "b": "2", "c": "changed"}}, "spec": {"type": "ClusterIP"}});
        let patch = leftover(&before, &wanted, &live);
        assert_eq!(patch, Some(json!({"metadata": {"labels": {"b": null}}})));
        assert_eq!(leftover(&before, &before, &live), None);
    }
}
