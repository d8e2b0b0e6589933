//! `aksel`: the command line.
//!
//! A command is one file: arguments, engine, report, exit code.
//!
//! Never: anything is decided here; what a command does stands in the crates below.

use std::process::ExitCode;

#[macro_use]
mod print;

mod apply;
mod arguments;
mod custody;
mod drift;
mod exit;
mod fmt;
mod get;
mod init;
mod init_options;
mod installed;
mod operate;
mod output;
mod plan;
mod project;
mod provided;
mod review;
mod run_options;
mod sandbox;
mod screen;
mod show;
mod state;
mod talk;
mod validate;
mod version;
mod workplace;

use aksel_engine::options::PlanMode;
use arguments::Command;
use exit::Exit;

fn main() -> ExitCode {
    let arguments = match arguments::parse(std::env::args_os()) {
        Ok(arguments) => arguments,
        Err(exit) => return exit.into(),
    };
    run(&arguments).into()
}

fn run(arguments: &arguments::Arguments) -> Exit {
    let place = match workplace::Workplace::enter(arguments) {
        Ok(place) => place,
        Err(diagnostic) => return screen::Screen::plain().fail(&diagnostic),
    };
    match &arguments.command {
        Command::Version(options) => version::run(options),
        Command::Init(options) => init::run(&place, options),
        Command::Get(options) => get::run(&place, options),
        Command::Validate(options) => validate::run(&place, options),
        Command::Plan(options) => plan::run(&place, options),
        Command::Apply(options) => apply::run(&place, options, None),
        Command::Destroy(options) => apply::run(&place, options, Some(PlanMode::Destroy)),
        Command::Refresh(options) => apply::refresh(&place, options),
        Command::Fmt(options) => fmt::run(&place, options),
        Command::Drift(options) => drift::run(&place, options),
        Command::Review(options) => review::run(&place, options),
        Command::Sandbox(options) => sandbox::run(&place, options),
        Command::Show(options) => show::run(&place, options),
        Command::Output(options) => output::run(&place, options),
        Command::State(options) => state::run(&place, options),
    }
}
