//! The plan: what is to happen, as a plain value that can be shown, saved, judged and applied.
//!
//! Invariant: each `Action` carries exactly the values that exist in its case; sensitive values are marked in place.
//! Invariant: changes stand in Terraform's order: modules, then resources, then instances, deposed objects last.
//! Never: a plan holds an ephemeral value, and nothing here decides anything.

use std::collections::BTreeMap;

use aksel_lang::address::{Address, ConfigAddress, Mode, ModuleInstance};
use aksel_lang::path::Path;
use aksel_lang::types::{Text, Type};
use aksel_lang::value::Value;
use aksel_provider::provider::Private;
use aksel_state::snapshot::{CheckResult, Snapshot};
use jiff::Timestamp;

use crate::options::{PlanMode, PlanOptions};

/// What is to happen.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// How it was made.
    pub options: PlanOptions,
    /// When it was made.
    pub created: Timestamp,
    /// What happens to each resource instance, those that are kept included.
    pub changes: Vec<ResourceChange>,
    /// What has changed remotely since the last run: `Update` (state, live) or `Delete` (state).
    pub drift: Vec<ResourceChange>,
    /// What happens to the outputs of the root module.
    pub outputs: BTreeMap<Text, OutputChange>,
    /// What the checks said.
    pub checks: Vec<CheckResult>,
    /// The attributes outside of a resource that its plan was made from.
    pub relevant_attributes: Vec<RelevantAttribute>,
    /// The values of the root module's variables as they were given, else their defaults; ephemeral ones without a value.
    pub variables: BTreeMap<Text, PlannedVariable>,
    /// What cannot be planned yet.
    pub deferred: Vec<Deferred>,
    /// State as it was before the refresh, with what has moved in its new place.
    pub prior: Snapshot,
    /// State after the refresh: what the plan starts from.
    pub refreshed: Snapshot,
    /// Whether planning ended with an error; the plan is then as far as it came.
    pub errored: bool,
    /// Whether planning got beyond the configuration.
    pub begun: bool,
}

/// What happens to one resource instance or deposed object.
#[derive(Clone, Debug, PartialEq)]
pub struct ResourceChange {
    /// The instance.
    pub address: Address,
    /// Where it was before a `moved` block.
    pub previous_address: Option<Address>,
    /// The key of a deposed object that this is about.
    pub deposed: Option<Text>,
    /// The provider configuration as state writes it: `provider["registry.terraform.io/hashicorp/azurerm"].west`.
    pub provider: Text,
    /// What happens.
    pub action: Action,
    /// Why, where it is not obvious.
    pub reason: Option<Reason>,
    /// The object that is taken over by an `import` block: its id, or an object with its identity.
    pub import: Option<Value>,
    /// The block that was generated for an object that is taken over and not declared.
    pub generated: Option<Text>,
    /// What the provider wants to know again when it carries the change out.
    pub private: Private,
}

/// What is to happen to one resource instance. Each case carries exactly the values that exist in it.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// It stays as it is.
    Keep {
        /// As it is.
        live: Value,
    },
    /// A data source is read during apply.
    Read {
        /// What is known of the answer.
        planned: Value,
    },
    /// It is made.
    Create {
        /// What it will be.
        planned: Value,
    },
    /// It is changed in place.
    Update {
        /// As it is.
        live: Value,
        /// What it will be.
        planned: Value,
    },
    /// It is deleted and made again.
    Replace {
        /// As it is.
        live: Value,
        /// What the new one will be.
        planned: Value,
        /// Which comes first.
        order: ReplaceOrder,
        /// The attributes that cannot be changed in place.
        because: Vec<Path>,
    },
    /// It is deleted.
    Delete {
        /// As it is.
        live: Value,
    },
    /// It stays, and aksel forgets it.
    Forget {
        /// As state had it.
        last: Value,
    },
}

/// What comes first in a replacement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReplaceOrder {
    /// The old object is deleted, then the new one is made.
    DeleteFirst,
    /// The new object is made, then the old one is deleted.
    CreateFirst,
    /// The old object is forgotten and stays, then the new one is made.
    ForgetFirst,
}

/// Why something happens, in the words of Terraform's plan format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// Making it failed half-way.
    ReplaceTainted,
    /// It was asked for with `-replace`.
    ReplaceByRequest,
    /// Something that replaces it changes (`replace_triggered_by`).
    ReplaceByTriggers,
    /// An attribute cannot be changed in place.
    ReplaceCannotUpdate,
    /// It is no longer declared.
    DeleteNoResourceConfig,
    /// Its declaration has another kind of repetition.
    DeleteWrongRepetition,
    /// Its `count` is smaller now.
    DeleteCountIndex,
    /// Its key is no longer in `for_each`.
    DeleteEachKey,
    /// Its module is no longer called, or not that often.
    DeleteNoModule,
    /// Its `moved` target is not declared.
    DeleteNoMoveTarget,
    /// `lifecycle.enabled` is false.
    DeleteDisabled,
    /// The configuration of a data source is not known yet.
    ReadConfigUnknown,
    /// What a data source depends on is to be changed.
    ReadDependencyPending,
    /// A data source of a `check` is read last.
    ReadCheckNested,
}

/// What happens to an output.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputChange {
    /// The value in state, `None` if it has none.
    pub before: Option<Value>,
    /// What it will be, `None` if it is no longer declared.
    pub after: Option<Value>,
}

/// What kind of change an output makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OutputAction {
    /// None.
    Keep,
    /// It is new.
    Create,
    /// Its value changes.
    Update,
    /// It goes.
    Delete,
}

/// An attribute that a plan was made from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RelevantAttribute {
    /// The resource or instance, with its module.
    pub resource: String,
    /// The attribute.
    pub attribute: Path,
}

/// A value given to a variable of the root module.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedVariable {
    /// The value; `None` for an ephemeral variable, which is asked for again.
    pub value: Option<Value>,
}

/// Something that cannot be planned yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Deferred {
    /// The resource, as it is written.
    pub resource: ConfigAddress,
    /// The module instance, as far as it is known.
    pub module: ModuleInstance,
    /// Why.
    pub because: DeferredReason,
    /// What is known of the objects: the type of the value.
    pub ty: Type,
}

/// Why something cannot be planned yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeferredReason {
    /// How many instances there are is known only after apply.
    UnknownRepetition,
    /// It depends on something that cannot be planned yet.
    DependsOnDeferred(String),
    /// Its provider's configuration is known only after apply, and the provider cannot plan without.
    ProviderUnknown,
}

impl Plan {
    /// Whether applying it would do anything.
    pub fn is_applyable(&self) -> bool {
        let resources = self.changes.iter().any(ResourceChange::does_something);
        // A refresh writes no output whose value it cannot know.
        let told = |output: &OutputChange| {
            self.options.mode != PlanMode::RefreshOnly
                || output.after.as_ref().is_none_or(Value::is_wholly_known)
        };
        let outputs =
            self.outputs.values().any(|output| output.action() != OutputAction::Keep && told(output));
        let deferred = !self.deferred.is_empty();
        // What changed outside is taken into state when that is what was asked for; else it is no reason to apply.
        let state = self.options.mode == PlanMode::RefreshOnly && !self.prior.same_content(&self.refreshed);
        !self.errored && (resources || outputs || deferred || state)
    }

    /// Whether after applying it there would be nothing left to plan.
    pub fn is_complete(&self) -> bool {
        !self.errored && self.deferred.is_empty() && self.options.targets.is_empty()
    }

    /// The change at an address; not one of a deposed object.
    pub fn change(&self, address: &Address) -> Option<&ResourceChange> {
        self.changes.iter().find(|change| change.deposed.is_none() && change.address == *address)
    }

    /// How many objects are added, changed, destroyed, imported and forgotten, as the summary line counts them.
    pub fn counts(&self) -> Counts {
        let managed = self.changes.iter().filter(|change| change.address.resource.mode == Mode::Managed);
        managed.fold(Counts::default(), |counts, change| counts.with(change))
    }
}

/// What a summary line counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Objects that are made.
    pub add: usize,
    /// Objects that are changed in place.
    pub change: usize,
    /// Objects that are deleted.
    pub destroy: usize,
    /// Objects that are taken over.
    pub import: usize,
    /// Objects that are forgotten.
    pub forget: usize,
}

impl Counts {
    fn with(mut self, change: &ResourceChange) -> Counts {
        self.import += usize::from(change.import.is_some());
        match change.action {
            Action::Keep { .. } | Action::Read { .. } => {}
            Action::Create { .. } => self.add += 1,
            Action::Update { .. } => self.change += 1,
            Action::Replace { order, .. } => {
                self.add += 1;
                match order {
                    ReplaceOrder::DeleteFirst | ReplaceOrder::CreateFirst => self.destroy += 1,
                    ReplaceOrder::ForgetFirst => self.forget += 1,
                }
            }
            Action::Delete { .. } => self.destroy += 1,
            Action::Forget { .. } => self.forget += 1,
        }
        self
    }
}

impl ResourceChange {
    /// Whether the change does anything: to an object, to what is known of it, or to where it is written.
    pub fn does_something(&self) -> bool {
        let kept = matches!(self.action, Action::Keep { .. });
        !kept || self.import.is_some() || self.previous_address.is_some()
    }
}

impl Action {
    /// The value before, if there is one.
    pub fn before(&self) -> Option<&Value> {
        match self {
            Action::Keep { live }
            | Action::Update { live, .. }
            | Action::Replace { live, .. }
            | Action::Delete { live } => Some(live),
            Action::Forget { last } => Some(last),
            Action::Read { .. } | Action::Create { .. } => None,
        }
    }

    /// The value after, if there is one.
    pub fn after(&self) -> Option<&Value> {
        match self {
            Action::Keep { live } => Some(live),
            Action::Read { planned }
            | Action::Create { planned }
            | Action::Update { planned, .. }
            | Action::Replace { planned, .. } => Some(planned),
            Action::Delete { .. } | Action::Forget { .. } => None,
        }
    }

    /// Whether an object is let go of: it stays, and state forgets it.
    pub fn forgets(&self) -> bool {
        self.names().contains(&"forget")
    }

    /// The words of Terraform's plan format: `["delete", "create"]`.
    pub fn names(&self) -> &'static [&'static str] {
        match self {
            Action::Keep { .. } => &["no-op"],
            Action::Read { .. } => &["read"],
            Action::Create { .. } => &["create"],
            Action::Update { .. } => &["update"],
            Action::Replace { order: ReplaceOrder::DeleteFirst, .. } => &["delete", "create"],
            Action::Replace { order: ReplaceOrder::CreateFirst, .. } => &["create", "delete"],
            Action::Replace { order: ReplaceOrder::ForgetFirst, .. } => &["forget", "create"],
            Action::Delete { .. } => &["delete"],
            Action::Forget { .. } => &["forget"],
        }
    }
}

impl Reason {
    /// The word of Terraform's plan format; `None` for what that format has no word for.
    pub fn name(self) -> &'static str {
        match self {
            Reason::ReplaceTainted => "replace_because_tainted",
            Reason::ReplaceByRequest => "replace_by_request",
            Reason::ReplaceByTriggers => "replace_by_triggers",
            Reason::ReplaceCannotUpdate => "replace_because_cannot_update",
            Reason::DeleteNoResourceConfig => "delete_because_no_resource_config",
            Reason::DeleteWrongRepetition => "delete_because_wrong_repetition",
            Reason::DeleteCountIndex => "delete_because_count_index",
            Reason::DeleteEachKey => "delete_because_each_key",
            Reason::DeleteNoModule => "delete_because_no_module",
            Reason::DeleteNoMoveTarget => "delete_because_no_move_target",
            Reason::DeleteDisabled => "delete_because_enabled_false",
            Reason::ReadConfigUnknown => "read_because_config_unknown",
            Reason::ReadDependencyPending => "read_because_dependency_pending",
            Reason::ReadCheckNested => "read_because_check_nested",
        }
    }

    /// All reasons.
    pub const ALL: &[Reason] = &[
        Reason::ReplaceTainted,
        Reason::ReplaceByRequest,
        Reason::ReplaceByTriggers,
        Reason::ReplaceCannotUpdate,
        Reason::DeleteNoResourceConfig,
        Reason::DeleteWrongRepetition,
        Reason::DeleteCountIndex,
        Reason::DeleteEachKey,
        Reason::DeleteNoModule,
        Reason::DeleteNoMoveTarget,
        Reason::DeleteDisabled,
        Reason::ReadConfigUnknown,
        Reason::ReadDependencyPending,
        Reason::ReadCheckNested,
    ];
}

impl OutputChange {
    /// What kind of change it is.
    pub fn action(&self) -> OutputAction {
        match (&self.before, &self.after) {
            (None, None) => OutputAction::Keep,
            (None, Some(_)) => OutputAction::Create,
            (Some(_), None) => OutputAction::Delete,
            (Some(before), Some(after)) if before == after => OutputAction::Keep,
            (Some(_), Some(_)) => OutputAction::Update,
        }
    }
}
