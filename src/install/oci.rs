//! Packages in OCI registries.
//!
//! Source: <https://opentofu.org/docs/cli/oci_registries/module-package/>,
//! <https://github.com/opencontainers/distribution-spec/blob/main/spec.md>
//!
//! Invariant: what is unpacked has the digest that the manifest names.

use std::path::Path;

use reqwest::StatusCode;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use url::Url;

use crate::archive::{Packing, unpack};
use crate::credentials::Credentials;
use crate::fetch_error::FetchError;
use crate::web::{Answer, Request, Web, about, refused};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// What a package of a module says that it is.
const ARTIFACT: &str = "application/vnd.opentofu.modulepkg";

/// The form of the layer that has the files.
const LAYER: &str = "archive/zip";

/// A package in a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Package {
    host: String,
    repository: String,
    /// A tag or a digest.
    reference: String,
}

/// Fetches a package into a folder that is there and empty.
pub(crate) fn fetch(
    address: &str,
    web: &Web,
    credentials: &Credentials,
    target: &Path,
) -> Result<(), FetchError> {
    let package = read(address)?;
    let mut session = Session { web, credentials, package: &package, authorization: None };
    let (manifest, at) = session.manifest()?;
    let layer = layer(&manifest, &at)?;
    let mut digest = Sha256::new();
    let request = Request {
        authorization: session.authorization.clone(),
        ..Request::to(session.url("blobs", &layer)?)
    };
    let archive = web.download(&request, &mut |chunk| digest.update(chunk))?;
    let found = format!("sha256:{}", hex(&digest.finalize()));
    if found != layer {
        return Err(about(&request.url, format!("the content has the digest {found}")));
    }
    unpack(archive, Packing::Zip, target)
}

fn read(address: &str) -> Result<Package, FetchError> {
    let refused = |reason: String| {
        FetchError::new(reason)
            .help("Write oci://HOST/REPOSITORY?tag=TAG or oci://HOST/REPOSITORY?digest=sha256:….")
    };
    let rest = address.strip_prefix("oci://").unwrap_or(address);
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (host, repository) =
        path.split_once('/').ok_or_else(|| refused(format!("\"{address}\" names no repository")))?;
    let mut reference = None;
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let sound = match &*name {
            "tag" => is_tag(&value),
            "digest" => is_digest(&value),
            _ => return Err(refused(format!("\"{name}\" is no part of the address of a package"))),
        };
        if !sound || reference.is_some() {
            return Err(refused(format!("{name}={value} does not name one package")));
        }
        reference = Some(value.into_owned());
    }
    let named = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphanumeric())
            && part
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-'))
    };
    if !repository.split('/').all(named) {
        return Err(refused(format!("\"{repository}\" is no name of a repository")));
    }
    let reference = reference.unwrap_or_else(|| "latest".into());
    Ok(Package { host: host.to_lowercase(), repository: repository.to_owned(), reference })
}

fn is_tag(text: &str) -> bool {
    let starts = text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    starts
        && text.len() <= 128
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'))
}

fn is_digest(text: &str) -> bool {
    text.strip_prefix("sha256:")
        .is_some_and(|hex| hex.len() == 64 && hex.chars().all(|c| c.is_ascii_hexdigit()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Requests to one repository.
struct Session<'a> {
    web: &'a Web,
    credentials: &'a Credentials,
    package: &'a Package,
    /// What the registry wants to be told.
    authorization: Option<String>,
}

impl Session<'_> {
    fn url(&self, kind: &str, reference: &str) -> Result<Url, FetchError> {
        let Package { host, repository, .. } = self.package;
        Url::parse(&format!("https://{host}/v2/{repository}/{kind}/{reference}"))
            .map_err(|error| FetchError::new(format!("{host} is no host: {error}")))
    }

    /// The manifest, after what the registry wants to know was told.
    fn manifest(&mut self) -> Result<(Value, Url), FetchError> {
        let url = self.url("manifests", &self.package.reference)?;
        let mut answer = self.ask(&url)?;
        if answer.status == StatusCode::UNAUTHORIZED {
            self.authorization = Some(self.authorize(&answer)?);
            answer = self.ask(&url)?;
        }
        match answer.status {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => {
                let Package { host, repository, reference } = self.package;
                return Err(FetchError::new(format!("{host} has no {reference} of {repository}")));
            }
            status => return Err(refused(&url, status)),
        }
        let digest = format!("sha256:{}", hex(&Sha256::digest(answer.text.as_bytes())));
        if is_digest(&self.package.reference) && digest != self.package.reference {
            return Err(about(&url, format!("the manifest has the digest {digest}")));
        }
        let manifest = serde_json::from_str(&answer.text)
            .map_err(|error| about(&url, format!("the manifest is no JSON: {error}")))?;
        Ok((manifest, url))
    }

    fn ask(&self, url: &Url) -> Result<Answer, FetchError> {
        let authorization = self.authorization.clone();
        self.web.ask(&Request { url: url.clone(), authorization, accept: Some(MANIFEST) })
    }

    /// What a registry that refused wants to be told.
    fn authorize(&self, answer: &Answer) -> Result<String, FetchError> {
        let host = &self.package.host;
        let basic = self.credentials.basic(host).map(|basic| format!("Basic {basic}"));
        let challenge = answer.challenge.as_deref().unwrap_or_default();
        let Some(parameters) =
            challenge.strip_prefix("Bearer ").or_else(|| challenge.strip_prefix("bearer "))
        else {
            return basic.ok_or_else(|| refused(&answer.url, answer.status));
        };
        if let Some(token) = self.credentials.token(host) {
            return Ok(format!("Bearer {token}"));
        }
        let parameters = parameters_of(parameters);
        let parameter =
            |name: &str| parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value);
        let realm = parameter("realm").ok_or_else(|| refused(&answer.url, answer.status))?;
        let mut url =
            Url::parse(realm).map_err(|error| about(&answer.url, format!("realm {realm}: {error}")))?;
        for name in ["service", "scope"] {
            if let Some(value) = parameter(name) {
                url.query_pairs_mut().append_pair(name, value);
            }
        }
        // User and password are for the registry; who issues its tokens is a host that it names, often its own.
        let trusted = url.scheme() == "https";
        let given =
            self.web.ask(&Request { authorization: basic.filter(|_| trusted), ..Request::to(url) })?;
        if !given.status.is_success() {
            return Err(refused(&given.url, given.status));
        }
        let body: Value = serde_json::from_str(&given.text).unwrap_or_default();
        let token = body["token"].as_str().or_else(|| body["access_token"].as_str());
        token
            .map(|token| format!("Bearer {token}"))
            .ok_or_else(|| about(&given.url, "the answer has no token"))
    }
}

/// `name="value",name="value"`
fn parameters_of(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((name, after)) = rest.split_once('=') {
        let (value, further) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => after.split_once(',').unwrap_or((after, "")),
        };
        found.push((name.trim_matches([' ', ',']).to_lowercase(), value.to_owned()));
        rest = further.trim_start_matches([' ', ',']);
    }
    found
}

/// The digest of the layer with the files.
fn layer(manifest: &Value, at: &Url) -> Result<String, FetchError> {
    let kind = manifest["artifactType"].as_str().or_else(|| manifest["config"]["mediaType"].as_str());
    if kind != Some(ARTIFACT) {
        let kind = kind.unwrap_or("nothing");
        return Err(about(
            at,
            format!("this is no package of a module: its artifact type is {kind}, not {ARTIFACT}"),
        ));
    }
    let layers = manifest["layers"].as_array().into_iter().flatten();
    let digests: Vec<&str> = layers
        .filter(|layer| layer["mediaType"] == LAYER)
        .filter_map(|layer| layer["digest"].as_str())
        .collect();
    match digests.as_slice() {
        [digest] if is_digest(digest) => Ok((*digest).to_owned()),
        _ => Err(about(at, format!("the manifest must have one layer of type {LAYER} with a sha256 digest"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_name_a_repository_and_a_tag_or_digest() {
        let shown = |address: &str| match read(address) {
            Ok(package) => format!("{} {} {}", package.host, package.repository, package.reference),
            Err(error) => error.reason,
        };
        for (address, read) in [
            ("oci://h.io/a/b", "h.io a/b latest"),
            ("oci://h.io:5000/a?tag=v1.2", "h.io:5000 a v1.2"),
            ("oci://h.io", "\"oci://h.io\" names no repository"),
            ("oci://h.io/A", "\"A\" is no name of a repository"),
            ("oci://h.io/a/../b", "\"a/../b\" is no name of a repository"),
            ("oci://h.io/a?tag=x/y", "tag=x/y does not name one package"),
            ("oci://h.io/a?digest=sha256:1", "digest=sha256:1 does not name one package"),
            ("oci://h.io/a?ref=v1", "\"ref\" is no part of the address of a package"),
        ] {
            assert_eq!(shown(address), read);
        }
    }

    #[test]
    fn challenges_are_read_with_commas_in_quotes() {
        let text = r#"realm="https://a.io/t",service="r.io", scope="repository:a/b:pull,push""#;
        let read = parameters_of(text);
        let read: Vec<String> = read.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(read, ["realm=https://a.io/t", "service=r.io", "scope=repository:a/b:pull,push"]);
    }
}
