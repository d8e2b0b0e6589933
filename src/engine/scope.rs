//! What is known so far, and what a reference means in one instance of a module.
//!
//! Invariant: a value is worked out once, when its node is reached, and then only looked up: a resource of a thousand
//! instances is one value, shared by all who refer to it.
//! Never: a scope starts anything; what has not been reached, or failed, is unknown.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aksel_lang::address::{InstanceKey, ModuleInstance, ResourceName};
use aksel_lang::code::Code;
use aksel_lang::diagnostic::Diagnostic;
use aksel_lang::evaluate::Scope;
use aksel_lang::former_values::former_below;
use aksel_lang::functions::call::{FunctionError, Surroundings};
use aksel_lang::functions::signature::{FunctionSignature, NoFunction};
use aksel_lang::reference::{Hop, PathKind, Reference, Subject};
use aksel_lang::schema::Former;
use aksel_lang::types::{Text, Type};
use aksel_lang::value::{Marks, Value};
use aksel_provider::provider::Provider;

use crate::edges::output_named;
use crate::expand::{Keys, Open, Repeated};
use crate::program::{ModuleId, Program};
use crate::providers;

/// What is known so far, by module instance.
#[derive(Debug, Default)]
pub(crate) struct Values {
    cells: HashMap<ModuleInstance, Cells>,
    /// The instances of each module, in order.
    instances: Vec<Vec<ModuleInstance>>,
}

/// What is known in one instance of a module.
#[derive(Debug, Default)]
pub(crate) struct Cells {
    pub(crate) repeated: Repeated,
    pub(crate) variables: HashMap<Text, Value>,
    pub(crate) locals: HashMap<Text, Value>,
    pub(crate) outputs: HashMap<Text, Value>,
    pub(crate) resources: HashMap<ResourceName, Value>,
    pub(crate) calls: HashMap<Text, Keys>,
}

/// What is the same for all scopes of a run.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) surroundings: Surroundings,
    pub(crate) workspace: Text,
    pub(crate) cwd: PathBuf,
    pub(crate) phase: Phase,
}

/// What the run is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Checking,
    Planning,
    Applying,
}

impl Values {
    /// Nothing is known but that there is a root module.
    pub(crate) fn new(modules: usize) -> Values {
        let mut values = Values { cells: HashMap::new(), instances: vec![Vec::new(); modules] };
        values.enter(0, ModuleInstance::default(), Repeated::default());
        values
    }

    /// Takes in an instance of a module.
    pub(crate) fn enter(&mut self, module: ModuleId, instance: ModuleInstance, repeated: Repeated) {
        self.cells.insert(instance.clone(), Cells { repeated, ..Cells::default() });
        self.instances[module].push(instance);
    }

    /// The instances of a module.
    pub(crate) fn instances(&self, module: ModuleId) -> Vec<ModuleInstance> {
        self.instances[module].clone()
    }

    /// What is known in an instance.
    pub(crate) fn cells(&self, instance: &ModuleInstance) -> Option<&Cells> {
        self.cells.get(instance)
    }

    /// What is known in an instance that has been entered.
    pub(crate) fn cells_mut(&mut self, instance: &ModuleInstance) -> &mut Cells {
        self.cells.entry(instance.clone()).or_default()
    }
}

/// One place from which references are looked up.
pub(crate) struct ModuleScope<'a> {
    pub(crate) program: &'a Program<'a>,
    pub(crate) values: &'a Values,
    pub(crate) facts: &'a Facts,
    pub(crate) module: ModuleId,
    pub(crate) instance: &'a ModuleInstance,
    pub(crate) repeated: Repeated,
    pub(crate) own: Option<Value>,
}

impl<'a> ModuleScope<'a> {
    /// The scope of what stands in a module outside of resources.
    pub(crate) fn new(
        program: &'a Program<'a>,
        values: &'a Values,
        facts: &'a Facts,
        module: ModuleId,
        instance: &'a ModuleInstance,
    ) -> ModuleScope<'a> {
        ModuleScope { program, values, facts, module, instance, repeated: Repeated::default(), own: None }
    }

    /// The scope of one instance of something repeated.
    pub(crate) fn repeated(self, repeated: &Repeated) -> ModuleScope<'a> {
        ModuleScope { repeated: repeated.clone(), ..self }
    }

    /// The scope in which `self` is this.
    pub(crate) fn with_self(self, own: Value) -> ModuleScope<'a> {
        ModuleScope { own: Some(own), ..self }
    }

    fn cells(&self) -> Option<&'a Cells> {
        self.values.cells(self.instance)
    }

    fn called(&self, name: &Text, steps: &[Hop]) -> Value {
        let unknown = || Value::unknown(Type::Dynamic);
        let module = self.program.modules[self.module].children.get(name);
        let keys = self.cells().and_then(|cells| cells.calls.get(name));
        let (Some(module), Some(keys)) = (module, keys) else { return unknown() };
        // Only what is asked for is put together: a thousand references to a thousand instances stay linear.
        let wanted = match (steps, output_named(steps)) {
            ([Hop::Index(index, _), ..], Some(output)) => Some((Some(InstanceKey::Index(*index)), output)),
            ([Hop::Key(key, _), ..], Some(output)) => Some((Some(InstanceKey::Key(key.clone())), output)),
            (_, Some(output)) => Some((None, output)),
            (_, None) => None,
        };
        if let Some((key, output)) = wanted
            && keys.contains(key.as_ref())
            && let Some(value) = self.output(name, key.as_ref(), output)
        {
            return one_output(key, output, value);
        }
        whole(keys, |key| self.outputs(*module, name, key))
    }

    fn output(&self, call: &Text, key: Option<&InstanceKey>, output: &Text) -> Option<Value> {
        let cells = self.values.cells(&self.instance.child(call.clone(), key.cloned()))?;
        cells.outputs.get(output).cloned()
    }

    fn outputs(&self, module: ModuleId, call: &Text, key: Option<&InstanceKey>) -> Value {
        let declared = self.program.modules[module].module.outputs.keys();
        Value::object(declared.map(|output| {
            let value = self.output(call, key, output);
            (output.clone(), value.unwrap_or_else(|| Value::unknown(Type::Dynamic)))
        }))
    }
}

/// The value of a called module with just one output in it.
fn one_output(key: Option<InstanceKey>, output: &Text, value: Value) -> Value {
    let object = Value::object([(output.clone(), value)]);
    match key {
        None => object,
        Some(InstanceKey::Key(key)) => Value::object([(key, object)]),
        Some(InstanceKey::Index(index)) => {
            let filler = (0..index).map(|_| Value::null(Type::Dynamic));
            Value::tuple(filler.chain([object]))
        }
    }
}

/// The value of something repeated: itself, a tuple or an object of its instances.
pub(crate) fn whole(keys: &Keys, instance: impl Fn(Option<&InstanceKey>) -> Value) -> Value {
    match keys {
        Keys::One => instance(None),
        Keys::Disabled => Value::null(Type::Dynamic),
        Keys::Count(count) => {
            Value::tuple((0..*count).map(|index| instance(Some(&InstanceKey::Index(index)))))
        }
        Keys::Each(elements) => Value::object(
            elements.keys().map(|key| (key.clone(), instance(Some(&InstanceKey::Key(key.clone()))))),
        ),
        Keys::Unknown => Value::unknown(Type::Dynamic),
    }
}

impl Scope for ModuleScope<'_> {
    fn resolve(&self, reference: &Reference) -> Result<Value, Diagnostic> {
        let unknown = || Value::unknown(Type::Dynamic);
        if self.program.refused.contains(&reference.whole) {
            return Ok(unknown());
        }
        let cells = self.cells();
        let repeated = &self.repeated;
        Ok(match &reference.subject {
            Subject::Variable(name) => {
                cells.and_then(|cells| cells.variables.get(name)).cloned().unwrap_or_else(unknown)
            }
            Subject::Local(name) => {
                cells.and_then(|cells| cells.locals.get(name)).cloned().unwrap_or_else(unknown)
            }
            Subject::Resource(name) => {
                cells.and_then(|cells| cells.resources.get(name)).cloned().unwrap_or_else(unknown)
            }
            Subject::Module(name) => self.called(name, &reference.steps),
            Subject::EachKey => match (&repeated.key, &repeated.open) {
                (Some(InstanceKey::Key(key)), _) => Value::string(key),
                (_, Some(Open::Each(_))) => Value::unknown_not_null(Type::String),
                _ => return Err(no_instance(reference)),
            },
            Subject::CountIndex => match (&repeated.key, &repeated.open) {
                (Some(InstanceKey::Index(index)), _) => InstanceKey::Index(*index).to_value(),
                (_, Some(Open::Count)) => Value::unknown_not_null(Type::Number),
                _ => return Err(no_instance(reference)),
            },
            Subject::EachValue => match (&repeated.each_value, &repeated.open) {
                (Some(value), _) => value.clone(),
                (None, Some(Open::Each(ty))) => Value::unknown(ty.clone()),
                _ => return Err(no_instance(reference)),
            },
            Subject::SelfObject => match &self.own {
                Some(own) => own.clone(),
                None => return Err(no_self(reference)),
            },
            Subject::Path(PathKind::Module) => folder(&self.program.modules[self.module].module.directory),
            Subject::Path(PathKind::Root) => folder(&self.program.modules[0].module.directory),
            Subject::Path(PathKind::Cwd) => folder(&self.facts.cwd),
            Subject::Workspace => Value::string(&self.facts.workspace),
            Subject::Applying => match self.facts.phase {
                Phase::Checking => Value::unknown(Type::Bool),
                Phase::Planning => Value::from(false).marked(Marks::EPHEMERAL),
                Phase::Applying => Value::from(true).marked(Marks::EPHEMERAL),
            },
        })
    }

    fn surroundings(&self) -> &Surroundings {
        &self.facts.surroundings
    }

    fn former(&self, resource: &ResourceName, within: &[Text], name: &str) -> Option<&Former> {
        let resource = self.program.modules[self.module].resources.get(resource)?;
        let typed = self.program.resources[*resource].typed.as_ref()?;
        former_below(within, name, &typed.schema.block)
    }

    fn provider_function(&self, provider: &str, function: &str) -> Result<FunctionSignature, NoFunction> {
        let module = self.program.modules[self.module].module;
        if !module.settings.required_providers.contains_key(provider) {
            return Err(NoFunction::UnknownProvider);
        }
        let found = self.provider(provider).ok_or(NoFunction::UnknownProvider)?;
        found.functions().remove(function).ok_or(NoFunction::UnknownFunction)
    }

    fn call_provider(
        &self,
        provider: &str,
        function: &str,
        arguments: &[Value],
    ) -> Result<Value, FunctionError> {
        let Some(found) = self.provider(provider) else {
            return Err(FunctionError::whole(format!("there is no provider `{provider}`")));
        };
        found.call(function, arguments).map_err(|error| match error.argument {
            Some(argument) => FunctionError::argument(argument, error.message),
            None => FunctionError::whole(error.message),
        })
    }
}

impl<'p> ModuleScope<'p> {
    /// The provider of a local name.
    fn provider(&self, name: &str) -> Option<&'p Arc<dyn Provider>> {
        let source = providers::source(self.program.modules[self.module].module, name);
        self.program.registry.provider(&source)
    }
}

fn folder(path: &Path) -> Value {
    let text = path.to_string_lossy();
    Value::string(if text.is_empty() { "." } else { &text })
}

/// `each` or `count` outside of something repeated.
pub(crate) fn no_instance(reference: &Reference) -> Diagnostic {
    let (summary, detail) = if reference.subject == Subject::CountIndex {
        (
            "Reference to \"count\" in non-counted context",
            "The \"count\" object can only be used in \"module\", \"resource\", and \"data\" blocks, and only when the \"count\" argument is set.",
        )
    } else {
        (
            "Reference to \"each\" in context without for_each",
            "The \"each\" object can be used only in \"module\" or \"resource\" blocks, and only when the \"for_each\" argument is set.",
        )
    };
    Diagnostic::error(Code::UnknownReference, summary).detail(detail).at(reference.whole)
}

/// `self` where there is none.
pub(crate) fn no_self(reference: &Reference) -> Diagnostic {
    Diagnostic::error(Code::UnknownReference, "Invalid \"self\" reference")
        .detail("The \"self\" object is not available in this context. This object can be used only in resource provisioner, connection, and postcondition blocks.")
        .at(reference.span)
}
