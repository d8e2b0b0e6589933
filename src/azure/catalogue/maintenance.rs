//! Maintenance: when a cluster may be worked on, which ARM keeps in three objects below the cluster.
//!
//! Invariant: one list tells all three windows; each is written and deleted on its own.

use serde_json::{Map, Value as Json, json};

use crate::catalogue::kubernetes_cluster::KUBERNETES_CLUSTER;
use crate::row::{Form, Row, blocks, number, number_set, text};
use crate::steps::{Step, StepInput};
use crate::write::document;

const DAYS: &[&str] = &["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// The rows of `maintenance_window.allowed`.
const ALLOWED: &[Row] =
    &[text("day", "day").required().one_of(DAYS), number_set("hours", "hourSlots").between(0, 23).required()];

/// The rows of `not_allowed`.
const NOT_ALLOWED: &[Row] =
    &[text("end", "end").formed(Form::Time).required(), text("start", "start").formed(Form::Time).required()];

/// The rows of `maintenance_window`.
pub const MAINTENANCE_WINDOW: &[Row] = &[
    blocks("allowed", "timeInWeek", ALLOWED).unordered(),
    blocks("not_allowed", "notAllowedTime", NOT_ALLOWED).unordered(),
];

/// The rows of `maintenance_window_auto_upgrade` and `maintenance_window_node_os`.
pub const MAINTENANCE_WINDOW_UPGRADE: &[Row] = &[
    text("frequency", "frequency").required().one_of(&[
        "AbsoluteMonthly",
        "Daily",
        "RelativeMonthly",
        "Weekly",
    ]),
    number("interval", "interval").required(),
    number("duration", "durationHours").required().between(4, 24),
    number("day_of_month", "dayOfMonth").between(0, 31),
    text("day_of_week", "dayOfWeek").one_of(DAYS),
    text("start_date", "startDate").formed(Form::Time).computed(),
    text("start_time", "startTime"),
    text("utc_offset", "utcOffset"),
    text("week_index", "weekIndex").one_of(&["First", "Second", "Third", "Fourth", "Last"]),
    blocks("not_allowed", "notAllowedDates", NOT_ALLOWED).unordered(),
];

/// The windows by name, each as the rows read it, out of the list that ARM answers.
pub fn shape(document: &mut Json) {
    let all = document["windows"]["value"].as_array().cloned().unwrap_or_default();
    let named = all.into_iter().filter_map(|mut one| {
        let name = one["name"].as_str()?.to_owned();
        let mut properties = one["properties"].take();
        let window = properties["maintenanceWindow"].take();
        Some((name, if window.is_object() { flat(window) } else { properties }))
    });
    document["windows"] = Json::Object(named.collect::<Map<_, _>>());
}

/// A window with its schedule's kind as frequency.
fn flat(mut window: Json) -> Json {
    let schedule = window["schedule"].take();
    let kinds = [
        ("daily", "Daily", "intervalDays"),
        ("weekly", "Weekly", "intervalWeeks"),
        ("absoluteMonthly", "AbsoluteMonthly", "intervalMonths"),
        ("relativeMonthly", "RelativeMonthly", "intervalMonths"),
    ];
    for (member, frequency, interval) in kinds {
        let of_kind = &schedule[member];
        if of_kind.is_object() {
            window["frequency"] = frequency.into();
            window["interval"] = of_kind[interval].clone();
            for name in ["dayOfMonth", "dayOfWeek", "weekIndex"] {
                window[name] = of_kind[name].clone();
            }
        }
    }
    window
}

/// A window as ARM has it.
fn deep(mut window: Json) -> Json {
    let mut take =
        |name: &str| window.as_object_mut().and_then(|members| members.remove(name)).unwrap_or_default();
    let (interval, frequency) = (take("interval"), take("frequency"));
    let (week, month, index) = (take("dayOfWeek"), take("dayOfMonth"), take("weekIndex"));
    let schedule = match frequency.as_str().unwrap_or_default() {
        "Daily" => json!({ "daily": { "intervalDays": interval } }),
        "Weekly" => json!({ "weekly": { "intervalWeeks": interval, "dayOfWeek": week } }),
        "AbsoluteMonthly" => {
            json!({ "absoluteMonthly": { "intervalMonths": interval, "dayOfMonth": month } })
        }
        _ => {
            json!({ "relativeMonthly": { "intervalMonths": interval, "dayOfWeek": week, "weekIndex": index } })
        }
    };
    window["schedule"] = schedule;
    json!({ "properties": { "maintenanceWindow": window } })
}

/// The steps that bring the windows to what is planned.
pub fn steps(input: &StepInput<'_>) -> Vec<Step> {
    let state = Some(input.prior).filter(|prior| !prior.is_null());
    let rows: Vec<Row> = KUBERNETES_CLUSTER
        .attributes
        .iter()
        .filter(|row| row.name.starts_with("maintenance_window"))
        .copied()
        .collect();
    let changed = document(&rows, input.planned, state)["windows"].take();
    let whole = document(&rows, input.planned, None)["windows"].take();
    let name = |row: &Row| match row.name {
        "maintenance_window" => "default",
        "maintenance_window_auto_upgrade" => "aksManagedAutoUpgradeSchedule",
        _ => "aksManagedNodeOSUpgradeSchedule",
    };
    let names = rows.iter().map(name).filter(|name| changed.get(*name).is_some());
    names.map(|name| one(input, name, whole[name].clone())).collect()
}

fn one(input: &StepInput<'_>, name: &str, window: Json) -> Step {
    let id = format!("{}/maintenanceConfigurations/{name}", input.id);
    match (window.is_object(), name) {
        (false, _) => Step::delete(id, input.api),
        (true, "default") => Step::put(id, input.api, json!({ "properties": window })),
        (true, _) => Step::put(id, input.api, deep(window)),
    }
}
