//! The ARM client: sends a request until there is an answer, and waits for long-running operations.
//!
//! Invariant: a token goes only to the host that the cloud's metadata names.
//! Invariant: a pause is as long as ARM asks for, at most five minutes, and ends when the run is stopped.
//! Never: a request that has left is dropped; only waiting is.

use std::sync::Arc;
use std::time::Duration;

use aksel_provider::provider::Progress;
use aksel_provider::stop::{Stop, Urgency};
use aksel_provider::world::World;
use serde_json::Value as Json;

use crate::arm_error::ArmError;
use crate::credentials::Tokens;
use crate::operation::{Next, Watch, begun, looked, words};
use crate::settings::Settings;
use crate::wire::{Wire, unreachable};

/// The longest pause that ARM may ask for.
const PAUSE_MAX: Duration = Duration::from_secs(300);

/// The longest pause before a change is tried again that another operation is in the way of.
const BUSY_PAUSE_MAX: Duration = Duration::from_secs(15);

/// How often a request is sent at most.
const ATTEMPTS_MAX: u32 = 8;

/// What a request does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Makes or replaces.
    Put,
    /// Changes a part.
    Patch,
    /// Asks for an action.
    Post,
    /// Deletes.
    Delete,
}

impl Method {
    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Put => "PUT",
            Method::Patch => "PATCH",
            Method::Post => "POST",
            Method::Delete => "DELETE",
        }
    }
}

/// A request to the endpoint of a storage account.
#[derive(Clone, Debug)]
pub struct BlobRequest<'a> {
    /// `PUT`, `HEAD`, `DELETE`.
    pub method: &'static str,
    /// Which part of the blob, as the parameter `comp` says; empty for the blob itself.
    pub part: &'static str,
    /// Headers.
    pub headers: Vec<(String, String)>,
    /// What is sent.
    pub content: &'a [u8],
}

impl BlobRequest<'_> {
    /// A request without headers and content.
    pub fn new(method: &'static str, part: &'static str) -> BlobRequest<'static> {
        BlobRequest { method, part, headers: Vec::new(), content: &[] }
    }
}

/// What a storage account answers: headers, with names in small letters.
#[derive(Clone, Debug)]
pub struct BlobAnswer {
    /// The headers.
    pub headers: std::collections::BTreeMap<String, String>,
}

/// A request to ARM.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// What it does.
    pub method: Method,
    /// The id of what it is about, and further query parameters behind `?`.
    pub path: String,
    /// The version of the API.
    pub api: String,
    /// The body; null for none.
    pub body: Json,
}

impl Request {
    /// A request without a body.
    pub fn plain(method: Method, path: impl Into<String>, api: &str) -> Request {
        Request { method, path: path.into(), api: api.to_owned(), body: Json::Null }
    }

    /// Method and path, for messages.
    pub fn asked(&self) -> String {
        format!("{} {}", self.method.as_str(), self.path)
    }
}

/// What ARM answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body; null for none.
    pub body: Json,
    /// `Azure-AsyncOperation`
    pub operation: Option<String>,
    /// `Location`
    pub location: Option<String>,
    /// `Retry-After`
    pub retry_after: Option<Duration>,
}

/// A client for one cloud with one identity.
pub struct ArmClient {
    wire: Wire,
    endpoint: String,
    tokens: Tokens,
    world: Arc<dyn World>,
}

/// Where things are in a cloud.
struct Cloud {
    login: String,
    arm: String,
    audience: String,
}

impl ArmClient {
    /// A client for the cloud and the identity of the settings. Asks the metadata host, if there is one, where things are.
    ///
    /// # Errors
    /// When the metadata host cannot be reached or there are no credentials.
    pub async fn open(settings: &Settings, world: Arc<dyn World>) -> Result<ArmClient, ArmError> {
        let wire = Wire::new(settings.authorities.as_deref()).map_err(|reason| ArmError::Unreachable {
            endpoint: "the certificate authorities".into(),
            reason,
        })?;
        let cloud = match &settings.metadata_host {
            None => Cloud {
                login: "https://login.microsoftonline.com".into(),
                arm: "https://management.azure.com".into(),
                audience: "https://management.azure.com".into(),
            },
            Some(host) => {
                world.request_leaves();
                discover(&wire, host).await?
            }
        };
        let tokens = Tokens::choose(settings, &cloud.login, &cloud.audience, Arc::clone(&world))
            .map_err(ArmError::Credentials)?;
        Ok(ArmClient { wire, endpoint: cloud.arm.trim_end_matches('/').to_owned(), tokens, world })
    }

    /// The time.
    pub fn now(&self) -> jiff::Timestamp {
        self.world.now()
    }

    /// The token's claims, which say who signs in.
    ///
    /// # Errors
    /// When there is no token.
    pub async fn claims(&self) -> Result<Json, ArmError> {
        use base64::Engine as _;
        let token = self.tokens.token(&self.wire).await.map_err(ArmError::Credentials)?;
        let part = token.0.split('.').nth(1).unwrap_or_default().trim_end_matches('=').to_owned();
        let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).unwrap_or_default();
        Ok(serde_json::from_slice(&bytes).unwrap_or(Json::Null))
    }

    /// Sends a request until there is an answer that says something; a refusal is an error.
    ///
    /// # Errors
    /// When ARM refuses or nobody answers.
    pub async fn send(&self, request: &Request, stop: &Stop) -> Result<Answer, ArmError> {
        let by = if request.path.contains('?') { '&' } else { '?' };
        let address =
            format!("{}{}{by}api-version={}", self.endpoint, request.path.replace(' ', "%20"), request.api);
        let mut attempt = 0;
        loop {
            attempt += 1;
            let pause = match self.once(request, &address).await {
                Ok(answer) if answer.status < 400 => return Ok(answer),
                Ok(answer) => match pause_before_retry(request, &answer, attempt) {
                    Some(pause) => pause,
                    None => return Err(ArmError::refused(answer.status, &answer.body, &request.asked())),
                },
                Err(error @ ArmError::Unreachable { .. })
                    if attempt >= 3 || request.method == Method::Post =>
                {
                    return Err(error);
                }
                Err(ArmError::Unreachable { .. }) => Duration::from_millis(500) * attempt,
                Err(error) => return Err(error),
            };
            self.pause(pause, stop, &request.asked()).await?;
        }
    }

    async fn once(&self, request: &Request, address: &str) -> Result<Answer, ArmError> {
        let token = self.tokens.token(&self.wire).await.map_err(ArmError::Credentials)?;
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Put => reqwest::Method::PUT,
            Method::Patch => reqwest::Method::PATCH,
            Method::Post => reqwest::Method::POST,
            Method::Delete => reqwest::Method::DELETE,
        };
        self.world.request_leaves();
        let mut sent = self.wire.0.request(method, address).bearer_auth(&token.0);
        if !request.body.is_null() {
            sent = sent.header("Content-Type", "application/json").body(request.body.to_string());
        } else if request.method == Method::Post {
            sent = sent.header("Content-Length", "0");
        }
        let answer = sent.send().await.map_err(|error| unreachable(address, &error))?;
        let header =
            |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let (operation, location) = (header("azure-asyncoperation"), header("location"));
        let retry_after =
            header("retry-after").and_then(|text| text.trim().parse().ok()).map(Duration::from_secs);
        let status = answer.status().as_u16();
        let bytes = answer.bytes().await.map_err(|error| unreachable(address, &error))?;
        let body = serde_json::from_slice(&bytes).unwrap_or(Json::Null);
        Ok(Answer { status, body, operation, location, retry_after })
    }

    /// The moment in an hour, as ARM writes it.
    pub fn in_an_hour(&self) -> String {
        let then = self.world.now() + jiff::SignedDuration::from_hours(1);
        then.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    }

    /// Asks a storage account at its own endpoint, with a signature instead of a token.
    ///
    /// # Errors
    /// When the account refuses or nobody answers; the signature is in neither.
    pub async fn blob(
        &self,
        address: &str,
        signature: &str,
        request: BlobRequest<'_>,
    ) -> Result<BlobAnswer, ArmError> {
        let method = match request.method {
            "PUT" => reqwest::Method::PUT,
            "DELETE" => reqwest::Method::DELETE,
            _ => reqwest::Method::HEAD,
        };
        let part = if request.part.is_empty() { String::new() } else { format!("comp={}&", request.part) };
        let whole = format!("{}?{part}{signature}", address.replace(' ', "%20"));
        let mut sent = self.wire.0.request(method.clone(), whole).header("x-ms-version", "2023-11-03");
        for (name, value) in &request.headers {
            sent = sent.header(name, value);
        }
        if method == reqwest::Method::PUT {
            sent = sent.header("Content-Length", request.content.len()).body(request.content.to_vec());
        }
        let answer = sent.send().await.map_err(|error| unreachable(address, &error))?;
        let pair = |(name, value): (&reqwest::header::HeaderName, &reqwest::header::HeaderValue)| {
            Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
        };
        let headers: std::collections::BTreeMap<String, String> =
            answer.headers().iter().filter_map(pair).collect();
        let status = answer.status().as_u16();
        if status < 400 {
            return Ok(BlobAnswer { headers });
        }
        let code = headers.get("x-ms-error-code").cloned().unwrap_or_else(|| format!("HTTP {status}"));
        let body = serde_json::json!({ "error": { "code": code, "message": "the storage account refused" } });
        Err(ArmError::refused(status, &body, &format!("{} {address}", request.method)))
    }

    async fn pause(&self, pause: Duration, stop: &Stop, what: &str) -> Result<(), ArmError> {
        tokio::select! {
            () = self.world.pause(pause.min(PAUSE_MAX)) => Ok(()),
            () = stop.reached(Urgency::Now) => Err(ArmError::Stopped(what.to_owned())),
        }
    }

    /// Sends a change and waits until it is done.
    ///
    /// # Errors
    /// When ARM refuses, the operation fails, takes longer than `minutes`, or the run is stopped.
    pub async fn carry_out(
        &self,
        request: &Request,
        minutes: u32,
        progress: &dyn Progress,
        stop: &Stop,
    ) -> Result<Answer, ArmError> {
        let asked = request.asked();
        let limit = self.world.now() + jiff::SignedDuration::from_mins(i64::from(minutes));
        let answer = self.in_turn(request, limit, progress, stop).await?;
        let mut next = begun(&answer, &asked);
        let mut last = answer;
        loop {
            let (watch, pause) = match next {
                Next::Done => return Ok(last),
                Next::Failed(error) => return Err(error),
                Next::Again(watch, pause) => (watch, pause),
            };
            if self.world.now() > limit {
                return Err(ArmError::TimedOut(format!("{asked}: not done after {minutes} minutes")));
            }
            self.pause(pause, stop, &asked).await?;
            last = match self.look(&watch, request, stop).await {
                Ok(answer) => answer,
                Err(error) if error.is_not_found() && request.method == Method::Delete => return Ok(last),
                Err(error) => return Err(error),
            };
            progress.says(&words(&last.body));
            next = looked(watch, &last, &asked);
        }
    }

    /// Sends a change, and again as long as another operation on the same object goes on: one that an earlier run began and
    /// could not wait for, or somebody else's.
    async fn in_turn(
        &self,
        request: &Request,
        limit: jiff::Timestamp,
        progress: &dyn Progress,
        stop: &Stop,
    ) -> Result<Answer, ArmError> {
        let mut pause = Duration::from_millis(500);
        loop {
            match self.send(request, stop).await {
                Err(error) if error.is_busy() && self.world.now() < limit => {
                    progress.says("waiting for another operation on the same object to finish");
                    self.pause(pause, stop, &request.asked()).await?;
                    pause = (pause * 2).min(BUSY_PAUSE_MAX);
                }
                done => return done,
            }
        }
    }

    /// Reads an object once nothing is being done to it any more; `None` if there is none.
    ///
    /// # Errors
    /// When ARM refuses, nobody answers, it takes longer than `minutes`, or the run is stopped.
    pub async fn at_rest(
        &self,
        path: &str,
        api: &str,
        minutes: u32,
        stop: &Stop,
    ) -> Result<Option<Json>, ArmError> {
        let limit = self.world.now() + jiff::SignedDuration::from_mins(i64::from(minutes));
        let request = Request::plain(Method::Get, path, api);
        let mut pause = Duration::from_millis(500);
        loop {
            let body = match self.send(&request, stop).await {
                Ok(answer) => answer.body,
                Err(error) if error.is_not_found() => return Ok(None),
                Err(error) => return Err(error),
            };
            let state = body["properties"]["provisioningState"].as_str().unwrap_or("Succeeded");
            if matches!(state, "Succeeded" | "Failed" | "Canceled") {
                return Ok(Some(body));
            }
            if self.world.now() > limit {
                return Err(ArmError::TimedOut(format!("{path}: still {state} after {minutes} minutes")));
            }
            self.pause(pause, stop, &request.asked()).await?;
            pause = (pause * 2).min(BUSY_PAUSE_MAX);
        }
    }

    async fn look(&self, watch: &Watch, request: &Request, stop: &Stop) -> Result<Answer, ArmError> {
        let address = match watch {
            Watch::Operation(address) | Watch::Location(address) => address,
            Watch::Resource => {
                return self.send(&Request::plain(Method::Get, &request.path, &request.api), stop).await;
            }
        };
        self.follow(address, stop).await
    }

    /// Looks at an address that ARM gave. It must be at ARM's own host, since the token goes there.
    async fn follow(&self, address: &str, stop: &Stop) -> Result<Answer, ArmError> {
        let origin = |text: &str| url::Url::parse(text).ok().map(|url| url.origin());
        if origin(address) != origin(&self.endpoint) {
            let body = serde_json::json!({"error": {"code": "UntrustedAddress", "message": "ARM named an address at another host; the token is not sent there."}});
            return Err(ArmError::refused(0, &body, address));
        }
        let request = Request::plain(Method::Get, address, "");
        let mut attempt = 0;
        loop {
            attempt += 1;
            let answer = self.once(&request, address).await;
            match answer {
                Ok(answer) if answer.status < 400 => return Ok(answer),
                Ok(answer) => match pause_before_retry(&request, &answer, attempt) {
                    Some(pause) => self.pause(pause, stop, address).await?,
                    None => return Err(ArmError::refused(answer.status, &answer.body, &request.asked())),
                },
                Err(error) if attempt >= ATTEMPTS_MAX => return Err(error),
                Err(_) => self.pause(Duration::from_secs(1), stop, address).await?,
            }
        }
    }
}

/// How long to wait before the request is sent again; `None` where the answer is final.
fn pause_before_retry(request: &Request, answer: &Answer, attempt: u32) -> Option<Duration> {
    if attempt >= ATTEMPTS_MAX {
        return None;
    }
    let own = Duration::from_millis(500) * 2_u32.pow(attempt.min(6));
    let asked = answer.retry_after.unwrap_or(own);
    match answer.status {
        429 | 503 => (asked <= PAUSE_MAX).then_some(asked),
        408 | 500 | 502 | 504 if request.method != Method::Post => Some(own),
        _ => None,
    }
}

async fn discover(wire: &Wire, host: &str) -> Result<Cloud, ArmError> {
    let address = format!("https://{host}/metadata/endpoints?api-version=2022-09-01");
    let (status, body) = wire.get(&address, &[]).await?;
    if status != 200 {
        return Err(ArmError::refused(status, &body, &format!("GET {address}")));
    }
    let cloud = if body.is_array() { &body[0] } else { &body };
    let text = |json: &Json| json.as_str().map(str::to_owned);
    let arm = text(&cloud["resourceManager"]);
    let login = text(&cloud["authentication"]["loginEndpoint"]);
    let audience = text(&cloud["authentication"]["audiences"][0]).or_else(|| arm.clone());
    match (arm, login, audience) {
        (Some(arm), Some(login), Some(audience)) => Ok(Cloud { login, arm, audience }),
        _ => Err(ArmError::refused(
            status,
            &Json::Null,
            &format!("GET {address}: the answer names no endpoints"),
        )),
    }
}
