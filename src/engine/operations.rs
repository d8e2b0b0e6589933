//! Operations: the changes of a plan in the order in which they may be carried out.
//!
//! The program's graph gives the order of making. Its mirror image gives the order of deleting: what depends on something
//! goes before it. Both halves are one graph, with edges between them:
//!
//! Rule: what is deleted before it is made again is deleted first, and with it what depends on it.
//! Rule: else a deletion waits for what is made of the same resource, and for all that is made of what used the old object.
//! Rule: what is updated waits for the deletion of what is replaced behind it, unless the deletion needs what is updated, as one
//! does whose provider is configured from it.
//! Rule: the data sources of checks are read when everything else is made.
//! Invariant: `O(nodes + edges)`: a deletion costs no edges to all that came to depend on it.

use std::collections::{BTreeMap, BTreeSet};

use aksel_lang::address::ConfigAddress;

use crate::graph::{Graph, NodeId};
use crate::plan::{Action, Plan, ReplaceOrder, ResourceChange};
use crate::program::{Node, Program};

/// A step of an apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    /// A declaration is worked out; what is to be made of it is made.
    Make(NodeId),
    /// What is to be deleted of a declaration is deleted.
    Delete(NodeId),
    /// What is no longer declared is deleted.
    DeleteOrphans(usize),
    /// Everything that is made of a declaration and behind it has been made.
    Rest(NodeId),
    /// Everything has been deleted that is deleted first of a declaration and behind it.
    Cleared(NodeId),
    /// Everything has been made that checks look at.
    Made,
}

/// All steps with their order.
pub(crate) struct Operations {
    pub(crate) graph: Graph,
    /// The changes that delete something, by the resource that they are of.
    pub(crate) deletions: BTreeMap<ConfigAddress, Vec<usize>>,
    /// What is no longer declared.
    pub(crate) orphans: Vec<ConfigAddress>,
    declared: usize,
}

impl Operations {
    /// Orders the changes of a plan.
    pub(crate) fn new(program: &Program<'_>, plan: &Plan) -> Operations {
        let mut deletions: BTreeMap<ConfigAddress, Vec<usize>> = BTreeMap::new();
        for (index, change) in plan.changes.iter().enumerate().filter(|(_, change)| deletes(change)) {
            deletions.entry(change.address.config()).or_default().push(index);
        }
        let orphans: Vec<ConfigAddress> =
            deletions.keys().filter(|address| program.resource_at(address).is_none()).cloned().collect();
        let mut operations =
            Operations { graph: Graph::default(), deletions, orphans, declared: program.nodes.len() };
        operations.graph = operations.graph(program, plan);
        operations
    }

    /// The step of a number.
    pub(crate) fn operation(&self, id: NodeId) -> Operation {
        match id / self.declared.max(1) {
            0 => Operation::Make(id),
            1 => Operation::Delete(id - self.declared),
            _ if id < self.rest(0) => Operation::DeleteOrphans(id - self.declared * 2),
            _ if id < self.made() => Operation::Rest(id - self.rest(0)),
            _ if id == self.made() => Operation::Made,
            _ => Operation::Cleared(id - self.cleared(0)),
        }
    }

    /// What people call a step.
    pub(crate) fn name(&self, program: &Program<'_>, step: NodeId) -> String {
        match self.operation(step) {
            Operation::Make(node) => program.name(node),
            Operation::Rest(node) => format!("{} (all behind it)", program.name(node)),
            Operation::Cleared(node) => format!("{} (all behind it destroyed)", program.name(node)),
            Operation::Made => "all that checks look at".to_owned(),
            Operation::Delete(node) => format!("{} (destroy)", program.name(node)),
            Operation::DeleteOrphans(orphan) => format!("{} (destroy)", self.orphans[orphan]),
        }
    }

    /// The step that comes before the data sources of checks.
    fn made(&self) -> NodeId {
        self.rest(self.declared)
    }

    /// The step that says that a node and all behind it are made.
    fn rest(&self, node: NodeId) -> NodeId {
        self.declared * 2 + self.orphans.len() + node
    }

    /// The step that says that what is deleted first of a node and behind it is deleted.
    fn cleared(&self, node: NodeId) -> NodeId {
        self.made() + 1 + node
    }

    /// All edges, without those by which an update would wait for a deletion that needs it.
    fn graph(&self, program: &Program<'_>, plan: &Plan) -> Graph {
        let first = deleted_first(program, plan);
        let mut edges = self.edges(program, plan, &first);
        let wishes = self.updates_that_wait(program, plan, &first);
        if !wishes.is_empty() {
            self.cleared_edges(program, &first, &mut edges);
        }
        let firm = edges.len();
        edges.extend(&wishes);
        let all = Graph::new(self.cleared(self.declared), &edges);
        let circles = if wishes.is_empty() { Vec::new() } else { all.cycles() };
        if circles.is_empty() {
            return all;
        }
        let mut circle = vec![None; all.len()];
        for (number, members) in circles.iter().enumerate() {
            members.iter().for_each(|member| circle[*member] = Some(number));
        }
        let closes = |(from, to): &(NodeId, NodeId)| circle[*from].is_some() && circle[*from] == circle[*to];
        edges.truncate(firm);
        edges.extend(wishes.iter().filter(|edge| !closes(edge)));
        Graph::new(all.len(), &edges)
    }

    fn edges(&self, program: &Program<'_>, plan: &Plan, first: &[NodeId]) -> Vec<(NodeId, NodeId)> {
        let count = self.declared;
        let mut edges = Vec::new();
        for node in 0..count {
            for follower in program.graph.followers(node) {
                edges.push((node, *follower));
                edges.push((follower + count, node + count));
            }
        }
        let behind = program.graph.reachable(first.iter().copied());
        edges.extend(first.iter().map(|node| (node + count, *node)));
        edges.extend((0..count).filter(|node| !behind[*node]).map(|node| (node, node + count)));
        self.rest_edges(program, &behind, &mut edges);
        for resource in &program.resources {
            edges.push(match resource.resource.scope {
                Some(_) => (self.made(), resource.node),
                None => (resource.node, self.made()),
            });
        }
        self.provider_edges(program, plan, &mut edges);
        self.state_edges(program, plan, &behind, &mut edges);
        edges
    }

    /// What is deleted first, and what is behind it, is made after its own deletion: an old object that it used until
    /// then has to wait for that.
    fn rest_edges(&self, program: &Program<'_>, behind: &[bool], edges: &mut Vec<(NodeId, NodeId)>) {
        for node in 0..self.declared {
            if behind[node] {
                edges.push((node, self.rest(node)));
            }
            for follower in program.graph.followers(node).iter().filter(|follower| behind[**follower]) {
                let waits = if behind[node] { self.rest(node) } else { node + self.declared };
                edges.push((self.rest(*follower), waits));
            }
        }
    }

    /// What is updated waits for what is deleted first behind it: the old object may use what is still there of it.
    fn updates_that_wait(
        &self,
        program: &Program<'_>,
        plan: &Plan,
        first: &[NodeId],
    ) -> Vec<(NodeId, NodeId)> {
        if first.is_empty() {
            return Vec::new();
        }
        let updates = changed(program, plan, |action| matches!(action, Action::Update { .. }));
        updates.iter().map(|node| (self.cleared(*node), *node)).collect()
    }

    /// What is cleared when: a node after its own deletion, if it is deleted first, and after all that follows on it.
    fn cleared_edges(&self, program: &Program<'_>, first: &[NodeId], edges: &mut Vec<(NodeId, NodeId)>) {
        for node in 0..self.declared {
            let followers = program.graph.followers(node).iter();
            edges.extend(followers.map(|follower| (self.cleared(*follower), self.cleared(node))));
        }
        edges.extend(first.iter().map(|node| (node + self.declared, self.cleared(*node))));
    }

    /// A deletion needs its provider.
    fn provider_edges(&self, program: &Program<'_>, plan: &Plan, edges: &mut Vec<(NodeId, NodeId)>) {
        for (address, changes) in &self.deletions {
            let Some(deletion) = self.deletion(program, address) else { continue };
            let providers: BTreeSet<_> = changes
                .iter()
                .filter_map(|change| program.provider_written(&plan.changes[*change].provider))
                .map(|instance| instance.provider)
                .collect();
            edges.extend(providers.into_iter().map(|provider| (program.providers[provider].node, deletion)));
        }
    }

    /// What state says of dependencies, where the configuration no longer does.
    fn state_edges(
        &self,
        program: &Program<'_>,
        plan: &Plan,
        behind: &[bool],
        edges: &mut Vec<(NodeId, NodeId)>,
    ) {
        if self.orphans.is_empty() {
            return;
        }
        let texts: BTreeMap<String, &ConfigAddress> =
            self.deletions.keys().map(|address| (address.to_string(), address)).collect();
        let mut seen = BTreeSet::new();
        for entry in plan.prior.objects() {
            let address = entry.address.config();
            let Some(from) = self.deletion(program, &address) else { continue };
            let orphan = from >= self.declared * 2;
            for needed in entry.object.dependencies.iter().filter_map(|text| texts.get(text)) {
                let Some(to) = self.deletion(program, needed) else { continue };
                let both_declared = !orphan && to < self.declared * 2;
                // Where something made must wait for deletions, a deletion must not wait for what is made behind it.
                let free = orphan || !behind[from - self.declared];
                if !both_declared && from != to && free && seen.insert((from, to)) {
                    edges.push((from, to));
                }
            }
        }
    }

    /// The step that deletes what is of a resource.
    fn deletion(&self, program: &Program<'_>, address: &ConfigAddress) -> Option<NodeId> {
        match program.resource_at(address) {
            Some(resource) => Some(program.resources[resource].node + self.declared),
            None => self.orphans.binary_search(address).ok().map(|orphan| orphan + self.declared * 2),
        }
    }

    /// The resource of a step that deletes.
    pub(crate) fn deleted(&self, program: &Program<'_>, operation: Operation) -> Option<ConfigAddress> {
        match operation {
            Operation::Make(_) | Operation::Rest(_) | Operation::Cleared(_) | Operation::Made => None,
            Operation::Delete(node) => match program.nodes[node] {
                Node::Resource(resource) => Some(program.config_address(resource)),
                _ => None,
            },
            Operation::DeleteOrphans(orphan) => self.orphans.get(orphan).cloned(),
        }
    }
}

/// The resources of which something is deleted or forgotten, and then made again.
fn deleted_first(program: &Program<'_>, plan: &Plan) -> Vec<NodeId> {
    changed(program, plan, |action| {
        matches!(action, Action::Replace { order: ReplaceOrder::DeleteFirst | ReplaceOrder::ForgetFirst, .. })
    })
}

/// The resources to which something of the kind happens, each once.
fn changed(program: &Program<'_>, plan: &Plan, kind: impl Fn(&Action) -> bool) -> Vec<NodeId> {
    let changes = plan.changes.iter().filter(|change| kind(&change.action));
    let resources: BTreeSet<_> =
        changes.filter_map(|change| program.resource_at(&change.address.config())).collect();
    resources.into_iter().map(|resource| program.resources[resource].node).collect()
}

/// Whether a change takes an object away, from Azure or from state.
fn deletes(change: &ResourceChange) -> bool {
    match change.action {
        Action::Replace { .. } | Action::Delete { .. } | Action::Forget { .. } => true,
        Action::Keep { .. } | Action::Read { .. } | Action::Create { .. } | Action::Update { .. } => false,
    }
}
