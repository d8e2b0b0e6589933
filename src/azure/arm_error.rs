//! What goes wrong at the wire, and how it is told.
//!
//! Invariant: ARM's code and message stand word for word.
//! Never: an error holds a token or a body that was sent.

use aksel_lang::code::Code;
use aksel_provider::finding::Finding;
use serde_json::Value as Json;

/// Why a request did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArmError {
    /// Nobody answered.
    Unreachable {
        /// Where.
        endpoint: String,
        /// Why, from the innermost cause.
        reason: String,
    },
    /// ARM refused.
    Refused {
        /// The HTTP status; 0 for an operation that failed later.
        status: u16,
        /// ARM's code.
        code: String,
        /// ARM's message.
        message: String,
        /// What was asked: method and path.
        asked: String,
    },
    /// There is no token.
    Credentials(String),
    /// It took longer than allowed.
    TimedOut(String),
    /// The run was stopped while waiting; the operation goes on in Azure.
    Stopped(String),
}

impl ArmError {
    /// What an answer's body says.
    pub fn refused(status: u16, body: &Json, asked: &str) -> ArmError {
        let error = body.get("error").unwrap_or(body);
        let text = |name: &str| error.get(name).and_then(Json::as_str).unwrap_or_default().to_owned();
        let mut message = text("message");
        for detail in error["details"].as_array().into_iter().flatten() {
            if let Some(more) = detail["message"].as_str().filter(|more| !message.contains(*more)) {
                message = format!("{message}\n{more}");
            }
        }
        let code = match text("code") {
            code if code.is_empty() => format!("HTTP {status}"),
            code => code,
        };
        ArmError::Refused { status, code, message, asked: asked.to_owned() }
    }

    /// Whether the object is not there.
    pub fn is_not_found(&self) -> bool {
        matches!(self, ArmError::Refused { status: 404, .. })
    }

    /// Whether another operation on the same object is in the way, so that the same request succeeds later.
    ///
    /// `OperationNotAllowed` is also said where a quota is used up; only its words tell the two apart.
    pub fn is_busy(&self) -> bool {
        let ArmError::Refused { status: 409, code, message, .. } = self else { return false };
        match &**code {
            "AnotherOperationInProgress"
            | "RetryableError"
            | "OperationPreempted"
            | "StorageAccountOperationInProgress"
            | "ConcurrentUpdateError"
            | "OperationInProgress" => true,
            "OperationNotAllowed" | "Conflict" => {
                message.contains("in progress") || message.contains("aks-pending-operation")
            }
            _ => false,
        }
    }

    /// As a finding.
    pub fn finding(&self) -> Finding {
        match self {
            ArmError::Unreachable { endpoint, reason } => {
                Finding::error(Code::Unreachable, format!("{endpoint} could not be reached"), reason.clone())
                    .help("check the network, a proxy and the certificate authorities (`SSL_CERT_FILE`), then run again")
            }
            ArmError::Refused { code, message, asked, .. } => {
                let (first, rest) = first_line(message);
                let finding = Finding::error(Code::Arm, format!("{code}: {first}"), format!("{rest}Asked: {asked}"));
                match advice(code) {
                    Some(advice) => finding.help(advice),
                    None => finding,
                }
            }
            ArmError::Credentials(tried) => Finding::error(Code::Credentials, "no credentials for Azure", tried.clone()).help(
                "set `ARM_CLIENT_ID`, `ARM_CLIENT_SECRET` and `ARM_TENANT_ID`, or `ARM_USE_OIDC` or `ARM_USE_MSI`, or run `az login`",
            ),
            ArmError::TimedOut(what) => Finding::error(Code::Arm, "Azure took longer than allowed", what.clone())
                .help("the operation goes on in Azure; run again, or allow more in a `timeouts` block"),
            ArmError::Stopped(what) => {
                Finding::error(Code::Interrupted, "stopped while waiting", what.clone()).help("the operation goes on in Azure; the next run finds the object")
            }
        }
    }
}

/// The first line, and the others as they are to stand before more.
fn first_line(text: &str) -> (&str, String) {
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    (first, if rest.is_empty() { String::new() } else { format!("{rest}\n") })
}

/// What we know of a code that users meet often.
fn advice(code: &str) -> Option<&'static str> {
    match code {
        "QuotaExceeded" | "ErrCode_InsufficientVCPUQuota" | "InsufficientVCPUQuota" => Some(
            "ask for a higher quota of this family of machines in this region, or choose another size or region",
        ),
        "SkuNotAvailable" | "AllocationFailed" | "ZonalAllocationFailed" => {
            Some("the region has none of these machines at the moment: choose another size, zone or region")
        }
        "AuthorizationFailed" | "LinkedAuthorizationFailed" => {
            Some("the identity that signs in needs a role with this action on this scope")
        }
        "RoleAssignmentExists" => {
            Some("the principal has this role on this scope already: import that assignment or remove it")
        }
        "MissingSubscriptionRegistration" => {
            Some("register the resource provider once: `az provider register --namespace <namespace>`")
        }
        "ScopeLocked" => Some("a management lock protects the object: remove the lock first"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_arm_stay_as_they_are() {
        let body = serde_json::json!({"error": {"code": "QuotaExceeded", "message": "Needs \"24\" cores.\nLimit 0."}});
        let finding = ArmError::refused(409, &body, "PUT /x").finding();
        assert_eq!(finding.summary, "QuotaExceeded: Needs \"24\" cores.");
        assert_eq!(finding.detail, "Limit 0.\nAsked: PUT /x");
        assert!(finding.help.is_some());
    }

    #[test]
    fn a_quota_that_is_used_up_is_not_waited_for() {
        let refused = |message: &str| {
            let body = serde_json::json!({"error": {"code": "OperationNotAllowed", "message": message}});
            ArmError::refused(409, &body, "PUT /x")
        };
        assert!(refused("Another operation (a - Creating) is in progress").is_busy());
        assert!(!refused("exceeding approved standardNCADSA100v4Family Cores quota").is_busy());
    }
}
