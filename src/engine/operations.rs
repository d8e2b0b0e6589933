//! Operations: the changes of a plan in the order in which they may be carried out.
//!
//! The program's graph gives the order of making. Its mirror image gives the order of deleting: what depends on something
//! goes before it. Both halves are one graph, with edges between them:
//!
//! Rule: what is deleted before it is made again is deleted first, and with it what depends on it.
//! Rule: else a deletion waits for what is made of the same resource, and for all that is made of what used the old object.
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
        let edges = operations.edges(program, plan);
        operations.graph = Graph::new(operations.made() + 1, &edges);
        operations
    }

    /// The step of a number.
    pub(crate) fn operation(&self, id: NodeId) -> Operation {
        match id / self.declared.max(1) {
            0 => Operation::Make(id),
            1 => Operation::Delete(id - self.declared),
            _ if id < self.rest(0) => Operation::DeleteOrphans(id - self.declared * 2),
            _ if id < self.made() => Operation::Rest(id - self.rest(0)),
            _ => Operation::Made,
        }
    }

    /// What people call a step.
    pub(crate) fn name(&self, program: &Program<'_>, step: NodeId) -> String {
        match self.operation(step) {
            Operation::Make(node) => program.name(node),
            Operation::Rest(node) => format!("{} (all behind it)", program.name(node)),
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

    fn edges(&self, program: &Program<'_>, plan: &Plan) -> Vec<(NodeId, NodeId)> {
        let count = self.declared;
        let mut edges = Vec::new();
        for node in 0..count {
            for follower in program.graph.followers(node) {
                edges.push((node, *follower));
                edges.push((follower + count, node + count));
            }
        }
        let first = self.deleted_first(program, plan);
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

    /// The resources of which something is deleted and then made again.
    fn deleted_first(&self, program: &Program<'_>, plan: &Plan) -> Vec<NodeId> {
        let replaced = plan.changes.iter().filter(|change| {
            matches!(change.action, Action::Replace { order: ReplaceOrder::DeleteFirst, .. })
        });
        let resources: BTreeSet<_> =
            replaced.filter_map(|change| program.resource_at(&change.address.config())).collect();
        resources.into_iter().map(|resource| program.resources[resource].node).collect()
    }

    /// A deletion needs its provider.
    fn provider_edges(&self, program: &Program<'_>, plan: &Plan, edges: &mut Vec<(NodeId, NodeId)>) {
        for (address, changes) in &self.deletions {
            let Some(deletion) = self.deletion(program, address) else { continue };
            let providers: BTreeSet<_> = changes
                .iter()
                .filter_map(|change| program.provider_written(&plan.changes[*change].provider))
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
            Operation::Make(_) | Operation::Rest(_) | Operation::Made => None,
            Operation::Delete(node) => match program.nodes[node] {
                Node::Resource(resource) => Some(program.config_address(resource)),
                _ => None,
            },
            Operation::DeleteOrphans(orphan) => self.orphans.get(orphan).cloned(),
        }
    }
}

/// Whether a change takes an object away, from Azure or from state.
fn deletes(change: &ResourceChange) -> bool {
    match change.action {
        Action::Replace { .. } | Action::Delete { .. } | Action::Forget { .. } => true,
        Action::Keep { .. } | Action::Read { .. } | Action::Create { .. } | Action::Update { .. } => false,
    }
}
