//! Planning data sources and ephemeral resources: read now if everything is known, else during apply.
//!
//! Rule: a data source waits for apply if its configuration is not known, or if what it `depends_on` is to be changed, or a
//! resource that its configuration names: the object that it reads may only come to be with it.
//! Never: a data source of a `check` stops a run; its errors are warnings.

use std::sync::Arc;

use aksel_lang::address::{Address, Mode, ModuleInstance};
use aksel_lang::diagnostic::{Diagnostic, Diagnostics, Severity};
use aksel_lang::schema::{BlockSchema, Schema};
use aksel_lang::types::Text;
use aksel_lang::value::{Marks, Value};
use aksel_provider::finding::Finding;
use aksel_provider::propose::propose;
use aksel_state::snapshot::{InstanceObject, Status};
use futures::FutureExt;

use crate::context::{ObjectKey, finding_about};
use crate::edges::subject_of;
use crate::evaluator::Evaluator;
use crate::expand::Repeated;
use crate::graph::NodeId;
use crate::objects::{Remembered, Written, mark_schema, write};
use crate::observer::{Doing, Event};
use crate::options::PlanMode;
use crate::plan::{Action, Reason, ResourceChange};
use crate::planning::{Knowledge, Outcome, Planning, subject};
use crate::program::{ModuleId, NodeKey, ResourceId, Typed};
use crate::value_marks::{mark_at, marked_paths};
use crate::walk::{Ending, Job};

impl<'w> Planning<'w> {
    pub(crate) fn start_data(
        &mut self,
        node: NodeId,
        resource: ResourceId,
        address: Address,
        repeated: Repeated,
    ) -> Option<Job<'w, Outcome>> {
        let program = self.context.program;
        let typed = program.resources[resource].typed.clone()?;
        let Some(config) = self.config(resource, &address, &repeated) else {
            self.failed[node] = true;
            return None;
        };
        let instance = self.evaluator.provider_of(resource, &address, &repeated);
        let configured = instance.as_ref().and_then(|instance| self.sessions.get(instance)).cloned();
        let (Some(instance), Some(configured)) = (instance, configured) else {
            self.failed[node] = true;
            return None;
        };
        let provider = program.written(&instance);
        if let Some(reason) = self.data_waits(resource, &config, configured.knowledge) {
            self.read_later(node, &address, provider, planned_data(&config, &typed.schema.block), reason);
            return None;
        }
        let bare = config.unmark_deep().0;
        let stop = self.context.stop;
        let type_name = address.resource.type_name.clone();
        let marks = marked_paths(&config);
        let schema = Arc::clone(&typed.schema);
        let (world, observer) = (self.context.world, self.context.observer);
        let began = world.now();
        let read = async move {
            let key: ObjectKey = (address.clone(), None);
            observer.hears(&Event::Started(subject(&key, &bare), Doing::Read));
            let read = configured.session.read_data(&type_name, &bare, stop).await;
            observer.hears(&data_event(&key, &bare, &read, world.now().duration_since(began)));
            let read = read.map(|value| mark_schema(mark_at(value, &marks), &schema.block));
            Outcome::Data(Box::new(DataRead { address, repeated, provider, config, read }))
        };
        Some(Job::new(read.boxed()))
    }

    fn data_waits(&self, resource: ResourceId, config: &Value, knowledge: Knowledge) -> Option<Reason> {
        if !config.is_wholly_known() || knowledge == Knowledge::Partial {
            return Some(Reason::ReadConfigUnknown);
        }
        let waits = self.depends_on_pending(resource) || self.names_pending(resource);
        waits.then_some(Reason::ReadDependencyPending)
    }

    /// Whether a managed resource that the configuration names is to be changed.
    fn names_pending(&self, resource: ResourceId) -> bool {
        let program = self.context.program;
        let node = &program.resources[resource];
        let references = node.typed.as_ref().map(|typed| typed.body.references()).unwrap_or_default();
        references.iter().any(|reference| match &reference.subject {
            aksel_lang::reference::Subject::Resource(name) if name.mode == Mode::Managed => {
                let node = program.index.get(&NodeKey::Resource(node.module, name.clone()));
                node.is_some_and(|node| self.pending[*node])
            }
            _ => false,
        })
    }

    /// Whether something is to be changed that a resource, or a module around it, explicitly depends on.
    fn depends_on_pending(&self, resource: ResourceId) -> bool {
        let program = self.context.program;
        let declared = &program.resources[resource];
        let mut module = declared.module;
        let mut targets = vec![(module, &declared.resource.depends_on)];
        while let Some((caller, call)) = program.modules[module].caller {
            targets.push((caller, &call.depends_on));
            module = caller;
        }
        targets.iter().any(|(module, depends_on)| {
            depends_on.iter().filter_map(subject_of).any(|subject| {
                use aksel_lang::reference::Subject;
                let node = match subject {
                    Subject::Resource(name) => program.index.get(&NodeKey::Resource(*module, name)),
                    Subject::Module(name) => {
                        let child = program.modules[*module].children.get(&name);
                        child.and_then(|child| program.index.get(&NodeKey::Closed(*child)))
                    }
                    _ => None,
                };
                node.is_some_and(|node| self.pending[*node])
            })
        })
    }

    fn read_later(
        &mut self,
        node: NodeId,
        address: &Address,
        provider: Text,
        planned: Value,
        reason: Reason,
    ) {
        self.planned.insert(address.clone(), planned.clone());
        self.pending[node] = true;
        self.refreshed.remove(address, None);
        let change = ResourceChange {
            reason: Some(reason),
            ..self.change(&(address.clone(), None), provider, Action::Read { planned })
        };
        self.changes.push(change);
    }

    pub(crate) fn data_read(&mut self, node: NodeId, data: DataRead) {
        let program = self.context.program;
        let DataRead { address, repeated, provider, config, read } = data;
        let Some(resource) = program.resource_at(&address.config()) else { return };
        let Some(typed) = &program.resources[resource].typed else { return };
        let read = read.map_err(|findings| about(findings, typed, &address));
        if let Some(check) = &program.resources[resource].resource.scope {
            let module = program.resources[resource].module;
            let read = nested(&mut self.evaluator, (module, check), &address.module, read);
            let value = read.unwrap_or_else(|| planned_data(&config, &typed.schema.block));
            self.refreshed.put(&address, None, &provider, written(&known_part(&value), &typed.schema));
            self.planned.insert(address.clone(), value.clone());
            self.read_again(address, provider, value);
            return;
        }
        match read {
            Err(found) => {
                self.failed[node] = true;
                self.evaluator.diagnostics.extend(found);
            }
            Ok(value) => {
                if value.is_wholly_known() {
                    self.refreshed.put(&address, None, &provider, written(&value, &typed.schema));
                }
                self.planned.insert(address.clone(), value.clone());
                let ending = self.evaluator.resource_conditions(resource, &address, &repeated, Some(value));
                self.failed[node] |= ending == Ending::Failed;
            }
        }
    }

    /// What a check looks at is read last of all, when everything else has been applied.
    fn read_again(&mut self, address: Address, provider: Text, planned: Value) {
        if self.context.options.mode == PlanMode::Normal {
            let change = self.change(&(address, None), provider, Action::Read { planned });
            self.changes.push(ResourceChange { reason: Some(Reason::ReadCheckNested), ..change });
        }
    }

    pub(crate) fn start_ephemeral(
        &mut self,
        node: NodeId,
        resource: ResourceId,
        address: Address,
        repeated: &Repeated,
    ) -> Option<Job<'w, Outcome>> {
        let program = self.context.program;
        let typed = program.resources[resource].typed.clone()?;
        let Some(config) = self.config(resource, &address, repeated) else {
            self.failed[node] = true;
            return None;
        };
        let instance = self.evaluator.provider_of(resource, &address, repeated);
        let Some(configured) = instance.and_then(|instance| self.sessions.get(&instance)).cloned() else {
            self.failed[node] = true;
            return None;
        };
        if !config.is_wholly_known() || configured.knowledge == Knowledge::Partial {
            let planned = planned_data(&config, &typed.schema.block).marked(Marks::EPHEMERAL);
            self.planned.insert(address, planned);
            return None;
        }
        let bare = config.unmark_deep().0;
        let stop = self.context.stop;
        let type_name = address.resource.type_name.clone();
        let open = async move {
            let opened = configured.session.open(&type_name, &bare, stop).await;
            Outcome::Ephemeral(Box::new(address), opened)
        };
        Some(Job::new(open.boxed()))
    }

    pub(crate) fn opened(&mut self, node: NodeId, address: &Address, opened: Result<Value, Vec<Finding>>) {
        let program = self.context.program;
        let Some(resource) = program.resource_at(&address.config()) else { return };
        let Some(typed) = &program.resources[resource].typed else { return };
        match opened {
            Ok(value) => {
                let value = mark_schema(value, &typed.schema.block).marked(Marks::EPHEMERAL);
                self.planned.insert(address.clone(), value);
            }
            Err(findings) => {
                self.failed[node] = true;
                let place = |finding| finding_about(finding, typed, address);
                self.evaluator.diagnostics.extend(findings.into_iter().map(place));
                self.planned.insert(address.clone(), Evaluator::unknown());
            }
        }
    }
}

/// A data source that was read.
pub(crate) struct DataRead {
    pub(crate) address: Address,
    pub(crate) repeated: Repeated,
    /// The provider instance, as state writes it.
    pub(crate) provider: Text,
    pub(crate) config: Value,
    pub(crate) read: Result<Value, Vec<Finding>>,
}

/// What was found about a data source, at the arguments that it is about.
pub(crate) fn about(findings: Vec<Finding>, typed: &Typed, address: &Address) -> Diagnostics {
    findings.into_iter().map(|finding| finding_about(finding, typed, address)).collect()
}

/// The answer for a data source of a check. If there is none the check has failed, with a warning.
pub(crate) fn nested(
    evaluator: &mut Evaluator<'_>,
    (module, check): (ModuleId, &Text),
    instance: &ModuleInstance,
    read: Result<Value, Diagnostics>,
) -> Option<Value> {
    let found = match read {
        Ok(value) => return Some(value),
        Err(found) => found,
    };
    for one in found {
        let why = format!("{}: {}", one.summary, one.detail);
        evaluator.check_without_data(module, instance, check, why);
        evaluator.diagnostics.push(Diagnostic { severity: Severity::Warning, ..one });
    }
    None
}

/// A data source as state has it.
pub(crate) fn written(value: &Value, schema: &Schema) -> InstanceObject {
    write(&Written {
        value,
        schema,
        status: Status::Ready,
        private: None,
        dependencies: Vec::new(),
        remembered: Remembered::default(),
    })
}

/// The value with null for every attribute that is not wholly known.
pub(crate) fn known_part(value: &Value) -> Value {
    let Some(attributes) = value.as_named() else { return value.clone() };
    let known = attributes.iter().map(|(name, inner)| {
        let inner = if inner.is_wholly_known() { inner.clone() } else { Value::null(inner.ty()) };
        (name.clone(), inner)
    });
    Value::object(known).marked(value.marks())
}

/// How the reading of a data source ended.
pub(crate) fn data_event(
    key: &ObjectKey,
    config: &Value,
    read: &Result<Value, Vec<Finding>>,
    took: jiff::SignedDuration,
) -> Event {
    let took = took.try_into().unwrap_or_default();
    match read {
        Ok(value) => Event::Done(subject(key, value), Doing::Read, took),
        Err(_) => Event::Failed(subject(key, config), Doing::Read, took),
    }
}

/// What is known of a data source before it is read: its configuration, and that the rest is not known.
pub(crate) fn planned_data(config: &Value, schema: &BlockSchema) -> Value {
    let prior = Value::null(schema.ty());
    let proposed = propose(schema, &prior, config);
    let mut value = mark_at(proposed.unmark_deep().0, &marked_paths(config));
    for (name, attribute) in &schema.attributes {
        let open = attribute.is_computed() && value.attribute(name).is_none_or(Value::is_null);
        if open {
            let step = aksel_lang::path::Step::Attribute(name.clone());
            let unknown = Value::unknown(attribute.ty.clone());
            value = crate::value_marks::change_at(value, &step, |_| unknown);
        }
    }
    mark_schema(value, schema)
}
