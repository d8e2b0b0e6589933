//! `aksel console`

use std::io::{BufRead as _, IsTerminal as _};

use aksel_engine::console::{self, Answer, Basis, Console};
use aksel_engine::options::PlanOptions;
use aksel_engine::plan::Plan;
use aksel_engine::run::{Run, plan};
use aksel_lang::code::Code;
use aksel_lang::console_text;
use aksel_lang::diagnostic::{Diagnostic, Diagnostics, has_errors};
use aksel_lang::source::Sources;
use aksel_provider::stop::Stop;
use aksel_state::snapshot::Snapshot;

use crate::arguments::ConsoleOptions;
use crate::console_terminal::{self, Heard};
use crate::exit::Exit;
use crate::operate::block_on;
use crate::project::Project;
use crate::prompt::Asking;
use crate::workplace::Workplace;

const HELP: &str = "\
Type an expression and press enter to see its value. References mean what the
state says: terraform_data.a.id is the id of that object. What state does not
have is (known after apply). type(…) shows the type of an expression.

Tab completes names; an open bracket goes on in the next line. `exit`, Ctrl-C
or Ctrl-D end the console.";

/// Answers expressions until there are no more.
pub(crate) fn run(place: &Workplace, options: &ConsoleOptions) -> Exit {
    block_on(async |stop| {
        let (mut project, mut found) = Project::load(place, &options.variables, Asking::Refused);
        if !has_errors(&found) {
            project.give_what_there_is(place, &options.variables, &mut found);
        }
        place.screen.diagnostics(&found, &project.configuration.sources);
        if has_errors(&found) {
            return Exit::Failed;
        }
        let state = match place.state(options.state.as_deref()) {
            Ok(file) => file.snapshot().cloned().unwrap_or_else(|| Snapshot::new("")),
            Err(error) => return place.screen.fail(&error),
        };
        talk(place, &project, &state, options, &stop).await
    })
}

async fn talk(
    place: &Workplace,
    project: &Project,
    state: &Snapshot,
    options: &ConsoleOptions,
    stop: &Stop,
) -> Exit {
    let run = project.run(stop);
    let workspace = place.workspace.as_str().into();
    let plan_options = PlanOptions { workspace, cwd: place.called_from.clone(), ..PlanOptions::default() };
    let sources = &project.configuration.sources;
    let planned = match options.plan {
        true => match planned(place, &run, &plan_options, state).await {
            Ok(plan) => Some(plan),
            Err(found) => {
                place.screen.diagnostics(&found, sources);
                return Exit::Failed;
            }
        },
        false => None,
    };
    let basis = planned.as_ref().map_or(Basis::State(state), Basis::Plan);
    let (opened, found) = console::open(&run, &plan_options, basis);
    place.screen.diagnostics(&found, sources);
    let Some(console) = opened else { return Exit::Failed };
    if has_errors(&found) {
        place.screen.fail(&doubtful());
    }
    let session = Session { place, console: &console, sources };
    if std::io::stdin().is_terminal() { session.with_people() } else { session.with_a_program() }
}

async fn planned(
    place: &Workplace,
    run: &Run<'_>,
    options: &PlanOptions,
    state: &Snapshot,
) -> Result<Plan, Diagnostics> {
    let (plan, found) = plan(run, options, state, &[]).await;
    if has_errors(&found) {
        return Err(found);
    }
    place.screen.diagnostics(&found, &run.configuration.sources);
    Ok(plan)
}

fn doubtful() -> Diagnostic {
    Diagnostic::warning(Code::Evaluation, "Some expressions may produce unexpected results")
        .detail("Because of the problems above, what depends on them is unknown here.")
}

struct Session<'a> {
    place: &'a Workplace,
    console: &'a Console<'a>,
    sources: &'a Sources,
}

impl Session<'_> {
    /// Each line is an expression; the last result is printed, the first error ends it.
    fn with_a_program(&self) -> Exit {
        let mut last = String::new();
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            match line.trim() {
                "exit" => return Exit::Done,
                line => match self.answer(line) {
                    Some(text) => last = text,
                    None => return Exit::Failed,
                },
            }
        }
        if !last.is_empty() {
            println!("{last}");
        }
        Exit::Done
    }

    fn with_people(&self) -> Exit {
        let hears = |text: &str| match text.trim() {
            "exit" => Heard::Enough,
            text => {
                if let Some(text) = self.answer(text).filter(|text| !text.is_empty()) {
                    println!("{text}");
                }
                Heard::More
            }
        };
        match console_terminal::converse(self.console.names(), hears) {
            Ok(()) => Exit::Done,
            Err(error) => self.place.screen.fail(
                &Diagnostic::error(Code::Io, "The terminal cannot be used").detail(format!("{error}.")),
            ),
        }
    }

    /// The text of an answer; `None` after an error, which is printed.
    fn answer(&self, text: &str) -> Option<String> {
        match text {
            "" => return Some(String::new()),
            "help" => return Some(HELP.into()),
            _ => {}
        }
        let mut sources = self.sources.clone();
        let (answer, found) = self.console.answer(text, &mut sources);
        self.place.screen.diagnostics(&found, &sources);
        answer.map(|answer| match answer {
            Answer::Value(value) => console_text::render(&value),
            Answer::Type(ty) => console_text::render_type(&ty),
        })
    }
}
