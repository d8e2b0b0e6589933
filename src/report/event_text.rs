//! What happens in a run as plain lines: one at the start, one at the end, one every now and then between.
//!
//! Never: a sensitive value is written.

use std::collections::BTreeMap;
use std::time::Duration;

use aksel_engine::apply::Done;
use aksel_engine::observer::{Doing, Event, Settlement, Subject};
use aksel_engine::options::PlanMode;
use aksel_engine::order;
use aksel_lang::console_text;
use aksel_lang::types::Text;
use aksel_lang::value::Value;

use crate::duration_text::spoken;

/// An event as a sentence; `None` for what is not worth a line.
pub fn sentence(event: &Event) -> Option<String> {
    Some(match event {
        Event::RefreshStarted(subject) => format!("{}: Refreshing state...{}", name(subject), id(subject)),
        Event::RefreshDone(subject) => format!("{}: Refresh complete{}", name(subject), id(subject)),
        Event::Started(subject, Doing::Create) => format!("{}: Creating...", name(subject)),
        Event::Started(subject, doing) => {
            format!("{}: {}...{}", name(subject), under_way(*doing), id(subject))
        }
        Event::Still(subject, doing, since) => {
            let doing = under_way(*doing).to_lowercase();
            format!(
                "{}: Still {doing}...{}",
                name(subject),
                bracketed(subject, &format!("{} elapsed", clock(*since)))
            )
        }
        Event::Done(subject, Doing::Delete, took) => {
            format!("{}: Destruction complete after {}", name(subject), clock(*took))
        }
        Event::Done(subject, doing, took) => {
            format!("{}: {} complete after {}{}", name(subject), noun(*doing), clock(*took), id(subject))
        }
        Event::Failed(subject, doing, took) => {
            format!("{}: {} errored after {}", name(subject), noun(*doing), clock(*took))
        }
        Event::ProvisionStarted(subject, kind) => format!("{}: Provisioning with '{kind}'...", name(subject)),
        Event::ProvisionSays(subject, kind, text) => format!("{}: ({kind}): {text}", name(subject)),
        Event::ProvisionDone(subject, kind) => format!("{}: ({kind}) Provisioning complete", name(subject)),
        Event::ProvisionFailed(subject, kind) => format!("{}: ({kind}) Provisioning errored", name(subject)),
        Event::Progress(subject, _, words) => format!("{}: {words}", name(subject)),
        Event::Settled(subject, Settlement::Adopted) => {
            format!("{}: Found what an interrupted run had made", name(subject))
        }
        Event::Settled(subject, Settlement::Gone) => {
            format!("{}: An interrupted run had not made it", name(subject))
        }
        Event::Wave(count) => format!("{count} deferred can be planned now."),
        Event::Planned(_) | Event::Begun(_) | Event::Touched(..) | Event::Skipped(..) => return None,
    })
}

/// The lines of plain output: fewer than there are events.
pub fn line(event: &Event) -> Option<String> {
    match event {
        Event::RefreshStarted(_)
        | Event::RefreshDone(_)
        | Event::Planned(_)
        | Event::ProvisionDone(..)
        | Event::Progress(..)
        | Event::Begun(_)
        | Event::Touched(..)
        | Event::Skipped(..) => None,
        Event::ProvisionSays(subject, kind, text) => Some(format!("{} ({kind}): {text}", name(subject))),
        Event::Failed(..) => None,
        other @ (Event::Started(..)
        | Event::Still(..)
        | Event::Done(..)
        | Event::ProvisionStarted(..)
        | Event::ProvisionFailed(..)
        | Event::Settled(..)
        | Event::Wave(_)) => sentence(other),
    }
}

fn name(subject: &Subject) -> String {
    match &subject.deposed {
        Some(key) => format!("{} (deposed object {key})", subject.address),
        None => subject.address.to_string(),
    }
}

fn id(subject: &Subject) -> String {
    subject.id.as_ref().map(|(key, value)| format!(" [{key}={value}]")).unwrap_or_default()
}

fn bracketed(subject: &Subject, words: &str) -> String {
    match &subject.id {
        Some((key, value)) => format!(" [{key}={value}, {words}]"),
        None => format!(" [{words}]"),
    }
}

fn under_way(doing: Doing) -> &'static str {
    match doing {
        Doing::Create => "Creating",
        Doing::Update => "Modifying",
        Doing::Delete => "Destroying",
        Doing::Read => "Reading",
        Doing::Open => "Opening",
    }
}

fn noun(doing: Doing) -> &'static str {
    match doing {
        Doing::Create => "Creation",
        Doing::Update => "Modifications",
        Doing::Delete => "Destruction",
        Doing::Read => "Read",
        Doing::Open => "Opening",
    }
}

/// A length of time: `0s`, `1m10s`, `2h0m5s`.
pub fn clock(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds}s"),
        (0, minutes, seconds) => format!("{minutes}m{seconds}s"),
        (hours, minutes, seconds) => format!("{hours}h{minutes}m{seconds}s"),
    }
}

/// The line that counts what was done.
pub fn summary_of_apply(mode: PlanMode, done: &Done) -> String {
    let forgotten =
        if done.forgotten > 0 { format!(", {} forgotten", done.forgotten) } else { String::new() };
    if mode == PlanMode::Destroy {
        return format!("Destroy complete! Resources: {} destroyed{forgotten}.", done.destroyed);
    }
    let imported = if done.imported > 0 { format!("{} imported, ", done.imported) } else { String::new() };
    format!(
        "Apply complete! Resources: {imported}{} added, {} changed, {} destroyed{forgotten}.",
        done.added, done.changed, done.destroyed
    )
}

/// How long it took and how many requests it was.
pub fn spent(took: Duration, requests: u64) -> String {
    let took = spoken(took);
    match requests {
        0 => format!("{took}."),
        1 => format!("{took}, 1 request."),
        more => format!("{took}, {more} requests."),
    }
}

/// A change that was not begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// The object.
    pub subject: Subject,
    /// What was to be done.
    pub doing: Doing,
    /// What failed, so that it could not be begun; `None` if the run was told to end.
    pub failed: Option<String>,
}

/// How many names stand in a list.
const NAMES_MAX: usize = 12;

/// The lines behind an apply that did not come to its end: what failed, what was skipped for it, what is safe.
pub fn incomplete(title: &str, failed: &[(Subject, Doing)], skipped: &[Skipped], done: &Done) -> String {
    let mut out = String::new();
    if !failed.is_empty() {
        out.push_str(&format!("{title}\n"));
        out.push_str(&names(failed.iter().map(|(subject, doing)| (subject, *doing))));
    }
    let mut groups: BTreeMap<Option<&str>, Vec<&Skipped>> = BTreeMap::new();
    for one in skipped {
        groups.entry(one.failed.as_deref()).or_default().push(one);
    }
    for (cause, group) in groups {
        match cause {
            Some(cause) => out.push_str(&format!("Not begun, because {cause} failed:\n")),
            None => out.push_str("Not begun, because the run was told to end:\n"),
        }
        out.push_str(&names(group.iter().map(|one| (&one.subject, one.doing))));
    }
    let Done { added, changed, destroyed, .. } = done;
    out.push_str(&format!(
        "Done, and safe in state: {added} added, {changed} changed, {destroyed} destroyed.\n"
    ));
    out
}

fn names<'a>(all: impl Iterator<Item = (&'a Subject, Doing)>) -> String {
    let mut all: Vec<(&Subject, Doing)> = all.collect();
    all.sort_by(|(a, _), (b, _)| {
        order::addresses(&a.address, &b.address).then_with(|| a.deposed.cmp(&b.deposed))
    });
    let line = |(subject, doing): &(&Subject, Doing)| format!("  {} ({})\n", name(subject), verb(*doing));
    let mut lines: Vec<String> = all.iter().map(line).collect();
    if lines.len() > NAMES_MAX {
        let more = lines.len() - NAMES_MAX + 1;
        lines.truncate(NAMES_MAX - 1);
        lines.push(format!("  … and {more} more\n"));
    }
    lines.concat()
}

fn verb(doing: Doing) -> &'static str {
    match doing {
        Doing::Create => "create",
        Doing::Update => "change",
        Doing::Delete => "destroy",
        Doing::Read => "read",
        Doing::Open => "open",
    }
}

/// The outputs, as they stand at the end of an apply; empty if there are none.
pub fn outputs(outputs: &BTreeMap<Text, Value>) -> String {
    if outputs.is_empty() {
        return String::new();
    }
    let lines = outputs.iter().map(|(name, value)| {
        let shown =
            if value.is_sensitive_deep() { "<sensitive>".into() } else { console_text::render(value) };
        format!("{name} = {shown}\n")
    });
    format!("\nOutputs:\n\n{}", lines.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_people_say_them() {
        let at = |seconds| clock(Duration::from_secs(seconds));
        assert_eq!([at(0), at(70), at(7205)], ["0s", "1m10s", "2h0m5s"]);
    }

    #[test]
    fn a_deletion_is_named_with_what_is_deleted() {
        let subject = Subject {
            address: "terraform_data.a[\"x\"]".parse().unwrap(),
            deposed: None,
            id: Some(("id".into(), "7".into())),
        };
        let started = sentence(&Event::Started(subject.clone(), Doing::Delete)).unwrap();
        assert_eq!(started, "terraform_data.a[\"x\"]: Destroying... [id=7]");
        let still = sentence(&Event::Still(subject, Doing::Delete, Duration::from_secs(10))).unwrap();
        assert_eq!(still, "terraform_data.a[\"x\"]: Still destroying... [id=7, 10s elapsed]");
    }
}
