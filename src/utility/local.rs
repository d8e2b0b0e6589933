//! The provider `local`: files on this machine.
//!
//! Invariant: a file whose content is no longer what was written counts as gone, and is written again.
//! Rule: <https://registry.terraform.io/providers/hashicorp/local/latest/docs>

use std::fs;
use std::io;
use std::path::Path as FilePath;

use aksel_lang::code::Code;
use aksel_lang::types::Type;
use aksel_lang::value::Value;
use aksel_provider::finding::Finding;
use aksel_provider::provider::{FunctionError, FunctionSignature, Object};
use aksel_provider::world::World;
use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::Digest as _;

use crate::family::{DataKind, Family, Function};
use crate::kind::{
    Attributes, Kind, Preset, Row, Shape, Surroundings, computed, invalid, optional, path, required,
};

/// The provider.
pub(crate) fn family() -> Family {
    let kinds: Vec<Box<dyn Kind>> = vec![
        Box::new(File { name: "local_file", rows: FILE }),
        Box::new(File { name: "local_sensitive_file", rows: SENSITIVE_FILE }),
    ];
    let data: Vec<Box<dyn DataKind>> = vec![
        Box::new(Content { name: "local_file", rows: CONTENT }),
        Box::new(Content { name: "local_sensitive_file", rows: SENSITIVE_CONTENT }),
    ];
    Family::new("registry.terraform.io/hashicorp/local", kinds, data).with(vec![direxists()])
}

/// `direxists(path)`: whether there is a folder; anything else there is an error.
fn direxists() -> Function {
    let signature = FunctionSignature {
        parameters: vec![("path".into(), Type::String)],
        variadic: None,
        result: Type::Bool,
        description: "Whether there is a folder at a path.".into(),
    };
    let call = |arguments: &[Value]| {
        let path = arguments[0].as_str().unwrap_or_default();
        match fs::metadata(path) {
            Ok(found) if found.is_dir() => Ok(Value::from(true)),
            Ok(_) => Err(FunctionError {
                argument: Some(0),
                message: format!("`{path}` was found, but is not a directory"),
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Value::from(false)),
            Err(error) => {
                Err(FunctionError { argument: Some(0), message: format!("cannot look at `{path}`: {error}") })
            }
        }
    };
    Function { name: "direxists", signature, call }
}

struct File {
    name: &'static str,
    rows: &'static [Row],
}

struct Content {
    name: &'static str,
    rows: &'static [Row],
}

const MD5: Row = computed("content_md5", Shape::Text);
const SHA1: Row = computed("content_sha1", Shape::Text);
const SHA256: Row = computed("content_sha256", Shape::Text);
const BASE64_SHA256: Row = computed("content_base64sha256", Shape::Text);
const SHA512: Row = computed("content_sha512", Shape::Text);
const BASE64_SHA512: Row = computed("content_base64sha512", Shape::Text);
const ID: Row = computed("id", Shape::Text);
const FILENAME: Row = required("filename", Shape::Text).replaces();
const SOURCE: Row = optional("source", Shape::Text).replaces();

const fn mode(name: &'static str, default: &'static str) -> Row {
    optional(name, Shape::Text).or(Preset::Text(default)).replaces()
}

const FILE: &[Row] = &[
    optional("content", Shape::Text).replaces(),
    optional("sensitive_content", Shape::Text)
        .replaces()
        .sensitive()
        .deprecated("use `local_sensitive_file`"),
    optional("content_base64", Shape::Text).replaces(),
    SOURCE,
    FILENAME,
    mode("file_permission", "0777"),
    mode("directory_permission", "0777"),
    MD5,
    SHA1,
    SHA256,
    BASE64_SHA256,
    SHA512,
    BASE64_SHA512,
    ID,
];

const SENSITIVE_FILE: &[Row] = &[
    optional("content", Shape::Text).replaces().sensitive(),
    optional("content_base64", Shape::Text).replaces().sensitive(),
    SOURCE,
    FILENAME,
    mode("file_permission", "0700"),
    mode("directory_permission", "0700"),
    MD5,
    SHA1,
    SHA256,
    BASE64_SHA256,
    SHA512,
    BASE64_SHA512,
    ID,
];

const CONTENT: &[Row] = &[
    required("filename", Shape::Text),
    computed("content", Shape::Text),
    computed("content_base64", Shape::Text),
    MD5,
    SHA1,
    SHA256,
    BASE64_SHA256,
    SHA512,
    BASE64_SHA512,
    ID,
];

const SENSITIVE_CONTENT: &[Row] = &[
    required("filename", Shape::Text),
    computed("content", Shape::Text).sensitive(),
    computed("content_base64", Shape::Text).sensitive(),
    MD5,
    SHA1,
    SHA256,
    BASE64_SHA256,
    SHA512,
    BASE64_SHA512,
    ID,
];

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn with_hashes(mut to: Attributes, content: &[u8]) -> Attributes {
    let (sha256, sha512) = (sha2::Sha256::digest(content), sha2::Sha512::digest(content));
    to.set_text("content_md5", hex(&md5::Md5::digest(content)));
    to.set_text("content_sha1", hex(&sha1::Sha1::digest(content)));
    to.set_text("content_sha256", hex(&sha256));
    to.set_text("content_base64sha256", STANDARD.encode(sha256));
    to.set_text("content_sha512", hex(&sha512));
    to.set_text("content_base64sha512", STANDARD.encode(sha512));
    to.set_text("id", hex(&sha1::Sha1::digest(content)));
    to
}

fn refused(doing: &str, file: &str) -> impl FnOnce(io::Error) -> Finding {
    let detail = format!("Could not {doing} `{file}`");
    move |error| {
        Finding::error(Code::Io, "Local file error", format!("{detail}: {error}")).at(path("filename"))
    }
}

fn content_of(planned: &Attributes) -> Result<Vec<u8>, Finding> {
    if let Some(text) = planned.text("content_base64") {
        return STANDARD.decode(text).map_err(|error| {
            invalid("content_base64", "Invalid base64", format!("This is no base64: {error}"))
        });
    }
    if let Some(source) = planned.text("source") {
        return fs::read(source).map_err(refused("read", source));
    }
    let text = planned.text("sensitive_content").or_else(|| planned.text("content"));
    Ok(text.unwrap_or_default().as_bytes().to_vec())
}

/// The names of arguments of which exactly one gives the content.
const CONTENTS: [&str; 4] = ["content", "sensitive_content", "content_base64", "source"];

/// A mode in octal digits; elsewhere than on Unix modes are not kept.
fn octal(planned: &Attributes, name: &str) -> u32 {
    planned.text(name).and_then(|text| u32::from_str_radix(text, 8).ok()).unwrap_or(0o777)
}

#[cfg(unix)]
fn set_mode(file: &FilePath, mode: u32) -> io::Result<()> {
    fs::set_permissions(file, std::os::unix::fs::PermissionsExt::from_mode(mode))
}

#[cfg(not(unix))]
fn set_mode(_file: &FilePath, _mode: u32) -> io::Result<()> {
    Ok(())
}

fn make_folder(folder: &FilePath, mode: u32) -> io::Result<()> {
    if folder.as_os_str().is_empty() || folder.exists() {
        return Ok(());
    }
    if let Some(parent) = folder.parent() {
        make_folder(parent, mode)?;
    }
    fs::create_dir(folder)?;
    set_mode(folder, mode)
}

#[async_trait]
impl Kind for File {
    fn name(&self) -> &'static str {
        self.name
    }

    fn rows(&self) -> &'static [Row] {
        self.rows
    }

    fn validate(&self, config: &Attributes) -> Vec<Finding> {
        let given: Vec<&str> = CONTENTS.into_iter().filter(|name| config.get(name).is_some()).collect();
        let mut findings = Vec::new();
        if given.len() != 1 {
            let known = CONTENTS.into_iter().filter(|name| self.rows.iter().any(|row| row.name == *name));
            let detail = format!(
                "Exactly one of these attributes must be configured: {}.",
                known.collect::<Vec<_>>().join(", ")
            );
            let place = given.get(1).copied().unwrap_or("content");
            findings.push(invalid(place, "Invalid Attribute Combination", detail));
        }
        for name in ["file_permission", "directory_permission"] {
            let wrong = |text: &&str| {
                !(3..=4).contains(&text.len())
                    || u32::from_str_radix(text, 8).map_or(true, |mode| mode > 0o777)
            };
            if let Some(text) = config.text(name).filter(wrong) {
                let detail =
                    format!("`{text}` is no file mode: three or four octal digits, such as \"0644\".");
                findings.push(invalid(name, "Invalid File Permission String Value", detail));
            }
        }
        findings
    }

    fn read(&self, state: &Object, _world: &dyn World) -> Result<Option<Object>, Finding> {
        let attributes = Attributes::of(&state.value);
        let file = attributes.text("filename").unwrap_or_default();
        match fs::read(file) {
            Ok(content) => {
                let same = attributes.text("id") == Some(&hex(&sha1::Sha1::digest(&content)));
                Ok(same.then(|| state.clone()))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(refused("read", file)(error)),
        }
    }

    async fn create(&self, planned: Attributes, _around: Surroundings<'_>) -> Result<Attributes, Finding> {
        let content = content_of(&planned)?;
        let name = planned.text("filename").unwrap_or_default();
        let file = FilePath::new(name);
        if let Some(folder) = file.parent() {
            make_folder(folder, octal(&planned, "directory_permission"))
                .map_err(refused("make the folder of", name))?;
        }
        fs::write(file, &content).map_err(refused("write", name))?;
        set_mode(file, octal(&planned, "file_permission")).map_err(refused("set the mode of", name))?;
        Ok(with_hashes(planned, &content))
    }

    async fn delete(&self, prior: Attributes, _around: Surroundings<'_>) -> Result<(), Finding> {
        let file = prior.text("filename").unwrap_or_default();
        match fs::remove_file(file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(refused("delete", file)(error)),
            Ok(()) | Err(_) => Ok(()),
        }
    }
}

impl DataKind for Content {
    fn name(&self) -> &'static str {
        self.name
    }

    fn rows(&self) -> &'static [Row] {
        self.rows
    }

    fn read(&self, mut config: Attributes, _world: &dyn World) -> Result<Attributes, Vec<Finding>> {
        let file = config.text("filename").unwrap_or_default().to_owned();
        let content = fs::read(&file).map_err(|error| vec![refused("read", &file)(error)])?;
        config.set_text("content", String::from_utf8_lossy(&content));
        config.set_text("content_base64", STANDARD.encode(&content));
        Ok(with_hashes(config, &content))
    }
}
