//! The live area of an apply on a terminal: what is in flight and for how long, what waits and for what, how far it is.
//!
//! Invariant: a line of the area is never wider than the terminal, so that as many lines can be wiped as were drawn.
//! Invariant: every change is counted once, as upcoming, in flight, or ended.
//! Never: the area reads a clock; whoever draws it says what time it is.

use std::collections::HashMap;
use std::time::Duration;

use aksel_engine::observer::{Doing, Event, Subject, Upcoming};
use aksel_lang::address::Address;
use aksel_lang::types::Text;
use console::{measure_text_width, truncate_str};
use jiff::Timestamp;

use crate::duration_text::{guessed, running, spoken};
use crate::pace::Pace;
use crate::style::{Style, Tone};

/// How many changes in flight have a line of their own.
const LINES_MAX: usize = 12;
/// The widest column of addresses.
const NAME_MAX: usize = 56;
/// How many cells the bar has.
const BAR: usize = 26;
/// How many it has where there is less room.
const BAR_NARROW: usize = 12;
/// From how many columns there is room enough.
const WIDE: usize = 96;
/// The pictures of something that goes on.
const SPINNER: [&str; 10] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

/// How far an apply is.
#[derive(Clone, Debug, Default)]
pub struct Live {
    changes: Vec<Change>,
    index: HashMap<Key, usize>,
    name_width: usize,
    ending: Ending,
}

/// Whether the apply was told to end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ending {
    /// It was not.
    #[default]
    Open,
    /// What is in flight finishes.
    Finishing,
}

type Key = (Address, Option<Text>, Doing);

#[derive(Clone, Debug)]
struct Change {
    upcoming: Upcoming,
    /// The resource as it is written, as others name it in what they need.
    resource: String,
    progress: Progress,
}

#[derive(Clone, Debug, PartialEq)]
enum Progress {
    Waiting,
    InFlight { since: Timestamp, words: Option<String> },
    Ended,
}

impl Live {
    /// Nothing has begun.
    pub fn new(upcoming: &[Upcoming]) -> Live {
        let mut live = Live::default();
        for one in upcoming {
            let key = key(&one.subject, one.doing);
            live.index.insert(key, live.changes.len());
            live.name_width = live.name_width.max(measure_text_width(&name(&one.subject)));
            live.changes.push(Change {
                resource: one.subject.address.config().to_string(),
                upcoming: one.clone(),
                progress: Progress::Waiting,
            });
        }
        live.name_width = live.name_width.min(NAME_MAX);
        live
    }

    /// Takes in that the apply is to end.
    pub fn end(&mut self) {
        self.ending = Ending::Finishing;
    }

    /// Takes in what happens.
    pub fn hears(&mut self, event: &Event, now: Timestamp) {
        match event {
            Event::Started(subject, doing) => {
                self.set(subject, *doing, Progress::InFlight { since: now, words: None });
            }
            Event::Progress(subject, doing, said) => {
                if let Some(change) = self.change(subject, *doing)
                    && let Progress::InFlight { words, .. } = &mut change.progress
                {
                    *words = Some(said.clone());
                }
            }
            Event::Done(subject, doing, _) | Event::Failed(subject, doing, _) => {
                self.set(subject, *doing, Progress::Ended);
            }
            Event::RefreshStarted(_)
            | Event::RefreshDone(_)
            | Event::Planned(_)
            | Event::Still(..)
            | Event::ProvisionStarted(..)
            | Event::ProvisionSays(..)
            | Event::ProvisionDone(..)
            | Event::ProvisionFailed(..)
            | Event::Settled(..)
            | Event::Wave(_)
            | Event::Begun(_)
            | Event::Touched(..)
            | Event::Skipped(..) => {}
        }
    }

    fn change(&mut self, subject: &Subject, doing: Doing) -> Option<&mut Change> {
        let at = *self.index.get(&key(subject, doing))?;
        self.changes.get_mut(at)
    }

    fn set(&mut self, subject: &Subject, doing: Doing, progress: Progress) {
        if let Some(change) = self.change(subject, doing) {
            change.progress = progress;
        }
    }

    /// The line that stays of an event, above the area.
    pub fn line(&self, event: &Event, style: Style) -> Option<String> {
        let (sign, subject, doing, took) = match event {
            Event::Done(subject, doing, took) => (style.paint(Tone::Good, "✓"), subject, *doing, took),
            Event::Failed(subject, doing, took) => (style.paint(Tone::Bad, "✗"), subject, *doing, took),
            Event::RefreshStarted(_)
            | Event::RefreshDone(_)
            | Event::Planned(_)
            | Event::Started(..)
            | Event::Progress(..)
            | Event::Still(..)
            | Event::ProvisionStarted(..)
            | Event::ProvisionSays(..)
            | Event::ProvisionDone(..)
            | Event::ProvisionFailed(..)
            | Event::Settled(..)
            | Event::Wave(_)
            | Event::Begun(_)
            | Event::Touched(..)
            | Event::Skipped(..) => return None,
        };
        let word = match (event, doing) {
            (Event::Failed(..), _) => "failed",
            (_, Doing::Create | Doing::Open) => "",
            (_, Doing::Update) => "changed",
            (_, Doing::Delete) => "destroyed",
            (_, Doing::Read) => "read",
        };
        let line = format!(" {sign} {}  {word:<12} {:>8}", self.column(subject), spoken(*took));
        Some(fitted(&line, style))
    }

    fn column(&self, subject: &Subject) -> String {
        let name = truncate_str(&name(subject), self.name_width, "…").into_owned();
        let missing = self.name_width.saturating_sub(measure_text_width(&name));
        format!("{name}{}", " ".repeat(missing))
    }

    /// The area as it is now. `frame` turns the pictures.
    pub fn area(&self, pace: &Pace, now: Timestamp, frame: usize, style: Style) -> Vec<String> {
        let mut lines: Vec<String> = self
            .flights()
            .take(LINES_MAX)
            .map(|(change, since, words)| {
                let picture = style.paint(Tone::Change, SPINNER[frame % SPINNER.len()]);
                let doing = under_way(change.upcoming.doing);
                let so_far = running(elapsed(since, now));
                let words = words.map(|words| format!("   {words}")).unwrap_or_default();
                let column = self.column(&change.upcoming.subject);
                format!(" {picture} {column}  {doing:<12} {so_far:>8}{words}")
            })
            .collect();
        let more = self.flights().count().saturating_sub(LINES_MAX);
        if more > 0 {
            lines.push(format!(" · {more} more in flight"));
        }
        lines.extend(self.waiting());
        lines.push(self.last(pace, now, style));
        lines.iter().map(|line| fitted(line, style)).collect()
    }

    fn flights(&self) -> impl Iterator<Item = (&Change, Timestamp, Option<&str>)> {
        self.changes.iter().filter_map(|change| match &change.progress {
            Progress::InFlight { since, words } => Some((change, *since, words.as_deref())),
            Progress::Waiting | Progress::Ended => None,
        })
    }

    /// What waits, and for which of those in flight most of it does.
    fn waiting(&self) -> Option<String> {
        let waiting: Vec<&Change> =
            self.changes.iter().filter(|change| change.progress == Progress::Waiting).collect();
        if waiting.is_empty() || self.ending == Ending::Finishing {
            return None;
        }
        let count = |flight: &Change| waiting.iter().filter(|change| waits_for(change, flight)).count();
        let most = self.flights().map(|(flight, ..)| (count(flight), flight)).max_by_key(|(count, _)| *count);
        Some(match most.filter(|(count, _)| *count > 0) {
            Some((count, flight)) if count == waiting.len() => {
                format!(" · {count} waiting for {}", name(&flight.upcoming.subject))
            }
            Some((count, flight)) => format!(
                " · {} waiting, {count} of them for {}",
                waiting.len(),
                name(&flight.upcoming.subject)
            ),
            None => format!(" · {} waiting", waiting.len()),
        })
    }

    fn last(&self, pace: &Pace, now: Timestamp, style: Style) -> String {
        let all = self.changes.len();
        let ended = self.changes.iter().filter(|change| change.progress == Progress::Ended).count();
        let cells = if style.width < WIDE { BAR_NARROW } else { BAR };
        let filled = (ended * cells).checked_div(all).unwrap_or(cells);
        let bar = format!(
            "[{}{}]",
            style.paint(Tone::Good, &"█".repeat(filled)),
            style.paint(Tone::Faint, &"░".repeat(cells - filled))
        );
        let left = self.left(pace, now).map(|left| format!("   {} left", guessed(left)));
        let hint = match self.ending {
            Ending::Open => "Ctrl-C finishes what is in flight",
            Ending::Finishing => "Finishing what is in flight; Ctrl-C ends at once",
        };
        format!(" {bar} {ended} of {all}{}   {hint}", left.unwrap_or_default())
    }

    /// How long the longest chain of what is left takes, if all of that was seen before.
    ///
    /// What needs more comes behind what it needs, so that one pass over the changes in the order of how much they need is
    /// enough. A deletion goes the other way, and a chain is as long from either end.
    fn left(&self, pace: &Pace, now: Timestamp) -> Option<Duration> {
        let mut open: Vec<(&Change, Duration)> = Vec::new();
        for change in &self.changes {
            let expected =
                || pace.expected(&change.upcoming.subject.address.resource.type_name, change.upcoming.doing);
            let rest = match &change.progress {
                Progress::Ended => continue,
                Progress::Waiting => expected()?,
                Progress::InFlight { since, .. } => expected()?.saturating_sub(elapsed(*since, now)),
            };
            open.push((change, rest));
        }
        open.sort_by_key(|(change, _)| change.upcoming.needs.len());
        let mut ends: HashMap<&str, Duration> = HashMap::new();
        for (change, rest) in &open {
            let before = change.upcoming.needs.iter().filter_map(|needed| ends.get(&**needed)).max();
            let end = before.copied().unwrap_or_default() + *rest;
            let known = ends.entry(&change.resource).or_default();
            *known = end.max(*known);
        }
        ends.into_values().max()
    }
}

/// Whether a change can begin only after another one.
fn waits_for(change: &Change, other: &Change) -> bool {
    let (needs, needed) = match change.upcoming.doing {
        Doing::Delete => (other, change),
        Doing::Create | Doing::Update | Doing::Read | Doing::Open => (change, other),
    };
    needs.upcoming.needs.contains(&needed.resource)
}

fn key(subject: &Subject, doing: Doing) -> Key {
    (subject.address.clone(), subject.deposed.clone(), doing)
}

fn name(subject: &Subject) -> String {
    match &subject.deposed {
        Some(key) => format!("{} (deposed {key})", subject.address),
        None => subject.address.to_string(),
    }
}

fn under_way(doing: Doing) -> &'static str {
    match doing {
        Doing::Create => "creating",
        Doing::Update => "changing",
        Doing::Delete => "destroying",
        Doing::Read => "reading",
        Doing::Open => "opening",
    }
}

fn elapsed(since: Timestamp, now: Timestamp) -> Duration {
    now.duration_since(since).try_into().unwrap_or_default()
}

fn fitted(line: &str, style: Style) -> String {
    truncate_str(line, style.width.saturating_sub(1).max(20), "…").into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upcoming(address: &str, doing: Doing, needs: &[&str]) -> Upcoming {
        let needs: Vec<String> = needs.iter().map(|need| (*need).to_owned()).collect();
        Upcoming { subject: Subject::of(&address.parse().unwrap()), doing, needs: needs.into() }
    }

    fn platform() -> Live {
        let group = "azurerm_resource_group.ml";
        let cluster = "azurerm_kubernetes_cluster.aks";
        Live::new(&[
            upcoming(group, Doing::Create, &[]),
            upcoming(cluster, Doing::Create, &[group]),
            upcoming("azurerm_storage_account.data", Doing::Create, &[group]),
            upcoming("kubernetes_namespace_v1.team[\"a\"]", Doing::Create, &[group, cluster]),
            upcoming("kubernetes_namespace_v1.team[\"b\"]", Doing::Create, &[group, cluster]),
        ])
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_000_000 + seconds).unwrap()
    }

    fn started(live: &Live, index: usize) -> Event {
        Event::Started(live.changes[index].upcoming.subject.clone(), Doing::Create)
    }

    #[test]
    fn the_area_says_what_is_in_flight_and_what_waits() {
        let mut live = platform();
        live.hears(&started(&live, 0), at(0));
        let done =
            Event::Done(live.changes[0].upcoming.subject.clone(), Doing::Create, Duration::from_millis(300));
        live.hears(&done, at(1));
        live.hears(&started(&live, 1), at(1));
        live.hears(&started(&live, 2), at(123));
        let cluster = live.changes[1].upcoming.subject.clone();
        live.hears(&Event::Progress(cluster, Doing::Create, "Azure: Creating".into()), at(130));
        let mut shown = vec![live.line(&done, Style::PLAIN).unwrap()];
        shown.extend(live.area(&Pace::default(), at(135), 3, Style { width: 120, ..Style::PLAIN }));
        insta::assert_snapshot!(shown.join("\n"), @r#"
         ✓ azurerm_resource_group.ml                          0.3 s
         ⠸ azurerm_kubernetes_cluster.aks     creating         2:14   Azure: Creating
         ⠸ azurerm_storage_account.data       creating         12 s
         · 2 waiting for azurerm_kubernetes_cluster.aks
         [█████░░░░░░░░░░░░░░░░░░░░░] 1 of 5   Ctrl-C finishes what is in flight
        "#);
        let narrow = live.area(&Pace::default(), at(135), 3, Style { width: 40, ..Style::PLAIN });
        assert!(narrow.iter().all(|line| measure_text_width(line) < 40));
    }

    #[test]
    fn the_estimate_follows_the_longest_chain_and_needs_to_know_all_of_it() {
        let mut live = platform();
        let mut pace = Pace::default();
        pace.learn("azurerm_resource_group", Doing::Create, Duration::from_secs(10));
        pace.learn("azurerm_kubernetes_cluster", Doing::Create, Duration::from_secs(200));
        pace.learn("azurerm_storage_account", Doing::Create, Duration::from_secs(60));
        assert_eq!(live.left(&pace, at(0)), None);
        pace.learn("kubernetes_namespace_v1", Doing::Create, Duration::from_secs(2));
        assert_eq!(live.left(&pace, at(0)), Some(Duration::from_secs(212)));
        live.hears(&started(&live, 0), at(0));
        assert_eq!(live.left(&pace, at(4)), Some(Duration::from_secs(208)));
        live.end();
        let last = live.area(&pace, at(4), 0, Style { width: 120, ..Style::PLAIN }).pop().unwrap();
        assert!(
            last.ends_with("0 of 5   about 4 min left   Finishing what is in flight; Ctrl-C ends at once")
        );
    }

    #[test]
    fn a_deletion_waits_for_what_needs_the_object() {
        let group = upcoming("azurerm_resource_group.ml", Doing::Delete, &[]);
        let data = upcoming("azurerm_storage_account.data", Doing::Delete, &["azurerm_resource_group.ml"]);
        let mut live = Live::new(&[group, data]);
        live.hears(&Event::Started(live.changes[1].upcoming.subject.clone(), Doing::Delete), at(0));
        assert_eq!(live.waiting().unwrap(), " · 1 waiting for azurerm_storage_account.data");
    }
}
