//! Schedules of CronJobs: five fields, a descriptor such as `@daily`, or `@every 90s`.
//!
//! Invariant: a time that is found is a whole minute (or a whole period) after the one that was asked about.
//! Rule: <https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-syntax>

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
/// The least and the most of minute, hour, day of month, month and day of week, with the names that stand for numbers.
const FIELDS: [(u32, u32, &[&str]); 5] =
    [(0, 59, &[]), (0, 23, &[]), (1, 31, &[]), (1, 12, &MONTHS), (0, 6, &DAYS)];
/// How many days ahead a day is looked for; a leap day comes within eight years.
const DAYS_AHEAD: usize = 8 * 366;

/// A set of small numbers, with whether it was written as all of them.
#[derive(Clone, Copy, Debug)]
struct Field {
    bits: u64,
    star: bool,
}

impl Field {
    fn has(self, number: i8) -> bool {
        u32::try_from(number).is_ok_and(|number| self.bits >> number & 1 == 1)
    }
}

/// When something is to happen.
#[derive(Clone, Debug)]
pub(super) enum Schedule {
    /// At the minutes that fit all fields.
    Fields(Box<Times>),
    /// Again and again after the same span.
    Every(SignedDuration),
}

/// The fields of a schedule, with the zone in which they are meant.
#[derive(Clone, Debug)]
pub(super) struct Times {
    minute: Field,
    hour: Field,
    day: Field,
    month: Field,
    weekday: Field,
    zone: TimeZone,
}

impl Schedule {
    /// Reads a schedule; none if it is not one.
    pub(super) fn read(text: &str, zone: &str) -> Option<Self> {
        if let Some(span) = text.strip_prefix("@every ") {
            return Some(Self::Every(span.trim().parse().ok()?));
        }
        let text = match text {
            "@yearly" | "@annually" => "0 0 1 1 *",
            "@monthly" => "0 0 1 * *",
            "@weekly" => "0 0 * * 0",
            "@daily" | "@midnight" => "0 0 * * *",
            "@hourly" => "0 * * * *",
            text => text,
        };
        let parts: Vec<&str> = text.split_whitespace().collect();
        let [minute, hour, day, month, weekday] = parts.as_slice() else { return None };
        let zone = if zone.is_empty() { TimeZone::UTC } else { TimeZone::get(zone).ok()? };
        Some(Self::Fields(Box::new(Times {
            minute: field(minute, 0)?,
            hour: field(hour, 1)?,
            day: field(day, 2)?,
            month: field(month, 3)?,
            weekday: field(weekday, 4)?,
            zone,
        })))
    }

    /// The first time after another.
    pub(super) fn next(&self, after: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Every(span) => after.checked_add(*span).ok(),
            Self::Fields(times) => times.next(after),
        }
    }

    /// The last time after one moment and not after another.
    pub(super) fn latest(&self, after: Timestamp, until: Timestamp) -> Option<Timestamp> {
        if let Self::Every(span) = self {
            let millis = i64::try_from(span.as_millis()).ok().filter(|millis| *millis > 0)?;
            let times = (until.as_millisecond() - after.as_millisecond()) / millis;
            return (times > 0).then(|| super::fields::after_millis(after, times * millis));
        }
        let mut back = 60;
        loop {
            let from = super::fields::after(until, -back).max(after);
            let mut found = self.next(from).filter(|time| *time <= until);
            while let Some(later) = found.and_then(|time| self.next(time)).filter(|time| *time <= until) {
                found = Some(later);
            }
            if found.is_some() || from == after {
                return found;
            }
            back *= 2;
        }
    }
}

impl Times {
    fn next(&self, after: Timestamp) -> Option<Timestamp> {
        let start = after.to_zoned(self.zone.clone()).date();
        for date in start.series(jiff::Span::new().days(1)).take(DAYS_AHEAD) {
            let of_week = date.weekday().to_sunday_zero_offset();
            if !self.month.has(date.month()) || !self.is_day(date.day(), of_week) {
                continue;
            }
            let hours = (0..24).filter(|hour| self.hour.has(*hour));
            let times = hours.flat_map(|hour| {
                (0..60)
                    .filter(|minute| self.minute.has(*minute))
                    .map(move |minute| date.at(hour, minute, 0, 0))
            });
            let found = times.filter_map(|time: DateTime| self.zone.to_timestamp(time).ok());
            if let Some(time) = found.filter(|time| *time > after).min() {
                return Some(time);
            }
        }
        None
    }

    /// A day fits both its fields, or either if both are restricted.
    fn is_day(&self, of_month: i8, of_week: i8) -> bool {
        let (month, week) = (self.day.has(of_month), self.weekday.has(of_week));
        if self.day.star || self.weekday.star { month && week } else { month || week }
    }
}

fn field(text: &str, index: usize) -> Option<Field> {
    let (least, most, names) = FIELDS[index];
    let number = |text: &str| -> Option<u32> {
        let named = names.iter().position(|name| text.eq_ignore_ascii_case(name));
        named.and_then(|at| u32::try_from(at).ok()).map(|at| at + least).or_else(|| text.parse().ok())
    };
    let mut field = Field { bits: 0, star: false };
    for part in text.split(',') {
        let (range, step) = part.split_once('/').map_or((part, None), |(range, step)| (range, Some(step)));
        let step: u32 = step.map_or(Some(1), |step| step.parse().ok()).filter(|step| *step > 0)?;
        let (from, to) = match range {
            "*" | "?" => {
                field.star |= step == 1;
                (least, most)
            }
            range => match range.split_once('-') {
                Some((from, to)) => (number(from)?, number(to)?),
                None if part.contains('/') => (number(range)?, most),
                None => (number(range)?, number(range)?),
            },
        };
        if from < least || to > most || from > to {
            return None;
        }
        for value in (from..=to).step_by(usize::try_from(step).ok()?) {
            field.bits |= 1 << value;
        }
    }
    Some(field)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_time_fits_all_fields() {
        for (schedule, zone, after, next) in [
            ("* * * * *", "", "2026-01-01T00:00:30Z", "2026-01-01T00:01:00Z"),
            ("*/15 9-17 * * mon-fri", "", "2026-01-02T17:50:00Z", "2026-01-05T09:00:00Z"),
            ("0 0 29 2 *", "", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z"),
            ("0 6 1 * 1", "", "2026-01-01T07:00:00Z", "2026-01-05T06:00:00Z"),
            ("30 2 * * *", "Europe/Berlin", "2026-01-01T00:00:00Z", "2026-01-01T01:30:00Z"),
            ("@hourly", "", "2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z"),
            ("@every 90s", "", "2026-01-01T00:00:00Z", "2026-01-01T00:01:30Z"),
        ] {
            let found = Schedule::read(schedule, zone).unwrap().next(after.parse().unwrap()).unwrap();
            assert_eq!(found.to_string(), next, "{schedule}");
        }
    }

    #[test]
    fn the_latest_time_is_found_however_long_nobody_looked() {
        let schedule = Schedule::read("*/5 * * * *", "").unwrap();
        let latest = |after: &str, until: &str| {
            schedule.latest(after.parse().unwrap(), until.parse().unwrap()).map(|time| time.to_string())
        };
        assert_eq!(
            latest("2026-01-01T00:00:00Z", "2026-03-01T00:07:00Z").as_deref(),
            Some("2026-03-01T00:05:00Z")
        );
        assert_eq!(latest("2026-01-01T00:00:00Z", "2026-01-01T00:04:59Z"), None);
    }
}
