//! Packages: fetched by the transport that their address names, into a folder that is complete or not there.
//!
//! Invariant: a package is fetched once in a run; whoever else needs it gets a copy.
//! Never: a transport is guessed from what a server answers, but for the address that it names instead of its own.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use aksel_lang::module_source::{ModuleSource, RegistryModule, RemoteModule, forced_transport};
use aksel_lang::version::{Constraint, Version};
use sha2::{Digest as _, Sha256};
use url::Url;

use crate::archive::{Packing, unpack};
use crate::credentials::{Credentials, Surroundings};
use crate::fetch_error::{FetchError, without_password};
use crate::registry::Registries;
use crate::sheltered::copy;
use crate::web::{Request, Web, about, refused};
use crate::{git, oci};

/// How often an address may name another one instead of itself.
const DETOURS_MAX: usize = 5;

/// What has been fetched in a run, and by what.
pub(crate) struct Packages {
    surroundings: Surroundings,
    registries: Registries,
    /// Made when something is asked for over the network for the first time.
    network: Option<(Web, Credentials)>,
    /// Where the packages are that were fetched in this run.
    fetched: BTreeMap<String, PathBuf>,
}

/// What is understood of the parameters of an address.
struct Download {
    url: Url,
    packing: Option<Packing>,
    /// What the file must add up to.
    checksum: Option<String>,
}

impl Packages {
    /// Nothing fetched yet.
    pub(crate) fn new(surroundings: Surroundings) -> Packages {
        Packages { surroundings, registries: Registries::default(), network: None, fetched: BTreeMap::new() }
    }

    /// The newest version of a module that fits, and where it is.
    pub(crate) fn resolve(
        &mut self,
        module: &RegistryModule,
        constraint: Option<&Constraint>,
    ) -> Result<(Version, RemoteModule), FetchError> {
        let (web, credentials) = network(&mut self.network, &self.surroundings)?;
        let version = self.registries.newest(web, credentials, module, constraint)?;
        let location = self.registries.location(web, credentials, module, &version)?;
        Ok((version, location))
    }

    /// Has a package in a folder. What was there before is gone when this succeeds, and still there when it fails.
    pub(crate) fn fetch(&mut self, package: &str, target: &Path) -> Result<(), FetchError> {
        let parent = target.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(parent).map_err(FetchError::io(parent.display()))?;
        let staging = tempfile::Builder::new().prefix(".fetching-").tempdir_in(parent);
        let staging = staging.map_err(FetchError::io(parent.display()))?;
        let new = staging.path().join("package");
        match self.fetched.get(package) {
            Some(there) => {
                make(&new)?;
                copy(there, &new)?;
            }
            None => self.by_transport(package, &new)?,
        }
        match fs::symlink_metadata(target) {
            Ok(found) if found.is_dir() => {
                fs::remove_dir_all(target).map_err(FetchError::io(target.display()))?
            }
            // A link that another tool made in place of a copy.
            Ok(_) => fs::remove_file(target).map_err(FetchError::io(target.display()))?,
            Err(_) => {}
        }
        fs::rename(&new, target).map_err(FetchError::io(target.display()))?;
        self.fetched.insert(package.to_owned(), target.to_path_buf());
        Ok(())
    }

    fn by_transport(&mut self, package: &str, target: &Path) -> Result<(), FetchError> {
        let mut address = package.to_owned();
        for _ in 0..DETOURS_MAX {
            let (forced, bare) = forced_transport(&address);
            let scheme = bare.split_once("://").map_or("", |(scheme, _)| scheme);
            match forced.unwrap_or(scheme) {
                "git" => return git::fetch(bare, target),
                "file" => return from_disk(bare, target),
                "oci" => {
                    make(target)?;
                    let (web, credentials) = network(&mut self.network, &self.surroundings)?;
                    return oci::fetch(bare, web, credentials, target);
                }
                "http" | "https" => {
                    let (web, _) = network(&mut self.network, &self.surroundings)?;
                    match from_web(bare, web, target)? {
                        Some(other) => address = other,
                        None => return Ok(()),
                    }
                }
                other => return Err(unsupported(other, bare)),
            }
        }
        Err(FetchError::new(format!("{}: addresses name one another without end", without_password(package))))
    }
}

fn network<'a>(
    made: &'a mut Option<(Web, Credentials)>,
    surroundings: &Surroundings,
) -> Result<(&'a Web, &'a Credentials), FetchError> {
    if made.is_none() {
        let credentials = Credentials::read(surroundings)
            .map_err(|error| FetchError::new(format!("the file with credentials cannot be read: {error}")))?;
        *made = Some((Web::new()?, credentials));
    }
    let (web, credentials) = made.as_ref().expect("it was made just now");
    Ok((web, credentials))
}

fn make(folder: &Path) -> Result<(), FetchError> {
    fs::create_dir(folder).map_err(FetchError::io(folder.display()))
}

fn unsupported(transport: &str, bare: &str) -> FetchError {
    let error = FetchError::new(format!("modules are not fetched by \"{transport}\""));
    match transport {
        "ssh" => error.help(format!("For a git repository write git::{bare}.")),
        "s3" | "gcs" | "hg" => error.help("Put the module into a git repository, a registry, or an archive that is reached by https."),
        _ => error.help("Modules come from folders, git::https, git::ssh, https archives, module registries and oci:// registries."),
    }
}

/// A folder or an archive on this machine.
fn from_disk(address: &str, target: &Path) -> Result<(), FetchError> {
    let url = Url::parse(address).map_err(|error| FetchError::new(format!("{address}: {error}")))?;
    let path =
        url.to_file_path().map_err(|()| FetchError::new(format!("{address} is no path on this machine")))?;
    let found = fs::metadata(&path).map_err(FetchError::io(path.display()))?;
    make(target)?;
    if found.is_dir() {
        return copy(&path, target);
    }
    let download = parameters(url)?;
    let packing = download.packing.ok_or_else(|| no_archive(&download.url))?;
    unpack(File::open(&path).map_err(FetchError::io(path.display()))?, packing, target)
}

/// An archive, or the address that a page names instead of its own.
fn from_web(address: &str, web: &Web, target: &Path) -> Result<Option<String>, FetchError> {
    let url = Url::parse(address)
        .map_err(|error| FetchError::new(format!("{}: {error}", without_password(address))))?;
    let download = parameters(url)?;
    let Some(packing) = download.packing else { return named_instead(&download.url, web).map(Some) };
    let mut digest = Sha256::new();
    let archive = web.download(&Request::to(download.url.clone()), &mut |chunk| digest.update(chunk))?;
    let found: String = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    if download.checksum.as_ref().is_some_and(|wanted| *wanted != found) {
        return Err(about(&download.url, format!("the content has the checksum sha256:{found}")));
    }
    make(target)?;
    unpack(archive, packing, target)?;
    Ok(None)
}

/// Takes the parameters out that are not for the server.
fn parameters(url: Url) -> Result<Download, FetchError> {
    let (mut packing, mut checksum, mut rest) = (Packing::of_path(url.path()), None, Vec::new());
    for (name, value) in url.query_pairs() {
        match &*name {
            "archive" => {
                packing = Some(
                    Packing::named(&value)
                        .ok_or_else(|| about(&url, format!("archive={value} is no known packing")))?,
                );
            }
            "checksum" => {
                let sha256 = value
                    .strip_prefix("sha256:")
                    .ok_or_else(|| about(&url, "a checksum must be sha256:…"))?;
                checksum = Some(sha256.to_lowercase());
            }
            _ => rest.push((name.into_owned(), value.into_owned())),
        }
    }
    let mut url = url.clone();
    url.set_query(None);
    if !rest.is_empty() {
        url.query_pairs_mut().extend_pairs(rest);
    }
    Ok(Download { url, packing, checksum })
}

/// Asks an address that is no archive where the module is.
///
/// Source: <https://developer.hashicorp.com/terraform/language/modules/sources#http-urls>
fn named_instead(url: &Url, web: &Web) -> Result<String, FetchError> {
    let mut asked = url.clone();
    asked.query_pairs_mut().append_pair("terraform-get", "1");
    let answer = web.ask(&Request::to(asked))?;
    if !answer.status.is_success() {
        return Err(refused(&answer.url, answer.status));
    }
    let written = answer.module.or_else(|| in_page(&answer.text)).ok_or_else(|| no_archive(url))?;
    let relative = ["/", "./", "../"].iter().any(|prefix| written.starts_with(prefix));
    let absolute = match relative {
        true => answer.url.join(&written).map_err(|error| about(url, error))?.into(),
        false => written,
    };
    match absolute.parse::<ModuleSource>() {
        Ok(ModuleSource::Remote(module)) if module.subfolder.is_empty() => Ok(module.package),
        Ok(ModuleSource::Remote(_) | ModuleSource::Local(_) | ModuleSource::Registry(_)) | Err(_) => {
            Err(about(url, format!("it names \"{absolute}\" instead of itself, which is no package")))
        }
    }
}

/// `<meta name="terraform-get" content="…">`
fn in_page(text: &str) -> Option<String> {
    let tags = text.split('<').filter_map(|part| part.split_once('>').map(|(tag, _)| tag));
    let meta = tags.filter(|tag| tag.get(..4).is_some_and(|name| name.eq_ignore_ascii_case("meta")));
    meta.filter(|tag| attribute(tag, "name") == Some("terraform-get"))
        .find_map(|tag| attribute(tag, "content").map(|content| content.replace("&amp;", "&")))
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let after = tag.split_once(&format!("{name}="))?.1;
    let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    after[1..].split_once(quote).map(|(value, _)| value)
}

fn no_archive(url: &Url) -> FetchError {
    about(url, "it is no archive, and names no other address").help(
        "The address of an archive ends in .zip, .tar.gz, .tar.xz or .tar.bz2, or says how it is packed: ?archive=zip.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_names_where_the_module_is() {
        let page = "<html><META name='terraform-get' content=\"https://h.io/x.zip?a=1&amp;b=2\"></html>";
        assert_eq!(in_page(page).as_deref(), Some("https://h.io/x.zip?a=1&b=2"));
        assert_eq!(in_page("<meta name=\"other\" content=\"x\"> < meta"), None);
    }

    #[test]
    fn parameters_for_us_are_not_sent() {
        let read = |text: &str| parameters(Url::parse(text).unwrap());
        let download = read("https://h.io/x?archive=tar.xz&a=1&checksum=sha256:AB").unwrap();
        assert_eq!(download.url.as_str(), "https://h.io/x?a=1");
        assert_eq!((download.packing, download.checksum.as_deref()), (Some(Packing::TarXz), Some("ab")));
        assert!(read("https://h.io/x?archive=rar").is_err());
        assert!(read("https://h.io/x.zip?checksum=md5:1").is_err());
    }

    #[test]
    fn other_transports_are_refused_with_a_way_out() {
        let mut packages = Packages::new(Surroundings::default());
        let folder = tempfile::tempdir().unwrap();
        for (address, help) in [
            ("s3::https://s3.amazonaws.com/b/x.zip", "Put the module into a git repository"),
            ("hg::https://h.io/x", "Put the module into a git repository"),
            ("ssh://git@h.io/x", "For a git repository write git::ssh://git@h.io/x."),
            ("ftp://h.io/x", "Modules come from folders"),
        ] {
            let error = packages.fetch(address, &folder.path().join("m")).unwrap_err();
            assert!(error.help.is_some_and(|text| text.starts_with(help)), "{address}");
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left behind");
    }
}
