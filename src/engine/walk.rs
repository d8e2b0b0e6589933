//! The walk: every node of a graph in an order that the edges allow, with a bounded number of jobs under way.
//!
//! Invariant: when `walk` returns, nothing is under way any more.
//! Invariant: a node starts when all before it have ended; behind a failed node nothing starts, it is skipped.
//! Invariant: jobs that name the same lane never run at the same time.
//! Never: the walk knows what a node does. Nodes are not tasks: a node without a job costs no future.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet, VecDeque};

use aksel_lang::types::Text;
use aksel_provider::stop::{Stop, Urgency};
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};

use crate::graph::{Graph, NodeId};

/// Something that waits, for a node.
pub(crate) struct Job<'w, O> {
    /// What it must have for itself while it runs.
    pub(crate) lanes: Vec<Text>,
    /// What it does.
    pub(crate) future: BoxFuture<'w, O>,
}

impl<'w, O> Job<'w, O> {
    /// A job that needs no lane.
    pub(crate) fn new(future: BoxFuture<'w, O>) -> Job<'w, O> {
        Job { lanes: Vec::new(), future }
    }
}

/// How a node has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// What follows may start.
    Done,
    /// What follows is skipped.
    Failed,
}

/// Why a node is not reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Skipped {
    /// That node failed: the first of a chain, not the last.
    Failed(NodeId),
    /// The run is to end.
    Stopped,
}

/// What the nodes of a walk do.
pub(crate) trait Walker<'w> {
    /// What a job gives.
    type Outcome: Send;

    /// Starts a node; without jobs it ends at once.
    fn start(&mut self, node: NodeId) -> Vec<Job<'w, Self::Outcome>>;

    /// Takes what a job of the node gave; may need further jobs for it.
    fn finish(&mut self, node: NodeId, outcome: Self::Outcome) -> Vec<Job<'w, Self::Outcome>>;

    /// Ends a node when none of its jobs is left.
    fn end(&mut self, node: NodeId) -> Ending;

    /// Hears that a node is not reached.
    fn skip(&mut self, node: NodeId, why: Skipped);
}

/// Jobs that wait for a place, and those under way.
struct Jobs<'w, O> {
    waiting: VecDeque<(NodeId, Job<'w, O>)>,
    blocked: HashMap<Text, VecDeque<(NodeId, Job<'w, O>)>>,
    busy: HashSet<Text>,
    under_way: FuturesUnordered<BoxFuture<'w, (NodeId, Vec<Text>, O)>>,
    limit: usize,
}

impl<'w, O: Send + 'w> Jobs<'w, O> {
    fn push(&mut self, node: NodeId, jobs: Vec<Job<'w, O>>) {
        self.waiting.extend(jobs.into_iter().map(|job| (node, job)));
    }

    /// Starts what may start. A job behind a busy lane waits at that lane, so that none is looked at in vain.
    fn fill(&mut self) {
        while self.under_way.len() < self.limit {
            let Some((node, job)) = self.waiting.pop_front() else { return };
            if let Some(lane) = job.lanes.iter().find(|lane| self.busy.contains(*lane)) {
                self.blocked.entry(lane.clone()).or_default().push_back((node, job));
                continue;
            }
            self.busy.extend(job.lanes.iter().cloned());
            let Job { lanes, future } = job;
            self.under_way.push(Box::pin(async move { (node, lanes, future.await) }));
        }
    }

    fn free(&mut self, lanes: Vec<Text>) {
        for lane in lanes {
            self.busy.remove(&lane);
            for waiting in self.blocked.remove(&lane).unwrap_or_default().into_iter().rev() {
                self.waiting.push_front(waiting);
            }
        }
    }
}

/// Walks a graph with a walker that starts no jobs, and so waits for nothing.
pub(crate) fn walk_without_jobs<'w, W: Walker<'w>>(graph: &Graph, walker: &mut W, stop: &Stop)
where
    W::Outcome: 'w,
{
    let walked = walk(graph, walker, 1, stop).now_or_never();
    debug_assert!(walked.is_some(), "a walk without jobs has nothing to wait for");
}

/// Walks a graph, with at most `limit` jobs under way. Cost: `O(nodes + edges + jobs)`.
pub(crate) async fn walk<'w, W: Walker<'w>>(graph: &Graph, walker: &mut W, limit: usize, stop: &Stop)
where
    W::Outcome: 'w,
{
    let mut frontier = Frontier::new(graph);
    let mut jobs = Jobs {
        waiting: VecDeque::new(),
        blocked: HashMap::new(),
        busy: HashSet::new(),
        under_way: FuturesUnordered::new(),
        limit: limit.max(1),
    };
    loop {
        while let Some(node) = frontier.next() {
            let stopped = (stop.urgency() > Urgency::Running).then_some(Skipped::Stopped);
            if let Some(why) = frontier.skipped[node].or(stopped) {
                walker.skip(node, why);
                frontier.leave(graph, node, Some(why));
                continue;
            }
            let started = walker.start(node);
            frontier.jobs[node] = started.len();
            jobs.push(node, started);
            frontier.end_if_idle(graph, walker, node);
        }
        jobs.fill();
        let Some((node, lanes, outcome)) = jobs.under_way.next().await else { return };
        jobs.free(lanes);
        let further = walker.finish(node, outcome);
        frontier.jobs[node] = frontier.jobs[node] + further.len() - 1;
        jobs.push(node, further);
        frontier.end_if_idle(graph, walker, node);
    }
}

/// How far the walk is.
struct Frontier {
    open: Vec<usize>,
    /// The lowest number first, so that every run takes the same order.
    ready: BinaryHeap<Reverse<NodeId>>,
    skipped: Vec<Option<Skipped>>,
    jobs: Vec<usize>,
}

impl Frontier {
    fn new(graph: &Graph) -> Frontier {
        let open = graph.open_predecessors();
        let ready = (0..graph.len()).filter(|node| open[*node] == 0).map(Reverse).collect();
        Frontier { open, ready, skipped: vec![None; graph.len()], jobs: vec![0; graph.len()] }
    }

    fn next(&mut self) -> Option<NodeId> {
        self.ready.pop().map(|Reverse(node)| node)
    }

    fn end_if_idle<'w, W: Walker<'w>>(&mut self, graph: &Graph, walker: &mut W, node: NodeId) {
        if self.jobs[node] == 0 {
            let ending = walker.end(node);
            self.ended(graph, node, ending);
        }
    }

    fn ended(&mut self, graph: &Graph, node: NodeId, ending: Ending) {
        self.leave(graph, node, (ending == Ending::Failed).then_some(Skipped::Failed(node)));
    }

    /// Takes a node out, and tells what follows why it is not reached.
    fn leave(&mut self, graph: &Graph, node: NodeId, why: Option<Skipped>) {
        for follower in graph.followers(node) {
            self.skipped[*follower] = self.skipped[*follower].or(why);
            self.open[*follower] -= 1;
            if self.open[*follower] == 0 {
                self.ready.push(Reverse(*follower));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    /// Writes down what happens; every node has as many jobs as its number says.
    struct Scribe {
        log: Vec<String>,
        fails: Option<NodeId>,
    }

    impl<'w> Walker<'w> for Scribe {
        type Outcome = usize;

        fn start(&mut self, node: NodeId) -> Vec<Job<'w, usize>> {
            (0..node).map(|n| Job { lanes: vec!["one".into()], future: async move { n }.boxed() }).collect()
        }

        fn finish(&mut self, node: NodeId, outcome: usize) -> Vec<Job<'w, usize>> {
            self.log.push(format!("{node}.{outcome}"));
            Vec::new()
        }

        fn end(&mut self, node: NodeId) -> Ending {
            self.log.push(format!("end {node}"));
            if self.fails == Some(node) { Ending::Failed } else { Ending::Done }
        }

        fn skip(&mut self, node: NodeId, why: Skipped) {
            self.log.push(format!("skip {node}: {why:?}"));
        }
    }

    fn run(graph: &Graph, fails: Option<NodeId>, limit: usize) -> Vec<String> {
        let mut scribe = Scribe { log: Vec::new(), fails };
        walk(graph, &mut scribe, limit, &Stop::never()).now_or_never().expect("nothing waits");
        scribe.log
    }

    #[test]
    fn what_follows_starts_when_all_before_it_have_ended() {
        let graph = Graph::new(3, &[(1, 0), (2, 0)]);
        assert_eq!(run(&graph, None, 2), ["1.0", "end 1", "2.0", "2.1", "end 2", "end 0"]);
    }

    #[test]
    fn behind_a_failure_nothing_starts() {
        let graph = Graph::new(4, &[(0, 1), (1, 2)]);
        assert_eq!(
            run(&graph, Some(0), 10),
            ["end 0", "skip 1: Failed(0)", "skip 2: Failed(0)", "3.0", "3.1", "3.2", "end 3"]
        );
    }

    #[test]
    fn a_long_chain_is_walked() {
        let edges: Vec<_> = (0..100_000).map(|n| (n + 1, n)).collect();
        let graph = Graph::new(100_001, &edges);
        let mut scribe = Scribe { log: Vec::new(), fails: Some(100_000) };
        walk(&graph, &mut scribe, 1, &Stop::never()).now_or_never();
        assert_eq!(scribe.log.last().map(String::as_str), Some("skip 0: Failed(100000)"));
    }
}
