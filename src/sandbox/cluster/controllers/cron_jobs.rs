//! CronJobs: a Job at each scheduled time, and the old ones taken away.
//!
//! Invariant: a scheduled time has one Job, since its name follows from the time.
//! Rule: <https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/>

use jiff::Timestamp;
use serde_json::{Value, json};

use super::cron_schedule::Schedule;
use super::events::Event;
use super::fields::{
    after, annotation, at, controlled_by, controller, holds, int, is_going, is_set, list, name, namespace,
    set, stamp, text, time, uid,
};
use super::memory::Memory;
use super::view::{Object, View};
use super::{Agent, Part, Propagation, Round, Write, deletion};

const CRONS: (&str, &str) = ("batch", "cronjobs");
const JOBS: (&str, &str) = ("batch", "jobs");
const SOURCE: &str = "cronjob-controller";
const SCHEDULED: &str = "batch.kubernetes.io/cronjob-scheduled-timestamp";
/// More missed times than these are worth a warning.
const MISSED_MAX: usize = 100;

/// Makes what is due, for all of them.
pub(super) fn reconcile(view: &View<'_>, memory: &mut Memory, round: &mut Round) {
    let jobs = view.all(JOBS.0, JOBS.1);
    for cron in view.all(CRONS.0, CRONS.1) {
        let own = |job: &&Object| controller(job).is_some_and(|owner| text(owner, "uid") == uid(&cron));
        let own: Vec<&Object> = jobs.iter().filter(own).collect();
        let status = follow(memory, round, &cron, &own);
        if status != cron["status"] {
            let mut new = Value::clone(&cron);
            new["status"] = status;
            round.replace(Agent::Controllers, CRONS, new, Part::Status);
        } else if !is_going(&cron) && !view.is_namespace_going(namespace(&cron)) {
            tidy(round, &cron, &own);
            start(view, round, &cron, &own);
        }
    }
}

fn is_finished(job: &Value) -> bool {
    holds(job, "Complete") || holds(job, "Failed")
}

/// The status that follows from the jobs there are.
fn follow(memory: &mut Memory, round: &mut Round, cron: &Object, own: &[&Object]) -> Value {
    let mut status = cron.get("status").cloned().unwrap_or_else(|| json!({}));
    let mut active: Vec<Value> = list(cron, "status.active").to_vec();
    for job in own {
        let known = active.iter().position(|one| text(one, "uid") == uid(job));
        match (known, is_finished(job)) {
            (Some(at), true) => {
                active.remove(at);
                let kind = if holds(job, "Complete") { "Complete" } else { "Failed" };
                let words = format!("Saw completed job: {}, condition: {kind}", name(job));
                round.announce(Event::normal(SOURCE, cron, "SawCompletedJob", words));
            }
            (None, false) => match annotation(job, SCHEDULED).and_then(|text| text.parse::<Timestamp>().ok())
            {
                Some(due) => {
                    active.push(reference(job));
                    let last = time(cron, "status.lastScheduleTime");
                    if last.is_none_or(|last| last < due) {
                        status["lastScheduleTime"] = stamp(due);
                    }
                }
                None => unexpected(memory, round, cron, job),
            },
            _ => {}
        }
        let done = at(job, "status.completionTime").filter(|_| holds(job, "Complete"));
        if let Some(done) = done.filter(|done| status["lastSuccessfulTime"].as_str() < done.as_str()) {
            status["lastSuccessfulTime"] = done.clone();
        }
    }
    active.retain(|one| own.iter().any(|job| uid(job) == text(one, "uid")));
    match active.is_empty() {
        true => drop(status.as_object_mut().map(|status| status.shift_remove("active"))),
        false => status["active"] = active.into(),
    }
    status
}

fn reference(job: &Value) -> Value {
    json!({
        "kind": "Job", "namespace": namespace(job), "name": name(job), "uid": uid(job), "apiVersion": "batch/v1",
        "resourceVersion": text(job, "metadata.resourceVersion"),
    })
}

fn unexpected(memory: &mut Memory, round: &mut Round, cron: &Object, job: &Value) {
    let words = format!("Saw a job that the controller did not create or forgot: {}", name(job));
    let before = memory.said.insert(format!("unexpected/{}", uid(job)), words.clone());
    if before.as_ref() != Some(&words) {
        round.announce(Event::warning(SOURCE, cron, "UnexpectedJob", words));
    }
}

/// Takes away finished jobs beyond those that are to be kept.
fn tidy(round: &mut Round, cron: &Object, own: &[&Object]) {
    for (kind, limit, default) in
        [("Complete", "spec.successfulJobsHistoryLimit", 3), ("Failed", "spec.failedJobsHistoryLimit", 1)]
    {
        let Ok(kept) = usize::try_from(int(cron, limit).unwrap_or(default)) else { continue };
        let mut finished: Vec<&&Object> =
            own.iter().filter(|job| holds(job, kind) && !is_going(job)).collect();
        finished.sort_by_key(|job| (text(job, "status.startTime"), name(job)));
        let excess = finished.len().saturating_sub(kept);
        finished.into_iter().take(excess).for_each(|job| take_away(round, cron, job));
    }
}

fn take_away(round: &mut Round, cron: &Object, job: &Value) {
    round.writes.push(Write {
        by: Agent::Controllers,
        change: deletion(JOBS, job, None, Some(Propagation::Background)),
        then: Some(Event::normal(SOURCE, cron, "SuccessfulDelete", format!("Deleted job {}", name(job)))),
        otherwise: Some(Event::warning(SOURCE, cron, "FailedDelete", "Deleted job: ")),
        owner: String::new(),
    });
}

/// Makes the job of the last scheduled time, if it is due and allowed.
fn start(view: &View<'_>, round: &mut Round, cron: &Object, own: &[&Object]) {
    if is_set(cron, "spec.suspend") {
        return;
    }
    let Some(schedule) = Schedule::read(text(cron, "spec.schedule"), text(cron, "spec.timeZone")) else {
        return;
    };
    let since = time(cron, "status.lastScheduleTime").or_else(|| time(cron, "metadata.creationTimestamp"));
    let mut since = since.unwrap_or(view.now);
    let deadline = int(cron, "spec.startingDeadlineSeconds");
    if let Some(deadline) = deadline {
        since = since.max(after(view.now, -deadline));
    }
    if let Some(next) = schedule.next(view.now) {
        round.wake(next);
    }
    let Some(due) = schedule.latest(since, view.now) else { return };
    let minutes = due.as_second() / 60;
    let job = format!("{}-{minutes}", name(cron));
    if view.get(JOBS.0, JOBS.1, namespace(cron), &job).is_some() {
        return;
    }
    warn_of_missed(view, round, cron, &schedule, since);
    let active: Vec<&&Object> = own.iter().filter(|job| !is_finished(job)).collect();
    match text(cron, "spec.concurrencyPolicy") {
        "Forbid" if !active.is_empty() => {
            let words =
                "Not starting job because prior execution is running and concurrency policy is Forbid";
            round.announce(Event::normal(SOURCE, cron, "JobAlreadyActive", words));
            return;
        }
        "Replace" => active.into_iter().for_each(|job| take_away(round, cron, job)),
        _ => {}
    }
    make(round, cron, &job, due);
}

fn warn_of_missed(view: &View<'_>, round: &mut Round, cron: &Object, schedule: &Schedule, since: Timestamp) {
    let mut at = since;
    for missed in 0.. {
        match schedule.next(at).filter(|next| *next <= view.now) {
            Some(_) if missed > MISSED_MAX => break,
            Some(next) => at = next,
            None => return,
        }
    }
    let words =
        "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew";
    round.announce(Event::warning(SOURCE, cron, "TooManyMissedTimes", words));
}

fn make(round: &mut Round, cron: &Object, job: &str, due: Timestamp) {
    let template = at(cron, "spec.jobTemplate").unwrap_or(&Value::Null);
    let mut metadata =
        json!({ "name": job, "namespace": namespace(cron), "ownerReferences": [controlled_by(cron)] });
    for member in ["labels", "annotations"] {
        if let Some(value) = at(template, &format!("metadata.{member}")) {
            metadata[member] = value.clone();
        }
    }
    let mut object = json!({ "apiVersion": "batch/v1", "kind": "Job", "metadata": metadata });
    super::fields::annotate(&mut object, SCHEDULED, stamp(due).as_str().unwrap_or_default());
    set(&mut object, "spec", template["spec"].clone());
    let change = super::Change::Create { group: JOBS.0.into(), resource: JOBS.1.into(), object };
    round.writes.push(Write {
        by: Agent::Controllers,
        change,
        then: Some(Event::normal(SOURCE, cron, "SuccessfulCreate", format!("Created job {job}"))),
        otherwise: Some(Event::warning(SOURCE, cron, "FailedCreate", "Error creating job: ")),
        owner: uid(cron).to_owned(),
    });
}
