//! Tokens for hosts, and where the services of hosts are: what `.terraformrc` and the environment say.
//!
//! Source: <https://developer.hashicorp.com/terraform/cli/config/config-file>
//!
//! Rule: `TF_TOKEN_<host>` wins over `credentials` blocks, and those of the file over those that `login` has stored.
//! Invariant: a token is handed out for its host alone, and is never shown.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use aksel_lang::blocks::argument::literal_text;
use aksel_lang::diagnostic::has_errors;
use aksel_lang::parser::parse_file;
use aksel_lang::source::Sources;
use aksel_lang::syntax::{Block, Expression, ExpressionKind};

/// What the person who calls has set up.
#[derive(Clone, Default)]
pub struct Credentials {
    tokens: BTreeMap<String, String>,
    /// Addresses of services, by host and name of the service.
    services: BTreeMap<(String, String), String>,
    /// What the container tools know, by host: a user and a password in base64.
    basic: BTreeMap<String, String>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("hosts", &self.tokens.keys()).finish_non_exhaustive()
    }
}

/// The environment that credentials are read from.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// Environment variables.
    pub variables: Vec<(String, String)>,
    /// The home folder.
    pub home: Option<PathBuf>,
}

impl Surroundings {
    /// Those of this process.
    pub fn of_process() -> Surroundings {
        let variables = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Surroundings { variables: variables.collect(), home: std::env::home_dir() }
    }

    fn variable(&self, name: &str) -> Option<&str> {
        let found = self.variables.iter().find(|(known, value)| known == name && !value.is_empty());
        found.map(|(_, value)| value.as_str())
    }
}

impl Credentials {
    /// Reads what is there. A file that is not there says nothing; one that cannot be read is an error.
    ///
    /// # Errors
    /// Which file, and why.
    pub fn read(surroundings: &Surroundings) -> Result<Credentials, String> {
        let mut credentials = Credentials::default();
        let home = surroundings.home.as_deref();
        if let Some(home) = home {
            credentials.stored(&home.join(".terraform.d").join("credentials.tfrc.json"));
        }
        let named =
            ["TF_CLI_CONFIG_FILE", "TERRAFORM_CONFIG"].iter().find_map(|name| surroundings.variable(name));
        let usual = || home.map(|home| home.join(".terraformrc"));
        if let Some(file) = named.map(PathBuf::from).or_else(usual) {
            credentials.file(&file)?;
        }
        let docker = surroundings.variable("DOCKER_CONFIG").map(PathBuf::from);
        if let Some(folder) = docker.or_else(|| home.map(|home| home.join(".docker"))) {
            credentials.containers(&folder.join("config.json"));
        }
        for (name, value) in &surroundings.variables {
            if let Some(host) = name.strip_prefix("TF_TOKEN_").filter(|_| !value.is_empty()) {
                credentials.tokens.insert(host_of_variable(host), value.clone());
            }
        }
        Ok(credentials)
    }

    /// The token for a host, which may have a port.
    pub(crate) fn token(&self, host: &str) -> Option<&str> {
        self.tokens.get(&host.to_lowercase()).map(String::as_str)
    }

    /// User and password for a container registry, in base64.
    pub(crate) fn basic(&self, host: &str) -> Option<&str> {
        self.basic.get(&host.to_lowercase()).map(String::as_str)
    }

    /// The address of a service that was set up for a host.
    pub(crate) fn service(&self, host: &str, service: &str) -> Option<&str> {
        self.services.get(&(host.to_lowercase(), service.to_owned())).map(String::as_str)
    }

    /// What `login` has stored.
    fn stored(&mut self, path: &Path) {
        let Ok(text) = fs::read_to_string(path) else { return };
        let json: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
        for (host, entry) in json["credentials"].as_object().into_iter().flatten() {
            if let Some(token) = entry["token"].as_str() {
                self.tokens.insert(host.to_lowercase(), token.to_owned());
            }
        }
    }

    fn containers(&mut self, path: &Path) {
        let Ok(text) = fs::read_to_string(path) else { return };
        let json: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
        for (host, entry) in json["auths"].as_object().into_iter().flatten() {
            if let Some(auth) = entry["auth"].as_str().filter(|auth| !auth.is_empty()) {
                self.basic.insert(host.to_lowercase(), auth.to_owned());
            }
        }
    }

    fn file(&mut self, path: &Path) -> Result<(), String> {
        let Ok(text) = fs::read_to_string(path) else { return Ok(()) };
        let mut sources = Sources::default();
        let source = sources.add(path.display().to_string(), &text);
        let (body, found) = parse_file(source, &text);
        if let Some(error) = found.iter().find(|one| has_errors(std::slice::from_ref(one))) {
            let line =
                error.subject.as_ref().map(|at| sources.get(source).position(at.span.start as usize).line);
            let line = line.map(|line| format!(", line {line}")).unwrap_or_default();
            return Err(format!("{}{line}: {}", path.display(), error.summary));
        }
        for block in &body.blocks {
            let Some(host) = block.labels.first().map(|label| label.text.to_lowercase()) else { continue };
            match &*block.kind.text {
                "credentials" => {
                    let token = argument(block, "token").and_then(literal_text);
                    self.tokens.extend(token.map(|token| (host, token.to_string())));
                }
                "host" => self.services(&host, block),
                _ => {}
            }
        }
        Ok(())
    }

    fn services(&mut self, host: &str, block: &Block) {
        let Some(ExpressionKind::Object(items)) = argument(block, "services").map(|services| &services.kind)
        else {
            return;
        };
        for item in items {
            if let (Some(name), Some(address)) = (literal_text(&item.key), literal_text(&item.value)) {
                self.services.insert((host.to_owned(), name.to_string()), address.to_string());
            }
        }
    }
}

fn argument<'a>(block: &'a Block, name: &str) -> Option<&'a Expression> {
    block.body.attributes.iter().find(|attribute| &*attribute.name.text == name).map(|found| &found.value)
}

/// `app_example_com`: dots are written `_`, hyphens `__`.
fn host_of_variable(name: &str) -> String {
    name.replace("__", "-").replace('_', ".").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_wins_over_the_file_and_the_file_over_what_is_stored() {
        let home = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = home.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write(
            ".terraformrc",
            "credentials \"A.example.com\" {\n  token = \"from-file\"\n}\n\
             credentials \"b.example.com\" {\n  token = \"from-file\"\n}\n\
             host \"b.example.com\" {\n  services = { \"modules.v1\" = \"https://m.example.com/\" }\n}\n",
        );
        write(
            ".terraform.d/credentials.tfrc.json",
            r#"{"credentials":{"b.example.com":{"token":"stored"},"c.example.com":{"token":"stored"}}}"#,
        );
        write(".docker/config.json", r#"{"auths":{"r.example.com":{"auth":"dTpw"}}}"#);
        let variables = vec![
            ("TF_TOKEN_a_example_com".into(), "from-variable".into()),
            ("TF_TOKEN_my__d_io".into(), "x".into()),
        ];
        let surroundings = Surroundings { variables, home: Some(home.path().to_path_buf()) };
        let credentials = Credentials::read(&surroundings).unwrap();
        let token = |host| credentials.token(host);
        assert_eq!(token("a.example.com"), Some("from-variable"));
        assert_eq!(token("b.example.com"), Some("from-file"));
        assert_eq!(token("c.example.com"), Some("stored"));
        assert_eq!(token("my-d.io"), Some("x"));
        assert_eq!(token("d.example.com"), None);
        assert_eq!(credentials.service("b.example.com", "modules.v1"), Some("https://m.example.com/"));
        assert_eq!(credentials.basic("r.example.com"), Some("dTpw"));
        assert!(!format!("{credentials:?}").contains("from-"));
    }

    #[test]
    fn a_file_with_a_mistake_is_named_with_its_line() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("rc"), "credentials \"x\" {\n  token = \n}\n").unwrap();
        let variables = vec![("TF_CLI_CONFIG_FILE".into(), home.path().join("rc").display().to_string())];
        let error = Credentials::read(&Surroundings { variables, home: None }).unwrap_err();
        assert!(error.contains("rc, line 2: "), "{error}");
    }
}
