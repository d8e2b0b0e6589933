//! `modules.json`: which modules are installed, from where and in which folder.
//!
//! Invariant: the file is as Terraform writes it, so that either tool finds what the other has installed.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use aksel_lang::version::Version;
use serde_json::{Value, json};

/// The modules that are installed, by the path of their call.
#[derive(Clone, Debug, Default)]
pub struct Manifest(pub BTreeMap<String, Record>);

/// One installed module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Where it comes from, as written in one spelling.
    pub source: String,
    /// Which version of a registry module it is.
    pub version: Option<Version>,
    /// Its folder, relative to the folder of the root module.
    pub folder: PathBuf,
}

impl Manifest {
    /// Reads the manifest in a folder of installed modules. Without one nothing is installed.
    ///
    /// # Errors
    /// When it is there and cannot be read.
    pub fn read(modules: &Path) -> io::Result<Manifest> {
        match fs::read_to_string(modules.join("modules.json")) {
            Ok(text) => Manifest::parse(&text)
                .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "it is no list of modules")),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Manifest::default()),
            Err(error) => Err(error),
        }
    }

    fn parse(text: &str) -> Option<Manifest> {
        let json: Value = serde_json::from_str(text).ok()?;
        let mut manifest = Manifest::default();
        for entry in json["Modules"].as_array()? {
            let key = entry["Key"].as_str()?;
            let record = Record {
                source: entry["Source"].as_str().unwrap_or_default().to_owned(),
                version: entry["Version"].as_str().and_then(|version| version.parse().ok()),
                folder: PathBuf::from(entry["Dir"].as_str().unwrap_or_default()),
            };
            if !key.is_empty() {
                manifest.0.insert(key.to_owned(), record);
            }
        }
        Some(manifest)
    }

    /// Writes the manifest into a folder of installed modules.
    ///
    /// # Errors
    /// When the machine refuses.
    pub fn write(&self, modules: &Path) -> io::Result<()> {
        fs::create_dir_all(modules)?;
        let mut file = tempfile::NamedTempFile::new_in(modules)?;
        io::Write::write_all(&mut file, self.text().as_bytes())?;
        readable_by_others(file.as_file())?;
        file.persist(modules.join("modules.json")).map(drop).map_err(|error| error.error)
    }

    fn text(&self) -> String {
        let root = Record { source: String::new(), version: None, folder: PathBuf::from(".") };
        let all =
            std::iter::once((String::new(), &root)).chain(self.0.iter().map(|(key, r)| (key.clone(), r)));
        let entries: Vec<Value> = all.map(|(key, record)| entry(&key, record)).collect();
        // Terraform writes these so, and only strings have them.
        let text = json!({ "Modules": entries }).to_string();
        text.replace('&', "\\u0026").replace('<', "\\u003c").replace('>', "\\u003e")
    }
}

fn entry(key: &str, record: &Record) -> Value {
    let folder = record.folder.to_string_lossy();
    match &record.version {
        Some(version) => {
            json!({ "Key": key, "Source": record.source, "Version": version.to_string(), "Dir": folder })
        }
        None => json!({ "Key": key, "Source": record.source, "Dir": folder }),
    }
}

/// A temporary file is its owner's alone; what others may read keeps to the usual mask by being readable.
fn readable_by_others(file: &fs::File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_written_as_terraform_writes_it_and_read_back() {
        let record = |source: &str, version: Option<&str>, folder: &str| Record {
            source: source.into(),
            version: version.map(|version| version.parse().unwrap()),
            folder: folder.into(),
        };
        let manifest = Manifest(BTreeMap::from([
            ("m.n".into(), record("./n", None, "m/n")),
            ("k".into(), record("git::file:///g//s?ref=v1&depth=1", None, ".terraform/modules/k/s")),
            ("r".into(), record("registry.terraform.io/a/b/c", Some("1.2.0"), ".terraform/modules/r")),
        ]));
        let text = manifest.text();
        assert_eq!(
            text,
            concat!(
                r#"{"Modules":[{"Key":"","Source":"","Dir":"."},"#,
                r#"{"Key":"k","Source":"git::file:///g//s?ref=v1\u0026depth=1","Dir":".terraform/modules/k/s"},"#,
                r#"{"Key":"m.n","Source":"./n","Dir":"m/n"},"#,
                r#"{"Key":"r","Source":"registry.terraform.io/a/b/c","Version":"1.2.0","Dir":".terraform/modules/r"}]}"#
            )
        );
        assert_eq!(Manifest::parse(&text).unwrap().0, manifest.0);
    }
}
