//! JSON syntax: configuration written as JSON.
//!
//! Invariant: a property is read once, by the list of what may stand in its body; what is not on the list is reported.
//! Invariant: the property `//` is a comment in every body, and a label where labels stand, as in Terraform.
//! Source: <https://github.com/hashicorp/hcl/blob/main/json/spec.md>
//!
//! Never: a string is taken for a template before its reader says that it is an expression.

use std::collections::BTreeMap;

use crate::code::Code;
use crate::content::{BodySchema, Content, Leftovers, unsupported_argument};
use crate::diagnostic::{Diagnostic, Diagnostics, nearest};
use crate::json_parser;
use crate::source::{SourceId, Span};
use crate::syntax::{
    Attribute, Block, Body, Expression, ExpressionKind, JsonObject, JsonProperty, JsonString, JsonValue,
    Name, ObjectItem,
};
use crate::types::Text;

/// Parses a file in JSON syntax: an object, or an array of objects.
pub fn parse(source: SourceId, text: &str) -> (Body, Diagnostics) {
    let (value, mut diagnostics) = json_parser::parse(source, text);
    let whole = Span::new(source, 0, text.len());
    let objects = match value {
        JsonValue::Object(object) => vec![object],
        JsonValue::Array(items, _) => objects_of(items, &mut diagnostics),
        other => {
            diagnostics.push(
                Diagnostic::error(Code::JsonSyntax, "Root value must be object")
                    .detail("The root value in a JSON-based configuration must be either a JSON object or a JSON array of objects.")
                    .at(other.start_span()),
            );
            Vec::new()
        }
    };
    (json_body(objects, whole), diagnostics)
}

/// The objects of an array that is the root; what is no object is reported.
fn objects_of(items: Vec<JsonValue>, diagnostics: &mut Diagnostics) -> Vec<JsonObject> {
    let mut objects = Vec::new();
    for item in items {
        match item {
            JsonValue::Object(object) => objects.push(object),
            other => diagnostics.push(
                Diagnostic::error(Code::JsonSyntax, "Incorrect JSON value type")
                    .detail("An object is required here, with arguments and blocks as its properties.")
                    .at(other.start_span()),
            ),
        }
    }
    objects
}

/// Parses a file of values in JSON syntax: an object.
pub fn parse_values(source: SourceId, text: &str) -> (Body, Diagnostics) {
    let start = text.len() - text.trim_start().len();
    if !text[start..].starts_with('[') {
        return parse(source, text);
    }
    let body = json_body(Vec::new(), Span::new(source, 0, text.len()));
    (body, vec![object_required(Span::new(source, start, start + 1))])
}

fn json_body(objects: Vec<JsonObject>, span: Span) -> Body {
    let end = objects.last().map_or(span, |object| object.span);
    let missing_item = Span { start: end.end.saturating_sub(1).max(end.start), ..end };
    Body { attributes: vec![], blocks: vec![], span, missing_item, json: Some(objects), overrides: vec![] }
}

/// Reads objects as a body by a list of what may stand in it.
pub fn read_body(
    objects: &[JsonObject],
    schema: &BodySchema,
    leftovers: Leftovers,
    diagnostics: &mut Diagnostics,
) -> Content {
    let mut content = Content::default();
    for property in objects.iter().flat_map(|object| &object.properties) {
        let name = &property.name.text;
        if let Some(labels) = schema.blocks.get(name) {
            read_blocks(property, labels, &mut content.blocks, diagnostics);
        } else if schema.attributes.contains_key(name) {
            add_attribute(property, &mut content.attributes, diagnostics);
        } else if &**name != "//" && leftovers == Leftovers::Refuse {
            diagnostics.push(extraneous(schema, property));
        }
    }
    content
}

fn extraneous(schema: &BodySchema, property: &JsonProperty) -> Diagnostic {
    let name = &property.name.text;
    let near = nearest(name, schema.attributes.keys().chain(schema.blocks.keys()).map(|name| &**name));
    let error = unsupported_argument(schema, name, property.name.span);
    let hint = near.map(|near| format!(" Did you mean \"{near}\"?")).unwrap_or_default();
    Diagnostic {
        summary: "Extraneous JSON object property".into(),
        detail: format!("No argument or block type is named \"{name}\".{hint}"),
        help: None,
        ..error
    }
}

fn add_attribute(
    property: &JsonProperty,
    into: &mut BTreeMap<Text, Attribute>,
    diagnostics: &mut Diagnostics,
) {
    let name = &property.name;
    if let Some(first) = into.get(&name.text) {
        diagnostics.push(
            Diagnostic::error(Code::Redefined, "Duplicate argument")
                .detail(format!("The argument \"{}\" was already set.", name.text))
                .at(name.span)
                .also(first.name.span, "the first one"),
        );
        return;
    }
    let value = expression(&property.value);
    let span = name.span.to(property.value.span());
    into.insert(name.text.clone(), Attribute { name: name.clone(), value, span });
}

/// The error for a body that has arguments of any name, and is no object.
pub(crate) fn object_required(at: Span) -> Diagnostic {
    Diagnostic::error(Code::JsonSyntax, "Incorrect JSON value type")
        .detail("A JSON object is required here, setting the arguments for this block.")
        .at(at)
}

/// Reads objects as a body that has arguments of any name and no blocks.
pub fn just_attributes(objects: &[JsonObject], diagnostics: &mut Diagnostics) -> BTreeMap<Text, Attribute> {
    let mut attributes = BTreeMap::new();
    for property in objects.iter().flat_map(|object| &object.properties) {
        if &*property.name.text != "//" {
            add_attribute(property, &mut attributes, diagnostics);
        }
    }
    attributes
}

/// The blocks of one type: labels are nested objects, several blocks are an array.
fn read_blocks(
    property: &JsonProperty,
    labels: &[Text],
    into: &mut Vec<Block>,
    diagnostics: &mut Diagnostics,
) {
    let reading = Labels { kind: &property.name, names: labels };
    reading.read(&property.value, &[], into, diagnostics);
}

struct Labels<'a> {
    kind: &'a Name,
    names: &'a [Text],
}

impl Labels<'_> {
    fn read(&self, value: &JsonValue, labels: &[Name], into: &mut Vec<Block>, diagnostics: &mut Diagnostics) {
        if labels.len() == self.names.len() {
            return self.bodies(value, labels, into, diagnostics);
        }
        let mut any = false;
        for property in self.properties(value, labels.len(), diagnostics) {
            any = true;
            let labels = [labels, std::slice::from_ref(&property.name)].concat();
            self.read(&property.value, &labels, into, diagnostics);
        }
        if !any {
            diagnostics.push(self.missing_label(labels.len(), value.start_span()));
        }
    }

    /// The properties whose names are labels: of an object, or of all objects of an array.
    fn properties<'v>(
        &self,
        value: &'v JsonValue,
        at: usize,
        diagnostics: &mut Diagnostics,
    ) -> Vec<&'v JsonProperty> {
        let objects: &[JsonValue] = match value {
            JsonValue::Array(items, _) => items,
            JsonValue::Null(_) => &[],
            JsonValue::Object(_)
            | JsonValue::String(_)
            | JsonValue::Number(..)
            | JsonValue::Bool(..)
            | JsonValue::Invalid(_) => std::slice::from_ref(value),
        };
        let mut properties: Vec<&JsonProperty> = Vec::new();
        for object in objects {
            match object {
                JsonValue::Object(object) => properties.extend(&object.properties),
                JsonValue::Array(..)
                | JsonValue::String(_)
                | JsonValue::Number(..)
                | JsonValue::Bool(..)
                | JsonValue::Null(_)
                | JsonValue::Invalid(_) => diagnostics.push(self.no_labels(at, object)),
            }
        }
        properties
    }

    fn no_labels(&self, at: usize, value: &JsonValue) -> Diagnostic {
        Diagnostic::error(Code::JsonSyntax, "Incorrect JSON value type")
            .detail(format!(
                "Either a JSON object or a JSON array of objects is required here: its property names are the {} of \"{}\" blocks.",
                self.names[at], self.kind.text
            ))
            .at(value.start_span())
    }

    fn missing_label(&self, at: usize, span: Span) -> Diagnostic {
        let label = &self.names[at];
        Diagnostic::error(Code::BlockLabels, "Missing block label")
            .detail(format!(
                "At least one object property is required, whose name represents the {} block's {label}.",
                self.kind.text
            ))
            .at(span)
    }

    fn bodies(
        &self,
        value: &JsonValue,
        labels: &[Name],
        into: &mut Vec<Block>,
        diagnostics: &mut Diagnostics,
    ) {
        let open = value.start_span();
        let block = |objects: Vec<JsonObject>, span: Span| Block {
            kind: self.kind.clone(),
            labels: labels.to_vec(),
            body: json_body(objects, span),
            header: open,
            span,
        };
        match value {
            JsonValue::Object(object) => into.push(block(vec![object.clone()], object.span)),
            JsonValue::Array(items, _) => {
                // What is no object is a block all the same: there may be too many of them.
                for item in items {
                    let objects = match item {
                        JsonValue::Object(object) => vec![object.clone()],
                        JsonValue::Null(_) => Vec::new(),
                        JsonValue::Array(..)
                        | JsonValue::String(_)
                        | JsonValue::Number(..)
                        | JsonValue::Bool(..)
                        | JsonValue::Invalid(_) => {
                            diagnostics.push(self.not_an_object(item));
                            vec![JsonObject { properties: Vec::new(), span: item.span() }]
                        }
                    };
                    into.push(block(objects, item.span()));
                }
            }
            JsonValue::Null(_) => {}
            JsonValue::String(_) | JsonValue::Number(..) | JsonValue::Bool(..) | JsonValue::Invalid(_) => {
                diagnostics.push(self.not_an_object(value));
            }
        }
    }

    fn not_an_object(&self, value: &JsonValue) -> Diagnostic {
        Diagnostic::error(Code::JsonSyntax, "Incorrect JSON value type")
            .detail(format!(
                "Either a JSON object or a JSON array is required, representing the contents of one or more \"{}\" blocks.",
                self.kind.text
            ))
            .at(value.start_span())
    }
}

/// A JSON value as an expression. What a string means is left to its reader.
pub fn expression(value: &JsonValue) -> Expression {
    let kind = match value {
        JsonValue::Null(_) => ExpressionKind::Null,
        JsonValue::Bool(truth, _) => ExpressionKind::Bool(*truth),
        JsonValue::Number(digits, _) => ExpressionKind::Number(digits.clone()),
        JsonValue::Invalid(_) => ExpressionKind::Invalid,
        JsonValue::String(string) => ExpressionKind::JsonString(Box::new(string.clone())),
        JsonValue::Array(items, _) => ExpressionKind::Tuple(items.iter().map(expression).collect()),
        JsonValue::Object(object) => {
            let items = object.properties.iter().map(|property| ObjectItem {
                key: key_expression(&property.name),
                value: expression(&property.value),
            });
            ExpressionKind::Object(items.collect())
        }
    };
    Expression { kind, span: value.span() }
}

fn key_expression(name: &Name) -> Expression {
    let string = JsonString { text: name.text.clone(), span: name.span, escapes: Vec::new() };
    Expression { kind: ExpressionKind::JsonString(Box::new(string)), span: name.span }
}
