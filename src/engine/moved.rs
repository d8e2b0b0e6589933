//! Moves: `moved` blocks and changes of repetition bring objects of state to their new addresses.
//!
//! Rule: chains are followed to their end; an address without keys on both sides moves all instances and keeps their keys.
//! Rule: a resource that gets or loses `count` keeps its object: without key and `[0]` are the same.
//! Never: an object moves to where another one is.

use std::collections::HashMap;

use aksel_lang::address::{Address, InstanceKey, ModuleInstance, ModulePath, Target};
use aksel_lang::blocks::moved::Move;
use aksel_lang::blocks::resource::Repetition;
use aksel_lang::code::Code;
use aksel_lang::configuration::Configuration;
use aksel_lang::diagnostic::{Diagnostic, Diagnostics};
use aksel_lang::source::Span;
use aksel_lang::types::Text;
use aksel_state::snapshot::Snapshot;

use crate::expand::Keys;
use crate::planning::Planning;
use crate::variables::place;

/// A `moved` block with the module that it stands in.
struct Statement<'c> {
    module: &'c ModulePath,
    block: &'c Move,
}

/// What came of the moves.
#[derive(Debug, Default)]
pub(crate) struct Moved {
    /// State with everything in its new place.
    pub(crate) state: Option<Snapshot>,
    /// The former address of what has moved, by the new one.
    pub(crate) from: HashMap<Address, Address>,
}

fn statements(configuration: &Configuration) -> Vec<Statement<'_>> {
    let modules = configuration.modules().into_iter();
    modules
        .flat_map(|module| module.moves.iter().map(|block| Statement { module: &module.path, block }))
        .collect()
}

/// Brings the objects of a state to their new addresses.
pub(crate) fn moves(configuration: &Configuration, state: &Snapshot, diagnostics: &mut Diagnostics) -> Moved {
    let statements = statements(configuration);
    let taken: std::collections::HashSet<Address> = state.objects().map(|entry| entry.address).collect();
    let mut moved = Moved { state: Some(state.clone()), from: HashMap::new() };
    let mut blocked = Vec::new();
    let mut targets: HashMap<Address, Address> = HashMap::new();
    for address in &taken {
        let Some(target) = follow(configuration, &statements, address) else { continue };
        targets.insert(address.clone(), target);
    }
    let mut ordered: Vec<(&Address, &Address)> = targets.iter().collect();
    ordered.sort();
    for (address, target) in ordered {
        let occupied =
            (taken.contains(target) && !targets.contains_key(target)) || moved.from.contains_key(target);
        if occupied {
            blocked.push((address.clone(), target.clone()));
        } else {
            moved.from.insert(target.clone(), address.clone());
        }
    }
    if let Some(new) = &mut moved.state {
        carry(state, new, &moved.from);
    }
    if !blocked.is_empty() {
        diagnostics.push(unresolved(&blocked));
    }
    moved
}

/// Takes all objects that move out before any is put in, so that two can change places.
fn carry(old: &Snapshot, new: &mut Snapshot, from: &HashMap<Address, Address>) {
    let to: HashMap<&Address, &Address> = from.iter().map(|(to, from)| (from, to)).collect();
    let moving: Vec<_> = old.objects().filter(|entry| to.contains_key(&entry.address)).collect();
    for entry in &moving {
        new.remove(&entry.address, entry.deposed);
    }
    for entry in moving {
        new.put(to[&entry.address], entry.deposed, entry.provider, entry.object.clone());
    }
}

/// Where an object ends up; `None` if it stays.
fn follow(configuration: &Configuration, statements: &[Statement<'_>], address: &Address) -> Option<Address> {
    let mut current = address.clone();
    let mut used = vec![false; statements.len()];
    while let Some((index, next)) = statements
        .iter()
        .enumerate()
        .filter(|(index, _)| !used[*index])
        .find_map(|(index, statement)| Some((index, step(statement, &current)?)))
    {
        used[index] = true;
        current = next;
    }
    let current = implied(configuration, &current).unwrap_or(current);
    (current != *address).then_some(current)
}

/// One statement applied to an address.
fn step(statement: &Statement<'_>, address: &Address) -> Option<Address> {
    let depth = statement.module.0.len();
    let names = address.module.0.iter().map(|(name, _)| name);
    if address.module.0.len() < depth || !names.zip(&statement.module.0).all(|(a, b)| a == b) {
        return None;
    }
    let (outer, inner) = address.module.0.split_at(depth);
    match (&statement.block.from, &statement.block.to) {
        (Target::Resource(from), Target::Resource(to)) => {
            let keyed = from.key.is_some() || to.key.is_some();
            let hit = from.module.0 == inner
                && from.resource == address.resource
                && (!keyed || from.key == address.key);
            let key = if keyed { to.key.clone() } else { address.key.clone() };
            hit.then(|| Address { module: joined(outer, &to.module.0), resource: to.resource.clone(), key })
        }
        (Target::Module(from), Target::Module(to)) => {
            let module = module_step(&from.0, &to.0, inner)?;
            Some(Address { module: joined(outer, &module), ..address.clone() })
        }
        (Target::Resource(_), Target::Module(_)) | (Target::Module(_), Target::Resource(_)) => None,
    }
}

type Step = (Text, Option<InstanceKey>);

fn module_step(from: &[Step], to: &[Step], inner: &[Step]) -> Option<Vec<Step>> {
    let ((from_last, from_outer), (to_last, to_outer)) = (from.split_last()?, to.split_last()?);
    let own = inner.get(..from.len())?;
    let (own_last, own_outer) = own.split_last()?;
    let keyed = from_last.1.is_some() || to_last.1.is_some();
    let hit = own_outer == from_outer && own_last.0 == from_last.0 && (!keyed || own_last.1 == from_last.1);
    let key = if keyed { to_last.1.clone() } else { own_last.1.clone() };
    hit.then(|| {
        let mut module = to_outer.to_vec();
        module.push((to_last.0.clone(), key));
        module.extend_from_slice(&inner[from.len()..]);
        module
    })
}

fn joined(outer: &[Step], inner: &[Step]) -> ModuleInstance {
    ModuleInstance(outer.iter().chain(inner).cloned().collect())
}

/// The move that a new or dropped `count` implies.
fn implied(configuration: &Configuration, address: &Address) -> Option<Address> {
    let module = configuration.module(&address.module.path())?;
    let resource = module.resources.get(&address.resource)?;
    match (&resource.repetition, &address.key) {
        (Repetition::Count(_), None) => Some(Address { key: Some(InstanceKey::Index(0)), ..address.clone() }),
        (Repetition::One | Repetition::Enabled(_), Some(InstanceKey::Index(0))) => {
            Some(Address { key: None, ..address.clone() })
        }
        _ => None,
    }
}

fn unresolved(blocked: &[(Address, Address)]) -> Diagnostic {
    let lines: Vec<String> =
        blocked.iter().map(|(from, to)| format!("\n  - {from} could not move to {to}")).collect();
    Diagnostic::warning(Code::InvalidMove, "Unresolved resource instance address changes").detail(format!(
        "The addresses of resource instances in the prior state were to be adjusted to the changes recorded in the configuration, but some adjustments did not succeed due to existing objects already at the intended addresses:{}\n\nThese objects are planned to be destroyed. If the plan does not look right, move them with `state mv` first.",
        lines.concat()
    ))
}

/// What can be said of `moved` blocks without state.
pub(crate) fn check(configuration: &Configuration, diagnostics: &mut Diagnostics) {
    let statements = statements(configuration);
    let full = |statement: &Statement<'_>, target: &Target| name_of(statement.module, target);
    let mut from: HashMap<String, &Statement<'_>> = HashMap::new();
    let mut to: HashMap<String, &Statement<'_>> = HashMap::new();
    let sources = &configuration.sources;
    for statement in &statements {
        let (source, target) = (full(statement, &statement.block.from), full(statement, &statement.block.to));
        if let Some(span) = declared(configuration, statement) {
            diagnostics.push(still_exists(statement, &source, &target, &start(sources, span)));
        }
        if let Some(first) = from.get(&source) {
            let other = full(first, &first.block.to);
            let at = start(sources, first.block.header);
            if other != target {
                diagnostics.push(ambiguous(statement.block.header, format!("A statement at {at} declared that {source} moved to {other}, but this statement instead declares that it moved to {target}.\n\nEach resource can move to only one destination resource.")));
            }
        } else if let Some(first) = to.get(&target) {
            let other = full(first, &first.block.from);
            let at = start(sources, first.block.header);
            diagnostics.push(ambiguous(statement.block.header, format!("A statement at {at} declared that {other} moved to {target}, but this statement instead declares that {source} moved there.\n\nEach resource can have moved from only one source resource.")));
        }
        from.entry(source).or_insert(statement);
        to.entry(target).or_insert(statement);
    }
    if !diagnostics.iter().any(|found| found.summary == "Moved object still exists") {
        check_circles(configuration, &statements, diagnostics);
    }
}

fn name_of(module: &ModulePath, target: &Target) -> String {
    let inner = match target {
        Target::Module(inner) => inner.to_string(),
        Target::Resource(address) => address.to_string(),
    };
    crate::evaluator::within(&module.to_string(), inner)
}

fn start(sources: &aksel_lang::source::Sources, span: Span) -> String {
    let text = place(sources, span);
    text.split_once('-').map_or(text.clone(), |(start, _)| start.to_owned())
}

/// Where what has moved is still declared.
fn declared(configuration: &Configuration, statement: &Statement<'_>) -> Option<Span> {
    let within = |path: &ModulePath| {
        let steps = statement.module.0.iter().chain(&path.0).cloned();
        configuration.module(&ModulePath(steps.collect()))
    };
    match &statement.block.from {
        Target::Resource(address) => {
            let resource = within(&address.module.path())?.resources.get(&address.resource)?;
            let still = match (&address.key, &resource.repetition) {
                (None, Repetition::One | Repetition::Enabled(_)) => true,
                (None, _) => !matches!(&statement.block.to, Target::Resource(to) if to.key.is_some()),
                // Which keys there are is found only when they are evaluated.
                (Some(_), _) => false,
            };
            still.then_some(resource.header)
        }
        Target::Module(module) => {
            let (last, outer) = module.0.split_last()?;
            let path = ModulePath(outer.iter().map(|(name, _)| name.clone()).collect());
            let call = within(&path)?.calls.get(&last.0)?;
            let to_key = matches!(&statement.block.to, Target::Module(to) if to.0.last().is_some_and(|(_, key)| key.is_some()));
            let still = last.1.is_none() && (matches!(call.repetition, Repetition::One) || !to_key);
            still.then_some(call.header)
        }
    }
}

impl Planning<'_> {
    /// Refuses moves from instances that are still wanted, now that it is known which there are.
    pub(crate) fn check_moved_instances(&mut self) {
        let configuration = self.context.program.configuration;
        for statement in statements(configuration) {
            let Some(header) = self.still_wanted(&statement) else { continue };
            let (from, to) = (
                name_of(statement.module, &statement.block.from),
                name_of(statement.module, &statement.block.to),
            );
            let at = start(&configuration.sources, header);
            self.evaluator.diagnostics.push(still_exists(&statement, &from, &to, &at));
        }
    }

    /// Where the instance with a key that has moved is declared, if there is one.
    fn still_wanted(&self, statement: &Statement<'_>) -> Option<Span> {
        let outer = statement.module.0.len();
        let inner = |instance: &ModuleInstance, wanted: &ModuleInstance| {
            instance.path().0.starts_with(&statement.module.0) && instance.0[outer..] == wanted.0[..]
        };
        match &statement.block.from {
            Target::Resource(address) if address.key.is_some() => {
                let mut known = self.keys.iter().filter(|((id, instance), _)| {
                    let resource = &self.context.program.resources[*id].resource;
                    resource.name == address.resource && inner(instance, &address.module)
                });
                let there = |keys: &Keys| keys.instances().iter().any(|one| one.key == address.key);
                let ((resource, _), _) = known.find(|(_, keys)| there(keys))?;
                Some(self.context.program.resources[*resource].resource.header)
            }
            Target::Module(module) if module.0.last().is_some_and(|(_, key)| key.is_some()) => {
                let modules = self.context.program.modules.iter().enumerate();
                let mut calls = modules.filter_map(|(id, node)| Some((id, node.caller?.1)));
                let there = |id| self.evaluator.values.instances(id).iter().any(|one| inner(one, module));
                calls.find(|(id, _)| there(*id)).map(|(_, call)| call.header)
            }
            Target::Resource(_) | Target::Module(_) => None,
        }
    }
}

fn still_exists(statement: &Statement<'_>, from: &str, to: &str, at: &str) -> Diagnostic {
    let what = match statement.block.from {
        Target::Module(_) => "module call",
        Target::Resource(_) => "resource",
    };
    Diagnostic::error(Code::InvalidMove, "Moved object still exists")
        .detail(format!("This statement declares a move from {from}, but that {what} is still declared at {at}.\n\nChange your configuration so that this {what} will be declared as {to} instead."))
        .at(statement.block.header)
}

fn ambiguous(span: Span, detail: String) -> Diagnostic {
    Diagnostic::error(Code::InvalidMove, "Ambiguous move statements").detail(detail).at(span)
}

/// Moves that lead back to where they began.
fn check_circles(configuration: &Configuration, statements: &[Statement<'_>], diagnostics: &mut Diagnostics) {
    let by_source: HashMap<String, usize> = statements
        .iter()
        .enumerate()
        .map(|(index, statement)| (name_of(statement.module, &statement.block.from), index))
        .collect();
    let edges: Vec<(usize, usize)> = statements
        .iter()
        .enumerate()
        .filter_map(|(index, statement)| {
            by_source.get(&name_of(statement.module, &statement.block.to)).map(|next| (index, *next))
        })
        .collect();
    for circle in crate::graph::Graph::new(statements.len(), &edges).cycles() {
        let lines = circle.iter().map(|index| {
            let statement = &statements[*index];
            let at = start(&configuration.sources, statement.block.header);
            let (from, to) = (
                name_of(statement.module, &statement.block.from),
                name_of(statement.module, &statement.block.to),
            );
            format!("\n  - {at}: {from} \u{2192} {to}")
        });
        let detail = format!(
            "The following chained move statements form a cycle, and so there is no final location to move objects to:{}\n\nA chain of move statements must end with an address that doesn't appear in any other statements, and which typically also refers to an object still declared in the configuration.",
            lines.collect::<String>()
        );
        diagnostics.push(
            Diagnostic::error(Code::InvalidMove, "Cyclic dependency in move statements")
                .detail(detail)
                .at(statements[circle[0]].block.header),
        );
    }
}
