//! Jobs: pods that come to an end.
//!
//! Source: <https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/job-v1/>

use super::metadata::{NAMESPACED, OF_TEMPLATE};
use super::pod_spec::JOB_POD_TEMPLATE;
use super::selector::LABEL_SELECTOR;
use crate::kind::{Api, Kind, Limits, Wait};
use crate::row::{Row, block, blocks, flag, number, numbers, text};

/// `kubernetes_job_v1`. Training takes long: where nothing is said, a day is waited and not a minute.
pub const JOB: Kind = Kind::plain(
    "kubernetes_job_v1",
    "kubernetes_job",
    Api::namespaced("batch/v1", "Job", "jobs"),
    &[NAMESPACED, block("spec", JOB_SPEC).required(), flag("wait_for_completion").or_flag(true).local()],
)
.waits(Wait::Completion, Limits { delete: Some(10), ..Limits::all(1440) })
.version(1);

/// `kubernetes_cron_job_v1`
pub const CRON_JOB: Kind = Kind::plain(
    "kubernetes_cron_job_v1",
    "kubernetes_cron_job",
    Api::namespaced("batch/v1", "CronJob", "cronjobs"),
    &[NAMESPACED, block("spec", CRON_JOB_SPEC).required()],
)
.within(Limits { delete: Some(1), ..Limits::NONE })
.without_alias();

/// A Job's template cannot be changed; that of a CronJob can.
macro_rules! job_spec {
    ($template:expr) => {
        &[
            number("active_deadline_seconds"),
            number("backoff_limit").or_number(6),
            number("backoff_limit_per_index").replaces(),
            text("completion_mode").computed().replaces(),
            number("completions").or_number(1).replaces(),
            flag("manual_selector"),
            number("max_failed_indexes"),
            number("parallelism").or_number(1),
            block("pod_failure_policy", &[blocks("rule", FAILURE_RULE).key("rules").required()])
                .replaces_within(),
            block("selector", LABEL_SELECTOR).computed().replaces_within(),
            $template,
            text("ttl_seconds_after_finished").whole(),
        ]
    };
}

const JOB_SPEC: &[Row] = job_spec!(JOB_POD_TEMPLATE.replaces_within());

const FAILURE_RULE: &[Row] = &[
    text("action"),
    block("on_exit_codes", &[text("container_name"), text("operator"), numbers("values").required()]),
    blocks("on_pod_condition", &[text("status").or_text("True"), text("type")]).key("onPodConditions"),
];

const CRON_JOB_SPEC: &[Row] = &[
    text("concurrency_policy").or_text("Allow"),
    number("failed_jobs_history_limit").or_number(1),
    block("job_template", &[OF_TEMPLATE, block("spec", job_spec!(JOB_POD_TEMPLATE)).required()]).required(),
    text("schedule").required(),
    number("starting_deadline_seconds").or_number(0).only_written(),
    number("successful_jobs_history_limit").or_number(3),
    flag("suspend").or_flag(false),
    text("timezone").key("timeZone"),
];
