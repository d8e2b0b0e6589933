//! A state as people read it.
//!
//! Never: a sensitive value is written.

use std::collections::BTreeSet;

use aksel_engine::objects::stored_value;
use aksel_lang::address::Mode;
use aksel_lang::json;
use aksel_lang::path::Step;
use aksel_lang::schema::Secrecy;
use aksel_lang::types::Type;
use aksel_lang::value::Value;
use aksel_state::snapshot::{Entry, Snapshot, Status};

use crate::secrets::Secrets;
use crate::state_json::Schemas;
use crate::style::{Style, Tone};
use crate::value_text::{Line, Sign, padded, whole};

/// The state as text.
pub fn render(snapshot: &Snapshot, schemas: Schemas<'_>, style: Style) -> String {
    if snapshot.resources.is_empty() && snapshot.outputs.is_empty() {
        return "The state is empty. There is nothing to manage yet.\n".into();
    }
    let mut out = String::new();
    let mut module = None;
    let secrets = Secrets::of_state(snapshot, schemas);
    for entry in snapshot.objects() {
        // Modules stand apart.
        if module.replace(entry.address.module.clone()).is_some_and(|before| before != entry.address.module) {
            out.push('\n');
        }
        out.push_str(&body(&entry, &secrets, schemas, style));
        out.push('\n');
    }
    if module.is_some() && !snapshot.outputs.is_empty() {
        out.push('\n');
    }
    out.push_str(&outputs(snapshot));
    out
}

/// One object of a state as text.
pub fn object(entry: &Entry<'_>, snapshot: &Snapshot, schemas: Schemas<'_>, style: Style) -> String {
    body(entry, &Secrets::of_state(snapshot, schemas), schemas, style)
}

fn body(entry: &Entry<'_>, hidden: &Secrets, schemas: Schemas<'_>, style: Style) -> String {
    let resource = &entry.address.resource;
    let kind = if resource.mode == Mode::Data { "data" } else { "resource" };
    let note = match (entry.deposed, entry.object.status) {
        (Some(key), _) => format!(" (deposed object {key})"),
        (None, Status::Tainted) => " (tainted)".into(),
        (None, Status::Ready) => String::new(),
    };
    let title = style.paint(Tone::Strong, &format!("# {}:{note}", entry.address));
    let mut out = format!("{title}\n{kind} \"{}\" \"{}\" {{\n", resource.type_name, resource.name);
    let mut lines: Vec<Line> = Vec::new();
    let schema = schemas(&entry.address, entry.provider);
    // By the schema every secret is marked where it is; without it, an attribute with one is hidden as a whole.
    let (attributes, secret) = match schema.and_then(|schema| stored_value(entry.object, &schema).ok()) {
        Some(marked) => (marked, BTreeSet::new()),
        None => {
            let read = json::read(entry.object.attributes.as_str()).ok();
            (read.unwrap_or_else(|| Value::null(Type::Dynamic)), secrets(entry, schemas))
        }
    };
    let shown: Vec<_> =
        attributes.as_named().into_iter().flatten().filter(|(_, value)| !value.is_null()).collect();
    let width = shown.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    for (name, value) in shown {
        let value = if secret.contains(&**name) { value.clone().sensitive() } else { hidden.hide(value) };
        whole(&padded(name, width), &value, Sign::Same, 0, &mut lines);
    }
    for line in lines {
        out.push_str(&format!("{}{}\n", " ".repeat(4 + line.depth * 4), line.text));
    }
    out.push_str("}\n");
    out
}

/// The attributes with something sensitive in them; they are hidden as a whole.
fn secrets(entry: &Entry<'_>, schemas: Schemas<'_>) -> BTreeSet<String> {
    let marked = entry.object.sensitive.iter().filter_map(|path| match path.0.first() {
        Some(Step::Attribute(name)) => Some(name.to_string()),
        _ => None,
    });
    let mut names: BTreeSet<String> = marked.collect();
    if let Some(schema) = schemas(&entry.address, entry.provider) {
        let secret =
            schema.block.attributes.iter().filter(|(_, attribute)| attribute.secrecy != Secrecy::Open);
        names.extend(secret.map(|(name, _)| name.to_string()));
    }
    names
}

fn outputs(snapshot: &Snapshot) -> String {
    if snapshot.outputs.is_empty() {
        return String::new();
    }
    let mut out = String::from("Outputs:\n\n");
    for (name, output) in &snapshot.outputs {
        let value = json::read(output.value.as_str()).unwrap_or_else(|_| Value::null(Type::Dynamic));
        let value = if output.sensitive { value.sensitive() } else { value };
        out.push_str(&format!("{name} = {}\n", aksel_lang::console_text::render(&value)));
    }
    out
}
