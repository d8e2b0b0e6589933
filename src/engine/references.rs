//! Static checks of references: what they name is declared, and is used as it is declared.
//!
//! Invariant: every expression of every module is looked at once, whether it would be evaluated or not.
//! Never: a value is looked at.

use aksel_lang::address::Mode;
use aksel_lang::blocks::argument::Traversal;
use aksel_lang::blocks::condition::Condition;
use aksel_lang::blocks::resource::{Repetition, Resource};
use aksel_lang::code::Code;
use aksel_lang::configuration::Module;
use aksel_lang::diagnostic::{Diagnostic, Diagnostics, nearest};
use aksel_lang::expression::Expression;
use aksel_lang::reference::{Hop, Reference, Subject};
use aksel_lang::source::Span;
use aksel_lang::types::Text;

use crate::edges::subject_of;
use crate::program::{ModuleId, Program};

/// Checks all references of a program.
pub(crate) fn check(program: &Program<'_>, diagnostics: &mut Diagnostics) {
    for module in 0..program.modules.len() {
        let mut check = Check { program, module, scope: None, diagnostics };
        check.declarations(program.modules[module].module);
    }
    for resource in &program.resources {
        let mut check =
            Check { program, module: resource.module, scope: resource.resource.scope.as_ref(), diagnostics };
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
        if let (Some((module, _)), Some(body)) = (provider.block, &provider.body) {
            let mut check = Check { program, module, scope: None, diagnostics };
            body.expressions(&mut |expression| check.expression(expression));
        }
    }
}

/// Checks one expression that stands in the root module, outside of everything.
pub(crate) fn check_one(program: &Program<'_>, expression: &Expression, diagnostics: &mut Diagnostics) {
    Check { program, module: 0, scope: None, diagnostics }.expression(expression);
}

/// Checks that no resource is made of itself.
pub(crate) fn check_own(program: &Program<'_>, diagnostics: &mut Diagnostics) {
    for resource in &program.resources {
        let own = Subject::Resource(resource.resource.name.clone());
        let mut found: Vec<&Reference> =
            repetition(&resource.resource.repetition).into_iter().flat_map(Expression::references).collect();
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

fn repetition(repetition: &Repetition) -> Option<&Expression> {
    match repetition {
        Repetition::One => None,
        Repetition::Count(value) | Repetition::ForEach(value) | Repetition::Enabled(value) => Some(value),
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
            repetition(&call.repetition).into_iter().for_each(|value| self.expression(value));
            call.arguments.values().for_each(|argument| self.expression(&argument.value));
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
        repetition(&resource.repetition).into_iter().for_each(|value| self.expression(value));
        self.targets(&resource.depends_on);
        self.conditions(&lifecycle.preconditions);
        self.conditions(&lifecycle.postconditions);
        lifecycle.prevent_destroy.iter().for_each(|value| self.expression(value));
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
            match subject_of(target) {
                Some(Subject::Resource(name)) if !self.module().resources.contains_key(&name) => {
                    self.undeclared_resource(&name, target.span);
                }
                Some(Subject::Module(name)) if !self.module().calls.contains_key(&name) => {
                    self.undeclared_module(&name, target.span);
                }
                _ => {}
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
        // A key where none belongs, or none where one does, is an error of the value.
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
            self.error("Reference to scoped resource", detail, reference.whole);
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
        self.attribute(resource, reference.steps.get(usize::from(keyed_at.is_some())));
    }

    /// Checks the first attribute behind a resource against its schema.
    fn attribute(&mut self, resource: &Resource, step: Option<&Hop>) {
        let Some(Hop::Attribute(attribute)) = step else { return };
        let id = self.program.modules[self.module].resources.get(&resource.name);
        let typed = id.and_then(|id| self.program.resources[*id].typed.as_ref());
        let Some(schema) = typed.map(|typed| &typed.schema.block) else { return };
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

/// An attribute with the dot before it.
fn with_dot(span: Span) -> Span {
    Span { start: span.start.saturating_sub(1), ..span }
}

fn hint<'a>(written: &str, known: impl IntoIterator<Item = &'a Text>) -> Option<String> {
    let near = nearest(written, known.into_iter().map(|known| &**known));
    near.map(|near| format!(" Did you mean \"{near}\"?"))
}
