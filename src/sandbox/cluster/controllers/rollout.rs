//! The arithmetic of a rolling update: how many pods a new set may get, how many old ones may lose.
//!
//! Invariant: never more than `replicas + maxSurge` pods, never fewer than `replicas - maxUnavailable` available ones by our doing.
//! Rule: <https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#rolling-update-deployment>

use serde_json::Value;

use super::fields::{self, Rounding, annotation, at, count, int, scaled, text};
use super::view::Object;

/// The annotation with the size of the deployment that a set was scaled for.
pub(super) const DESIRED: &str = "deployment.kubernetes.io/desired-replicas";
/// The annotation with the greatest size that was allowed then.
pub(super) const MAXIMUM: &str = "deployment.kubernetes.io/max-replicas";

/// How far a deployment may leave its size during an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slack {
    /// The wanted size.
    pub(super) replicas: i64,
    /// How many more there may be.
    pub(super) surge: i64,
    /// How many may be unavailable.
    pub(super) unavailable: i64,
}

impl Slack {
    /// Reads the strategy. Percentages round up for surge, down for unavailability; both zero means one may be unavailable.
    pub(super) fn of(deployment: &Value) -> Self {
        let replicas = wanted(deployment);
        if !is_rolling(deployment) {
            return Self { replicas, surge: 0, unavailable: 0 };
        }
        let field = |key: &str| at(deployment, &format!("spec.strategy.rollingUpdate.{key}"));
        let quarter = Value::from("25%");
        let surge = scaled(field("maxSurge").or(Some(&quarter)), replicas, Rounding::Up).unwrap_or(0);
        let unavailable =
            scaled(field("maxUnavailable").or(Some(&quarter)), replicas, Rounding::Down).unwrap_or(0);
        let unavailable = if surge == 0 && unavailable == 0 { 1 } else { unavailable };
        Self { replicas, surge, unavailable: unavailable.min(replicas) }
    }

    /// The most pods there may be.
    pub(super) fn most(self) -> i64 {
        self.replicas + self.surge
    }

    /// The fewest pods that have to be available.
    pub(super) fn fewest(self) -> i64 {
        self.replicas - self.unavailable
    }
}

/// Whether the strategy is a rolling update.
pub(super) fn is_rolling(deployment: &Value) -> bool {
    text(deployment, "spec.strategy.type") != "Recreate"
}

/// The size that an object asks for.
pub(super) fn wanted(object: &Value) -> i64 {
    int(object, "spec.replicas").unwrap_or(1)
}

/// The sum of the sizes of sets.
pub(super) fn total(sets: &[Object]) -> i64 {
    sets.iter().map(|set| wanted(set)).sum()
}

/// The sum of a number in the status of sets.
pub(super) fn total_status(sets: &[Object], key: &str) -> i64 {
    sets.iter().map(|set| count(set, &format!("status.{key}"))).sum()
}

/// How a new set comes to its size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    /// As old sets shrink.
    Rolling,
    /// In one step.
    AtOnce,
}

/// The size that the new set may have now.
pub(super) fn new_size(slack: Slack, pace: Pace, all: &[Object], new: i64) -> i64 {
    if pace == Pace::AtOnce || new > slack.replicas {
        return slack.replicas;
    }
    let room = slack.most() - total(all);
    new + room.max(0).min(slack.replicas - new)
}

/// The sizes that old sets are reduced to in this step, oldest first: broken pods first, then what availability allows.
pub(super) fn old_sizes(
    slack: Slack,
    all: &[Object],
    old: &[Object],
    new: Option<&Value>,
) -> Vec<(Object, i64)> {
    let unavailable_new = new.map_or(0, |new| wanted(new) - count(new, "status.availableReplicas"));
    let may_go = total(all) - slack.fewest() - unavailable_new;
    if total(old) == 0 || may_go <= 0 {
        return Vec::new();
    }
    let mut sizes: Vec<(Object, i64)> = old.iter().map(|set| (Object::clone(set), wanted(set))).collect();
    sizes.sort_by_key(|(set, _)| age_key(set));
    let mut unhealthy_left = may_go;
    for (set, size) in &mut sizes {
        let broken = (*size - count(set, "status.availableReplicas")).max(0).min(unhealthy_left);
        *size -= broken;
        unhealthy_left -= broken;
    }
    let mut healthy_left = (total_status(all, "availableReplicas") - slack.fewest()).max(0);
    for (_, size) in &mut sizes {
        let gone = (*size).min(healthy_left);
        *size -= gone;
        healthy_left -= gone;
    }
    sizes.retain(|(set, size)| wanted(set) != *size);
    sizes
}

/// Sorts by age, then by name.
pub(super) fn age_key(set: &Value) -> (String, i64, String) {
    let revision = revision(set);
    (text(set, "metadata.creationTimestamp").to_owned(), revision, fields::name(set).to_owned())
}

/// The revision of a set.
pub(super) fn revision(set: &Value) -> i64 {
    annotation(set, "deployment.kubernetes.io/revision").and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// The sizes of sets after the deployment's size changed in the middle of an update: each gets its share.
pub(super) fn shares(slack: Slack, active: &[Object], status_replicas: i64) -> Vec<(Object, i64)> {
    let allowed = if slack.replicas > 0 { slack.most() } else { 0 };
    let to_add = allowed - total(active);
    let mut sets = active.to_vec();
    sets.sort_by_cached_key(|set| {
        let (age, revision, name) = age_key(set);
        (-wanted(set), if to_add > 0 { -revision } else { revision }, age, name)
    });
    let mut added = 0;
    let mut sizes: Vec<(Object, i64)> = Vec::new();
    for set in sets {
        let share = if to_add == 0 { 0 } else { share(slack, &set, to_add - added, to_add, status_replicas) };
        added += share;
        let size = wanted(&set) + share;
        sizes.push((set, size));
    }
    if let Some((_, first)) = sizes.first_mut() {
        *first = (*first + to_add - added).max(0);
    }
    sizes
}

fn share(slack: Slack, set: &Value, left: i64, to_add: i64, status_replicas: i64) -> i64 {
    let fraction = if slack.replicas == 0 {
        -wanted(set)
    } else {
        let before = annotation(set, MAXIMUM).and_then(|text| text.parse().ok()).unwrap_or(status_replicas);
        divided(wanted(set) * slack.most(), before.max(1)) - wanted(set)
    };
    if wanted(set) == 0 {
        0
    } else if to_add > 0 {
        fraction.min(left)
    } else {
        fraction.max(left)
    }
}

/// Division to the nearest whole number, halves up.
fn divided(number: i64, by: i64) -> i64 {
    (2 * number + by).div_euclid(2 * by)
}
