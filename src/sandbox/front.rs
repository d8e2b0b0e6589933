//! The front: one listener for everything but the clusters, and who answers which path.
//!
//! Invariant: a fault is drawn before a request takes effect; what was refused has had none.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request as Incoming, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use serde_json::{Map, Value, json};

use crate::activity::Exchange;
use crate::arm::{self, CLIENT, Reply, SUBSCRIPTION, TENANT};
use crate::clock;
use crate::entra::{self, Asked};
use crate::faults::Fate;
use crate::hub::Hub;
use crate::tls::LostAnswer;
use crate::{SandboxError, blob, registry};

/// The largest body that is read. Blobs may be written in one piece.
const BODY_MAX: usize = 512 * 1024 * 1024;

/// The environment in which clients reach the sandbox at `endpoint`.
pub(crate) fn environment(endpoint: &str, authority: &Path) -> Vec<(&'static str, String)> {
    let host = endpoint.trim_start_matches("https://").to_owned();
    let authority = authority.display().to_string();
    let mut all: Vec<(&'static str, String)> = [
        ("ARM_METADATA_HOSTNAME", host.as_str()),
        ("ARM_METADATA_HOST", host.as_str()),
        ("ARM_TENANT_ID", TENANT),
        ("ARM_SUBSCRIPTION_ID", SUBSCRIPTION),
        ("ARM_CLIENT_ID", CLIENT),
        ("ARM_CLIENT_SECRET", "sandbox"),
        ("ARM_RESOURCE_PROVIDER_REGISTRATIONS", "none"),
        ("AZURE_TENANT_ID", TENANT),
        ("AZURE_SUBSCRIPTION_ID", SUBSCRIPTION),
        ("AZURE_CLIENT_ID", CLIENT),
        ("AZURE_CLIENT_SECRET", "sandbox"),
        ("AZURE_AUTHORITY_HOST", endpoint),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .into();
    for name in ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"] {
        all.push((name, authority.clone()));
    }
    all
}

/// Everything but the clusters.
pub(crate) fn router(hub: Arc<Hub>) -> Router {
    Router::new().fallback(serve).with_state(hub)
}

/// A request, read.
pub(crate) struct Asking {
    pub(crate) method: Method,
    /// Decoded, without the slash at its beginning.
    pub(crate) path: String,
    /// Names as they were written.
    pub(crate) query: BTreeMap<String, String>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Asking {
    /// A header as text; empty where there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
    }

    fn host(&self) -> &str {
        self.header("host")
    }
}

async fn serve(State(hub): State<Arc<Hub>>, incoming: Incoming) -> Response {
    let (parts, body) = incoming.into_parts();
    let Ok(body) = axum::body::to_bytes(body, BODY_MAX).await else {
        return plain(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large or broke off");
    };
    let asking = Asking {
        method: parts.method,
        path: decoded(parts.uri.path().trim_start_matches('/')),
        query: pairs(parts.uri.query().unwrap_or("").as_bytes()),
        headers: parts.headers,
        body,
    };
    let response = answered(&hub, &asking).await.unwrap_or_else(|error| failed(&error));
    let status = response.status().as_u16();
    let exchange = Exchange { method: asking.method.to_string(), path: format!("/{}", asking.path), status };
    hub.activity.note(exchange);
    match hub.log.as_ref().map_or(Ok(()), |log| log.append(&asking, status)) {
        Ok(()) => response,
        Err(error) => failed(&error),
    }
}

/// Percent-decodes a path.
fn decoded(path: &str) -> String {
    let bytes = path.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let digits = path.get(at + 1..at + 3).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (bytes[at], digits) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 3;
            }
            (byte, _) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn pairs(text: &[u8]) -> BTreeMap<String, String> {
    url::form_urlencoded::parse(text).map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

async fn answered(hub: &Hub, asking: &Asking) -> Result<Response, SandboxError> {
    let host = asking.host().to_owned();
    let base = format!(
        "https://{}",
        if host.is_empty() { hub.place.endpoint.trim_start_matches("https://") } else { &host }
    );
    let parts: Vec<&str> = asking.path.split('/').filter(|part| !part.is_empty()).collect();
    let form = match asking.header("content-type").starts_with("application/x-www-form-urlencoded") {
        true => pairs(&asking.body),
        false => BTreeMap::new(),
    };
    let asked = Asked { base: &base, path: &parts, query: &asking.query, form: &form, now: clock::now() };
    if let Some((status, body)) = entra::answer(&asked) {
        return Ok(json_response(status, &body));
    }
    let first = parts.first().map(|part| part.to_lowercase()).unwrap_or_default();
    match first.as_str() {
        "" => Ok(plain(
            StatusCode::OK,
            "This is a sandbox of Azure. Its ARM is here, its clusters have ports of their own.\n",
        )),
        "subscriptions" | "providers" | "tenants" => management(hub, asking).await,
        "v2" | "oauth2" => registry::answer(hub, asking, &parts),
        _ => match blob::answer(hub, asking, &host)? {
            Some(response) => Ok(response),
            None => Ok(to_response(Reply::body(
                404,
                json!({"error": {"code": "InvalidResourcePath", "message": format!("Nothing is at '/{}'.", asking.path)}}),
            ))),
        },
    }
}

/// ARM: the token, the faults, then the request itself.
async fn management(hub: &Hub, asking: &Asking) -> Result<Response, SandboxError> {
    if !asking.header("authorization").to_lowercase().starts_with("bearer ") {
        let message = "Authentication failed. The 'Authorization' header is missing.";
        let mut response = to_response(error_reply(401, "AuthenticationFailed", message));
        let challenge =
            format!("Bearer authorization_uri=\"{}/{TENANT}\", error=\"invalid_token\"", hub.place.endpoint);
        if let Ok(challenge) = HeaderValue::from_str(&challenge) {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        return Ok(response);
    }
    let (fate, delay) = hub.dice.draw();
    clock::sleep(delay).await;
    if let Some(refused) = refusal(fate, &asking.method) {
        return Ok(to_response(refused));
    }
    let body = match body_of(asking) {
        Ok(body) => body,
        Err(message) => return Ok(to_response(error_reply(400, "InvalidRequestContent", &message))),
    };
    let condition = |name: &str| Some(asking.header(name).to_owned()).filter(|value| !value.is_empty());
    let request = arm::Request {
        method: asking.method.clone(),
        path: format!("/{}", asking.path.trim_end_matches('/')),
        query: asking.query.iter().map(|(name, value)| (cased(name), value.clone())).collect(),
        if_match: condition("if-match"),
        if_none_match: condition("if-none-match"),
        body,
    };
    let mut response = to_response(hub.arm(&request).await?);
    let id = asking.header("x-ms-client-request-id").to_owned();
    for (name, value) in [
        ("x-ms-request-id", uuid::Uuid::new_v4().to_string()),
        ("x-ms-correlation-request-id", if id.is_empty() { uuid::Uuid::new_v4().to_string() } else { id }),
        ("x-ms-ratelimit-remaining-subscription-reads", "249".to_owned()),
    ] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    if fate == Fate::Lost {
        response.extensions_mut().insert(LostAnswer);
    }
    Ok(response)
}

/// Names of query parameters do not depend on case; those with `$` are written as ARM does.
fn cased(name: &str) -> String {
    name.to_lowercase()
}

fn body_of(asking: &Asking) -> Result<Map<String, Value>, String> {
    if asking.body.is_empty() {
        return Ok(Map::new());
    }
    match serde_json::from_slice(&asking.body) {
        Ok(Value::Object(body)) => Ok(body),
        Ok(Value::Null) => Ok(Map::new()),
        Ok(_) => {
            Err("The request content was invalid and could not be deserialized: it is not an object."
                .to_owned())
        }
        Err(error) => {
            Err(format!("The request content was invalid and could not be deserialized: '{error}'."))
        }
    }
}

fn error_reply(status: u16, code: &str, message: &str) -> Reply {
    Reply::body(status, json!({"error": {"code": code, "message": message}}))
}

/// What a fault answers in place of the service.
fn refusal(fate: Fate, method: &Method) -> Option<Reply> {
    Some(match fate {
        Fate::Served | Fate::Lost => return None,
        Fate::Throttled => {
            let message = "The request is being throttled as the limit has been reached for operation type - Read_ObservationWindow_00:05:00. For more information, see - https://aka.ms/srpthrottlinglimits";
            error_reply(429, "TooManyRequests", message)
                .header("retry-after", "1")
                .header("x-ms-retry-after-ms", "50")
        }
        Fate::Failed => {
            error_reply(500, "InternalServerError", "The server encountered an error processing the request.")
        }
        Fate::Unavailable => error_reply(503, "ServerTimeout", "The request timed out. Please try again.")
            .header("retry-after", "0"),
        Fate::Conflict if method.is_safe() => return None,
        Fate::Conflict => error_reply(
            409,
            "OperationNotAllowed",
            "Operation is not allowed: Another operation (Updating) is in progress, please wait for it to finish before starting a new operation. See https://aka.ms/aks-pending-operation for more details",
        ),
    })
}

fn failed(error: &SandboxError) -> Response {
    to_response(error_reply(500, "InternalServerError", &format!("The sandbox failed: {error}.")))
}

fn to_response(reply: Reply) -> Response {
    let mut response = match &reply.body {
        Some(body) => json_response(reply.status, body),
        None => empty(reply.status),
    };
    for (name, value) in reply.headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    response
}

fn json_response(status: u16, body: &Value) -> Response {
    let mut response = empty(status);
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    *response.body_mut() = Body::from(body.to_string());
    response
}

/// An answer without a body.
pub(crate) fn empty(status: u16) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response
}

fn plain(status: StatusCode, text: &'static str) -> Response {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response
}
