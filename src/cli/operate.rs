//! What plan, apply, destroy and refresh have in common: load, lock, plan, and perhaps apply and save.
//!
//! Invariant: after an error before the apply nothing has been written but the journal's first line.

use std::path::PathBuf;
use std::sync::Arc;

use aksel_engine::apply::{self, Applied};
use aksel_engine::observer::{Event, Observer};
use aksel_engine::options::{PlanMode, PlanOptions};
use aksel_engine::plan::Plan;
use aksel_engine::requirements::unselected;
use aksel_engine::run::{Run, plan};
use aksel_install::installed::Unseen;
use aksel_lang::code::Code;
use aksel_lang::diagnostic::{Diagnostic, Diagnostics, has_errors};
use aksel_provider::stop::{Stop, Stopper, Urgency, stop};
use aksel_provider::world::Machine;
use aksel_report::plan_text::{self, Detail};
use aksel_report::{event_json, event_text};
use aksel_sandbox::Sandbox;

use crate::custody::{Custody, hold};
use crate::exit::Exit;
use crate::project::Project;
use crate::prompt::{self, Asking};
use crate::run_options::RunOptions;
use crate::sandbox;
use crate::show::schema;
use crate::talk::Talk;
use crate::workplace::Workplace;

/// How often an apply plans again what had to wait.
const WAVES_MAX: usize = 100;

/// One run of a command.
pub(crate) struct Operation<'a> {
    pub(crate) place: &'a Workplace,
    pub(crate) options: &'a RunOptions,
    pub(crate) talk: Talk,
    pub(crate) project: Project,
    pub(crate) plan_options: PlanOptions,
    pub(crate) stop: Stop,
    // Held as long as the run lasts: its tasks end with it.
    pub(crate) sandbox: Option<Sandbox>,
}

/// Nobody who listens.
struct Silence;

impl Observer for Silence {
    fn hears(&self, _event: &Event) {}
}

/// What is said before something is carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Approval {
    /// It was given on the command line.
    Given,
    /// It is asked for.
    Asked,
}

/// Runs something that listens to Ctrl-C: the first finishes what is in flight, the second ends at once.
pub(crate) fn block_on<T>(work: impl AsyncFnOnce(Stop) -> T) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .thread_stack_size(crate::STACK_BYTES)
        .enable_all()
        .build();
    let runtime = runtime.expect("the machine can start threads");
    let (stopper, stop) = stop();
    runtime.block_on(async move {
        let work = work(stop);
        tokio::pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return done,
                () = interrupted() => interrupt(&stopper),
            }
        }
    })
}

async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

fn interrupt(stopper: &Stopper) {
    if stopper.urgency() == Urgency::Running {
        eprintln!(
            "\nInterrupt received. What is in flight finishes and is saved; a second interrupt ends at once."
        );
        stopper.raise(Urgency::Finish);
    } else {
        eprintln!(
            "\nSecond interrupt received. Waits are abandoned; the next run looks up what is in doubt."
        );
        stopper.raise(Urgency::Now);
    }
}

impl<'a> Operation<'a> {
    /// Loads everything. `None` after an error, which is printed.
    pub(crate) async fn begin(
        place: &'a Workplace,
        options: &'a RunOptions,
        mode: Option<PlanMode>,
        stop: Stop,
    ) -> Option<Self> {
        let talk = if options.json { Talk::Json } else { Talk::Text(place.screen) };
        talk.begin();
        let unseen = if options.sandbox { Unseen::Used } else { Unseen::Refused };
        let (mut project, mut found) = Project::load_with(place, unseen);
        if !has_errors(&found) {
            found.extend(unselected(&project.configuration, &project.registry));
        }
        if !has_errors(&found) {
            project.give(place, &options.variables, options.asking(), &mut found);
        }
        let mut plan_options = match options.plan(place) {
            Ok(plan_options) => plan_options,
            Err(mut errors) => {
                found.append(&mut errors);
                talk.diagnostics(&found, &project.configuration.sources);
                return None;
            }
        };
        plan_options.mode = mode.unwrap_or(plan_options.mode);
        found.extend(options.clashes(plan_options.mode));
        found.extend(options.state.deprecated());
        let failed = has_errors(&found);
        talk.diagnostics(&found, &project.configuration.sources);
        if failed {
            if !project.variables.unsuitable.is_empty() {
                talk.json(event_json::nothing_planned);
            }
            return None;
        }
        let mut operation = Operation { place, options, talk, project, plan_options, stop, sandbox: None };
        if options.sandbox {
            operation.enter_sandbox().await?;
        }
        Some(operation)
    }

    /// Starts the sandbox beside the configuration; the run's world is then that of the sandbox. `None` after an error,
    /// which is printed.
    pub(crate) async fn enter_sandbox(&mut self) -> Option<()> {
        let sandbox = sandbox::start(self.place).await.map_err(|error| self.talk.fail(&error)).ok()?;
        let environment = sandbox.environment().into_iter().map(|(name, value)| (name.to_owned(), value));
        self.project.world = Arc::new(Machine::with(environment));
        self.sandbox = Some(sandbox);
        Some(())
    }

    pub(crate) fn run(&self) -> Run<'_> {
        Run {
            configuration: &self.project.configuration,
            variables: &self.project.variables,
            registry: &self.project.registry,
            folder: &self.project.folder,
            world: &self.project.world,
            observer: &self.talk,
            stop: &self.stop,
        }
    }

    /// Locks the state and takes it in hand. `None` after an error, which is printed.
    pub(crate) async fn custody(&self, operation: &str) -> Option<Custody> {
        let world = &self.project.world;
        let taken = match hold(self.place, &self.options.state, operation, world).await {
            Ok(held) => Custody::take(self.place, &self.options.state, held, world),
            Err(error) => Err(error),
        };
        taken.map_err(|error| self.talk.fail(&error)).ok()
    }

    /// Plans and prints diagnostics. Says whether all went well.
    pub(crate) async fn plan(&self, custody: &Custody) -> (Plan, Exit) {
        let (plan, found) = plan(&self.run(), &self.plan_options, &custody.content, &custody.in_doubt).await;
        let exit = if plan.errored || has_errors(&found) { Exit::Failed } else { Exit::Done };
        if exit == Exit::Done || plan.begun {
            self.show(&plan);
        }
        self.report(&found);
        (plan, exit)
    }

    /// Plans without showing the plan or what is read for it; prints diagnostics.
    pub(crate) async fn plan_quietly(&self, custody: &Custody) -> (Plan, Exit) {
        let run = Run { observer: &Silence, ..self.run() };
        let (plan, found) = plan(&run, &self.plan_options, &custody.content, &custody.in_doubt).await;
        let exit = if plan.errored || has_errors(&found) { Exit::Failed } else { Exit::Done };
        self.report(&found);
        (plan, exit)
    }

    pub(crate) fn report(&self, found: &Diagnostics) {
        self.talk.diagnostics(found, &self.project.configuration.sources);
    }

    /// Prints a plan.
    pub(crate) fn show(&self, plan: &Plan) {
        let schemas = |address: &_, provider: &_| schema(&self.project.registry, address, provider);
        if let Talk::Text(screen) = self.talk {
            let style = screen.data();
            print!("\n{}", plan_text::render(plan, &schemas, Detail::Full, style));
        }
        self.talk.json(|now| event_json::plan(plan, now));
    }

    /// Carries a plan out, with everything that had to wait for it, and saves the state.
    pub(crate) async fn apply(&self, plan: Plan, custody: &mut Custody) -> Exit {
        let mode = plan.options.mode;
        let mut applied = match self.apply_wave(&plan, custody).await {
            Ok(applied) => applied,
            Err(exit) => return exit,
        };
        let mut left = plan.deferred.len();
        for _ in 0..WAVES_MAX {
            if left == 0 || has_errors(&applied.diagnostics) {
                break;
            }
            let (next, exit) = self.next_wave(left, custody).await;
            if exit == Exit::Failed {
                return exit;
            }
            let further = match self.apply_wave(&next, custody).await {
                Ok(further) => further,
                Err(exit) => return exit,
            };
            let done = applied.done.and(further.done);
            applied = Applied { done, ..further };
            // A wave that brings nothing nearer would come again for ever.
            if next.deferred.len() >= left {
                self.talk.fail(&stuck(&next));
                return Exit::Failed;
            }
            left = next.deferred.len();
        }
        self.close(mode, &applied)
    }

    async fn next_wave(&self, left: usize, custody: &Custody) -> (Plan, Exit) {
        self.talk.hears(&Event::Wave(left));
        self.plan(custody).await
    }

    async fn apply_wave(&self, plan: &Plan, custody: &mut Custody) -> Result<Applied, Exit> {
        if let Err(error) = apply::settle(&custody.journal, &custody.in_doubt, plan) {
            let error = Diagnostic::error(Code::Journal, "The journal could not be written")
                .detail(format!("{error}."));
            self.talk.fail(&error);
            return Err(Exit::Failed);
        }
        custody.in_doubt.clear();
        let journal = custody.journal.clone();
        let applied = apply::apply(&self.run(), plan, &journal).await;
        let saved = custody.save(applied.state.clone());
        self.report(&applied.diagnostics);
        match saved {
            Ok(()) => Ok(applied),
            Err(error) => {
                self.talk.fail(&error);
                Err(Exit::Failed)
            }
        }
    }

    /// The last lines.
    fn close(&self, mode: PlanMode, applied: &Applied) -> Exit {
        if has_errors(&applied.diagnostics) {
            let done = applied.done;
            self.talk.say(&format!(
                "\nApply incomplete: {} added, {} changed, {} destroyed, and all of that is in state. To go on: aksel apply\n",
                done.added, done.changed, done.destroyed
            ));
            return Exit::Failed;
        }
        self.talk.say(&format!("\n{}\n", event_text::summary_of_apply(mode, &applied.done)));
        self.talk.say(&event_text::outputs(&applied.outputs));
        self.talk.json(|now| event_json::applied(mode, &applied.done, &applied.outputs, now));
        Exit::Done
    }

    /// Asks whether a plan is to be carried out. Says so if nobody can be asked.
    pub(crate) fn approved(&self, approval: Approval, mode: PlanMode) -> bool {
        if approval == Approval::Given {
            return true;
        }
        if self.options.asking() == Asking::Refused {
            self.talk.fail(
                &Diagnostic::error(Code::Canceled, "Error asking for approval")
                    .detail("The plan was to be confirmed, but nobody can be asked.")
                    .help("Pass -auto-approve, or save the plan with `aksel plan -out=FILE` and apply that."),
            );
            return false;
        }
        let question = match mode {
            PlanMode::Destroy => "Do you really want to destroy all resources?",
            PlanMode::Normal | PlanMode::RefreshOnly => "Do you want to perform these actions?",
        };
        match prompt::confirmed(question) {
            Ok(true) => true,
            Ok(false) => {
                println!("Apply cancelled.");
                false
            }
            Err(error) => {
                self.talk.fail(&error);
                false
            }
        }
    }

    /// Where a path that was typed lies.
    pub(crate) fn path(&self, path: &std::path::Path) -> PathBuf {
        self.place.path(path)
    }
}

fn stuck(plan: &Plan) -> Diagnostic {
    let names: Vec<String> = plan.deferred.iter().map(|deferred| deferred.resource.to_string()).collect();
    Diagnostic::error(Code::InvalidRepetition, "What was deferred still cannot be planned")
        .detail(format!(
            "After everything else was applied, this is still not known for: {}.",
            names.join(", ")
        ))
        .help("A `count` or `for_each` must not depend on a value that stays unknown.")
}
