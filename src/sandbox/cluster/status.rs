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
    /// Where a list that is too old can go on.
    pub(crate) next: Option<String>,
}

/// One thing that is wrong with an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cause {
    pub(crate) reason: &'static str,
    pub(crate) field: String,
    pub(crate) message: String,
}

impl Cause {
    /// A value that cannot be; `value` as JSON.
    pub(crate) fn invalid(field: &str, value: &str, words: &str) -> Cause {
        Cause {
            reason: "FieldValueInvalid",
            field: field.into(),
            message: format!("Invalid value: {value}: {words}"),
        }
    }

    /// A value that is missing.
    pub(crate) fn required(field: &str, words: &str) -> Cause {
        let message =
            if words.is_empty() { "Required value".into() } else { format!("Required value: {words}") };
        Cause { reason: "FieldValueRequired", field: field.into(), message }
    }

    /// A value that must not be there.
    pub(crate) fn forbidden(field: &str, words: &str) -> Cause {
        Cause { reason: "FieldValueForbidden", field: field.into(), message: format!("Forbidden: {words}") }
    }

    /// A value that is not one of those that there are; `value` as JSON.
    pub(crate) fn unsupported(field: &str, value: &str, known: &[&str]) -> Cause {
        let known: Vec<String> = known.iter().map(|one| format!("{one:?}")).collect();
        Cause {
            reason: "FieldValueNotSupported",
            field: field.into(),
            message: format!("Unsupported value: {value}: supported values: {}", known.join(", ")),
        }
    }

    /// A value that is there twice; `value` as JSON.
    pub(crate) fn duplicate(field: &str, value: &str) -> Cause {
        Cause {
            reason: "FieldValueDuplicate",
            field: field.into(),
            message: format!("Duplicate value: {value}"),
        }
    }

    /// A text of more bytes than are allowed.
    pub(crate) fn too_long(field: &str, most: usize) -> Cause {
        Cause {
            reason: "FieldValueTooLong",
            field: field.into(),
            message: format!("Too long: may not be more than {most} bytes"),
        }
    }

    /// Something that is referred to and is not there; `value` as JSON.
    pub(crate) fn missing(field: &str, value: &str) -> Cause {
        Cause { reason: "FieldValueNotFound", field: field.into(), message: format!("Not found: {value}") }
    }
}

/// What the router says of a path at which nothing is served.
const NO_PAGE: &str = "404 page not found";

impl Refused {
    pub(crate) fn new(code: u16, reason: &str, message: impl Into<String>) -> Refused {
        Refused { code, reason: reason.into(), message: message.into(), details: Value::Null, next: None }
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

    /// Nothing is served at a path, not even by a group.
    pub(crate) fn no_page() -> Refused {
        Refused::new(404, "NotFound", NO_PAGE)
    }

    pub(crate) fn no_path() -> Refused {
        let refused = Refused::new(404, "NotFound", "the server could not find the requested resource");
        Refused { details: json!({}), ..refused }
    }

    pub(crate) fn no_method() -> Refused {
        let words = "the server does not allow this method on the requested resource";
        Refused { details: json!({}), ..Refused::new(405, "MethodNotAllowed", words) }
    }

    pub(crate) fn not_found(served: &Served, name: &str) -> Refused {
        Refused::new(404, "NotFound", format!("{} \"{name}\" not found", served.qualified()))
            .about(served, name)
    }

    /// It is there, and will be gone.
    pub(crate) fn exists_going(served: &Served, name: &str) -> Refused {
        let refused = Refused::exists(served, name);
        Refused { message: format!("object is being deleted: {}", refused.message), ..refused }
    }

    pub(crate) fn exists(served: &Served, name: &str) -> Refused {
        Refused::new(409, "AlreadyExists", format!("{} \"{name}\" already exists", served.qualified()))
            .about(served, name)
    }

    /// A change that cannot be made as things are.
    pub(crate) fn cannot(served: &Served, name: &str, words: &str) -> Refused {
        let message = format!("Operation cannot be fulfilled on {} \"{name}\": {words}", served.qualified());
        Refused::new(409, "Conflict", message).about(served, name)
    }

    pub(crate) fn conflict(resource: &str, name: &str, words: &str) -> Refused {
        let message = format!("Operation cannot be fulfilled on {resource} \"{name}\": {words}");
        let details = json!({ "name": name, "kind": resource });
        Refused { details, ..Refused::new(409, "Conflict", message) }
    }

    /// A precondition of a deletion that does not hold; it names the kind, not the resource.
    pub(crate) fn precondition(served: &Served, name: &str, words: &str) -> Refused {
        let message =
            format!("Operation cannot be fulfilled on {} \"{name}\": {words}", served.qualified_kind());
        let mut refused = Refused::new(409, "Conflict", message).about(served, name);
        refused.details["kind"] = served.kind.clone().into();
        refused
    }

    pub(crate) fn stale(served: &Served, name: &str) -> Refused {
        Refused::cannot(
            served,
            name,
            "the object has been modified; please apply your changes to the latest version and try again",
        )
    }

    /// The object of that name is another one than the client means.
    pub(crate) fn other_uid(served: &Served, live: &Value, uid: &str) -> Refused {
        let text = |name: &str| live["metadata"][name].as_str().unwrap_or_default();
        let (name, namespace) = (text("name"), text("namespace"));
        let folder = match (&*served.group, &*served.plural) {
            ("", "services") => "services/specs".to_owned(),
            ("", "nodes") => "minions".to_owned(),
            ("" | "apps" | "batch" | "autoscaling" | "policy", plural) => plural.to_owned(),
            _ => served.plural.clone(),
        };
        let space = if namespace.is_empty() { String::new() } else { format!("{namespace}/") };
        let words = format!(
            "StorageError: invalid object, Code: 4, Key: /registry/{folder}/{space}{name}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: {uid}, UID in object meta: {}",
            text("uid")
        );
        Refused::cannot(served, name, &words)
    }

    pub(crate) fn no_such_uid(served: &Served, name: &str, uid: &str) -> Refused {
        let words = format!(
            "uid mismatch: the provided object specified uid {uid}, and no existing object was found"
        );
        Refused::cannot(served, name, &words)
    }

    pub(crate) fn forbidden(served: &Served, name: &str, words: &str) -> Refused {
        let message = format!("{} \"{name}\" is forbidden: {words}", served.qualified());
        Refused::new(403, "Forbidden", message).about(served, name)
    }

    pub(crate) fn going(served: &Served, name: &str, namespace: &str) -> Refused {
        let words =
            format!("unable to create new content in namespace {namespace} because it is being terminated");
        let mut refused = Refused::forbidden(served, name, &words);
        refused.details["causes"] = json!([{
            "reason": "NamespaceTerminating",
            "message": format!("namespace {namespace} is being terminated"),
            "field": "metadata.namespace",
        }]);
        refused
    }

    pub(crate) fn invalid(served: &Served, name: &str, causes: &[Cause]) -> Refused {
        let mut refused = invalid(&served.qualified_kind(), name, causes);
        refused.details["kind"] = served.kind.clone().into();
        if !served.group.is_empty() {
            refused.details["group"] = served.group.clone().into();
        }
        refused
    }

    /// As `invalid`, but by the name of the resource.
    pub(crate) fn invalid_resource(served: &Served, name: &str, causes: &[Cause]) -> Refused {
        let mut refused = invalid(&served.qualified(), name, causes);
        refused.details["kind"] = served.plural.clone().into();
        if !served.group.is_empty() {
            refused.details["group"] = served.group.clone().into();
        }
        refused
    }

    /// A scale that cannot be.
    pub(crate) fn invalid_scale(name: &str, causes: &[Cause]) -> Refused {
        let mut refused = invalid("Scale.autoscaling", name, causes);
        refused.details["kind"] = "Scale".into();
        refused.details["group"] = "autoscaling".into();
        refused
    }

    /// Something that has no name of its kind.
    pub(crate) fn invalid_kindless(group: &str, causes: &[Cause]) -> Refused {
        let mut refused = invalid(&format!(".{group}"), "", causes);
        refused.details["group"] = group.into();
        refused
    }

    /// A request for a token that cannot be.
    pub(crate) fn invalid_token(name: &str, causes: &[Cause]) -> Refused {
        let mut refused = invalid("TokenRequest.authentication.k8s.io", name, causes);
        refused.details["kind"] = "TokenRequest".into();
        refused.details["group"] = "authentication.k8s.io".into();
        refused
    }

    /// Options of a request that cannot be; the kind is that of the options.
    pub(crate) fn invalid_options(kind: &str, causes: &[Cause]) -> Refused {
        let mut refused = invalid(&format!("{kind}.meta.k8s.io"), "", causes);
        refused.details["kind"] = kind.into();
        refused.details["group"] = "meta.k8s.io".into();
        refused
    }

    /// A patch that does not lead to an object.
    pub(crate) fn invalid_patch(causes: &[Cause]) -> Refused {
        invalid("", "", causes)
    }

    /// The message about a body that does not say which object it is.
    pub(crate) fn named_by_url(self) -> Refused {
        Refused { message: "name must be provided".into(), ..self }
    }

    pub(crate) fn to_json(&self) -> Value {
        let mut status = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": self.message, "code": self.code,
        });
        if !self.reason.is_empty() {
            status["reason"] = self.reason.clone().into();
        }
        if !self.details.is_null() {
            status["details"] = self.details.clone();
        }
        if let Some(next) = &self.next {
            status["metadata"]["continue"] = next.clone().into();
        }
        status
    }
}

fn invalid(kind: &str, name: &str, causes: &[Cause]) -> Refused {
    let mut texts: Vec<String> = Vec::new();
    for cause in causes {
        let text = format!("{}: {}", cause.field, cause.message);
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    let words = match texts.as_slice() {
        [one] => one.clone(),
        many => format!("[{}]", many.join(", ")),
    };
    let causes: Vec<Value> = causes
        .iter()
        .map(|cause| json!({ "reason": cause.reason, "message": cause.message, "field": cause.field }))
        .collect();
    let mut details = json!({ "causes": causes });
    if !name.is_empty() {
        details["name"] = name.into();
    }
    Refused { details, ..Refused::new(422, "Invalid", format!("{kind} \"{name}\" is invalid: {words}")) }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if self.message == NO_PAGE {
            // Where nothing is served, nobody answers but the router.
            let kind = http::HeaderValue::from_static("text/plain; charset=utf-8");
            return (status, [(http::header::CONTENT_TYPE, kind)], format!("{NO_PAGE}\n")).into_response();
        }
        let mut response = crate::cluster::forms::json_answer(status, &self.to_json());
        if let Some(seconds) = self.details["retryAfterSeconds"].as_i64() {
            response.headers_mut().insert(http::header::RETRY_AFTER, seconds.into());
        }
        response
    }
}
