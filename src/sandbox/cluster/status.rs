//! Errors as the Kubernetes API words them.
//!
//! Source: <https://github.com/kubernetes/community/blob/master/contributors/devel/sig-architecture/api-conventions.md#error-codes>

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::{Value, json};

use crate::cluster::kinds::Served;

/// An error that the API answers with.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Refused {
    pub(crate) code: u16,
    pub(crate) reason: String,
    pub(crate) message: String,
    pub(crate) details: Value,
}

/// One thing that is wrong with an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cause {
    pub(crate) reason: &'static str,
    pub(crate) field: String,
    pub(crate) message: String,
}

impl Refused {
    pub(crate) fn new(code: u16, reason: &str, message: impl Into<String>) -> Refused {
        Refused { code, reason: reason.into(), message: message.into(), details: Value::Null }
    }

    fn about(self, served: &Served, name: &str) -> Refused {
        let mut details = json!({ "name": name, "kind": served.plural });
        if !served.group.is_empty() {
            details["group"] = served.group.clone().into();
        }
        Refused { details, ..self }
    }

    pub(crate) fn bad(message: impl Into<String>) -> Refused {
        Refused::new(400, "BadRequest", message)
    }

    pub(crate) fn no_path() -> Refused {
        Refused::new(404, "NotFound", "the server could not find the requested resource")
    }

    pub(crate) fn not_found(served: &Served, name: &str) -> Refused {
        Refused::new(404, "NotFound", format!("{} \"{name}\" not found", served.qualified()))
            .about(served, name)
    }

    pub(crate) fn exists(served: &Served, name: &str) -> Refused {
        Refused::new(409, "AlreadyExists", format!("{} \"{name}\" already exists", served.qualified()))
            .about(served, name)
    }

    pub(crate) fn stale(served: &Served, name: &str) -> Refused {
        let message = format!(
            "Operation cannot be fulfilled on {} \"{name}\": the object has been modified; please apply your changes to the latest version and try again",
            served.qualified()
        );
        Refused::new(409, "Conflict", message).about(served, name)
    }

    pub(crate) fn going(served: &Served, name: &str, namespace: &str) -> Refused {
        let message = format!(
            "{} \"{name}\" is forbidden: unable to create new content in namespace {namespace} because it is being terminated",
            served.qualified()
        );
        Refused::new(403, "Forbidden", message).about(served, name)
    }

    pub(crate) fn invalid(served: &Served, name: &str, causes: &[Cause]) -> Refused {
        let texts: Vec<String> =
            causes.iter().map(|cause| format!("{}: {}", cause.field, cause.message)).collect();
        let words = match texts.as_slice() {
            [one] => one.clone(),
            many => format!("[{}]", many.join(", ")),
        };
        let kind = if served.group.is_empty() {
            served.kind.clone()
        } else {
            format!("{}.{}", served.kind, served.group)
        };
        let refused = Refused::new(422, "Invalid", format!("{kind} \"{name}\" is invalid: {words}"))
            .about(served, name);
        let causes: Vec<Value> = causes
            .iter()
            .map(|cause| json!({ "reason": cause.reason, "message": cause.message, "field": cause.field }))
            .collect();
        let mut details = refused.details.clone();
        details["kind"] = served.kind.clone().into();
        details["causes"] = causes.into();
        Refused { details, ..refused }
    }

    pub(crate) fn to_json(&self) -> Value {
        let mut status = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": self.message, "reason": self.reason, "code": self.code,
        });
        if !self.details.is_null() {
            status["details"] = self.details.clone();
        }
        status
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, axum::Json(self.to_json())).into_response()
    }
}
