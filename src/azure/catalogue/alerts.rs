//! Alerts: the criteria of a metric alert, which ARM has in one list of several kinds.
//!
//! Invariant: what is read is told apart by the kind that ARM names; what is written names it.

use aksel_lang::value::Value;
use serde_json::{Value as Json, json};

use crate::resource_type::Writing;

const SEVERAL: &str = "Microsoft.Azure.Monitor.MultipleResourceMultipleMetricCriteria";
const WEB_TEST: &str = "Microsoft.Azure.Monitor.WebtestLocationAvailabilityCriteria";

/// Parts the criteria by kind.
pub fn shape(document: &mut Json, _state: &Value) {
    let properties = &mut document["body"]["properties"];
    let criteria = properties["criteria"].take();
    if criteria["odata.type"] == WEB_TEST {
        properties["webTest"] = criteria;
        return;
    }
    let all = criteria["allOf"].as_array().cloned().unwrap_or_default();
    let (dynamic, fixed): (Vec<Json>, Vec<Json>) =
        all.into_iter().partition(|one| one["criterionType"] == "DynamicThresholdCriterion");
    properties["dynamic"] = Json::Array(dynamic);
    properties["static"] = Json::Array(fixed);
}

/// Puts the criteria together, each with its kind and a name.
pub fn complete(document: &mut Json, writing: &Writing<'_>) {
    if writing.prior.is_null() {
        document["body"]["location"] = "global".into();
    }
    let properties = &mut document["body"]["properties"];
    let Some(members) = properties.as_object_mut() else { return };
    let web_test = members.remove("webTest").filter(Json::is_object);
    let mut all = Vec::new();
    for (part, kind) in [("static", "StaticThresholdCriterion"), ("dynamic", "DynamicThresholdCriterion")] {
        let found = members.remove(part);
        for mut one in found.and_then(|found| found.as_array().cloned()).unwrap_or_default() {
            one["criterionType"] = kind.into();
            one["name"] = format!("Metric{}", all.len() + 1).into();
            all.push(one);
        }
    }
    if let Some(mut test) = web_test {
        test["odata.type"] = WEB_TEST.into();
        members.insert("criteria".into(), test);
    } else if !all.is_empty() {
        members.insert("criteria".into(), json!({ "odata.type": SEVERAL, "allOf": all }));
    }
}
