//! Long-running operations: what an answer says of whether the work is done, and where to look next.
//!
//! Invariant: pure; the client asks, this decides.
//! Rule: <https://learn.microsoft.com/azure/azure-resource-manager/management/async-operations>

use std::time::Duration;

use serde_json::Value as Json;

use crate::arm_client::Answer;
use crate::arm_error::ArmError;

/// Where a running operation is looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Watch {
    /// At the address of `Azure-AsyncOperation`: its body has a `status`.
    Operation(String),
    /// At the address of `Location`: done when it is neither 201 nor 202.
    Location(String),
    /// At the resource itself: done when its provisioning state is final.
    Resource,
}

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// It is done.
    Done,
    /// Look again there after a pause.
    Again(Watch, Duration),
    /// It failed.
    Failed(ArmError),
}

/// The pause where ARM states none.
const PAUSE: Duration = Duration::from_secs(5);

/// What the answer to a change says.
pub fn begun(answer: &Answer, asked: &str) -> Next {
    if let Some(address) = &answer.operation {
        return Next::Again(Watch::Operation(address.clone()), answer.retry_after.unwrap_or(PAUSE));
    }
    if let Some(address) = answer.location.as_ref().filter(|_| answer.status == 202) {
        return Next::Again(Watch::Location(address.clone()), answer.retry_after.unwrap_or(PAUSE));
    }
    provisioning(answer, asked)
}

/// What the answer to a look says.
pub fn looked(watch: Watch, answer: &Answer, asked: &str) -> Next {
    let pause = answer.retry_after.unwrap_or(PAUSE);
    match watch {
        Watch::Operation(_) => match outcome(answer.body["status"].as_str()) {
            Outcome::Good => Next::Done,
            Outcome::Bad => Next::Failed(ArmError::refused(0, &answer.body, asked)),
            Outcome::Running => Next::Again(watch, pause),
        },
        Watch::Location(before) => match answer.status {
            201 | 202 => Next::Again(Watch::Location(answer.location.clone().unwrap_or(before)), pause),
            _ => provisioning(answer, asked),
        },
        Watch::Resource => provisioning(answer, asked),
    }
}

fn provisioning(answer: &Answer, asked: &str) -> Next {
    let state = answer.body["properties"]["provisioningState"].as_str();
    match state.map(|state| outcome(Some(state))) {
        None | Some(Outcome::Good) => Next::Done,
        Some(Outcome::Running) => Next::Again(Watch::Resource, answer.retry_after.unwrap_or(PAUSE)),
        Some(Outcome::Bad) => {
            let message = format!("the provisioning state is {}", state.unwrap_or_default());
            let body = serde_json::json!({"error": {"code": "ProvisioningFailed", "message": message}});
            Next::Failed(ArmError::refused(
                0,
                answer.body.get("error").map_or(&body, |_| &answer.body),
                asked,
            ))
        }
    }
}

enum Outcome {
    Good,
    Bad,
    Running,
}

fn outcome(status: Option<&str>) -> Outcome {
    match status.unwrap_or("Succeeded").to_lowercase().as_str() {
        "succeeded" | "ready" | "completed" => Outcome::Good,
        "failed" | "canceled" | "cancelled" => Outcome::Bad,
        _ => Outcome::Running,
    }
}

/// The share of an operation that is done, in words, if its body tells.
pub fn words(body: &Json) -> String {
    let status = body["status"].as_str().or_else(|| body["properties"]["provisioningState"].as_str());
    let percent = body["percentComplete"].as_f64();
    match (status, percent) {
        (Some(status), Some(percent)) => format!("Azure: {status}, {percent:.0} %"),
        (Some(status), None) => format!("Azure: {status}"),
        (None, _) => "Azure: working".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answer(status: u16, body: Json) -> Answer {
        Answer { status, body, operation: None, location: None, retry_after: None }
    }

    #[test]
    fn an_operation_is_followed_until_its_status_is_final() {
        let begun_ = begun(&Answer { operation: Some("u".into()), ..answer(201, json!({})) }, "PUT");
        assert_eq!(begun_, Next::Again(Watch::Operation("u".into()), PAUSE));
        let look = |status: &str| {
            looked(Watch::Operation("u".into()), &answer(200, json!({"status": status})), "PUT")
        };
        assert!(matches!(look("InProgress"), Next::Again(..)));
        assert_eq!(look("Succeeded"), Next::Done);
        assert!(matches!(look("Failed"), Next::Failed(_)));
    }

    #[test]
    fn a_location_is_done_when_it_no_longer_says_accepted() {
        let watch = Watch::Location("u".into());
        assert!(matches!(looked(watch.clone(), &answer(202, json!({})), "DELETE"), Next::Again(..)));
        assert_eq!(looked(watch, &answer(204, Json::Null), "DELETE"), Next::Done);
    }

    #[test]
    fn without_headers_the_resource_tells_its_state() {
        let creating = begun(&answer(201, json!({"properties": {"provisioningState": "Creating"}})), "PUT");
        assert_eq!(creating, Next::Again(Watch::Resource, PAUSE));
        assert_eq!(begun(&answer(200, json!({"properties": {}})), "PUT"), Next::Done);
    }
}
