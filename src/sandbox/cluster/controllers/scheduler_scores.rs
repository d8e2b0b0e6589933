//! Which of the places that take a pod is best: a weighted sum of what the real plug-ins score, each from 0 to 100.
//!
//! Invariant: equal scores are decided by the node's name, so that a run can be repeated.

use serde_json::Value;

use super::fields::{count, label, list, text};
use super::quantities::Milli;
use super::scheduling::{Incoming, Place, load};
use super::selectors::{node_term, tolerated};
use super::topology::{crowd, liking};
use super::view::View;

const FULL: i64 = 100;
/// The weights of taints, node affinity, spreading and pod affinity; resources have one each.
const TAINTS: i64 = 3;
const AFFINITY: i64 = 2;
const SPREAD: i64 = 2;
const NEIGHBOURS: i64 = 2;
/// Images below this size are not worth a thought; above the other (for each container) they are all equal.
const IMAGE_LEAST: i64 = 23 << 20;
const IMAGE_MOST: i64 = 1000 << 20;

/// The best of the open places.
pub(super) fn best(
    view: &View<'_>,
    incoming: &Incoming<'_>,
    places: &[Place],
    open: &[usize],
) -> Option<usize> {
    if open.len() < 2 {
        return open.first().copied();
    }
    let pod = incoming.pod;
    let raw =
        |score: &dyn Fn(&Place) -> i64| -> Vec<i64> { open.iter().map(|at| score(&places[*at])).collect() };
    let liked = liking(view, pod, places);
    let likes = |place: &Place| {
        let here = liked.iter().filter(|((key, value), _)| label(&place.node, key) == Some(value));
        here.map(|(_, score)| *score).sum::<i64>()
    };
    let parts = [
        (TAINTS, fewest(&raw(&|place| wished_away(pod, &place.node)))),
        (AFFINITY, most(&raw(&|place| preferred(pod, &place.node)))),
        (SPREAD, fewest(&raw(&|place| crowd(pod, place, places)))),
        (NEIGHBOURS, between(&raw(&likes))),
        (1, raw(&|place| room(pod, place))),
        (1, raw(&|place| balance(pod, place))),
        (1, raw(&|place| images(view, pod, &place.node))),
    ];
    let total = |at: usize| parts.iter().map(|(weight, scores)| weight * scores[at]).sum::<i64>();
    (0..open.len()).max_by_key(|at| (total(*at), std::cmp::Reverse(*at))).map(|at| open[at])
}

/// Scales so that the most gets 100.
fn most(raw: &[i64]) -> Vec<i64> {
    let highest = raw.iter().copied().max().unwrap_or(0);
    raw.iter().map(|score| if highest == 0 { 0 } else { score * FULL / highest }).collect()
}

/// Scales so that none gets 100.
fn fewest(raw: &[i64]) -> Vec<i64> {
    most(raw).into_iter().map(|score| FULL - score).collect()
}

/// Scales from the least to the most.
fn between(raw: &[i64]) -> Vec<i64> {
    let (low, high) = (raw.iter().min().copied().unwrap_or(0), raw.iter().max().copied().unwrap_or(0));
    raw.iter().map(|score| if high == low { 0 } else { (score - low) * FULL / (high - low) }).collect()
}

/// The taints that would rather not have the pod.
fn wished_away(pod: &Value, node: &Value) -> i64 {
    let taints = list(node, "spec.taints").iter();
    let soft = taints.filter(|taint| text(taint, "effect") == "PreferNoSchedule" && !tolerated(pod, taint));
    super::replica_sets::size(soft.count())
}

fn preferred(pod: &Value, node: &Value) -> i64 {
    list(pod, "spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution")
        .iter()
        .filter(|one| node_term(&one["preference"], node))
        .map(|one| count(one, "weight"))
        .sum()
}

/// What would be used of cpu and memory, in thousandths.
fn shares(pod: &Value, place: &Place) -> [i64; 2] {
    let (cpu, memory) = load(pod);
    let share = |name: &str, used: Milli, wanted: Milli| {
        let all = place.allocatable.get(name).copied().unwrap_or(0).max(1);
        i64::try_from((used + wanted).min(all) * 1000 / all).unwrap_or(1000)
    };
    [share("cpu", place.load.0, cpu), share("memory", place.load.1, memory)]
}

/// More for what is less used.
fn room(pod: &Value, place: &Place) -> i64 {
    let [cpu, memory] = shares(pod, place);
    (1000 - cpu + 1000 - memory) * FULL / 2000
}

/// The size of an image on a node.
fn image_size(node: &Value, image: &str) -> Option<i64> {
    let tagged = match image.rsplit_once('/').map_or(image, |(_, last)| last).contains(':') {
        true => image.to_owned(),
        false => format!("{image}:latest"),
    };
    let found = list(node, "status.images")
        .iter()
        .find(|one| list(one, "names").iter().any(|name| *name == tagged || *name == image))?;
    Some(count(found, "sizeBytes"))
}

/// More for images that are there already; an image that few nodes have counts for less, lest they all fill up.
fn images(view: &View<'_>, pod: &Value, node: &Value) -> i64 {
    let containers = list(pod, "spec.containers").iter().chain(list(pod, "spec.initContainers"));
    let (mut sum, mut all) = (0, 0);
    for container in containers {
        all += 1;
        let image = text(container, "image");
        let Some(size) = image_size(node, image) else { continue };
        let with = view.nodes.iter().filter(|node| image_size(node, image).is_some()).count();
        sum += size * super::replica_sets::size(with) / super::replica_sets::size(view.nodes.len()).max(1);
    }
    let most = IMAGE_MOST * all.max(1);
    (sum.clamp(IMAGE_LEAST, most) - IMAGE_LEAST) * FULL / (most - IMAGE_LEAST)
}

/// More for what is used evenly.
fn balance(pod: &Value, place: &Place) -> i64 {
    let [cpu, memory] = shares(pod, place);
    FULL - (cpu - memory).abs() * FULL / 2000
}
