//! The rest of a plan: what is in state and no longer wanted, the outputs, and everything put in order.
//!
//! Invariant: every managed object of state that takes part is in the changes exactly once.
//! Never: an object of an instance that could not be planned is deleted.

use std::collections::{BTreeMap, HashMap};

use aksel_lang::address::{Address, InstanceKey, Mode, Target};
use aksel_lang::blocks::output::Output as OutputBlock;
use aksel_lang::code::Code;
use aksel_lang::convert::convert;
use aksel_lang::diagnostic::Diagnostic;
use aksel_lang::json;
use aksel_lang::types::Text;
use aksel_lang::value::{Marks, Value};
use aksel_state::json::RawJson;
use aksel_state::snapshot::{Output, Snapshot};

use crate::context::{ObjectKey, no_provider};
use crate::expand::{Keys, Repeated};
use crate::options::PlanMode;
use crate::order;
use crate::plan::{Action, OutputChange, Reason, ResourceChange};
use crate::planning::{Planning, Waiting};
use crate::program::ResourceId;
use crate::removals::removal_of;
use crate::selection::covers;
use crate::value_marks::without_ephemeral;
use crate::walk::Ending;

impl Planning<'_> {
    /// Plans what is to become of objects that no instance has claimed.
    pub(crate) fn plan_orphans(&mut self) {
        let entries: Vec<ObjectKey> = self
            .refreshed
            .objects()
            .filter(|entry| entry.address.resource.mode == Mode::Managed)
            .map(|entry| (entry.address, entry.deposed.map(Text::from)))
            .collect();
        for key in entries {
            let declared = self.context.program.resource_at(&key.0.config());
            let node = declared.map(|resource| self.context.program.resources[resource].node);
            let claimed = key.1.is_none() && self.change_of.contains_key(&key.0);
            if claimed || !self.selection.instance(node, &key.0) || self.unread.contains(&key) {
                continue;
            }
            self.plan_orphan(key, declared);
        }
        if self.context.options.mode == PlanMode::RefreshOnly {
            self.drift_of_moves();
        }
        self.changes.sort_by(order::changes);
        self.drift.sort_by(order::changes);
    }

    /// What only has another address now changes the state, even where nothing else does.
    fn drift_of_moves(&mut self) {
        let moved: Vec<Address> = self.moved.keys().cloned().collect();
        for address in moved {
            let key = (address, None);
            let known = self.drift.iter().any(|change| change.address == key.0 && change.deposed.is_none());
            let Some(live) = self.live.get(&key).filter(|_| !known).cloned() else { continue };
            let action = Action::Keep { live: live.value };
            self.drift.push(self.change(&key, live.provider, action));
        }
    }

    fn plan_orphan(&mut self, key: ObjectKey, declared: Option<ResourceId>) {
        let Some(live) = self.live.get(&key).cloned() else { return };
        let reason = match (self.context.options.mode, &key.1) {
            (PlanMode::RefreshOnly, _) => return,
            (PlanMode::Destroy, _) => None,
            (PlanMode::Normal, Some(_)) => None,
            (PlanMode::Normal, None) => match self.reason(&key.0, declared) {
                Some(reason) => Some(reason),
                None => return,
            },
        };
        let forgotten = match declared {
            Some(resource) => {
                let written = self.context.program.resources[resource].remembered().skip_destroy;
                // Of what is still declared, the block says it anew.
                let current = self.context.options.mode == PlanMode::Destroy && key.1.is_none();
                written || live.remembered.skip_destroy && !current
            }
            None => match removal_of(self.context.program.configuration, &key.0) {
                Some(removal) => !removal.destroy,
                None => live.remembered.skip_destroy,
            },
        };
        let action = match forgotten {
            true => Action::Forget { last: live.value },
            false => Action::Delete { live: live.value },
        };
        if matches!(action, Action::Delete { .. }) {
            self.check_provider(&key.0, &live.provider);
        }
        if let (Action::Delete { .. }, Some(resource), None) = (&action, declared, &key.1) {
            let repeated = Repeated { key: key.0.key.clone(), ..Repeated::default() };
            let error = self.prevented(resource, &key.0, &repeated);
            self.evaluator.diagnostics.extend(error);
        }
        let change = ResourceChange { reason, ..self.change(&key, live.provider, action) };
        self.changes.push(change);
    }

    /// Reports that an object cannot be deleted since the instance of the provider configuration that made it is gone.
    fn check_provider(&mut self, address: &Address, written: &str) {
        let program = self.context.program;
        let Some(instance) = program.provider_written(written) else { return };
        let node = &program.providers[instance.provider];
        let repeated = node.block.is_some_and(|(_, block)| block.for_each.is_some());
        let expected = repeated || instance.key.is_some();
        if expected && !self.failed[node.node] && !self.sessions.contains_key(&instance) {
            self.evaluator.diagnostics.push(no_provider(address, written));
        }
    }

    /// Why an instance is no longer wanted; `None` if it is, or if that is not known.
    fn reason(&self, address: &Address, declared: Option<ResourceId>) -> Option<Reason> {
        let program = self.context.program;
        let Some(resource) = declared else {
            return Some(self.no_config(address));
        };
        let node = program.resources[resource].node;
        if self.failed[node] || self.waits[node] != Waiting::No {
            return None;
        }
        if !self.evaluator.values.instances(program.resources[resource].module).contains(&address.module) {
            return (!self.call_is_open(address)).then_some(Reason::DeleteNoModule);
        }
        let keys = self.keys.get(&(resource, address.module.clone()))?;
        match (keys, &address.key) {
            (Keys::Unknown, _) => None,
            (keys, key) if keys.contains(key.as_ref()) => None,
            (Keys::Count(_), Some(InstanceKey::Index(_))) => Some(Reason::DeleteCountIndex),
            (Keys::Each(_), Some(InstanceKey::Key(_))) => Some(Reason::DeleteEachKey),
            (Keys::Disabled, None) => Some(Reason::DeleteDisabled),
            (Keys::One | Keys::Disabled | Keys::Count(_) | Keys::Each(_), _) => {
                Some(Reason::DeleteWrongRepetition)
            }
        }
    }

    fn no_config(&self, address: &Address) -> Reason {
        match self.moved.contains_key(address) {
            true => Reason::DeleteNoMoveTarget,
            false => Reason::DeleteNoResourceConfig,
        }
    }

    /// Whether the instances of one of the calls on the way to an address are not known.
    fn call_is_open(&self, address: &Address) -> bool {
        let mut outer = address.module.clone();
        while let Some((name, _)) = outer.0.pop() {
            let cells = self.evaluator.values.cells(&outer);
            if cells.and_then(|cells| cells.calls.get(&name)) == Some(&Keys::Unknown) {
                return true;
            }
        }
        false
    }

    /// What happens to the outputs.
    pub(crate) fn output_changes(&mut self) -> BTreeMap<Text, OutputChange> {
        let before: HashMap<Text, Value> = outputs_of(&self.prior);
        let mode = self.context.options.mode;
        // A part of the objects goes, but what the outputs say of them stays until the rest does.
        if mode == PlanMode::Destroy && self.selection.is_partial() {
            return BTreeMap::new();
        }
        let declared = &self.context.program.configuration.root.outputs;
        let mut changes = BTreeMap::new();
        for (name, value) in &before {
            let kept = declared.contains_key(name) && mode != PlanMode::Destroy;
            if !kept {
                changes.insert(name.clone(), OutputChange { before: Some(value.clone()), after: None });
            }
        }
        for (name, value) in &self.evaluator.root_outputs {
            if declared.get(name).is_some_and(|output| output.ephemeral) {
                continue;
            }
            // Null is what an output is that state does not have; one that becomes null is still declared.
            let before = before.get(name).cloned();
            let after = Some(without_ephemeral(value)).filter(|value| before.is_some() || !value.is_null());
            changes.insert(name.clone(), OutputChange { before, after });
        }
        changes
    }

    /// Data sources that are no longer wanted because nothing is.
    pub(crate) fn dropped_data(&self) -> Vec<Address> {
        let destroys = self.context.options.mode == PlanMode::Destroy;
        let addresses = self.prior.objects().map(|entry| entry.address);
        addresses.filter(|address| destroys && address.resource.mode == Mode::Data).collect()
    }

    /// Outputs of which the value is known are in state from now on, whatever becomes of the apply.
    pub(crate) fn keep_known_outputs(&mut self) {
        for (name, value) in &self.evaluator.root_outputs {
            let declared = self.context.program.configuration.root.outputs.get(name);
            if let Some(output) = declared.filter(|output| !output.ephemeral)
                && value.is_wholly_known()
            {
                put_output(&mut self.refreshed, output, &without_ephemeral(value));
            }
        }
    }

    /// Refuses a partial plan that would leave moved objects half-way.
    pub(crate) fn check_moved_are_selected(&mut self) -> Ending {
        if !self.selection.is_partial() {
            return Ending::Done;
        }
        let selected = |address: &Address| {
            let declared = self.context.program.resource_at(&address.config());
            let node = declared.map(|resource| self.context.program.resources[resource].node);
            self.selection.instance(node, address)
        };
        let ends = self.moved.iter().flat_map(|(to, from)| [to, from]);
        let mut left: Vec<&Address> = ends.filter(|address| !selected(address)).collect();
        left.sort_by(|a, b| order::addresses(a, b));
        left.dedup();
        if left.is_empty() {
            return Ending::Done;
        }
        let options: String = left.iter().map(|address| format!("\n  -target=\"{address}\"")).collect();
        self.evaluator.diagnostics.push(
            Diagnostic::error(Code::Targeting, "Moved resource instances excluded by targeting").detail(format!(
                "Resource instances in your current state have moved to new addresses in the latest configuration. They must be included while planning in order to ensure a correct result, but your -target=... options do not fully cover all of those resource instances.\n\nTo create a valid plan, either remove your -target=... options altogether or add the following additional target options:{options}"
            )),
        );
        Ending::Failed
    }

    /// Warns of what the plan leaves out or lets go.
    pub(crate) fn warn(&mut self) {
        if self.selection.is_partial() {
            self.evaluator.diagnostics.push(
                Diagnostic::warning(Code::Targeting, "Resource targeting is in effect")
                    .detail("You are creating a plan with the -target option, which means that the result of this plan may not represent all of the changes requested by the current configuration.\n\nThe -target option is not for routine use, and is provided only for exceptional situations such as recovering from errors or mistakes."),
            );
        }
        let forgotten: String = self
            .changes
            .iter()
            .filter(|change| change.action.forgets())
            .map(|change| format!("\n - {}", change.address))
            .collect();
        if !forgotten.is_empty() {
            self.evaluator.diagnostics.push(
                Diagnostic::warning(Code::Forgotten, "Some objects will no longer be managed by aksel").detail(format!(
                    "If you apply this plan, the tracking information for the following objects will be discarded, but they will not be deleted:{forgotten}\n\nAfter applying this plan, these objects are no longer managed. You will need to import them to manage them again."
                )),
            );
        }
        self.warn_of_partial_requests();
    }

    /// `-replace` of a resource that has keys names none of its instances.
    fn warn_of_partial_requests(&mut self) {
        for wanted in &self.context.options.replace {
            let target = Target::Resource(wanted.clone());
            let instances: Vec<String> = self
                .changes
                .iter()
                .filter(|change| {
                    wanted.key.is_none() && change.address != *wanted && covers(&target, &change.address)
                })
                .map(|change| format!("\n  -replace=\"{}\"", change.address))
                .collect();
            if !instances.is_empty() && !self.change_of.contains_key(wanted) {
                self.evaluator.diagnostics.push(
                    Diagnostic::warning(Code::Targeting, "Incompletely-matched force-replace resource instance").detail(format!(
                        "Your force-replace request for {wanted} doesn't match any resource instances because it lacks an instance key.\n\nTo force replacement of particular instances, use one or more of the following options:{}",
                        instances.concat()
                    )),
                );
            }
        }
    }
}

/// Writes an output into a state; one that is null is not there.
pub(crate) fn put_output(state: &mut Snapshot, output: &OutputBlock, value: &Value) {
    let name = &output.name.text;
    let (bare, marks) = value.unmark_deep();
    if bare.is_null() {
        state.outputs.remove(&**name);
        return;
    }
    let ty = bare.ty();
    let json = RawJson::parse(&json::write_typed(&bare, &ty));
    let ty = RawJson::parse(&json::type_to_json(&ty).to_string());
    let (value, ty) = json.and_then(|json| Ok((json, ty?))).expect("a value is written as valid JSON");
    let sensitive = output.sensitive || marks.contains(Marks::SENSITIVE);
    state.outputs.insert(name.to_string(), Output { value, ty, sensitive });
}

/// The outputs of a state as values.
pub(crate) fn outputs_of(state: &Snapshot) -> HashMap<Text, Value> {
    let read = |output: &Output| {
        let value = json::read(output.value.as_str()).ok()?;
        let ty = serde_json::from_str(output.ty.as_str()).ok().and_then(|ty| json::type_from_json(&ty).ok());
        let value = match ty {
            Some(ty) => convert(&value, &ty).unwrap_or(value),
            None => value,
        };
        Some(if output.sensitive { value.sensitive() } else { value })
    };
    state
        .outputs
        .iter()
        .filter_map(|(name, output)| Some((Text::from(name.as_str()), read(output)?)))
        .collect()
}
