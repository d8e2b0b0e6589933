//! Constants: values that are known before any module is installed, so that the source of a module may be made of them.
//!
//! Rule: a constant is a variable with `const = true`, or a local that is worked out from constants alone.
//! Invariant: evaluation ends; a local that leads back to itself is an error.
//! Never: nothing but constants, functions and literals is evaluated here; no instance of anything is known.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::address::ModulePath;
use crate::blocks::module_call::ModuleCall;
use crate::blocks::variable::{Variable, convert_default};
use crate::code::Code;
use crate::configuration::Module;
use crate::diagnostic::{Diagnostic, Diagnostics, has_errors, nearest};
use crate::evaluate::{Scope, evaluate};
use crate::expression::Expression;
use crate::functions::call;
use crate::reference::{Reference, Subject};
use crate::source::{Sources, Span};
use crate::types::{Text, Type};
use crate::value::{Marks, Value};

/// Who knows what people set the `const` variables of the root module to.
pub trait GiveConstants {
    /// The values of those that have one, of the variables' types. What is wrong with them is reported.
    fn give(
        &mut self,
        root: &Module,
        sources: &mut Sources,
        diagnostics: &mut Diagnostics,
    ) -> BTreeMap<Text, Value>;
}

/// Nobody has set anything: defaults count.
#[derive(Clone, Copy, Debug)]
pub struct Defaults;

impl GiveConstants for Defaults {
    fn give(&mut self, root: &Module, _: &mut Sources, _: &mut Diagnostics) -> BTreeMap<Text, Value> {
        let constants = root.variables.values().filter(|variable| variable.constant);
        constants.filter_map(|one| Some((one.name.text.clone(), one.default.clone()?))).collect()
    }
}

/// The constants of one module.
pub(crate) struct Constants<'a> {
    module: &'a Module,
    variables: BTreeMap<Text, Value>,
    // The locals that are being worked out.
    under_way: RefCell<Vec<Text>>,
}

impl<'a> Constants<'a> {
    pub(crate) fn new(module: &'a Module, variables: BTreeMap<Text, Value>) -> Constants<'a> {
        Constants { module, variables, under_way: RefCell::default() }
    }

    /// The constants that a call hands to the module that it calls.
    pub(crate) fn handed(
        &self,
        call: &ModuleCall,
        called: &Module,
        diagnostics: &mut Diagnostics,
    ) -> BTreeMap<Text, Value> {
        let constants = called.variables.values().filter(|variable| variable.constant);
        let value = |variable: &Variable, diagnostics: &mut Diagnostics| match call
            .arguments
            .get(&variable.name.text)
        {
            Some(argument) => self.argument(variable, &argument.value, diagnostics),
            None => variable.default.clone(),
        };
        constants.filter_map(|one| Some((one.name.text.clone(), value(one, diagnostics)?))).collect()
    }

    fn argument(
        &self,
        variable: &Variable,
        argument: &Expression,
        diagnostics: &mut Diagnostics,
    ) -> Option<Value> {
        let value = self.value(argument, diagnostics)?;
        // A value that does not fit is reported where the variable is worked out.
        match value.is_null() && !variable.nullable {
            true => variable.default.clone(),
            false => convert_default(&value, &variable.constraint).ok(),
        }
    }

    /// The value of an expression of constants; `None` after an error, which is reported.
    pub(crate) fn value(&self, expression: &Expression, diagnostics: &mut Diagnostics) -> Option<Value> {
        let mut found = Vec::new();
        let value = evaluate(expression, self, &mut found);
        let failed = found.iter().any(Diagnostic::is_error) || expression.is_invalid();
        diagnostics.append(&mut found);
        (!failed).then_some(value)
    }

    /// The text of an argument of a call that must be known first; `None` where it is null, or after an error.
    pub(crate) fn text(
        &self,
        argument: &Expression,
        name: &str,
        diagnostics: &mut Diagnostics,
    ) -> Option<String> {
        let value = self.value(argument, diagnostics)?;
        let refuse = |detail: String| {
            Diagnostic::error(Code::ModuleSource, format!("Invalid module {name}"))
                .detail(detail)
                .at(argument.span)
        };
        let marks = value.marks_deep();
        if marks.contains(Marks::SENSITIVE) || marks.contains(Marks::EPHEMERAL) {
            diagnostics.push(refuse(format!(
                "The {name} of a module is written into the list of installed modules, and so cannot be made of a sensitive or ephemeral value."
            )));
            return None;
        }
        match value.as_str() {
            Some(text) => Some(text.to_owned()),
            None if value.is_null() && name == "version" => None,
            // What it is made of has been reported.
            None if !value.is_known() && has_errors(diagnostics) => None,
            None => {
                diagnostics.push(refuse(format!(
                    "The {name} of a module must be a string that is known before planning."
                )));
                None
            }
        }
    }

    fn variable(&self, name: &Text, reference: &Reference) -> Result<Value, Diagnostic> {
        let Some(variable) = self.module.variables.get(name) else {
            return Err(undeclared(
                &self.module.path,
                "input variable",
                name,
                reference,
                self.module.variables.keys(),
            ));
        };
        if !variable.constant {
            return Err(not_constant(&reference.subject, reference.whole).also(variable.header, "the variable").help(format!(
                "Add `const = true` to the variable \"{name}\", and give it its value with -var, a .tfvars file or TF_VAR_{name} already when modules are installed."
            )));
        }
        // One without a value has been reported.
        let unknown = || Value::unknown(Type::Dynamic);
        let value = self.variables.get(name).cloned().unwrap_or_else(unknown);
        Ok(if variable.sensitive { value.sensitive() } else { value })
    }

    fn local(&self, name: &Text, reference: &Reference) -> Result<Value, Diagnostic> {
        let Some(local) = self.module.locals.get(name) else {
            return Err(undeclared(
                &self.module.path,
                "local value",
                name,
                reference,
                self.module.locals.keys(),
            ));
        };
        if self.under_way.borrow().contains(name) {
            return Err(Diagnostic::error(Code::Cycle, "Circular reference")
                .detail(format!("local.{name} is made of itself."))
                .at(reference.whole));
        }
        self.under_way.borrow_mut().push(name.clone());
        let mut found = Vec::new();
        let value = evaluate(&local.value, self, &mut found);
        self.under_way.borrow_mut().pop();
        match found.into_iter().find(Diagnostic::is_error) {
            Some(error) => Err(error.also(reference.whole, "needed here before modules are installed")),
            None => Ok(value),
        }
    }
}

impl Scope for Constants<'_> {
    fn resolve(&self, reference: &Reference) -> Result<Value, Diagnostic> {
        match &reference.subject {
            Subject::Variable(name) => self.variable(name, reference),
            Subject::Local(name) => self.local(name, reference),
            Subject::Resource(_)
            | Subject::Module(_)
            | Subject::EachKey
            | Subject::EachValue
            | Subject::CountIndex
            | Subject::SelfObject
            | Subject::Path(_)
            | Subject::Workspace
            | Subject::Applying => Err(not_constant(&reference.subject, reference.whole)
                .help("Refer to variables with `const = true`, and to locals that are made of such variables alone.")),
        }
    }

    fn surroundings(&self) -> &call::Surroundings {
        &call::NO_SURROUNDINGS
    }
}

fn not_constant(subject: &Subject, span: Span) -> Diagnostic {
    Diagnostic::error(Code::VariablesNotAllowed, "Variables not allowed")
        .detail(format!(
            "Modules are installed before anything is evaluated, and {subject} is not a constant."
        ))
        .at(span)
}

fn undeclared<'n>(
    module: &ModulePath,
    what: &str,
    name: &Text,
    reference: &Reference,
    known: impl Iterator<Item = &'n Text>,
) -> Diagnostic {
    let whose = if module.is_root() { "the root module".to_owned() } else { format!("{module}") };
    let error = Diagnostic::error(Code::UnknownReference, format!("Reference to undeclared {what}"))
        .detail(format!("There is no {what} \"{name}\" in {whose}."))
        .at(reference.whole);
    match nearest(name, known.map(|known| &**known)) {
        Some(near) => error.help(format!("Did you mean `{near}`?")),
        None => error,
    }
}
