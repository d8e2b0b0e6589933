//! Who changed an object last, by the subscription's Activity Log.
//!
//! Rule: only operations that write, delete or act count, and only those that succeeded.
//! Source: <https://learn.microsoft.com/rest/api/monitor/activity-logs/list>

use aksel_provider::touch::Touch;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value as Json;

use crate::arm_client::{Method, Request};

/// How far back the log is read.
const DAYS: i64 = 14;

/// The request for what was done to an object of late.
pub fn request(subscription: &str, id: &str, now: Timestamp) -> Request {
    let since = now - SignedDuration::from_hours(24 * DAYS);
    let filter = format!("eventTimestamp ge '{since}' and resourceUri eq '{id}'");
    let filter: String = url::form_urlencoded::byte_serialize(filter.as_bytes()).collect();
    let path = format!(
        "/subscriptions/{subscription}/providers/Microsoft.Insights/eventtypes/management/values?$filter={filter}"
    );
    Request::plain(Method::Get, path, "2015-04-01")
}

/// The newest change that an answer tells of.
pub fn last_touch(answer: &Json) -> Option<Touch> {
    let touches = answer["value"].as_array()?.iter().filter_map(|event| {
        let text = |name: &str| event[name]["value"].as_str().unwrap_or_default();
        let changes = ["/write", "/delete", "/action"].iter().any(|end| text("operationName").ends_with(end));
        let who = event["caller"].as_str().filter(|_| changes && text("status") == "Succeeded")?;
        let when: Timestamp = event["eventTimestamp"].as_str()?.parse().ok()?;
        Some(Touch { who: who.to_owned(), when, told_by: "Activity Log" })
    });
    touches.max_by_key(|touch| touch.when)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_newest_change_that_succeeded_counts() {
        let event = |caller: &str, operation: &str, status: &str, at: &str| json!({"caller": caller, "operationName": {"value": operation}, "status": {"value": status}, "eventTimestamp": at});
        let pools = "Microsoft.ContainerService/managedClusters/agentPools";
        let answer = json!({"value": [
            event("ann@contoso.com", &format!("{pools}/write"), "Succeeded", "2026-01-02T03:04:05.6789Z"),
            event("bob@contoso.com", &format!("{pools}/write"), "Failed", "2026-01-03T03:04:05Z"),
            event("eve@contoso.com", &format!("{pools}/read"), "Succeeded", "2026-01-04T03:04:05Z"),
        ]});
        assert_eq!(last_touch(&answer).unwrap().who, "ann@contoso.com");
        assert_eq!(last_touch(&json!({"error": {}})), None);
    }

    #[test]
    fn the_log_is_asked_for_one_object() {
        let asked = request("s", "/subscriptions/s/x", Timestamp::from_second(1_000_000_000).unwrap());
        assert_eq!(
            asked.path,
            "/subscriptions/s/providers/Microsoft.Insights/eventtypes/management/values?$filter=eventTimestamp+ge+%272001-08-26T01%3A46%3A40Z%27+and+resourceUri+eq+%27%2Fsubscriptions%2Fs%2Fx%27"
        );
    }
}
