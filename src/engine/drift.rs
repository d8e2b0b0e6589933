//! Drift: what changed outside since the last apply, per attribute.
//!
//! Rule: a change counts if applying the configuration would undo it. What the configuration does not mind, because only a
//! controller or the service decides it, is no drift.
//!
//! Never: a difference is looked for where the refresh found none.

use aksel_lang::address::{Address, Mode};
use aksel_lang::path::{Path, Step};
use aksel_lang::types::Type;
use aksel_lang::value::Value;
use aksel_provider::touch::Touch;

use crate::plan::{Action, Plan, ResourceChange};

/// What differs from what was last applied.
#[derive(Clone, Debug, PartialEq)]
pub struct Drift {
    /// How many objects there are in state.
    pub objects: usize,
    /// Those that differ.
    pub found: Vec<Drifted>,
}

/// An object that differs.
#[derive(Clone, Debug, PartialEq)]
pub struct Drifted {
    /// Which one.
    pub address: Address,
    /// How.
    pub how: Difference,
    /// Who changed it last, if anybody tells.
    pub touch: Option<Touch>,
}

/// How an object differs.
#[derive(Clone, Debug, PartialEq)]
pub enum Difference {
    /// It is gone.
    Deleted,
    /// It has other values.
    Changed(Vec<Attribute>),
}

/// An attribute that differs.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribute {
    /// Which one.
    pub path: Path,
    /// What was last applied; `None` if it was not there.
    pub before: Option<Value>,
    /// What is there now; `None` if it is gone.
    pub after: Option<Value>,
    /// Where the configuration says it: `cluster.tf:30`.
    pub written: Option<String>,
}

impl Drift {
    /// Finds in a plan what changed outside and would be undone.
    pub fn of(plan: &Plan) -> Drift {
        let managed = |address: &Address| address.resource.mode == Mode::Managed;
        let objects = plan.prior.objects().filter(|entry| managed(&entry.address)).count();
        let changes = plan.drift.iter().filter(|change| managed(&change.address) && change.deposed.is_none());
        let found = changes.filter_map(|change| {
            let how = difference(change, plan)?;
            Some(Drifted { address: change.address.clone(), how, touch: None })
        });
        Drift { objects, found: found.collect() }
    }

    /// All attributes that differ, with their objects.
    pub fn attributes_mut(&mut self) -> impl Iterator<Item = (&Address, &mut Attribute)> {
        self.found.iter_mut().flat_map(|drifted| {
            let attributes = match &mut drifted.how {
                Difference::Deleted => [].iter_mut(),
                Difference::Changed(attributes) => attributes.iter_mut(),
            };
            let address = &drifted.address;
            attributes.map(move |attribute| (address, attribute))
        })
    }
}

fn difference(change: &ResourceChange, plan: &Plan) -> Option<Difference> {
    let before = change.action.before()?;
    let (Some(live), false) = (change.action.after(), matches!(change.action, Action::Delete { .. })) else {
        return Some(Difference::Deleted);
    };
    let mut all = Vec::new();
    compare(Some(before), Some(live), &Path::root(), &mut all);
    let planned = plan.change(&change.address).map(|change| &change.action);
    let undone = |attribute: &Attribute| match planned {
        Some(Action::Keep { .. }) | None => false,
        Some(action) => action.after().is_none_or(|planned| {
            let planned = attribute.path.follow(planned);
            // What is known only after apply may be what it is now.
            planned.is_none_or(Value::is_known) && planned != attribute.after.as_ref()
        }),
    };
    all.retain(undone);
    if all.is_empty() { None } else { Some(Difference::Changed(all)) }
}

fn compare(before: Option<&Value>, after: Option<&Value>, path: &Path, out: &mut Vec<Attribute>) {
    if before == after {
        return;
    }
    if let (Some(old), Some(new)) = (before, after)
        && old.marks() == new.marks()
        && !old.is_sensitive()
        && descend(old, new, path, out)
    {
        return;
    }
    out.push(Attribute { path: path.clone(), before: before.cloned(), after: after.cloned(), written: None });
}

/// Compares what two values hold; false for values that are compared as wholes.
fn descend(old: &Value, new: &Value, path: &Path, out: &mut Vec<Attribute>) -> bool {
    if let (Some(a), Some(b)) = (old.as_named(), new.as_named()) {
        let is_object = matches!(old.ty(), Type::Object(_));
        let mut names: Vec<_> = a.keys().chain(b.keys()).collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            let step = if is_object { Step::Attribute(name.clone()) } else { Step::Key(name.clone()) };
            compare(a.get(name), b.get(name), &path.then(step), out);
        }
        return true;
    }
    let is_set = matches!(old.ty(), Type::Set(_));
    match (old.as_slice(), new.as_slice()) {
        (Some(a), Some(b)) if !is_set && a.len() == b.len() => {
            for (at, (old, new)) in a.iter().zip(b).enumerate() {
                compare(Some(old), Some(new), &path.then(Step::Index(at)), out);
            }
            true
        }
        _ => false,
    }
}
