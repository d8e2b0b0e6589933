//! Errors as ARM words them.
//!
//! Source: <https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors>

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::json;

use crate::arm::path::Target;

/// An error that ARM answers with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) code: String,
    pub(crate) message: String,
}

impl Refusal {
    /// An error with a code of ARM's.
    pub(crate) fn new(status: StatusCode, code: &str, message: impl Into<String>) -> Refusal {
        Refusal { status, code: code.to_owned(), message: message.into() }
    }

    pub(crate) fn bad(code: &str, message: impl Into<String>) -> Refusal {
        Refusal::new(StatusCode::BAD_REQUEST, code, message)
    }

    pub(crate) fn conflict(code: &str, message: impl Into<String>) -> Refusal {
        Refusal::new(StatusCode::CONFLICT, code, message)
    }

    pub(crate) fn missing_version() -> Refusal {
        Refusal::bad(
            "MissingApiVersionParameter",
            "The api-version query parameter (?api-version=) is required for all requests.",
        )
    }

    pub(crate) fn no_group(name: &str) -> Refusal {
        Refusal::new(
            StatusCode::NOT_FOUND,
            "ResourceGroupNotFound",
            format!("Resource group '{name}' could not be found."),
        )
    }

    pub(crate) fn not_found(target: &Target) -> Refusal {
        let (kind, group) = (shown(target), target.group().unwrap_or_default());
        let message = format!(
            "The Resource '{kind}/{}' under resource group '{group}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix",
            target.name
        );
        Refusal::new(StatusCode::NOT_FOUND, "ResourceNotFound", message)
    }

    pub(crate) fn no_parent(target: &Target) -> Refusal {
        let message = format!(
            "Failed to perform 'write' on resource(s) of type '{}', because the parent resource '{}' could not be found.",
            shown(target),
            target.parent
        );
        Refusal::new(StatusCode::NOT_FOUND, "ParentResourceNotFound", message)
    }

    pub(crate) fn unauthorised() -> Refusal {
        Refusal::new(
            StatusCode::UNAUTHORIZED,
            "AuthenticationFailed",
            "Authentication failed. The 'Authorization' header is missing.",
        )
    }
}

/// The type as it is written in the id.
fn shown(target: &Target) -> String {
    let Some(at) = target.id.to_lowercase().rfind("/providers/") else { return target.kind.clone() };
    let parts: Vec<&str> = target.id[at + "/providers/".len()..].split('/').collect();
    let types = parts.iter().skip(1).step_by(2).copied().collect::<Vec<_>>();
    format!("{}/{}", parts.first().copied().unwrap_or_default(), types.join("/"))
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = json!({ "error": { "code": self.code, "message": self.message } });
        (self.status, axum::Json(body)).into_response()
    }
}
