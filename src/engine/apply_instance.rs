//! Making and changing one instance: its configuration anew, the provider's last word, the change, the provisioners.
//!
//! Invariant: what the plan said to be known is so; a provider that says otherwise is stopped before anything is done.
//! Never: an old object is lost: it is deposed before a new one is made, and comes back if none was.

use std::sync::Arc;

use aksel_lang::address::Address;
use aksel_lang::blocks::provisioner::{OnFailure, When};
use aksel_lang::code::Code;
use aksel_lang::diagnostic::{Diagnostic, Diagnostics, has_errors};
use aksel_lang::path::{Path, Step};
use aksel_lang::reference::Subject;
use aksel_lang::types::Text;
use aksel_lang::value::{Content, Value};
use aksel_provider::finding::Finding;
use aksel_provider::propose::propose;
use aksel_provider::provider::{PlanRequest, Private, Session};
use aksel_state::intent::Deed;
use aksel_state::snapshot::Status;
use futures::FutureExt;

use crate::applying::{Applying, Instance, Outcome, Replanned, undertaking};
use crate::decide::{ignoring, same, with_marks_of};
use crate::expand::Repeated;
use crate::graph::NodeId;
use crate::objects::mark_schema;
use crate::observer::{self, Event};
use crate::plan::{Action, ReplaceOrder, ResourceChange};
use crate::plan_managed::config_value;
use crate::program::{ResourceId, Typed};
use crate::provisioner::{self, Call};
use crate::undertake::{Carried, Means, Undertake, begin, failed_after_all, object_of, undertake};
use crate::value_marks::without_ephemeral;
use crate::walk::{Ending, Job};

impl<'w> Applying<'w> {
    pub(crate) fn start_managed(
        &mut self,
        node: NodeId,
        resource: ResourceId,
        address: Address,
        repeated: Repeated,
    ) -> Option<Job<'w, Outcome>> {
        let Some(change) = self.change_of.get(&address).copied() else {
            self.keep(&address);
            return None;
        };
        let (deed, prior) = match &change.action {
            Action::Keep { live } => {
                self.kept(node, resource, &address, &repeated, live, change);
                return None;
            }
            Action::Create { .. } => (Deed::Create, None),
            Action::Update { live, .. } => (Deed::Update, Some(live.clone())),
            Action::Replace { order, .. } => {
                if *order == ReplaceOrder::CreateFirst {
                    self.depose(&address);
                }
                (Deed::Create, None)
            }
            Action::Read { .. } | Action::Delete { .. } | Action::Forget { .. } => return None,
        };
        self.done.imported += usize::from(change.import.is_some());
        let typed = self.context.program.resources[resource].typed.clone()?;
        let config = self.instance_config(resource, &address, &repeated, &typed);
        let session = self.session_of(change);
        let (Some(config), Some(session)) = (config, session) else {
            self.failed[node] = true;
            self.restore(&address);
            return None;
        };
        let prior = prior.unwrap_or_else(|| Value::null(typed.schema.block.ty()));
        let lifecycle = &self.context.program.resources[resource].resource.lifecycle;
        let settable = |name: &str| {
            let attribute = typed.schema.block.attributes.get(name);
            attribute.is_none_or(aksel_lang::schema::AttributeSchema::is_settable)
        };
        let config = match &change.action {
            Action::Update { live, .. } => ignoring(config, live, &lifecycle.ignore_changes, &settable),
            Action::Keep { .. }
            | Action::Read { .. }
            | Action::Create { .. }
            | Action::Replace { .. }
            | Action::Delete { .. }
            | Action::Forget { .. } => config,
        };
        let private = match deed {
            Deed::Create => None,
            Deed::Update | Deed::Delete => self.private_of(&address),
        };
        let instance = Instance { address, resource, repeated, deed, prior, config };
        Some(replanning(instance, typed, session, private, self.means))
    }

    fn private_of(&self, address: &Address) -> Private {
        self.live.get(&(address.clone(), None)).and_then(|live| live.private.clone())
    }

    /// An object that stays: what is known of it may be written anew, as after an import or a move.
    fn kept(
        &mut self,
        node: NodeId,
        resource: ResourceId,
        address: &Address,
        repeated: &Repeated,
        live: &Value,
        change: &ResourceChange,
    ) {
        self.done.imported += usize::from(change.import.is_some());
        self.unchanged(resource, address, live, change);
        self.judge(node, resource, address, repeated, None);
        self.judge(node, resource, address, repeated, Some(live.clone()));
    }

    /// Takes in an object that nothing is done to.
    fn unchanged(&mut self, resource: ResourceId, address: &Address, live: &Value, change: &ResourceChange) {
        self.values.insert(address.clone(), live.clone());
        let dependencies = self.context.program.dependencies(&address.config());
        let remembered = self.context.program.resources[resource].remembered();
        if let Some(mut object) = self.state.object(address, None).cloned() {
            object.dependencies = dependencies;
            remembered.put(&mut object);
            self.state.put(address, None, &change.provider, object);
        }
    }

    fn judge(
        &mut self,
        node: NodeId,
        resource: ResourceId,
        address: &Address,
        repeated: &Repeated,
        own: Option<Value>,
    ) -> Ending {
        let ending = self.evaluator.resource_conditions(resource, address, repeated, own);
        self.failed[node] |= ending == Ending::Failed;
        ending
    }

    pub(crate) fn instance_config(
        &mut self,
        resource: ResourceId,
        address: &Address,
        repeated: &Repeated,
        typed: &Typed,
    ) -> Option<Value> {
        if self.evaluator.resource_conditions(resource, address, repeated, None) == Ending::Failed {
            return None;
        }
        let module = self.context.program.resources[resource].module;
        let scope = self.evaluator.scope(module, &address.module).repeated(repeated);
        let mut found = Vec::new();
        let config = config_value(typed, &scope, &mut found);
        let failed = has_errors(&found);
        self.evaluator.diagnostics.append(&mut found);
        (!failed).then_some(config)
    }

    /// Sets the old object aside, so that a new one can be made.
    fn depose(&mut self, address: &Address) {
        let mut bytes = [0; 4];
        self.context.world.random(&mut bytes);
        let key: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let provider = self.change_of.get(address).map(|change| change.provider.clone()).unwrap_or_default();
        if let Some(object) = self.state.remove(address, None) {
            self.means.journal.shift(address, None, Some(&key));
            self.state.put(address, Some(&key), &provider, object);
            self.deposed.insert(address.clone(), Text::from(key));
        }
    }

    /// Brings a deposed object back where no new one was made.
    fn restore(&mut self, address: &Address) {
        if self.state.object(address, None).is_some() {
            return;
        }
        let Some(key) = self.deposed.remove(address) else { return };
        let provider = self.change_of.get(address).map(|change| change.provider.clone()).unwrap_or_default();
        if let Some(object) = self.state.remove(address, Some(&key)) {
            self.means.journal.shift(address, Some(&key), None);
            self.state.put(address, None, &provider, object);
        }
    }

    pub(crate) fn replanned(
        &mut self,
        node: NodeId,
        instance: Instance,
        planned: Result<Replanned, Vec<Finding>>,
    ) -> Option<Job<'w, Outcome>> {
        let program = self.context.program;
        let checked = planned.and_then(|planned| {
            let expected = self.change_of.get(&instance.address).and_then(|change| change.action.after());
            match expected.and_then(|expected| conflict(&expected.unmark_deep().0, &planned.value)) {
                None => Ok(planned),
                Some(path) => Err(vec![inconsistent(path)]),
            }
        });
        let ready = match checked {
            // What was not known has turned out as it was: there is nothing to do.
            Ok(planned) if instance.deed == Deed::Update && same(&instance.prior, &planned.value) => {
                let Instance { address, resource, repeated, prior, .. } = instance;
                if let Some(change) = self.change_of.get(&address).copied() {
                    self.unchanged(resource, &address, &prior, change);
                }
                self.judge(node, resource, &address, &repeated, Some(prior));
                return None;
            }
            Ok(planned) => {
                let mut planned = planned;
                self.report(&instance.address, std::mem::take(&mut planned.findings));
                undertaking(self, &instance, &planned)
            }
            Err(findings) => {
                self.report(&instance.address, findings);
                None
            }
        };
        let Some(change) = ready else {
            self.failed[node] = true;
            self.restore(&instance.address);
            return None;
        };
        let type_name = &program.resources[instance.resource].resource.name.type_name;
        let lanes = change.session.lanes(type_name, &change.planned);
        let means = self.means;
        let made = async move {
            let began = begin(&change, means);
            let carried = undertake(change, began, means).await;
            Outcome::Made(Box::new(instance), Box::new(carried))
        };
        Some(Job { lanes, future: made.boxed() })
    }

    pub(crate) fn made(
        &mut self,
        node: NodeId,
        instance: Instance,
        carried: Carried,
    ) -> Option<Job<'w, Outcome>> {
        let address = instance.address.clone();
        let failed = carried.findings.iter().any(Finding::is_error) || carried.journal.is_err();
        self.failed[node] |= failed;
        self.report(&address, carried.findings);
        self.heed(carried.journal);
        let ending = carried.ending;
        if let Some(object) = object_of(&carried.outcome) {
            let provider =
                self.change_of.get(&address).map(|change| change.provider.clone()).unwrap_or_default();
            self.state.put(&address, None, &provider, object.clone());
        } else if instance.deed == Deed::Create {
            self.restore(&address);
        }
        let Some(value) = carried.value else {
            self.says(ending);
            return None;
        };
        self.values.insert(address.clone(), value.clone());
        if failed {
            self.says(ending);
            return None;
        }
        match instance.deed {
            Deed::Create => self.done.added += 1,
            Deed::Update => self.done.changed += 1,
            Deed::Delete => {}
        }
        if instance.deed == Deed::Create {
            match self.calls(&instance, &value, When::Create) {
                Some(calls) if calls.is_empty() => {}
                Some(calls) => return Some(self.provisioning(instance, value, calls, ending)),
                None => {
                    self.failed[node] = true;
                    self.taint(&address);
                    self.says(ending.map(failed_after_all));
                    return None;
                }
            }
        }
        self.says(ending);
        self.judge(node, instance.resource, &address, &instance.repeated, Some(value));
        None
    }

    fn says(&self, ending: Option<Event>) {
        ending.iter().for_each(|ending| self.context.observer.hears(ending));
    }

    /// The provisioners of an instance that run now; `None` after an error in one of them.
    pub(crate) fn calls(&mut self, instance: &Instance, value: &Value, when: When) -> Option<Vec<Call>> {
        let own = Subject::Resource(instance.address.resource.clone());
        let runs = self.context.program.resources[instance.resource].provisioners.iter();
        let mut references =
            runs.filter(|one| one.runs(when)).flat_map(provisioner::ProvisionerProgram::references);
        if references.any(|reference| reference.subject == own) {
            self.put_together(instance.resource);
        }
        let declared = &self.context.program.resources[instance.resource];
        let mut found = Vec::new();
        let mut calls = Vec::new();
        for provisioner in declared.provisioners.iter().filter(|provisioner| provisioner.runs(when)) {
            let scope = self.evaluator.scope(declared.module, &instance.address.module);
            let scope = scope.repeated(&instance.repeated).with_self(value.clone());
            calls.extend(provisioner.call(&scope, &mut found));
        }
        let failed = has_errors(&found);
        self.evaluator.diagnostics.append(&mut found);
        (!failed).then_some(calls)
    }

    /// Runs provisioners of a new object, whose making has ended so.
    fn provisioning(
        &self,
        instance: Instance,
        value: Value,
        calls: Vec<Call>,
        ending: Option<Event>,
    ) -> Job<'w, Outcome> {
        let means = self.means;
        let folder = self.context.folder;
        let run = async move {
            let found = run_all(&instance.address, calls, folder, means).await;
            let failed = has_errors(&found);
            let ending = if failed { ending.map(failed_after_all) } else { ending };
            ending.iter().for_each(|ending| means.observer.hears(ending));
            Outcome::Provisioned(Box::new(instance), value, found)
        };
        Job::new(run.boxed())
    }

    pub(crate) fn provisioned(&mut self, node: NodeId, instance: Instance, value: Value, found: Diagnostics) {
        let failed = has_errors(&found);
        self.evaluator.diagnostics.extend(found);
        if failed {
            self.failed[node] = true;
            self.done.added -= 1;
            self.taint(&instance.address);
            return;
        }
        self.judge(node, instance.resource, &instance.address, &instance.repeated, Some(value));
    }

    /// Notes that an object is not as it should be.
    fn taint(&mut self, address: &Address) {
        let Some(change) = self.change_of.get(address) else { return };
        if let Some(mut object) = self.state.object(address, None).cloned() {
            object.status = Status::Tainted;
            self.state.put(address, None, &change.provider, object);
        }
    }
}

/// Runs provisioners one after the other, up to the first that fails and may not.
pub(crate) async fn run_all(
    address: &Address,
    calls: Vec<Call>,
    folder: &std::path::Path,
    means: Means<'_>,
) -> Diagnostics {
    let mut found = Vec::new();
    let subject = observer::Subject::of(address);
    for call in calls {
        let hears = |event: Event| means.observer.hears(&event);
        hears(Event::ProvisionStarted(subject.clone(), call.kind.clone()));
        let says =
            |line: &str| hears(Event::ProvisionSays(subject.clone(), call.kind.clone(), line.to_owned()));
        match provisioner::run(&call, folder, &says, means.stop).await {
            Ok(()) => hears(Event::ProvisionDone(subject.clone(), call.kind.clone())),
            Err(detail) => {
                hears(Event::ProvisionFailed(subject.clone(), call.kind.clone()));
                found.push(provisioner::failed(&call, detail, &address.to_string()));
                if call.on_failure == OnFailure::Fail {
                    return found;
                }
            }
        }
    }
    found
}

/// Asks the provider again, with everything known.
fn replanning<'w>(
    instance: Instance,
    typed: Typed,
    session: Arc<dyn Session>,
    private: Private,
    means: Means<'w>,
) -> Job<'w, Outcome> {
    let planning = async move {
        let config = instance.config.unmark_deep().0;
        let prior = instance.prior.unmark_deep().0;
        let proposed = propose(&typed.schema.block, &prior, &config);
        let request = PlanRequest {
            type_name: &instance.address.resource.type_name,
            prior: &prior,
            config: &config,
            proposed: &proposed,
            private: &private,
        };
        let planned = session.plan(request, means.stop).await.map(|planned| {
            let value = with_marks_of(&without_ephemeral(&instance.config), &planned.value);
            let value = mark_schema(value, &typed.schema.block);
            Replanned { value, private: planned.private, findings: planned.findings }
        });
        Outcome::Planned(Box::new(instance), planned)
    };
    Job::new(planning.boxed())
}

/// Where a value contradicts what was planned; what was unknown may become anything.
fn conflict(planned: &Value, now: &Value) -> Option<Path> {
    conflict_at(planned, &now.unmark_deep().0, Vec::new())
}

fn conflict_at(planned: &Value, now: &Value, steps: Vec<Step>) -> Option<Path> {
    if !planned.is_known() || planned.is_wholly_known() && planned == now {
        return None;
    }
    let differs = || Some(Path(steps.clone()));
    let below = |step: Step| steps.iter().cloned().chain([step]).collect::<Vec<Step>>();
    match (planned.content(), now.content()) {
        (Content::Object(before), Content::Object(after))
        | (Content::Map(_, before), Content::Map(_, after)) => {
            if before.len() != after.len() {
                return differs();
            }
            before.iter().find_map(|(name, value)| match after.get(name) {
                Some(now) => conflict_at(value, now, below(Step::Attribute(name.clone()))),
                None => differs(),
            })
        }
        (Content::List(_, before), Content::List(_, after))
        | (Content::Tuple(before), Content::Tuple(after)) => {
            if before.len() != after.len() {
                return differs();
            }
            let pairs = before.iter().zip(after.iter()).enumerate();
            pairs
                .into_iter()
                .find_map(|(index, (value, now))| conflict_at(value, now, below(Step::Index(index))))
        }
        // Unknown elements of a set may become equal to others.
        (Content::Set(..), Content::Set(..)) if !planned.is_wholly_known() => None,
        _ => differs(),
    }
}

fn inconsistent(path: Path) -> Finding {
    Finding::error(
        Code::InconsistentProvider,
        "Provider produced inconsistent final plan",
        format!(
            "When expanding the plan to include new values learned so far during apply, {path} is no longer what was planned. Nothing was done to the object."
        ),
    )
    .at(path)
}

/// The deletion of one object, after its provisioners.
pub(crate) async fn delete(
    change: Undertake,
    calls: Vec<Call>,
    folder: &std::path::Path,
    means: Means<'_>,
) -> Outcome {
    let key = change.key.clone();
    let began = begin(&change, means);
    let found = run_all(&key.0, calls, folder, means).await;
    if has_errors(&found) {
        let took = means.world.now().duration_since(began).try_into().unwrap_or_default();
        means.observer.hears(&Event::Failed(change.subject, observer::Doing::Delete, took));
        return Outcome::Deleted(key, found, None);
    }
    let carried = undertake(change, began, means).await;
    carried.ending.iter().for_each(|ending| means.observer.hears(ending));
    Outcome::Deleted(key, found, Some(Box::new(carried)))
}

/// The diagnostic of a change for which there is no provider configuration.
pub(crate) fn no_session(address: &Address) -> Diagnostic {
    Diagnostic::error(Code::ProviderConfiguration, "Provider configuration not present")
        .detail(format!(
            "To delete {address} its provider configuration is needed, but it could not be made."
        ))
        .about(address.to_string())
}
