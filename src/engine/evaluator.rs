//! The evaluator: variables, locals, outputs, module calls and checks, worked out when their nodes are reached.
//!
//! The same in a plan and in an apply; only what is known of resources differs.
//!
//! Invariant: after an error a value is unknown, and the node has failed, so that nothing follows from it.
//! Never: it waits for anything or touches a resource.

use std::collections::{BTreeMap, HashSet};

use aksel_lang::address::{Address, ModuleInstance};
use aksel_lang::blocks::check::Check;
use aksel_lang::blocks::condition::Condition;
use aksel_lang::blocks::local::Local;
use aksel_lang::blocks::output::Output;
use aksel_lang::blocks::variable::Variable;
use aksel_lang::code::Code;
use aksel_lang::diagnostic::{Diagnostic, Diagnostics, Severity, has_errors};
use aksel_lang::evaluate::evaluate;
use aksel_lang::types::{Text, Type};
use aksel_lang::value::{Marks, Value};

use crate::checks::{Checked, Checks, MessageRule, Status, Words, failure, judge, open, words};
use crate::edges::validates_others;
use crate::expand::{Keys, Repeated, expand, refuse_unknown};
use crate::options::{Deferral, PlanMode};
use crate::program::{ModuleId, Program, ResourceId};
use crate::providers::ProviderInstance;
use crate::scope::{Facts, ModuleScope, Values};
use crate::variables::{self, RootVariables, place, typed};
use crate::walk::Ending;

/// Whether conditions of resources are judged: what is to go need not be as it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Judging {
    On,
    Off,
}

impl From<PlanMode> for Judging {
    fn from(mode: PlanMode) -> Judging {
        match mode {
            PlanMode::Destroy => Judging::Off,
            PlanMode::Normal | PlanMode::RefreshOnly => Judging::On,
        }
    }
}

/// What has been worked out so far.
pub(crate) struct Evaluator<'w> {
    pub(crate) program: &'w Program<'w>,
    pub(crate) variables: &'w RootVariables,
    pub(crate) facts: Facts,
    pub(crate) deferral: Deferral,
    pub(crate) judging: Judging,
    pub(crate) values: Values,
    pub(crate) checks: Checks,
    /// The instances of provider configurations that have been worked out.
    pub(crate) provider_instances: HashSet<ProviderInstance>,
    pub(crate) diagnostics: Diagnostics,
    /// The values of the root module's outputs.
    pub(crate) root_outputs: BTreeMap<Text, Value>,
}

impl<'w> Evaluator<'w> {
    /// Nothing has been worked out.
    pub(crate) fn new(
        program: &'w Program<'w>,
        variables: &'w RootVariables,
        facts: Facts,
        deferral: Deferral,
        judging: Judging,
    ) -> Evaluator<'w> {
        let mut evaluator = Evaluator {
            program,
            variables,
            facts,
            deferral,
            judging,
            values: Values::new(program.modules.len()),
            checks: Checks::default(),
            provider_instances: HashSet::new(),
            diagnostics: Vec::new(),
            root_outputs: BTreeMap::new(),
        };
        evaluator.expect_checks();
        evaluator
    }

    fn expect_checks(&mut self) {
        for module in &self.program.modules {
            let declared = module.module;
            let within = |name: String| within(&declared.path.to_string(), name);
            for variable in declared.variables.values().filter(|variable| !variable.validations.is_empty()) {
                self.checks.expect(Checked::Variable, within(format!("var.{}", variable.name.text)));
            }
            for output in declared.outputs.values().filter(|output| !output.preconditions.is_empty()) {
                self.checks.expect(Checked::Output, within(format!("output.{}", output.name.text)));
            }
            for check in declared.checks.values() {
                let name = within(format!("check.{}", check.name.text));
                self.checks.expect(Checked::Check, name.clone());
                if declared.path.is_root() && self.judging == Judging::On {
                    self.checks.instance(Checked::Check, name.clone(), name);
                }
            }
            for resource in declared.resources.values() {
                let lifecycle = &resource.lifecycle;
                if !lifecycle.preconditions.is_empty() || !lifecycle.postconditions.is_empty() {
                    self.checks.expect(Checked::Resource, within(resource.name.to_string()));
                }
            }
        }
    }

    fn expect_instances(&mut self, module: ModuleId, instance: &ModuleInstance) {
        let checks = self.program.modules[module].module.checks.values();
        for check in checks.filter(|_| self.judging == Judging::On) {
            let name = format!("check.{}", check.name.text);
            let config = within(&self.program.path(module).to_string(), name.clone());
            self.checks.instance(Checked::Check, config, within(&instance.to_string(), name));
        }
    }

    /// The scope of a module instance.
    pub(crate) fn scope<'a>(&'a self, module: ModuleId, instance: &'a ModuleInstance) -> ModuleScope<'a> {
        ModuleScope::new(self.program, &self.values, &self.facts, module, instance)
    }

    fn ending(&self, before: usize) -> Ending {
        if has_errors(&self.diagnostics[before..]) { Ending::Failed } else { Ending::Done }
    }

    /// Finds the instances of a module.
    pub(crate) fn call(&mut self, module: ModuleId) -> Ending {
        let Some((caller, call)) = self.program.modules[module].caller else { return Ending::Done };
        let before = self.diagnostics.len();
        for instance in self.values.instances(caller) {
            let mut found = Vec::new();
            let keys = expand(&call.repetition, &self.scope(caller, &instance), &mut found);
            self.diagnostics.append(&mut found);
            let keys = keys.unwrap_or(Keys::Unknown);
            if keys == Keys::Unknown && self.deferral == Deferral::Refused {
                self.refuse_unknown(before, &call.repetition);
            }
            for repeated in keys.instances() {
                let child = instance.child(call.name.text.clone(), repeated.key.clone());
                self.expect_instances(module, &child);
                self.values.enter(module, child, repeated);
            }
            self.values.cells_mut(&instance).calls.insert(call.name.text.clone(), keys);
        }
        self.ending(before)
    }

    /// Reports a repetition that is not known, unless it failed already.
    pub(crate) fn refuse_unknown(
        &mut self,
        before: usize,
        repetition: &aksel_lang::blocks::resource::Repetition,
    ) {
        if !has_errors(&self.diagnostics[before..]) {
            self.diagnostics.extend(refuse_unknown(repetition));
        }
    }

    /// Works out a variable.
    pub(crate) fn variable(&mut self, module: ModuleId, variable: &Variable) -> Ending {
        let before = self.diagnostics.len();
        for instance in self.values.instances(module) {
            let value = self.variable_value(module, &instance, variable);
            let name = variable.name.text.clone();
            self.values.cells_mut(&instance).variables.insert(name, value);
            if !validates_others(variable) {
                self.validate(module, &instance, variable);
            }
        }
        self.ending(before)
    }

    fn variable_value(&mut self, module: ModuleId, instance: &ModuleInstance, variable: &Variable) -> Value {
        let name = &variable.name.text;
        let Some((caller, call)) = self.program.modules[module].caller else {
            self.diagnostics.extend(self.variables.refused.get(name).cloned());
            let given = self.variables.values.get(name).cloned();
            return given.unwrap_or_else(|| variables::unknown(variable));
        };
        let Some(argument) = call.arguments.get(name) else {
            let default = variable.default.as_ref().and_then(|default| typed(variable, default).ok());
            return default.unwrap_or_else(|| variables::unknown(variable));
        };
        let outer = caller_of(instance);
        let repeated = self.values.cells(instance).map(|cells| cells.repeated.clone()).unwrap_or_default();
        let mut found = Vec::new();
        let scope = self.scope(caller, &outer).repeated(&repeated);
        let value = evaluate(&argument.value, &scope, &mut found);
        let failed = has_errors(&found);
        self.diagnostics.append(&mut found);
        if failed {
            return variables::unknown(variable);
        }
        self.argument(instance, variable, value, argument.value.span)
    }

    fn argument(
        &mut self,
        instance: &ModuleInstance,
        variable: &Variable,
        value: Value,
        span: aksel_lang::source::Span,
    ) -> Value {
        let sources = &self.program.configuration.sources;
        let what = within(&instance.to_string(), format!("var.{}", variable.name.text));
        let defined = place(sources, variable.header);
        let refused = |summary, reason: &str| {
            Diagnostic::error(Code::InvalidVariable, summary)
                .detail(format!("The given value is not suitable for {what} defined at {defined}: {reason}."))
                .at(span)
        };
        if value.is_null() && !variable.nullable {
            if let Some(default) = &variable.default {
                return typed(variable, default).unwrap_or_else(|_| default.clone()).marked(value.marks());
            }
            self.diagnostics
                .push(refused("Required variable not set", "required variable may not be set to null"));
            return variables::unknown(variable);
        }
        if value.marks_deep().contains(Marks::EPHEMERAL) && !variable.ephemeral {
            self.diagnostics.push(
                Diagnostic::error(Code::EphemeralValue, "Ephemeral value not allowed")
                    .detail("This input variable is not declared as accepting ephemeral values, so it cannot be set to a result derived from an ephemeral value.")
                    .at(span),
            );
            return variables::unknown(variable);
        }
        typed(variable, &value).unwrap_or_else(|reason| {
            self.diagnostics.push(refused("Invalid value for input variable", &reason));
            variables::unknown(variable)
        })
    }

    /// Judges the validations of a variable in all instances.
    pub(crate) fn validation(&mut self, module: ModuleId, variable: &Variable) -> Ending {
        let before = self.diagnostics.len();
        for instance in self.values.instances(module) {
            self.validate(module, &instance, variable);
        }
        self.ending(before)
    }

    fn validate(&mut self, module: ModuleId, instance: &ModuleInstance, variable: &Variable) {
        let name = format!("var.{}", variable.name.text);
        let place_of_value = self.place_of_value(module, variable);
        for condition in &variable.validations {
            let words = Words {
                failed: "Invalid value for variable",
                result: "variable validation",
                expression: "Validation condition expression",
                message: MessageRule::OnFailure,
            };
            let message = self.judge(Checked::Variable, module, instance, name.clone(), condition, words);
            if let Some(message) = message {
                let rule = place(&self.program.configuration.sources, condition.header);
                self.diagnostics.push(
                    Diagnostic::error(Code::InvalidVariable, words.failed)
                        .detail(format!("{message}\n\nThis was checked by the validation rule at {rule}."))
                        .at(place_of_value)
                        .also(condition.condition.span, "the rule"),
                );
            }
        }
    }

    /// Where the value of a variable comes from: the argument of the call, the entry of a file, else the variable.
    fn place_of_value(&self, module: ModuleId, variable: &Variable) -> aksel_lang::source::Span {
        let name = &variable.name.text;
        match self.program.modules[module].caller {
            Some((_, call)) => call.arguments.get(name).map(|argument| argument.value.span),
            None => self.variables.spans.get(name).copied(),
        }
        .unwrap_or(variable.header)
    }

    /// Judges one condition; gives the message where it does not hold.
    fn judge(
        &mut self,
        kind: Checked,
        module: ModuleId,
        instance: &ModuleInstance,
        name: String,
        condition: &Condition,
        words: Words,
    ) -> Option<String> {
        let mut found = Vec::new();
        let judgement = judge(condition, words, &self.scope(module, instance), &mut found);
        self.diagnostics.append(&mut found);
        let config = within(&self.program.path(module).to_string(), name.clone());
        let address = within(&instance.to_string(), name);
        self.checks.judge(kind, config, address, judgement.status, judgement.kept());
        judgement.message
    }

    /// Works out a local value.
    pub(crate) fn local(&mut self, module: ModuleId, local: &Local) -> Ending {
        let before = self.diagnostics.len();
        for instance in self.values.instances(module) {
            let mut found = Vec::new();
            let value = evaluate(&local.value, &self.scope(module, &instance), &mut found);
            self.diagnostics.append(&mut found);
            self.values.cells_mut(&instance).locals.insert(local.name.text.clone(), value);
        }
        self.ending(before)
    }

    /// Works out an output.
    pub(crate) fn output(&mut self, module: ModuleId, output: &Output) -> Ending {
        let before = self.diagnostics.len();
        let path = self.program.path(module).to_string();
        let name = format!("output.{}", output.name.text);
        if !output.preconditions.is_empty() {
            self.checks.expanded(Checked::Output, within(&path, name.clone()));
        }
        for instance in self.values.instances(module) {
            if self.preconditions(module, &instance, output, &name) == Ending::Done {
                self.output_of(module, &instance, output);
            }
        }
        self.ending(before)
    }

    /// Works out an output without its conditions.
    pub(crate) fn output_value(&mut self, module: ModuleId, output: &Output) {
        for instance in self.values.instances(module) {
            self.output_of(module, &instance, output);
        }
    }

    fn output_of(&mut self, module: ModuleId, instance: &ModuleInstance, output: &Output) {
        let mut found = Vec::new();
        let value = evaluate(&output.value, &self.scope(module, instance), &mut found);
        let failed = has_errors(&found);
        self.diagnostics.append(&mut found);
        let value = if failed { value } else { self.shown(module, output, value) };
        self.values.cells_mut(instance).outputs.insert(output.name.text.clone(), value.clone());
        if instance.is_root() && !failed {
            self.root_outputs.insert(output.name.text.clone(), value);
        }
    }

    fn preconditions(
        &mut self,
        module: ModuleId,
        instance: &ModuleInstance,
        output: &Output,
        name: &str,
    ) -> Ending {
        let before = self.diagnostics.len();
        for condition in &output.preconditions {
            let words = words("Module output value precondition failed");
            let message = self.judge(Checked::Output, module, instance, name.to_owned(), condition, words);
            if let Some(message) = message {
                self.diagnostics.push(failure(condition, words, &message));
            }
        }
        self.ending(before)
    }

    /// Checks what may leave a module, and marks it.
    fn shown(&mut self, module: ModuleId, output: &Output, value: Value) -> Value {
        let marks = value.marks_deep();
        let root = self.program.path(module).is_root();
        if root && marks.contains(Marks::SENSITIVE) && !output.sensitive {
            self.diagnostics.push(
                Diagnostic::error(Code::SensitiveOutput, "Output refers to sensitive values")
                    .detail("To reduce the risk of accidentally exporting sensitive data that was intended to be only internal, any root module output containing sensitive data must be explicitly marked as sensitive, to confirm your intent.")
                    .help("If you do intend to export this data, annotate the output value as sensitive: `sensitive = true`.")
                    .at(output.header),
            );
        }
        if root && output.ephemeral {
            self.diagnostics.push(
                Diagnostic::error(Code::EphemeralValue, "Ephemeral output not allowed")
                    .detail("An output of the root module is kept in state, and an ephemeral value is kept nowhere.")
                    .help("Remove `ephemeral = true`; only outputs of called modules can be ephemeral.")
                    .at(output.header),
            );
        }
        if marks.contains(Marks::EPHEMERAL) && !output.ephemeral {
            self.diagnostics.push(
                Diagnostic::error(Code::EphemeralValue, "Ephemeral value not allowed")
                    .detail("This output value is not declared as returning an ephemeral value, so it cannot be set to a result derived from an ephemeral value.")
                    .at(output.value.span),
            );
        }
        // Of what is wholly unknown nobody can say what it will be.
        let told = value.is_known() || value.ty() != Type::Dynamic;
        if !root && output.ephemeral && told && !marks.contains(Marks::EPHEMERAL) {
            self.diagnostics.push(
                Diagnostic::error(Code::EphemeralValue, "Value not allowed in ephemeral output")
                    .detail("This output value is declared as returning an ephemeral value, so it can only be set to an ephemeral value.")
                    .help("Remove `ephemeral = true`, or return an ephemeral value.")
                    .at(output.value.span),
            );
        }
        let value = if output.sensitive { value.sensitive() } else { value };
        if output.ephemeral { value.marked(Marks::EPHEMERAL) } else { value }
    }

    /// Judges the assertions of a check; what does not hold is a warning. A check that has failed already, since its data
    /// could not be read, is not judged any further.
    pub(crate) fn check(&mut self, module: ModuleId, check: &Check) {
        let name = format!("check.{}", check.name.text);
        let config = within(&self.program.path(module).to_string(), name.clone());
        self.checks.expanded(Checked::Check, config.clone());
        for instance in self.values.instances(module) {
            let address = within(&instance.to_string(), name.clone());
            if !self.checks.has_failed(Checked::Check, config.clone(), &address) {
                self.assertions(module, &instance, check, &name);
            }
        }
    }

    fn assertions(&mut self, module: ModuleId, instance: &ModuleInstance, check: &Check, name: &str) {
        for condition in &check.assertions {
            let words = words("Check block assertion failed");
            let mut found = Vec::new();
            let judgement = judge(condition, words, &self.scope(module, instance), &mut found);
            let failure = match (judgement.status, &judgement.message) {
                (Status::Unknown, _) => Some(open(condition)),
                (_, Some(message)) => Some(failure(condition, words, message)),
                (Status::Pass | Status::Fail | Status::Error, None) => None,
            };
            self.diagnostics.append(&mut found);
            self.diagnostics.extend(failure.map(|one| Diagnostic { severity: Severity::Warning, ..one }));
            let config = within(&self.program.path(module).to_string(), name.to_owned());
            let address = within(&instance.to_string(), name.to_owned());
            self.checks.judge(Checked::Check, config, address, judgement.status, judgement.kept());
        }
    }

    /// Notes that the data source of a check could not be read.
    pub(crate) fn check_without_data(
        &mut self,
        module: ModuleId,
        instance: &ModuleInstance,
        check: &str,
        why: String,
    ) {
        let name = format!("check.{check}");
        let config = within(&self.program.path(module).to_string(), name.clone());
        let address = within(&instance.to_string(), name);
        self.checks.judge(Checked::Check, config, address, Status::Fail, Some(why));
    }

    /// Judges conditions of a resource instance. Says whether all hold, as far as they are known.
    pub(crate) fn resource_conditions(
        &mut self,
        resource: ResourceId,
        address: &Address,
        repeated: &Repeated,
        own: Option<Value>,
    ) -> Ending {
        if self.judging == Judging::Off {
            return Ending::Done;
        }
        let before = self.diagnostics.len();
        let node = &self.program.resources[resource];
        let lifecycle = &node.resource.lifecycle;
        let (conditions, failed) = match &own {
            None => (&lifecycle.preconditions, "Resource precondition failed"),
            Some(_) => (&lifecycle.postconditions, "Resource postcondition failed"),
        };
        for condition in conditions {
            let mut found = Vec::new();
            let scope = self.scope(node.module, &address.module).repeated(repeated);
            let scope = match &own {
                Some(own) => scope.with_self(own.clone()),
                None => scope,
            };
            let judgement = judge(condition, words(failed), &scope, &mut found);
            if let (Status::Fail, Some(message)) = (judgement.status, &judgement.message) {
                found.push(failure(condition, words(failed), message).about(address.to_string()));
            }
            self.diagnostics.append(&mut found);
            let config = self.program.config_address(resource).to_string();
            let (status, message) = (judgement.status, judgement.kept());
            self.checks.judge(Checked::Resource, config, address.to_string(), status, message);
        }
        self.ending(before)
    }

    /// Finds the instances of a resource in one module instance; `None` after an error.
    pub(crate) fn resource_keys(&mut self, resource: ResourceId, instance: &ModuleInstance) -> Option<Keys> {
        let node = &self.program.resources[resource];
        let mut found = Vec::new();
        let keys = expand(&node.resource.repetition, &self.scope(node.module, instance), &mut found);
        self.diagnostics.append(&mut found);
        let lifecycle = &node.resource.lifecycle;
        let judged = !lifecycle.preconditions.is_empty() || !lifecycle.postconditions.is_empty();
        if judged && self.judging == Judging::On {
            let config = self.program.config_address(resource).to_string();
            self.checks.expanded(Checked::Resource, config);
        }
        keys
    }

    /// What a resource's value is in a module instance until more is known.
    pub(crate) fn set_resource(&mut self, resource: ResourceId, instance: &ModuleInstance, value: Value) {
        let name = self.program.resources[resource].resource.name.clone();
        self.values.cells_mut(instance).resources.insert(name, value);
    }

    /// A value of which nothing is known.
    pub(crate) fn unknown() -> Value {
        Value::unknown(Type::Dynamic)
    }
}

/// A name within a module.
pub(crate) fn within(module: &str, name: String) -> String {
    if module.is_empty() { name } else { format!("{module}.{name}") }
}

/// The instance of the calling module.
pub(crate) fn caller_of(instance: &ModuleInstance) -> ModuleInstance {
    let mut outer = instance.clone();
    outer.0.pop();
    outer
}
