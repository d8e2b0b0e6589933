//! References: what a name at the start of an expression means.
//!
//! Never: a reference knows whether what it names exists.

use std::fmt;

use crate::address::{Mode, ResourceName};
use crate::source::Span;
use crate::syntax::Name;
use crate::types::Text;

/// What an expression refers to, and how it goes on from there.
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    /// What is referred to.
    pub subject: Subject,
    /// The part of the text that names the subject.
    pub span: Span,
    /// The literal steps behind the subject, as far as they are literal.
    pub steps: Vec<Hop>,
    /// The subject with its steps.
    pub whole: Span,
}

/// A literal step behind a reference.
#[derive(Clone, Debug, PartialEq)]
pub enum Hop {
    /// `.name`
    Attribute(Name),
    /// `[0]`
    Index(usize, Span),
    /// `["key"]`
    Key(Text, Span),
}

/// What a reference names.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    /// `var.name`
    Variable(Text),
    /// `local.name`
    Local(Text),
    /// `type.name`, `data.type.name`, `ephemeral.type.name`
    Resource(ResourceName),
    /// `module.name`
    Module(Text),
    /// `each.key`
    EachKey,
    /// `each.value`
    EachValue,
    /// `count.index`
    CountIndex,
    /// `self`
    SelfObject,
    /// `path.module`, `path.root`, `path.cwd`
    Path(PathKind),
    /// `terraform.workspace`
    Workspace,
    /// `terraform.applying`
    Applying,
}

/// Which folder `path.…` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PathKind {
    /// The module's.
    Module,
    /// The root module's.
    Root,
    /// Where the command runs.
    Cwd,
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Subject::Variable(name) => write!(f, "var.{name}"),
            Subject::Local(name) => write!(f, "local.{name}"),
            Subject::Resource(name) => write!(f, "{name}"),
            Subject::Module(name) => write!(f, "module.{name}"),
            Subject::EachKey => f.write_str("each.key"),
            Subject::EachValue => f.write_str("each.value"),
            Subject::CountIndex => f.write_str("count.index"),
            Subject::SelfObject => f.write_str("self"),
            Subject::Path(PathKind::Module) => f.write_str("path.module"),
            Subject::Path(PathKind::Root) => f.write_str("path.root"),
            Subject::Path(PathKind::Cwd) => f.write_str("path.cwd"),
            Subject::Workspace => f.write_str("terraform.workspace"),
            Subject::Applying => f.write_str("terraform.applying"),
        }
    }
}

/// How many names after the first one belong to the subject, and what it is.
///
/// # Errors
/// Summary and detail of why the names are no reference.
pub fn subject(root: &str, hops: &[Option<&Name>]) -> Result<(Subject, usize), (String, String)> {
    let first = hops.first().copied().flatten();
    let invalid = |detail: String| Err(("Invalid reference".to_owned(), detail));
    let alone = || {
        invalid(format!(
            "The \"{root}\" object cannot be accessed directly. Instead, access one of its attributes."
        ))
    };
    match root {
        "var" | "local" | "each" | "count" | "path" | "terraform" | "module" if first.is_none() => alone(),
        "var" => Ok((Subject::Variable(text(first)), 1)),
        "local" => Ok((Subject::Local(text(first)), 1)),
        "module" => Ok((Subject::Module(text(first)), 1)),
        "self" => Ok((Subject::SelfObject, 0)),
        "each" => each(&text(first)),
        "count" => count(&text(first)),
        "path" => path(&text(first)),
        "terraform" => terraform(&text(first)),
        "data" => resource(Mode::Data, "data", hops),
        "ephemeral" => resource(Mode::Ephemeral, "ephemeral", hops),
        "resource" => resource(Mode::Managed, "resource", hops),
        "template" | "lazy" | "arg" => Err((
            "Reserved symbol name".into(),
            format!(
                "The symbol name \"{root}\" is reserved for the language. For a resource type of that name write `resource.{root}`."
            ),
        )),
        _ => match first {
            Some(name) => Ok((Subject::Resource(named(Mode::Managed, root, &name.text)), 1)),
            None => invalid("A reference to a resource type must be followed by at least one attribute access, specifying the resource name.".into()),
        },
    }
}

fn text(name: Option<&Name>) -> Text {
    name.map_or_else(|| "".into(), |name| name.text.clone())
}

fn named(mode: Mode, type_name: &str, name: &Text) -> ResourceName {
    ResourceName { mode, type_name: type_name.into(), name: name.clone() }
}

fn resource(mode: Mode, root: &str, hops: &[Option<&Name>]) -> Result<(Subject, usize), (String, String)> {
    match (hops.first().copied().flatten(), hops.get(1).copied().flatten()) {
        (Some(type_name), Some(name)) => Ok((Subject::Resource(named(mode, &type_name.text, &name.text)), 2)),
        _ => Err((
            "Invalid reference".into(),
            format!(
                "The \"{root}\" object must be followed by two attribute names: the resource type and the resource name."
            ),
        )),
    }
}

fn each(name: &str) -> Result<(Subject, usize), (String, String)> {
    match name {
        "key" => Ok((Subject::EachKey, 1)),
        "value" => Ok((Subject::EachValue, 1)),
        _ => Err((
            "Invalid \"each\" attribute".into(),
            format!(
                "The \"each\" object does not have an attribute named \"{name}\". The supported attributes are each.key and each.value, the current key and value pair of the \"for_each\" attribute set."
            ),
        )),
    }
}

fn count(name: &str) -> Result<(Subject, usize), (String, String)> {
    match name {
        "index" => Ok((Subject::CountIndex, 1)),
        _ => Err((
            "Invalid \"count\" attribute".into(),
            format!(
                "The \"count\" object does not have an attribute named \"{name}\". The only supported attribute is count.index, which is the index of each instance of a resource block that has the \"count\" argument set."
            ),
        )),
    }
}

fn path(name: &str) -> Result<(Subject, usize), (String, String)> {
    match name {
        "module" => Ok((Subject::Path(PathKind::Module), 1)),
        "root" => Ok((Subject::Path(PathKind::Root), 1)),
        "cwd" => Ok((Subject::Path(PathKind::Cwd), 1)),
        _ => {
            let near = crate::diagnostic::nearest(name, ["module", "root", "cwd"]);
            let hint = near.map(|near| format!(" Did you mean \"{near}\"?")).unwrap_or_default();
            Err((
                "Invalid \"path\" attribute".into(),
                format!("The \"path\" object does not have an attribute named \"{name}\".{hint}"),
            ))
        }
    }
}

fn terraform(name: &str) -> Result<(Subject, usize), (String, String)> {
    match name {
        "workspace" => Ok((Subject::Workspace, 1)),
        "applying" => Ok((Subject::Applying, 1)),
        _ => Err((
            "Invalid \"terraform\" attribute".into(),
            format!(
                "The \"terraform\" object does not have an attribute named \"{name}\". The only supported attributes are terraform.workspace, the name of the currently-selected workspace, and terraform.applying, a boolean which is true only during apply."
            ),
        )),
    }
}
