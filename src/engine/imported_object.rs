//! Which object an import names: by the id that the provider finds it by, or by its identity, which stands for an id.
//!
//! Rule: <https://developer.hashicorp.com/terraform/language/block/import> (`id`, `identity`)
//! Never: an object is looked for here.

use std::collections::BTreeMap;

use aksel_lang::blocks::import::ImportObject;
use aksel_lang::code::Code;
use aksel_lang::convert::convert;
use aksel_lang::diagnostic::{Diagnostic, Diagnostics, nearest};
use aksel_lang::evaluate::{Scope, evaluate_soundly};
use aksel_lang::types::{Text, Type};
use aksel_lang::value::{Marks, Value};
use aksel_provider::identity::{Identity, IdentityAttribute, Need};
use aksel_provider::provider::Provider;

/// Which object is taken over.
#[derive(Clone, Debug)]
pub(crate) struct ImportedObject {
    /// The id that the provider finds it by.
    pub(crate) id: String,
    /// What is written: the id, or the identity as an object.
    pub(crate) said: Value,
}

/// What is wrong with the object of an import, as far as that is known while only checking.
pub(crate) fn check_object(
    object: &ImportObject,
    type_name: &str,
    provider: &dyn Provider,
    scope: &dyn Scope,
    diagnostics: &mut Diagnostics,
) {
    let (ImportObject::Id(expression) | ImportObject::Identity(expression)) = object;
    let Some(value) = evaluate_soundly(expression, scope, diagnostics) else { return };
    if value.is_wholly_known() {
        diagnostics.extend(named(object, &value, type_name, provider).err());
    }
}

/// The object that an import names; `None` after an error.
pub(crate) fn object_of(
    object: &ImportObject,
    type_name: &str,
    provider: &dyn Provider,
    scope: &dyn Scope,
    diagnostics: &mut Diagnostics,
) -> Option<ImportedObject> {
    let (ImportObject::Id(expression) | ImportObject::Identity(expression)) = object;
    let value = evaluate_soundly(expression, scope, diagnostics)?;
    named(object, &value, type_name, provider).map_err(|error| diagnostics.push(error)).ok()
}

fn named(
    object: &ImportObject,
    value: &Value,
    type_name: &str,
    provider: &dyn Provider,
) -> Result<ImportedObject, Diagnostic> {
    let (said, marks) = value.unmark_deep();
    let (title, span, found) = match object {
        ImportObject::Id(expression) => {
            let id = usable(&said, marks, "import ID").and_then(|()| id_of(&said));
            let found = id.map(|id| ImportedObject { said: Value::string(&id), id });
            ("Invalid import id argument", expression.span, found)
        }
        ImportObject::Identity(expression) => {
            let schema = provider.identity_schema(type_name);
            let identity = identity_of(&said, marks, type_name, &schema);
            let id =
                identity.and_then(|identity| provider.import_id(type_name, &identity).map_err(Problem::from));
            let found = id.map(|id| ImportedObject { id, said });
            ("Invalid import identity argument", expression.span, found)
        }
    };
    found.map_err(|Problem { detail, help }| {
        let error = Diagnostic::error(Code::InvalidImport, title).detail(detail).at(span);
        Diagnostic { help, ..error }
    })
}

/// Why an import names no object.
struct Problem {
    detail: String,
    help: Option<String>,
}

impl From<String> for Problem {
    fn from(detail: String) -> Problem {
        Problem { detail, help: None }
    }
}

/// Whether a value can say at all which object it is.
fn usable(value: &Value, marks: Marks, what: &str) -> Result<(), Problem> {
    let why = if value.is_null() {
        "cannot be null"
    } else if !value.is_wholly_known() {
        "depends on what is known only after the apply, so that nothing can be planned for this import"
    } else if marks.contains(Marks::EPHEMERAL) {
        "cannot be an ephemeral value"
    } else {
        return Ok(());
    };
    Err(format!("The {what} {why}.").into())
}

fn id_of(value: &Value) -> Result<String, Problem> {
    let text =
        convert(value, &Type::String).map_err(|error| format!("The import ID is unsuitable: {error}."))?;
    match text.as_str() {
        Some("") | None => Err("The import ID is an empty text.".to_owned().into()),
        Some(id) => Ok(id.to_owned()),
    }
}

/// An identity, by the attributes that the provider knows.
fn identity_of(
    value: &Value,
    marks: Marks,
    type_name: &str,
    schema: &[IdentityAttribute],
) -> Result<Identity, Problem> {
    if schema.is_empty() {
        let detail = format!("A `{type_name}` is found by its id alone.");
        return Err(Problem { detail, help: Some("Write its `id` instead.".into()) });
    }
    usable(value, marks, "identity of an import")?;
    match value.as_named() {
        Some(members) => attributes_of(members, schema),
        None => Err(asked(schema, "An identity is an object.".into())),
    }
}

/// The attributes of an identity as text. What is null is not said.
fn attributes_of(members: &BTreeMap<Text, Value>, schema: &[IdentityAttribute]) -> Result<Identity, Problem> {
    let mut identity = Identity::new();
    let mut wrong: Vec<String> = Vec::new();
    for (name, value) in members {
        match attribute_of(name, value, schema) {
            Ok(None) => {}
            Ok(Some(text)) => {
                identity.insert(name.clone(), text);
            }
            Err(sentence) => wrong.push(sentence),
        }
    }
    let said =
        |attribute: &&IdentityAttribute| members.get(&attribute.name).is_some_and(|value| !value.is_null());
    let needed = schema.iter().filter(|attribute| attribute.need == Need::Required);
    let missing = needed
        .filter(|attribute| !said(attribute))
        .map(|attribute| format!("`{}` is missing.", attribute.name));
    wrong.extend(missing);
    if wrong.is_empty() { Ok(identity) } else { Err(asked(schema, wrong.join("\n"))) }
}

/// The text of one attribute, `None` for null; else what is wrong with it.
fn attribute_of(name: &Text, value: &Value, schema: &[IdentityAttribute]) -> Result<Option<String>, String> {
    if !schema.iter().any(|attribute| attribute.name == *name) {
        let known = nearest(name, schema.iter().map(|attribute| &*attribute.name));
        let meant = known.map_or(String::new(), |known| format!(" Did you mean `{known}`?"));
        return Err(format!("There is no `{name}` in this identity.{meant}"));
    }
    let text = convert(value, &Type::String).map_err(|error| format!("`{name}` is unsuitable: {error}."))?;
    match text.as_str() {
        Some("") => Err(format!("`{name}` is empty.")),
        text => Ok(text.map(str::to_owned)),
    }
}

/// A problem with the attributes that the identity has.
fn asked(schema: &[IdentityAttribute], detail: String) -> Problem {
    let attribute = |attribute: &IdentityAttribute| match attribute.need {
        Need::Required => format!("`{}`", attribute.name),
        Need::Optional => format!("`{}` (optional)", attribute.name),
    };
    let names: Vec<String> = schema.iter().map(attribute).collect();
    Problem { detail, help: Some(format!("The attributes are {}.", names.join(", "))) }
}
