//! The record of which backend a folder was initialized for: `.terraform/terraform.tfstate`, as Terraform writes it.
//!
//! Invariant: without a record state is where it is without a `backend` block.

use std::io;
use std::path::Path;

use serde_json::{Value, json};

use crate::backend::{Configured, LOCAL, Local};
use crate::disk;
use crate::snapshot::TERRAFORM_VERSION;

/// What a folder was initialized for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// No backend: the usual files.
    Nothing,
    /// Files that a block names.
    Local(Configured),
    /// A backend of a type that only others have.
    Other(String),
}

impl Recorded {
    /// Reads the record in a data folder.
    ///
    /// # Errors
    /// When it is there and cannot be read.
    pub fn read(data: &Path) -> io::Result<Recorded> {
        let text = match std::fs::read_to_string(data.join("terraform.tfstate")) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Recorded::Nothing),
            Err(error) => return Err(error),
        };
        let json: Value = serde_json::from_str(&text)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error.to_string()))?;
        let backend = &json["backend"];
        let argument = |name: &str| backend["config"][name].as_str().map(str::to_owned);
        Ok(match backend["type"].as_str() {
            None | Some("") => Recorded::Nothing,
            Some(LOCAL) => Recorded::Local(Configured {
                local: Local { path: argument("path"), workspace_dir: argument("workspace_dir") },
                hash: backend["hash"].as_u64().and_then(|hash| u32::try_from(hash).ok()).unwrap_or(0),
            }),
            Some(other) => Recorded::Other(other.to_owned()),
        })
    }

    /// Writes the record into a data folder.
    ///
    /// # Errors
    /// When the machine refuses.
    pub fn write(&self, data: &Path) -> io::Result<()> {
        let mut json = json!({ "version": 3, "terraform_version": TERRAFORM_VERSION });
        if let Recorded::Local(Configured { local, hash }) = self {
            json["backend"] = json!({
                "type": LOCAL,
                "config": { "path": local.path, "workspace_dir": local.workspace_dir },
                "hash": hash,
            });
        }
        disk::replace(&data.join("terraform.tfstate"), format!("{json:#}").as_bytes())
    }

    /// Where state is kept.
    pub fn local(&self) -> Local {
        match self {
            Recorded::Local(configured) => configured.local.clone(),
            Recorded::Nothing | Recorded::Other(_) => Local::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_written_as_terraform_writes_it_and_read_back() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Recorded::read(folder.path()).unwrap(), Recorded::Nothing);
        let local = Local { path: Some("x/y.tfstate".into()), workspace_dir: None };
        let recorded = Recorded::Local(Configured { local, hash: 1_293_398_979 });
        recorded.write(folder.path()).unwrap();
        let text = std::fs::read_to_string(folder.path().join("terraform.tfstate")).unwrap();
        let expected = "{\n  \"version\": 3,\n  \"terraform_version\": \"1.11.4\",\n  \"backend\": {\n    \"type\": \"local\",\n    \"config\": {\n      \"path\": \"x/y.tfstate\",\n      \"workspace_dir\": null\n    },\n    \"hash\": 1293398979\n  }\n}";
        assert_eq!(text, expected);
        assert_eq!(Recorded::read(folder.path()).unwrap(), recorded);
    }
}
