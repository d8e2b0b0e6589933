//! Progress: what people hear of a run while it goes on.
//!
//! On a terminal: an area at the bottom that is drawn anew, above it a line for each change that has ended. Elsewhere: plain
//! lines, one at the start, one at the end and one every half minute between. With `-json`: lines of JSON.
//!
//! Invariant: whoever prints something else wipes the area before, so that no line is torn.
//! Never: progress decides anything, and a line that cannot be printed does not end a run.

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aksel_engine::observer::{Doing, Event, Observer, Skip, Subject};
use aksel_provider::stop::Urgency;
use aksel_report::duration_text::spoken;
use aksel_report::event_text::{self, Skipped};
use aksel_report::live::Live;
use aksel_report::pace::Pace;
use jiff::Timestamp;

use crate::talk::Talk;
use crate::workplace::Workplace;

/// How often the area is drawn.
pub(crate) const TICK: Duration = Duration::from_millis(120);
/// How often a change that goes on has a plain line.
const STILL: u64 = 30;

/// What people hear of a run.
pub(crate) struct Progress {
    talk: Talk,
    form: Form,
    pace_path: PathBuf,
    state: Mutex<State>,
}

/// How they hear it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Terminal,
    Lines,
    Json,
}

#[derive(Default)]
struct State {
    pace: Pace,
    learned: usize,
    reading: Option<Reading>,
    live: Option<Live>,
    /// How many lines of the area stand on the screen.
    drawn: usize,
    frame: usize,
    failed: Vec<(Subject, Doing)>,
    skipped: Vec<Skipped>,
}

/// How far a refresh is.
#[derive(Clone, Copy)]
struct Reading {
    began: Timestamp,
    requests: u64,
    started: usize,
    done: usize,
}

impl Progress {
    /// Progress of a run that talks like this.
    pub(crate) fn new(talk: Talk, place: &Workplace) -> Progress {
        let form = match talk {
            Talk::Json => Form::Json,
            Talk::Text(_) if draws() => Form::Terminal,
            Talk::Text(_) => Form::Lines,
        };
        let pace_path = place.data_folder().join("pace.json");
        let pace = std::fs::read(&pace_path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let state = State { pace: pace.unwrap_or_default(), ..State::default() };
        Progress { talk, form, pace_path, state: Mutex::new(state) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long to wait before the next `tick`.
    pub(crate) fn tick_length(&self) -> Duration {
        if self.form == Form::Terminal { TICK } else { Duration::from_secs(3600) }
    }

    /// Draws the area as it is now.
    pub(crate) fn tick(&self, requests: u64) {
        if self.form == Form::Terminal {
            let mut state = self.lock();
            state.frame += 1;
            self.draw(&mut state, None, Some(requests));
        }
    }

    /// Takes the area off the screen.
    pub(crate) fn wipe(&self) {
        let mut state = self.lock();
        let wiped = wiping(state.drawn);
        state.drawn = 0;
        print!("{wiped}");
    }

    /// Says that the run was told to end.
    pub(crate) fn interrupted(&self, urgency: Urgency) {
        let words = match urgency {
            Urgency::Running => return,
            Urgency::Finish => {
                "Interrupt received. What is in flight finishes and is saved; a second interrupt ends at once."
            }
            Urgency::Now => {
                "Second interrupt received. Waits are abandoned; the next run looks up what is in doubt."
            }
        };
        let mut state = self.lock();
        if let Some(live) = &mut state.live {
            live.end();
        }
        match self.form {
            Form::Terminal => self.draw(&mut state, Some(words), None),
            Form::Lines => eprintln!("\n{words}"),
            Form::Json => self.talk.json(|now| vec![aksel_report::event_json::log(words, now)]),
        }
    }

    /// A refresh begins.
    pub(crate) fn begin_reading(&self, requests: u64) {
        self.lock().reading = Some(Reading { began: Timestamp::now(), requests, started: 0, done: 0 });
    }

    /// A refresh has ended; says how much was read.
    pub(crate) fn end_reading(&self, requests: u64) {
        self.wipe();
        if let Some(reading) = self.lock().reading.take().filter(|reading| reading.done > 0) {
            self.talk.say(&format!("{}\n", reading.words(requests)));
        }
    }

    /// What failed, and what was not begun because of it.
    pub(crate) fn left_over(&self) -> (Vec<(Subject, Doing)>, Vec<Skipped>) {
        let mut state = self.lock();
        (std::mem::take(&mut state.failed), std::mem::take(&mut state.skipped))
    }

    /// Keeps how long changes took, for the next run's estimate.
    pub(crate) fn remember(&self) {
        let state = self.lock();
        if state.learned == 0 {
            return;
        }
        let text = serde_json::to_string(&state.pace).unwrap_or_default();
        // Only an estimate hangs on it.
        let _kept = self
            .pace_path
            .parent()
            .map_or(Ok(()), std::fs::create_dir_all)
            .and_then(|()| std::fs::write(&self.pace_path, text));
    }

    fn draw(&self, state: &mut State, above: Option<&str>, requests: Option<u64>) {
        let Talk::Text(screen) = self.talk else { return };
        let style = screen.data();
        let now = Timestamp::now();
        let area = match (&state.live, state.reading, requests) {
            (Some(live), ..) => live.area(&state.pace, now, state.frame, style),
            (None, Some(reading), Some(requests)) => vec![reading.words(requests)],
            (None, ..) => Vec::new(),
        };
        let above = above.map(|line| format!("{line}\n")).unwrap_or_default();
        let lines: String = area.iter().map(|line| format!("{line}\n")).collect();
        print!("{}{above}{lines}", wiping(state.drawn));
        state.drawn = area.len();
    }

    fn show(&self, state: &mut State, event: &Event) {
        let Talk::Text(screen) = self.talk else { return };
        let line = state.live.as_ref().and_then(|live| live.line(event, screen.data()));
        let line = line.or_else(|| match event {
            Event::Started(..) | Event::Still(..) | Event::Done(..) | Event::ProvisionStarted(..) => None,
            Event::RefreshStarted(_)
            | Event::RefreshDone(_)
            | Event::Planned(_)
            | Event::Progress(..)
            | Event::Failed(..)
            | Event::ProvisionSays(..)
            | Event::ProvisionDone(..)
            | Event::ProvisionFailed(..)
            | Event::Settled(..)
            | Event::Touched(..)
            | Event::Wave(_)
            | Event::Begun(_)
            | Event::Skipped(..) => event_text::line(event),
        });
        self.draw(state, line.as_deref(), None);
    }
}

impl Reading {
    fn words(self, requests: u64) -> String {
        let took = Timestamp::now().duration_since(self.began).try_into().unwrap_or_default();
        let objects = match (self.done, self.started) {
            (1, 1) => "1 object".to_owned(),
            (done, started) if done == started => format!("{done} objects"),
            (done, started) => format!("{done} of {started} objects"),
        };
        let requests = match requests - self.requests {
            0 => String::new(),
            1 => "  1 request".to_owned(),
            more => format!("  {more} requests"),
        };
        format!("Refreshing  {objects}{requests}  {}", spoken(took))
    }
}

impl Observer for Progress {
    fn hears(&self, event: &Event) {
        let mut state = self.lock();
        state.note(event);
        match self.form {
            Form::Terminal => self.show(&mut state, event),
            Form::Lines => {
                let pause = matches!(event, Event::Still(_, _, since) if since.as_secs() % STILL != 0);
                if let Some(line) = event_text::line(event).filter(|_| !pause) {
                    println!("{line}");
                }
            }
            Form::Json => self.talk.hears(event),
        }
    }
}

impl State {
    fn note(&mut self, event: &Event) {
        match event {
            Event::Begun(upcoming) => self.live = Some(Live::new(upcoming)),
            Event::RefreshStarted(_) => {
                if let Some(reading) = &mut self.reading {
                    reading.started += 1;
                }
            }
            Event::RefreshDone(_) => {
                if let Some(reading) = &mut self.reading {
                    reading.done += 1;
                }
            }
            Event::Done(subject, doing, took) => {
                self.pace.learn(&subject.address.resource.type_name, *doing, *took);
                self.learned += 1;
            }
            Event::Failed(subject, doing, _) => self.failed.push((subject.clone(), *doing)),
            Event::Skipped(subject, doing, why) => self.skipped.push(Skipped {
                subject: subject.clone(),
                doing: *doing,
                failed: match why {
                    Skip::Failed(what) => Some(what.clone()),
                    Skip::Stopped => None,
                },
            }),
            Event::Planned(_)
            | Event::Started(..)
            | Event::Progress(..)
            | Event::Still(..)
            | Event::ProvisionStarted(..)
            | Event::ProvisionSays(..)
            | Event::ProvisionDone(..)
            | Event::ProvisionFailed(..)
            | Event::Settled(..)
            | Event::Touched(..)
            | Event::Wave(_) => {}
        }
        if let Some(live) = &mut self.live {
            live.hears(event, Timestamp::now());
        }
    }
}

/// Whether there is a screen on which lines can be drawn anew.
fn draws() -> bool {
    let dumb = std::env::var("TERM").is_ok_and(|term| term == "dumb");
    std::io::stdout().is_terminal() && !dumb
}

/// The escape sequence that takes so many lines off the screen.
fn wiping(lines: usize) -> String {
    if lines == 0 { String::new() } else { format!("\x1b[{lines}A\r\x1b[J") }
}
