//! Jobs: run pods until enough have succeeded, or too many have failed.
//!
//! Invariant: a pod is counted once: its uid goes to `uncountedTerminatedPods`, then its finalizer goes, then the count grows.
//! Invariant: a terminal condition appears only after the last pod has ended.
//! Rule: <https://kubernetes.io/docs/concepts/workloads/controllers/job/>

use std::collections::{BTreeSet, HashSet};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::claims::claim;
use super::events::Event;
use super::fields::{
    self, after, at, controller, count, has_finalizer, int, is_going, is_set, list, map, namespace, set,
    set_count, stamp, text, time, uid,
};
use super::job_rules::{self, INDEX, INDEX_FAILURES, Indexes, Verdict, index_of, is_indexed, written};
use super::memory::Memory;
use super::pods::{self, is_active, is_ended, is_ready, is_terminating};
use super::replica_sets::{creation, giving_up, size};
use super::selectors;
use super::view::{Object, View};
use super::{Agent, Part, Propagation, Round};

const JOBS: (&str, &str) = ("batch", "jobs");
const PODS: (&str, &str) = ("", "pods");
const SOURCE: &str = "job-controller";
const TRACKING: &str = "batch.kubernetes.io/job-tracking";

/// One job in the middle of being judged.
struct Scene<'a> {
    view: &'a View<'a>,
    job: &'a Value,
    pods: Vec<Object>,
    status: Value,
    succeeded: Indexes,
    failed: Indexes,
}

/// How a job ends.
struct End {
    kind: &'static str,
    reason: String,
    message: String,
}

/// Moves all jobs one step.
pub(super) fn reconcile(view: &View<'_>, memory: &mut Memory, round: &mut Round) {
    let jobs = view.all(JOBS.0, JOBS.1);
    free_orphans(view, &jobs, round);
    for job in &jobs {
        if is_going(job) {
            let own = view.pods_of(job).iter().filter(|pod| has_finalizer(pod, TRACKING));
            own.for_each(|pod| free(pod, round));
            continue;
        }
        if text(job, "spec.managedBy").is_empty()
            || text(job, "spec.managedBy") == "kubernetes.io/job-controller"
        {
            one(view, memory, round, job);
        }
    }
}

/// Pods whose job has gone are held back by nothing.
fn free_orphans(view: &View<'_>, jobs: &[Object], round: &mut Round) {
    let alive: HashSet<&str> = jobs.iter().map(|job| uid(job)).collect();
    for pod in view.pods.iter().filter(|pod| has_finalizer(pod, TRACKING)) {
        if controller(pod).is_none_or(|owner| !alive.contains(text(owner, "uid"))) {
            free(pod, round);
        }
    }
}

fn free(pod: &Value, round: &mut Round) {
    let mut object = pod.clone();
    fields::drop_finalizer(&mut object, TRACKING);
    round.replace(Agent::Controllers, PODS, object, Part::Main);
}

fn finished(job: &Value) -> Option<&Value> {
    list(job, "status.conditions")
        .iter()
        .find(|one| matches!(text(one, "type"), "Complete" | "Failed") && text(one, "status") == "True")
}

fn one(view: &View<'_>, memory: &mut Memory, round: &mut Round, job: &Value) {
    if let Some(end) = finished(job) {
        let own = view.pods_of(job).iter().filter(|pod| has_finalizer(pod, TRACKING));
        own.for_each(|pod| free(pod, round));
        return expire(view, round, job, end);
    }
    let fits = |pod: &Value| selectors::matches(at(job, "spec.selector"), map(pod, "metadata.labels"));
    let pods = claim(view, job, &fits, round);
    let mut status = at(job, "status").cloned().unwrap_or_else(|| json!({}));
    start(view, round, job, &mut status);
    let mut scene = Scene { view, job, pods, status, succeeded: Indexes::new(), failed: Indexes::new() };
    scene.count_indexes();
    let end = scene.end_so_far().or_else(|| scene.judge(round));
    scene.track(end.as_ref(), round);
    match &end {
        Some(_) => scene.stop(round),
        None if is_set(job, "spec.suspend") => scene.stop_quietly(round),
        None => scene.manage(memory, round),
    }
    scene.conclude(end, round);
    scene.write(round);
}

/// Deletes a finished job after its time to live.
fn expire(view: &View<'_>, round: &mut Round, job: &Value, end: &Value) {
    let Some(ttl) = int(job, "spec.ttlSecondsAfterFinished") else { return };
    let due = after(time(end, "lastTransitionTime").unwrap_or(view.now), ttl);
    if due > view.now {
        return round.wake(due);
    }
    let change = super::deletion(JOBS, job, None, Some(Propagation::Foreground));
    round.write(Agent::Controllers, change);
}

/// The start time, and the condition `Suspended`.
fn start(view: &View<'_>, round: &mut Round, job: &Value, status: &mut Value) {
    let suspended = list(status, "conditions").iter().find(|one| text(one, "type") == "Suspended").cloned();
    let was = suspended.as_ref().is_some_and(|one| text(one, "status") == "True");
    match (is_set(job, "spec.suspend"), was) {
        (true, false) => {
            put(status, condition("Suspended", "True", "JobSuspended", "Job suspended", view.now));
            fields::remove(status, "startTime");
            round.announce(Event::normal(SOURCE, job, "Suspended", "Job suspended"));
        }
        (false, true) => {
            put(status, condition("Suspended", "False", "JobResumed", "Job resumed", view.now));
            set(status, "startTime", stamp(view.now));
            round.announce(Event::normal(SOURCE, job, "Resumed", "Job resumed"));
        }
        (false, false) if at(status, "startTime").is_none() => set(status, "startTime", stamp(view.now)),
        (true | false, true | false) => {}
    }
}

fn condition(kind: &str, status: &str, reason: &str, message: &str, now: Timestamp) -> Value {
    json!({
        "type": kind, "status": status, "reason": reason, "message": message,
        "lastProbeTime": stamp(now), "lastTransitionTime": stamp(now),
    })
}

fn put(status: &mut Value, new: Value) {
    let mut conditions = list(status, "conditions").to_vec();
    match conditions.iter_mut().find(|one| text(one, "type") == text(&new, "type")) {
        Some(place) => *place = new,
        None => conditions.push(new),
    }
    set(status, "conditions", Value::from(conditions));
}

impl Scene<'_> {
    fn completions(&self) -> Option<i64> {
        int(self.job, "spec.completions")
    }

    fn replaces_only_failed(&self) -> bool {
        text(self.job, "spec.podReplacementPolicy") == "Failed"
    }

    fn uncounted(&self, kind: &str) -> Vec<String> {
        let path = format!("uncountedTerminatedPods.{kind}");
        list(&self.status, &path).iter().filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// Whether a pod has failed, in the eyes of the job.
    fn has_failed(&self, pod: &Value) -> bool {
        text(pod, "status.phase") == "Failed" || (is_terminating(pod) && !self.replaces_only_failed())
    }

    fn active(&self) -> impl Iterator<Item = &Object> {
        self.pods.iter().filter(|pod| is_active(pod))
    }

    fn count_indexes(&mut self) {
        if !is_indexed(self.job) {
            return;
        }
        self.succeeded = job_rules::parse_indexes(text(&self.status, "completedIndexes"));
        self.failed = job_rules::parse_indexes(text(&self.status, "failedIndexes"));
        let limit = int(self.job, "spec.backoffLimitPerIndex");
        let end = self.completions().unwrap_or(0);
        // What goes because the job has failed already is no failed index.
        let is_settled = list(&self.status, "conditions")
            .iter()
            .any(|one| text(one, "type") == "FailureTarget" && text(one, "status") == "True");
        for pod in &self.pods {
            let Some(index) = index_of(pod).filter(|index| *index < end) else { continue };
            if text(pod, "status.phase") == "Succeeded" {
                self.succeeded.insert(index);
            } else if let Some(limit) = limit
                && !is_settled
                && self.has_failed(pod)
                && fails_index(self.job, pod, limit)
            {
                self.failed.insert(index);
            }
        }
        self.failed.retain(|index| !self.succeeded.contains(index));
    }

    /// Successes, counted or still to be counted.
    fn successes(&self) -> i64 {
        if is_indexed(self.job) {
            return size(self.succeeded.len());
        }
        let known: BTreeSet<String> = self.uncounted("succeeded").into_iter().collect();
        let fresh = self.pods.iter().filter(|pod| {
            text(pod, "status.phase") == "Succeeded"
                && has_finalizer(pod, TRACKING)
                && !known.contains(uid(pod))
        });
        count(&self.status, "succeeded") + size(known.len()) + size(fresh.count())
    }

    /// Failures that count, counted or still to be counted.
    fn failures(&self) -> i64 {
        let known: BTreeSet<String> = self.uncounted("failed").into_iter().collect();
        let fresh = self.pods.iter().filter(|pod| {
            self.has_failed(pod)
                && has_finalizer(pod, TRACKING)
                && !known.contains(uid(pod))
                && job_rules::judge(self.job, pod) != Verdict::Ignore
        });
        count(&self.status, "failed") + size(known.len()) + size(fresh.count())
    }

    /// The end that was decided earlier and waits for pods.
    fn end_so_far(&self) -> Option<End> {
        let found = list(&self.status, "conditions").iter().find(|one| {
            matches!(text(one, "type"), "FailureTarget" | "SuccessCriteriaMet")
                && text(one, "status") == "True"
        })?;
        let kind = if text(found, "type") == "FailureTarget" { "Failed" } else { "Complete" };
        Some(End { kind, reason: text(found, "reason").into(), message: text(found, "message").into() })
    }

    fn judge(&self, round: &mut Round) -> Option<End> {
        let failed = |reason: &str, message: &str| {
            Some(End { kind: "Failed", reason: reason.into(), message: message.into() })
        };
        let known = self.uncounted("failed");
        for pod in self.pods.iter().filter(|pod| text(pod, "status.phase") == "Failed") {
            if (has_finalizer(pod, TRACKING) || known.iter().any(|one| one == uid(pod)))
                && let Verdict::FailJob(message) = job_rules::judge(self.job, pod)
            {
                return failed("PodFailurePolicy", &message);
            }
        }
        let limit = int(self.job, "spec.backoffLimit").unwrap_or(6);
        let alive = self.pods.iter().map(|pod| &**pod);
        if self.failures() > limit || job_rules::restarted_too_often(self.job, alive) {
            return failed("BackoffLimitExceeded", "Job has reached the specified backoff limit");
        }
        if self.is_overdue(round) {
            return failed("DeadlineExceeded", "Job was active longer than specified deadline");
        }
        self.judge_indexes().or_else(|| self.judge_success())
    }

    fn is_overdue(&self, round: &mut Round) -> bool {
        let Some(deadline) = int(self.job, "spec.activeDeadlineSeconds") else { return false };
        let Some(started) = time(&self.status, "startTime") else { return false };
        let due = after(started, deadline);
        if due > self.view.now {
            round.wake(due);
        }
        due <= self.view.now
    }

    fn judge_indexes(&self) -> Option<End> {
        if !is_indexed(self.job) {
            return None;
        }
        let end = |kind, reason: &str, message: String| Some(End { kind, reason: reason.into(), message });
        if let Some(rule) = job_rules::succeeded_by_policy(self.job, &self.succeeded) {
            return end("Complete", "SuccessPolicy", format!("Matched rules at index {rule}"));
        }
        let failed = size(self.failed.len());
        if int(self.job, "spec.maxFailedIndexes").is_some_and(|most| failed > most) {
            let message = "Job has exceeded the specified maximal number of failed indexes";
            return end("Failed", "MaxFailedIndexesExceeded", message.into());
        }
        let all = self.completions().is_some_and(|all| failed + size(self.succeeded.len()) >= all);
        if failed > 0 && all {
            return end("Failed", "FailedIndexes", "Job has failed indexes".into());
        }
        None
    }

    fn judge_success(&self) -> Option<End> {
        if is_set(self.job, "spec.suspend") {
            return None;
        }
        let idle = self.active().next().is_none();
        let done = match self.completions() {
            Some(completions) => self.successes() >= completions && (idle || completions > 0),
            None => self.successes() > 0 && idle,
        };
        let message = "Reached expected number of succeeded pods".into();
        done.then(|| End { kind: "Complete", reason: "CompletionsReached".into(), message })
    }

    /// Moves pods that have ended from the finalizer to the counts, one stage a round.
    fn track(&mut self, end: Option<&End>, round: &mut Round) {
        let stored: BTreeSet<String> =
            [self.uncounted("succeeded"), self.uncounted("failed")].concat().into_iter().collect();
        let held: HashSet<String> = self
            .pods
            .iter()
            .filter(|pod| has_finalizer(pod, TRACKING))
            .map(|pod| uid(pod).to_owned())
            .collect();
        let mut lists = [Vec::new(), Vec::new()];
        for (place, kind) in ["succeeded", "failed"].into_iter().enumerate() {
            let (waiting, counted): (Vec<String>, Vec<String>) =
                self.uncounted(kind).into_iter().partition(|uid| held.contains(uid));
            let total = count(&self.status, kind) + size(counted.len());
            set_count(&mut self.status, kind, total);
            lists[place] = waiting;
        }
        for pod in self.pods.iter().filter(|pod| has_finalizer(pod, TRACKING)) {
            if stored.contains(uid(pod)) {
                free(pod, round);
                continue;
            }
            match self.counts_as(pod, end) {
                Tally::Success => lists[0].push(uid(pod).to_owned()),
                Tally::Failure => lists[1].push(uid(pod).to_owned()),
                Tally::Nothing => free(pod, round),
                Tally::Later => {}
            }
        }
        let mut uncounted = json!({});
        for (kind, list) in ["succeeded", "failed"].into_iter().zip(lists) {
            if !list.is_empty() {
                uncounted[kind] = Value::from(list);
            }
        }
        set(&mut self.status, "uncountedTerminatedPods", uncounted);
    }

    fn counts_as(&self, pod: &Value, end: Option<&End>) -> Tally {
        match text(pod, "status.phase") {
            "Succeeded" => {
                let end = self.completions().unwrap_or(i64::MAX);
                let in_range = !is_indexed(self.job) || index_of(pod).is_some_and(|index| index < end);
                if in_range { Tally::Success } else { Tally::Nothing }
            }
            _ if self.has_failed(pod) && job_rules::judge(self.job, pod) == Verdict::Ignore => Tally::Nothing,
            "Failed" => Tally::Failure,
            _ => match end {
                Some(end) if end.kind == "Failed" => Tally::Failure,
                Some(_) => Tally::Nothing,
                None if self.has_failed(pod) => Tally::Failure,
                None => Tally::Later,
            },
        }
    }

    /// Deletes what still runs, since the job is decided.
    fn stop(&self, round: &mut Round) {
        for pod in self.active() {
            round.writes.push(giving_up(SOURCE, self.job, pod));
        }
    }

    /// Deletes what runs without counting it.
    fn stop_quietly(&self, round: &mut Round) {
        for pod in self.active() {
            self.give_up(round, pod);
        }
    }

    fn give_up(&self, round: &mut Round, pod: &Value) {
        if has_finalizer(pod, TRACKING) {
            free(pod, round);
        }
        round.writes.push(giving_up(SOURCE, self.job, pod));
    }

    fn manage(&self, memory: &mut Memory, round: &mut Round) {
        if self.view.is_namespace_going(namespace(self.job)) {
            return;
        }
        let mut active: Vec<Object> = self.active().cloned().collect();
        let parallelism = int(self.job, "spec.parallelism").unwrap_or(1);
        let wanted = match self.completions() {
            Some(completions) => {
                (completions - self.successes() - size(self.failed.len())).clamp(0, parallelism)
            }
            None if self.successes() > 0 => size(active.len()).min(parallelism),
            None => parallelism,
        };
        let wanted = usize::try_from(wanted).unwrap_or(0);
        if active.len() > wanted {
            pods::by_usefulness(&mut active);
            for pod in &active[..active.len() - wanted] {
                self.give_up(round, pod);
            }
            return;
        }
        let terminating = self.pods.iter().filter(|pod| is_terminating(pod)).count();
        let taken = active.len() + if self.replaces_only_failed() { terminating } else { 0 };
        self.make(memory, round, wanted.saturating_sub(taken));
    }

    fn make(&self, memory: &mut Memory, round: &mut Round, missing: usize) {
        if missing == 0 {
            return;
        }
        if let Some(trouble) = memory.trouble(uid(self.job)).filter(|one| self.view.now < one.retry_at) {
            return round.wake(trouble.retry_at);
        }
        if is_indexed(self.job) {
            return self.make_indexed(memory, round, missing);
        }
        let ended = self.pods.iter().filter(|pod| job_rules::judge(self.job, pod) != Verdict::Ignore);
        let until = job_rules::backoff_until(ended.map(|pod| &**pod), self.view.now);
        if let Some(until) = until.filter(|until| *until > self.view.now) {
            return round.wake(until);
        }
        let template = self.job["spec"]["template"].clone();
        for _ in 0..missing {
            let prefix = format!("{}-", fields::name(self.job));
            let pod = pods::from_template(self.job, &template, &prefix, memory);
            round.writes.push(creation(SOURCE, self.job, tracked(pod)));
        }
    }

    fn make_indexed(&self, memory: &mut Memory, round: &mut Round, missing: usize) {
        let counts_active =
            |pod: &&Object| is_active(pod) || (self.replaces_only_failed() && is_terminating(pod));
        let taken: Indexes = self.pods.iter().filter(counts_active).filter_map(|pod| index_of(pod)).collect();
        let mut left = missing;
        for index in 0..self.completions().unwrap_or(0) {
            if left == 0 {
                return;
            }
            if taken.contains(&index) || self.succeeded.contains(&index) || self.failed.contains(&index) {
                continue;
            }
            let per_index = int(self.job, "spec.backoffLimitPerIndex").is_some();
            let before = self.pods.iter().filter(|pod| {
                (!per_index || index_of(pod) == Some(index))
                    && job_rules::judge(self.job, pod) != Verdict::Ignore
            });
            let until = job_rules::backoff_until(before.map(|pod| &**pod), self.view.now);
            left -= 1;
            if let Some(until) = until.filter(|until| *until > self.view.now) {
                round.wake(until);
                continue;
            }
            self.make_index(memory, round, index);
        }
    }

    fn make_index(&self, memory: &mut Memory, round: &mut Round, index: i64) {
        let template = self.job["spec"]["template"].clone();
        let prefix = format!("{}-{index}-", fields::name(self.job));
        let mut pod = tracked(pods::from_template(self.job, &template, &prefix, memory));
        fields::annotate(&mut pod, INDEX, &index.to_string());
        pod["metadata"]["labels"][INDEX] = Value::from(index.to_string());
        if int(self.job, "spec.backoffLimitPerIndex").is_some() {
            let failures = self
                .pods
                .iter()
                .filter(|pod| index_of(pod) == Some(index) && self.has_failed(pod))
                .map(|pod| failures_after(self.job, pod))
                .max();
            fields::annotate(&mut pod, INDEX_FAILURES, &failures.unwrap_or(0).to_string());
        }
        set(&mut pod, "spec.hostname", Value::from(format!("{}-{index}", fields::name(self.job))));
        for group in ["containers", "initContainers"] {
            for container in pod["spec"].get_mut(group).and_then(Value::as_array_mut).into_iter().flatten() {
                tell_index(container);
            }
        }
        round.writes.push(creation(SOURCE, self.job, pod));
    }

    /// Sets the conditions of an end, and the terminal one when no pod is left.
    fn conclude(&mut self, end: Option<End>, round: &mut Round) {
        let Some(end) = end else { return };
        let now = self.view.now;
        let first = if end.kind == "Failed" { "FailureTarget" } else { "SuccessCriteriaMet" };
        if !list(&self.status, "conditions").iter().any(|one| text(one, "type") == first) {
            put(&mut self.status, condition(first, "True", &end.reason, &end.message, now));
        }
        let waiting = at(&self.status, "uncountedTerminatedPods").and_then(Value::as_object);
        let settled =
            waiting.is_none_or(serde_json::Map::is_empty) && self.pods.iter().all(|pod| is_ended(pod));
        if !settled {
            return;
        }
        put(&mut self.status, condition(end.kind, "True", &end.reason, &end.message, now));
        if end.kind == "Failed" {
            round.announce(Event::warning(SOURCE, self.job, &end.reason, end.message));
        } else {
            set(&mut self.status, "completionTime", stamp(now));
            round.announce(Event::normal(SOURCE, self.job, "Completed", "Job completed"));
        }
    }

    fn write(mut self, round: &mut Round) {
        let active = self.active().count();
        let ready = self.active().filter(|pod| is_ready(pod)).count();
        let terminating = self.pods.iter().filter(|pod| is_terminating(pod)).count();
        set_count(&mut self.status, "active", size(active));
        set(&mut self.status, "ready", Value::from(ready));
        set(&mut self.status, "terminating", Value::from(terminating));
        if is_indexed(self.job) {
            // Indexes are shown once their pods are counted; until then the finalizers hold them.
            let parts = [("completedIndexes", &self.succeeded), ("failedIndexes", &self.failed)];
            let parts = parts.map(|(key, indexes)| (key, written(indexes)));
            for (key, value) in parts {
                match value.is_empty() {
                    true => fields::remove(&mut self.status, key),
                    false => set(&mut self.status, key, Value::from(value)),
                }
            }
        }
        if at(self.job, "status") != Some(&self.status) {
            let mut object = self.job.clone();
            set(&mut object, "status", self.status);
            round.replace(Agent::Controllers, JOBS, object, Part::Status);
        }
    }
}

/// How a pod with the finalizer is counted.
enum Tally {
    Success,
    Failure,
    Nothing,
    Later,
}

fn tracked(mut pod: Value) -> Value {
    let mut finalizers = list(&pod, "metadata.finalizers").to_vec();
    finalizers.push(Value::from(TRACKING));
    set(&mut pod, "metadata.finalizers", Value::from(finalizers));
    pod
}

fn failures_after(job: &Value, pod: &Value) -> i64 {
    let ignored = job_rules::judge(job, pod) == Verdict::Ignore;
    job_rules::failures_before(pod) + i64::from(!ignored)
}

fn fails_index(job: &Value, pod: &Value, limit: i64) -> bool {
    match job_rules::judge(job, pod) {
        Verdict::FailIndex => true,
        Verdict::Ignore => false,
        Verdict::Count | Verdict::FailJob(_) => failures_after(job, pod) > limit,
    }
}

/// Tells a container the index of its pod.
fn tell_index(container: &mut Value) {
    const NAME: &str = "JOB_COMPLETION_INDEX";
    let mut variables = list(container, "env").to_vec();
    if variables.iter().any(|one| text(one, "name") == NAME) {
        return;
    }
    let path = format!("metadata.labels['{INDEX}']");
    variables.push(json!({"name": NAME, "valueFrom": {"fieldRef": {"fieldPath": path}}}));
    set(container, "env", Value::from(variables));
}
