//! Surgery: objects of a snapshot are found, moved, forgotten and marked by address, as `state mv`, `state rm` and `taint` do.
//!
//! Invariant: what is refused has changed nothing: everything is checked before the first object moves.
//! Never: a file is read or written here, and nothing remote is touched.

use std::collections::BTreeSet;
use std::fmt;

use aksel_lang::address::{Address, InstanceKey, Mode, ModuleInstance, Target};
use aksel_lang::types::Text;

use crate::snapshot::{Resource, ResourceKey, ResourceKind, Snapshot, Status};

/// Why an operation was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// A few words, as a title.
    pub summary: &'static str,
    /// What is wrong, in a sentence.
    pub detail: String,
}

impl Refusal {
    fn new(summary: &'static str, detail: String) -> Refusal {
        Refusal { summary, detail }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.summary, self.detail)
    }
}

/// A move that can be carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// From where to where, whole resources and the instances that are wanted of them.
    steps: Vec<Step>,
    /// How many modules, resources or instances move.
    pub count: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Step {
    from: ResourceKey,
    to: Place,
    /// One instance and its new key; without it all keep theirs.
    instance: Option<(Option<InstanceKey>, Option<InstanceKey>)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    key: ResourceKey,
    module: ModuleInstance,
}

impl Place {
    fn of(address: &Address) -> Place {
        Place { key: ResourceKey::of(address), module: address.module.clone() }
    }
}

/// Whether an address lies in what a target names; a step without a key names all instances.
pub fn names(target: &Target, address: &Address) -> bool {
    let within = |module: &[(Text, Option<InstanceKey>)]| {
        module.len() <= address.module.0.len()
            && module
                .iter()
                .zip(&address.module.0)
                .all(|((name, key), (own, own_key))| name == own && (key.is_none() || key == own_key))
    };
    match target {
        Target::Module(module) => within(&module.0),
        Target::Resource(wanted) => {
            wanted.module.0.len() == address.module.0.len()
                && within(&wanted.module.0)
                && wanted.resource == address.resource
                && (wanted.key.is_none() || wanted.key == address.key)
        }
    }
}

/// The instances in what a target names, in the order of the state.
pub fn named(snapshot: &Snapshot, target: &Target) -> Vec<Address> {
    let found = snapshot.objects().map(|entry| entry.address).filter(|address| names(target, address));
    let mut all: Vec<Address> = found.collect();
    // A deposed object stands beside the current one of the same address.
    all.dedup();
    all
}

/// Forgets an instance with its deposed objects.
pub fn forget(snapshot: &mut Snapshot, address: &Address) {
    let key = ResourceKey::of(address);
    let Some(resource) = snapshot.resources.get_mut(&key) else { return };
    resource.instances.retain(|id, _| id.key != address.key);
    if resource.instances.is_empty() {
        snapshot.resources.remove(&key);
    }
}

/// Marks the current object of an instance, and says how it was marked; `None` if there is none.
pub fn mark(snapshot: &mut Snapshot, address: &Address, status: Status) -> Option<Status> {
    let resource = snapshot.resources.get_mut(&ResourceKey::of(address))?;
    let mut current = resource.instances.iter_mut().filter(|(id, _)| id.deposed.is_none());
    let (_, object) = current.find(|(id, _)| id.key == address.key)?;
    Some(std::mem::replace(&mut object.status, status))
}

/// Gives all resources of a provider to another one; both are whole source addresses. Gives the resources' addresses.
pub fn replace_provider(snapshot: &mut Snapshot, from: &str, to: &str) -> Vec<String> {
    let (old, new) = (format!("provider[\"{from}\"]"), format!("provider[\"{to}\"]"));
    let mut changed = Vec::new();
    for (key, resource) in &mut snapshot.resources {
        if resource.provider.contains(&old) {
            resource.provider = resource.provider.replace(&old, &new);
            for provider in resource.instances.values_mut().filter_map(|object| object.provider.as_mut()) {
                *provider = provider.replace(&old, &new).into();
            }
            changed.push(shown(key));
        }
    }
    changed
}

fn shown(key: &ResourceKey) -> String {
    let data = if key.kind == ResourceKind::Data { "data." } else { "" };
    let dot = if key.module.is_empty() { "" } else { "." };
    format!("{}{dot}{data}{}.{}", key.module, key.type_name, key.name)
}

/// Finds out how to move what `source` names to `destination`, which may lie in another state.
///
/// # Errors
/// When there is nothing at the source, something at the destination, or the two are of different kinds.
pub fn plan_move(
    from: &Snapshot,
    to: &Snapshot,
    source: &Target,
    destination: &Target,
) -> Result<Move, Refusal> {
    match source {
        Target::Module(module) => move_module(from, to, module, destination),
        Target::Resource(address) => match single(from, address) {
            true => move_instance(from, to, address, destination),
            false => move_resource(from, to, address, destination),
        },
    }
}

/// Whether an address names one instance: it has a key, or the resource has none.
fn single(snapshot: &Snapshot, address: &Address) -> bool {
    let unkeyed = |resource: &Resource| resource.instances.keys().any(|id| id.key.is_none());
    address.key.is_some() || snapshot.resource(address).is_some_and(unkeyed)
}

fn nothing(source: &Target) -> Refusal {
    Refusal::new(
        "Invalid source address",
        format!("Cannot move {source}: does not match anything in the current state."),
    )
}

fn taken(what: &str, kind: &str) -> Refusal {
    Refusal::new(
        "Invalid target address",
        format!("Cannot move to {what}: there is already a {kind} at that address in the current state."),
    )
}

fn wrong_kind(source: &dyn fmt::Display, destination: &Target, why: &str) -> Refusal {
    Refusal::new("Invalid target address", format!("Cannot move {source} to {destination}: {why}."))
}

fn move_module(
    from: &Snapshot,
    to: &Snapshot,
    source: &ModuleInstance,
    destination: &Target,
) -> Result<Move, Refusal> {
    let inside = |resource: &Resource| resource.module.0.starts_with(&source.0);
    let found: Vec<_> = from.resources.iter().filter(|(_, resource)| inside(resource)).collect();
    if found.is_empty() {
        return Err(nothing(&Target::Module(source.clone())));
    }
    let Target::Module(target) = destination else {
        return Err(wrong_kind(source, destination, "the target must also be a module"));
    };
    let mut modules = BTreeSet::new();
    let mut steps = Vec::new();
    for (key, resource) in found {
        let below = &resource.module.0[source.0.len()..];
        let module = ModuleInstance(target.0.iter().chain(below).cloned().collect());
        if to.resources.values().any(|other| other.module == module) {
            return Err(taken(&module.to_string(), "module"));
        }
        let place = ResourceKey { module: module.to_string().into(), ..key.clone() };
        modules.insert(module.clone());
        steps.push(Step { from: key.clone(), to: Place { key: place, module }, instance: None });
    }
    Ok(Move { steps, count: modules.len() })
}

fn move_resource(
    from: &Snapshot,
    to: &Snapshot,
    source: &Address,
    destination: &Target,
) -> Result<Move, Refusal> {
    if from.resource(source).is_none() {
        return Err(nothing(&Target::Resource(source.clone())));
    }
    let target = match destination {
        Target::Resource(target) if target.key.is_none() => target,
        Target::Resource(_) | Target::Module(_) => {
            let why = "the source is a whole resource (not a resource instance) so the target must also be a whole resource";
            return Err(wrong_kind(source, destination, why));
        }
    };
    same_type(source, target)?;
    if to.resource(target).is_some() {
        let kind = if single(to, target) { "resource instance" } else { "resource" };
        return Err(taken(&target.to_string(), kind));
    }
    let step = Step { from: ResourceKey::of(source), to: Place::of(target), instance: None };
    Ok(Move { steps: vec![step], count: 1 })
}

fn move_instance(
    from: &Snapshot,
    to: &Snapshot,
    source: &Address,
    destination: &Target,
) -> Result<Move, Refusal> {
    let has = |snapshot: &Snapshot, address: &Address| {
        snapshot
            .resource(address)
            .is_some_and(|resource| resource.instances.keys().any(|id| id.key == address.key))
    };
    if !has(from, source) {
        return Err(nothing(&Target::Resource(source.clone())));
    }
    let Target::Resource(target) = destination else {
        return Err(wrong_kind(source, destination, "the target must also be a resource instance"));
    };
    same_type(source, target)?;
    if has(to, target) {
        return Err(taken(&target.to_string(), "resource instance"));
    }
    let instance = Some((source.key.clone(), target.key.clone()));
    let step = Step { from: ResourceKey::of(source), to: Place::of(target), instance };
    Ok(Move { steps: vec![step], count: 1 })
}

fn same_type(source: &Address, target: &Address) -> Result<(), Refusal> {
    let refuse = |why: &str| {
        let detail = format!("Cannot move {source} to {target}: {why}.");
        Err(Refusal::new("Invalid state move request", detail))
    };
    match (source.resource.mode, target.resource.mode) {
        (from, to) if from == to => {}
        (Mode::Data, _) => {
            return refuse("a data resource can be moved only to another data resource address");
        }
        (Mode::Managed | Mode::Ephemeral, _) => {
            return refuse("a managed resource can be moved only to another managed resource address");
        }
    }
    if source.resource.type_name != target.resource.type_name {
        return refuse("resource types don't match");
    }
    Ok(())
}

impl Move {
    /// Carries the move out; without another state everything stays in the first.
    ///
    /// Rule: what depended on something that moves forgets what it depended on, as in Terraform; the next apply writes it anew.
    pub fn carry_out(&self, from: &mut Snapshot, mut other: Option<&mut Snapshot>) {
        let moved: BTreeSet<String> = self.steps.iter().filter_map(|step| step.written(from)).collect();
        for step in &self.steps {
            let Some(moved) = step.take(from) else { continue };
            let to = other.as_deref_mut().unwrap_or(from);
            let place = to.resources.entry(step.to.key.clone()).or_insert_with(|| Resource {
                provider: moved.provider.clone(),
                module: step.to.module.clone(),
                instances: Default::default(),
            });
            place.provider = moved.provider;
            place.instances.extend(moved.instances);
        }
        for object in from.resources.values_mut().flat_map(|resource| resource.instances.values_mut()) {
            if object.dependencies.iter().any(|needed| moved.contains(needed)) {
                object.dependencies.clear();
            }
        }
    }
}

impl Step {
    /// What moves, as dependencies name it: without instance keys.
    fn written(&self, from: &Snapshot) -> Option<String> {
        let module = from.resources.get(&self.from)?.module.path().to_string();
        Some(shown(&ResourceKey { module: module.into(), ..self.from.clone() }))
    }

    /// Takes out what moves, with its new keys.
    fn take(&self, from: &mut Snapshot) -> Option<Resource> {
        let Some((old, new)) = &self.instance else { return from.resources.remove(&self.from) };
        let resource = from.resources.get_mut(&self.from)?;
        let mut moved = Resource { instances: Default::default(), ..resource.clone() };
        let all = std::mem::take(&mut resource.instances);
        for (mut id, object) in all {
            if id.key == *old {
                id.key.clone_from(new);
                moved.instances.insert(id, object);
            } else {
                resource.instances.insert(id, object);
            }
        }
        if resource.instances.is_empty() {
            from.resources.remove(&self.from);
        }
        Some(moved)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::RawJson;
    use crate::snapshot::InstanceObject;

    const PROVIDER: &str = r#"provider["registry.terraform.io/hashicorp/null"].x"#;

    fn state(addresses: &[&str]) -> Snapshot {
        let mut snapshot = Snapshot::new("l");
        for text in addresses {
            let object = InstanceObject::new(0, RawJson::parse("{}").unwrap());
            snapshot.put(&text.parse().unwrap(), None, PROVIDER, object);
        }
        snapshot
    }

    fn listed(snapshot: &Snapshot) -> Vec<String> {
        snapshot.objects().map(|entry| entry.address.to_string()).collect()
    }

    fn check_move(addresses: &[&str], from: &str, to: &str) -> Result<Vec<String>, String> {
        let mut snapshot = state(addresses);
        let planned = plan_move(&snapshot, &snapshot, &from.parse().unwrap(), &to.parse().unwrap());
        planned.map_err(|refusal| refusal.to_string())?.carry_out(&mut snapshot, None);
        Ok(listed(&snapshot))
    }

    #[test]
    fn instances_resources_and_modules_move() {
        let all = ["a.x", "a.y[0]", "a.y[1]", "module.m[0].a.z", "module.m[0].module.n.a.z"];
        assert_eq!(check_move(&["a.x", "a.y[0]"], "a.y[0]", "a.z"), Ok(vec!["a.x".into(), "a.z".into()]));
        assert_eq!(check_move(&["a.x"], "a.x", "a.x[\"k\"]"), Ok(vec!["a.x[\"k\"]".into()]));
        assert_eq!(
            check_move(&all, "a.y", "module.q.a.y").unwrap(),
            ["a.x", "module.m[0].a.z", "module.m[0].module.n.a.z", "module.q.a.y[0]", "module.q.a.y[1]"]
        );
        assert_eq!(
            check_move(&all, "module.m[0]", "module.p").unwrap(),
            ["a.x", "a.y[0]", "a.y[1]", "module.p.a.z", "module.p.module.n.a.z"]
        );
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let all = ["a.x", "a.y[0]", "a.y[1]", "module.m[0].a.z"];
        let refused: Vec<String> = [
            ("a.none", "a.q"),
            ("a.x", "a.y[0]"),
            ("a.x", "module.q"),
            ("a.y", "a.q[0]"),
            ("a.x", "b.x"),
            ("a.x", "data.a.x"),
            ("module.m", "module.q"),
            ("module.m[0]", "a.q"),
        ]
        .into_iter()
        .map(|(from, to)| check_move(&all, from, to).unwrap_err())
        .collect();
        insta::assert_snapshot!(refused.join("\n"), @r"
        Invalid source address: Cannot move a.none: does not match anything in the current state.
        Invalid target address: Cannot move to a.y[0]: there is already a resource instance at that address in the current state.
        Invalid target address: Cannot move a.x to module.q: the target must also be a resource instance.
        Invalid target address: Cannot move a.y to a.q[0]: the source is a whole resource (not a resource instance) so the target must also be a whole resource.
        Invalid state move request: Cannot move a.x to b.x: resource types don't match.
        Invalid state move request: Cannot move a.x to data.a.x: a managed resource can be moved only to another managed resource address.
        Invalid source address: Cannot move module.m: does not match anything in the current state.
        Invalid target address: Cannot move module.m[0] to a.q: the target must also be a module.
        ");
    }

    #[test]
    fn a_move_may_lead_into_another_state() {
        let (mut from, mut to) = (state(&["a.x", "a.y"]), state(&["a.x"]));
        let target: Target = "a.q".parse().unwrap();
        let planned = plan_move(&from, &to, &"a.x".parse().unwrap(), &target).unwrap();
        planned.carry_out(&mut from, Some(&mut to));
        assert_eq!((listed(&from), listed(&to)), (vec!["a.y".into()], vec!["a.q".into(), "a.x".into()]));
    }

    #[test]
    fn what_depended_on_something_that_moved_forgets_it() {
        let mut snapshot = state(&["module.m[0].a.x", "a.y", "a.z"]);
        for (address, needed) in [("a.y", "module.m.a.x"), ("a.z", "a.y")] {
            let key = ResourceKey::of(&address.parse().unwrap());
            let resource = snapshot.resources.get_mut(&key).unwrap();
            resource.instances.values_mut().for_each(|object| object.dependencies = vec![needed.into()]);
        }
        let (source, destination) = ("module.m[0]".parse().unwrap(), "module.n".parse().unwrap());
        let planned = plan_move(&snapshot, &snapshot, &source, &destination).unwrap();
        planned.carry_out(&mut snapshot, None);
        let left: Vec<_> = snapshot.objects().map(|entry| entry.object.dependencies.join(" ")).collect();
        assert_eq!(left, ["", "a.y", ""]);
    }

    #[test]
    fn targets_name_what_is_below_them() {
        let snapshot = state(&["a.x[0]", "a.x[1]", "module.m[\"k\"].a.z"]);
        let found = |text: &str| -> Vec<String> {
            named(&snapshot, &text.parse().unwrap()).iter().map(Address::to_string).collect()
        };
        assert_eq!(found("a.x"), ["a.x[0]", "a.x[1]"]);
        assert_eq!(found("module.m"), ["module.m[\"k\"].a.z"]);
        assert!(found("a.z").is_empty());
    }

    #[test]
    fn objects_are_forgotten_marked_and_given_away() {
        let mut snapshot = state(&["a.x", "a.y"]);
        forget(&mut snapshot, &"a.x".parse().unwrap());
        let address = "a.y".parse().unwrap();
        assert_eq!(mark(&mut snapshot, &address, Status::Tainted), Some(Status::Ready));
        assert_eq!(mark(&mut snapshot, &"a.x".parse().unwrap(), Status::Tainted), None);
        let (from, to) = ("registry.terraform.io/hashicorp/null", "example.com/mine/null");
        assert_eq!(replace_provider(&mut snapshot, from, to), ["a.y"]);
        assert_eq!(snapshot.resource(&address).unwrap().provider, r#"provider["example.com/mine/null"].x"#);
    }
}
