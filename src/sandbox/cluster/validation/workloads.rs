//! Workloads: their selectors, strategies and templates, and what of them may change.

use serde_json::{Value, json};

use super::metadata::{annotation_causes, label_causes};
use super::pods::pod_spec;
use super::{Causes, items, names, quoted, text};

const PERCENT: &str = "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";

/// Judges a selector by labels.
pub(super) fn selector(selector: &Value, field: &str, causes: &mut Causes) -> Fit {
    let before = causes.count();
    label_causes(&selector["matchLabels"], &format!("{field}.matchLabels"), causes);
    for (index, one) in items(&selector["matchExpressions"]).iter().enumerate() {
        let field = format!("{field}.matchExpressions[{index}]");
        let count = items(&one["values"]).len();
        match text(one, "operator") {
            "In" | "NotIn" if count == 0 => {
                causes.required(
                    &format!("{field}.values"),
                    "must be specified when `operator` is 'In' or 'NotIn'",
                );
            }
            "Exists" | "DoesNotExist" if count > 0 => {
                let words = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
                causes.forbidden(&format!("{field}.values"), words);
            }
            "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
            _ => causes.invalid(
                &format!("{field}.operator"),
                &one["operator"],
                "not a valid selector operator",
            ),
        }
        causes.all_invalid(&format!("{field}.key"), &one["key"], names::key(text(one, "key")));
    }
    if causes.count() == before { Fit::Yes } else { Fit::No }
}

/// Whether something can be used although it was judged.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Fit {
    Yes,
    No,
}

fn selects_nothing(selector: &Value) -> bool {
    items(&selector["matchExpressions"]).is_empty()
        && selector["matchLabels"].as_object().is_none_or(serde_json::Map::is_empty)
}

/// Judges how a workload selects the pods of its template; the word is that of its kind.
fn selection(spec: &Value, word: &str, causes: &mut Causes) {
    let wanted = &spec["selector"];
    let mut fits = Fit::Yes;
    if wanted.is_null() {
        if word != "daemonset" {
            causes.required("spec.selector", "");
        }
    } else {
        fits = selector(wanted, "spec.selector", causes);
        if selects_nothing(wanted) {
            let words = format!("empty selector is invalid for {word}");
            causes.invalid("spec.selector", wanted, &words);
        }
    }
    if fits == Fit::No {
        causes.invalid("spec.selector", wanted, "invalid label selector");
        return;
    }
    let labels = &spec["template"]["metadata"]["labels"];
    if wanted.is_object() && selects_nothing(wanted) {
        return;
    }
    let matches =
        crate::cluster::controllers::selects(Some(wanted).filter(|one| one.is_object()), labels.as_object());
    if !matches {
        causes.invalid(
            "spec.template.metadata.labels",
            labels,
            "`selector` does not match template `labels`",
        );
    }
}

fn template(template: &Value, field: &str, causes: &mut Causes) {
    label_causes(&template["metadata"]["labels"], &format!("{field}.metadata.labels"), causes);
    annotation_causes(&template["metadata"]["annotations"], &format!("{field}.metadata.annotations"), causes);
    pod_spec(&template["spec"], &format!("{field}.spec"), causes);
}

/// Pods that are always replaced restart always, and have no end.
fn endless(template: &Value, field: &str, causes: &mut Causes) {
    let spec = &template["spec"];
    let policy = text(spec, "restartPolicy");
    if policy != "Always" && !policy.is_empty() {
        causes.unsupported(&format!("{field}.spec.restartPolicy"), &spec["restartPolicy"], &["Always"]);
    }
    if spec["activeDeadlineSeconds"].is_number() {
        let words = "activeDeadlineSeconds in ReplicaSet is not Supported";
        causes.forbidden(&format!("{field}.spec.activeDeadlineSeconds"), words);
    }
}

/// Judges a number or a share.
pub(super) fn number_or_percent(value: &Value, field: &str, causes: &mut Causes) {
    match value {
        Value::String(text) => {
            let digits = text.strip_suffix('%').unwrap_or("x");
            if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                causes.invalid(field, value, PERCENT);
            }
        }
        _ => causes.not_negative(field, value),
    }
}

/// A share is not more than the whole.
pub(super) fn at_most_whole(value: &Value, field: &str, causes: &mut Causes) {
    let percent =
        value.as_str().and_then(|text| text.strip_suffix('%')).and_then(|text| text.parse::<i64>().ok());
    if percent.is_some_and(|percent| percent > 100) {
        causes.invalid(field, value, "must not be greater than 100%");
    }
}

fn is_nothing(value: &Value) -> bool {
    *value == 0 || value.as_str() == Some("0%")
}

fn deployment(spec: &Value, causes: &mut Causes) {
    causes.not_negative("spec.replicas", &spec["replicas"]);
    selection(spec, "deployment", causes);
    template(&spec["template"], "spec.template", causes);
    endless(&spec["template"], "spec.template", causes);
    let strategy = &spec["strategy"];
    match text(strategy, "type") {
        "Recreate" => {
            if strategy["rollingUpdate"].is_object() {
                let words = "may not be specified when strategy `type` is 'Recreate'";
                causes.forbidden("spec.strategy.rollingUpdate", words);
            }
        }
        "RollingUpdate" => {
            let rolling = &strategy["rollingUpdate"];
            let field = "spec.strategy.rollingUpdate";
            number_or_percent(&rolling["maxUnavailable"], &format!("{field}.maxUnavailable"), causes);
            number_or_percent(&rolling["maxSurge"], &format!("{field}.maxSurge"), causes);
            if is_nothing(&rolling["maxUnavailable"]) && is_nothing(&rolling["maxSurge"]) {
                let words = "may not be 0 when `maxSurge` is 0";
                causes.invalid(&format!("{field}.maxUnavailable"), &rolling["maxUnavailable"], words);
            }
            at_most_whole(&rolling["maxUnavailable"], &format!("{field}.maxUnavailable"), causes);
        }
        other => {
            let shown = format!("{{\"Type\":{other:?},\"RollingUpdate\":null}}");
            causes.unsupported_text("spec.strategy", &shown, &["Recreate", "RollingUpdate"]);
        }
    }
    causes.not_negative("spec.minReadySeconds", &spec["minReadySeconds"]);
    causes.not_negative("spec.revisionHistoryLimit", &spec["revisionHistoryLimit"]);
    causes.not_negative("spec.progressDeadlineSeconds", &spec["progressDeadlineSeconds"]);
    let ready = spec["minReadySeconds"].as_i64().unwrap_or(0);
    if spec["progressDeadlineSeconds"].as_i64().is_some_and(|deadline| deadline <= ready) {
        let words = "must be greater than minReadySeconds";
        causes.invalid("spec.progressDeadlineSeconds", &spec["progressDeadlineSeconds"], words);
    }
}

fn replica_set(spec: &Value, causes: &mut Causes) {
    causes.not_negative("spec.replicas", &spec["replicas"]);
    causes.not_negative("spec.minReadySeconds", &spec["minReadySeconds"]);
    selection(spec, "deployment", causes);
    template(&spec["template"], "spec.template", causes);
    endless(&spec["template"], "spec.template", causes);
}

fn stateful_set(spec: &Value, causes: &mut Causes) {
    let management = text(spec, "podManagementPolicy");
    if management.is_empty() {
        causes.required("spec.podManagementPolicy", "");
    } else if !matches!(management, "OrderedReady" | "Parallel") {
        let words = "must be 'OrderedReady' or 'Parallel'";
        causes.invalid("spec.podManagementPolicy", &spec["podManagementPolicy"], words);
    }
    let strategy = &spec["updateStrategy"];
    let rolling = &strategy["rollingUpdate"];
    match text(strategy, "type") {
        "OnDelete" if rolling.is_object() => {
            let shown = format!(
                "{{\"Partition\":{},\"MaxUnavailable\":{}}}",
                rolling["partition"], rolling["maxUnavailable"]
            );
            let words = "only allowed for updateStrategy 'RollingUpdate'";
            causes.invalid_text("spec.updateStrategy.rollingUpdate", &shown, words);
        }
        "OnDelete" => {}
        "RollingUpdate" => {
            causes.not_negative("spec.updateStrategy.rollingUpdate.partition", &rolling["partition"])
        }
        other => {
            let shown = format!("{{\"Type\":{other:?},\"RollingUpdate\":null}}");
            causes.invalid_text("spec.updateStrategy", &shown, "must be 'RollingUpdate' or 'OnDelete'");
        }
    }
    for member in ["whenDeleted", "whenScaled"] {
        let policy = &spec["persistentVolumeClaimRetentionPolicy"][member];
        if !matches!(policy.as_str(), Some("Retain" | "Delete")) {
            let field = format!("spec.persistentVolumeClaimRetentionPolicy.{member}");
            causes.unsupported(&field, policy, &["Retain", "Delete"]);
        }
    }
    causes.not_negative("spec.replicas", &spec["replicas"]);
    causes.not_negative("spec.minReadySeconds", &spec["minReadySeconds"]);
    causes.not_negative("spec.ordinals.start", &spec["ordinals"]["start"]);
    selection(spec, "statefulset", causes);
    template(&spec["template"], "spec.template", causes);
    let policy = text(&spec["template"]["spec"], "restartPolicy");
    if policy != "Always" {
        causes.unsupported("spec.template.spec.restartPolicy", &quoted(policy), &["Always"]);
    }
    for (index, claim) in items(&spec["volumeClaimTemplates"]).iter().enumerate() {
        super::storage::claim(&claim["spec"], &format!("spec.volumeClaimTemplates[{index}].spec"), causes);
    }
    let service = text(spec, "serviceName");
    if !service.is_empty() {
        causes.all_invalid("spec.serviceName", &spec["serviceName"], names::label(service));
    }
}

fn daemon_set(spec: &Value, causes: &mut Causes) {
    selection(spec, "daemonset", causes);
    template(&spec["template"], "spec.template", causes);
    let policy = text(&spec["template"]["spec"], "restartPolicy");
    if policy != "Always" {
        causes.unsupported("spec.template.spec.restartPolicy", &quoted(policy), &["Always"]);
    }
    causes.not_negative("spec.minReadySeconds", &spec["minReadySeconds"]);
    let strategy = &spec["updateStrategy"];
    match text(strategy, "type") {
        "OnDelete" => {}
        "RollingUpdate" => {
            let rolling = &strategy["rollingUpdate"];
            let field = "spec.updateStrategy.rollingUpdate";
            number_or_percent(&rolling["maxUnavailable"], &format!("{field}.maxUnavailable"), causes);
            number_or_percent(&rolling["maxSurge"], &format!("{field}.maxSurge"), causes);
            let (none, still) = (is_nothing(&rolling["maxUnavailable"]), is_nothing(&rolling["maxSurge"]));
            if !none && !still {
                let words = "may not be set when maxUnavailable is non-zero";
                causes.invalid(&format!("{field}.maxSurge"), &rolling["maxSurge"], words);
            } else if none && still {
                causes.required(&format!("{field}.maxUnavailable"), "cannot be 0 when maxSurge is 0");
            }
        }
        other => {
            let shown = format!("{{\"Type\":{other:?},\"RollingUpdate\":null}}");
            causes.unsupported_text("spec.updateStrategy", &shown, &["RollingUpdate", "OnDelete"]);
        }
    }
    causes.not_negative("spec.revisionHistoryLimit", &spec["revisionHistoryLimit"]);
}

/// Judges the specification of a job.
fn job(spec: &Value, field: &str, causes: &mut Causes) {
    for member in
        ["parallelism", "completions", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished"]
    {
        causes.not_negative(&format!("{field}.{member}"), &spec[member]);
    }
    template(&spec["template"], &format!("{field}.template"), causes);
    let policy = text(&spec["template"]["spec"], "restartPolicy");
    let at = format!("{field}.template.spec.restartPolicy");
    match policy {
        "OnFailure" | "Never" => {}
        "" | "Always" => causes.required(&at, "valid values: \"OnFailure\", \"Never\""),
        _ => causes.unsupported(&at, &quoted(policy), &["OnFailure", "Never"]),
    }
    if text(spec, "completionMode") == "Indexed" && spec["completions"].is_null() {
        let words = "when completion mode is Indexed";
        causes.required(&format!("{field}.completions"), words);
    }
}

fn cron_job(spec: &Value, causes: &mut Causes) {
    let schedule = text(spec, "schedule");
    if schedule.is_empty() {
        causes.required("spec.schedule", "");
    } else if schedule.contains("TZ") {
        let words = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead";
        causes.invalid("spec.schedule", &spec["schedule"], words);
    } else if let Some(words) = schedule_fault(schedule) {
        causes.invalid("spec.schedule", &spec["schedule"], &words);
    }
    causes.not_negative("spec.startingDeadlineSeconds", &spec["startingDeadlineSeconds"]);
    if let Some(zone) = spec["timeZone"].as_str() {
        if zone.is_empty() {
            causes.invalid("spec.timeZone", &spec["timeZone"], "timeZone must be nil or non-empty string");
        } else if jiff::tz::TimeZone::get(zone).is_err() {
            causes.invalid("spec.timeZone", &spec["timeZone"], &format!("unknown time zone {zone}"));
        }
    }
    let policy = text(spec, "concurrencyPolicy");
    if !matches!(policy, "Allow" | "Forbid" | "Replace") {
        causes.unsupported(
            "spec.concurrencyPolicy",
            &spec["concurrencyPolicy"],
            &["Allow", "Forbid", "Replace"],
        );
    }
    job(&spec["jobTemplate"]["spec"], "spec.jobTemplate.spec", causes);
    causes.not_negative("spec.successfulJobsHistoryLimit", &spec["successfulJobsHistoryLimit"]);
    causes.not_negative("spec.failedJobsHistoryLimit", &spec["failedJobsHistoryLimit"]);
}

/// The least and the most of each part of a schedule.
const BOUNDS: [(u32, u32); 5] = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 6)];

fn schedule_fault(schedule: &str) -> Option<String> {
    if let Some(word) = schedule.strip_prefix('@') {
        let known = ["yearly", "annually", "monthly", "weekly", "daily", "midnight", "hourly"];
        let fits = known.contains(&word) || word.starts_with("every ");
        return (!fits).then(|| format!("unrecognized descriptor: {schedule}"));
    }
    let fields: Vec<&str> = schedule.split_whitespace().collect();
    if fields.len() != 5 {
        return Some(format!("expected exactly 5 fields, found {}: [{}]", fields.len(), fields.join(" ")));
    }
    fields
        .iter()
        .zip(BOUNDS)
        .find_map(|(field, bounds)| field.split(',').find_map(|part| part_fault(part, bounds)))
}

fn part_fault(part: &str, (least, most): (u32, u32)) -> Option<String> {
    let range = part.split('/').next().unwrap_or_default();
    if range == "*" || range == "?" {
        return None;
    }
    let (low, high) = range.split_once('-').unwrap_or((range, range));
    let number = |text: &str| -> Option<u32> {
        let name = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
            .iter()
            .position(|day| day.eq_ignore_ascii_case(text));
        let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
        let month = months.iter().position(|name| name.eq_ignore_ascii_case(text)).map(|at| at + 1);
        text.parse().ok().or_else(|| u32::try_from(name.or(month)?).ok())
    };
    let (Some(low), Some(high)) = (number(low), number(high)) else {
        return Some(format!(
            "failed to parse int from {range}: strconv.Atoi: parsing {range:?}: invalid syntax"
        ));
    };
    if low < least {
        return Some(format!("beginning of range ({low}) below minimum ({least}): {part}"));
    }
    if high > most {
        return Some(format!("end of range ({high}) above maximum ({most}): {part}"));
    }
    (low > high).then(|| format!("beginning of range ({low}) beyond end of range ({high}): {part}"))
}

/// Judges a workload.
pub(super) fn judge(kind: &str, object: &Value, causes: &mut Causes) {
    let spec = &object["spec"];
    match kind {
        "Deployment" => deployment(spec, causes),
        "ReplicaSet" => replica_set(spec, causes),
        "StatefulSet" => stateful_set(spec, causes),
        "DaemonSet" => daemon_set(spec, causes),
        "Job" => job(spec, "spec", causes),
        "CronJob" => cron_job(spec, causes),
        "PodTemplate" => template(&object["template"], "template", causes),
        _ => {}
    }
}

/// Judges a change of a workload.
pub(super) fn judge_change(kind: &str, old: &Value, new: &Value, causes: &mut Causes) {
    let (before, after) = (&old["spec"], &new["spec"]);
    let fixed = |member: &str, causes: &mut Causes| {
        if before[member] != after[member] {
            causes.invalid(&format!("spec.{member}"), &after[member], "field is immutable");
        }
    };
    match kind {
        "DaemonSet" => {
            fixed("selector", causes);
            judge(kind, new, causes);
        }
        "Deployment" | "ReplicaSet" => {
            judge(kind, new, causes);
            fixed("selector", causes);
        }
        "StatefulSet" => {
            judge(kind, new, causes);
            let free = [
                "replicas",
                "ordinals",
                "template",
                "updateStrategy",
                "revisionHistoryLimit",
                "persistentVolumeClaimRetentionPolicy",
                "minReadySeconds",
            ];
            let rest = |spec: &Value| -> Value {
                let members = spec.as_object().into_iter().flatten();
                members
                    .filter(|(name, _)| !free.contains(&name.as_str()))
                    .map(|(name, value)| (name.clone(), value.clone()))
                    .collect()
            };
            if rest(before) != rest(after) {
                causes.forbidden("spec", "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden");
            }
        }
        "Job" => {
            judge(kind, new, causes);
            elastic(before, after, causes);
            fixed("selector", causes);
            if !template_may_change(old, before)
                || only_scheduling(&before["template"]) != only_scheduling(&after["template"])
            {
                fixed("template", causes);
            }
            for member in
                ["completionMode", "podFailurePolicy", "backoffLimitPerIndex", "managedBy", "successPolicy"]
            {
                fixed(member, causes);
            }
        }
        _ => judge(kind, new, causes),
    }
}

/// The completions of an indexed job change only with its parallelism.
fn elastic(before: &Value, after: &Value, causes: &mut Causes) {
    if before["completions"] == after["completions"] {
        return;
    }
    let indexed = text(after, "completionMode") == "Indexed";
    if !indexed {
        causes.invalid("spec.completions", &after["completions"], "field is immutable");
    } else if after["completions"] != after["parallelism"] {
        let words = "can only be modified in tandem with spec.parallelism";
        causes.invalid("spec.completions", &after["completions"], words);
    }
}

/// Where the pods of a job go may change while it is suspended and has not begun.
fn template_may_change(job: &Value, spec: &Value) -> bool {
    spec["suspend"] == true && job["status"]["startTime"].is_null()
}

/// A template without what decides where its pods go.
fn only_scheduling(template: &Value) -> Value {
    let mut rest = template.clone();
    if let Some(metadata) = rest["metadata"].as_object_mut() {
        metadata.shift_remove("labels");
        metadata.shift_remove("annotations");
    }
    if let Some(spec) = rest["spec"].as_object_mut() {
        for member in ["nodeSelector", "tolerations", "schedulingGates", "affinity"] {
            spec.shift_remove(member);
        }
        for list in ["containers", "initContainers"] {
            for container in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
                container["resources"] = json!({});
            }
        }
    }
    rest
}
