//! Planning data sources and ephemeral resources: read now if everything is known, else during apply.
//!
//! Rule: a data source waits for apply if its configuration is not known, or if what it `depends_on` is to be changed, or a
//! resource that its configuration names: the object that it reads may only come to be with it.
//! Never: a data source of a `check` stops a run; its errors are warnings.

use std::sync::Arc;

use aksel_lang::address::{Address, Mode};
use aksel_lang::diagnostic::{Diagnostic, Severity};
use aksel_lang::schema::BlockSchema;

use aksel_lang::value::{Marks, Value};
use aksel_provider::finding::Finding;
use aksel_provider::propose::propose;
use aksel_state::snapshot::Status;
use futures::FutureExt;

use crate::context::finding_about;
use crate::edges::subject_of;
use crate::evaluator::Evaluator;
use crate::expand::Repeated;
use crate::graph::NodeId;
use crate::objects::{Written, mark_schema, write};
use crate::plan::{Action, Reason, ResourceChange};
use crate::planning::{Knowledge, Outcome, Planning};
use crate::program::{NodeKey, ResourceId};
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
        let configured = self.sessions[typed.provider].clone()?;
        if let Some(reason) = self.data_waits(resource, &config, configured.knowledge) {
            self.read_later(node, resource, &address, &config, reason);
            return None;
        }
        let bare = config.unmark_deep().0;
        let stop = self.context.stop;
        let type_name = address.resource.type_name.clone();
        let marks = marked_paths(&config);
        let schema = Arc::clone(&typed.schema);
        let read = async move {
            let read = configured.session.read_data(&type_name, &bare, stop).await;
            let read = read.map(|value| mark_schema(mark_at(value, &marks), &schema.block));
            Outcome::Data(Box::new(address), repeated, read)
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
        resource: ResourceId,
        address: &Address,
        config: &Value,
        reason: Reason,
    ) {
        let program = self.context.program;
        let Some(typed) = &program.resources[resource].typed else { return };
        let planned = planned_data(config, &typed.schema.block);
        self.planned.insert(address.clone(), planned.clone());
        self.pending[node] = true;
        let provider = program.providers[typed.provider].written.clone();
        let nested = program.resources[resource].resource.scope.is_some();
        let reason = if nested { Reason::ReadCheckNested } else { reason };
        let change = ResourceChange {
            reason: Some(reason),
            ..self.change(&(address.clone(), None), provider, Action::Read { planned })
        };
        self.changes.push(change);
    }

    pub(crate) fn data_read(
        &mut self,
        node: NodeId,
        address: &Address,
        repeated: &Repeated,
        read: Result<Value, Vec<Finding>>,
    ) {
        let program = self.context.program;
        let Some(resource) = program.resource_at(&address.config()) else { return };
        let Some(typed) = &program.resources[resource].typed else { return };
        let nested = program.resources[resource].resource.scope.is_some();
        let value = match read {
            Ok(value) => value,
            Err(findings) => {
                let place = |finding| finding_about(finding, typed, address);
                let found = findings.into_iter().map(place);
                if nested {
                    let warning = |one| Diagnostic { severity: Severity::Warning, ..one };
                    self.evaluator.diagnostics.extend(found.map(warning));
                } else {
                    self.failed[node] = true;
                    self.evaluator.diagnostics.extend(found);
                }
                return;
            }
        };
        if value.is_wholly_known() {
            let written = write(&Written {
                value: &value,
                schema: &typed.schema,
                status: Status::Ready,
                private: None,
                dependencies: Vec::new(),
                create_first: false,
            });
            let provider = &program.providers[typed.provider].written;
            self.refreshed.put(address, None, provider, written);
        }
        self.planned.insert(address.clone(), value.clone());
        let ending = self.evaluator.resource_conditions(resource, address, repeated, Some(value));
        self.failed[node] |= ending == Ending::Failed;
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
        let configured = self.sessions[typed.provider].clone()?;
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
