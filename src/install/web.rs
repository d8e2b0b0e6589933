//! Requests over https.
//!
//! Invariant: a credential goes to the host that it is for, over https (or to this machine), and not where that host redirects to.
//! Invariant: what is downloaded has a bounded size, and every wait has a limit.

use std::fs::File;
use std::io::{Seek as _, Write as _};
use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap, LOCATION, WWW_AUTHENTICATE};
use reqwest::{Client, Response, StatusCode};
use tokio::runtime::Runtime;
use url::Url;

use crate::fetch_error::{FetchError, without_password};
use crate::sheltered::BYTES_MAX;

/// How often a request is redirected.
const REDIRECTS_MAX: usize = 10;

/// How large an answer may be that is read into memory.
const TEXT_MAX: u64 = 16 << 20;

/// Who makes requests. Calls wait for their answer: modules are fetched one after the other.
pub(crate) struct Web {
    client: Client,
    runtime: Runtime,
}

/// What is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) url: Url,
    /// What `Authorization` says to the host of the address.
    pub(crate) authorization: Option<String>,
    /// Which forms of answer are understood.
    pub(crate) accept: Option<&'static str>,
}

impl Request {
    /// A request that says nothing of who makes it.
    pub(crate) fn to(url: Url) -> Request {
        Request { url, authorization: None, accept: None }
    }

    /// A request with a token, if there is one.
    pub(crate) fn with_token(url: Url, token: Option<&str>) -> Request {
        Request { authorization: token.map(|token| format!("Bearer {token}")), ..Request::to(url) }
    }
}

/// An answer that was read into memory.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) text: String,
    /// What `X-Terraform-Get` says.
    pub(crate) module: Option<String>,
    /// What `WWW-Authenticate` says.
    pub(crate) challenge: Option<String>,
    /// Where the answer came from, after redirects.
    pub(crate) url: Url,
}

impl Web {
    /// Someone who makes requests.
    pub(crate) fn new() -> Result<Web, FetchError> {
        let failed =
            |error: &dyn std::fmt::Display| FetchError::new(format!("requests cannot be made: {error}"));
        // Twice is no error: the first one stays.
        let _installed = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_secs(20))
            .read_timeout(Duration::from_secs(60))
            .user_agent(concat!("aksel/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| failed(&innermost(&error)))?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        Ok(Web { client, runtime: runtime.map_err(|error| failed(&error))? })
    }

    /// Asks for something small.
    pub(crate) fn ask(&self, request: &Request) -> Result<Answer, FetchError> {
        self.runtime.block_on(async {
            let (response, url) = self.send(request).await?;
            let header = |name: &str| text_of(response.headers(), name);
            let (module, challenge) = (header("x-terraform-get"), header(WWW_AUTHENTICATE.as_str()));
            let status = response.status();
            let mut bytes = Vec::new();
            read(response, TEXT_MAX, &mut |chunk| {
                bytes.extend_from_slice(chunk);
                Ok(())
            })
            .await
            .map_err(|error| about(&url, error))?;
            let text = String::from_utf8_lossy(&bytes).into_owned();
            Ok(Answer { status, text, module, challenge, url })
        })
    }

    /// Downloads a file. `sees` is shown every part of it.
    pub(crate) fn download(
        &self,
        request: &Request,
        sees: &mut dyn FnMut(&[u8]),
    ) -> Result<File, FetchError> {
        self.runtime.block_on(async {
            let (response, url) = self.send(request).await?;
            if !response.status().is_success() {
                return Err(refused(&url, response.status()));
            }
            let mut file = tempfile::tempfile().map_err(FetchError::io("a temporary file"))?;
            read(response, BYTES_MAX, &mut |chunk| {
                sees(chunk);
                file.write_all(chunk).map_err(|error| format!("a temporary file: {error}"))
            })
            .await
            .map_err(|error| about(&url, error))?;
            file.rewind().map_err(FetchError::io("a temporary file"))?;
            Ok(file)
        })
    }

    /// Sends a request and follows where it is redirected to.
    async fn send(&self, request: &Request) -> Result<(Response, Url), FetchError> {
        let mut url = request.url.clone();
        for _ in 0..=REDIRECTS_MAX {
            check_transport(&url)?;
            let mut sent = self.client.get(url.clone());
            if let Some(accept) = request.accept {
                sent = sent.header(ACCEPT, accept);
            }
            // Only to the very host and port that the credential was meant for.
            if let Some(authorization) =
                request.authorization.as_deref().filter(|_| same_host(&url, &request.url))
            {
                sent = sent.header(AUTHORIZATION, authorization);
            }
            let response = sent.send().await.map_err(|error| about(&url, innermost(&error)))?;
            if !response.status().is_redirection() {
                return Ok((response, url));
            }
            let Some(next) = text_of(response.headers(), LOCATION.as_str()) else {
                return Ok((response, url));
            };
            url = url.join(&next).map_err(|error| about(&url, format!("redirected to {next}: {error}")))?;
        }
        Err(about(&request.url, format!("redirected more than {REDIRECTS_MAX} times")))
    }
}

fn same_host(a: &Url, b: &Url) -> bool {
    a.scheme() == b.scheme() && a.host() == b.host() && a.port_or_known_default() == b.port_or_known_default()
}

/// Nothing is fetched over a connection that others can change, but from this machine itself.
fn check_transport(url: &Url) -> Result<(), FetchError> {
    let own = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    match url.scheme() {
        "https" => Ok(()),
        "http" if own => Ok(()),
        other => Err(about(url, format!("modules are not fetched over \"{other}\"")).help("Use https.")),
    }
}

async fn read(
    mut response: Response,
    limit: u64,
    take: &mut dyn FnMut(&[u8]) -> Result<(), String>,
) -> Result<(), String> {
    let mut left = limit;
    while let Some(chunk) = response.chunk().await.map_err(|error| innermost(&error))? {
        left = left
            .checked_sub(chunk.len() as u64)
            .ok_or_else(|| format!("the answer is larger than {} MiB", limit >> 20))?;
        take(&chunk)?;
    }
    Ok(())
}

fn text_of(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

/// An answer that is not what was asked for.
pub(crate) fn refused(url: &Url, status: StatusCode) -> FetchError {
    let error = about(url, format!("the answer is {status}"));
    let host = url.host_str().unwrap_or_default();
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => error.help(format!(
            "Credentials for {host} are taken from TF_TOKEN_{} or from a `credentials` block in ~/.terraformrc.",
            host.replace('-', "__").replace('.', "_")
        )),
        _ => error,
    }
}

/// An error with the address that it is about.
pub(crate) fn about(url: &Url, reason: impl std::fmt::Display) -> FetchError {
    FetchError::new(format!("{}: {reason}", without_password(url.as_str())))
}

/// The last error of a chain, which says what really happened.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut current = error;
    while let Some(next) = current.source() {
        current = next;
    }
    current.to_string()
}
