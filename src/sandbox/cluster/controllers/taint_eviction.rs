//! Eviction by taints: pods leave a node whose `NoExecute` taint they do not tolerate, at once or after a while.
//!
//! Rule: <https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/>

use jiff::Timestamp;
use serde_json::{Value, json};

use super::events::Event;
use super::fields::{after, at, int, is_going, list, name, namespace, text, time, uid};
use super::memory::Memory;
use super::selectors::tolerates;
use super::view::{Object, View};
use super::{Agent, Part, Round, pods};

const PODS: (&str, &str) = ("", "pods");
const SOURCE: &str = "taint-eviction-controller";

/// How long a pod stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stay {
    Forever,
    Until(Timestamp),
}

/// Drives pods off.
pub(super) fn reconcile(view: &View<'_>, memory: &mut Memory, round: &mut Round) {
    for node in &view.nodes {
        let taints: Vec<&Value> =
            list(node, "spec.taints").iter().filter(|taint| text(taint, "effect") == "NoExecute").collect();
        for pod in view.pods_on(name(node)).iter().filter(|pod| !is_going(pod) && !pods::is_ended(pod)) {
            let key = format!("evict/{}", uid(pod));
            match stay(memory.marks.get(&key).copied().unwrap_or(view.now), &taints, pod) {
                Stay::Forever => {
                    if memory.marks.remove(&key).is_some() {
                        announce(round, pod, "Cancelling deletion of Pod");
                    }
                }
                Stay::Until(due) if due > view.now => {
                    memory.marks.entry(key).or_insert(view.now);
                    round.wake(due);
                }
                Stay::Until(_) => {
                    memory.marks.remove(&key);
                    evict(view, round, pod);
                }
            }
        }
    }
}

/// The shortest patience with all taints, counted from when they were first seen.
fn stay(since: Timestamp, taints: &[&Value], pod: &Value) -> Stay {
    let mut stay = Stay::Forever;
    for taint in taints {
        let fitting: Vec<&Value> =
            list(pod, "spec.tolerations").iter().filter(|one| tolerates(one, taint)).collect();
        if fitting.is_empty() {
            return Stay::Until(Timestamp::MIN);
        }
        let since = time(taint, "timeAdded").unwrap_or(since);
        let patience = fitting.iter().filter_map(|one| int(one, "tolerationSeconds")).min();
        if let Some(seconds) =
            patience.filter(|_| fitting.iter().all(|one| at(one, "tolerationSeconds").is_some()))
        {
            let due = after(since, seconds.max(0));
            stay = match stay {
                Stay::Until(before) => Stay::Until(before.min(due)),
                Stay::Forever => Stay::Until(due),
            };
        }
    }
    stay
}

fn announce(round: &mut Round, pod: &Object, words: &str) {
    let words = format!("{words} {}/{}", namespace(pod), name(pod));
    round.announce(Event::normal(SOURCE, pod, "TaintManagerEviction", words));
}

fn evict(view: &View<'_>, round: &mut Round, pod: &Object) {
    announce(round, pod, "Marking for deletion Pod");
    let mut new = Value::clone(pod);
    let condition = json!({
        "type": "DisruptionTarget", "status": "True", "reason": "DeletionByTaintManager",
        "message": "Taint manager: deleting due to NoExecute taint",
    });
    pods::set_condition(&mut new, condition, view.now);
    round.replace(Agent::Controllers, PODS, new, Part::Status);
    round.delete(Agent::Controllers, PODS, pod);
}
