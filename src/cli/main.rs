//! `aksel`: the command line.
//!
//! A command is one file: arguments, engine, report, exit code.
//!
//! Never: anything is decided here; what a command does stands in the crates below.

use std::process::ExitCode;

#[macro_use]
mod print;

mod again;
mod apply;
mod arguments;
mod backend;
mod command_line;
mod console;
mod console_terminal;
mod custody;
mod drift;
mod exit;
mod explain;
mod fmt;
mod force_unlock;
mod get;
mod graph;
mod import;
mod init;
mod init_backend;
mod init_options;
mod installed;
mod metadata;
mod operate;
mod output;
mod plan;
mod progress;
mod project;
mod prompt;
mod provided;
mod providers;
mod refused;
mod review;
mod run_options;
mod sandbox;
mod screen;
mod shell_words;
mod show;
mod state;
mod state_options;
mod state_surgery;
mod taint;
mod talk;
mod usage;
mod validate;
mod version;
mod workplace;
mod workspace;

use aksel_engine::options::PlanMode;
use aksel_state::snapshot::Status;
use arguments::Command;
use exit::Exit;

/// Enough for the deepest configuration that the parser lets through, whatever the system gives a process at its start.
const STACK_BYTES: usize = 16 << 20;

fn main() -> ExitCode {
    let roomy = std::thread::Builder::new().stack_size(STACK_BYTES);
    match roomy.spawn(called).map(std::thread::JoinHandle::join) {
        Ok(Ok(code)) => code,
        // A panic has said what it had to say.
        Ok(Err(_)) => ExitCode::from(101),
        Err(_) => called(),
    }
}

fn called() -> ExitCode {
    match command_line::parse(std::env::args_os()) {
        Ok(typed) => run(&typed).into(),
        Err(exit) => exit.into(),
    }
}

fn run(typed: &command_line::CommandLine) -> Exit {
    let place = match workplace::Workplace::enter(typed.chdir.as_deref(), typed.screen) {
        Ok(place) => place,
        Err(diagnostic) => return typed.screen.fail(&diagnostic),
    };
    match &typed.arguments.command {
        Command::Version(options) => version::run(options),
        Command::Init(options) => init::run(&place, options),
        Command::Get(options) => get::run(&place, options),
        Command::Validate(options) => validate::run(&place, options),
        Command::Plan(options) => plan::run(&place, options),
        Command::Apply(options) => apply::run(&place, options, None),
        Command::Destroy(options) => apply::run(&place, options, Some(PlanMode::Destroy)),
        Command::Refresh(options) => apply::refresh(&place, options),
        Command::Fmt(options) => fmt::run(&place, options),
        Command::Console(options) => console::run(&place, options),
        Command::Graph(options) => graph::run(&place, options),
        Command::Providers(options) => providers::run(&place, options),
        Command::Metadata(options) => metadata::run(&place, &options.command),
        Command::Import(options) => import::run(&place, options),
        Command::Drift(options) => drift::run(&place, options),
        Command::Review(options) => review::run(&place, options),
        Command::Sandbox(options) => sandbox::run(&place, options),
        Command::Explain(options) => explain::run(&place, options),
        Command::Show(options) => show::run(&place, options),
        Command::Output(options) => output::run(&place, options),
        Command::State(options) => state::run(&place, &options.command),
        Command::Taint(options) => taint::run(&place, options, Status::Tainted),
        Command::Untaint(options) => taint::run(&place, options, Status::Ready),
        Command::Workspace(options) => workspace::run(&place, &options.command),
        Command::ForceUnlock(options) => force_unlock::run(&place, options),
        Command::Test(_) => refused::test(&place),
        Command::Login(_) => refused::login(&place),
        Command::Logout(_) => refused::logout(&place),
    }
}
