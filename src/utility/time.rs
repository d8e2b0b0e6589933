//! The provider `time`: waiting, and moments that stay until a trigger changes.
//!
//! Invariant: a wait can be stopped; what was being made is then not made.
//! Rule: <https://registry.terraform.io/providers/hashicorp/time/latest/docs>

use std::time::Duration;

use aksel_lang::code::Code;
use aksel_lang::types::Type;
use aksel_lang::value::Value;
use aksel_provider::finding::Finding;
use aksel_provider::provider::{Object, PlanRequest, Planned};
use aksel_provider::stop::Urgency;
use aksel_provider::world::World;
use async_trait::async_trait;
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

use crate::family::Family;
use crate::kind::{Attributes, Kind, Row, Shape, Surroundings, computed, invalid, optional, plan_by_rows};
use crate::time_functions;

/// The provider.
pub(crate) fn family() -> Family {
    let kinds: Vec<Box<dyn Kind>> =
        vec![Box::new(Sleep), Box::new(Static), Box::new(Offset), Box::new(Rotating)];
    Family::new("registry.terraform.io/hashicorp/time", kinds, Vec::new()).with(time_functions::functions())
}

const TRIGGERS: Row = optional("triggers", Shape::TextMap).replaces();
const ID: Row = computed("id", Shape::Text);

/// A moment to the second, as the provider writes it.
fn rfc3339(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn parse(text: &str, name: &str) -> Result<Timestamp, Finding> {
    text.parse().map_err(|_| {
        let detail = format!("`{text}` is no RFC 3339 time, such as \"2020-02-12T06:36:13Z\".");
        invalid(name, "Invalid RFC3339 String Value", detail)
    })
}

/// The parts of the moment, by the names that the resources share.
fn set_parts(to: &mut Attributes, moment: Timestamp) {
    let parts = moment.to_zoned(TimeZone::UTC);
    to.set("year", i64::from(parts.year()));
    to.set("month", i64::from(parts.month()));
    to.set("day", i64::from(parts.day()));
    to.set("hour", i64::from(parts.hour()));
    to.set("minute", i64::from(parts.minute()));
    to.set("second", i64::from(parts.second()));
    to.set("unix", moment.as_second());
}

const PARTS: [Row; 7] = [
    computed("day", Shape::Number),
    computed("hour", Shape::Number),
    computed("minute", Shape::Number),
    computed("month", Shape::Number),
    computed("second", Shape::Number),
    computed("unix", Shape::Number),
    computed("year", Shape::Number),
];

/// How far from a moment to another, in the units of arguments that begin with a prefix.
fn shifted(from: Timestamp, units: &Attributes, prefix: &str) -> Option<Timestamp> {
    let unit = |name: &str| units.number(&format!("{prefix}{name}")).unwrap_or(0);
    let there = from.to_zoned(TimeZone::UTC);
    let day = calendar(there.date(), unit("years"), unit("months"), unit("days"))?;
    let moment = day.to_datetime(there.time()).to_zoned(TimeZone::UTC).ok()?.timestamp();
    let span = 0.hours().try_hours(unit("hours")).ok()?;
    let span = span.try_minutes(unit("minutes")).ok()?.try_seconds(unit("seconds")).ok()?;
    moment.checked_add(span).ok()
}

/// Months without the day overflow into the next one: January 31 and a month is March 2 or 3.
fn calendar(from: Date, years: i64, months: i64, days: i64) -> Option<Date> {
    let month = (i64::from(from.year()) + years) * 12 + i64::from(from.month()) - 1 + months;
    let (year, month) =
        (i16::try_from(month.div_euclid(12)).ok()?, i8::try_from(month.rem_euclid(12) + 1).ok()?);
    if !(-9999..=9999).contains(&year) {
        return None;
    }
    date(year, month, 1).checked_add(0.days().try_days(i64::from(from.day()) - 1 + days).ok()?).ok()
}

/// The length of `1.5h`, `30s`, `250ms`, `5m`.
fn length(text: &str) -> Option<Duration> {
    let digits = text.find(|c: char| c.is_ascii_alphabetic())?;
    let (number, unit) = text.split_at(digits);
    let whole = number.chars().next()?.is_ascii_digit() && number.chars().last()?.is_ascii_digit();
    let seconds = match unit {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return None,
    };
    let number: f64 = number.parse().ok().filter(|_| whole)?;
    Duration::try_from_secs_f64(number * seconds).ok()
}

struct Sleep;

impl Sleep {
    async fn wait(argument: Option<&str>, around: Surroundings<'_>) -> Result<(), Finding> {
        let Some(duration) = argument.and_then(length) else { return Ok(()) };
        around.progress.says(&format!("Waiting {}", argument.unwrap_or_default()));
        tokio::select! {
            () = around.world.pause(duration) => Ok(()),
            () = around.stop.reached(Urgency::Now) => {
                Err(Finding::error(Code::Interrupted, "stopped while waiting", "The wait was stopped before it had ended."))
            }
        }
    }
}

#[async_trait]
impl Kind for Sleep {
    fn name(&self) -> &'static str {
        "time_sleep"
    }

    fn rows(&self) -> &'static [Row] {
        const {
            &[
                optional("create_duration", Shape::Text),
                optional("destroy_duration", Shape::Text),
                TRIGGERS,
                ID,
            ]
        }
    }

    fn validate(&self, config: &Attributes) -> Vec<Finding> {
        let names = ["create_duration", "destroy_duration"];
        if names.iter().all(|name| config.get(name).is_none()) {
            let detail = "At least one of create_duration and destroy_duration must be given.";
            return vec![invalid("create_duration", "Missing Attribute Configuration", detail)];
        }
        let wrong = |name: &&str| config.text(name).is_some_and(|text| length(text).is_none());
        let say = |name: &str| {
            let detail = format!(
                "Attribute {name} must be a number immediately followed by ms (milliseconds), s (seconds), m (minutes), or h (hours). For example, \"30s\" for 30 seconds."
            );
            invalid(name, "Invalid Attribute Value Match", detail)
        };
        names.into_iter().filter(wrong).map(say).collect()
    }

    async fn create(&self, mut planned: Attributes, around: Surroundings<'_>) -> Result<Attributes, Finding> {
        Sleep::wait(planned.text("create_duration"), around).await?;
        planned.set_text("id", rfc3339(around.world.now()));
        Ok(planned)
    }

    async fn delete(&self, prior: Attributes, around: Surroundings<'_>) -> Result<(), Finding> {
        Sleep::wait(prior.text("destroy_duration"), around).await
    }

    fn import(&self, id: &str, world: &dyn World) -> Result<Attributes, Finding> {
        let wrong = || bad_import("`create_duration,destroy_duration`");
        let (create, destroy) = id.split_once(',').ok_or_else(wrong)?;
        let mut attributes = Attributes::of(&Value::null(Type::Dynamic));
        for (name, text) in [("create_duration", create), ("destroy_duration", destroy)] {
            if !text.is_empty() {
                length(text).ok_or_else(wrong)?;
                attributes.set_text(name, text);
            }
        }
        attributes.set_text("id", rfc3339(world.now()));
        Ok(attributes)
    }
}

fn bad_import(form: &str) -> Finding {
    Finding::error(Code::InvalidImport, "Invalid import id", format!("The id has the form {form}."))
}

struct Static;

#[async_trait]
impl Kind for Static {
    fn name(&self) -> &'static str {
        "time_static"
    }

    fn rows(&self) -> &'static [Row] {
        const {
            let [day, hour, minute, month, second, unix, year] = PARTS;
            &[
                TRIGGERS,
                day,
                hour,
                minute,
                month,
                optional("rfc3339", Shape::Text).or_computed().replaces(),
                second,
                unix,
                year,
                ID,
            ]
        }
    }

    fn validate(&self, config: &Attributes) -> Vec<Finding> {
        config.text("rfc3339").and_then(|text| parse(text, "rfc3339").err()).into_iter().collect()
    }

    async fn create(&self, mut planned: Attributes, around: Surroundings<'_>) -> Result<Attributes, Finding> {
        let moment = match planned.text("rfc3339") {
            Some(text) => parse(text, "rfc3339")?,
            None => around.world.now(),
        };
        // A given time stays in the zone in which it was written.
        let text = planned.text("rfc3339").map_or_else(|| rfc3339(moment), str::to_owned);
        set_parts(&mut planned, moment);
        planned.set_text("rfc3339", &text);
        planned.set_text("id", &text);
        Ok(planned)
    }

    fn import(&self, id: &str, _world: &dyn World) -> Result<Attributes, Finding> {
        let mut attributes = Attributes::of(&Value::null(Type::Dynamic));
        set_parts(&mut attributes, parse(id, "id")?);
        attributes.set_text("rfc3339", id);
        attributes.set_text("id", id);
        Ok(attributes)
    }
}

struct Offset;

const OFFSETS: [&str; 6] =
    ["offset_years", "offset_months", "offset_days", "offset_hours", "offset_minutes", "offset_seconds"];

impl Offset {
    fn finish(mut planned: Attributes, base: Timestamp, text: &str) -> Result<Attributes, Finding> {
        let moment = shifted(base, &planned, "offset_").ok_or_else(|| {
            invalid("offset_years", "Invalid offset", "The time is outside of what a calendar has.")
        })?;
        set_parts(&mut planned, moment);
        planned.set_text("base_rfc3339", text);
        planned.set_text("rfc3339", rfc3339(moment));
        planned.set_text("id", text);
        Ok(planned)
    }
}

#[async_trait]
impl Kind for Offset {
    fn name(&self) -> &'static str {
        "time_offset"
    }

    fn rows(&self) -> &'static [Row] {
        const {
            let [day, hour, minute, month, second, unix, year] = PARTS;
            &[
                TRIGGERS,
                optional("base_rfc3339", Shape::Text).or_computed().replaces(),
                day,
                hour,
                minute,
                month,
                optional("offset_days", Shape::Number),
                optional("offset_hours", Shape::Number),
                optional("offset_minutes", Shape::Number),
                optional("offset_months", Shape::Number),
                optional("offset_seconds", Shape::Number),
                optional("offset_years", Shape::Number),
                computed("rfc3339", Shape::Text),
                second,
                unix,
                year,
                ID,
            ]
        }
    }

    fn validate(&self, config: &Attributes) -> Vec<Finding> {
        let mut findings: Vec<Finding> = config
            .text("base_rfc3339")
            .and_then(|text| parse(text, "base_rfc3339").err())
            .into_iter()
            .collect();
        findings.extend(at_least_one(config, &OFFSETS));
        findings
    }

    fn plan(&self, request: &PlanRequest<'_>, _world: &dyn World) -> Result<Planned, Vec<Finding>> {
        recomputed(plan_by_rows(self.rows(), request), request, "base_rfc3339", &OFFSETS, Offset::finish)
    }

    async fn create(&self, planned: Attributes, around: Surroundings<'_>) -> Result<Attributes, Finding> {
        let (base, text) = base_of(&planned, "base_rfc3339", around.world)?;
        Offset::finish(planned, base, &text)
    }

    async fn update(&self, planned: Attributes, around: Surroundings<'_>) -> Result<Attributes, Finding> {
        self.create(planned, around).await
    }

    fn import(&self, id: &str, _world: &dyn World) -> Result<Attributes, Finding> {
        import_units(id, "offset_", "base_rfc3339", Offset::finish)
    }
}

struct Rotating;

const ROTATIONS: [&str; 5] =
    ["rotation_years", "rotation_months", "rotation_days", "rotation_hours", "rotation_minutes"];

impl Rotating {
    fn finish(mut planned: Attributes, base: Timestamp, text: &str) -> Result<Attributes, Finding> {
        if ROTATIONS.iter().any(|name| planned.get(name).is_some()) {
            let moment = shifted(base, &planned, "rotation_").ok_or_else(|| {
                invalid("rotation_years", "Invalid rotation", "The time is outside of what a calendar has.")
            })?;
            planned.set_text("rotation_rfc3339", rfc3339(moment));
        }
        set_parts(&mut planned, base);
        planned.set_text("rfc3339", text);
        planned.set_text("id", text);
        Ok(planned)
    }
}

#[async_trait]
impl Kind for Rotating {
    fn name(&self) -> &'static str {
        "time_rotating"
    }

    fn rows(&self) -> &'static [Row] {
        const {
            let [day, hour, minute, month, second, unix, year] = PARTS;
            &[
                TRIGGERS,
                day,
                optional("rotation_days", Shape::Number),
                optional("rotation_hours", Shape::Number),
                optional("rotation_minutes", Shape::Number),
                optional("rotation_months", Shape::Number),
                optional("rotation_rfc3339", Shape::Text).or_computed(),
                optional("rotation_years", Shape::Number),
                hour,
                minute,
                month,
                optional("rfc3339", Shape::Text).or_computed().replaces(),
                second,
                unix,
                year,
                ID,
            ]
        }
    }

    fn validate(&self, config: &Attributes) -> Vec<Finding> {
        let times = ["rfc3339", "rotation_rfc3339"];
        let wrong = |name: &str| config.text(name).and_then(|text| parse(text, name).err());
        let mut findings: Vec<Finding> = times.into_iter().filter_map(wrong).collect();
        if config.get("rotation_rfc3339").is_none() {
            findings.extend(at_least_one(config, &ROTATIONS));
        }
        let short = ROTATIONS.into_iter().filter(|name| config.number(name).is_some_and(|number| number < 1));
        let say = |name| {
            invalid(name, "Invalid Attribute Value", format!("Attribute {name} value must be at least 1"))
        };
        findings.extend(short.map(say));
        findings
    }

    /// A moment that has passed is gone, so that it is made anew.
    fn read(&self, state: &Object, world: &dyn World) -> Result<Option<Object>, Finding> {
        let attributes = Attributes::of(&state.value);
        let due = match attributes.text("rotation_rfc3339").filter(|text| !text.is_empty()) {
            Some(text) => world.now() > parse(text, "rotation_rfc3339")?,
            None => false,
        };
        Ok((!due).then(|| state.clone()))
    }

    fn plan(&self, request: &PlanRequest<'_>, _world: &dyn World) -> Result<Planned, Vec<Finding>> {
        recomputed(plan_by_rows(self.rows(), request), request, "rfc3339", &ROTATIONS, Rotating::finish)
    }

    async fn create(&self, planned: Attributes, around: Surroundings<'_>) -> Result<Attributes, Finding> {
        let (base, text) = base_of(&planned, "rfc3339", around.world)?;
        Rotating::finish(planned, base, &text)
    }

    async fn update(&self, planned: Attributes, around: Surroundings<'_>) -> Result<Attributes, Finding> {
        self.create(planned, around).await
    }

    fn import(&self, id: &str, _world: &dyn World) -> Result<Attributes, Finding> {
        let parts: Vec<&str> = id.split(',').collect();
        if let [base, rotation] = parts[..] {
            parse(rotation, "rotation_rfc3339")?;
            let mut attributes = Attributes::of(&Value::null(Type::Dynamic));
            attributes.set_text("rotation_rfc3339", rotation);
            return Rotating::finish(attributes, parse(base, "rfc3339")?, base);
        }
        import_units(id, "rotation_", "rfc3339", Rotating::finish)
    }
}

fn at_least_one(config: &Attributes, names: &[&'static str]) -> Option<Finding> {
    let none = names.iter().all(|name| config.get(name).is_none());
    let detail = || format!("At least one of these attributes must be configured: {}.", names.join(", "));
    none.then(|| invalid(names[0], "Missing Attribute Configuration", detail()))
}

/// The moment from which is counted: as written, else now.
fn base_of(planned: &Attributes, name: &str, world: &dyn World) -> Result<(Timestamp, String), Finding> {
    match planned.text(name) {
        Some(text) => Ok((parse(text, name)?, text.to_owned())),
        None => Ok((world.now(), rfc3339(world.now()))),
    }
}

type Finish = fn(Attributes, Timestamp, &str) -> Result<Attributes, Finding>;

/// What a changed distance gives is known while planning, since the base stays.
fn recomputed(
    planned: Planned,
    request: &PlanRequest<'_>,
    base: &str,
    units: &[&str],
    finish: Finish,
) -> Result<Planned, Vec<Finding>> {
    let same = |name: &&str| request.prior.attribute(name) == planned.value.attribute(name);
    if request.prior.is_null() || !planned.replace.is_empty() || units.iter().all(same) {
        return Ok(planned);
    }
    let attributes = Attributes::of(&planned.value);
    let unknown = |name: &&str| attributes.get(name).is_some_and(|value| !value.is_known());
    if units.iter().any(unknown) {
        return Ok(with_unknown_parts(planned, attributes));
    }
    let Some(text) = attributes.text(base).map(str::to_owned) else { return Ok(planned) };
    let finished = parse(&text, base).and_then(|moment| finish(attributes, moment, &text));
    finished.map(|value| Planned { value: value.into_value(), ..planned }).map_err(|finding| vec![finding])
}

fn with_unknown_parts(planned: Planned, mut attributes: Attributes) -> Planned {
    for part in PARTS {
        attributes.set(part.name, Value::unknown_not_null(Type::Number));
    }
    for text in ["rfc3339", "rotation_rfc3339"] {
        if planned.value.attribute(text).is_some() {
            attributes.set(text, Value::unknown_not_null(Type::String));
        }
    }
    Planned { value: attributes.into_value(), ..planned }
}

/// `BASE,YEARS,MONTHS,DAYS,HOURS,MINUTES[,SECONDS]`, where what is empty is not set.
fn import_units(id: &str, prefix: &str, base: &str, finish: Finish) -> Result<Attributes, Finding> {
    let wrong = || bad_import("`base,years,months,days,hours,minutes[,seconds]`");
    let parts: Vec<&str> = id.split(',').collect();
    let units = ["years", "months", "days", "hours", "minutes", "seconds"];
    if !(6..=7).contains(&parts.len()) {
        return Err(wrong());
    }
    let mut attributes = Attributes::of(&Value::null(Type::Dynamic));
    for (unit, text) in units.iter().zip(&parts[1..]).filter(|(_, text)| !text.is_empty()) {
        attributes.set(&format!("{prefix}{unit}"), text.parse::<i64>().map_err(|_| wrong())?);
    }
    finish(attributes, parse(parts[0], base)?, parts[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_a_number_and_a_unit() {
        assert_eq!(length("1.5h"), Some(Duration::from_secs(5400)));
        assert_eq!(length("250ms"), Some(Duration::from_millis(250)));
        for wrong in ["", "5", "s", "1d", "-1s", ".5s", "1.s", "1 s"] {
            assert_eq!(length(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn months_overflow_as_calendars_of_go_do() {
        let from = date(2024, 1, 31);
        assert_eq!(calendar(from, 0, 1, 0), Some(date(2024, 3, 2)));
        assert_eq!(calendar(from, 1, -12, -31), Some(date(2023, 12, 31)));
    }
}
