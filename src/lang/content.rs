//! Bodies read by a list of what may stand in them.
//!
//! Invariant: what is not on the list is reported once, with the nearest name that is; nothing is dropped silently.
//! Never: an expression is looked into here.

use std::collections::BTreeMap;

use crate::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics, nearest};
use crate::json_syntax;
use crate::source::Span;
use crate::syntax::{Attribute, Block, Body, Name, Override};
use crate::types::Text;

/// What may stand in a body.
#[derive(Clone, Debug, Default)]
pub struct BodySchema {
    /// Arguments by name, and whether they must be given.
    pub attributes: BTreeMap<Text, Need>,
    /// Block types, with the names of their labels.
    pub blocks: BTreeMap<Text, Vec<Text>>,
}

/// Blocks that an override changes argument by argument.
const MERGED: &[&str] = &["lifecycle", "required_providers"];

/// Whether an argument must be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// It must.
    Required,
    /// It may be left out.
    Optional,
}

/// What becomes of what is not on the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leftovers {
    /// It is an error.
    Refuse,
    /// It is somebody else's.
    Ignore,
}

/// What stands in a body.
#[derive(Clone, Debug, Default)]
pub struct Content {
    /// Arguments by name.
    pub attributes: BTreeMap<Text, Attribute>,
    /// Blocks, in order.
    pub blocks: Vec<Block>,
}

impl BodySchema {
    /// A list of optional arguments and of block types with their labels.
    pub fn new(attributes: &[&str], blocks: &[(&str, &[&str])]) -> BodySchema {
        let labels = |names: &[&str]| names.iter().map(|name| Text::from(*name)).collect();
        BodySchema {
            attributes: attributes.iter().map(|name| (Text::from(*name), Need::Optional)).collect(),
            blocks: blocks.iter().map(|(kind, names)| (Text::from(*kind), labels(names))).collect(),
        }
    }

    /// The list with further arguments that must be given.
    pub fn requiring(mut self, attributes: &[&str]) -> BodySchema {
        self.attributes.extend(attributes.iter().map(|name| (Text::from(*name), Need::Required)));
        self
    }
}

/// Block types that an override file cannot change.
const CONDITIONS: &[&str] = &["validation", "precondition", "postcondition"];

fn fixed_condition(block: &Block) -> Diagnostic {
    let kind = &block.kind.text;
    Diagnostic::error(Code::InvalidOverride, format!("Can't override {kind} blocks"))
        .detail(format!("Override files cannot override \"{kind}\" blocks."))
        .help("Change it in the file that declares it.")
        .at(block.header)
}

impl Content {
    /// Takes an argument out.
    pub fn take(&mut self, name: &str) -> Option<Attribute> {
        self.attributes.remove(name)
    }

    /// Lets an override's arguments and block types take the place of these. Blocks in `MERGED` are merged; conditions stay.
    fn replace_by(&mut self, mut other: Content, diagnostics: &mut Diagnostics) {
        self.attributes.extend(other.attributes);
        let condition = |block: &mut Block| CONDITIONS.contains(&&*block.kind.text);
        diagnostics.extend(other.blocks.extract_if(.., condition).map(|block| fixed_condition(&block)));
        let merged = |block: &Block| MERGED.contains(&&*block.kind.text);
        self.blocks
            .retain(|block| merged(block) || other.blocks.iter().all(|new| new.kind.text != block.kind.text));
        for new in other.blocks {
            match self.blocks.iter_mut().find(|block| merged(block) && block.kind.text == new.kind.text) {
                Some(base) => base.body.overrides.push(Override { header: new.header, body: new.body }),
                None => self.blocks.push(new),
            }
        }
    }

    /// The blocks of one type, in order.
    pub fn blocks_of(&self, kind: &str) -> impl Iterator<Item = &Block> {
        self.blocks.iter().filter(move |block| &*block.kind.text == kind)
    }
}

impl Body {
    /// Reads the body by a list of what may stand in it.
    pub fn content(
        &self,
        schema: &BodySchema,
        leftovers: Leftovers,
        diagnostics: &mut Diagnostics,
    ) -> Content {
        let mut content = self.own_content(schema, leftovers, diagnostics);
        for Override { body, .. } in &self.overrides {
            let other = body.own_content(schema, leftovers, diagnostics);
            content.replace_by(other, diagnostics);
        }
        for (name, need) in &schema.attributes {
            if *need == Need::Required && !content.attributes.contains_key(name) {
                diagnostics.push(missing(name, self.missing_item));
            }
        }
        content
    }

    fn own_content(
        &self,
        schema: &BodySchema,
        leftovers: Leftovers,
        diagnostics: &mut Diagnostics,
    ) -> Content {
        match &self.json {
            Some(objects) => json_syntax::read_body(objects, schema, leftovers, diagnostics),
            None => self.native_content(schema, leftovers, diagnostics),
        }
    }

    fn native_content(
        &self,
        schema: &BodySchema,
        leftovers: Leftovers,
        diagnostics: &mut Diagnostics,
    ) -> Content {
        let mut content = Content::default();
        for attribute in &self.attributes {
            let name = &attribute.name.text;
            if schema.attributes.contains_key(name) {
                content.attributes.entry(name.clone()).or_insert_with(|| attribute.clone());
            } else if leftovers == Leftovers::Refuse {
                diagnostics.push(unsupported_argument(schema, name, attribute.name.span));
            }
        }
        for block in &self.blocks {
            match schema.blocks.get(&block.kind.text) {
                Some(labels) if labels_fit(block, labels, diagnostics) => content.blocks.push(block.clone()),
                None if leftovers == Leftovers::Refuse => diagnostics.push(unsupported_block(schema, block)),
                Some(_) | None => {}
            }
        }
        content
    }

    /// The body without the arguments and blocks of some names, and with those of another body.
    pub fn escaped(&self, names: &[&str], inner: &Body) -> Body {
        let other = |name: &Name| !names.contains(&&*name.text);
        let mut body = self.clone();
        body.attributes.retain(|attribute| other(&attribute.name));
        body.blocks.retain(|block| other(&block.kind));
        for object in body.json.iter_mut().flatten() {
            object.properties.retain(|property| other(&property.name));
        }
        body.attributes.extend(inner.attributes.iter().cloned());
        body.blocks.extend(inner.blocks.iter().cloned());
        if let Some(objects) = &mut body.json {
            objects.extend(inner.json.iter().flatten().cloned());
        }
        body
    }

    /// All arguments of a body that may have any names and no blocks.
    pub fn just_attributes(&self, diagnostics: &mut Diagnostics) -> BTreeMap<Text, Attribute> {
        let mut attributes = self.own_attributes(diagnostics);
        for Override { body, .. } in &self.overrides {
            attributes.extend(body.own_attributes(diagnostics));
        }
        attributes
    }

    fn own_attributes(&self, diagnostics: &mut Diagnostics) -> BTreeMap<Text, Attribute> {
        if let Some(objects) = &self.json {
            if objects.is_empty() {
                diagnostics.push(json_syntax::object_required(self.span));
            }
            return json_syntax::just_attributes(objects, diagnostics);
        }
        // Only the first: where a brace is missing, all that follows in the file would be reported.
        if let Some(block) = self.blocks.first() {
            let what = "Blocks are not allowed here.";
            let summary = format!("Unexpected \"{}\" block", block.kind.text);
            let error = Diagnostic::error(Code::UnsupportedBlock, summary).detail(what);
            diagnostics.push(error.at(block.kind.span).within(block.header));
        }
        self.attributes.iter().map(|attribute| (attribute.name.text.clone(), attribute.clone())).collect()
    }
}

/// An argument that must be given is missing.
pub fn missing(name: &str, place: Span) -> Diagnostic {
    Diagnostic::error(Code::MissingArgument, "Missing required argument")
        .detail(format!("The argument \"{name}\" is required, but no definition was found."))
        .at(place)
}

/// An argument that is not on the list.
pub fn unsupported_argument(schema: &BodySchema, name: &str, place: Span) -> Diagnostic {
    let error = Diagnostic::error(Code::UnknownArgument, "Unsupported argument")
        .detail(format!("An argument named \"{name}\" is not expected here."))
        .label(place, "not expected here");
    if schema.blocks.contains_key(name) {
        return error.help(format!(
            "Did you mean to define a block? Blocks are written without the equals sign: `{name} {{ … }}`."
        ));
    }
    match nearest(name, schema.attributes.keys().map(|name| &**name)) {
        Some(near) => error.help(format!("Did you mean \"{near}\"?")),
        None => error,
    }
}

fn unsupported_block(schema: &BodySchema, block: &Block) -> Diagnostic {
    let kind = &block.kind.text;
    let error = Diagnostic::error(Code::UnsupportedBlock, "Unsupported block type")
        .detail(format!("Blocks of type \"{kind}\" are not expected here."))
        .label(block.kind.span, "not expected here");
    if schema.attributes.contains_key(kind) {
        return error.help(format!(
            "Did you mean to define argument \"{kind}\"? If so, use the equals sign to assign it a value."
        ));
    }
    match nearest(kind, schema.blocks.keys().map(|kind| &**kind)) {
        Some(near) => error.help(format!("Did you mean \"{near}\"?")),
        None => error,
    }
}

/// Whether a block has as many labels as its type needs.
fn labels_fit(block: &Block, wanted: &[Text], diagnostics: &mut Diagnostics) -> bool {
    let kind = &block.kind.text;
    if let Some(extra) = block.labels.get(wanted.len()) {
        let detail = match wanted.len() {
            0 => format!("No labels are expected for {kind} blocks."),
            count => format!("Only {count} labels ({}) are expected for {kind} blocks.", wanted.join(", ")),
        };
        let summary = format!("Extraneous label for {kind}");
        diagnostics.push(
            Diagnostic::error(Code::BlockLabels, summary).detail(detail).at(extra.span).within(block.header),
        );
        return false;
    }
    if let Some(missing) = wanted.get(block.labels.len()) {
        let detail = format!("All {kind} blocks must have {} labels ({}).", wanted.len(), wanted.join(", "));
        let summary = format!("Missing {missing} for {kind}");
        let brace = block.body.span.at_start();
        // A block whose brace is missing, too, has its body in its type.
        let is_open = block.body.span != block.kind.span;
        let place = if is_open { Span { end: brace.start + 1, ..brace } } else { block.kind.span };
        diagnostics.push(
            Diagnostic::error(Code::BlockLabels, summary).detail(detail).at(place).within(block.header),
        );
        return false;
    }
    true
}
