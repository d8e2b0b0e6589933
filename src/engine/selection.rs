//! Selection: what `-target` and `-exclude` leave of the program.
//!
//! Rule: a target brings what it depends on, or what depends on it where all is to go; an exclusion takes what depends on
//! it. An output of the root module is worked out if it is made of resources and none of them was left out.
//! Invariant: what is not selected is not read, not planned and stays in state as it is.

use aksel_lang::address::{Address, ConfigAddress, Target};

use crate::graph::{Graph, NodeId};
use crate::options::{PlanMode, PlanOptions};
use crate::program::{Node, Program};

/// What is selected.
#[derive(Clone, Debug)]
pub(crate) struct Selection {
    nodes: Vec<bool>,
    /// Nodes that something named brings along: all of their instances count.
    needed: Vec<bool>,
    targets: Vec<Target>,
    excludes: Vec<Target>,
}

impl Selection {
    /// Finds what is selected. `O(nodes + edges + resources · targets)`.
    pub(crate) fn new(program: &Program<'_>, options: &PlanOptions) -> Selection {
        let count = program.graph.len();
        let mut selection = Selection {
            nodes: vec![true; count],
            needed: vec![true; count],
            targets: options.targets.clone(),
            excludes: options.excludes.clone(),
        };
        if !selection.targets.is_empty() {
            selection.narrow(program, options.mode);
        }
        if !selection.excludes.is_empty() {
            selection.exclude(program);
        }
        selection
    }

    fn narrow(&mut self, program: &Program<'_>, mode: PlanMode) {
        let (graph, back) = (&program.graph, &program.back);
        let named = matching(program, &self.targets);
        let directly = |graph: &Graph| -> Vec<NodeId> {
            named.iter().flat_map(|node| graph.followers(*node).iter().copied()).collect()
        };
        if mode == PlanMode::Destroy {
            // What goes takes with it what depends on it; all else is there for the providers only.
            self.needed = graph.reachable(directly(graph));
            self.nodes = back.reachable(named.iter().copied().chain(marked(&self.needed)));
            return;
        }
        self.nodes = back.reachable(named.iter().copied());
        self.needed = back.reachable(directly(back));
        let resources = |selected: bool| {
            let nodes = program.resources.iter().map(|resource| resource.node);
            nodes.filter(|node| self.nodes[*node] == selected).collect::<Vec<NodeId>>()
        };
        let (touched, made_of) = (graph.reachable(resources(false)), graph.reachable(resources(true)));
        let outputs = program
            .nodes
            .iter()
            .enumerate()
            .filter(|(id, node)| matches!(node, Node::Output(0, _)) && !touched[*id] && made_of[*id]);
        let needed = back.reachable(outputs.map(|(id, _)| id));
        self.nodes.iter_mut().zip(needed).for_each(|(selected, needed)| *selected |= needed);
    }

    fn exclude(&mut self, program: &Program<'_>) {
        let whole = self.excludes.iter().filter(|target| match target {
            Target::Resource(address) => address.key.is_none(),
            Target::Module(_) => true,
        });
        let named = matching(program, &whole.cloned().collect::<Vec<_>>());
        let behind = program.graph.reachable(named);
        for (node, behind) in behind.into_iter().enumerate() {
            if behind && matches!(program.nodes[node], Node::Resource(_) | Node::Output(..)) {
                self.nodes[node] = false;
            }
        }
    }

    /// Whether a node takes part.
    pub(crate) fn node(&self, node: NodeId) -> bool {
        self.nodes[node]
    }

    /// Whether an instance of a resource takes part.
    pub(crate) fn instance(&self, node: Option<NodeId>, address: &Address) -> bool {
        if self.excludes.iter().any(|target| covers(target, address)) {
            return false;
        }
        if self.targets.is_empty() {
            return node.is_none_or(|node| self.nodes[node]);
        }
        let needed = node.is_some_and(|node| self.needed[node] && self.nodes[node]);
        needed || self.targets.iter().any(|target| covers(target, address))
    }

    /// Whether there are any targets or exclusions.
    pub(crate) fn is_partial(&self) -> bool {
        !self.targets.is_empty() || !self.excludes.is_empty()
    }
}

/// The nodes that are marked.
fn marked(nodes: &[bool]) -> impl Iterator<Item = NodeId> {
    nodes.iter().enumerate().filter(|(_, marked)| **marked).map(|(node, _)| node)
}

fn matching(program: &Program<'_>, targets: &[Target]) -> Vec<NodeId> {
    let hit = |address: &ConfigAddress| targets.iter().any(|target| could_cover(target, address));
    (0..program.resources.len())
        .filter(|resource| hit(&program.config_address(*resource)))
        .map(|resource| program.resources[resource].node)
        .collect()
}

/// Whether a target covers instances of a resource.
fn could_cover(target: &Target, address: &ConfigAddress) -> bool {
    match target {
        Target::Module(module) => address.module.0.starts_with(&module.path().0),
        Target::Resource(wanted) => wanted.config() == *address,
    }
}

/// Whether a target covers an instance: a step or key that the target leaves out covers all.
pub(crate) fn covers(target: &Target, address: &Address) -> bool {
    let (module, rest) = match target {
        Target::Module(module) => (module, None),
        Target::Resource(wanted) => (&wanted.module, Some(wanted)),
    };
    let steps = module.0.iter().zip(&address.module.0);
    let within = module.0.len() <= address.module.0.len()
        && steps
            .into_iter()
            .all(|((name, key), (own, own_key))| name == own && (key.is_none() || key == own_key));
    within
        && rest.is_none_or(|wanted| {
            wanted.module.0.len() == address.module.0.len()
                && wanted.resource == address.resource
                && (wanted.key.is_none() || wanted.key == address.key)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_without_keys_covers_all_instances() {
        let covers =
            |target: &str, address: &str| covers(&target.parse().unwrap(), &address.parse().unwrap());
        assert!(covers("module.m", "module.m[1].module.n.a.b"));
        assert!(covers("a.b", "a.b[1]"));
        assert!(!covers("a.b[0]", "a.b[1]"));
        assert!(!covers("a.b", "module.m.a.b"));
    }
}
