//! Generated configuration: blocks for objects that are imported and not declared.
//!
//! Rule: a block says what the configuration may set, as the object has it; what the provider alone decides is left out.
//! Never: a sensitive value or a write-only argument is written; `null` stands for it.

use aksel_lang::address::{Address, Mode};
use aksel_lang::blocks::resource::{self, Origin, Resource};
use aksel_lang::code::Code;
use aksel_lang::configuration::Configuration;
use aksel_lang::diagnostic::{Diagnostic, Diagnostics};
use aksel_lang::parser::parse_file;
use aksel_lang::schema::{AttributeSchema, BlockSchema, NestedSchema, Nesting, Presence, Secrecy};
use aksel_lang::types::Text;
use aksel_lang::value::{Content, Value};
use aksel_lang::writing;

use crate::imports::resource_of;

/// Declares what is imported and not declared. The configuration of these resources comes from their objects.
pub fn declare(configuration: &mut Configuration) -> Diagnostics {
    let mut diagnostics = Vec::new();
    let imports = configuration.modules().into_iter().flat_map(|module| {
        module.imports.iter().filter_map(|import| Some((resource_of(&module.path, import)?, import.clone())))
    });
    for (address, import) in imports.collect::<Vec<_>>() {
        let name = &address.resource;
        let declared = configuration.module(&address.module);
        if declared.is_some_and(|module| module.resources.contains_key(name)) {
            continue;
        }
        let to = import.to.traversal.span;
        if !address.module.is_root() || import.for_each.is_some() || import.to.traversal.hops.len() > 1 {
            diagnostics.push(
                Diagnostic::error(Code::InvalidImport, "Cannot generate configuration")
                    .detail(format!("Configuration is generated for single resources of the root module, and {address} is none."))
                    .help("Write the resource block first.")
                    .at(to),
            );
            continue;
        }
        let text = format!("resource \"{}\" \"{}\" {{}}\n", name.type_name, name.name);
        let source = configuration.sources.add("<generated>", &text);
        let (body, _) = parse_file(source, &text);
        let read =
            body.blocks.first().and_then(|block| resource::read(block, Mode::Managed, &mut diagnostics));
        let declared = read.map(|read| Resource {
            origin: Origin::Imported,
            provider: import.provider.clone().or(read.provider),
            type_span: to,
            header: import.header,
            ..read
        });
        configuration.root.resources.extend(declared.map(|declared| (name.clone(), declared)));
    }
    if !diagnostics.is_empty()
        || configuration.root.resources.values().any(|one| one.origin == Origin::Imported)
    {
        diagnostics.push(
            Diagnostic::warning(Code::InvalidImport, "Config generation is a draft")
                .detail("What is generated says what the objects are, not what was meant. Look through the arguments before you keep the file."),
        );
    }
    diagnostics
}

/// What a configuration that leaves an object as it is would say.
pub(crate) fn configuration_of(schema: &BlockSchema, object: &Value) -> Value {
    let Some(members) = object.as_named() else { return object.clone() };
    let member = |(name, value): (&Text, &Value)| {
        let value = match (schema.attributes.get(name), schema.blocks.get(name)) {
            (Some(attribute), _) if says(attribute) => value.clone(),
            (Some(attribute), _) => Value::null(attribute.ty.clone()),
            (None, Some(nested)) => blocks_of(nested, value),
            (None, None) => value.clone(),
        };
        (name.clone(), value)
    };
    Value::object(members.iter().map(member))
}

/// Whether a configuration may say it, and people may read it there.
fn says(attribute: &AttributeSchema) -> bool {
    is_written(attribute) && attribute.secrecy != Secrecy::WriteOnly
}

/// Whether a generated block mentions it: what is deprecated has something better beside it.
fn is_written(attribute: &AttributeSchema) -> bool {
    attribute.is_settable() && (attribute.deprecated.is_none() || attribute.presence == Presence::Required)
}

/// The elements that nested blocks make, each as its configuration.
fn blocks_of(nested: &NestedSchema, value: &Value) -> Value {
    let of = |item: &Value| configuration_of(&nested.block, item);
    match value.content() {
        Content::List(ty, items) => Value::list(ty.clone(), items.iter().map(of).collect::<Vec<_>>()),
        Content::Set(ty, items) => aksel_lang::set::set(ty.clone(), items.iter().map(of)),
        Content::Tuple(items) => Value::tuple(items.iter().map(of).collect::<Vec<_>>()),
        Content::Map(ty, items) => Value::map(
            ty.clone(),
            items.iter().map(|(key, item)| (key.clone(), of(item))).collect::<Vec<_>>(),
        ),
        Content::Object(_) => of(value),
        Content::Null(_)
        | Content::Unknown(..)
        | Content::Bool(_)
        | Content::Number(_)
        | Content::String(_) => value.clone(),
    }
}

/// The block for an object, without a line break at its end.
pub(crate) fn block(address: &Address, schema: &BlockSchema, configuration: &Value) -> String {
    let mut out = format!("resource \"{}\" \"{}\" {{\n", address.resource.type_name, address.resource.name);
    write_body(&mut out, schema, configuration, 1);
    out.push('}');
    match aksel_lang::format::format("generated", &format!("{out}\n")) {
        Ok(formatted) => formatted.trim_end().to_owned(),
        Err(_) => out,
    }
}

fn write_body(out: &mut String, schema: &BlockSchema, value: &Value, depth: usize) {
    let members = value.as_named();
    let member = |name: &Text| members.and_then(|members| members.get(name));
    let indent = "  ".repeat(depth);
    for (name, attribute) in schema.attributes.iter().filter(|(_, attribute)| is_written(attribute)) {
        let known = member(name).filter(|value| !value.is_null());
        let hidden = attribute.secrecy != Secrecy::Open;
        match (known, hidden) {
            (_, true) => out.push_str(&format!("{indent}{name} = null # sensitive\n")),
            (Some(value), false) => out.push_str(&writing::attributes(std::iter::once((name, value)), depth)),
            (None, false) => out.push_str(&format!("{indent}{name} = null\n")),
        }
    }
    for (name, nested) in &schema.blocks {
        let Some(value) = member(name).filter(|value| !value.is_null()) else { continue };
        write_blocks(out, name, nested, value, depth);
    }
}

fn write_blocks(out: &mut String, name: &Text, nested: &NestedSchema, value: &Value, depth: usize) {
    let indent = "  ".repeat(depth);
    let mut write = |label: String, item: &Value| {
        out.push_str(&format!("{indent}{name} {label}{{\n"));
        write_body(out, &nested.block, item, depth + 1);
        out.push_str(&format!("{indent}}}\n"));
    };
    match (nested.nesting, value.as_named()) {
        (Nesting::Map, Some(items)) => {
            items
                .iter()
                .for_each(|(key, item)| write(format!("{} ", aksel_lang::address::quoted(key)), item));
        }
        (_, Some(_)) => write(String::new(), value),
        (_, None) => value.elements().for_each(|item| write(String::new(), item)),
    }
}

/// The file of all blocks that a plan has generated: the id of each object and its block.
pub fn file(blocks: &[(String, Text)]) -> String {
    let mut out = String::from(
        "# __generated__ by Terraform\n# Please review these resources and move them into your main configuration files.\n",
    );
    for (id, block) in blocks {
        out.push_str(&format!(
            "\n# __generated__ by Terraform from {}\n{block}\n",
            aksel_lang::address::quoted(id)
        ));
    }
    out
}
