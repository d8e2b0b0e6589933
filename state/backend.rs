//! Backends: where a configuration says that its state is kept.
//!
//! Rule: the arguments of a `backend` block are literals; `-backend-config` adds to them and wins over them.
//! Never: a state is read or written here.

use std::collections::BTreeMap;

use aksel_lang::blocks::terraform::Backend;
use aksel_lang::code::Code;
use aksel_lang::content::{BodySchema, Leftovers, unsupported_argument};
use aksel_lang::convert::convert;
use aksel_lang::diagnostic::{Diagnostic, Diagnostics};
use aksel_lang::evaluate;
use aksel_lang::syntax::Attribute;
use aksel_lang::types::{Text, Type};

/// State in files of this machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Local {
    /// The state of the workspace `default`.
    pub path: Option<String>,
    /// The folder of the states of other workspaces.
    pub workspace_dir: Option<String>,
}

/// A backend as a configuration has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Configured {
    /// What it says with everything that was added.
    pub local: Local,
    /// A number that changes with the block, and not with what was added.
    pub hash: u32,
}

/// The type of the backend that there is.
pub const LOCAL: &str = "local";

/// Its arguments.
const ARGUMENTS: &[&str] = &["path", "workspace_dir"];

/// Backends that others have.
const ELSEWHERE: &[&str] =
    &["azurerm", "consul", "cos", "gcs", "http", "kubernetes", "oci", "oss", "pg", "remote", "s3"];

/// Backends that nobody has any more.
const GONE: &[&str] = &["artifactory", "atlas", "azure", "etcd", "etcdv3", "manta", "swift"];

/// What is added to a block from outside.
#[derive(Clone, Debug)]
pub enum Addition {
    /// `name=value`
    Value(String, String),
    /// The arguments of a file.
    File(Vec<Attribute>),
}

/// Reads a `backend` block with what is added to it. `None` after an error, which is reported.
pub fn read(backend: &Backend, added: &[Addition], diagnostics: &mut Diagnostics) -> Option<Configured> {
    if &*backend.kind.text != LOCAL {
        diagnostics.push(unsupported(backend));
        return None;
    }
    let before = diagnostics.len();
    let schema = BodySchema::new(ARGUMENTS, &[]);
    let mut content = backend.body.content(&schema, Leftovers::Refuse, diagnostics);
    let mut values: BTreeMap<Text, Option<String>> = BTreeMap::new();
    for name in ARGUMENTS {
        let written = content.take(name).map(|attribute| literal(&attribute, diagnostics));
        values.insert((*name).into(), written.flatten());
    }
    let hash = hash(&values);
    for addition in added {
        match addition {
            Addition::Value(name, value) if ARGUMENTS.contains(&&**name) => {
                values.insert(name.as_str().into(), Some(value.clone()));
            }
            Addition::Value(name, _) => diagnostics.push(not_expected(name)),
            Addition::File(attributes) => {
                for attribute in attributes {
                    take(attribute, &schema, &mut values, diagnostics);
                }
            }
        }
    }
    let failed = diagnostics[before..].iter().any(Diagnostic::is_error);
    let mut value = |name: &str| values.remove(name).flatten();
    let local = Local { path: value("path"), workspace_dir: value("workspace_dir") };
    (!failed).then_some(Configured { local, hash })
}

fn take(
    attribute: &Attribute,
    schema: &BodySchema,
    values: &mut BTreeMap<Text, Option<String>>,
    diagnostics: &mut Diagnostics,
) {
    let name = &attribute.name;
    if ARGUMENTS.contains(&&*name.text) {
        values.insert(name.text.clone(), literal(attribute, diagnostics));
    } else {
        diagnostics.push(unsupported_argument(schema, &name.text, name.span));
    }
}

/// The text that an argument is set to; nothing for null.
fn literal(attribute: &Attribute, diagnostics: &mut Diagnostics) -> Option<String> {
    let value = evaluate::literal(&attribute.value, diagnostics)?;
    match convert(&value, &Type::String) {
        Ok(text) => text.as_str().map(str::to_owned),
        Err(_) => {
            diagnostics.push(
                Diagnostic::error(Code::WrongType, "Incorrect attribute value type")
                    .detail(format!(
                        "Inappropriate value for attribute \"{}\": string required.",
                        attribute.name.text
                    ))
                    .at(attribute.value.span),
            );
            None
        }
    }
}

/// The number by which Terraform, too, knows a block again: the checksum of its type and its arguments in order.
fn hash(values: &BTreeMap<Text, Option<String>>) -> u32 {
    let written = |value: &Option<String>| match value {
        Some(text) => format!("{text:?};"),
        None => "~;".to_owned(),
    };
    let arguments: String = values.values().map(written).collect();
    let mut checksum = flate2::Crc::new();
    checksum.update(format!("<\"{LOCAL}\";<{arguments}>;>").as_bytes());
    checksum.sum()
}

fn unsupported(backend: &Backend) -> Diagnostic {
    let kind = &*backend.kind.text;
    let detail = if GONE.contains(&kind) {
        format!("The \"{kind}\" backend is not supported any more, neither here nor in Terraform.")
    } else if ELSEWHERE.contains(&kind) {
        format!("aksel does not keep state in a \"{kind}\" backend.")
    } else {
        format!("There is no backend type named \"{kind}\".")
    };
    Diagnostic::error(Code::State, "Unsupported backend type")
        .detail(detail)
        .help("State is kept in files: write `backend \"local\" {}`, or leave the block out.")
        .at(backend.kind.span)
}

fn not_expected(name: &str) -> Diagnostic {
    Diagnostic::error(Code::Usage, "Invalid backend configuration argument")
        .detail(format!(
            "The backend configuration argument \"{name}\" given on the command line is not expected for the selected backend type."
        ))
        .help(format!("The backend \"{LOCAL}\" has the arguments {}.", ARGUMENTS.join(" and ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_known_again_by_the_number_that_terraform_gives_them() {
        let of = |path: Option<&str>, folder: Option<&str>| {
            let text = |value: Option<&str>| value.map(str::to_owned);
            hash(&BTreeMap::from([("path".into(), text(path)), ("workspace_dir".into(), text(folder))]))
        };
        assert_eq!(of(None, None), 666_019_178);
        assert_eq!(of(Some("a"), Some("w")), 412_730_918);
        assert_eq!(of(Some("x/y.tfstate"), None), 1_293_398_979);
    }
}
