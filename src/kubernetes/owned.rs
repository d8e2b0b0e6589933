//! Ownership: the part of an object that aksel has applied, by the object's `managedFields`.
//!
//! Rule: <https://kubernetes.io/docs/reference/using-api/server-side-apply/>. `f:name` is a member, `k:{…}` an element of a
//! list by its keys, `v:…` an element of a set; `.` is the thing itself; nothing within means all of it.
//!
//! Never: what another manager owns is taken for ours.

use serde_json::{Map, Value as Json};

use crate::client::FIELD_MANAGER;

/// The object with what aksel owns, its identity, and nothing else; `None` if aksel has never applied it.
pub fn owned(object: &Json) -> Option<Json> {
    let entries = object["metadata"]["managedFields"].as_array()?;
    let ours = entries.iter().find(|entry| {
        entry["manager"] == FIELD_MANAGER && entry["operation"] == "Apply" && entry["subresource"].is_null()
    })?;
    let mut kept = part(object, &ours["fieldsV1"]);
    for name in ["apiVersion", "kind", "status"] {
        kept[name] = object[name].clone();
    }
    for name in ["name", "namespace", "uid", "resourceVersion", "generation", "generateName"] {
        if let Some(value) = object["metadata"].get(name) {
            kept["metadata"][name] = value.clone();
        }
    }
    Some(kept)
}

fn part(value: &Json, fields: &Json) -> Json {
    let Some(within) = fields.as_object().filter(|within| within.keys().any(|key| key != ".")) else {
        return value.clone();
    };
    match value {
        Json::Object(members) => {
            let mine = |(name, fields): (&String, &Json)| {
                let name = name.strip_prefix("f:")?;
                Some((name.to_owned(), part(members.get(name)?, fields)))
            };
            Json::Object(within.iter().filter_map(mine).collect::<Map<_, _>>())
        }
        Json::Array(items) => Json::Array(items.iter().filter_map(|item| element(item, within)).collect()),
        scalar => scalar.clone(),
    }
}

fn element(item: &Json, within: &Map<String, Json>) -> Option<Json> {
    within.iter().find_map(|(name, fields)| {
        if let Some(keys) = name.strip_prefix("k:") {
            let keys: Map<String, Json> = serde_json::from_str(keys).ok()?;
            return keys.iter().all(|(key, value)| item[key] == *value).then(|| part(item, fields));
        }
        let own: Json = serde_json::from_str(name.strip_prefix("v:")?).ok()?;
        (own == *item).then(|| item.clone())
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_others_own_and_what_was_filled_in_is_left_out() {
        let object = json!({
            "metadata": {"name": "a", "uid": "1", "labels": {"ours": "1", "theirs": "2"}, "managedFields": [{
                "manager": "aksel", "operation": "Apply",
                "fieldsV1": {
                    "f:metadata": {"f:labels": {"f:ours": {}}},
                    "f:spec": {"f:ports": {"k:{\"port\":80}": {".": {}, "f:port": {}}}, "f:selector": {}},
                },
            }]},
            "spec": {
                "ports": [{"port": 80, "protocol": "TCP"}, {"port": 81}],
                "selector": {"app": "a"}, "clusterIP": "10.0.0.1",
            },
        });
        let kept = owned(&object).unwrap();
        assert_eq!(kept["spec"], json!({"ports": [{"port": 80}], "selector": {"app": "a"}}));
        assert_eq!(kept["metadata"], json!({"labels": {"ours": "1"}, "name": "a", "uid": "1"}));
        assert_eq!(owned(&json!({"metadata": {"name": "a"}})), None);
    }
}
