//! Who owns which field of an object, and what an apply makes of it.
//!
//! Source: <https://kubernetes.io/docs/reference/using-api/server-side-apply/>
//!
//! Invariant: a field that an apply no longer names and that nobody else owns goes away.
//! Invariant: a field that somebody else owns with another value is changed only by force.
//! Never: identity and bookkeeping (`metadata.name`, `uid`, `resourceVersion`, …) are owned.

use serde_json::{Value, json};

use crate::cluster::fieldset::{Fields, dotted};
use crate::cluster::merging::{Comparison, compare, cut_below, fields_of, merge, remove, with_named};
use crate::cluster::status::Refused;
use crate::cluster::structure::Shape;

/// Members of an object that nobody owns.
const UNOWNED: &[&str] = &["f:apiVersion", "f:kind", "f:metadata"];
/// Members of metadata that nobody owns.
const UNOWNED_METADATA: &[&str] = &[
    "f:name",
    "f:namespace",
    "f:creationTimestamp",
    "f:selfLink",
    "f:uid",
    "f:clusterName",
    "f:generation",
    "f:managedFields",
    "f:resourceVersion",
];
/// How many writers of updates are told apart.
const UPDATERS_MAX: usize = 10;

/// Who writes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Writer<'w> {
    pub(crate) manager: &'w str,
    pub(crate) api_version: &'w str,
    pub(crate) subresource: &'w str,
    pub(crate) now: &'w str,
}

/// What a write is judged by: the shape of its kind, and the members that this way of writing leaves alone.
pub(crate) struct Ground<'g> {
    pub(crate) shape: &'g Shape,
    pub(crate) ignored: Fields,
}

/// Whether conflicts are overcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Force {
    Yes,
    No,
}

/// How an owner came to its fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Operation {
    Apply,
    Update,
}

impl Operation {
    fn word(self) -> &'static str {
        match self {
            Operation::Apply => "Apply",
            Operation::Update => "Update",
        }
    }
}

/// An owner with its fields.
#[derive(Clone, Debug, PartialEq)]
struct Owner {
    operation: Operation,
    time: String,
    manager: String,
    api_version: String,
    subresource: String,
    set: Fields,
}

impl Owner {
    fn read(entry: &Value) -> Option<Owner> {
        let text = |name: &str| entry[name].as_str().unwrap_or_default().to_owned();
        let operation = match entry["operation"].as_str()? {
            "Apply" => Operation::Apply,
            "Update" => Operation::Update,
            _ => return None,
        };
        if !matches!(entry["fieldsType"].as_str(), None | Some("" | "FieldsV1")) {
            return None;
        }
        let fields = entry.get("fieldsV1").filter(|fields| !fields.is_null());
        Some(Owner {
            operation,
            time: text("time"),
            manager: text("manager"),
            api_version: text("apiVersion"),
            subresource: text("subresource"),
            set: match fields {
                Some(fields) => Fields::from_json(fields)?,
                None => Fields::default(),
            },
        })
    }

    fn to_json(&self) -> Value {
        let mut entry = json!({
            "manager": self.manager, "operation": self.operation.word(), "apiVersion": self.api_version,
            "fieldsType": "FieldsV1", "fieldsV1": self.set.to_json(),
        });
        if !self.time.is_empty() {
            entry["time"] = self.time.clone().into();
        }
        if !self.subresource.is_empty() {
            entry["subresource"] = self.subresource.clone().into();
        }
        entry
    }

    fn new(writer: Writer<'_>, operation: Operation, set: Fields) -> Owner {
        Owner {
            operation,
            time: writer.now.into(),
            manager: writer.manager.into(),
            api_version: writer.api_version.into(),
            subresource: writer.subresource.into(),
            set,
        }
    }

    /// An applier is the same whatever version it writes; an updater is another one for each.
    fn is(&self, writer: Writer<'_>, operation: Operation) -> bool {
        self.manager == writer.manager
            && self.operation == operation
            && self.subresource == writer.subresource
            && (operation == Operation::Apply || self.api_version == writer.api_version)
    }

    /// As messages name it.
    fn words(&self) -> String {
        let mut words = format!("{:?}", self.manager);
        if !self.subresource.is_empty() {
            words.push_str(&format!(" with subresource {:?}", self.subresource));
        }
        if self.operation == Operation::Update {
            words.push_str(&format!(" using {}", self.api_version));
        }
        words
    }
}

/// Reads the owners of an object; whether they can be read.
fn owners(object: &Value) -> Option<Vec<Owner>> {
    object["metadata"]["managedFields"].as_array().into_iter().flatten().map(Owner::read).collect()
}

fn bare(object: &Value) -> Value {
    let mut bare = object.clone();
    if let Some(metadata) = bare.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.shift_remove("managedFields");
    }
    bare
}

fn write_owners(object: &mut Value, mut all: Vec<Owner>) {
    all.retain(|owner| !owner.set.is_empty());
    all.sort_by(|a, b| {
        let key = |owner: &Owner| {
            let names = (owner.manager.clone(), owner.api_version.clone(), owner.subresource.clone());
            (owner.operation, owner.time.clone(), names)
        };
        key(a).cmp(&key(b))
    });
    let Some(metadata) = object["metadata"].as_object_mut() else { return };
    metadata.shift_remove("managedFields");
    if !all.is_empty() {
        let entries: Vec<Value> = all.iter().map(Owner::to_json).collect();
        metadata.insert("managedFields".into(), entries.into());
    }
}

/// Takes what nobody owns out of a set.
fn stripped(set: &Fields) -> Fields {
    let mut unowned = Fields::default();
    for member in UNOWNED {
        unowned.put((*member).to_owned(), Fields::leaf());
    }
    if let Some(metadata) = unowned.inner.get_mut("f:metadata") {
        for member in UNOWNED_METADATA {
            metadata.put((*member).to_owned(), Fields::leaf());
        }
    }
    set.difference(&unowned)
}

/// Takes from all others what a change has changed. Says what stands in the way, unless forced.
fn take_from_others(
    all: &mut Vec<Owner>,
    own: impl Fn(&Owner) -> bool,
    change: &Comparison,
    force: Force,
) -> Result<(), Refused> {
    let changed = change.modified.union(&change.added);
    let mut conflicts = Vec::new();
    for owner in all.iter().filter(|owner| !own(owner)) {
        let theirs = owner.set.intersection(&changed);
        if !theirs.is_empty() {
            conflicts.push((owner.clone(), theirs));
        }
    }
    if force == Force::No && !conflicts.is_empty() {
        return Err(conflict(&conflicts));
    }
    for owner in all.iter_mut().filter(|owner| !own(owner)) {
        owner.set = owner.set.difference(&owner.set.intersection(&changed)).difference(&change.removed);
    }
    all.retain(|owner| own(owner) || !owner.set.is_empty());
    Ok(())
}

/// Notes who owns what after an update of `old` to `new`; a null `old` is what does not exist yet, `empty` its kind's zero.
pub(crate) fn update(ground: &Ground<'_>, old: &Value, new: &mut Value, writer: Writer<'_>) {
    let sent = new["metadata"].get("managedFields").cloned().unwrap_or_default();
    let is_reset = sent.as_array().is_some_and(|list| list.is_empty() || list == &[json!({})]);
    let mut all = match owners(new) {
        _ if is_reset => Vec::new(),
        Some(all) if !sent.is_null() => all,
        Some(_) | None => owners(old).unwrap_or_default(),
    };
    let is_new = old["metadata"]["uid"].is_null();
    if all.is_empty() && !is_new && (is_reset || owners(old).is_none_or(|old| old.is_empty())) {
        // What was never tracked stays so until somebody applies.
        new["metadata"].as_object_mut().map(|metadata| metadata.shift_remove("managedFields"));
        return;
    }
    track(ground, &mut all, (&bare(old), &bare(new)), writer);
    write_owners(new, all);
}

fn track(ground: &Ground<'_>, all: &mut Vec<Owner>, (old, new): (&Value, &Value), writer: Writer<'_>) {
    let change = compare(ground.shape, Some(old), Some(new)).without(&ground.ignored);
    // The writer's own former fields count as another's: they move over with a new time.
    let _never_fails = take_from_others(all, |_| false, &change, Force::Yes);
    let taken = stripped(&change.modified.union(&change.added));
    if taken.is_empty() {
        return;
    }
    match all.iter_mut().find(|owner| owner.is(writer, Operation::Update)) {
        Some(own) => {
            own.set = own.set.union(&taken);
            own.time = writer.now.into();
        }
        None => all.push(Owner::new(writer, Operation::Update, taken)),
    }
    cap(all);
}

/// Updaters beyond the limit become one of the past.
fn cap(all: &mut Vec<Owner>) {
    let mut updaters: Vec<usize> =
        (0..all.len()).filter(|index| all[*index].operation == Operation::Update).collect();
    if updaters.len() <= UPDATERS_MAX {
        return;
    }
    updaters.sort_by_key(|index| all[*index].time.clone());
    let old: Vec<Owner> =
        updaters.iter().take(updaters.len() - UPDATERS_MAX + 1).map(|index| all[*index].clone()).collect();
    all.retain(|owner| !old.contains(owner));
    let mut first = old[0].clone();
    for owner in &old[1..] {
        first.set = first.set.union(&owner.set);
        first.time.clone_from(&owner.time);
    }
    first.manager = "ancient-changes".into();
    first.subresource.clear();
    all.push(first);
}

/// What an apply makes of an object; a null live object is made.
///
/// # Errors
/// Conflicts with other owners, unless forced.
pub(crate) fn apply(
    ground: &Ground<'_>,
    (live, zero): (&Value, &Value),
    config: &Value,
    writer: Writer<'_>,
    force: Force,
) -> Result<Value, Refused> {
    let mut all = owners(live).unwrap_or_default();
    let live_bare = bare(live);
    let is_new = live["metadata"]["uid"].is_null();
    if all.is_empty() && !is_new {
        let first = Writer { manager: "before-first-apply", subresource: "", ..writer };
        track(ground, &mut all, (zero, &live_bare), first);
    }
    let is_own = |owner: &Owner| owner.is(writer, Operation::Apply);
    let last = all.iter().find(|owner| is_own(owner)).cloned();
    let set = stripped(&cut_below(&fields_of(ground.shape, config), &ground.ignored));
    all.retain(|owner| !is_own(owner));
    let mut merged = merge(ground.shape, Some(&live_bare), Some(config)).unwrap_or_default();
    if let Some(last) = &last {
        let others = all.iter().fold(set.clone(), |sum, owner| sum.union(&owner.set));
        merged = pruned(ground.shape, &merged, &last.set, &others);
    }
    let change = compare(ground.shape, Some(&live_bare), Some(&merged)).without(&ground.ignored);
    take_from_others(&mut all, |_| false, &change, force)?;
    let mut own = Owner::new(writer, Operation::Apply, set);
    // Only what changes the object has a new time.
    if change.is_same() {
        own.time = last.map(|last| last.time).unwrap_or_default();
    }
    all.push(own);
    write_owners(&mut merged, all);
    Ok(merged)
}

/// What was applied before and is not any more goes away, unless somebody else owns it.
fn pruned(shape: &Shape, merged: &Value, last: &Fields, owned: &Fields) -> Value {
    let named = |set: &Fields| with_named(shape, set);
    let without = remove(shape, merged, &named(last));
    let all = fields_of(shape, merged);
    let left = fields_of(shape, &without);
    let back = remove(shape, merged, &named(&all).difference(&named(&left).union(&named(owned))));
    let left = fields_of(shape, &back);
    remove(shape, merged, &named(&all).difference(&named(&left)).intersection(&named(last)))
}

fn conflict(conflicts: &[(Owner, Fields)]) -> Refused {
    let mut sorted: Vec<(String, Vec<String>)> = conflicts
        .iter()
        .map(|(owner, fields)| (owner.words(), fields.paths().iter().map(|path| dotted(path)).collect()))
        .collect();
    sorted.sort();
    let count: usize = sorted.iter().map(|(_, paths)| paths.len()).sum();
    let plural = if count == 1 { "" } else { "s" };
    let words: Vec<String> = sorted
        .iter()
        .map(|(owner, paths)| match paths.as_slice() {
            [one] => format!("conflict with {owner}: {one}"),
            many => {
                let lines: String = many.iter().map(|path| format!("\n- {path}")).collect();
                format!("conflicts with {owner}:{lines}")
            }
        })
        .collect();
    let causes: Vec<Value> = sorted
        .iter()
        .flat_map(|(owner, paths)| {
            paths.iter().map(move |path| {
                json!({ "reason": "FieldManagerConflict", "message": format!("conflict with {owner}"), "field": path })
            })
        })
        .collect();
    let message = format!("Apply failed with {count} conflict{plural}: {}", words.join("\n"));
    Refused { details: json!({ "causes": causes }), ..Refused::new(409, "Conflict", message) }
}
