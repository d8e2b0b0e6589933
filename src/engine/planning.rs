//! The plan walk: providers are configured and their objects read, instances are planned, all in the order of the graph.
//!
//! Invariant: nothing is changed, neither remotely nor in the state that was handed in.
//! Invariant: the objects of a provider configuration are read together, as soon as it is configured: one call, which
//! the provider coalesces.
//! Never: an instance is planned before everything that its configuration refers to.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use aksel_lang::address::{Address, Mode, ModuleInstance};
use aksel_lang::diagnostic::has_errors;
use aksel_lang::types::{Text, Type};
use aksel_lang::value::Value;
use aksel_provider::finding::Finding;
use aksel_provider::provider::{Object, ReadAnswer, ReadRequest, Session};
use aksel_state::intent::{Deed, Intent};
use aksel_state::snapshot::{Snapshot, Status};
use futures::FutureExt;

use crate::context::{Context, Live, ObjectKey, findings_about};
use crate::evaluator::Evaluator;
use crate::expand::{Keys, Repeated};
use crate::graph::NodeId;
use crate::objects;
use crate::observer::{Curiosity, Event, Settlement, Subject};
use crate::options::{Deferral, PlanMode, Refresh};
use crate::plan::{Deferred, DeferredReason, ResourceChange};
use crate::plan_data::DataRead;
use crate::plan_managed::PlannedInstance;
use crate::program::{ModuleId, Node, ResourceId, ResourceNode};
use crate::providers::{ProviderId, ProviderInstance};
use crate::run::has_outputs;
use crate::scope::whole;
use crate::selection::Selection;
use crate::value_marks::{mark_at, marked_paths};
use crate::walk::{Ending, Job, Skipped, Walker};
use crate::wanted_imports::Wanted;

/// A plan walk under way.
pub(crate) struct Planning<'w> {
    pub(crate) context: Context<'w>,
    pub(crate) evaluator: Evaluator<'w>,
    pub(crate) selection: Selection,
    pub(crate) assigned: HashMap<ObjectKey, ProviderInstance>,
    pub(crate) sessions: HashMap<ProviderInstance, Configured>,
    /// Objects as they are, as far as they have been read.
    pub(crate) live: HashMap<ObjectKey, Live>,
    /// Objects of state that could not be read; nothing is planned for them.
    pub(crate) unread: HashSet<ObjectKey>,
    /// State as it was, what has moved in its new place.
    pub(crate) prior: Snapshot,
    /// State after reading.
    pub(crate) refreshed: Snapshot,
    pub(crate) moved: HashMap<Address, Address>,
    pub(crate) keys: HashMap<(ResourceId, ModuleInstance), Keys>,
    pub(crate) planned: HashMap<Address, Value>,
    pub(crate) changes: Vec<ResourceChange>,
    /// The changes of an instance, by its address; for what is replaced when something else changes.
    pub(crate) change_of: HashMap<Address, usize>,
    pub(crate) drift: Vec<ResourceChange>,
    pub(crate) deferred: Vec<Deferred>,
    pub(crate) waits: Vec<Waiting>,
    /// Whether there is a change at a node or before it.
    pub(crate) pending: Vec<bool>,
    pub(crate) failed: Vec<bool>,
    pub(crate) imports: HashMap<ResourceId, Result<HashMap<Address, Wanted>, ()>>,
    pub(crate) knowledge: HashMap<ProviderInstance, Knowledge>,
    /// Operations of an earlier run of which the outcome is not known.
    pub(crate) in_doubt: &'w [Intent],
}

/// A provider with its configuration.
#[derive(Clone)]
pub(crate) struct Configured {
    pub(crate) session: Arc<dyn Session>,
    /// Whether all of the configuration is known.
    pub(crate) knowledge: Knowledge,
}

/// Whether all of a configuration is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Knowledge {
    Whole,
    Partial,
}

/// Whether a node can be planned now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waiting {
    No,
    /// For a repetition that is not known, of this resource.
    Resource(ResourceId),
    /// For a module call of which the instances are not known.
    Call(ModuleId),
}

/// An object of an operation in doubt, if it is there.
pub(crate) type Adopted = (Address, Result<Object, Vec<Finding>>);

/// A provider instance that was configured, and what it found.
pub(crate) struct Connection {
    instance: ProviderInstance,
    session: Result<Arc<dyn Session>, Vec<Finding>>,
    answers: Vec<(ObjectKey, ReadAnswer)>,
    adopted: Vec<Adopted>,
}

/// What a job of the plan walk gives.
pub(crate) enum Outcome {
    /// A provider is configured and its objects are read.
    Configured(Box<Connection>),
    /// An object is read whose provider instance became known only when its resource was reached.
    Read(Box<ObjectKey>, Repeated, Vec<(ObjectKey, ReadAnswer)>),
    /// A managed instance is planned.
    Managed(Box<Address>, Repeated, Result<Box<PlannedInstance>, Vec<Finding>>),
    /// A data source is read.
    Data(Box<DataRead>),
    /// An ephemeral resource is opened.
    Ephemeral(Box<Address>, Result<Value, Vec<Finding>>),
}

impl<'w> Planning<'w> {
    fn start_provider(&mut self, node: NodeId, provider: ProviderId) -> Vec<Job<'w, Outcome>> {
        let Some(configs) = self.evaluator.provider_configs(provider) else {
            self.failed[node] = true;
            return Vec::new();
        };
        configs.into_iter().map(|(instance, config)| self.connect(instance, config)).collect()
    }

    /// Configures an instance of a provider configuration and reads its objects.
    fn connect(&mut self, instance: ProviderInstance, config: Value) -> Job<'w, Outcome> {
        let (config, _) = config.unmark_deep();
        let knowledge = if config.is_wholly_known() { Knowledge::Whole } else { Knowledge::Partial };
        self.knowledge.insert(instance.clone(), knowledge);
        let reads = self.context.options.refresh == Refresh::Read && knowledge == Knowledge::Whole;
        let requests = if reads { self.requests(&instance) } else { Vec::new() };
        let doubts = if knowledge == Knowledge::Whole { self.doubts(&instance) } else { Vec::new() };
        let context = self.context;
        let found = Arc::clone(&context.program.providers[instance.provider].provider);
        let configure = async move {
            let (mut answers, mut adopted) = (Vec::new(), Vec::new());
            let session = found.configure(&config, Arc::clone(context.world)).await;
            if let Ok(session) = &session {
                answers = read_all(context, &**session, requests).await;
                for (address, id) in doubts {
                    let found = session.import(&address.resource.type_name, &id, context.stop).await;
                    adopted.push((address, found));
                }
            }
            Outcome::Configured(Box::new(Connection { instance, session, answers, adopted }))
        };
        Job::new(configure.boxed())
    }

    /// All objects of a provider configuration that are to be read, in order.
    fn requests(&self, provider: &ProviderInstance) -> Vec<(ObjectKey, ReadRequest)> {
        let wanted = |key: &ObjectKey| {
            let declared = self.context.program.resource_at(&key.0.config());
            let node = declared.map(|resource| self.context.program.resources[resource].node);
            self.selection.instance(node, &key.0)
        };
        let entries = self.prior.objects().map(|entry| (entry.address, entry.deposed.map(Text::from)));
        let mine = entries.filter(|key| self.assigned.get(key) == Some(provider) && wanted(key));
        mine.filter_map(|key| Some((key.clone(), self.request(&key)?))).collect()
    }

    fn request(&self, key: &ObjectKey) -> Option<ReadRequest> {
        let live = self.live.get(key)?;
        Some(ReadRequest {
            type_name: key.0.resource.type_name.clone(),
            state: live.value.unmark_deep().0,
            private: live.private.clone(),
        })
    }

    /// How to read an object that another instance of a provider configuration had, or none that is there. From now on
    /// this one has it.
    pub(crate) fn unread_by(
        &mut self,
        instance: &ProviderInstance,
        address: &Address,
    ) -> Option<(ObjectKey, ReadRequest)> {
        let key: ObjectKey = (address.clone(), None);
        let request = self.request(&key)?;
        if instance.key.is_none() || self.assigned.get(&key) == Some(instance) {
            return None;
        }
        self.assigned.insert(key.clone(), instance.clone());
        let written = self.context.program.written(instance);
        if let Some(object) = self.refreshed.object(address, None).cloned() {
            self.refreshed.put(address, None, &written, object);
        }
        self.live.entry(key.clone()).and_modify(|live| live.provider = written);
        let whole = self.knowledge.get(instance) == Some(&Knowledge::Whole);
        (whole && self.context.options.refresh == Refresh::Read).then_some((key, request))
    }

    pub(crate) fn read_first(
        &self,
        session: Arc<dyn Session>,
        (key, request): (ObjectKey, ReadRequest),
        repeated: Repeated,
    ) -> Job<'w, Outcome> {
        let context = self.context;
        let read = async move {
            let answers = read_all(context, &*session, vec![(key.clone(), request)]).await;
            Outcome::Read(Box::new(key), repeated, answers)
        };
        Job::new(read.boxed())
    }

    /// Plans an instance of which the object has been read.
    fn planned_after(
        &mut self,
        node: NodeId,
        key: ObjectKey,
        repeated: Repeated,
        answers: Vec<(ObjectKey, ReadAnswer)>,
    ) -> Vec<Job<'w, Outcome>> {
        answers.into_iter().for_each(|(key, answer)| self.take_answer(key, answer));
        let Some(resource) = self.context.program.resource_at(&key.0.config()) else { return Vec::new() };
        self.start_managed(node, resource, key.0, repeated).into_iter().collect()
    }

    fn configured(&mut self, node: NodeId, connection: Connection) {
        let Connection { instance, session, answers, adopted } = connection;
        match session {
            Ok(session) => {
                let knowledge = self.knowledge.get(&instance).copied().unwrap_or(Knowledge::Partial);
                self.sessions.insert(instance.clone(), Configured { session, knowledge });
            }
            Err(findings) => {
                self.failed[node] = true;
                let header =
                    self.context.program.providers[instance.provider].block.map(|(_, block)| block.header);
                let place = |finding| objects::diagnostic_of(finding).at_some(header);
                self.evaluator.diagnostics.extend(findings.into_iter().map(place));
            }
        }
        for (key, answer) in answers {
            self.take_answer(key, answer);
        }
        for (address, found) in adopted {
            self.adopt(&instance, address, found);
        }
    }

    /// What an earlier run of this provider configuration was about to make and that state does not have: how to look it up.
    fn doubts(&self, provider: &ProviderInstance) -> Vec<(Address, String)> {
        let written = self.context.program.written(provider);
        let open = self.in_doubt.iter().filter(|intent| {
            intent.deed() == Deed::Create && intent.deposed().is_none() && *intent.provider() == *written
        });
        open.filter_map(|intent| {
            let address: Address = intent.address().parse().ok()?;
            let known = self.live.contains_key(&(address.clone(), None));
            (!known).then_some((address, intent.identity()?.to_owned()))
        })
        .collect()
    }

    /// Takes in an object that an earlier run made without living to see it.
    fn adopt(&mut self, provider: &ProviderInstance, address: Address, found: Result<Object, Vec<Finding>>) {
        let subject = Subject::of(&address);
        let Ok(object) = found else {
            self.context.observer.hears(&Event::Settled(subject, Settlement::Gone));
            return;
        };
        let node = &self.context.program.providers[provider.provider];
        let Some(schema) = node.provider.schema(Mode::Managed, &address.resource.type_name) else { return };
        let declared = self.context.program.resource_at(&address.config());
        let declared = declared.map(|resource| &self.context.program.resources[resource]);
        // What was to run after the creation has not run.
        let half = declared.is_some_and(|declared| !declared.provisioners.is_empty());
        let live = Live {
            value: objects::mark_schema(object.value, &schema.block),
            private: object.private,
            status: if half { Status::Tainted } else { Status::Ready },
            remembered: declared.map(ResourceNode::remembered).unwrap_or_default(),
            provider: self.context.program.written(provider),
        };
        let written = objects::write(&objects::Written {
            value: &live.value,
            schema: &schema,
            status: live.status,
            private: live.private.clone(),
            dependencies: self.context.program.dependencies(&address.config()),
            remembered: live.remembered,
        });
        self.refreshed.put(&address, None, &live.provider, written);
        self.assigned.insert((address.clone(), None), provider.clone());
        self.live.insert((address, None), live);
        self.context.observer.hears(&Event::Settled(subject, Settlement::Adopted));
    }

    fn take_answer(&mut self, key: ObjectKey, answer: ReadAnswer) {
        match answer {
            Err(findings) => {
                self.evaluator.diagnostics.extend(findings_about(findings, &key.0));
                self.unread.insert(key);
            }
            Ok(None) => self.gone(&key),
            Ok(Some(object)) => self.read(key, object),
        }
    }

    fn gone(&mut self, key: &ObjectKey) {
        self.refreshed.remove(&key.0, key.1.as_deref());
        if let Some(live) = self.live.remove(key) {
            let action = crate::plan::Action::Delete { live: live.value };
            self.drift.push(self.change(key, live.provider, action));
        }
    }

    fn read(&mut self, key: ObjectKey, object: Object) {
        let Some(live) = self.live.get_mut(&key) else { return };
        let schema = self.context.program.providers[self.assigned[&key].provider]
            .provider
            .schema(Mode::Managed, &key.0.resource.type_name);
        let Some(schema) = schema else { return };
        let marked = mark_at(object.value, &marked_paths(&live.value));
        let value = objects::mark_schema(marked, &schema.block);
        let changed = value != live.value;
        let before = std::mem::replace(&mut live.value, value.clone());
        let private_changed = live.private != object.private;
        live.private = object.private.clone();
        let provider = live.provider.clone();
        if !changed && !private_changed {
            return;
        }
        if let Some(kept) = self.refreshed.object(&key.0, key.1.as_deref()).cloned() {
            let written = objects::write(&objects::Written {
                value: &value,
                schema: &schema,
                status: kept.status,
                private: object.private,
                remembered: objects::Remembered::of(&kept),
                dependencies: kept.dependencies,
            });
            self.refreshed.put(&key.0, key.1.as_deref(), &provider, written);
        }
        if changed {
            let action = crate::plan::Action::Update { live: before, planned: value };
            self.drift.push(self.change(&key, provider, action));
        }
    }

    /// A change without reason.
    pub(crate) fn change(
        &self,
        key: &ObjectKey,
        provider: Text,
        action: crate::plan::Action,
    ) -> ResourceChange {
        ResourceChange {
            address: key.0.clone(),
            previous_address: self
                .moved
                .get(&key.0)
                .filter(|_| key.1.is_none() && self.context.options.mode != PlanMode::Destroy)
                .cloned(),
            deposed: key.1.clone(),
            provider,
            action,
            reason: None,
            import: None,
            generated: None,
            private: None,
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
        let mut expanded = Vec::new();
        for instance in self.evaluator.values.instances(declared.module) {
            let keys = self.keys_of(node, resource, &instance);
            expanded.push((instance, keys));
        }
        let fits = self.imports_fit(node, resource, &expanded);
        for (instance, keys) in expanded {
            for repeated in keys.instances().into_iter().filter(|_| fits) {
                let address = Address {
                    module: instance.clone(),
                    resource: declared.resource.name.clone(),
                    key: repeated.key.clone(),
                };
                jobs.extend(self.start_instance(node, resource, address, repeated));
            }
            self.keys.insert((resource, instance), keys);
        }
        jobs
    }

    /// The instances in one module instance; none where they are not known.
    fn keys_of(&mut self, node: NodeId, resource: ResourceId, instance: &ModuleInstance) -> Keys {
        if self.waits[node] != Waiting::No {
            self.defer(node, resource, instance);
            return Keys::Unknown;
        }
        let before = self.evaluator.diagnostics.len();
        let keys = self.evaluator.resource_keys(resource, instance);
        let Some(keys) = keys else {
            self.failed[node] = true;
            return Keys::Unknown;
        };
        if keys == Keys::Unknown {
            let repetition = &self.context.program.resources[resource].resource.repetition;
            if self.evaluator.deferral == Deferral::Refused {
                self.evaluator.refuse_unknown(before, repetition);
                self.failed[node] = true;
            } else {
                self.defer(node, resource, instance);
            }
        }
        keys
    }

    fn defer(&mut self, node: NodeId, resource: ResourceId, instance: &ModuleInstance) {
        let program = self.context.program;
        let because = match self.waits[node] {
            Waiting::No => DeferredReason::UnknownRepetition,
            Waiting::Resource(other) => {
                DeferredReason::DependsOnDeferred(program.config_address(other).to_string())
            }
            Waiting::Call(module) => DeferredReason::DependsOnDeferred(program.path(module).to_string()),
        };
        if self.waits[node] == Waiting::No {
            self.waits[node] = Waiting::Resource(resource);
        }
        let ty =
            program.resources[resource].typed.as_ref().map_or(Type::Dynamic, |typed| typed.schema.block.ty());
        self.deferred.push(Deferred {
            resource: program.config_address(resource),
            module: instance.clone(),
            because,
            ty,
        });
    }

    fn start_instance(
        &mut self,
        node: NodeId,
        resource: ResourceId,
        address: Address,
        repeated: Repeated,
    ) -> Option<Job<'w, Outcome>> {
        let declared = self.context.program.resources[resource].resource;
        if !self.selection.instance(Some(node), &address) {
            self.keep_value(&address);
            return None;
        }
        let mode = self.context.options.mode;
        match (declared.name.mode, mode) {
            (Mode::Managed, PlanMode::Normal) => self.start_managed(node, resource, address, repeated),
            (Mode::Managed, PlanMode::RefreshOnly | PlanMode::Destroy) => {
                self.keep_value(&address);
                None
            }
            (Mode::Data, _) => self.start_data(node, resource, address, repeated),
            (Mode::Ephemeral, _) => self.start_ephemeral(node, resource, address, &repeated),
        }
    }

    /// The value of an instance that is not planned: as it is.
    fn keep_value(&mut self, address: &Address) {
        if let Some(live) = self.live.get(&(address.clone(), None)) {
            self.planned.insert(address.clone(), live.value.clone());
        }
    }

    /// Puts the instances of a resource together.
    fn end_resource(&mut self, resource: ResourceId) {
        let name = self.context.program.resources[resource].resource.name.clone();
        let module = self.context.program.resources[resource].module;
        for instance in self.evaluator.values.instances(module) {
            let keys = self.keys.get(&(resource, instance.clone())).cloned().unwrap_or(Keys::Unknown);
            let value = whole(&keys, |key| {
                let address = Address { module: instance.clone(), resource: name.clone(), key: key.cloned() };
                self.planned.get(&address).cloned().unwrap_or_else(Evaluator::unknown)
            });
            self.evaluator.set_resource(resource, &instance, value);
        }
    }

    fn end_call(&mut self, node: NodeId, module: ModuleId) {
        let Some((caller, call)) = self.context.program.modules[module].caller else { return };
        let unknown = self.evaluator.values.instances(caller).iter().any(|instance| {
            let cells = self.evaluator.values.cells(instance);
            cells.and_then(|cells| cells.calls.get(&call.name.text)) == Some(&Keys::Unknown)
        });
        if unknown && !self.failed[node] {
            self.waits[node] = Waiting::Call(module);
            self.defer_module(module);
        }
    }

    /// A module of which the instances are not known: all that is in it has to wait.
    fn defer_module(&mut self, module: ModuleId) {
        let resources: Vec<ResourceId> = (0..self.context.program.resources.len())
            .filter(|resource| {
                let declared = self.context.program.resources[*resource].module;
                self.context.program.path(declared).0.starts_with(&self.context.program.path(module).0)
            })
            .collect();
        for resource in resources {
            self.deferred.push(Deferred {
                resource: self.context.program.config_address(resource),
                module: ModuleInstance::default(),
                because: DeferredReason::UnknownRepetition,
                ty: Type::Dynamic,
            });
        }
    }

    /// What comes directly before a node passes on whether it waits or changes.
    fn inherit(&mut self, node: NodeId) {
        for before in self.context.program.back.followers(node) {
            self.pending[node] |= self.pending[*before];
            let passes = matches!(self.context.program.nodes[node], Node::Resource(_) | Node::Call(_))
                || !matches!(self.context.program.nodes[node], Node::Provider(_));
            if self.waits[node] == Waiting::No && passes {
                self.waits[node] = self.waits[*before];
            }
        }
    }
}

/// Reads objects, and tells the observer.
async fn read_all(
    context: Context<'_>,
    session: &dyn Session,
    requests: Vec<(ObjectKey, ReadRequest)>,
) -> Vec<(ObjectKey, ReadAnswer)> {
    let (keys, requests): (Vec<ObjectKey>, Vec<ReadRequest>) = requests.into_iter().unzip();
    if requests.is_empty() {
        return Vec::new();
    }
    let subjects: Vec<Subject> =
        keys.iter().zip(&requests).map(|(key, request)| subject(key, &request.state)).collect();
    subjects.iter().for_each(|subject| context.observer.hears(&Event::RefreshStarted(subject.clone())));
    let answers = session.read_many(&requests, context.stop).await;
    assert_eq!(answers.len(), requests.len(), "a provider answers every request");
    if context.observer.curiosity() == Curiosity::Touches {
        for ((subject, request), answer) in subjects.iter().zip(&requests).zip(&answers) {
            let changed = answer
                .as_ref()
                .is_ok_and(|found| found.as_ref().is_none_or(|object| object.value != request.state));
            if changed
                && let Some(touch) =
                    session.last_touch(&request.type_name, &request.state, context.stop).await
            {
                context.observer.hears(&Event::Touched(subject.clone(), touch));
            }
        }
    }
    subjects.into_iter().for_each(|subject| context.observer.hears(&Event::RefreshDone(subject)));
    keys.into_iter().zip(answers).collect()
}

/// What an event about an object says of it.
pub(crate) fn subject(key: &ObjectKey, value: &Value) -> Subject {
    let known = |name: &str| {
        let found = value.attribute(name).filter(|value| value.marks_deep().is_empty());
        found.and_then(Value::as_str).map(|text| (Text::from(name), Text::from(text)))
    };
    Subject { address: key.0.clone(), deposed: key.1.clone(), id: known("id").or_else(|| known("name")) }
}

impl<'w> Walker<'w> for Planning<'w> {
    type Outcome = Outcome;

    fn start(&mut self, node: NodeId) -> Vec<Job<'w, Outcome>> {
        if !self.selection.node(node) {
            return Vec::new();
        }
        self.inherit(node);
        let ending = match self.context.program.nodes[node] {
            Node::Call(module) => {
                let ending = self.evaluator.call(module);
                self.failed[node] |= ending == Ending::Failed;
                self.end_call(node, module);
                ending
            }
            Node::Closed(_) => Ending::Done,
            Node::Variable(module, variable) => self.evaluator.variable(module, variable),
            Node::Validation(module, variable) => self.evaluator.validation(module, variable),
            Node::Local(module, local) => self.evaluator.local(module, local),
            Node::Output(0, _) | Node::Check(..) if !has_outputs(self.context.options.mode) => Ending::Done,
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

    fn finish(&mut self, node: NodeId, outcome: Outcome) -> Vec<Job<'w, Outcome>> {
        match outcome {
            Outcome::Configured(connection) => self.configured(node, *connection),
            Outcome::Read(key, repeated, answers) => {
                return self.planned_after(node, *key, repeated, answers);
            }
            Outcome::Managed(address, repeated, planned) => self.planned(node, &address, &repeated, planned),
            Outcome::Data(read) => self.data_read(node, *read),
            Outcome::Ephemeral(address, opened) => self.opened(node, &address, opened),
        }
        Vec::new()
    }

    fn end(&mut self, node: NodeId) -> Ending {
        if let Node::Resource(resource) = self.context.program.nodes[node]
            && self.selection.node(node)
        {
            self.end_resource(resource);
        }
        if self.failed[node] { Ending::Failed } else { Ending::Done }
    }

    fn skip(&mut self, node: NodeId, _why: Skipped) {
        self.failed[node] = true;
    }
}

impl Planning<'_> {
    /// Whether an error has been found.
    pub(crate) fn has_failed(&self) -> bool {
        has_errors(&self.evaluator.diagnostics) || self.failed.iter().any(|failed| *failed)
    }
}
