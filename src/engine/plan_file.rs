//! The plan file: a plan with the configuration that it was made from, to be applied later as it is.
//!
//! Invariant: reading what was written gives the same plan; a file that was cut short or changed is refused.
//! Never: a plan file holds an ephemeral value. It holds sensitive ones, as state does: it is written for its owner alone.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{Read as _, Write as _};
use std::path::PathBuf;

use aksel_lang::address::{Address, Target};
use aksel_lang::path::{Path, Step};
use aksel_lang::types::Text;
use aksel_lang::value::Value;
use aksel_state::snapshot::{self, CheckResult};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use crate::options::{Deferral, PlanMode, PlanOptions, Refresh};
use crate::plan::{
    Action, OutputChange, Plan, PlannedVariable, Reason, RelevantAttribute, ReplaceOrder, ResourceChange,
};
use crate::value_wire::ValueWire;

/// What a file begins with.
const MAGIC: &[u8] = b"aksel-plan-2\n";
/// How deep the file is read: three levels for each level of a value, of which a configuration can have 250.
const DEPTH_MAX: usize = 3 * 256 + 32;

/// A plan with all that is needed to apply it.
#[derive(Clone, Debug)]
pub struct SavedPlan {
    /// The plan.
    pub plan: Plan,
    /// The files of the configuration, by their paths.
    pub files: BTreeMap<PathBuf, Vec<u8>>,
    /// Where modules from elsewhere were installed.
    pub installed: BTreeMap<String, PathBuf>,
    /// The state file that it is for, as it was named.
    pub state: Option<PathBuf>,
}

/// Why a file is no plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlanFileError {
    /// It is something else.
    OtherFormat,
    /// It is damaged, or made by another version.
    Damaged(String),
}

impl fmt::Display for PlanFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PlanFileError::OtherFormat => {
                f.write_str("the file is not a plan that `aksel plan -out` has written")
            }
            PlanFileError::Damaged(reason) => write!(f, "the plan cannot be read: {reason}"),
        }
    }
}

impl std::error::Error for PlanFileError {}

#[derive(Serialize, Deserialize)]
struct Wire {
    created: Timestamp,
    options: OptionsWire,
    changes: Vec<ChangeWire>,
    drift: Vec<ChangeWire>,
    outputs: BTreeMap<String, (Option<ValueWire>, Option<ValueWire>)>,
    checks: Vec<CheckResult>,
    relevant: Vec<(String, Vec<StepWire>)>,
    variables: BTreeMap<String, Option<ValueWire>>,
    prior: String,
    refreshed: String,
    errored: bool,
    begun: bool,
    files: BTreeMap<PathBuf, ByteBuf>,
    installed: BTreeMap<String, PathBuf>,
    state: Option<PathBuf>,
    deferred: Vec<DeferredWire>,
}

#[derive(Serialize, Deserialize)]
struct OptionsWire {
    mode: String,
    refresh: bool,
    targets: Vec<String>,
    excludes: Vec<String>,
    replace: Vec<String>,
    deferral: bool,
    parallelism: usize,
    workspace: String,
    cwd: PathBuf,
}

#[derive(Serialize, Deserialize)]
struct ChangeWire {
    address: String,
    previous: Option<String>,
    deposed: Option<String>,
    provider: String,
    action: ActionWire,
    reason: Option<String>,
    import: Option<ValueWire>,
    generated: Option<String>,
    private: Option<ByteBuf>,
}

#[derive(Serialize, Deserialize)]
enum ActionWire {
    Keep(ValueWire),
    Read(ValueWire),
    Create(ValueWire),
    Update(ValueWire, ValueWire),
    Replace { live: ValueWire, planned: ValueWire, order: OrderWire, because: Vec<Vec<StepWire>> },
    Delete(ValueWire),
    Forget(ValueWire),
}

/// What comes first.
#[derive(Serialize, Deserialize)]
enum OrderWire {
    Delete,
    Create,
    Forget,
}

#[derive(Serialize, Deserialize)]
enum StepWire {
    Attribute(String),
    Index(usize),
    Key(String),
}

#[derive(Serialize, Deserialize)]
struct DeferredWire {
    resource: String,
    module: String,
    because: Option<String>,
    provider_unknown: bool,
}

/// Writes a plan file.
pub fn write(saved: &SavedPlan) -> Vec<u8> {
    let packed = packed(&wire(saved));
    let mut encoder = flate2::write::GzEncoder::new(MAGIC.to_vec(), flate2::Compression::fast());
    encoder.write_all(&packed).and_then(|()| encoder.finish()).expect("memory takes all that is written")
}

/// Reads a plan file.
///
/// # Errors
/// When it is something else or damaged.
pub fn read(bytes: &[u8]) -> Result<SavedPlan, PlanFileError> {
    let packed = bytes.strip_prefix(MAGIC).ok_or(PlanFileError::OtherFormat)?;
    let mut bytes = Vec::new();
    let damaged = |error: &dyn fmt::Display| PlanFileError::Damaged(error.to_string());
    flate2::read::GzDecoder::new(packed).read_to_end(&mut bytes).map_err(|error| damaged(&error))?;
    let wire: Wire = unpacked(&bytes).map_err(|error| damaged(&error))?;
    unwired(wire).map_err(PlanFileError::Damaged)
}

/// As MessagePack, with the names of fields: some are left out where they say nothing.
pub(crate) fn packed(wire: &impl Serialize) -> Vec<u8> {
    rmp_serde::to_vec_named(wire).expect("memory takes all that is written")
}

/// From MessagePack, nested as deep as any value that a configuration can have.
pub(crate) fn unpacked<T: for<'a> Deserialize<'a>>(bytes: &[u8]) -> Result<T, rmp_serde::decode::Error> {
    let mut reader = rmp_serde::Deserializer::from_read_ref(bytes);
    reader.set_max_depth(DEPTH_MAX);
    T::deserialize(&mut reader)
}

fn wire(saved: &SavedPlan) -> Wire {
    let plan = &saved.plan;
    let value = |value: &Option<Value>| value.as_ref().map(ValueWire::from);
    Wire {
        created: plan.created,
        options: options_wire(&plan.options),
        changes: plan.changes.iter().map(change_wire).collect(),
        drift: plan.drift.iter().map(change_wire).collect(),
        outputs: plan
            .outputs
            .iter()
            .map(|(name, change)| (name.to_string(), (value(&change.before), value(&change.after))))
            .collect(),
        checks: plan.checks.clone(),
        relevant: plan
            .relevant_attributes
            .iter()
            .map(|relevant| (relevant.resource.clone(), steps_wire(&relevant.attribute)))
            .collect(),
        variables: plan
            .variables
            .iter()
            .map(|(name, given)| (name.to_string(), value(&given.value)))
            .collect(),
        prior: snapshot::write(&plan.prior),
        refreshed: snapshot::write(&plan.refreshed),
        errored: plan.errored,
        begun: plan.begun,
        files: saved.files.iter().map(|(path, bytes)| (path.clone(), ByteBuf::from(&**bytes))).collect(),
        installed: saved.installed.clone(),
        state: saved.state.clone(),
        deferred: plan.deferred.iter().map(deferred_wire).collect(),
    }
}

fn options_wire(options: &PlanOptions) -> OptionsWire {
    OptionsWire {
        mode: match options.mode {
            PlanMode::Normal => "normal",
            PlanMode::Destroy => "destroy",
            PlanMode::RefreshOnly => "refresh-only",
        }
        .into(),
        refresh: options.refresh == Refresh::Read,
        targets: options.targets.iter().map(Target::to_string).collect(),
        excludes: options.excludes.iter().map(Target::to_string).collect(),
        replace: options.replace.iter().map(Address::to_string).collect(),
        deferral: options.deferral == Deferral::Allowed,
        parallelism: options.parallelism,
        workspace: options.workspace.to_string(),
        cwd: options.cwd.clone(),
    }
}

fn change_wire(change: &ResourceChange) -> ChangeWire {
    ChangeWire {
        address: change.address.to_string(),
        previous: change.previous_address.as_ref().map(Address::to_string),
        deposed: change.deposed.as_ref().map(Text::to_string),
        provider: change.provider.to_string(),
        action: action_wire(&change.action),
        reason: change.reason.map(|reason| reason.name().to_owned()),
        import: change.import.as_ref().map(ValueWire::from),
        generated: change.generated.as_ref().map(ToString::to_string),
        private: change.private.as_ref().map(|bytes| ByteBuf::from(bytes.to_vec())),
    }
}

fn action_wire(action: &Action) -> ActionWire {
    match action {
        Action::Keep { live } => ActionWire::Keep(live.into()),
        Action::Read { planned } => ActionWire::Read(planned.into()),
        Action::Create { planned } => ActionWire::Create(planned.into()),
        Action::Update { live, planned } => ActionWire::Update(live.into(), planned.into()),
        Action::Replace { live, planned, order, because } => ActionWire::Replace {
            live: live.into(),
            planned: planned.into(),
            order: match order {
                ReplaceOrder::DeleteFirst => OrderWire::Delete,
                ReplaceOrder::CreateFirst => OrderWire::Create,
                ReplaceOrder::ForgetFirst => OrderWire::Forget,
            },
            because: because.iter().map(steps_wire).collect(),
        },
        Action::Delete { live } => ActionWire::Delete(live.into()),
        Action::Forget { last } => ActionWire::Forget(last.into()),
    }
}

fn steps_wire(path: &Path) -> Vec<StepWire> {
    let step = |step: &Step| match step {
        Step::Attribute(name) => StepWire::Attribute(name.to_string()),
        Step::Index(index) => StepWire::Index(*index),
        Step::Key(key) => StepWire::Key(key.to_string()),
    };
    path.0.iter().map(step).collect()
}

fn deferred_wire(deferred: &crate::plan::Deferred) -> DeferredWire {
    use crate::plan::DeferredReason;
    let because = match &deferred.because {
        DeferredReason::DependsOnDeferred(other) => Some(other.clone()),
        DeferredReason::UnknownRepetition | DeferredReason::ProviderUnknown => None,
    };
    DeferredWire {
        resource: deferred.resource.to_string(),
        module: deferred.module.to_string(),
        because,
        provider_unknown: deferred.because == DeferredReason::ProviderUnknown,
    }
}

fn unwired(wire: Wire) -> Result<SavedPlan, String> {
    let optional = |wire: Option<ValueWire>| wire.map(ValueWire::value).transpose();
    let mut outputs = BTreeMap::new();
    for (name, (before, after)) in wire.outputs {
        outputs.insert(Text::from(name), OutputChange { before: optional(before)?, after: optional(after)? });
    }
    let mut variables = BTreeMap::new();
    for (name, value) in wire.variables {
        variables.insert(Text::from(name), PlannedVariable { value: optional(value)? });
    }
    let relevant = wire
        .relevant
        .into_iter()
        .map(|(resource, steps)| RelevantAttribute { resource, attribute: path_of(steps) });
    let plan = Plan {
        options: options(wire.options)?,
        created: wire.created,
        changes: wire.changes.into_iter().map(change).collect::<Result<_, _>>()?,
        drift: wire.drift.into_iter().map(change).collect::<Result<_, _>>()?,
        outputs,
        checks: wire.checks,
        relevant_attributes: relevant.collect(),
        variables,
        deferred: wire.deferred.into_iter().map(deferred).collect::<Result<_, _>>()?,
        prior: snapshot::read(&wire.prior).map_err(|error| error.to_string())?,
        refreshed: snapshot::read(&wire.refreshed).map_err(|error| error.to_string())?,
        errored: wire.errored,
        begun: wire.begun,
    };
    let files = wire.files.into_iter().map(|(path, bytes)| (path, bytes.into_vec())).collect();
    Ok(SavedPlan { plan, files, installed: wire.installed, state: wire.state })
}

fn options(wire: OptionsWire) -> Result<PlanOptions, String> {
    let all =
        |texts: Vec<String>| texts.iter().map(|text| parsed::<Target>(text)).collect::<Result<Vec<_>, _>>();
    Ok(PlanOptions {
        mode: match &*wire.mode {
            "destroy" => PlanMode::Destroy,
            "refresh-only" => PlanMode::RefreshOnly,
            _ => PlanMode::Normal,
        },
        refresh: if wire.refresh { Refresh::Read } else { Refresh::Skip },
        targets: all(wire.targets)?,
        excludes: all(wire.excludes)?,
        replace: wire.replace.iter().map(|text| parsed(text)).collect::<Result<_, _>>()?,
        deferral: if wire.deferral { Deferral::Allowed } else { Deferral::Refused },
        parallelism: wire.parallelism,
        workspace: wire.workspace.into(),
        cwd: wire.cwd,
    })
}

fn parsed<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("`{text}` is no address"))
}

fn change(wire: ChangeWire) -> Result<ResourceChange, String> {
    let reason =
        wire.reason.and_then(|name| Reason::ALL.iter().find(|reason| reason.name() == name).copied());
    Ok(ResourceChange {
        address: parsed(&wire.address)?,
        previous_address: wire.previous.as_deref().map(parsed).transpose()?,
        deposed: wire.deposed.map(Text::from),
        provider: wire.provider.into(),
        action: action(wire.action)?,
        reason,
        import: wire.import.map(ValueWire::value).transpose()?,
        generated: wire.generated.map(Text::from),
        private: wire.private.map(|bytes| bytes.into_vec().into()),
    })
}

fn action(wire: ActionWire) -> Result<Action, String> {
    Ok(match wire {
        ActionWire::Keep(live) => Action::Keep { live: live.value()? },
        ActionWire::Read(planned) => Action::Read { planned: planned.value()? },
        ActionWire::Create(planned) => Action::Create { planned: planned.value()? },
        ActionWire::Update(live, planned) => {
            Action::Update { live: live.value()?, planned: planned.value()? }
        }
        ActionWire::Replace { live, planned, order, because } => Action::Replace {
            live: live.value()?,
            planned: planned.value()?,
            order: match order {
                OrderWire::Delete => ReplaceOrder::DeleteFirst,
                OrderWire::Create => ReplaceOrder::CreateFirst,
                OrderWire::Forget => ReplaceOrder::ForgetFirst,
            },
            because: because.into_iter().map(path_of).collect(),
        },
        ActionWire::Delete(live) => Action::Delete { live: live.value()? },
        ActionWire::Forget(last) => Action::Forget { last: last.value()? },
    })
}

fn path_of(steps: Vec<StepWire>) -> Path {
    let step = |step| match step {
        StepWire::Attribute(name) => Step::Attribute(name.into()),
        StepWire::Index(index) => Step::Index(index),
        StepWire::Key(key) => Step::Key(key.into()),
    };
    Path(steps.into_iter().map(step).collect())
}

fn deferred(wire: DeferredWire) -> Result<crate::plan::Deferred, String> {
    use crate::plan::{Deferred, DeferredReason};
    let module: aksel_lang::address::ModuleInstance = if wire.module.is_empty() {
        Default::default()
    } else {
        match parsed::<Target>(&wire.module)? {
            Target::Module(module) => module,
            Target::Resource(_) => return Err(format!("`{}` is no module", wire.module)),
        }
    };
    Ok(Deferred {
        resource: parsed::<Address>(&wire.resource)?.config(),
        module,
        because: match (wire.because, wire.provider_unknown) {
            (Some(other), _) => DeferredReason::DependsOnDeferred(other),
            (None, true) => DeferredReason::ProviderUnknown,
            (None, false) => DeferredReason::UnknownRepetition,
        },
        ty: aksel_lang::types::Type::Dynamic,
    })
}
