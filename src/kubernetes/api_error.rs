//! What goes wrong between aksel and a cluster, and how it is told.
//!
//! Invariant: the API server's reason and message stand word for word.
//! Never: an error holds a token or an object that was sent.

use aksel_lang::code::Code;
use aksel_provider::finding::Finding;

/// Why a request did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApiError {
    /// Nobody answered.
    Unreachable {
        /// Where.
        endpoint: String,
        /// Why, from the innermost cause.
        reason: String,
    },
    /// The API server refused.
    Refused {
        /// The HTTP status.
        status: u16,
        /// `AlreadyExists`, `Invalid`, `Forbidden`.
        reason: String,
        /// Its message.
        message: String,
        /// How long it asks to wait before the next attempt, in seconds.
        retry_after: u32,
        /// What was asked: method and path.
        asked: String,
    },
    /// The provider's configuration cannot be used.
    Settings(String),
    /// What was asked for did not come about.
    NotReady {
        /// Of which object.
        what: String,
        /// Why, and what keeps its pods.
        why: String,
    },
    /// What was deleted is still there.
    NotGone {
        /// Which object.
        what: String,
        /// What holds it.
        why: String,
    },
    /// An object that was to be made is there already.
    Exists {
        /// `Deployment`
        kind: String,
        /// The resource type.
        type_name: String,
        /// The id by which it can be imported.
        id: String,
    },
    /// The run was stopped while waiting.
    Stopped(String),
}

impl ApiError {
    /// Whether the object is not there.
    pub fn is_not_found(&self) -> bool {
        matches!(self, ApiError::Refused { status: 404, .. })
    }

    /// Whether the same request may succeed in a moment.
    pub fn is_transient(&self) -> bool {
        match self {
            // A new namespace gets its service account a moment later than its pods want it.
            ApiError::Refused { status: 403, message, .. } => {
                message.contains("error looking up service account")
            }
            ApiError::Refused { status, .. } => matches!(status, 429 | 500 | 502 | 503 | 504),
            ApiError::Unreachable { .. } => true,
            ApiError::Settings(_)
            | ApiError::NotReady { .. }
            | ApiError::NotGone { .. }
            | ApiError::Exists { .. }
            | ApiError::Stopped(_) => false,
        }
    }

    /// As a finding.
    pub fn finding(&self) -> Finding {
        match self {
            ApiError::Unreachable { endpoint, reason } => {
                Finding::error(Code::Unreachable, format!("the cluster at {endpoint} could not be reached"), reason.clone())
                    .help("check that the cluster runs, that its API server may be reached from here, and the provider block's `host` and certificates")
            }
            ApiError::Refused { reason, message, asked, status, .. } => {
                let finding = Finding::error(Code::Cluster, format!("{reason}: {message}"), format!("HTTP {status}\nAsked: {asked}"));
                match advice(reason, message) {
                    Some(advice) => finding.help(advice),
                    None => finding,
                }
            }
            ApiError::Settings(what) => Finding::error(Code::Credentials, "no cluster to talk to", what.clone())
                .help("set `host` with credentials, or `config_path`, in the `kubernetes` provider block, or KUBE_CONFIG_PATH in the environment"),
            ApiError::NotReady { what, why } => {
                Finding::error(Code::Cluster, format!("{what} did not become ready"), why.clone())
                    .help("the object is there and in state; when the cause is gone, run again. More time: a `timeouts` block")
            }
            ApiError::NotGone { what, why } => {
                Finding::error(Code::Cluster, format!("{what} is still there after its deletion"), why.clone())
                    .help("it goes as soon as its finalizers are done; what they wait for is named above. More time: a `timeouts` block")
            }
            ApiError::Exists { kind, type_name, id } => {
                Finding::error(Code::Cluster, format!("{kind} {id} already exists"), "It was not touched: nothing says that it is this resource's object.")
                    .help(format!("`aksel import <address of the {type_name}> {id}` takes it over"))
            }
            ApiError::Stopped(what) => Finding::error(Code::Interrupted, "stopped while waiting", what.clone())
                .help("the object is there; the next run looks at it"),
        }
    }
}

/// What we know of a reason that users meet often.
fn advice(reason: &str, message: &str) -> Option<&'static str> {
    match reason {
        "Forbidden" if message.contains("exceeded quota") => {
            Some("raise the ResourceQuota of the namespace, or ask for less")
        }
        "Forbidden" | "Unauthorized" => {
            Some("the provider's identity needs a role in the cluster that allows this")
        }
        "NotFound" if message.contains("namespaces") => {
            Some("make the namespace first, for example by a reference to its resource")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_the_cluster_stay_as_they_are() {
        let error = ApiError::Refused {
            status: 403,
            reason: "Forbidden".into(),
            message: r#"pods "x" is forbidden: exceeded quota: gpu"#.into(),
            retry_after: 0,
            asked: "PATCH /api/v1/namespaces/a/pods/x".into(),
        };
        let finding = error.finding();
        assert_eq!(finding.summary, r#"Forbidden: pods "x" is forbidden: exceeded quota: gpu"#);
        assert!(finding.help.is_some_and(|help| help.contains("ResourceQuota")));
        assert!(!error.is_transient() && !error.is_not_found());
    }
}
