//! Pictures of a program: what depends on what, for people. `aksel-report` draws them.
//!
//! Invariant: an edge that follows from other edges is left out; names stand in order.
//! Cost: `O(nodes * edges)`; a picture is only made when it is asked for.

use std::collections::{BTreeMap, BTreeSet};

use aksel_lang::address::{Address, ConfigAddress, Mode};
use aksel_lang::diagnostic::{Diagnostics, has_errors};
use aksel_state::snapshot::Snapshot;

use crate::edges::{self, WholeModule};
use crate::program::{ModuleId, Node, NodeKey, Program};
use crate::registry::source_of_configuration;
use crate::run::{Run, cycles};

/// What depends on what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Picture {
    /// What is drawn.
    pub nodes: Vec<Drawn>,
    /// From what needs something to what it needs: places in `nodes`.
    pub edges: Vec<(usize, usize)>,
    /// Those edges that lie on a circle.
    pub circular: BTreeSet<(usize, usize)>,
}

/// One thing in a picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawn {
    /// The name, with what is done: `terraform_data.a (expand)`.
    pub name: String,
    /// The name within its module.
    pub label: String,
    /// The module as it is written; empty for the root module.
    pub module: String,
    /// What it is.
    pub shape: Shape,
}

/// What a thing in a picture is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A resource or data source.
    Resource,
    /// A provider configuration.
    Provider,
    /// A variable of the root module.
    Variable,
    /// Anything else.
    Step,
}

/// What is worked out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// A plan.
    Plan,
    /// An apply.
    Apply,
}

/// What becomes of circles, of which a program has none if it can be run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Circles {
    /// They are errors.
    Refused,
    /// They are drawn, so that one can look at them.
    Drawn,
}

/// Who needs whom, by place.
type Needs = Vec<BTreeSet<usize>>;

/// The program as far as it can be drawn: what a reference leads to inside of a resource does not matter. `None` after an
/// error.
fn drawable<'c>(run: &Run<'c>, circles: Circles, diagnostics: &mut Diagnostics) -> Option<Program<'c>> {
    let program = Program::new(run.configuration, run.registry, &[], diagnostics);
    if circles == Circles::Refused {
        diagnostics.extend(cycles(&program));
    }
    (!has_errors(diagnostics)).then_some(program)
}

/// The resources alone, those that only state has included. `None` after an error.
pub fn resources(run: &Run<'_>, circles: Circles, state: &Snapshot) -> (Option<Picture>, Diagnostics) {
    let mut diagnostics = Vec::new();
    let picture = drawable(run, circles, &mut diagnostics).map(|program| {
        let declared = program.resources.iter().enumerate().filter_map(|(id, found)| {
            let address = program.config_address(id);
            (address.resource.mode != Mode::Ephemeral).then_some((address, Some(found.node)))
        });
        let orphans = state.objects().filter_map(|entry| {
            let address = entry.address.config();
            program.resource_at(&address).is_none().then_some((address, None))
        });
        let mut order: Vec<(ConfigAddress, Option<usize>)> = declared.chain(orphans).collect();
        order.sort_by_cached_key(|(address, _)| (address.module.to_string(), address.resource.to_string()));
        order.dedup();
        let needs = as_written(&program);
        let places = order.iter().enumerate().filter_map(|(place, (_, node))| Some(((*node)?, place)));
        let places: BTreeMap<usize, usize> = places.collect();
        let reached =
            |node: &Option<usize>| node.map(|node| nearest(&needs, node, &places)).unwrap_or_default();
        let between: Needs = order.iter().map(|(_, node)| reached(node)).collect();
        picture(order.iter().map(|(address, _)| resource(address, "")).collect(), between)
    });
    (picture, diagnostics)
}

/// The resources that a node needs without another resource in between.
fn nearest(needs: &Needs, from: usize, place: &BTreeMap<usize, usize>) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    let mut seen = BTreeSet::from([from]);
    let mut next: Vec<usize> = needs[from].iter().copied().collect();
    while let Some(node) = next.pop() {
        if !seen.insert(node) {
            continue;
        }
        match place.get(&node) {
            Some(place) => drop(found.insert(*place)),
            None => next.extend(&needs[node]),
        }
    }
    found
}

/// The picture of what needs what. With a circle in it everything follows from everything, and all edges stay.
fn picture(nodes: Vec<Drawn>, mut needs: Needs) -> Picture {
    let circular: BTreeSet<(usize, usize)> =
        flat(&needs).into_iter().filter(|(from, to)| reaches(&needs, *to, *from)).collect();
    if circular.is_empty() {
        reduce(&mut needs);
    }
    Picture { nodes, edges: flat(&needs), circular }
}

fn reaches(needs: &Needs, from: usize, to: usize) -> bool {
    let mut seen = BTreeSet::new();
    let mut next = vec![from];
    while let Some(node) = next.pop() {
        if node == to {
            return true;
        }
        next.extend(needs[node].iter().filter(|further| seen.insert(**further)));
    }
    false
}

/// Takes out every edge that follows from others.
fn reduce(needs: &mut Needs) {
    let whole = needs.clone();
    for (node, direct) in whole.iter().enumerate() {
        let mut seen = BTreeSet::new();
        let mut next: Vec<usize> = direct.iter().flat_map(|needed| &whole[*needed]).copied().collect();
        while let Some(further) = next.pop() {
            if seen.insert(further) {
                next.extend(&whole[further]);
            }
        }
        needs[node].retain(|needed| !seen.contains(needed));
    }
}

fn flat(needs: &Needs) -> Vec<(usize, usize)> {
    needs
        .iter()
        .enumerate()
        .flat_map(|(node, needed)| needed.iter().map(move |other| (node, *other)))
        .collect()
}

/// What each node of the program needs.
fn as_written(program: &Program<'_>) -> Needs {
    let mut needs = vec![BTreeSet::new(); program.nodes.len()];
    for (first, follower) in edges::edges(program, WholeModule::End) {
        needs[follower].insert(first);
    }
    needs
}

fn resource(address: &ConfigAddress, done: &str) -> Drawn {
    Drawn {
        name: format!("{address}{done}"),
        label: address.resource.to_string(),
        module: address.module.to_string(),
        shape: Shape::Resource,
    }
}

/// Everything that is worked out on the way. `None` after an error.
pub fn steps(run: &Run<'_>, circles: Circles, work: Work) -> (Option<Picture>, Diagnostics) {
    let mut diagnostics = Vec::new();
    let picture = drawable(run, circles, &mut diagnostics).map(|program| {
        let mut sketch = Sketch::of(&program);
        sketch.close_providers(&program);
        if work == Work::Plan {
            sketch.report_checks(&program);
        }
        sketch.finish()
    });
    (picture, diagnostics)
}

/// A picture that is being made.
struct Sketch {
    nodes: Vec<Drawn>,
    needs: Needs,
    /// The place of each node of the program; `None` for one that is not drawn.
    places: Vec<Option<usize>>,
}

impl Sketch {
    /// The nodes of a program.
    fn of(program: &Program<'_>) -> Sketch {
        let used: BTreeSet<usize> = program
            .resources
            .iter()
            .filter_map(|resource| {
                resource.typed.as_ref().map(|typed| program.providers[typed.provider].node)
            })
            .collect();
        let mut sketch = Sketch { nodes: Vec::new(), needs: Vec::new(), places: Vec::new() };
        for id in 0..program.nodes.len() {
            let drawn = drawn(program, id).filter(|node| node.shape != Shape::Provider || used.contains(&id));
            let place = drawn.map(|node| sketch.add(node, BTreeSet::new()));
            sketch.places.push(place);
        }
        for (id, needed) in as_written(program).into_iter().enumerate() {
            let Some(place) = sketch.places[id] else { continue };
            sketch.needs[place] = needed.into_iter().filter_map(|other| sketch.places[other]).collect();
        }
        sketch
    }

    fn add(&mut self, node: Drawn, needs: BTreeSet<usize>) -> usize {
        self.nodes.push(node);
        self.needs.push(needs);
        self.nodes.len() - 1
    }

    fn step(&mut self, name: String, needs: BTreeSet<usize>) -> usize {
        self.add(Drawn { label: name.clone(), name, module: String::new(), shape: Shape::Step }, needs)
    }

    /// A provider ends when all that use it are done.
    fn close_providers(&mut self, program: &Program<'_>) {
        for (id, provider) in program.providers.iter().enumerate() {
            let Some(place) = self.places[provider.node] else { continue };
            let users = program
                .resources
                .iter()
                .filter(|resource| resource.typed.as_ref().is_some_and(|typed| typed.provider == id));
            let mut needs: BTreeSet<usize> = users.filter_map(|user| self.places[user.node]).collect();
            needs.insert(place);
            self.step(format!("{} (close)", provider.written), needs);
        }
    }

    /// A check needs the place where its result is told.
    fn report_checks(&mut self, program: &Program<'_>) {
        for (id, node) in program.nodes.iter().enumerate() {
            let (Node::Check(..), Some(place)) = (node, self.places[id]) else { continue };
            let name = self.nodes[place].name.replace(" (expand)", " (report)");
            let report = self.step(name, BTreeSet::new());
            self.needs[place].insert(report);
        }
    }

    /// All hangs on one root; then only what does not follow is left.
    fn finish(mut self) -> Picture {
        let needed: BTreeSet<usize> = self.needs.iter().flatten().copied().collect();
        let tops = (0..self.nodes.len()).filter(|place| !needed.contains(place)).collect();
        self.step("root".into(), tops);
        picture(self.nodes, self.needs)
    }
}

/// A node of the program as it is drawn. The root module's own begin and end are not.
fn drawn(program: &Program<'_>, id: usize) -> Option<Drawn> {
    let node = program.nodes[id];
    let of = |module: ModuleId| program.path(module).to_string();
    let (module, shape) = match node {
        Node::Call(0) | Node::Closed(0) => return None,
        Node::Resource(resource) => {
            return Some(Drawn {
                label: program.config_address(resource).to_string(),
                ..self::resource(&program.config_address(resource), " (expand)")
            });
        }
        Node::Provider(provider) => {
            let block = program.providers[provider].block;
            (block.map(|(module, _)| of(module)).unwrap_or_default(), Shape::Provider)
        }
        Node::Variable(0, _) => (String::new(), Shape::Variable),
        Node::Call(module)
        | Node::Closed(module)
        | Node::Variable(module, _)
        | Node::Validation(module, _)
        | Node::Local(module, _)
        | Node::Output(module, _)
        | Node::Check(module, _) => (of(module), Shape::Step),
    };
    let name = program.name(id);
    Some(Drawn { label: name.clone(), name, module, shape })
}

/// How everything that is in state would be destroyed. `None` after an error.
pub fn destruction(run: &Run<'_>, state: &Snapshot) -> (Option<Picture>, Diagnostics) {
    let mut diagnostics = Vec::new();
    let picture = drawable(run, Circles::Refused, &mut diagnostics).map(|program| {
        let mut sketch = Sketch { nodes: Vec::new(), needs: Vec::new(), places: Vec::new() };
        sketch.destroy(state);
        for name in program.modules[0].module.outputs.keys() {
            let id = program.index.get(&NodeKey::Output(0, name.clone()));
            if let Some(id) = id {
                sketch.step(program.name(*id), BTreeSet::new());
            }
        }
        sketch.finish()
    });
    (picture, diagnostics)
}

impl Sketch {
    fn destroy(&mut self, state: &Snapshot) {
        let mut objects: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        let mut users: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
        let entries: Vec<_> = state.objects().filter(|entry| entry.deposed.is_none()).collect();
        for entry in &entries {
            let place = self.add(destroyed(&entry.address), BTreeSet::new());
            objects.entry(entry.address.config().to_string()).or_default().push(place);
            users.entry(entry.provider).or_default().insert(place);
        }
        // What depends on something is destroyed before it.
        for (place, entry) in entries.iter().enumerate() {
            for needed in entry.object.dependencies.iter().filter_map(|name| objects.get(name)).flatten() {
                self.needs[*needed].insert(place);
            }
        }
        for (written, users) in users {
            let label = source_of_configuration(written).map_or(String::new(), |_| written.to_owned());
            let provider =
                Drawn { name: label.clone(), label, module: String::new(), shape: Shape::Provider };
            let provider = self.add(provider, BTreeSet::new());
            for user in &users {
                self.needs[*user].insert(provider);
            }
            let closed: BTreeSet<usize> = users.into_iter().chain([provider]).collect();
            self.step(format!("{written} (close)"), closed);
        }
    }
}

fn destroyed(address: &Address) -> Drawn {
    let config = address.config();
    Drawn { label: config.to_string(), ..resource(&config, " (destroy)") }
}
