//! `aksel sandbox`, and the sandbox inside of a run with `-sandbox`.

use std::path::PathBuf;

use aksel_lang::code::Code;
use aksel_lang::diagnostic::Diagnostic;
use aksel_provider::stop::Urgency;
use aksel_sandbox::{Options, Sandbox, SandboxError};

use crate::arguments::SandboxOptions;
use crate::exit::Exit;
use crate::operate::block_on;
use crate::workplace::Workplace;

/// Where a sandbox keeps its world, beside the configuration.
const FOLDER: &str = ".aksel/sandbox";

/// Runs a sandbox until it is interrupted.
pub(crate) fn run(place: &Workplace, options: &SandboxOptions) -> Exit {
    block_on(async |stop| {
        let wanted = Options {
            port: options.port,
            pace: options.pace,
            log: options.log.as_deref().map(|path| place.path(path)).or_else(logged),
            ..Options::new(place.path(FOLDER))
        };
        let sandbox = match Sandbox::start(wanted).await {
            Ok(sandbox) => sandbox,
            Err(error) => return place.screen.fail(&unable(&error)),
        };
        let lines: String =
            sandbox.environment().iter().map(|(name, value)| format!("export {name}={value}\n")).collect();
        print!("{lines}");
        eprintln!(
            "\nThe sandbox answers at {}. With the environment above, aksel, terraform and az work on it.\nCtrl-C ends it; its world stays in {FOLDER}.",
            sandbox.endpoint()
        );
        sandbox.serve_until(stop.reached(Urgency::Finish)).await;
        Exit::Done
    })
}

/// Starts the sandbox of a folder.
///
/// # Errors
/// When another process holds it, or its files cannot be used.
pub(crate) async fn start(place: &Workplace) -> Result<Sandbox, Diagnostic> {
    let wanted = Options { log: logged(), ..Options::new(place.path(FOLDER)) };
    Sandbox::start(wanted).await.map_err(|error| unable(&error))
}

/// The file that the environment names for the log of requests.
fn logged() -> Option<PathBuf> {
    std::env::var_os("AKSEL_SANDBOX_LOG").filter(|path| !path.is_empty()).map(PathBuf::from)
}

fn unable(error: &SandboxError) -> Diagnostic {
    let diagnostic = Diagnostic::error(Code::Io, "The sandbox cannot be started").detail(format!("{error}."));
    match error {
        SandboxError::Held { .. } => diagnostic.help(
            "Another aksel works on it. Wait for it to end, or use the environment that `aksel sandbox` has printed and leave -sandbox out.",
        ),
        SandboxError::Content { .. } => diagnostic.help("Move the folder .aksel/sandbox away to begin with an empty world."),
        SandboxError::File { .. } | SandboxError::Port { .. } | SandboxError::NoPort | SandboxError::Certificate(_) => diagnostic,
    }
}
