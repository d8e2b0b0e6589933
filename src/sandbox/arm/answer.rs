//! ARM over HTTP: versions, tokens, methods, headers of what is under way.

use std::collections::HashMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use serde_json::Value as Json;

use crate::arm::path::{Target, target};
use crate::arm::refusal::Refusal;
use crate::arm::requests::{self, Answer, Failure};
use crate::clock;
use crate::faults::Fate;
use crate::hub::Hub;

/// What ARM waits between two looks at an operation, in milliseconds.
const LOOK_AGAIN: u64 = 200;

/// Answers any ARM request.
pub(crate) async fn arm(
    State(hub): State<Arc<Hub>>,
    method: Method,
    uri: Uri,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if !headers.contains_key(http::header::AUTHORIZATION) {
        return Refusal::unauthorised().into_response();
    }
    if let Some(response) = fate(&hub, &method).await {
        return response;
    }
    let answered = answer(&hub, &method, &uri, &query, &body).await;
    let response = match answered {
        Ok(answer) => responded(&hub, &uri, &query, answer),
        Err(Failure::Refused(refusal)) => refusal.into_response(),
        Err(Failure::Broken(error)) => {
            Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError", error.to_string())
                .into_response()
        }
    };
    hub.activity.note(&method, uri.path(), response.status());
    response
}

/// What befalls the request instead of being served.
async fn fate(hub: &Hub, method: &Method) -> Option<Response> {
    let (fate, delay) = hub.dice.draw();
    if !delay.is_zero() {
        clock::sleep(delay).await;
    }
    let refuse =
        |status, code: &str, message: &str| Some(Refusal::new(status, code, message).into_response());
    match fate {
        Fate::Served | Fate::Lost => None,
        Fate::Conflict if *method == Method::GET => None,
        Fate::Conflict => {
            refuse(StatusCode::CONFLICT, "Conflict", "Another operation is in progress on the resource.")
        }
        Fate::Failed => {
            refuse(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError", "An unexpected error occurred.")
        }
        Fate::Unavailable => refuse(StatusCode::SERVICE_UNAVAILABLE, "ServerBusy", "The server is busy."),
        Fate::Throttled => {
            let mut response = Refusal::new(
                StatusCode::TOO_MANY_REQUESTS,
                "TooManyRequests",
                "The request is being throttled as the limit has been reached for operation type.",
            )
            .into_response();
            response.headers_mut().insert(http::header::RETRY_AFTER, HeaderValue::from_static("1"));
            Some(response)
        }
    }
}

async fn answer(
    hub: &Hub,
    method: &Method,
    uri: &Uri,
    query: &HashMap<String, String>,
    body: &Bytes,
) -> Result<Answer, Failure> {
    let path = percent_decoded(uri.path());
    if query.get("api-version").is_none_or(String::is_empty) {
        return Err(Refusal::missing_version().into());
    }
    hub.settle()?;
    if let Some(operation) = operation_of(&path) {
        let body = requests::operation(&hub.world(), operation, clock::now());
        return Ok(Answer { status: StatusCode::OK, body: Some(body), operation: None });
    }
    let Some(target) = target(&path, method) else {
        return Err(Refusal::bad("InvalidRequestUri", format!("The request uri '{path}' is invalid.")).into());
    };
    let with = hub.circumstances();
    let filter =
        query.iter().find(|(name, _)| name.eq_ignore_ascii_case("$filter")).map(|(_, value)| value.as_str());
    match method.as_str() {
        "GET" => requests::read(&hub.world(), &target, filter),
        "HEAD" => requests::read(&hub.world(), &target, filter).map(|_| Answer {
            status: StatusCode::NO_CONTENT,
            body: None,
            operation: None,
        }),
        "PUT" => requests::put(&mut hub.world(), &target, json_of(body)?, with),
        "PATCH" => requests::patch(&mut hub.world(), &target, json_of(body)?, with),
        "DELETE" => requests::delete(&mut hub.world(), &target, with),
        "POST" => ask(hub, &target).await,
        other => Err(Refusal::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "MethodNotAllowed",
            format!("The method {other} is not allowed."),
        )
        .into()),
    }
}

async fn ask(hub: &Hub, target: &Target) -> Result<Answer, Failure> {
    let Some(action) = target.action.as_deref() else {
        return Err(Refusal::bad("InvalidRequestUri", "A POST needs an action.").into());
    };
    if let Some(body) = hub.kubeconfigs(target, action)? {
        return Ok(Answer { status: StatusCode::OK, body: Some(body), operation: None });
    }
    requests::ask(&hub.world(), target, action)
}

fn json_of(body: &Bytes) -> Result<Json, Refusal> {
    serde_json::from_slice(body).map_err(|error| {
        Refusal::bad(
            "InvalidRequestContent",
            format!("The request content was invalid and could not be deserialized: '{error}'."),
        )
    })
}

fn percent_decoded(path: &str) -> String {
    url::form_urlencoded::parse(format!("p={}", path.replace('+', "%2B").replace('&', "%26")).as_bytes())
        .next()
        .map_or_else(|| path.to_owned(), |(_, value)| value.into_owned())
}

fn operation_of(path: &str) -> Option<&str> {
    let mut parts = path.rsplit('/');
    let id = parts.next()?;
    let word = parts.next()?;
    matches!(word, "operationstatuses" | "operationresults").then_some(id)
}

fn responded(hub: &Hub, uri: &Uri, query: &HashMap<String, String>, answer: Answer) -> Response {
    let mut response = match answer.body {
        Some(body) => (answer.status, axum::Json(body)).into_response(),
        None => answer.status.into_response(),
    };
    if let Some((operation, kind)) = answer.operation {
        let namespace = kind.split('/').next().unwrap_or_default();
        let subscription = crate::arm::path::after(uri.path(), "subscriptions").unwrap_or_default();
        let version = query.get("api-version").map(String::as_str).unwrap_or_default();
        let address = format!(
            "{}/subscriptions/{subscription}/providers/{namespace}/locations/sandbox/operationstatuses/{operation}?api-version={version}",
            hub.endpoint
        );
        let headers = response.headers_mut();
        if let Ok(address) = HeaderValue::from_str(&address) {
            headers.insert("azure-asyncoperation", address.clone());
            if answer.status == StatusCode::ACCEPTED {
                headers.insert(http::header::LOCATION, address);
            }
        }
        headers.insert("retry-after-ms", HeaderValue::from(LOOK_AGAIN));
        headers.insert(http::header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}
