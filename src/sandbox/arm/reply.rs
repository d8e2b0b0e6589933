//! What ARM answers: bodies and errors in its own words.

use serde_json::{Value, json};

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Option<Value>,
    /// The key of the object whose state after the request is the body.
    pub(crate) shows: Option<String>,
}

impl Reply {
    pub(crate) fn body(status: u16, body: Value) -> Self {
        Self { status, headers: Vec::new(), body: Some(body), shows: None }
    }

    pub(crate) fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: None, shows: None }
    }

    /// The object with this id as it is after the request.
    pub(crate) fn of(status: u16, id: &str) -> Self {
        Self { shows: Some(id.to_lowercase()), ..Self::empty(status) }
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// A request that ARM does not carry out: status, code and message.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Refusal {
    status: u16,
    code: String,
    message: String,
    target: Option<String>,
}

impl Refusal {
    pub(crate) fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self { status, code: code.to_owned(), message: message.into(), target: None }
    }

    /// Names the part of the body that is wrong.
    pub(crate) fn at(mut self, target: &str) -> Self {
        self.target = Some(target.to_owned());
        self
    }

    pub(crate) fn invalid_path(path: &str) -> Self {
        Self::new(404, "InvalidResourcePath", format!("The resource path '{path}' is not valid."))
    }

    pub(crate) fn group_missing(name: &str) -> Self {
        Self::new(404, "ResourceGroupNotFound", format!("Resource group '{name}' could not be found."))
    }

    pub(crate) fn method(method: &http::Method) -> Self {
        let message = format!("The requested resource does not support http method '{method}'.");
        Self::new(405, "HttpMethodNotAllowed", message)
    }

    pub(crate) fn precondition() -> Self {
        let message =
            "The operation is not allowed because the ETag in the request does not match the current one.";
        Self::new(412, "PreconditionFailed", message)
    }

    pub(crate) fn reply(self) -> Reply {
        let mut error = json!({"code": self.code, "message": self.message});
        if let Some(target) = self.target {
            error["target"] = Value::from(target);
        }
        Reply::body(self.status, json!({"error": error}))
    }
}
