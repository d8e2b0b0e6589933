//! The other steps of an apply: data sources, ephemeral resources, deletions.
//!
//! Rule: a data source that the plan has read is not read again; one that had to wait is read now.
//! Never: an object is deleted that the plan does not name.

use aksel_lang::address::Address;
use aksel_lang::blocks::provisioner::When;
use aksel_lang::code::Code;
use aksel_lang::diagnostic::{Diagnostic, Diagnostics, has_errors};
use aksel_lang::value::{Marks, Value};
use aksel_provider::finding::Finding;
use aksel_state::intent::Deed;
use aksel_state::journal::Outcome as Settled;
use futures::FutureExt;

use crate::apply_instance::{delete, no_session};
use crate::applying::{Applying, Instance, Outcome};
use crate::context::ObjectKey;
use crate::evaluator::Evaluator;
use crate::expand::Repeated;
use crate::graph::NodeId;
use crate::objects::{self, mark_schema};
use crate::observer::{Doing, Event};
use crate::plan::{Action, ResourceChange};
use crate::plan_data::{DataRead, about, data_event, known_part, nested, planned_data, written};
use crate::planning::subject;
use crate::program::ResourceId;
use crate::provisioner::Call;
use crate::removals::removal_provisioners;
use crate::undertake::{Carried, Undertake};
use crate::value_marks::{mark_at, marked_paths};
use crate::walk::{Ending, Job};

impl<'w> Applying<'w> {
    pub(crate) fn start_data(
        &mut self,
        node: NodeId,
        resource: ResourceId,
        address: Address,
        repeated: Repeated,
    ) -> Option<Job<'w, Outcome>> {
        let program = self.context.program;
        let typed = program.resources[resource].typed.clone()?;
        let change = self.change_of.get(&address).copied();
        let Some(change) = change.filter(|change| matches!(change.action, Action::Read { .. })) else {
            self.read_before(node, resource, &address);
            return None;
        };
        let config = self.instance_config(resource, &address, &repeated, &typed);
        let (session, provider) = (self.session_of(change), change.provider.clone());
        let (Some(config), Some(session)) = (config, session) else {
            self.failed[node] = true;
            return None;
        };
        let bare = config.unmark_deep().0;
        let marks = marked_paths(&config);
        let means = self.means;
        let began = means.world.now();
        let read = async move {
            let key: ObjectKey = (address.clone(), None);
            means.observer.hears(&Event::Started(subject(&key, &bare), Doing::Read));
            let read = session.read_data(&address.resource.type_name, &bare, means.stop).await;
            means.observer.hears(&data_event(&key, &bare, &read, means.world.now().duration_since(began)));
            let read = read.map(|value| mark_schema(mark_at(value, &marks), &typed.schema.block));
            Outcome::Data(Box::new(DataRead { address, repeated, provider, config, read }))
        };
        Some(Job::new(read.boxed()))
    }

    /// What the plan has read of a data source and judged, out of state.
    fn read_before(&mut self, node: NodeId, resource: ResourceId, address: &Address) {
        let program = self.context.program;
        let Some(typed) = &program.resources[resource].typed else { return };
        let Some(object) = self.state.object(address, None) else { return };
        let provider = &*program.providers[typed.provider].provider;
        match objects::read(object, &typed.schema, provider, address) {
            Ok(value) => drop(self.values.insert(address.clone(), value)),
            Err(mut found) => {
                self.failed[node] = true;
                self.evaluator.diagnostics.append(&mut found);
            }
        }
    }

    pub(crate) fn data_read(&mut self, node: NodeId, data: DataRead) {
        let program = self.context.program;
        let DataRead { address, repeated, provider, config, read } = data;
        let Some(resource) = program.resource_at(&address.config()) else { return };
        let Some(typed) = &program.resources[resource].typed else { return };
        let read = read.map_err(|findings| about(findings, typed, &address));
        let read = match &program.resources[resource].resource.scope {
            None => read,
            Some(check) => {
                let module = program.resources[resource].module;
                let read = nested(&mut self.evaluator, (module, check), &address.module, read);
                Ok(read.unwrap_or_else(|| known_part(&planned_data(&config, &typed.schema.block))))
            }
        };
        let value = match read {
            Ok(value) => value,
            Err(found) => {
                self.evaluator.diagnostics.extend(found);
                self.failed[node] = true;
                return;
            }
        };
        if value.is_wholly_known() {
            self.state.put(&address, None, &provider, written(&value, &typed.schema));
        }
        self.values.insert(address.clone(), value.clone());
        let ending = self.evaluator.resource_conditions(resource, &address, &repeated, Some(value));
        self.failed[node] |= ending == Ending::Failed;
    }

    pub(crate) fn start_ephemeral(
        &mut self,
        node: NodeId,
        resource: ResourceId,
        address: Address,
        repeated: &Repeated,
    ) -> Option<Job<'w, Outcome>> {
        let typed = self.context.program.resources[resource].typed.clone()?;
        let config = self.instance_config(resource, &address, repeated, &typed);
        let instance = self.evaluator.provider_of(resource, &address, repeated);
        let session = instance.and_then(|instance| self.sessions.get(&instance)).cloned();
        let (Some(config), Some(session)) = (config, session) else {
            self.failed[node] = true;
            return None;
        };
        let bare = config.unmark_deep().0;
        let stop = self.context.stop;
        let open = async move {
            let opened = session.open(&address.resource.type_name, &bare, stop).await;
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
                self.values.insert(address.clone(), value);
            }
            Err(findings) => {
                self.failed[node] = true;
                self.report(address, findings);
                self.values.insert(address.clone(), Evaluator::unknown());
            }
        }
    }

    /// The deletion of one object; `None` after an error.
    pub(crate) fn deletion(&mut self, key: ObjectKey, change: &ResourceChange) -> Option<Job<'w, Outcome>> {
        let program = self.context.program;
        let live = self.live.get(&(key.0.clone(), change.deposed.clone()))?.clone();
        let provider = program.provider_written(&change.provider);
        let (Some(provider), Some(session)) = (provider, self.session_of(change)) else {
            self.evaluator.diagnostics.push(no_session(&key.0));
            return None;
        };
        let schema = program.providers[provider.provider]
            .provider
            .schema(key.0.resource.mode, &key.0.resource.type_name)?;
        let calls = self.calls_before_deletion(&key, &live.value)?;
        let none = Value::null(schema.block.ty());
        let undertaking = Undertake {
            subject: subject(&key, &live.value),
            provider: change.provider.clone(),
            deed: Deed::Delete,
            prior: live.value.unmark_deep().0,
            planned: none.clone(),
            config: none,
            private: live.private,
            dependencies: Vec::new(),
            remembered: live.remembered,
            session,
            schema,
            key,
        };
        let type_name = undertaking.key.0.resource.type_name.clone();
        let lanes = undertaking.session.lanes(&type_name, &undertaking.prior);
        let (means, folder) = (self.means, self.context.folder);
        Some(Job { lanes, future: delete(undertaking, calls, folder, means).boxed() })
    }

    /// The provisioners that run before an object is deleted; those of deposed objects do not run.
    fn calls_before_deletion(&mut self, key: &ObjectKey, value: &Value) -> Option<Vec<Call>> {
        if key.1.is_some() {
            return Some(Vec::new());
        }
        let repeated = Repeated { key: key.0.key.clone(), ..Repeated::default() };
        let Some(resource) = self.context.program.resource_at(&key.0.config()) else {
            let mut found = Vec::new();
            let calls = removal_provisioners(&self.evaluator, &key.0, &repeated, value, &mut found);
            let failed = has_errors(&found);
            self.evaluator.diagnostics.append(&mut found);
            return (!failed).then_some(calls);
        };
        let instance = Instance {
            address: key.0.clone(),
            resource,
            repeated,
            deed: Deed::Delete,
            prior: value.clone(),
            config: value.clone(),
        };
        self.calls(&instance, value, When::Destroy)
    }

    pub(crate) fn deleted(
        &mut self,
        node: NodeId,
        key: ObjectKey,
        found: Diagnostics,
        carried: Option<Carried>,
    ) {
        self.evaluator.diagnostics.extend(found);
        let Some(carried) = carried else {
            self.failed[node] = true;
            return;
        };
        let failed = carried.findings.iter().any(Finding::is_error) || carried.journal.is_err();
        self.failed[node] |= failed;
        self.report(&key.0, carried.findings);
        self.heed(carried.journal);
        if carried.outcome == Settled::Gone {
            self.state.remove(&key.0, key.1.as_deref());
            self.done.destroyed += 1;
        } else if !failed {
            self.failed[node] = true;
            self.evaluator.diagnostics.push(
                Diagnostic::error(Code::Provider, "Object still exists")
                    .detail(format!("{} was to be deleted and is still there.", key.0))
                    .about(key.0.to_string()),
            );
        }
    }
}
