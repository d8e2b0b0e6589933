//! Imports: `import` blocks, evaluated to the instances that they are for.
//!
//! Rule: an instance that is in state already is not imported again; an import needs a declared instance and a known id or
//! identity. A block in a module is one for each instance of the module.
//! Never: an object is read here; the plan of the instance does.

use std::collections::HashMap;

use aksel_lang::address::{Address, InstanceKey, ModuleInstance, Target};
use aksel_lang::blocks::argument::{Hop, Traversal};
use aksel_lang::blocks::import::Import;
use aksel_lang::blocks::moved::target;
use aksel_lang::blocks::resource::Repetition;
use aksel_lang::code::Code;
use aksel_lang::diagnostic::{Diagnostic, Diagnostics, has_errors};
use aksel_lang::evaluate::evaluate;
use aksel_lang::lower::lower;
use aksel_lang::source::Span;
use aksel_lang::value::Value;

use crate::context::Live;
use crate::expand::{Keys, expand};
use crate::graph::NodeId;
use crate::imported_object::{ImportedObject, object_of};
use crate::imports::{duplicate, missing};
use crate::objects::{Written, write};
use crate::options::PlanMode;
use crate::order;
use crate::planning::Planning;
use crate::program::{ModuleId, ResourceId};
use crate::scope::ModuleScope;

/// An object that an instance takes over, and where that is written.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) object: ImportedObject,
    pub(crate) span: Span,
}

impl Planning<'_> {
    /// What an instance takes over, if anything.
    pub(crate) fn wanted_import(
        &mut self,
        resource: ResourceId,
        address: &Address,
    ) -> Result<Option<Wanted>, ()> {
        self.find_imports(resource);
        match self.imports.get_mut(&resource) {
            Some(Ok(wanted)) => Ok(wanted.remove(address)),
            Some(Err(())) => Err(()),
            None => Ok(None),
        }
    }

    fn find_imports(&mut self, resource: ResourceId) {
        if !self.imports.contains_key(&resource) {
            let found = self.imports_of(resource);
            self.imports.insert(resource, found);
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
            let Some(object) =
                object_of(&import.object, &address.resource.type_name, provider, &scope, diagnostics)
            else {
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
        self.find_imports(resource);
        let Some(Ok(wanted)) = self.imports.get(&resource) else { return true };
        let expanded: HashMap<&ModuleInstance, &Keys> =
            expanded.iter().map(|(instance, keys)| (instance, keys)).collect();
        let exists = |address: &Address| {
            let keys = expanded.get(&address.module);
            keys.is_some_and(|keys| **keys == Keys::Unknown || keys.contains(address.key.as_ref()))
        };
        let selected = |address: &Address| self.selection.instance(Some(node), address);
        let lost = wanted.iter().filter(|(address, _)| selected(address) && !exists(address));
        let mut lost: Vec<(&Address, &Wanted)> = lost.collect();
        lost.sort_by(|(a, _), (b, _)| order::addresses(a, b));
        let errors: Vec<Diagnostic> =
            lost.into_iter().map(|(address, wanted)| missing(&address.to_string(), wanted.span)).collect();
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
