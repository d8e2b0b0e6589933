//! Where a module comes from: what stands in `source`, as a type.
//!
//! Source: <https://developer.hashicorp.com/terraform/language/modules/sources>
//!
//! Invariant: a local source begins with `./` or `../`; a remote one names its transport; a subfolder never leads out of its
//! package.
//! Never: nothing is looked up and nothing is fetched.

use std::fmt;
use std::str::FromStr;

/// The host of registry addresses that name none.
pub const DEFAULT_REGISTRY: &str = "registry.terraform.io";

/// Where a module comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModuleSource {
    /// A folder of the same package, relative to the caller.
    Local(String),
    /// A module in a registry, in one of several versions.
    Registry(RegistryModule),
    /// A package elsewhere.
    Remote(RemoteModule),
}

/// A module in a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistryModule {
    /// Host and perhaps port of the registry.
    pub host: String,
    /// Who publishes it.
    pub namespace: String,
    /// The name.
    pub name: String,
    /// What it is for: `azurerm`.
    pub system: String,
    /// The folder in the package; empty for the package itself.
    pub subfolder: String,
}

/// A package elsewhere and a folder in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteModule {
    /// The package: `git::https://example.com/network.git?ref=v1`.
    pub package: String,
    /// The folder in the package; empty for the package itself.
    pub subfolder: String,
}

/// The text is no address of a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvalidSource {
    /// It cannot be told how to reach this package.
    Unrecognised(String),
    /// It breaks a rule.
    Malformed(String),
}

impl fmt::Display for InvalidSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            InvalidSource::Unrecognised(package) => {
                write!(f, "it is not clear how to reach the module package \"{package}\"")
            }
            InvalidSource::Malformed(reason) => f.write_str(reason),
        }
    }
}

impl std::error::Error for InvalidSource {}

impl fmt::Display for ModuleSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ModuleSource::Local(path) => f.write_str(path),
            ModuleSource::Registry(module) => write!(f, "{module}"),
            ModuleSource::Remote(module) => write!(f, "{module}"),
        }
    }
}

impl fmt::Display for RegistryModule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let RegistryModule { host, namespace, name, system, subfolder } = self;
        write!(f, "{host}/{namespace}/{name}/{system}")?;
        if subfolder.is_empty() { Ok(()) } else { write!(f, "//{subfolder}") }
    }
}

impl fmt::Display for RemoteModule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.subfolder.is_empty() {
            return f.write_str(&self.package);
        }
        match self.package.split_once('?') {
            Some((package, query)) => write!(f, "{package}//{}?{query}", self.subfolder),
            None => write!(f, "{}//{}", self.package, self.subfolder),
        }
    }
}

/// Whether a source is a path in the same package.
pub fn is_local(source: &str) -> bool {
    ["./", "../", ".\\", "..\\"].iter().any(|prefix| source.starts_with(prefix))
}

impl FromStr for ModuleSource {
    type Err = InvalidSource;

    fn from_str(text: &str) -> Result<ModuleSource, InvalidSource> {
        if is_local(text) {
            return Ok(ModuleSource::Local(local(text)));
        }
        if text.trim().is_empty() {
            return Err(InvalidSource::Malformed("The address is empty".into()));
        }
        if let Some(module) = registry(text) {
            return Ok(ModuleSource::Registry(module?));
        }
        remote(text).map(ModuleSource::Remote)
    }
}

impl RegistryModule {
    /// The address without the host: `hashicorp/consul/azurerm`.
    pub fn path(&self) -> String {
        format!("{}/{}/{}", self.namespace, self.name, self.system)
    }
}

/// A path in one spelling: it begins with `./` or `../`, and no step is taken back.
fn local(text: &str) -> String {
    let mut steps: Vec<&str> = Vec::new();
    for step in text.split(['/', '\\']) {
        match step {
            "" | "." => {}
            ".." if steps.last().is_some_and(|last| *last != "..") => {
                steps.pop();
            }
            _ => steps.push(step),
        }
    }
    match steps.first() {
        None => "./.".into(),
        Some(&"..") if steps.len() == 1 => "./..".into(),
        Some(&"..") => steps.join("/"),
        Some(_) => format!("./{}", steps.join("/")),
    }
}

/// The address with its `//subfolder` taken out. What stands behind a `?` stays with the package.
pub fn split_subfolder(text: &str) -> (String, String) {
    let (address, query) = match text.split_once('?') {
        Some((address, query)) => (address, Some(query)),
        None => (text, None),
    };
    let after_scheme = address.find("://").map_or(0, |at| at + 3);
    let Some(at) = address[after_scheme..].find("//").map(|at| at + after_scheme) else {
        return (text.to_owned(), String::new());
    };
    let package = match query {
        Some(query) => format!("{}?{query}", &address[..at]),
        None => address[..at].to_owned(),
    };
    (package, address[at + 2..].to_owned())
}

/// A folder in a package, in one spelling.
fn subfolder(written: &str) -> Result<String, InvalidSource> {
    let mut steps: Vec<&str> = Vec::new();
    for step in written.split('/') {
        let left = match step {
            "" | "." => Some(()),
            ".." => steps.pop().map(drop),
            _ => {
                steps.push(step);
                Some(())
            }
        };
        if left.is_none() {
            return Err(InvalidSource::Malformed(format!(
                "The subfolder \"{written}\" leads out of the module's package"
            )));
        }
    }
    Ok(steps.join("/"))
}

/// Hosts of repositories, which are no registries.
const REPOSITORY_HOSTS: &[&str] = &["github.com", "bitbucket.org"];

/// `namespace/name/system` with or without a host; `None` if it has not that form.
fn registry(text: &str) -> Option<Result<RegistryModule, InvalidSource>> {
    if text.contains("://") || text.contains('?') {
        return None;
    }
    let (address, written) = split_subfolder(text);
    let parts: Vec<&str> = address.split('/').collect();
    let (host, rest) = match parts.as_slice() {
        [host, rest @ ..] if rest.len() == 3 => (registry_host(host)?, rest),
        rest if rest.len() == 3 => (DEFAULT_REGISTRY.to_owned(), rest),
        _ => return None,
    };
    let [namespace, name, system] = rest else { return None };
    let lower = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let sound = is_registry_name(namespace)
        && is_registry_name(name)
        && !system.is_empty()
        && system.len() <= 64
        && system.chars().all(lower);
    sound.then(|| {
        Ok(RegistryModule {
            host,
            namespace: (*namespace).to_owned(),
            name: (*name).to_owned(),
            system: (*system).to_owned(),
            subfolder: subfolder(&written)?,
        })
    })
}

fn registry_host(written: &str) -> Option<String> {
    let host = written.to_lowercase();
    let name = host.split(':').next().unwrap_or(&host);
    let port = host.split_once(':').is_none_or(|(_, port)| port.parse::<u16>().is_ok());
    let letters = name.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-'));
    let sound = name.contains('.') && letters && name.split('.').all(|label| !label.is_empty());
    (sound && port && !REPOSITORY_HOSTS.contains(&name)).then_some(host)
}

fn is_registry_name(name: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let outer = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    name.len() <= 64 && outer(name.chars().next()) && outer(name.chars().last()) && name.chars().all(inner)
}

/// A package elsewhere: its transport is named, or follows from how it is written.
fn remote(text: &str) -> Result<RemoteModule, InvalidSource> {
    let (package, written) = split_subfolder(text);
    let (forced, bare) = forced_transport(&package);
    let (found, further) = if has_scheme(bare) { (bare.to_owned(), String::new()) } else { detect(bare)? };
    let package = match (forced, found.split_once("::")) {
        (Some(forced), Some((_, bare))) => format!("{forced}::{bare}"),
        (Some(forced), None) => format!("{forced}::{found}"),
        (None, _) => found,
    };
    let both = if further.is_empty() { written } else { format!("{further}/{written}") };
    Ok(RemoteModule { package, subfolder: subfolder(&both)? })
}

/// `git::…`: the transport and what it is to fetch.
pub fn forced_transport(package: &str) -> (Option<&str>, &str) {
    match package.split_once("::") {
        Some((transport, bare))
            if !transport.is_empty() && transport.chars().all(|c| c.is_ascii_alphanumeric()) =>
        {
            (Some(transport), bare)
        }
        Some(_) | None => (None, package),
    }
}

fn has_scheme(text: &str) -> bool {
    text.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
    })
}

/// The address of a package that names no transport, and the folder in it.
fn detect(bare: &str) -> Result<(String, String), InvalidSource> {
    let (address, query) = bare.split_once('?').unwrap_or((bare, ""));
    let query = if query.is_empty() { String::new() } else { format!("?{query}") };
    if let Some(path) = address.strip_prefix("github.com/") {
        return hosted("https://github.com", path, &query).ok_or_else(|| {
            InvalidSource::Malformed("GitHub URLs should be github.com/username/repo".into())
        });
    }
    if let Some(path) = address.strip_prefix("bitbucket.org/") {
        return hosted("https://bitbucket.org", path, &query).ok_or_else(|| {
            InvalidSource::Malformed("Bitbucket URLs should be bitbucket.org/username/repo".into())
        });
    }
    if let Some((user_and_host, path)) = address.split_once(':').filter(|(host, _)| host.contains('@')) {
        let path = path.trim_start_matches('/');
        return Ok((format!("git::ssh://{user_and_host}/{path}{query}"), String::new()));
    }
    if address.starts_with('/') {
        return Ok((format!("file://{address}{query}"), String::new()));
    }
    Err(InvalidSource::Unrecognised(bare.to_owned()))
}

/// A repository of a host that names it by two words; what follows is a folder in it.
fn hosted(site: &str, path: &str, query: &str) -> Option<(String, String)> {
    let mut parts = path.splitn(3, '/');
    let owner = parts.next().filter(|owner| !owner.is_empty())?;
    let repository = parts.next().filter(|repository| !repository.is_empty())?;
    let end = if repository.ends_with(".git") { "" } else { ".git" };
    let package = format!("git::{site}/{owner}/{repository}{end}{query}");
    Some((package, parts.next().unwrap_or_default().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        match text.parse::<ModuleSource>() {
            Ok(ModuleSource::Local(path)) => format!("local {path}"),
            Ok(ModuleSource::Registry(module)) => format!("registry {module}"),
            Ok(ModuleSource::Remote(module)) => format!("remote {} | {}", module.package, module.subfolder),
            Err(error) => format!("error: {error}"),
        }
    }

    #[test]
    fn local_paths_have_one_spelling() {
        for (written, read_as) in [
            ("./m", "./m"),
            ("./", "./."),
            ("./m//", "./m"),
            ("./m//n", "./m/n"),
            ("../", "./.."),
            ("../p/m", "../p/m"),
            ("./m/../../x", "../x"),
            ("./m?ref=1", "./m?ref=1"),
        ] {
            assert_eq!(read(written), format!("local {read_as}"), "{written}");
        }
    }

    #[test]
    fn addresses_of_registries_have_three_parts_or_a_host_before_them() {
        for (written, read_as) in [
            ("a/b/c", "registry registry.terraform.io/a/b/c"),
            ("a_b/c/d", "registry registry.terraform.io/a_b/c/d"),
            ("a/b/c//sub/../d", "registry registry.terraform.io/a/b/c//d"),
            ("UPPER.io/b/c/d", "registry upper.io/b/c/d"),
            ("a.b:8080/a/b/c", "registry a.b:8080/a/b/c"),
            ("127.0.0.1:1/a/b/c", "registry 127.0.0.1:1/a/b/c"),
            ("gitlab.com/b/c/d", "registry gitlab.com/b/c/d"),
        ] {
            assert_eq!(read(written), read_as, "{written}");
        }
        for no_registry in [
            "A/B/C",
            "a-/b/c",
            "h.io/b/c",
            "foo/a/b/c",
            "localhost/a/b/c",
            "a/b/c/d/e",
            "a/b/c?x=1",
            "m",
            ".",
        ] {
            assert!(read(no_registry).starts_with("error: it is not clear how"), "{no_registry}");
        }
        assert!(read("a/b/c//../x").contains("leads out"));
    }

    #[test]
    fn remote_packages_name_their_transport() {
        for (written, read_as) in [
            ("github.com/a/b", "git::https://github.com/a/b.git | "),
            ("github.com/a/b.git", "git::https://github.com/a/b.git | "),
            ("github.com/a/b/c", "git::https://github.com/a/b.git | c"),
            ("github.com/a/b//c?ref=v1", "git::https://github.com/a/b.git?ref=v1 | c"),
            ("bitbucket.org/a/b", "git::https://bitbucket.org/a/b.git | "),
            ("git@github.com:a/b.git", "git::ssh://git@github.com/a/b.git | "),
            ("git::git@h.io:a/b.git?ref=v1", "git::ssh://git@h.io/a/b.git?ref=v1 | "),
            ("git::https://h.io/x.git//sub/?ref=v1", "git::https://h.io/x.git?ref=v1 | sub"),
            ("git::/srv/x", "git::file:///srv/x | "),
            ("/srv/x//sub", "file:///srv/x | sub"),
            ("https://h.io/x.zip//sub?archive=zip", "https://h.io/x.zip?archive=zip | sub"),
            ("oci://h.io/a/b?tag=1", "oci://h.io/a/b?tag=1 | "),
        ] {
            assert_eq!(read(written), format!("remote {read_as}"), "{written}");
        }
        assert!(read("github.com/a").contains("github.com/username/repo"));
        assert_eq!(read("foo::bar"), "error: it is not clear how to reach the module package \"bar\"");
        assert_eq!(read("git::./m"), "error: it is not clear how to reach the module package \"./m\"");
    }

    #[test]
    fn a_remote_module_is_written_with_its_folder_before_the_query() {
        let module: ModuleSource = "git::https://h.io/x.git//sub?ref=v1".parse().unwrap();
        assert_eq!(module.to_string(), "git::https://h.io/x.git//sub?ref=v1");
    }
}
