//! The graph: which node must come before which, in compressed rows.
//!
//! Invariant: nodes are numbered from 0; the edges out of a node stand together and in order, each once.
//! Invariant: everything here is iterative and `O(nodes + edges)`; a chain of any length is fine.
//! Never: the graph knows what a node is.

/// The number of a node.
pub(crate) type NodeId = usize;

/// Nodes with edges from what comes first to what follows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Graph {
    starts: Vec<usize>,
    followers: Vec<NodeId>,
    open: Vec<usize>,
}

impl Graph {
    /// A graph of so many nodes and these edges, each from what comes first to what follows. Doubled edges count once.
    pub(crate) fn new(nodes: usize, edges: &[(NodeId, NodeId)]) -> Graph {
        let mut starts = vec![0; nodes + 1];
        for (first, _) in edges {
            starts[first + 1] += 1;
        }
        for node in 0..nodes {
            starts[node + 1] += starts[node];
        }
        let mut next = starts.clone();
        let mut followers = vec![0; edges.len()];
        for (first, follower) in edges {
            followers[next[*first]] = *follower;
            next[*first] += 1;
        }
        let mut graph = Graph { starts, followers, open: vec![0; nodes] };
        graph.drop_doubles();
        graph
    }

    fn drop_doubles(&mut self) {
        let nodes = self.len();
        let (mut starts, mut kept) = (vec![0], Vec::with_capacity(self.followers.len()));
        for node in 0..nodes {
            let row = &mut self.followers[self.starts[node]..self.starts[node + 1]];
            row.sort_unstable();
            let begin = kept.len();
            for follower in row {
                if kept.len() == begin || kept.last() != Some(follower) {
                    kept.push(*follower);
                    self.open[*follower] += 1;
                }
            }
            starts.push(kept.len());
        }
        (self.starts, self.followers) = (starts, kept);
    }

    /// How many nodes there are.
    pub(crate) fn len(&self) -> usize {
        self.open.len()
    }

    /// What follows directly on a node.
    pub(crate) fn followers(&self, node: NodeId) -> &[NodeId] {
        &self.followers[self.starts[node]..self.starts[node + 1]]
    }

    /// How many nodes come directly before each.
    pub(crate) fn open_predecessors(&self) -> Vec<usize> {
        self.open.clone()
    }

    /// The graph with all edges turned round.
    pub(crate) fn reversed(&self) -> Graph {
        let edges: Vec<(NodeId, NodeId)> = (0..self.len())
            .flat_map(|node| self.followers(node).iter().map(move |follower| (*follower, node)))
            .collect();
        Graph::new(self.len(), &edges)
    }

    /// All nodes that can be reached from these, themselves included.
    pub(crate) fn reachable(&self, from: impl IntoIterator<Item = NodeId>) -> Vec<bool> {
        let mut seen = vec![false; self.len()];
        let mut next: Vec<NodeId> = from.into_iter().collect();
        while let Some(node) = next.pop() {
            if !std::mem::replace(&mut seen[node], true) {
                next.extend(self.followers(node));
            }
        }
        seen
    }

    /// The circles: groups of nodes that all come before each other. Empty if there is an order.
    pub(crate) fn cycles(&self) -> Vec<Vec<NodeId>> {
        let mut search = Search::new(self.len());
        for node in 0..self.len() {
            if search.number[node].is_none() {
                search.from(self, node);
            }
        }
        search.found
    }
}

/// Tarjan's search for groups, with a stack of its own.
struct Search {
    number: Vec<Option<usize>>,
    low: Vec<usize>,
    on_stack: Vec<bool>,
    stack: Vec<NodeId>,
    next: usize,
    found: Vec<Vec<NodeId>>,
}

impl Search {
    fn new(nodes: usize) -> Search {
        Search {
            number: vec![None; nodes],
            low: vec![0; nodes],
            on_stack: vec![false; nodes],
            stack: Vec::new(),
            next: 0,
            found: Vec::new(),
        }
    }

    fn enter(&mut self, node: NodeId) {
        self.number[node] = Some(self.next);
        self.low[node] = self.next;
        self.next += 1;
        self.stack.push(node);
        self.on_stack[node] = true;
    }

    fn from(&mut self, graph: &Graph, root: NodeId) {
        self.enter(root);
        let mut path = vec![(root, 0)];
        while let Some((node, place)) = path.last_mut() {
            let node = *node;
            let Some(follower) = graph.followers(node).get(*place).copied() else {
                path.pop();
                if let Some((before, _)) = path.last() {
                    self.low[*before] = self.low[*before].min(self.low[node]);
                }
                self.leave(graph, node);
                continue;
            };
            *place += 1;
            match self.number[follower] {
                None => {
                    self.enter(follower);
                    path.push((follower, 0));
                }
                Some(number) if self.on_stack[follower] => self.low[node] = self.low[node].min(number),
                Some(_) => {}
            }
        }
    }

    fn leave(&mut self, graph: &Graph, node: NodeId) {
        if Some(self.low[node]) != self.number[node] {
            return;
        }
        let mut group = Vec::new();
        while let Some(member) = self.stack.pop() {
            self.on_stack[member] = false;
            group.push(member);
            if member == node {
                break;
            }
        }
        if group.len() > 1 || graph.followers(node).contains(&node) {
            group.sort_unstable();
            self.found.push(group);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubled_edges_count_once() {
        let graph = Graph::new(3, &[(0, 2), (0, 2), (1, 2)]);
        assert_eq!((graph.open_predecessors(), graph.followers(0)), (vec![0, 0, 2], &[2][..]));
    }

    #[test]
    fn circles_name_their_members() {
        let graph = Graph::new(6, &[(0, 1), (1, 2), (2, 1), (3, 3), (4, 5)]);
        assert_eq!(graph.cycles(), [vec![1, 2], vec![3]]);
    }

    #[test]
    fn a_chain_of_any_length_is_searched() {
        let edges: Vec<_> = (0..100_000).map(|n| (n, n + 1)).collect();
        let graph = Graph::new(100_001, &edges);
        assert!(graph.cycles().is_empty());
        assert!(graph.reversed().reachable([100_000]).iter().all(|reached| *reached));
    }
}
