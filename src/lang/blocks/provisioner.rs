//! `provisioner`: what runs on this machine or on the object when it is created or destroyed.

use crate::blocks::argument;
use crate::code::Code;
use crate::content::{BodySchema, Leftovers};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::Span;
use crate::syntax::{Attribute, Block, Body, Name};

/// Something that runs.
#[derive(Clone, Debug)]
pub struct Provisioner {
    /// The type: `local-exec`.
    pub kind: Name,
    /// When it runs.
    pub when: When,
    /// What its failure means.
    pub on_failure: OnFailure,
    /// Its arguments, with `when` and `on_failure` still among them.
    pub body: Body,
    /// How it reaches the object.
    pub connection: Option<Body>,
    /// The header of the block.
    pub header: Span,
}

/// Names that the language takes out of a provisioner's body.
pub const META: &[&str] = &["when", "on_failure", "connection", "_"];

/// When a provisioner runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// After the object is created.
    Create,
    /// Before the object is destroyed.
    Destroy,
}

/// What a provisioner's failure means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnFailure {
    /// The change has failed.
    Fail,
    /// Nothing.
    Continue,
}

/// Reads a `provisioner` block; `None` if it has no type.
pub fn read(block: &Block, diagnostics: &mut Diagnostics) -> Option<Provisioner> {
    let schema = BodySchema::new(&["when", "on_failure"], &[("connection", &[])]);
    let mut content = block.body.content(&schema, Leftovers::Ignore, diagnostics);
    let when = content.take("when").and_then(|a| read_when(&a, diagnostics));
    let on_failure = content.take("on_failure").and_then(|a| read_on_failure(&a, diagnostics));
    let connection = content.blocks_of("connection").next().map(|block| block.body.clone());
    Some(Provisioner {
        kind: block.labels.first()?.clone(),
        when: when.unwrap_or(When::Create),
        on_failure: on_failure.unwrap_or(OnFailure::Fail),
        body: block.body.clone(),
        connection,
        header: block.header,
    })
}

fn read_when(attribute: &Attribute, diagnostics: &mut Diagnostics) -> Option<When> {
    let word = argument::keyword(attribute, diagnostics);
    match word.as_ref().map(|word| &*word.text) {
        Some("create") => return Some(When::Create),
        Some("destroy") => return Some(When::Destroy),
        Some(_) | None => {}
    }
    diagnostics.push(
        Diagnostic::error(Code::InvalidConfiguration, "Invalid \"when\" keyword")
            .detail("The \"when\" argument requires one of the following keywords: create or destroy.")
            .at(attribute.value.span),
    );
    None
}

fn read_on_failure(attribute: &Attribute, diagnostics: &mut Diagnostics) -> Option<OnFailure> {
    let word = argument::keyword(attribute, diagnostics);
    match word.as_ref().map(|word| &*word.text) {
        Some("fail") => return Some(OnFailure::Fail),
        Some("continue") => return Some(OnFailure::Continue),
        Some(_) | None => {}
    }
    diagnostics.push(
        Diagnostic::error(Code::InvalidConfiguration, "Invalid \"on_failure\" keyword")
            .detail("The \"on_failure\" argument requires one of the following keywords: continue or fail.")
            .at(attribute.value.span),
    );
    None
}
