//! Bodies of resources, data sources and providers, read by their schema.
//!
//! A body is lowered once into a `BlockExpression` and evaluated as often as there are instances.
//!
//! Invariant: the value has the type of the schema: every attribute and nested block is there, null or empty where nothing is written.
//! Invariant: what does not depend on values (unknown names, missing arguments, too many blocks) is reported by `lower_block`.
//! Never: a default or a computed value is put in; that is the provider's. What may be ephemeral is decided by who keeps the value.

use std::collections::BTreeMap;

use crate::code::Code;
use crate::content::{BodySchema, Content, Leftovers, Need};
use crate::convert::convert;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::evaluate::{Locals, Scope, evaluate_with};
use crate::evaluate_for::{Elements, elements};
use crate::expression::Expression;
use crate::former::modern;
use crate::lower::lower_within;
use crate::path::{Path, Step};
use crate::reference::Reference;
use crate::schema::{AttributeSchema, BlockSchema, NestedSchema, Nesting, Notation, Presence};
use crate::set::set;
use crate::source::Span;
use crate::syntax::{Attribute, Block, Body};
use crate::types::{Text, Type};
use crate::value::{Marks, Value};

/// A body lowered by its schema.
#[derive(Clone, Debug)]
pub struct BlockExpression {
    /// What is written for attributes, by name.
    attributes: BTreeMap<Text, AttributeExpression>,
    /// What is written for nested blocks, by type, in order.
    blocks: BTreeMap<Text, Vec<NestedExpression>>,
    /// Where a missing argument is reported.
    missing_item: Span,
}

#[derive(Clone, Debug)]
struct AttributeExpression {
    value: Expression,
    name: Span,
}

#[derive(Clone, Debug)]
enum NestedExpression {
    /// A block that is written.
    Static { label: Option<Text>, body: BlockExpression },
    /// A `dynamic` block.
    Dynamic(Box<DynamicExpression>),
}

#[derive(Clone, Debug)]
struct DynamicExpression {
    for_each: Expression,
    iterator: Text,
    label: Option<Expression>,
    body: BlockExpression,
}

/// Lowers a body by its schema. Names in `reserved` are the language's own and are passed over.
pub fn lower_block(
    body: &Body,
    schema: &BlockSchema,
    reserved: &[&str],
    diagnostics: &mut Diagnostics,
) -> BlockExpression {
    Lowering { diagnostics }.block(body, schema, reserved, &[])
}

struct Lowering<'a> {
    diagnostics: &'a mut Diagnostics,
}

impl Lowering<'_> {
    fn block(
        &mut self,
        body: &Body,
        schema: &BlockSchema,
        reserved: &[&str],
        names: &[Text],
    ) -> BlockExpression {
        let body = &*modern(body, schema, self.diagnostics);
        if let Some(inner) = escaping_block(body, reserved) {
            return self.block(&body.escaped(reserved, &inner), schema, &[], names);
        }
        let mut content = body.content(&body_schema(schema, reserved), Leftovers::Refuse, self.diagnostics);
        let mut attributes = BTreeMap::new();
        for (name, attribute) in &schema.attributes {
            if let Some(written) = content.take(name) {
                self.check_settable(name, attribute, &written);
                let value = lower_within(&written.value, names, self.diagnostics);
                attributes.insert(name.clone(), AttributeExpression { value, name: written.name.span });
            }
        }
        content.blocks.retain(|block| !reserved.contains(&&*block.kind.text));
        let blocks = self.nested_blocks(&content, schema, names, body.missing_item);
        BlockExpression { attributes, blocks, missing_item: body.missing_item }
    }

    fn check_settable(&mut self, name: &str, attribute: &AttributeSchema, written: &Attribute) {
        if attribute.presence == Presence::Computed {
            self.diagnostics.push(
                Diagnostic::error(Code::InvalidConfiguration, "Value for unconfigurable attribute")
                    .detail(format!("Can't configure a value for \"{name}\": its value will be decided automatically based on the result of applying this configuration."))
                    .at(written.value.span),
            );
        }
        if let Some(reason) = &attribute.deprecated {
            self.diagnostics.push(
                Diagnostic::warning(Code::Deprecated, "Argument is deprecated")
                    .detail(&**reason)
                    .at(written.name.span),
            );
        }
    }

    fn nested_blocks(
        &mut self,
        content: &Content,
        schema: &BlockSchema,
        names: &[Text],
        missing_item: Span,
    ) -> BTreeMap<Text, Vec<NestedExpression>> {
        let mut blocks: BTreeMap<Text, Vec<NestedExpression>> = BTreeMap::new();
        for block in &content.blocks {
            let dynamic = &*block.kind.text == "dynamic" && !schema.blocks.contains_key("dynamic");
            let (kind, nested) = match dynamic {
                true => {
                    let Some(label) = block.labels.first() else { continue };
                    (label.text.clone(), nested_schema(schema, &label.text))
                }
                false => (block.kind.text.clone(), nested_schema(schema, &block.kind.text)),
            };
            let Some(nested) = nested else {
                self.unknown_dynamic(block, &kind);
                continue;
            };
            let lowered = match dynamic {
                true => self.dynamic(block, &nested, &kind, names),
                false => Some(NestedExpression::Static {
                    label: block.labels.first().map(|label| label.text.clone()),
                    body: self.block(&block.body, &nested.block, &[], names),
                }),
            };
            blocks.entry(kind).or_default().extend(lowered);
        }
        self.check_counts(&blocks, schema, content, missing_item);
        blocks
    }

    fn unknown_dynamic(&mut self, block: &Block, kind: &str) {
        let at = block.labels.first().map_or(block.header, |label| label.span);
        self.diagnostics.push(
            Diagnostic::error(Code::UnsupportedBlock, "Unsupported block type")
                .detail(format!("Blocks of type \"{kind}\" are not expected here."))
                .at(at),
        );
    }

    /// Counts what is written as blocks; what `dynamic` blocks give is counted when it is known.
    fn check_counts(
        &mut self,
        blocks: &BTreeMap<Text, Vec<NestedExpression>>,
        schema: &BlockSchema,
        content: &Content,
        missing_item: Span,
    ) {
        for (kind, nested) in &schema.blocks {
            let written = blocks.get(kind).map_or(&[][..], Vec::as_slice);
            let fixed = fixed(written);
            let single = matches!(nested.nesting, Nesting::Single | Nesting::Group);
            let most = if single { 1 } else { nested.max_items };
            if fixed == written.len() && fixed < nested.min_items {
                self.diagnostics.push(
                    Diagnostic::error(Code::BlockCount, format!("Insufficient {kind} blocks"))
                        .detail(format!("At least {} \"{kind}\" blocks are required.", nested.min_items))
                        .at(missing_item),
                );
            }
            if most > 0 && fixed > most {
                let extra = content.blocks_of(kind).nth(most).map_or(missing_item, |block| block.header);
                self.diagnostics.push(
                    Diagnostic::error(Code::BlockCount, format!("Too many {kind} blocks"))
                        .detail(format!("No more than {most} \"{kind}\" blocks are allowed."))
                        .at(extra),
                );
            }
        }
    }

    fn dynamic(
        &mut self,
        block: &Block,
        nested: &NestedSchema,
        kind: &Text,
        names: &[Text],
    ) -> Option<NestedExpression> {
        let schema = BodySchema::new(&["iterator", "labels"], &[("content", &[])]).requiring(&["for_each"]);
        let mut content = block.body.content(&schema, Leftovers::Refuse, self.diagnostics);
        let iterator = content.take("iterator").and_then(|attribute| {
            let traversal =
                crate::blocks::argument::traversal(&attribute.value).filter(|t| t.hops.is_empty());
            if traversal.is_none() {
                self.diagnostics.push(
                    Diagnostic::error(Code::InvalidConfiguration, "Invalid dynamic iterator name")
                        .detail("Dynamic iterator must be a single variable name.")
                        .at(attribute.value.span),
                );
            }
            traversal.map(|traversal| traversal.root.text)
        });
        let iterator = iterator.unwrap_or_else(|| kind.clone());
        let for_each = content.take("for_each").map(|a| lower_within(&a.value, names, self.diagnostics));
        let inner: Vec<Text> = names.iter().cloned().chain([iterator.clone()]).collect();
        let label = content.take("labels").and_then(|attribute| {
            let items = crate::blocks::argument::items(&attribute, self.diagnostics).first().cloned();
            items.map(|item| lower_within(&item, &inner, self.diagnostics))
        });
        let Some(body) = content.blocks_of("content").next() else {
            self.diagnostics.push(
                Diagnostic::error(Code::MissingArgument, "Missing dynamic content block")
                    .detail("A dynamic block must have a nested block of type \"content\" to describe the body of each generated block.")
                    .at(block.header),
            );
            return None;
        };
        let body = self.block(&body.body, &nested.block, &[], &inner);
        Some(NestedExpression::Dynamic(Box::new(DynamicExpression {
            for_each: for_each?,
            iterator,
            label,
            body,
        })))
    }
}

/// The body of the block `_`, in which the language's own names are the provider's.
fn escaping_block(body: &Body, reserved: &[&str]) -> Option<Body> {
    if !reserved.contains(&"_") {
        return None;
    }
    let content = body.content(&BodySchema::new(&[], &[("_", &[])]), Leftovers::Ignore, &mut Vec::new());
    content.blocks.into_iter().next().map(|block| block.body)
}

/// What may stand in a body of this schema.
fn body_schema(schema: &BlockSchema, reserved: &[&str]) -> BodySchema {
    let mut allowed = BodySchema::default();
    for (name, attribute) in &schema.attributes {
        let required = attribute.presence == Presence::Required && attribute.notation == Notation::Argument;
        allowed.attributes.insert(name.clone(), if required { Need::Required } else { Need::Optional });
        if attribute.notation == Notation::ArgumentOrBlocks {
            allowed.blocks.insert(name.clone(), Vec::new());
        }
    }
    for (kind, nested) in &schema.blocks {
        let labels = if nested.nesting == Nesting::Map { vec![Text::from("key")] } else { vec![] };
        allowed.blocks.insert(kind.clone(), labels);
    }
    allowed.blocks.entry("dynamic".into()).or_insert_with(|| vec!["type".into()]);
    for name in reserved {
        match *name {
            "provisioner" => drop(allowed.blocks.insert("provisioner".into(), vec!["type".into()])),
            "lifecycle" | "connection" | "locals" | "_" => {
                allowed.blocks.entry((*name).into()).or_default();
            }
            name => {
                allowed.attributes.entry(name.into()).or_insert(Need::Optional);
            }
        }
    }
    allowed
}

/// The schema of a nested block, or of an attribute that may be written as blocks.
fn nested_schema(schema: &BlockSchema, kind: &str) -> Option<NestedSchema> {
    if let Some(nested) = schema.blocks.get(kind) {
        return Some(nested.clone());
    }
    let attribute = schema.attributes.get(kind).filter(|a| a.notation == Notation::ArgumentOrBlocks)?;
    let (nesting, element) = match &attribute.ty {
        Type::Set(element) => (Nesting::Set, element),
        Type::List(element) => (Nesting::List, element),
        _ => return None,
    };
    let Type::Object(object) = &**element else { return None };
    let fields = object.attributes.iter().map(|(name, ty)| {
        let mut field = AttributeSchema::new(ty.clone(), Presence::Optional);
        if matches!(ty.element(), Some(Type::Object(_))) {
            field.notation = Notation::ArgumentOrBlocks;
        }
        (name.clone(), field)
    });
    let block = BlockSchema { attributes: fields.collect(), ..BlockSchema::default() };
    Some(NestedSchema { nesting, min_items: 0, max_items: 0, block })
}

impl BlockExpression {
    /// All references in it, those of nested and `dynamic` blocks included.
    pub fn references(&self) -> Vec<&Reference> {
        let mut found = Vec::new();
        self.expressions(&mut |expression| found.extend(expression.references()));
        found
    }

    /// Visits all expressions in it.
    pub fn expressions<'a>(&'a self, see: &mut dyn FnMut(&'a Expression)) {
        self.attributes.values().for_each(|attribute| see(&attribute.value));
        for block in self.blocks.values().flatten() {
            match block {
                NestedExpression::Static { body, .. } => body.expressions(see),
                NestedExpression::Dynamic(dynamic) => {
                    see(&dynamic.for_each);
                    dynamic.label.iter().for_each(&mut *see);
                    dynamic.body.expressions(see);
                }
            }
        }
    }

    /// Where an argument stands; where it is not written, where it would be.
    pub fn span_of(&self, path: &Path) -> Span {
        let mut current = self;
        let mut steps = path.0.iter();
        let mut place = self.missing_item;
        while let Some(Step::Attribute(name)) = steps.next() {
            if let Some(attribute) = current.attributes.get(name) {
                return attribute.value.span;
            }
            let Some(blocks) = current.blocks.get(name) else { return place };
            let at = if let Some(Step::Index(at)) = steps.next() { *at } else { 0 };
            match blocks.get(at).or(blocks.first()) {
                Some(NestedExpression::Static { body, .. }) => current = body,
                Some(NestedExpression::Dynamic(dynamic)) => current = &dynamic.body,
                None => return place,
            }
            place = current.missing_item;
        }
        place
    }

    /// Where an argument or block is written; `None` if it is not.
    pub fn written(&self, path: &Path) -> Option<Span> {
        let mut current = self;
        let mut steps = path.0.iter();
        while let Some(Step::Attribute(name)) = steps.next() {
            if let Some(attribute) = current.attributes.get(name) {
                return Some(attribute.value.span);
            }
            let blocks = current.blocks.get(name)?;
            let at = if let Some(Step::Index(at)) = steps.next() { *at } else { 0 };
            match blocks.get(at).or(blocks.first())? {
                NestedExpression::Static { body, .. } => current = body,
                NestedExpression::Dynamic(dynamic) => current = &dynamic.body,
            }
        }
        None
    }

    /// The references of the part that these steps lead to; of everything where there are none.
    pub fn references_at(&self, steps: &[Step]) -> Vec<&Reference> {
        let (name, rest) = match steps.split_first() {
            None => return self.references(),
            Some((Step::Attribute(name) | Step::Key(name), rest)) => (name, rest),
            Some((Step::Index(_), _)) => return Vec::new(),
        };
        if let Some(attribute) = self.attributes.get(name) {
            return attribute.value.references();
        }
        let blocks = self.blocks.get(name).map_or(&[][..], Vec::as_slice);
        // Which of the blocks a key or number means is not told before they are expanded.
        let rest =
            if matches!(rest.first(), Some(Step::Index(_) | Step::Key(_))) { &rest[1..] } else { rest };
        let mut found = Vec::new();
        for block in blocks {
            match block {
                NestedExpression::Static { body, .. } => found.extend(body.references_at(rest)),
                NestedExpression::Dynamic(dynamic) => {
                    found.extend(dynamic.for_each.references());
                    found.extend(dynamic.body.references_at(rest));
                }
            }
        }
        found
    }

    /// Where the name of an argument stands, if it is written at the top of the body.
    pub fn name_span(&self, name: &str) -> Option<Span> {
        self.attributes.get(name).map(|attribute| attribute.name)
    }

    /// The value of the body, of the type of its schema.
    pub fn evaluate(&self, schema: &BlockSchema, scope: &dyn Scope, diagnostics: &mut Diagnostics) -> Value {
        self.evaluate_within(schema, scope, &Locals::default(), diagnostics)
    }

    fn evaluate_within(
        &self,
        schema: &BlockSchema,
        scope: &dyn Scope,
        locals: &Locals,
        diagnostics: &mut Diagnostics,
    ) -> Value {
        let mut evaluation = Evaluation { scope, diagnostics };
        let mut made: BTreeMap<Text, Value> = BTreeMap::new();
        for (name, attribute) in &schema.attributes {
            made.insert(name.clone(), evaluation.attribute(self, name, attribute, locals));
        }
        for (kind, nested) in &schema.blocks {
            let blocks = self.blocks.get(kind).map_or(&[][..], Vec::as_slice);
            made.insert(kind.clone(), evaluation.nested(blocks, nested, kind, locals, self.missing_item));
        }
        Value::object(made)
    }
}

struct Evaluation<'a> {
    scope: &'a dyn Scope,
    diagnostics: &'a mut Diagnostics,
}

/// How many blocks are written as such; `dynamic` ones may give none.
fn fixed(blocks: &[NestedExpression]) -> usize {
    blocks.iter().filter(|block| matches!(block, NestedExpression::Static { .. })).count()
}

/// The bodies that blocks and `dynamic` blocks give; `None` if it is not known how many.
struct Gathered {
    bodies: Option<Vec<(Option<Text>, Value)>>,
    marks: Marks,
}

impl Evaluation<'_> {
    fn attribute(
        &mut self,
        block: &BlockExpression,
        name: &Text,
        attribute: &AttributeSchema,
        locals: &Locals,
    ) -> Value {
        let Some(written) = block.attributes.get(name) else {
            return match (attribute.notation, block.blocks.get(name)) {
                (Notation::ArgumentOrBlocks, Some(blocks)) => {
                    self.attribute_blocks(blocks, attribute, locals)
                }
                _ => Value::null(attribute.ty.clone()),
            };
        };
        let value = evaluate_with(&written.value, self.scope, locals, self.diagnostics);
        if value.is_null() && attribute.presence == Presence::Required {
            self.diagnostics.push(
                Diagnostic::error(Code::MissingArgument, "Missing required argument")
                    .detail(format!("The argument \"{name}\" is required, but no definition was found."))
                    .at(written.value.span),
            );
            return Value::unknown(attribute.ty.clone());
        }
        convert(&value, &attribute.ty).unwrap_or_else(|error| {
            let summary = "Incorrect attribute value type";
            let detail = format!("Inappropriate value for attribute \"{name}\": {error}.");
            self.diagnostics
                .push(Diagnostic::error(Code::WrongType, summary).detail(detail).at(written.value.span));
            Value::unknown(attribute.ty.clone())
        })
    }

    fn attribute_blocks(
        &mut self,
        blocks: &[NestedExpression],
        attribute: &AttributeSchema,
        locals: &Locals,
    ) -> Value {
        let schema = BlockSchema {
            attributes: [(Text::from("it"), attribute.clone())].into(),
            ..BlockSchema::default()
        };
        let Some(nested) = nested_schema(&schema, "it") else { return Value::null(attribute.ty.clone()) };
        let gathered = self.gather(blocks, &nested, locals);
        let Some(bodies) = gathered.bodies else {
            return Value::unknown(attribute.ty.clone()).marked(gathered.marks);
        };
        let items: Vec<Value> = bodies.into_iter().map(|(_, body)| body).collect();
        let made = Value::tuple(items);
        convert(&made, &attribute.ty).unwrap_or(made).marked(gathered.marks)
    }

    fn nested(
        &mut self,
        blocks: &[NestedExpression],
        nested: &NestedSchema,
        kind: &Text,
        locals: &Locals,
        missing_item: Span,
    ) -> Value {
        let Gathered { bodies, marks } = self.gather(blocks, nested, locals);
        let Some(bodies) = bodies else { return Value::unknown(nested.ty()).marked(marks) };
        let fixed = fixed(blocks);
        if bodies.len() < nested.min_items && fixed < blocks.len() {
            self.diagnostics.push(
                Diagnostic::error(Code::BlockCount, format!("Insufficient {kind} blocks"))
                    .detail(format!("At least {} \"{kind}\" blocks are required.", nested.min_items))
                    .at(missing_item),
            );
        }
        if nested.max_items > 0 && bodies.len() > nested.max_items && fixed <= nested.max_items {
            self.diagnostics.push(
                Diagnostic::error(Code::BlockCount, format!("Too many {kind} blocks"))
                    .detail(format!("No more than {} \"{kind}\" blocks are allowed.", nested.max_items))
                    .at(missing_item),
            );
        }
        collected(bodies, nested).marked(marks)
    }

    fn gather(&mut self, blocks: &[NestedExpression], nested: &NestedSchema, locals: &Locals) -> Gathered {
        let mut gathered = Gathered { bodies: Some(Vec::new()), marks: Marks::NONE };
        for block in blocks {
            match block {
                NestedExpression::Static { label, body } => {
                    let value = body.evaluate_within(&nested.block, self.scope, locals, self.diagnostics);
                    gathered.bodies.iter_mut().for_each(|bodies| bodies.push((label.clone(), value.clone())));
                }
                NestedExpression::Dynamic(dynamic) => {
                    self.gather_dynamic(dynamic, nested, locals, &mut gathered)
                }
            }
        }
        gathered
    }

    fn gather_dynamic(
        &mut self,
        dynamic: &DynamicExpression,
        nested: &NestedSchema,
        locals: &Locals,
        gathered: &mut Gathered,
    ) {
        let (collection, marks) =
            evaluate_with(&dynamic.for_each, self.scope, locals, self.diagnostics).unmark();
        gathered.marks = gathered.marks.with(marks);
        let items = match elements(&collection) {
            Elements::Known(items) => items,
            Elements::Unknown => {
                gathered.bodies = None;
                return;
            }
            Elements::Null => return self.invalid_for_each(dynamic, "Cannot use a null value in for_each."),
            Elements::NotIterable(ty) => {
                return self.invalid_for_each(
                    dynamic,
                    &format!("Cannot use a {ty} value in for_each. An iterable collection is required."),
                );
            }
        };
        for (key, value) in items {
            let mut inner = locals.clone();
            let iterator = Value::object([("key", key), ("value", value)]);
            inner.push(dynamic.iterator.clone(), iterator);
            let label = dynamic.label.as_ref().and_then(|label| {
                let label = evaluate_with(label, self.scope, &inner, self.diagnostics);
                convert(&label, &Type::String).ok()?.as_str().map(Text::from)
            });
            let body = dynamic.body.evaluate_within(&nested.block, self.scope, &inner, self.diagnostics);
            gathered.bodies.iter_mut().for_each(|bodies| bodies.push((label.clone(), body.clone())));
        }
    }

    fn invalid_for_each(&mut self, dynamic: &DynamicExpression, detail: &str) {
        let error = Diagnostic::error(Code::InvalidRepetition, "Invalid dynamic for_each value");
        self.diagnostics.push(error.detail(detail).at(dynamic.for_each.span));
    }
}

/// Bodies as the collection that their nesting makes.
fn collected(bodies: Vec<(Option<Text>, Value)>, nested: &NestedSchema) -> Value {
    let element = nested.block.ty();
    let dynamic = element.has_dynamic();
    let mut values = bodies.into_iter();
    match nested.nesting {
        Nesting::Single => values.next().map_or_else(|| Value::null(element), |(_, body)| body),
        Nesting::Group => values.next().map_or_else(|| empty_block(&nested.block), |(_, body)| body),
        Nesting::List if dynamic => Value::tuple(values.map(|(_, body)| body)),
        Nesting::List => Value::list(element, values.map(|(_, body)| body)),
        Nesting::Set => set(element, values.map(|(_, body)| body)),
        Nesting::Map => {
            let named = values.map(|(label, body)| (label.unwrap_or_else(|| "".into()), body));
            if dynamic { Value::object(named) } else { Value::map(element, named) }
        }
    }
}

/// The value of a block in which nothing is written.
pub fn empty_block(schema: &BlockSchema) -> Value {
    let attributes =
        schema.attributes.iter().map(|(name, attribute)| (name.clone(), Value::null(attribute.ty.clone())));
    let blocks = schema.blocks.iter().map(|(kind, nested)| (kind.clone(), collected(Vec::new(), nested)));
    Value::object(attributes.chain(blocks))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::call::{NO_SURROUNDINGS, Surroundings};
    use crate::parser;
    use crate::source::Sources;

    struct Plain;

    impl Scope for Plain {
        fn resolve(&self, _reference: &Reference) -> Result<Value, Diagnostic> {
            Ok(Value::unknown(Type::list(Type::String)))
        }

        fn surroundings(&self) -> &Surroundings {
            &NO_SURROUNDINGS
        }
    }

    fn schema() -> BlockSchema {
        let mut schema = BlockSchema::default();
        schema.attributes.insert("name".into(), AttributeSchema::new(Type::String, Presence::Required));
        schema.attributes.insert("id".into(), AttributeSchema::new(Type::String, Presence::Computed));
        let mut port = BlockSchema::default();
        port.attributes.insert("number".into(), AttributeSchema::new(Type::Number, Presence::Optional));
        let nested = NestedSchema { nesting: Nesting::List, min_items: 0, max_items: 2, block: port };
        schema.blocks.insert("port".into(), nested);
        schema
    }

    fn check(text: &str) -> (String, Vec<String>) {
        let mut sources = Sources::default();
        let id = sources.add("main.tf", text);
        let (body, mut diagnostics) = parser::parse_file(id, text);
        let block = lower_block(&body, &schema(), &["count"], &mut diagnostics);
        let value = block.evaluate(&schema(), &Plain, &mut diagnostics);
        let errors = diagnostics.iter().map(|d| format!("{}: {}", d.summary, d.detail)).collect();
        (format!("{value:?}"), errors)
    }

    #[test]
    fn blocks_and_dynamic_blocks_make_one_list() {
        let text = "count = 1\nname = \"a\"\nport {\n number = \"1\"\n}\ndynamic \"port\" {\n for_each = [2]\n content {\n number = port.value\n }\n}\n";
        let (value, errors) = check(text);
        assert_eq!(errors, [""; 0]);
        assert_eq!(value, r#"{"id": null, "name": "a", "port": [{"number": 1}, {"number": 2}]}"#);
    }

    #[test]
    fn only_written_blocks_are_counted_before_dynamic_ones_are_known() {
        let one_of_many = "dynamic \"port\" {\n for_each = var.ports\n content {}\n}\n".repeat(3);
        let (_, errors) = check(&format!("name = \"a\"\n{one_of_many}"));
        assert_eq!(errors, [""; 0]);
        let three = "dynamic \"port\" {\n for_each = [1]\n content {}\n}\n".repeat(3);
        let (_, errors) = check(&format!("name = \"a\"\n{three}"));
        assert_eq!(errors, ["Too many port blocks: No more than 2 \"port\" blocks are allowed."]);
        let (_, errors) = check(&format!("name = \"a\"\n{}", "port {}\n".repeat(3)));
        assert_eq!(errors, ["Too many port blocks: No more than 2 \"port\" blocks are allowed."]);
    }

    #[test]
    fn an_unknown_for_each_makes_the_blocks_unknown() {
        let (value, errors) =
            check("name = \"a\"\ndynamic \"port\" {\n for_each = var.ports\n content {}\n}\n");
        assert_eq!(errors, [""; 0]);
        assert_eq!(value, r#"{"id": null, "name": "a", "port": unknown list(object({number = number}))}"#);
    }

    #[test]
    fn all_mistakes_are_reported_at_once() {
        let (_, errors) = check("nam = 1\nid = \"x\"\nport {\n number = \"x\"\n}\n");
        insta::assert_snapshot!(errors.join("\n"), @r#"
        Unsupported argument: An argument named "nam" is not expected here.
        Missing required argument: The argument "name" is required, but no definition was found.
        Value for unconfigurable attribute: Can't configure a value for "id": its value will be decided automatically based on the result of applying this configuration.
        Incorrect attribute value type: Inappropriate value for attribute "number": a number is required.
        "#);
    }
}
