//! Static checks of references: what they name is declared, and is used as it is declared.
//!
//! Invariant: every expression of every module is looked at once, whether it would be evaluated or not.
//! Never: a value is looked at.

use std::collections::HashSet;

use aksel_lang::address::Mode;
use aksel_lang::blocks::argument::{Hop as Written, Traversal};
use aksel_lang::blocks::condition::Condition;
use aksel_lang::blocks::lifecycle::IgnoreChanges;
use aksel_lang::blocks::resource::{Repetition, Resource};
use aksel_lang::code::Code;
use aksel_lang::configuration::{Extent, Module};
use aksel_lang::diagnostic::{Diagnostic, Diagnostics, has_errors, nearest};
use aksel_lang::expression::Expression;
use aksel_lang::former_values::{former_in, modern_path};
use aksel_lang::path::Step;
use aksel_lang::reference::{self, Hop, Reference, Subject};
use aksel_lang::schema::Presence;
use aksel_lang::source::Span;
use aksel_lang::syntax::Name;
use aksel_lang::types::Text;

use crate::program::{ModuleId, Program};

/// Checks all references of a program. Gives the places of those that are refused, so that nothing more is said of them.
pub(crate) fn check(program: &Program<'_>, diagnostics: &mut Diagnostics) -> HashSet<Span> {
    let mut refused = HashSet::new();
    for module in 0..program.modules.len() {
        let mut check = Check { program, module, scope: None, refused: &mut refused, diagnostics };
        check.declarations(program.modules[module].module);
    }
    for resource in &program.resources {
        let (module, scope) = (resource.module, resource.resource.scope.as_ref());
        let mut check = Check { program, module, scope, refused: &mut refused, diagnostics };
        if let Some(typed) = &resource.typed {
            typed.body.expressions(&mut |expression| check.expression(expression));
        }
        check.around(resource.resource);
        for provisioner in &resource.provisioners {
            let found = provisioner.references();
            found.into_iter().for_each(|reference| check.reference(reference));
        }
    }
    for provider in &program.providers {
        if let (Some((module, block)), Some(body)) = (provider.block, &provider.body) {
            let mut check = Check { program, module, scope: None, refused: &mut refused, diagnostics };
            block.for_each.iter().for_each(|value| check.expression(value));
            body.expressions(&mut |expression| check.expression(expression));
        }
    }
    refused
}

/// Checks one expression that stands in the root module, outside of everything.
pub(crate) fn check_one(program: &Program<'_>, expression: &Expression, diagnostics: &mut Diagnostics) {
    let mut refused = HashSet::new();
    Check { program, module: 0, scope: None, refused: &mut refused, diagnostics }.expression(expression);
}

/// Checks that no resource is made of itself.
pub(crate) fn check_own(program: &Program<'_>, diagnostics: &mut Diagnostics) {
    for resource in &program.resources {
        let own = Subject::Resource(resource.resource.name.clone());
        let mut found: Vec<&Reference> =
            resource.resource.repetition.expression().into_iter().flat_map(Expression::references).collect();
        found.extend(resource.typed.iter().flat_map(|typed| typed.body.references()));
        for condition in &resource.resource.lifecycle.preconditions {
            found.extend(condition.condition.references());
        }
        for reference in found.into_iter().filter(|reference| reference.subject == own) {
            let (span, key) = keyed(reference);
            diagnostics.push(
                Diagnostic::error(Code::Cycle, "Self-referential block")
                    .detail(format!(
                        "Configuration for {}{key} may not refer to itself.",
                        resource.resource.name
                    ))
                    .help("In a postcondition or a provisioner, `self` is the object itself.")
                    .at(span),
            );
        }
    }
}

/// The place of a subject with its key, and the key as text.
fn keyed(reference: &Reference) -> (Span, String) {
    match reference.steps.first() {
        Some(Hop::Index(index, at)) => (reference.span.to(*at), format!("[{index}]")),
        Some(Hop::Key(key, at)) => {
            (reference.span.to(*at), format!("[{}]", aksel_lang::address::quoted(key)))
        }
        Some(Hop::Attribute(_)) | None => (reference.span, String::new()),
    }
}

struct Check<'p, 'c, 'd> {
    program: &'p Program<'c>,
    module: ModuleId,
    /// The `check` block whose own data source can be referred to.
    scope: Option<&'c Text>,
    refused: &'d mut HashSet<Span>,
    diagnostics: &'d mut Diagnostics,
}

impl<'c> Check<'_, 'c, '_> {
    fn declarations(&mut self, module: &'c Module) {
        for variable in module.variables.values() {
            self.conditions(&variable.validations);
        }
        for local in module.locals.values() {
            self.local(&local.name.text, &local.value);
        }
        for output in module.outputs.values() {
            self.expression(&output.value);
            self.conditions(&output.preconditions);
            self.targets(&output.depends_on);
        }
        for call in module.calls.values() {
            call.repetition.expression().into_iter().for_each(|value| self.expression(value));
            call.arguments.values().for_each(|argument| self.expression(&argument.value));
            call.providers
                .iter()
                .filter_map(|passed| passed.ours.key.as_ref())
                .for_each(|key| self.expression(key));
            self.targets(&call.depends_on);
        }
        for check in module.checks.values() {
            self.scope = Some(&check.name.text);
            self.conditions(&check.assertions);
            self.scope = None;
        }
    }

    fn around(&mut self, resource: &'c Resource) {
        let lifecycle = &resource.lifecycle;
        resource.repetition.expression().into_iter().for_each(|value| self.expression(value));
        let instance = resource.provider.as_ref().and_then(|provider| provider.key.as_ref());
        instance.into_iter().for_each(|key| self.expression(key));
        self.targets(&resource.depends_on);
        self.resource_conditions(resource, &lifecycle.preconditions, "precondition");
        self.resource_conditions(resource, &lifecycle.postconditions, "postcondition");
        lifecycle.prevent_destroy.iter().for_each(|value| self.expression(value));
        self.ignored(resource);
    }

    /// What is ignored must be there, and be set by the configuration.
    fn ignored(&mut self, resource: &Resource) {
        let IgnoreChanges::Paths(paths) = &resource.lifecycle.ignore_changes else { return };
        let id = self.program.modules[self.module].resources.get(&resource.name);
        let typed = id.and_then(|id| self.program.resources[*id].typed.as_ref());
        let Some(schema) = typed.map(|typed| &typed.schema.block) else { return };
        for (path, span) in paths {
            let Some(Step::Attribute(name)) = path.0.first() else { continue };
            if let Some((_, name, former)) = modern_path(path, schema) {
                self.diagnostics.push(former.warning(name, *span));
                continue;
            }
            let attribute = schema.attributes.get(name);
            match attribute {
                None if !schema.blocks.contains_key(name) => {
                    let hint =
                        hint(name, schema.attributes.keys().chain(schema.blocks.keys())).unwrap_or_default();
                    let detail = format!(
                        "This object has no argument, nested block, or exported attribute named \"{name}\".{hint}"
                    );
                    let place = Span { end: span.start + name.len() as u32, ..*span };
                    self.error("Unsupported attribute", detail, place);
                }
                Some(attribute) if attribute.presence == Presence::Computed && path.0.len() == 1 => {
                    self.diagnostics.push(
                        Diagnostic::warning(Code::InvalidConfiguration, "Redundant ignore_changes element")
                            .detail(format!("The attribute {name} is decided by the provider alone, so that there is no configured value to ignore changes of. Including it in ignore_changes has no effect."))
                            .help("Remove the attribute from ignore_changes.")
                            .at(resource.type_span),
                    );
                }
                _ => {}
            }
        }
    }

    /// Conditions of a resource: its own value is `self` there, and only where it exists.
    fn resource_conditions(&mut self, resource: &Resource, conditions: &[Condition], kind: &str) {
        let own = Subject::Resource(resource.name.clone());
        for condition in conditions {
            for expression in [&condition.condition, &condition.error_message] {
                let mut references = expression.references().into_iter();
                if references.all(|reference| reference.subject != own) {
                    self.expression(expression);
                    continue;
                }
                let summary = format!("Invalid reference in {kind}");
                let detail = format!("Configuration for {} may not refer to itself.", resource.name);
                self.diagnostics.push(
                    Diagnostic::error(Code::Cycle, summary)
                        .detail(detail)
                        .help("In a postcondition, `self` is the object itself.")
                        .at(expression.span),
                );
            }
        }
    }

    fn conditions(&mut self, conditions: &[Condition]) {
        for condition in conditions {
            self.expression(&condition.condition);
            self.expression(&condition.error_message);
        }
    }

    fn expression(&mut self, expression: &Expression) {
        expression.references().into_iter().for_each(|reference| self.reference(reference));
    }

    fn local(&mut self, own: &Text, value: &Expression) {
        for reference in value.references() {
            if reference.subject == Subject::Local(own.clone()) {
                self.diagnostics.push(
                    Diagnostic::error(Code::Cycle, "Self-referencing local value")
                        .detail(format!(
                            "Local value local.{own} cannot use its own result as part of its expression."
                        ))
                        .at(reference.span),
                );
            } else {
                self.reference(reference);
            }
        }
    }

    fn targets(&mut self, targets: &[Traversal]) {
        for target in targets {
            match target_of(target) {
                Ok(reference) => self.reference(&reference),
                Err(error) => self.diagnostics.push(error),
            }
        }
    }

    fn module(&self) -> &'c Module {
        self.program.modules[self.module].module
    }

    /// How people call the module in which something is not declared.
    fn place(&self) -> String {
        match self.program.path(self.module) {
            path if path.is_root() => "the root module".into(),
            path => path.to_string(),
        }
    }

    fn error(&mut self, summary: &str, detail: String, span: Span) {
        self.diagnostics.push(Diagnostic::error(Code::UnknownReference, summary).detail(detail).at(span));
    }

    fn reference(&mut self, reference: &Reference) {
        let before = self.diagnostics.len();
        self.look(reference);
        let module = self.module();
        if !has_errors(&self.diagnostics[before..]) {
            self.deprecated(reference);
            return;
        }
        self.refused.insert(reference.whole);
        // Where something of the module could not be understood, what is missing may be just that.
        if module.extent == Extent::Partial {
            self.diagnostics.truncate(before);
        }
    }

    fn look(&mut self, reference: &Reference) {
        let module = self.module();
        match &reference.subject {
            Subject::Variable(name) if !module.variables.contains_key(name) => {
                let hint = hint(name, module.variables.keys()).unwrap_or_else(|| {
                    format!(" This variable can be declared with a variable \"{name}\" {{}} block.")
                });
                let detail =
                    format!("An input variable with the name \"{name}\" has not been declared.{hint}");
                self.error("Reference to undeclared input variable", detail, reference.span);
            }
            Subject::Local(name) if !module.locals.contains_key(name) => {
                let hint = hint(name, module.locals.keys()).unwrap_or_default();
                let detail = format!("A local value with the name \"{name}\" has not been declared.{hint}");
                self.error("Reference to undeclared local value", detail, reference.span);
            }
            Subject::Module(name) => self.called(name, reference),
            Subject::Resource(name) => match module.resources.get(name) {
                None => self.undeclared_resource(name, reference.span),
                Some(resource) => self.resource(resource, reference),
            },
            Subject::Variable(_)
            | Subject::Local(_)
            | Subject::EachKey
            | Subject::EachValue
            | Subject::CountIndex
            | Subject::SelfObject
            | Subject::Path(_)
            | Subject::Workspace
            | Subject::Applying => {}
        }
    }

    fn undeclared_resource(&mut self, name: &aksel_lang::address::ResourceName, span: Span) {
        let kind = match name.mode {
            Mode::Managed => "managed",
            Mode::Data => "data",
            Mode::Ephemeral => "ephemeral",
        };
        let place = self.place();
        let detail = format!(
            "A {kind} resource \"{}\" \"{}\" has not been declared in {place}.",
            name.type_name, name.name
        );
        let known: Vec<String> = self.module().resources.keys().map(ToString::to_string).collect();
        let near = nearest(&name.to_string(), known.iter().map(String::as_str));
        let near = near.map(|near| format!("Did you mean `{near}`?"));
        let error = Diagnostic::error(Code::UnknownReference, "Reference to undeclared resource");
        let error = error.detail(detail).at(span);
        self.diagnostics.push(Diagnostic { help: near, ..error });
    }

    fn undeclared_module(&mut self, name: &Text, span: Span) {
        let hint = hint(name, self.module().calls.keys()).unwrap_or_default();
        let detail = format!("No module call named \"{name}\" is declared in {}.{hint}", self.place());
        self.error("Reference to undeclared module", detail, span);
    }

    fn called(&mut self, name: &Text, reference: &Reference) {
        let Some(call) = self.module().calls.get(name) else {
            let span = match reference.steps.first() {
                Some(Hop::Attribute(output)) => reference.span.to(output.span),
                Some(Hop::Index(_, at) | Hop::Key(_, at)) => reference.span.to(*at),
                None => reference.span,
            };
            self.undeclared_module(name, span);
            return;
        };
        let keyed = matches!(reference.steps.first(), Some(Hop::Index(..) | Hop::Key(..)));
        let output = reference.steps.get(usize::from(keyed));
        let (Some(Hop::Attribute(output)), Some(module)) = (output, call.module.as_deref()) else { return };
        let single = matches!(call.repetition, Repetition::One | Repetition::Enabled(_));
        if !keyed && matches!(call.repetition, Repetition::Count(_)) {
            let detail = format!(
                "Can't access attributes on a list of objects: module.{name} has \"count\" set. Write module.{name}[0].{0} for one of them, or module.{name}[*].{0} for all.",
                output.text
            );
            self.error("Unsupported attribute", detail, with_dot(output.span));
            return;
        }
        // A key where none belongs is an error of the value; that of a for_each may have the name of the output.
        if keyed != single && !module.outputs.contains_key(&output.text) {
            let hint = hint(&output.text, module.outputs.keys()).unwrap_or_default();
            let detail = format!("This object does not have an attribute named \"{}\".{hint}", output.text);
            self.error("Unsupported attribute", detail, with_dot(output.span));
        }
    }

    fn resource(&mut self, resource: &Resource, reference: &Reference) {
        let name = &resource.name;
        if resource.scope.is_some() && resource.scope.as_ref() != self.scope {
            let detail = format!(
                "The referenced data resource \"{}\" \"{}\" is not available from this context.",
                name.type_name, name.name
            );
            self.error("Reference to scoped resource", detail, reference.span);
            return;
        }
        let keyed_at = match reference.steps.first() {
            Some(Hop::Index(_, at) | Hop::Key(_, at)) => Some(*at),
            Some(Hop::Attribute(_)) | None => None,
        };
        let word = match &resource.repetition {
            Repetition::Count(_) => Some(("count", "count.index")),
            Repetition::ForEach(_) => Some(("for_each", "each.key")),
            Repetition::One | Repetition::Enabled(_) => None,
        };
        match (word, keyed_at, reference.steps.first()) {
            (None, Some(at), _) => {
                let detail = format!(
                    "Because {name} does not have \"count\" or \"for_each\" set, references to it must not include an index key. Remove the bracketed index to refer to the single instance of this resource."
                );
                self.error("Unexpected resource instance key", detail, reference.span.to(at));
                return;
            }
            (Some((argument, key)), None, Some(Hop::Attribute(_))) => {
                let detail = format!(
                    "Because {name} has \"{argument}\" set, its attributes must be accessed on specific instances.\n\nFor example, to correlate with indices of a referring resource, use:\n    {name}[{key}]"
                );
                self.error("Missing resource instance key", detail, reference.span);
            }
            _ => {}
        }
        self.attribute(resource, &reference.steps[usize::from(keyed_at.is_some())..]);
    }

    /// Warns of an output that its module wants nobody to use any more.
    fn deprecated(&mut self, reference: &Reference) {
        let Subject::Module(name) = &reference.subject else { return };
        let module = self.module().calls.get(name).and_then(|call| call.module.as_deref());
        let named = reference.steps.iter().find_map(|step| match step {
            Hop::Attribute(output) => Some(output),
            Hop::Index(..) | Hop::Key(..) => None,
        });
        let (Some(module), Some(named)) = (module, named) else { return };
        let Some(why) = module.outputs.get(&named.text).and_then(|output| output.deprecated.as_ref()) else {
            return;
        };
        self.diagnostics.push(
            Diagnostic::warning(Code::Deprecated, "Deprecated value used")
                .detail(format!("The output \"{}\" of module.{name} is deprecated: {why}", named.text))
                .at(reference.span.to(named.span)),
        );
    }

    /// Checks the first attribute behind a resource against its schema.
    fn attribute(&mut self, resource: &Resource, steps: &[Hop]) {
        let Some(Hop::Attribute(attribute)) = steps.first() else { return };
        let id = self.program.modules[self.module].resources.get(&resource.name);
        let typed = id.and_then(|id| self.program.resources[*id].typed.as_ref());
        let Some(schema) = typed.map(|typed| &typed.schema.block) else { return };
        if let Some((name, former)) = former_in(steps, schema) {
            self.diagnostics.push(former.warning(&name.text, name.span));
            return;
        }
        let name = &attribute.text;
        if schema.attributes.contains_key(name) || schema.blocks.contains_key(name) {
            return;
        }
        let hint = hint(name, schema.attributes.keys().chain(schema.blocks.keys())).unwrap_or_default();
        let detail = format!(
            "This object has no argument, nested block, or exported attribute named \"{name}\".{hint}"
        );
        self.error("Unsupported attribute", detail, with_dot(attribute.span));
    }
}

/// What an item of `depends_on` names: something as a whole.
fn target_of(target: &Traversal) -> Result<Reference, Diagnostic> {
    let root = target.root.span;
    let names: Vec<Option<&Name>> = target
        .hops
        .iter()
        .map(|hop| if let Written::Attribute(name) = hop { Some(name) } else { None })
        .collect();
    let (subject, taken) = reference::subject(&target.root.text, &names).map_err(|(summary, detail)| {
        let place = match names.first() {
            Some(Some(first)) => root.to(first.span),
            Some(None) | None => root,
        };
        Diagnostic::error(Code::UnknownReference, summary).detail(detail).at(place)
    })?;
    if let Some(what) = per_instance(&subject) {
        return Err(Diagnostic::error(
            Code::InvalidReference,
            format!("Reference to \"{what}\" in depends_on"),
        )
        .detail(format!("depends_on holds for all instances at once, and so knows no \"{what}\"."))
        .at(target.span));
    }
    if target.hops.iter().any(|hop| matches!(hop, Written::Splat(_) | Written::Computed(_))) {
        return Err(Diagnostic::error(Code::InvalidConfiguration, "Invalid expression")
            .detail("depends_on takes references alone, whose keys are written out: no splat and no computed index.")
            .at(target.span));
    }
    let (hops, rest) = target.hops.split_at(taken);
    let keys = rest.iter().map_while(key_of).count();
    // An output of a module stands for the module.
    let output = usize::from(
        matches!(subject, Subject::Module(_)) && matches!(rest.get(keys), Some(Written::Attribute(_))),
    );
    let rest = &rest[..rest.len() - if rest.len() == keys + output { output } else { 0 }];
    let steps: Vec<Hop> = rest.iter().map_while(key_of).collect();
    if let (Some(first), Some(last)) = (rest.get(steps.len().min(1)), rest.last()) {
        return Err(Diagnostic::error(Code::InvalidConfiguration, "Invalid depends_on reference")
            .detail("References in depends_on must be to a whole object (resource, etc), not to an attribute of an object.")
            .at(beginning(first).to(last.span())));
    }
    let span = hops.last().map_or(root, |hop| root.to(hop.span()));
    Ok(Reference { subject, span, steps, whole: target.span })
}

/// The word for what differs from instance to instance, if a subject does.
fn per_instance(subject: &Subject) -> Option<&'static str> {
    match subject {
        Subject::EachKey | Subject::EachValue => Some("each"),
        Subject::CountIndex => Some("count"),
        Subject::SelfObject => Some("self"),
        Subject::Variable(_)
        | Subject::Local(_)
        | Subject::Resource(_)
        | Subject::Module(_)
        | Subject::Path(_)
        | Subject::Workspace
        | Subject::Applying => None,
    }
}

/// The place of a hop, with the dot before a name.
fn beginning(hop: &Written) -> Span {
    match hop {
        Written::Attribute(name) => with_dot(name.span),
        Written::Index(..) | Written::Key(..) | Written::Splat(_) | Written::Computed(_) => hop.span(),
    }
}

/// The instance key that a hop is.
fn key_of(hop: &Written) -> Option<Hop> {
    match hop {
        Written::Index(index, span) => Some(Hop::Index(*index, *span)),
        Written::Key(key, span) => Some(Hop::Key(key.clone(), *span)),
        Written::Attribute(_) | Written::Splat(_) | Written::Computed(_) => None,
    }
}

/// An attribute with the dot before it.
fn with_dot(span: Span) -> Span {
    Span { start: span.start.saturating_sub(1), ..span }
}

fn hint<'a>(written: &str, known: impl IntoIterator<Item = &'a Text>) -> Option<String> {
    let near = nearest(written, known.into_iter().map(|known| &**known));
    near.map(|near| format!(" Did you mean \"{near}\"?"))
}
