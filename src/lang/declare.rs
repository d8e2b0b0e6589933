//! Declarations: the blocks of a module's files, named and merged, become the module.
//!
//! Invariant: a second declaration of a name is reported where it stands and where the first one stands, and is dropped.
//! Invariant: an override changes what is declared elsewhere and declares nothing itself.
//! Never: an expression is evaluated, and no file is read.

use crate::address::{Mode, ModulePath};
use crate::blocks::{
    check, import, local, module_call, moved, output, provider, removed, resource, terraform, variable,
};
use crate::code::Code;
use crate::configuration::{Extent, Module};
use crate::content::{BodySchema, Leftovers};
use crate::diagnostic::{Diagnostic, Diagnostics, has_errors};
use crate::source::{Source, Sources, Span};
use crate::syntax::{Block, Body, Expression, ExpressionKind, Override};

/// The blocks of a module's files.
#[derive(Debug, Default)]
pub struct Declarations {
    blocks: Vec<Block>,
    /// Whether a file holds something at its top that is no declaration.
    extent: Extent,
}

/// What may stand in a configuration file.
fn schema() -> BodySchema {
    BodySchema::new(
        &[],
        &[
            ("terraform", &[]),
            ("required_providers", &[]),
            ("provider", &["name"]),
            ("variable", &["name"]),
            ("locals", &[]),
            ("output", &["name"]),
            ("module", &["name"]),
            ("resource", &["type", "name"]),
            ("data", &["type", "name"]),
            ("ephemeral", &["type", "name"]),
            ("moved", &[]),
            ("removed", &[]),
            ("import", &[]),
            ("check", &["name"]),
            ("action", &["type", "name"]),
        ],
    )
}

impl Declarations {
    /// Takes the blocks of a file in.
    pub fn add(&mut self, body: &Body, diagnostics: &mut Diagnostics) {
        let before = diagnostics.len();
        self.blocks.extend(body.content(&schema(), Leftovers::Refuse, diagnostics).blocks);
        if has_errors(&diagnostics[before..]) {
            self.extent = Extent::Partial;
        }
    }

    /// Lets the blocks of an override file change those that are already there.
    pub fn add_override(&mut self, body: &Body, module: &ModulePath, diagnostics: &mut Diagnostics) {
        for block in body.content(&schema(), Leftovers::Refuse, diagnostics).blocks {
            match &*block.kind.text {
                "locals" => self.override_locals(block, diagnostics),
                "terraform" => self.override_settings(block),
                "moved" | "removed" | "import" | "check" => diagnostics.push(cannot_override(&block)),
                _ => self.override_block(block, module, diagnostics),
            }
        }
    }

    fn override_block(&mut self, block: Block, module: &ModulePath, diagnostics: &mut Diagnostics) {
        refuse_depends_on(&block, diagnostics);
        let same = |base: &&mut Block| {
            base.kind.text == block.kind.text
                && base.labels.iter().map(|l| &l.text).eq(block.labels.iter().map(|l| &l.text))
                && alias_of(base) == alias_of(&block)
        };
        match self.blocks.iter_mut().find(same) {
            Some(base) => base.body.overrides.push(Override { header: block.header, body: block.body }),
            // A provider may be configured in an override alone.
            None if &*block.kind.text == "provider" && alias_of(&block).is_none() => self.blocks.push(block),
            None => diagnostics.push(nothing_to_override(&block, module)),
        }
    }

    fn override_locals(&mut self, block: Block, diagnostics: &mut Diagnostics) {
        let attributes = block.body.just_attributes(diagnostics);
        for (name, attribute) in attributes {
            let declares = |base: &&mut Block| {
                &*base.kind.text == "locals" && base.body.just_attributes(&mut Vec::new()).contains_key(&name)
            };
            let single = Body {
                attributes: vec![attribute.clone()],
                blocks: vec![],
                json: None,
                ..block.body.clone()
            };
            match self.blocks.iter_mut().find(declares) {
                Some(base) => base.body.overrides.push(Override { header: block.header, body: single }),
                None => diagnostics.push(
                    Diagnostic::error(Code::InvalidOverride, "Missing base local value definition to override")
                        .detail(format!("There is no local value named \"{name}\". An override file can only override a local value that was already defined in a primary configuration file."))
                        .at(attribute.span),
                ),
            }
        }
    }

    fn override_settings(&mut self, block: Block) {
        match self.blocks.iter_mut().find(|base| &*base.kind.text == "terraform") {
            Some(base) => base.body.overrides.push(Override { header: block.header, body: block.body }),
            None => self.blocks.push(block),
        }
    }

    /// Reads all blocks as what they declare.
    pub fn into_module(self, sources: &Sources, diagnostics: &mut Diagnostics) -> Module {
        let mut module = Module { extent: self.extent, ..Module::default() };
        for block in &self.blocks {
            let (before, declared) = (diagnostics.len(), module.declared());
            declare(&mut module, block, sources, diagnostics);
            if module.declared() == declared && has_errors(&diagnostics[before..]) {
                module.extent = Extent::Partial;
            }
        }
        module
    }
}

fn alias_of(block: &Block) -> Option<crate::types::Text> {
    if &*block.kind.text != "provider" {
        return None;
    }
    let content = block.body.content(&BodySchema::new(&["alias"], &[]), Leftovers::Ignore, &mut Vec::new());
    content.attributes.get("alias").and_then(|alias| crate::blocks::argument::literal_text(&alias.value))
}

fn refuse_depends_on(block: &Block, diagnostics: &mut Diagnostics) {
    let schema = BodySchema::new(&["depends_on"], &[]);
    let content = block.body.content(&schema, Leftovers::Ignore, &mut Vec::new());
    let depends_on = content.attributes.get("depends_on");
    let says_nothing =
        |value: &Expression| matches!(&value.kind, ExpressionKind::Tuple(items) if items.is_empty());
    if let Some(depends_on) = depends_on.filter(|depends_on| !says_nothing(&depends_on.value)) {
        diagnostics.push(
            Diagnostic::error(Code::InvalidOverride, "Unsupported override")
                .detail("The depends_on argument may not be overridden.")
                .at(first_item(&depends_on.value)),
        );
    }
}

/// Where the first item of a list stands, else the list.
fn first_item(value: &Expression) -> Span {
    match &value.kind {
        ExpressionKind::Tuple(items) => items.first().map_or(value.span, |item| item.span),
        _ => value.span,
    }
}

fn cannot_override(block: &Block) -> Diagnostic {
    let kind = &block.kind.text;
    let capital = kind[..1].to_uppercase() + &kind[1..];
    Diagnostic::error(Code::InvalidOverride, format!("Cannot override '{kind}' blocks"))
        .detail(format!("{capital} blocks can appear only in normal files, not in override files."))
        .at(block.header)
}

fn nothing_to_override(block: &Block, module: &ModulePath) -> Diagnostic {
    let name = block.labels.iter().map(|label| format!("{:?}", &*label.text)).collect::<Vec<_>>().join(" ");
    let place = if module.is_root() { "the root module".to_owned() } else { module.to_string() };
    let (what, kind) = match &*block.kind.text {
        "resource" => ("Missing resource to override", "resource"),
        "data" => ("Missing data resource to override", "data resource"),
        "ephemeral" => ("Missing ephemeral resource to override", "ephemeral resource"),
        "variable" => ("Missing base variable declaration to override", "variable"),
        "output" => ("Missing base output definition to override", "output"),
        "module" => ("Missing module call to override", "module call"),
        _ => ("Missing block to override", "block"),
    };
    Diagnostic::error(Code::InvalidConfiguration, what)
        .detail(format!("There is no {kind} {name} in {place}. An override file can only override what is already declared in a primary configuration file."))
        .at(block.header)
}

/// Where something stands, in words: `main.tf:3,1-20`.
fn place(sources: &Sources, span: Span) -> String {
    let source: &Source = sources.get(span.source);
    let (from, to) = (source.position(span.start as usize), source.position(span.end as usize));
    match from.line == to.line {
        true => format!("{}:{},{}-{}", source.name, from.line, from.column, to.column),
        false => format!("{}:{},{}-{},{}", source.name, from.line, from.column, to.line, to.column),
    }
}

fn duplicate(
    summary: String,
    named: &str,
    rule: &str,
    first: Span,
    second: Span,
    sources: &Sources,
) -> Diagnostic {
    Diagnostic::error(Code::Duplicate, summary)
        .detail(format!("{named} was already declared at {}. {rule}", place(sources, first)))
        .at(second)
        .also(first, "the first one")
}

fn declare(module: &mut Module, block: &Block, sources: &Sources, diagnostics: &mut Diagnostics) {
    match &*block.kind.text {
        "terraform" => terraform::read(block, &mut module.settings, diagnostics),
        "required_providers" => terraform::read_required(block, &mut module.settings, diagnostics),
        "provider" => declare_provider(module, block, sources, diagnostics),
        "variable" => declare_variable(module, block, sources, diagnostics),
        "locals" => declare_locals(module, block, sources, diagnostics),
        "output" => declare_output(module, block, sources, diagnostics),
        "module" => declare_call(module, block, sources, diagnostics),
        "resource" => {
            declare_resource(module, resource::read(block, Mode::Managed, diagnostics), sources, diagnostics)
        }
        "data" => {
            declare_resource(module, resource::read(block, Mode::Data, diagnostics), sources, diagnostics)
        }
        "ephemeral" => {
            declare_resource(
                module,
                resource::read(block, Mode::Ephemeral, diagnostics),
                sources,
                diagnostics,
            );
        }
        "moved" => module.moves.extend(moved::read(block, diagnostics)),
        "removed" => module.removals.extend(removed::read(block, diagnostics)),
        "import" => module.imports.extend(import::read(block, diagnostics)),
        "check" => declare_check(module, block, sources, diagnostics),
        _ => diagnostics.push(
            Diagnostic::error(Code::NotSupported, "Unsupported block: action")
                .detail("aksel does not run provider actions; no provider that it has declares one.")
                .at(block.header),
        ),
    }
}

fn declare_provider(module: &mut Module, block: &Block, sources: &Sources, diagnostics: &mut Diagnostics) {
    let Some(provider) = provider::read(block, diagnostics) else { return };
    if let Some(first) = module.providers.get(&provider.key) {
        let name = &provider.key.name;
        let (named, rule) = match &provider.key.alias {
            None => (
                format!("A default (non-aliased) provider configuration for \"{name}\""),
                "If multiple configurations are required, set the \"alias\" argument for alternative configurations.",
            ),
            Some(alias) => (
                format!("A provider configuration for \"{name}\" with alias \"{alias}\""),
                "Each configuration for the same provider must have a distinct alias.",
            ),
        };
        let summary = "Duplicate provider configuration".to_owned();
        diagnostics.push(duplicate(summary, &named, rule, first.header, block.header, sources));
        return;
    }
    module.providers.insert(provider.key.clone(), provider);
}

fn declare_variable(module: &mut Module, block: &Block, sources: &Sources, diagnostics: &mut Diagnostics) {
    let Some(variable) = variable::read(block, diagnostics) else { return };
    let name = variable.name.text.clone();
    if let Some(first) = module.variables.get(&name) {
        let named = format!("A variable named \"{name}\"");
        let summary = "Duplicate variable declaration".to_owned();
        let rule = "Variable names must be unique within a module.";
        diagnostics.push(duplicate(summary, &named, rule, first.header, block.header, sources));
        return;
    }
    module.variables.insert(name, variable);
}

fn declare_locals(module: &mut Module, block: &Block, sources: &Sources, diagnostics: &mut Diagnostics) {
    for local in local::read(block, diagnostics) {
        let name = local.name.text.clone();
        if let Some(first) = module.locals.get(&name) {
            let named = format!("A local value named \"{name}\"");
            let summary = "Duplicate local value definition".to_owned();
            let rule = "Local value names must be unique within a module.";
            diagnostics.push(duplicate(summary, &named, rule, first.span, local.span, sources));
            continue;
        }
        module.locals.insert(name, local);
    }
}

fn declare_output(module: &mut Module, block: &Block, sources: &Sources, diagnostics: &mut Diagnostics) {
    let Some(output) = output::read(block, diagnostics) else { return };
    let name = output.name.text.clone();
    if let Some(first) = module.outputs.get(&name) {
        let named = format!("An output named \"{name}\"");
        let summary = "Duplicate output definition".to_owned();
        let rule = "Output names must be unique within a module.";
        diagnostics.push(duplicate(summary, &named, rule, first.header, block.header, sources));
        return;
    }
    module.outputs.insert(name, output);
}

fn declare_call(module: &mut Module, block: &Block, sources: &Sources, diagnostics: &mut Diagnostics) {
    let Some(call) = module_call::read(block, diagnostics) else { return };
    let name = call.name.text.clone();
    if let Some(first) = module.calls.get(&name) {
        let named = format!("A module call named \"{name}\"");
        let summary = "Duplicate module call".to_owned();
        let rule = "Module calls must have unique names within a module.";
        diagnostics.push(duplicate(summary, &named, rule, first.header, block.header, sources));
        return;
    }
    module.calls.insert(name, call);
}

fn declare_resource(
    module: &mut Module,
    resource: Option<resource::Resource>,
    sources: &Sources,
    diagnostics: &mut Diagnostics,
) {
    let Some(resource) = resource else { return };
    if let Some(first) = module.resources.get(&resource.name) {
        let type_name = &resource.name.type_name;
        let (kind, what) = match resource.name.mode {
            Mode::Managed => ("resource", format!("A {type_name} resource")),
            Mode::Data => ("data", format!("A {type_name} data resource")),
            Mode::Ephemeral => ("ephemeral", format!("A {type_name} ephemeral resource")),
        };
        let named = format!("{what} named \"{}\"", resource.name.name);
        let summary = format!("Duplicate {kind} \"{type_name}\" configuration");
        let rule = "Resource names must be unique per type in each module.";
        diagnostics.push(duplicate(summary, &named, rule, first.header, resource.header, sources));
        return;
    }
    module.resources.insert(resource.name.clone(), resource);
}

fn declare_check(module: &mut Module, block: &Block, sources: &Sources, diagnostics: &mut Diagnostics) {
    let Some((check, data)) = check::read(block, diagnostics) else { return };
    declare_resource(module, data, sources, diagnostics);
    let name = check.name.text.clone();
    if let Some(first) = module.checks.get(&name) {
        let named = format!("A check block named \"{name}\"");
        let summary = format!("Duplicate check \"{name}\" configuration");
        let rule = "Check blocks must be unique within each module.";
        diagnostics.push(duplicate(summary, &named, rule, first.header, block.header, sources));
        return;
    }
    module.checks.insert(name, check);
}
