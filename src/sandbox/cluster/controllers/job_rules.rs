//! What a Job's rules say: sets of indexes, failure and success policies, the back-off after failures.
//!
//! Rule: <https://kubernetes.io/docs/concepts/workloads/controllers/job/>

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::Value;

use super::fields::{self, after, annotation, at, condition, count, int, label, list, namespace, text, time};
use super::pods::is_ended;

/// The annotation and label with a pod's index.
pub(super) const INDEX: &str = "batch.kubernetes.io/job-completion-index";
/// The annotation with the failures of an index before this pod.
pub(super) const INDEX_FAILURES: &str = "batch.kubernetes.io/job-index-failure-count";
const BACKOFF_SECONDS: i64 = 10;
const BACKOFF_MAX_SECONDS: i64 = 600;

/// A set of completion indexes.
pub(super) type Indexes = BTreeSet<i64>;

/// Reads `0,2-4`.
pub(super) fn parse_indexes(text: &str) -> Indexes {
    let mut found = Indexes::new();
    for part in text.split(',').filter(|part| !part.is_empty()) {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        if let (Ok(first), Ok(last)) = (first.parse::<i64>(), last.parse::<i64>()) {
            found.extend(first..=last);
        }
    }
    found
}

/// Writes indexes; runs of three and more become ranges.
pub(super) fn written(indexes: &Indexes) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut run: Option<(i64, i64)> = None;
    for &index in indexes {
        run = match run {
            Some((first, last)) if last + 1 == index => Some((first, index)),
            done => {
                parts.extend(done.map(written_run));
                Some((index, index))
            }
        };
    }
    parts.extend(run.map(written_run));
    parts.join(",")
}

fn written_run((first, last): (i64, i64)) -> String {
    match last - first {
        0 => first.to_string(),
        1 => format!("{first},{last}"),
        _ => format!("{first}-{last}"),
    }
}

/// Whether pods are numbered.
pub(super) fn is_indexed(job: &Value) -> bool {
    text(job, "spec.completionMode") == "Indexed"
}

/// The index of a pod.
pub(super) fn index_of(pod: &Value) -> Option<i64> {
    label(pod, INDEX).or_else(|| annotation(pod, INDEX))?.parse().ok()
}

/// How often the index of a pod had failed before.
pub(super) fn failures_before(pod: &Value) -> i64 {
    annotation(pod, INDEX_FAILURES).and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// What a failure policy makes of a failed pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It counts.
    Count,
    /// It does not count.
    Ignore,
    /// Its index fails.
    FailIndex,
    /// The job fails, for this reason.
    FailJob(String),
}

/// Judges a failed pod by the job's failure policy.
pub(super) fn judge(job: &Value, pod: &Value) -> Verdict {
    for (place, rule) in list(job, "spec.podFailurePolicy.rules").iter().enumerate() {
        let Some(what) = matches_exit(rule, pod).or_else(|| matches_condition(rule, pod)) else { continue };
        return match text(rule, "action") {
            "Ignore" => Verdict::Ignore,
            "FailIndex" => Verdict::FailIndex,
            "FailJob" => Verdict::FailJob(format!("{what} matching FailJob rule at index {place}")),
            _ => Verdict::Count,
        };
    }
    Verdict::Count
}

fn matches_exit(rule: &Value, pod: &Value) -> Option<String> {
    let wanted = at(rule, "onExitCodes")?;
    let statuses =
        list(pod, "status.initContainerStatuses").iter().chain(list(pod, "status.containerStatuses"));
    for status in statuses {
        let code = int(status, "state.terminated.exitCode").filter(|code| *code != 0)?;
        let named = text(wanted, "containerName");
        let among = list(wanted, "values").iter().any(|value| value.as_i64() == Some(code));
        let fits = if text(wanted, "operator") == "NotIn" { !among } else { among };
        if fits && (named.is_empty() || named == text(status, "name")) {
            let container = text(status, "name");
            return Some(format!(
                "Container {container} for pod {}/{} failed with exit code {code}",
                namespace(pod),
                fields::name(pod)
            ));
        }
    }
    None
}

fn matches_condition(rule: &Value, pod: &Value) -> Option<String> {
    let found = list(rule, "onPodConditions").iter().find(|wanted| {
        let status = match text(wanted, "status") {
            "" => "True",
            status => status,
        };
        condition(pod, text(wanted, "type")).is_some_and(|one| text(one, "status") == status)
    })?;
    let kind = text(found, "type");
    Some(format!("Pod {}/{} has condition {kind}", namespace(pod), fields::name(pod)))
}

/// The first rule of the success policy that is met.
pub(super) fn succeeded_by_policy(job: &Value, succeeded: &Indexes) -> Option<usize> {
    list(job, "spec.successPolicy.rules").iter().position(|rule| {
        let wanted = at(rule, "succeededIndexes").and_then(Value::as_str).map(parse_indexes);
        let met = match &wanted {
            Some(wanted) => succeeded.intersection(wanted).count(),
            None => succeeded.len(),
        };
        match (int(rule, "succeededCount"), &wanted) {
            (Some(least), _) => super::replica_sets::size(met) >= least,
            (None, Some(wanted)) => met == wanted.len(),
            (None, None) => false,
        }
    })
}

/// When a pod ended, as far as its status tells.
pub(super) fn ended_at(pod: &Value) -> Option<Timestamp> {
    let containers = list(pod, "status.containerStatuses");
    let finished = containers.iter().filter_map(|one| time(one, "state.terminated.finishedAt")).max();
    finished
        .or_else(|| condition(pod, "Ready").and_then(|one| time(one, "lastTransitionTime")))
        .or_else(|| time(pod, "metadata.deletionTimestamp"))
        .or_else(|| time(pod, "metadata.creationTimestamp"))
}

/// Until when no new pod is made, after the failures since the last success.
pub(super) fn backoff_until<'a>(pods: impl Iterator<Item = &'a Value>, now: Timestamp) -> Option<Timestamp> {
    let mut ends: Vec<(Timestamp, bool)> = pods
        .filter(|pod| is_ended(pod) || fields::is_going(pod))
        .map(|pod| {
            let going = (!is_ended(pod)).then_some(now);
            (going.or_else(|| ended_at(pod)).unwrap_or(now), text(pod, "status.phase") == "Succeeded")
        })
        .collect();
    ends.sort();
    let failures = ends.iter().rev().take_while(|(_, succeeded)| !succeeded).count();
    let (last, _) = ends.last()?;
    if failures == 0 {
        return None;
    }
    let doublings = u32::try_from(failures - 1).unwrap_or(u32::MAX).min(10);
    Some(after(*last, (BACKOFF_SECONDS << doublings).min(BACKOFF_MAX_SECONDS)))
}

/// Whether containers that are restarted in place have failed too often.
pub(super) fn restarted_too_often<'a>(job: &Value, pods: impl Iterator<Item = &'a Value>) -> bool {
    if text(job, "spec.template.spec.restartPolicy") != "OnFailure" {
        return false;
    }
    let restarts: i64 = pods
        .filter(|pod| matches!(text(pod, "status.phase"), "Running" | "Pending"))
        .map(|pod| {
            super::pods::restarts(pod)
                + list(pod, "status.initContainerStatuses")
                    .iter()
                    .map(|one| count(one, "restartCount"))
                    .sum::<i64>()
        })
        .sum();
    let limit = int(job, "spec.backoffLimit").unwrap_or(6);
    if limit == 0 { restarts > 0 } else { restarts >= limit }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn indexes_are_written_as_the_api_does() {
        for text in ["", "0", "0,1", "0-2", "0,2-4,6,7"] {
            assert_eq!(written(&parse_indexes(text)), text);
        }
    }

    #[test]
    fn a_success_policy_counts_within_its_indexes() {
        let job =
            json!({"spec": {"successPolicy": {"rules": [{"succeededIndexes": "0,2", "succeededCount": 1}]}}});
        assert_eq!(succeeded_by_policy(&job, &parse_indexes("1")), None);
        assert_eq!(succeeded_by_policy(&job, &parse_indexes("2")), Some(0));
    }
}
