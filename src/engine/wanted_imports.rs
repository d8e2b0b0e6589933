//! Imports: `import` blocks, evaluated to the instances that they are for.
//!
//! Rule: an instance that is in state already is not imported again; an import needs a declared instance and a known id or
//! identity. A block in a module is one for each instance of the module.
//! Never: an object is read here; the plan of the instance does.

use std::collections::{BTreeMap, HashMap};

use aksel_lang::address::{Address, InstanceKey, ModuleInstance, Target};
use aksel_lang::blocks::argument::{Hop, Traversal};
use aksel_lang::blocks::import::{Import, ImportObject};
use aksel_lang::blocks::moved::target;
use aksel_lang::blocks::resource::Repetition;
use aksel_lang::code::Code;
use aksel_lang::convert::convert;
use aksel_lang::diagnostic::{Diagnostic, Diagnostics, has_errors, nearest};
use aksel_lang::evaluate::evaluate;
use aksel_lang::lower::lower;
use aksel_lang::source::Span;
use aksel_lang::types::{Text, Type};
use aksel_lang::value::{Marks, Value};
use aksel_provider::identity::{Identity, IdentityAttribute, Need};
use aksel_provider::provider::Provider;

use crate::context::Live;
use crate::expand::{Keys, expand};
use crate::graph::NodeId;
use crate::imports::{duplicate, missing};
use crate::objects::{Written, write};
use crate::options::PlanMode;
use crate::planning::Planning;
use crate::program::{ModuleId, ResourceId};
use crate::scope::ModuleScope;

/// An object that an instance takes over, and where that is written.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) object: WantedObject,
    pub(crate) span: Span,
}

/// Which object is taken over.
#[derive(Clone, Debug)]
pub(crate) struct WantedObject {
    /// The id that the provider finds it by.
    pub(crate) id: String,
    /// What is written: the id, or the identity as an object.
    pub(crate) said: Value,
}

impl Planning<'_> {
    /// What an instance takes over, if anything.
    pub(crate) fn wanted_import(
        &mut self,
        resource: ResourceId,
        address: &Address,
    ) -> Result<Option<Wanted>, ()> {
        if !self.imports.contains_key(&resource) {
            let found = self.imports_of(resource);
            self.imports.insert(resource, found);
        }
        match self.imports.get_mut(&resource) {
            Some(Ok(wanted)) => Ok(wanted.remove(address)),
            Some(Err(())) => Err(()),
            None => Ok(None),
        }
    }

    /// All imports for instances of a resource.
    fn imports_of(&mut self, resource: ResourceId) -> Result<HashMap<Address, Wanted>, ()> {
        let mut all = HashMap::new();
        let mut found = Vec::new();
        for (module, import) in self.context.program.imports.get(&resource).into_iter().flatten() {
            for instance in self.evaluator.values.instances(*module) {
                self.evaluate_import(import, resource, (*module, &instance), &mut all, &mut found);
            }
        }
        let failed = has_errors(&found);
        self.evaluator.diagnostics.append(&mut found);
        if failed { Err(()) } else { Ok(all) }
    }

    fn evaluate_import(
        &self,
        import: &Import,
        resource: ResourceId,
        (module, instance): (ModuleId, &ModuleInstance),
        all: &mut HashMap<Address, Wanted>,
        diagnostics: &mut Diagnostics,
    ) {
        let repetition = import.for_each.clone().map_or(Repetition::One, Repetition::ForEach);
        let scope = self.evaluator.scope(module, instance);
        // For nothing there is nothing to import.
        if import.for_each.as_ref().is_some_and(|each| evaluate(each, &scope, &mut Vec::new()).is_null()) {
            return;
        }
        let Some(keys) = expand(&repetition, &scope, diagnostics) else { return };
        if keys == Keys::Unknown {
            diagnostics.extend(import.for_each.as_ref().map(|each| unknown_elements(each.span)));
            return;
        }
        for repeated in keys.instances() {
            let scope = self.evaluator.scope(module, instance).repeated(&repeated);
            let Some(address) = address_of(import, &scope, diagnostics) else { continue };
            if self.live.contains_key(&(address.clone(), None)) {
                continue;
            }
            let Some(typed) = &self.context.program.resources[resource].typed else { continue };
            let provider = &*self.context.program.providers[typed.provider].provider;
            let Some(object) = object_of(&import.object, &address, provider, &scope, diagnostics) else {
                continue;
            };
            let span = import.to.traversal.span;
            if let Some(first) = all.insert(address.clone(), Wanted { object, span }) {
                let configuration = self.context.program.configuration;
                diagnostics.push(duplicate(configuration, &address.to_string(), first.span, span));
            }
        }
    }

    /// Whether each import for a resource is for one of its instances. If one is not, nothing is planned for the resource: it may be
    /// another instance that was meant, which must not be created meanwhile.
    pub(crate) fn imports_fit(
        &mut self,
        node: NodeId,
        resource: ResourceId,
        expanded: &[(ModuleInstance, Keys)],
    ) -> bool {
        if self.context.options.mode != PlanMode::Normal {
            return true;
        }
        if !self.imports.contains_key(&resource) {
            let found = self.imports_of(resource);
            self.imports.insert(resource, found);
        }
        let Some(Ok(wanted)) = self.imports.get(&resource) else { return true };
        let exists = |address: &Address| {
            let keys = expanded.iter().find(|(instance, _)| *instance == address.module);
            keys.is_some_and(|(_, keys)| *keys == Keys::Unknown || keys.contains(address.key.as_ref()))
        };
        let selected = |address: &Address| self.selection.instance(Some(node), address);
        let errors: Vec<Diagnostic> = wanted
            .iter()
            .filter(|(address, _)| selected(address) && !exists(address))
            .map(|(address, wanted)| missing(&address.to_string(), wanted.span))
            .collect();
        let fits = errors.is_empty();
        self.failed[node] |= !fits;
        self.evaluator.diagnostics.extend(errors);
        fits
    }

    /// Takes in an object that an import has found.
    pub(crate) fn take_imported(&mut self, address: &Address, imported: Live) {
        let program = self.context.program;
        let typed =
            program.resource_at(&address.config()).and_then(|found| program.resources[found].typed.as_ref());
        let Some(typed) = typed else { return };
        let written = write(&Written {
            value: &imported.value,
            schema: &typed.schema,
            status: imported.status,
            private: imported.private.clone(),
            dependencies: Vec::new(),
            remembered: imported.remembered,
        });
        self.refreshed.put(address, None, &imported.provider, written);
        self.live.insert((address.clone(), None), imported);
    }
}

fn address_of(import: &Import, scope: &ModuleScope<'_>, diagnostics: &mut Diagnostics) -> Option<Address> {
    let mut hops = Vec::new();
    for hop in &import.to.traversal.hops {
        hops.push(match hop {
            Hop::Computed(expression) => {
                let value = evaluate(&lower(expression, diagnostics), scope, diagnostics);
                match key_of(&value) {
                    Some(InstanceKey::Key(key)) => Hop::Key(key, expression.span),
                    Some(InstanceKey::Index(index)) => Hop::Index(index, expression.span),
                    None => {
                        diagnostics.push(
                            Diagnostic::error(Code::InvalidImport, "Invalid import 'to' expression")
                                .detail("The key of an import address must be a known string or number.")
                                .at(expression.span),
                        );
                        return None;
                    }
                }
            }
            other => other.clone(),
        });
    }
    let literal = Traversal { hops, ..import.to.traversal.clone() };
    match target(&literal) {
        Ok(Target::Resource(address)) => {
            let module = ModuleInstance([&*scope.instance.0, &*address.module.0].concat());
            Some(Address { module, ..address })
        }
        Ok(Target::Module(_)) => None,
        Err(error) => {
            diagnostics.push(error);
            None
        }
    }
}

/// An instance key out of a value.
pub(crate) fn key_of(value: &Value) -> Option<InstanceKey> {
    let (value, _) = value.unmark_deep();
    if let Some(text) = value.as_str() {
        return Some(InstanceKey::Key(text.into()));
    }
    value.as_number().and_then(|number| number.to_usize()).map(InstanceKey::Index)
}

/// Were such an import left out, what exists would be created.
fn unknown_elements(span: Span) -> Diagnostic {
    Diagnostic::error(Code::InvalidRepetition, "Invalid for_each argument")
        .detail("The \"for_each\" of an import includes values that are known only after the apply, so that nothing says which objects there are to import.")
        .help("Take the keys from variables or locals, or apply what they come from first, with -target.")
        .at(span)
}

/// What is wrong with the id of an import, as far as that is known while only checking.
pub(crate) fn check_id(import: &Import, scope: &ModuleScope<'_>, diagnostics: &mut Diagnostics) {
    let ImportObject::Id(expression) = &import.object else { return };
    let before = diagnostics.len();
    let (value, marks) = evaluate(expression, scope, diagnostics).unmark_deep();
    if !has_errors(&diagnostics[before..]) && value.is_wholly_known() {
        let problem = id_of(&value, marks).err();
        diagnostics.extend(problem.map(|problem| problem.of("Invalid import id argument", expression.span)));
    }
}

/// The object that an import names, with the id that the provider finds it by; `None` after an error.
fn object_of(
    object: &ImportObject,
    address: &Address,
    provider: &dyn Provider,
    scope: &ModuleScope<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<WantedObject> {
    let (ImportObject::Id(expression) | ImportObject::Identity(expression)) = object;
    let mut found = Vec::new();
    let value = evaluate(expression, scope, &mut found);
    let failed = has_errors(&found);
    diagnostics.append(&mut found);
    if failed {
        return None;
    }
    let (said, marks) = value.unmark_deep();
    let (title, id) = match object {
        ImportObject::Id(_) => ("Invalid import id argument", id_of(&said, marks)),
        ImportObject::Identity(_) => (
            "Invalid import identity argument",
            identity_of(&said, marks, &address.resource.type_name, provider),
        ),
    };
    match id {
        Ok(id) => {
            let said = if matches!(object, ImportObject::Id(_)) { Value::string(&id) } else { said };
            Some(WantedObject { id, said })
        }
        Err(problem) => {
            diagnostics.push(problem.of(title, expression.span));
            None
        }
    }
}

/// Why an import names no object.
struct Problem {
    detail: String,
    help: Option<String>,
}

impl Problem {
    fn of(self, title: &str, span: Span) -> Diagnostic {
        let error = Diagnostic::error(Code::InvalidImport, title.to_owned()).detail(self.detail).at(span);
        match self.help {
            Some(help) => error.help(help),
            None => error,
        }
    }
}

impl From<String> for Problem {
    fn from(detail: String) -> Problem {
        Problem { detail, help: None }
    }
}

fn id_of(value: &Value, marks: Marks) -> Result<String, Problem> {
    if value.is_null() {
        return Err("The import ID cannot be null.".to_owned().into());
    }
    if !value.is_wholly_known() {
        return Err("The import block \"id\" argument depends on resource attributes that cannot be determined until apply, so it cannot be planned to import this resource.".to_owned().into());
    }
    if marks.contains(Marks::EPHEMERAL) {
        return Err("The import ID cannot be an ephemeral value.".to_owned().into());
    }
    match convert(value, &Type::String) {
        Ok(text) => match text.as_str() {
            Some("") | None => {
                Err("The import ID value evaluates to an empty string, please provide a non-empty value."
                    .to_owned()
                    .into())
            }
            Some(id) => Ok(id.to_owned()),
        },
        Err(error) => Err(format!("The import ID value is unsuitable: {error}.").into()),
    }
}

/// The id that an identity stands for, by the attributes that the provider knows.
fn identity_of(
    value: &Value,
    marks: Marks,
    type_name: &str,
    provider: &dyn Provider,
) -> Result<String, Problem> {
    let schema = provider.identity_schema(type_name);
    if schema.is_empty() {
        let detail = format!("A `{type_name}` is found by its id alone.");
        return Err(Problem { detail, help: Some("Write its `id` instead.".into()) });
    }
    if value.is_null() {
        return Err("The identity of an import cannot be null.".to_owned().into());
    }
    if !value.is_wholly_known() {
        return Err("The identity depends on what is known only after the apply, so that nothing can be planned for this import.".to_owned().into());
    }
    if marks.contains(Marks::EPHEMERAL) {
        return Err("The identity of an import cannot be an ephemeral value.".to_owned().into());
    }
    let Some(members) = value.as_named() else {
        return Err(asked(&schema, "An identity is an object.".into()));
    };
    let identity = attributes_of(members, &schema)?;
    provider.import_id(type_name, &identity).map_err(Problem::from)
}

/// The attributes of an identity as text. What is null is not said.
fn attributes_of(members: &BTreeMap<Text, Value>, schema: &[IdentityAttribute]) -> Result<Identity, Problem> {
    let mut identity = Identity::new();
    let mut wrong: Vec<String> = Vec::new();
    for (name, value) in members {
        match attribute_of(name, value, schema) {
            Ok(None) => {}
            Ok(Some(text)) => {
                identity.insert(name.clone(), text);
            }
            Err(sentence) => wrong.push(sentence),
        }
    }
    let said =
        |attribute: &&IdentityAttribute| members.get(&attribute.name).is_some_and(|value| !value.is_null());
    let needed = schema.iter().filter(|attribute| attribute.need == Need::Required);
    let missing = needed
        .filter(|attribute| !said(attribute))
        .map(|attribute| format!("`{}` is missing.", attribute.name));
    wrong.extend(missing);
    if wrong.is_empty() { Ok(identity) } else { Err(asked(schema, wrong.join("\n"))) }
}

/// The text of one attribute, `None` for null; else what is wrong with it.
fn attribute_of(name: &Text, value: &Value, schema: &[IdentityAttribute]) -> Result<Option<String>, String> {
    if !schema.iter().any(|attribute| attribute.name == *name) {
        let known = nearest(name, schema.iter().map(|attribute| &*attribute.name));
        let meant = known.map_or(String::new(), |known| format!(" Did you mean `{known}`?"));
        return Err(format!("There is no `{name}` in this identity.{meant}"));
    }
    let text = convert(value, &Type::String).map_err(|error| format!("`{name}` is unsuitable: {error}."))?;
    match text.as_str() {
        Some("") => Err(format!("`{name}` is empty.")),
        text => Ok(text.map(str::to_owned)),
    }
}

/// A problem with the attributes that the identity has.
fn asked(schema: &[IdentityAttribute], detail: String) -> Problem {
    let attribute = |attribute: &IdentityAttribute| match attribute.need {
        Need::Required => format!("`{}`", attribute.name),
        Need::Optional => format!("`{}` (optional)", attribute.name),
    };
    let names: Vec<String> = schema.iter().map(attribute).collect();
    Problem { detail, help: Some(format!("The attributes are {}.", names.join(", "))) }
}
