//! The wire: one HTTP client for everything, with the certificate authorities that the settings name.
//!
//! Invariant: redirects are not followed; every request ends within its limit.
//! Never: a header is logged.

use std::error::Error;
use std::time::Duration;

use serde_json::Value as Json;

use crate::arm_error::ArmError;

/// An HTTP client.
#[derive(Clone, Debug)]
pub struct Wire(pub reqwest::Client);

impl std::fmt::Display for ArmError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let finding = self.finding();
        write!(f, "{}: {}", finding.summary, finding.detail)
    }
}

impl Wire {
    /// A client that also believes the authorities in a file.
    ///
    /// # Errors
    /// When the file cannot be read, or the machine has no way to check certificates.
    pub fn new(authorities: Option<&str>) -> Result<Wire, String> {
        // The first one wins; a second call, or one by the program, changes nothing.
        let _installed = rustls::crypto::ring::default_provider().install_default();
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_secs(20))
            .timeout(Duration::from_secs(120))
            .user_agent(concat!("aksel/", env!("CARGO_PKG_VERSION")));
        if let Some(path) = authorities {
            let pem = std::fs::read(path).map_err(|error| format!("{path}: {error}"))?;
            let certificates =
                reqwest::Certificate::from_pem_bundle(&pem).map_err(|error| format!("{path}: {error}"))?;
            builder = builder.tls_certs_merge(certificates);
        }
        builder.build().map(Wire).map_err(|error| innermost(&error))
    }

    /// A GET that needs no token.
    ///
    /// # Errors
    /// When nobody answers.
    pub async fn get(&self, address: &str, headers: &[(&str, &str)]) -> Result<(u16, Json), ArmError> {
        let mut request = self.0.get(address);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        finish(address, request).await
    }

    /// A POST of a form.
    ///
    /// # Errors
    /// When nobody answers.
    pub async fn form(&self, address: &str, body: String) -> Result<(u16, Json), ArmError> {
        let request =
            self.0.post(address).header("Content-Type", "application/x-www-form-urlencoded").body(body);
        finish(address, request).await
    }
}

async fn finish(address: &str, request: reqwest::RequestBuilder) -> Result<(u16, Json), ArmError> {
    let answer = request.send().await.map_err(|error| unreachable(address, &error))?;
    let status = answer.status().as_u16();
    let bytes = answer.bytes().await.map_err(|error| unreachable(address, &error))?;
    Ok((status, serde_json::from_slice(&bytes).unwrap_or(Json::Null)))
}

/// The error for an address at which nobody answered.
pub fn unreachable(address: &str, error: &reqwest::Error) -> ArmError {
    let endpoint = url::Url::parse(address)
        .ok()
        .map(|url| {
            let host = &url[url::Position::BeforeHost..url::Position::AfterPort];
            format!("{}://{host}", url.scheme())
        })
        .unwrap_or_else(|| address.to_owned());
    ArmError::Unreachable { endpoint, reason: innermost(error) }
}

/// The words of the innermost cause, which says most.
fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}
