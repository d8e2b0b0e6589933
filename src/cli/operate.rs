//! What plan, apply, destroy and refresh have in common: load, lock, plan, and perhaps apply and save.
//!
//! Invariant: after an error before the apply nothing has been written but the journal's first line.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use aksel_engine::apply::{self, Applied};
use aksel_engine::checking;
use aksel_engine::observer::{Curiosity, Event, Observer};
use aksel_engine::options::{PlanMode, PlanOptions};
use aksel_engine::plan::Plan;
use aksel_engine::requirements::unselected;
use aksel_engine::run::{Run, plan};
use aksel_install::installed::Unseen;
use aksel_lang::address::Address;
use aksel_lang::code::Code;
use aksel_lang::configuration::Extent;
use aksel_lang::diagnostic::{Diagnostic, Diagnostics, has_errors, unique};
use aksel_provider::stop::{Stop, Stopper, Urgency, stop};
use aksel_provider::touch::Touch;
use aksel_provider::world::Machine;
use aksel_report::plan_text::{self, Detail};
use aksel_report::{event_json, event_text};
use aksel_sandbox::Sandbox;
use jiff::Timestamp;

use crate::again;
use crate::backend::disagreement;
use crate::custody::{Custody, hold};
use crate::exit::Exit;
use crate::progress::Progress;
use crate::project::Project;
use crate::prompt::{self, Asking};
use crate::provided::Provided;
use crate::run_options::RunOptions;
use crate::sandbox;
use crate::show::schema;
use crate::talk::Talk;
use crate::validate;
use crate::workplace::Workplace;

/// How often an apply plans again what had to wait.
const WAVES_MAX: usize = 100;

/// One run of a command.
pub(crate) struct Operation<'a> {
    pub(crate) place: &'a Workplace,
    pub(crate) options: &'a RunOptions,
    pub(crate) talk: Talk,
    pub(crate) telling: Telling,
    pub(crate) progress: Progress,
    pub(crate) project: Project,
    pub(crate) plan_options: PlanOptions,
    pub(crate) stop: Stop,
    // Held as long as the run lasts: its tasks end with it.
    pub(crate) sandbox: Option<Sandbox>,
}

/// When an apply began, and how many requests had left by then.
#[derive(Clone, Copy)]
struct Began {
    at: Timestamp,
    requests: u64,
}

/// Hears nothing but who changed what outside.
#[derive(Default)]
pub(crate) struct Witness(Mutex<Vec<(Address, Touch)>>);

impl Observer for Witness {
    fn hears(&self, event: &Event) {
        if let Event::Touched(subject, touch) = event {
            let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            seen.push((subject.address.clone(), touch.clone()));
        }
    }

    fn curiosity(&self) -> Curiosity {
        Curiosity::Touches
    }
}

impl Witness {
    /// Who changed an object last.
    pub(crate) fn saw(&self, address: &Address) -> Option<Touch> {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.iter().find(|(touched, _)| touched == address).map(|(_, touch)| touch.clone())
    }
}

/// How much of a run is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Telling {
    /// The plan, and what came of it.
    All,
    /// Only what came of it.
    Outcome,
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
    let done = runtime.block_on(async move {
        let work = work(stop);
        tokio::pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return done,
                () = interrupted() => interrupt(&stopper),
            }
        }
    });
    // A question that nobody has answered must not keep the process: its thread still waits for a line.
    runtime.shutdown_background();
    done
}

/// Waits for Ctrl-C, or for being asked to end by whoever runs the process.
async fn interrupted() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminated) = signal(SignalKind::terminate()) else { return std::future::pending().await };
    let asked = tokio::select! {
        typed = tokio::signal::ctrl_c() => typed.is_ok(),
        asked = terminated.recv() => asked.is_some(),
    };
    if !asked {
        std::future::pending::<()>().await;
    }
}

fn interrupt(stopper: &Stopper) {
    let further = stopper.urgency() > Urgency::Running;
    stopper.raise(if further { Urgency::Now } else { Urgency::Finish });
}

/// The error for a plan in a folder in which nothing is declared.
fn no_configuration() -> Diagnostic {
    Diagnostic::error(Code::InvalidConfiguration, "No configuration files")
        .detail("In this folder nothing is declared, and so a plan would destroy everything that state has, which is rarely what is wanted.")
        .help("If it is: aksel destroy. Else write a .tf file, or name the folder that has one: aksel -chdir=FOLDER plan")
}

impl<'a> Operation<'a> {
    /// Loads everything. `None` after an error, which is printed.
    pub(crate) async fn begin(
        place: &'a Workplace,
        options: &'a RunOptions,
        mode: Option<PlanMode>,
        stop: Stop,
    ) -> Option<Self> {
        let talk = options.talk(place);
        talk.begin();
        let unseen = if options.sandbox { Unseen::Used } else { Unseen::Refused };
        let provided = Provided::new(place, &options.variables, options.asking());
        let (mut project, mut found) = Project::load_with(place, provided, unseen);
        if !has_errors(&found) {
            found.extend(unselected(&project.configuration, &project.registry));
            found.append(&mut disagreement(place, project.configuration.root.settings.backend.as_ref()));
        }
        if project.configuration.extent == Extent::Whole {
            let readable = !has_errors(&found);
            project.give(place, &options.variables, options.asking(), &mut found);
            if !readable {
                found.append(&mut validate::check(place, &project, &stop));
            }
        }
        // A constant is looked at when modules are found, and again with the other variables.
        found = unique(found, &project.configuration.sources);
        let mut plan_options = match options.plan(place) {
            Ok(plan_options) => plan_options,
            Err(mut errors) => {
                found.append(&mut errors);
                talk.diagnostics(&found, &project.configuration.sources);
                return None;
            }
        };
        plan_options.mode = mode.unwrap_or(plan_options.mode);
        // To look again changes nothing.
        let harmless = plan_options.mode == PlanMode::Destroy || mode == Some(PlanMode::RefreshOnly);
        found.extend((place.is_empty() && !harmless).then(no_configuration));
        found.extend(options.clashes(plan_options.mode));
        found.extend(options.state.deprecated());
        let failed = has_errors(&found);
        talk.diagnostics(&found, &project.configuration.sources);
        if failed {
            return None;
        }
        let progress = Progress::new(talk, place);
        let telling = Telling::All;
        let mut operation =
            Operation { place, options, talk, telling, progress, project, plan_options, stop, sandbox: None };
        if !operation.is_valid() {
            return None;
        }
        if options.sandbox {
            operation.enter_sandbox().await?;
        }
        Some(operation)
    }

    /// Looks at the whole configuration before anything is asked of anyone, so that all mistakes are told at once. What is
    /// only doubtful is told by the plan.
    fn is_valid(&self) -> bool {
        let found = checking::validate(&self.run(), &self.plan_options);
        let failed = has_errors(&found);
        if failed {
            self.report(&found);
        }
        !failed
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
        Run { observer: &self.progress, ..self.project.run(&self.stop) }
    }

    /// Locks the state and takes it in hand. `None` after an error, which is printed.
    pub(crate) async fn custody(&self, operation: &str) -> Option<Custody> {
        let world = &self.project.world;
        let held = tokio::select! {
            held = hold(self.place, &self.options.state, operation, world) => held,
            () = self.stop.reached(Urgency::Finish) => Err(canceled("Nothing was changed.")),
        };
        let taken = held.and_then(|held| Custody::take(self.place, &self.options.state, held, world));
        taken.map_err(|error| self.talk.fail(&error)).ok()
    }

    /// Plans and prints diagnostics. Says whether all went well.
    pub(crate) async fn plan(&self, custody: &Custody) -> (Plan, Exit) {
        self.plan_but(custody, |_| true).await
    }

    /// Plans what is applied at once: what the apply will tell is not told before.
    pub(crate) async fn plan_to_apply(&self, custody: &Custody) -> (Plan, Exit) {
        self.plan_but(custody, |found| found.code != Code::ConditionOpen).await
    }

    async fn plan_but(&self, custody: &Custody, tells: fn(&Diagnostic) -> bool) -> (Plan, Exit) {
        let run = self.run();
        self.progress.begin_reading(self.requests());
        let planning = plan(&run, &self.plan_options, &custody.content, &custody.in_doubt);
        let (plan, mut found) = self.attended(planning).await;
        self.progress.end_reading(self.requests());
        let exit = if plan.errored || has_errors(&found) { Exit::Failed } else { Exit::Done };
        if exit == Exit::Done || plan.begun {
            self.show(&plan);
        }
        found.retain(tells);
        self.report(&found);
        (plan, exit)
    }

    /// Plans without showing the plan or what is read for it; prints diagnostics.
    pub(crate) async fn plan_quietly(&self, custody: &Custody, witness: &Witness) -> (Plan, Exit) {
        let run = Run { observer: witness, ..self.run() };
        let (plan, found) = plan(&run, &self.plan_options, &custody.content, &custody.in_doubt).await;
        let exit = if plan.errored || has_errors(&found) { Exit::Failed } else { Exit::Done };
        self.report(&found);
        (plan, exit)
    }

    /// Waits for something, draws how far it is, and says that it was told to end.
    async fn attended<T>(&self, work: impl Future<Output = T>) -> T {
        tokio::pin!(work);
        let mut urgency = self.stop.urgency();
        loop {
            let more = if urgency == Urgency::Running { Urgency::Finish } else { Urgency::Now };
            tokio::select! {
                biased;
                done = &mut work => {
                    self.progress.wipe();
                    return done;
                }
                () = self.stop.reached(more), if urgency != Urgency::Now => {
                    urgency = self.stop.urgency();
                    self.progress.interrupted(urgency);
                }
                () = self.project.world.pause(self.progress.tick_length()) => self.progress.tick(self.requests()),
            }
        }
    }

    fn requests(&self) -> u64 {
        self.project.world.requests()
    }

    pub(crate) fn report(&self, found: &Diagnostics) {
        self.talk.diagnostics(found, &self.project.configuration.sources);
    }

    /// Prints a plan.
    pub(crate) fn show(&self, plan: &Plan) {
        if self.telling == Telling::Outcome {
            return;
        }
        let schemas = |address: &_, provider: &_| schema(&self.project.registry, address, provider);
        if let Talk::Text(screen) = self.talk {
            let detail = if self.options.concise { Detail::Concise } else { Detail::Full };
            print!("\n{}", plan_text::render(plan, &schemas, detail, screen.data()));
        }
        self.talk.json(|now| event_json::plan(plan, now));
    }

    /// Carries a plan out, with everything that had to wait for it, and saves the state.
    ///
    /// `spoken` is the mode of the closing words: a saved plan is applied, whatever it does.
    pub(crate) async fn apply(&self, plan: Plan, spoken: PlanMode, custody: &mut Custody) -> Exit {
        let began = Began { at: self.project.world.now(), requests: self.requests() };
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
        self.progress.remember();
        self.close(spoken, began, &applied)
    }

    async fn next_wave(&self, left: usize, custody: &Custody) -> (Plan, Exit) {
        self.progress.hears(&Event::Wave(left));
        self.plan_to_apply(custody).await
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
        let run = self.run();
        let applied = self.attended(apply::apply(&run, plan, &journal)).await;
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
    fn close(&self, mode: PlanMode, began: Began, applied: &Applied) -> Exit {
        let took = self.project.world.now().duration_since(began.at).try_into().unwrap_or_default();
        let requests = self.requests() - began.requests;
        if has_errors(&applied.diagnostics) {
            let (failed, skipped) = self.progress.left_over();
            let spent = event_text::spent(took, requests);
            let title = match self.stop.urgency() {
                Urgency::Now => "Given up, and looked up by the next run:",
                Urgency::Running | Urgency::Finish => "Failed:",
            };
            let left = event_text::incomplete(title, &failed, &skipped, &applied.done);
            let name = if mode == PlanMode::Destroy { "destroy" } else { "apply" };
            let again = again::command(name, self.place, self.options, &self.project.configuration);
            self.talk.say(&format!("\nApply incomplete. {spent}\n{left}To go on: {again}\n"));
            return Exit::Failed;
        }
        if self.telling == Telling::Outcome {
            self.talk.say("\nState is up to date.\n");
            self.talk.say(&event_text::outputs(&applied.outputs));
            self.talk.json(|now| event_json::values(&applied.outputs, now));
            return Exit::Done;
        }
        let spent = event_text::spent(took, requests);
        let summary = event_text::summary_of_apply(mode, &applied.done);
        self.talk.say(&format!("\n{summary} {spent}\n"));
        self.talk.say(&event_text::outputs(&applied.outputs));
        self.talk.json(|now| event_json::applied(mode, &applied.done, &applied.outputs, now));
        Exit::Done
    }

    /// Asks whether a plan is to be carried out. Says so if nobody can be asked.
    pub(crate) async fn approved(&self, approval: Approval, mode: PlanMode) -> bool {
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
        let answer = tokio::select! {
            answer = tokio::task::spawn_blocking(|| prompt::confirmed(question)) => answer.unwrap_or(Ok(false)),
            () = self.stop.reached(Urgency::Finish) => {
                println!();
                Ok(false)
            }
        };
        match answer {
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

fn canceled(detail: &str) -> Diagnostic {
    Diagnostic::error(Code::Canceled, "Operation canceled").detail(detail.to_owned())
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
