//! The apply walk: declarations are worked out again with what is known now, and changes are carried out in order.
//!
//! Invariant: only what the plan says is changed; what it did not know is asked of the provider again, and must agree.
//! Invariant: when a change is done, its outcome is in the journal and in the state of this walk.
//! Never: a failure loses what has been done; what depends on it is skipped, everything else goes on.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use aksel_lang::address::{Address, ConfigAddress, Mode};
use aksel_lang::code::Code;
use aksel_lang::diagnostic::{Diagnostic, Diagnostics};
use aksel_lang::types::Text;
use aksel_lang::value::Value;
use aksel_provider::finding::Finding;
use aksel_provider::provider::{Private, Session};
use aksel_state::intent::Deed;
use aksel_state::journal::JournalError;
use aksel_state::snapshot::Snapshot;
use futures::FutureExt;

use crate::announce::{ChangesOf, skipped};
use crate::context::{Context, Live, ObjectKey, finding_about, findings_about};
use crate::evaluator::Evaluator;
use crate::expand::{Keys, Repeated};
use crate::graph::NodeId;
use crate::objects;
use crate::observer::Skip;
use crate::operations::{Operation, Operations};
use crate::options::PlanMode;
use crate::plan::{Action, Plan, ReplaceOrder, ResourceChange};
use crate::plan_data::DataRead;
use crate::program::{Node, ResourceId};
use crate::providers::{ProviderId, ProviderInstance};
use crate::run::has_outputs;
use crate::scope::whole;
use crate::selection::Selection;
use crate::undertake::{Carried, Means, Undertake};
use crate::walk::{Ending, Job, Skipped, Walker};

/// An apply walk under way.
pub(crate) struct Applying<'w> {
    pub(crate) context: Context<'w>,
    pub(crate) evaluator: Evaluator<'w>,
    pub(crate) plan: &'w Plan,
    pub(crate) operations: &'w Operations,
    pub(crate) means: Means<'w>,
    /// The changes of current objects.
    pub(crate) change_of: HashMap<&'w Address, &'w ResourceChange>,
    /// All changes, by their resource.
    pub(crate) changes_of: ChangesOf<'w>,
    pub(crate) deferred: HashSet<ConfigAddress>,
    pub(crate) sessions: HashMap<ProviderInstance, Arc<dyn Session>>,
    /// Objects as the plan has read them.
    pub(crate) live: HashMap<ObjectKey, Live>,
    pub(crate) keys: HashMap<(ResourceId, aksel_lang::address::ModuleInstance), Keys>,
    /// What the instances are now.
    pub(crate) values: HashMap<Address, Value>,
    /// Under which keys old objects wait for their deletion.
    pub(crate) deposed: HashMap<Address, Text>,
    pub(crate) selection: Selection,
    pub(crate) state: Snapshot,
    pub(crate) failed: Vec<bool>,
    pub(crate) done: Done,
    /// Why the journal can no longer be written; then nothing more is begun.
    pub(crate) stuck: Option<JournalError>,
}

/// What has been done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// Objects that were made.
    pub added: usize,
    /// Objects that were changed in place.
    pub changed: usize,
    /// Objects that were deleted.
    pub destroyed: usize,
    /// Objects that were taken over.
    pub imported: usize,
    /// Objects that were forgotten.
    pub forgotten: usize,
}

impl Done {
    /// What was done by this and a later wave.
    pub fn and(self, later: Done) -> Done {
        Done {
            added: self.added + later.added,
            changed: self.changed + later.changed,
            destroyed: self.destroyed + later.destroyed,
            imported: self.imported + later.imported,
            forgotten: self.forgotten + later.forgotten,
        }
    }
}

/// What a job of the apply walk gives.
pub(crate) enum Outcome {
    /// An instance of a provider is configured.
    Configured(ProviderInstance, Result<Arc<dyn Session>, Vec<Finding>>),
    /// An instance was planned again with what is known now.
    Planned(Box<Instance>, Result<Replanned, Vec<Finding>>),
    /// An instance was made or changed.
    Made(Box<Instance>, Box<Carried>),
    /// The provisioners of an instance ran.
    Provisioned(Box<Instance>, Value, Diagnostics),
    /// An object was deleted, after its provisioners ran.
    Deleted(ObjectKey, Diagnostics, Option<Box<Carried>>),
    /// A data source was read.
    Data(Box<DataRead>),
    /// An ephemeral resource was opened.
    Ephemeral(Box<Address>, Result<Value, Vec<Finding>>),
}

/// An instance that is being made or changed.
#[derive(Clone)]
pub(crate) struct Instance {
    pub(crate) address: Address,
    pub(crate) resource: ResourceId,
    pub(crate) repeated: Repeated,
    pub(crate) deed: Deed,
    /// The object that there is, with its marks.
    pub(crate) prior: Value,
    pub(crate) config: Value,
}

/// What a provider makes of an instance when everything is known.
pub(crate) struct Replanned {
    pub(crate) value: Value,
    pub(crate) private: Private,
    pub(crate) findings: Vec<Finding>,
}

impl<'w> Applying<'w> {
    fn start_provider(&mut self, node: NodeId, provider: ProviderId) -> Vec<Job<'w, Outcome>> {
        let Some(configs) = self.evaluator.provider_configs(provider) else {
            self.failed[node] = true;
            return Vec::new();
        };
        let world = self.context.world;
        let found = &self.context.program.providers[provider].provider;
        let configure = configs.into_iter().map(|(instance, config)| {
            let (config, found) = (config.unmark_deep().0, Arc::clone(found));
            let configure = async move {
                Outcome::Configured(instance, found.configure(&config, Arc::clone(world)).await)
            };
            Job::new(configure.boxed())
        });
        configure.collect()
    }

    fn configured(
        &mut self,
        node: NodeId,
        instance: ProviderInstance,
        session: Result<Arc<dyn Session>, Vec<Finding>>,
    ) {
        let provider = instance.provider;
        match session {
            Ok(session) => drop(self.sessions.insert(instance, session)),
            Err(findings) => {
                self.failed[node] = true;
                let header = self.context.program.providers[provider].block.map(|(_, block)| block.header);
                let place = |finding| objects::diagnostic_of(finding).at_some(header);
                self.evaluator.diagnostics.extend(findings.into_iter().map(place));
            }
        }
    }

    fn start_resource(&mut self, node: NodeId, resource: ResourceId) -> Vec<Job<'w, Outcome>> {
        let program = self.context.program;
        let declared = &program.resources[resource];
        if declared.typed.is_none() {
            self.failed[node] = true;
            return Vec::new();
        }
        let mut jobs = Vec::new();
        for instance in self.evaluator.values.instances(declared.module) {
            let keys = match self.deferred.contains(&program.config_address(resource)) {
                true => Keys::Unknown,
                false => self.evaluator.resource_keys(resource, &instance).unwrap_or_else(|| {
                    self.failed[node] = true;
                    Keys::Unknown
                }),
            };
            for repeated in keys.instances() {
                let name = declared.resource.name.clone();
                let address = Address { module: instance.clone(), resource: name, key: repeated.key.clone() };
                jobs.extend(self.start_instance(node, resource, address, repeated));
            }
            self.keys.insert((resource, instance), keys);
        }
        jobs
    }

    fn start_instance(
        &mut self,
        node: NodeId,
        resource: ResourceId,
        address: Address,
        repeated: Repeated,
    ) -> Option<Job<'w, Outcome>> {
        match (address.resource.mode, self.plan.options.mode) {
            (Mode::Managed, PlanMode::Normal) => self.start_managed(node, resource, address, repeated),
            (Mode::Managed, PlanMode::Destroy | PlanMode::RefreshOnly) => {
                self.keep(&address);
                None
            }
            (Mode::Data, _) => self.start_data(node, resource, address, repeated),
            (Mode::Ephemeral, _) => self.start_ephemeral(node, resource, address, &repeated),
        }
    }

    /// The provider instance that the plan has chosen for a change.
    pub(crate) fn session_of(&self, change: &ResourceChange) -> Option<Arc<dyn Session>> {
        let instance = self.context.program.provider_written(&change.provider)?;
        self.sessions.get(&instance).cloned()
    }

    /// The value of an instance that is not changed.
    pub(crate) fn keep(&mut self, address: &Address) {
        if let Some(live) = self.live.get(&(address.clone(), None)) {
            self.values.insert(address.clone(), live.value.clone());
        }
    }

    /// Makes the value of a resource out of what its instances are by now.
    pub(crate) fn put_together(&mut self, resource: ResourceId) {
        let declared = &self.context.program.resources[resource];
        let name = declared.resource.name.clone();
        for instance in self.evaluator.values.instances(declared.module) {
            let keys = self.keys.get(&(resource, instance.clone())).cloned().unwrap_or(Keys::Unknown);
            let value = whole(&keys, |key| {
                let address = Address { module: instance.clone(), resource: name.clone(), key: key.cloned() };
                self.values.get(&address).cloned().unwrap_or_else(Evaluator::unknown)
            });
            self.evaluator.set_resource(resource, &instance, value);
        }
    }

    /// Reports what a provider found about an instance.
    pub(crate) fn report(&mut self, address: &Address, findings: Vec<Finding>) {
        let program = self.context.program;
        let declared = program.resource_at(&address.config());
        match declared.and_then(|resource| program.resources[resource].typed.as_ref()) {
            Some(typed) => {
                let place = |finding| finding_about(finding, typed, address);
                self.evaluator.diagnostics.extend(findings.into_iter().map(place));
            }
            None => self.evaluator.diagnostics.extend(findings_about(findings, address)),
        }
    }

    /// Takes in whether the journal could be written.
    pub(crate) fn heed(&mut self, journal: Result<(), JournalError>) {
        let Err(error) = journal else { return };
        if self.stuck.is_none() {
            self.evaluator.diagnostics.push(
                Diagnostic::error(Code::Journal, "The journal could not be written")
                    .detail(format!(
                        "{error}. Nothing more is begun, so that nothing that exists can be forgotten."
                    ))
                    .help(error.help()),
            );
            self.stuck = Some(error);
        }
    }

    fn make(&mut self, node: NodeId) -> Vec<Job<'w, Outcome>> {
        let mode = self.plan.options.mode;
        let ending = match self.context.program.nodes[node] {
            Node::Call(module) => self.evaluator.call(module),
            Node::Closed(_) => Ending::Done,
            Node::Variable(module, variable) => self.evaluator.variable(module, variable),
            Node::Validation(module, variable) => self.evaluator.validation(module, variable),
            Node::Local(module, local) => self.evaluator.local(module, local),
            Node::Output(0, _) | Node::Check(..) if !has_outputs(mode) => Ending::Done,
            Node::Output(module, output) => self.evaluator.output(module, output),
            Node::Check(module, check) => {
                self.evaluator.check(module, check);
                Ending::Done
            }
            Node::Provider(provider) => return self.start_provider(node, provider),
            Node::Resource(resource) => return self.start_resource(node, resource),
        };
        self.failed[node] |= ending == Ending::Failed;
        Vec::new()
    }

    fn delete(&mut self, node: NodeId, operation: Operation) -> Vec<Job<'w, Outcome>> {
        let Some(address) = self.operations.deleted(self.context.program, operation) else {
            return Vec::new();
        };
        let changes = self.operations.deletions.get(&address).cloned().unwrap_or_default();
        let plan = self.plan;
        changes.into_iter().filter_map(|change| self.start_deletion(node, &plan.changes[change])).collect()
    }

    fn start_deletion(&mut self, node: NodeId, change: &'w ResourceChange) -> Option<Job<'w, Outcome>> {
        let deposed = match &change.action {
            Action::Forget { .. } | Action::Replace { order: ReplaceOrder::ForgetFirst, .. } => {
                self.state.remove(&change.address, change.deposed.as_deref());
                self.done.forgotten += 1;
                return None;
            }
            // What was not made leaves the old object where it was.
            Action::Replace { order: ReplaceOrder::CreateFirst, .. } => {
                Some(self.deposed.get(&change.address)?.clone())
            }
            _ => change.deposed.clone(),
        };
        let key: ObjectKey = (change.address.clone(), deposed);
        let job = self.deletion(key, change);
        self.failed[node] |= job.is_none();
        job
    }
}

impl<'w> Walker<'w> for Applying<'w> {
    type Outcome = Outcome;

    fn start(&mut self, node: NodeId) -> Vec<Job<'w, Outcome>> {
        if self.stuck.is_some() {
            self.failed[node] = true;
            return Vec::new();
        }
        match self.operations.operation(node) {
            Operation::Make(declared) if !self.selection.node(declared) => Vec::new(),
            Operation::Make(declared) => self.make(declared),
            Operation::Rest(_) | Operation::Cleared(_) | Operation::Made => Vec::new(),
            operation @ (Operation::Delete(_) | Operation::DeleteOrphans(_)) => self.delete(node, operation),
        }
    }

    fn finish(&mut self, node: NodeId, outcome: Outcome) -> Vec<Job<'w, Outcome>> {
        let further = match outcome {
            Outcome::Configured(instance, session) => {
                self.configured(node, instance, session);
                None
            }
            Outcome::Planned(instance, planned) => self.replanned(node, *instance, planned),
            Outcome::Made(instance, carried) => self.made(node, *instance, *carried),
            Outcome::Provisioned(instance, value, found) => {
                self.provisioned(node, *instance, value, found);
                None
            }
            Outcome::Deleted(key, found, carried) => {
                self.deleted(node, key, found, carried.map(|carried| *carried));
                None
            }
            Outcome::Data(read) => {
                self.data_read(node, *read);
                None
            }
            Outcome::Ephemeral(address, opened) => {
                self.opened(node, &address, opened);
                None
            }
        };
        further.into_iter().collect()
    }

    fn end(&mut self, node: NodeId) -> Ending {
        if let Operation::Make(declared) = self.operations.operation(node)
            && let Node::Resource(resource) = self.context.program.nodes[declared]
        {
            self.put_together(resource);
        }
        if self.failed[node] { Ending::Failed } else { Ending::Done }
    }

    fn skip(&mut self, node: NodeId, why: Skipped) {
        self.failed[node] = true;
        let program = self.context.program;
        let skip = match why {
            Skipped::Failed(failed) => Skip::Failed(self.operations.name(program, failed)),
            Skipped::Stopped => Skip::Stopped,
        };
        let step = self.operations.operation(node);
        skipped(program, self.operations, &self.changes_of, step, &skip, self.context.observer);
    }
}

/// A change as it is handed to a job.
pub(crate) fn undertaking(
    applying: &Applying<'_>,
    instance: &Instance,
    replanned: &Replanned,
) -> Option<Undertake> {
    let program = applying.context.program;
    let typed = program.resources[instance.resource].typed.as_ref()?;
    let chosen = applying.change_of.get(&instance.address)?;
    let planned = replanned.value.unmark_deep().0;
    let key: ObjectKey = (instance.address.clone(), None);
    let shown = if instance.deed == Deed::Create { &planned } else { &instance.prior };
    let mut subject = crate::planning::subject(&key, shown);
    if instance.deed == Deed::Create {
        subject.id = None;
    }
    Some(Undertake {
        provider: chosen.provider.clone(),
        session: applying.session_of(chosen)?,
        schema: Arc::clone(&typed.schema),
        deed: instance.deed,
        prior: instance.prior.unmark_deep().0,
        planned,
        config: instance.config.clone(),
        private: replanned.private.clone(),
        dependencies: program.dependencies(&instance.address.config()),
        remembered: program.resources[instance.resource].remembered(),
        subject,
        key,
    })
}
