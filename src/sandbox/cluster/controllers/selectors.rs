//! Label selectors, node selectors and tolerations: pure matching of small JSON structures.
//!
//! Invariant: an absent label selector matches nothing, an empty one matches everything, as the API defines it.

use serde_json::{Map, Value};

use super::fields::{list, map, text};

/// Whether labels match a LabelSelector (`matchLabels`, `matchExpressions`).
pub(crate) fn matches(selector: Option<&Value>, labels: Option<&Map<String, Value>>) -> bool {
    let Some(selector) = selector else { return false };
    equals_all(map(selector, "matchLabels"), labels)
        && list(selector, "matchExpressions").iter().all(|one| expression(one, labels))
}

/// Whether labels contain all pairs of a plain selector (`spec.selector` of a Service, `nodeSelector`).
pub(super) fn equals_all(wanted: Option<&Map<String, Value>>, labels: Option<&Map<String, Value>>) -> bool {
    wanted.is_none_or(|wanted| {
        wanted.iter().all(|(key, value)| labels.and_then(|labels| labels.get(key)) == Some(value))
    })
}

/// Whether labels fulfil one requirement of a selector.
pub(super) fn expression(requirement: &Value, labels: Option<&Map<String, Value>>) -> bool {
    let found = labels.and_then(|labels| labels.get(text(requirement, "key"))).and_then(Value::as_str);
    compare(text(requirement, "operator"), list(requirement, "values"), found)
}

fn compare(operator: &str, values: &[Value], found: Option<&str>) -> bool {
    let among = |found: &str| values.iter().any(|value| value == found);
    let number = |text: &str| text.parse::<i64>().ok();
    let bound = values.first().and_then(Value::as_str).and_then(number);
    match operator {
        "In" => found.is_some_and(among),
        "NotIn" => !found.is_some_and(among),
        "Exists" => found.is_some(),
        "DoesNotExist" => found.is_none(),
        "Gt" => found.and_then(number).zip(bound).is_some_and(|(found, bound)| found > bound),
        "Lt" => found.and_then(number).zip(bound).is_some_and(|(found, bound)| found < bound),
        _ => false,
    }
}

/// Whether a node fulfils one term of a NodeSelector; a term without requirements matches nothing.
pub(super) fn node_term(term: &Value, node: &Value) -> bool {
    let expressions = list(term, "matchExpressions");
    let by_field = list(term, "matchFields");
    let labels = map(node, "metadata.labels");
    !(expressions.is_empty() && by_field.is_empty())
        && expressions.iter().all(|one| expression(one, labels))
        && by_field.iter().all(|one| {
            text(one, "key") == "metadata.name"
                && compare(text(one, "operator"), list(one, "values"), Some(text(node, "metadata.name")))
        })
}

/// Whether a node fulfils any term of a NodeSelector.
pub(super) fn node_selector(selector: &Value, node: &Value) -> bool {
    list(selector, "nodeSelectorTerms").iter().any(|term| node_term(term, node))
}

/// Whether a toleration tolerates a taint.
pub(super) fn tolerates(toleration: &Value, taint: &Value) -> bool {
    let effect = text(toleration, "effect");
    let key = text(toleration, "key");
    (effect.is_empty() || effect == text(taint, "effect"))
        && (key.is_empty() || key == text(taint, "key"))
        && match text(toleration, "operator") {
            "Exists" => true,
            "" | "Equal" => text(toleration, "value") == text(taint, "value"),
            "Lt" | "Gt" => numeric(toleration, taint),
            _ => false,
        }
}

fn numeric(toleration: &Value, taint: &Value) -> bool {
    let (Ok(wanted), Ok(found)) =
        (text(toleration, "value").parse::<i64>(), text(taint, "value").parse::<i64>())
    else {
        return false;
    };
    match text(toleration, "operator") {
        "Lt" => found < wanted,
        _ => found > wanted,
    }
}

/// Whether a pod tolerates a taint.
pub(super) fn tolerated(pod: &Value, taint: &Value) -> bool {
    list(pod, "spec.tolerations").iter().any(|toleration| tolerates(toleration, taint))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn selectors_match_as_the_api_defines() {
        let labels = json!({"app": "web", "n": "5"});
        let labels = labels.as_object();
        assert!(!matches(None, labels));
        assert!(matches(Some(&json!({})), labels));
        assert!(matches(Some(&json!({"matchLabels": {"app": "web"}})), labels));
        assert!(matches(
            Some(&json!({"matchExpressions": [{"key": "x", "operator": "NotIn", "values": ["a"]}]})),
            labels
        ));
        assert!(expression(&json!({"key": "n", "operator": "Gt", "values": ["4"]}), labels));
    }

    #[test]
    fn a_toleration_without_key_takes_all() {
        let taint = json!({"key": "sku", "value": "gpu", "effect": "NoSchedule"});
        assert!(tolerates(&json!({"operator": "Exists"}), &taint));
        assert!(tolerates(&json!({"key": "sku", "operator": "Equal", "value": "gpu"}), &taint));
        assert!(!tolerates(&json!({"key": "sku", "value": "cpu"}), &taint));
        assert!(!tolerates(&json!({"operator": "Exists", "effect": "NoExecute"}), &taint));
    }
}
