//! Registries of modules: which versions there are, and where one of them is fetched from.
//!
//! Source: <https://developer.hashicorp.com/terraform/internals/module-registry-protocol>
//!
//! Rule: the newest version that fits is taken; a prerelease only if it is asked for by name.

use std::collections::BTreeMap;

use aksel_lang::module_source::{ModuleSource, RegistryModule, RemoteModule};
use aksel_lang::version::{Constraint, Version};
use reqwest::StatusCode;
use url::Url;

use crate::credentials::Credentials;
use crate::fetch_error::FetchError;
use crate::web::{Request, Web, about, refused};

/// The service of the protocol.
const SERVICE: &str = "modules.v1";

/// What is known of registries; each is asked once.
#[derive(Debug, Default)]
pub(crate) struct Registries {
    services: BTreeMap<String, Url>,
    versions: BTreeMap<String, Vec<Version>>,
}

impl Registries {
    /// The newest version of a module that fits.
    pub(crate) fn newest(
        &mut self,
        web: &Web,
        credentials: &Credentials,
        module: &RegistryModule,
        constraint: Option<&Constraint>,
    ) -> Result<Version, FetchError> {
        let versions = self.versions(web, credentials, module)?;
        let fits = |version: &&Version| match constraint {
            Some(constraint) => constraint.allows(version),
            None => !version.is_prerelease(),
        };
        match versions.iter().filter(fits).max() {
            Some(newest) => Ok(newest.clone()),
            None => Err(unresolvable(module, versions)),
        }
    }

    /// Where a version is fetched from.
    pub(crate) fn location(
        &mut self,
        web: &Web,
        credentials: &Credentials,
        module: &RegistryModule,
        version: &Version,
    ) -> Result<RemoteModule, FetchError> {
        let url = self.endpoint(web, credentials, module, &format!("{version}/download"))?;
        let answer = web.ask(&Request::with_token(url, credentials.token(&module.host)))?;
        if !answer.status.is_success() {
            return Err(refused(&answer.url, answer.status));
        }
        let body: serde_json::Value = serde_json::from_str(&answer.text).unwrap_or_default();
        let written = body["location"].as_str().map(str::to_owned).or(answer.module).ok_or_else(|| {
            about(&answer.url, "the answer names no location: neither in `location` nor in X-Terraform-Get")
        })?;
        located(&answer.url, &written, &module.subfolder)
    }

    fn versions(
        &mut self,
        web: &Web,
        credentials: &Credentials,
        module: &RegistryModule,
    ) -> Result<&[Version], FetchError> {
        let name = format!("{}/{}", module.host, module.path());
        if !self.versions.contains_key(&name) {
            let url = self.endpoint(web, credentials, module, "versions")?;
            let answer = web.ask(&Request::with_token(url, credentials.token(&module.host)))?;
            match answer.status {
                StatusCode::OK => {}
                StatusCode::NOT_FOUND => {
                    return Err(FetchError::new(format!("{} has no module {}", module.host, module.path())));
                }
                status => return Err(refused(&answer.url, status)),
            }
            let body: serde_json::Value = serde_json::from_str(&answer.text)
                .map_err(|error| about(&answer.url, format!("the answer is no JSON: {error}")))?;
            let listed = body["modules"][0]["versions"].as_array().into_iter().flatten();
            let versions = listed.filter_map(|entry| entry["version"].as_str()?.parse().ok()).collect();
            self.versions.insert(name.clone(), versions);
        }
        Ok(&self.versions[&name])
    }

    fn endpoint(
        &mut self,
        web: &Web,
        credentials: &Credentials,
        module: &RegistryModule,
        rest: &str,
    ) -> Result<Url, FetchError> {
        let base = self.service(web, credentials, &module.host)?;
        let path = format!("{}/{rest}", module.path());
        base.join(&path).map_err(|error| about(base, error))
    }

    /// The address of the service of a host.
    fn service(&mut self, web: &Web, credentials: &Credentials, host: &str) -> Result<&Url, FetchError> {
        if !self.services.contains_key(host) {
            let address = match credentials.service(host, SERVICE) {
                Some(address) => Url::parse(address).map_err(|error| {
                    FetchError::new(format!("the service {SERVICE} that is set up for {host}: {error}"))
                })?,
                None => discover(web, credentials, host)?,
            };
            self.services.insert(host.to_owned(), with_slash(address));
        }
        Ok(&self.services[host])
    }
}

/// Asks a host which services it has.
fn discover(web: &Web, credentials: &Credentials, host: &str) -> Result<Url, FetchError> {
    let url = Url::parse(&format!("https://{host}/.well-known/terraform.json"))
        .map_err(|error| FetchError::new(format!("{host} is no host: {error}")))?;
    let answer = web.ask(&Request::with_token(url, credentials.token(host)))?;
    let none = || FetchError::new(format!("the host {host} does not provide a module registry"));
    if answer.status == StatusCode::NOT_FOUND {
        return Err(none());
    }
    if !answer.status.is_success() {
        return Err(refused(&answer.url, answer.status));
    }
    let body: serde_json::Value = serde_json::from_str(&answer.text)
        .map_err(|error| about(&answer.url, format!("the answer is no JSON: {error}")))?;
    let written = body[SERVICE].as_str().ok_or_else(none)?;
    answer.url.join(written).map_err(|error| about(&answer.url, format!("{SERVICE} is {written}: {error}")))
}

fn with_slash(mut url: Url) -> Url {
    if !url.path().ends_with('/') {
        url.set_path(&format!("{}/", url.path()));
    }
    url
}

/// A location as a registry writes it: relative to its answer, or the address of a remote module.
fn located(answer: &Url, written: &str, subfolder: &str) -> Result<RemoteModule, FetchError> {
    let relative = ["/", "./", "../"].iter().any(|prefix| written.starts_with(prefix));
    let absolute = match relative {
        // `//folder` would be lost in what the address is resolved to.
        true => {
            let (address, folder) = aksel_lang::module_source::split_subfolder(written);
            let url = answer.join(&address).map_err(|error| about(answer, error))?;
            RemoteModule { package: url.into(), subfolder: folder }.to_string()
        }
        false => written.to_owned(),
    };
    let invalid = |reason: &str| about(answer, format!("the location \"{written}\" is not valid: {reason}"));
    match absolute.parse::<ModuleSource>() {
        Ok(ModuleSource::Remote(module)) => {
            let steps = [module.subfolder.as_str(), subfolder].join("/");
            let subfolder = steps.trim_matches('/').to_owned();
            Ok(RemoteModule { package: module.package, subfolder })
        }
        Ok(ModuleSource::Local(_) | ModuleSource::Registry(_)) => Err(invalid("it is no remote package")),
        Err(error) => Err(invalid(&error.to_string())),
    }
}

fn unresolvable(module: &RegistryModule, versions: &[Version]) -> FetchError {
    let error = FetchError::new(format!("no version of {}/{} fits", module.host, module.path()));
    let mut newest: Vec<&Version> = versions.iter().collect();
    newest.sort();
    let newest: Vec<String> = newest.iter().rev().take(5).map(|version| version.to_string()).collect();
    match newest.is_empty() {
        true => error.help("The registry has no version of it at all."),
        false => error.help(format!("The newest versions there are: {}.", newest.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations_are_relative_to_the_answer_or_addresses() {
        let answer = Url::parse("https://r.io/v1/modules/a/b/c/1.0.0/download").unwrap();
        for (written, folder, read) in [
            ("https://h.io/x.zip", "", "https://h.io/x.zip"),
            ("/x.tar.gz//*?archive=tar.gz", "", "https://r.io/x.tar.gz//*?archive=tar.gz"),
            ("./x.zip", "sub", "https://r.io/v1/modules/a/b/c/1.0.0/x.zip//sub"),
            ("git::https://h.io/x?ref=v1", "a/b", "git::https://h.io/x//a/b?ref=v1"),
            ("git::https://h.io/x//m?ref=v1", "a", "git::https://h.io/x//m/a?ref=v1"),
        ] {
            assert_eq!(located(&answer, written, folder).unwrap().to_string(), read);
        }
        assert!(located(&answer, "a/b/c", "").unwrap_err().reason.contains("no remote package"));
    }
}
