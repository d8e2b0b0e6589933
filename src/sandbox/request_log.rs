//! The request log: what was asked of the sandbox, one JSON object a line, for who wants to see what a client sends.
//!
//! Invariant: a line is written whole, before the answer leaves.
//! Never: a secret gets into it: what a client signs in with, what a vault keeps and passwords are masked; contents of blobs
//! and answers are left out.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value, json};

use crate::SandboxError;
use crate::front::Asking;

/// What stands for a secret.
const MASK: &str = "(masked)";

/// Members of bodies that hold secrets, in small letters.
const SECRET: &[&str] = &[
    "accesskey",
    "accountkey",
    "adminpassword",
    "clientsecret",
    "configurationprotectedsettings",
    "password",
    "primarykey",
    "protectedsettings",
    "sastoken",
    "secret",
    "sharedkey",
];

/// A file to which requests are appended.
#[derive(Debug)]
pub(crate) struct RequestLog {
    path: PathBuf,
    file: Mutex<File>,
}

impl RequestLog {
    /// Opens the file, or makes it.
    pub(crate) fn open(path: &Path) -> Result<Self, SandboxError> {
        let file = File::options().create(true).append(true).open(path);
        let file = file.map_err(|error| SandboxError::file("open", path, error))?;
        Ok(Self { path: path.to_owned(), file: Mutex::new(file) })
    }

    /// Appends a request and the status that answered it.
    pub(crate) fn append(&self, asking: &Asking, status: u16) -> Result<(), SandboxError> {
        let mut line = line(asking, status).to_string().into_bytes();
        line.push(b'\n');
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(&line).map_err(|error| SandboxError::file("write", &self.path, error))
    }
}

fn line(asking: &Asking, status: u16) -> Value {
    let known = asking.query.iter().filter(|(name, _)| is_shown(name));
    let query: Map<String, Value> =
        known.map(|(name, value)| (name.clone(), Value::from(value.clone()))).collect();
    let mut line = json!({
        "method": asking.method.as_str(),
        "host": asking.header("host"),
        "path": format!("/{}", asking.path),
        "query": query,
        "status": status,
    });
    if let Ok(body @ Value::Object(_)) = serde_json::from_slice::<Value>(&asking.body) {
        line["body"] = masked(body, is_of_vault(&asking.path));
    } else if !asking.body.is_empty() {
        line["body_bytes"] = asking.body.len().into();
    }
    line
}

/// A signature in a query is a key to what it signs.
fn is_shown(name: &str) -> bool {
    let name = name.to_lowercase();
    name.starts_with('$') || matches!(name.as_str(), "api-version" | "restype" | "comp" | "prefix")
}

/// Whose `value` is a secret.
enum Values {
    Secret,
    Open,
}

fn is_of_vault(path: &str) -> Values {
    let secret = path.to_lowercase().split('/').any(|part| part == "secrets");
    if secret { Values::Secret } else { Values::Open }
}

fn masked(body: Value, values: Values) -> Value {
    let hides = |name: &str| {
        SECRET.contains(&name.to_lowercase().as_str())
            || (name == "value" && matches!(values, Values::Secret))
    };
    mask(body, &hides)
}

fn mask(body: Value, hides: &dyn Fn(&str) -> bool) -> Value {
    match body {
        Value::Object(members) => members
            .into_iter()
            .map(|(name, value)| {
                let value = if hides(&name) { MASK.into() } else { mask(value, hides) };
                (name, value)
            })
            .collect(),
        Value::Array(items) => items.into_iter().map(|item| mask(item, hides)).collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_masked_wherever_it_stands() {
        let body = json!({"properties": {"servicePrincipalProfile": {"clientId": "c", "secret": "s3"}}, "value": "v"});
        let open = masked(body.clone(), Values::Open);
        assert_eq!(open["properties"]["servicePrincipalProfile"], json!({"clientId": "c", "secret": MASK}));
        assert_eq!(open["value"], "v");
        assert_eq!(masked(body, is_of_vault("secrets/db"))["value"], MASK);
    }
}
