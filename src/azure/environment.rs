//! The machine around the provider: the variables of its world, small files and the Azure CLI. The one seam through which they come in.
//!
//! Never: what is read here is logged.

use std::path::Path;

use aksel_provider::world::World;

/// The first of these variables that is set to something.
pub fn first_variable(world: &dyn World, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| world.variable(name))
}

/// A file's text without surrounding blanks.
///
/// # Errors
/// Words with the file's name and the reason.
pub fn file(path: &str) -> Result<String, String> {
    let text = std::fs::read_to_string(Path::new(path)).map_err(|error| format!("{path}: {error}"))?;
    Ok(text.trim().to_owned())
}

/// What a command prints.
///
/// # Errors
/// Words with the command and what it said.
pub async fn output(command: &str, arguments: &[&str]) -> Result<String, String> {
    let run = tokio::process::Command::new(command).args(arguments).kill_on_drop(true).output();
    let done = run.await.map_err(|error| format!("`{command}` could not be started: {error}"))?;
    if done.status.success() {
        return Ok(String::from_utf8_lossy(&done.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&done.stderr);
    Err(format!(
        "`{command}` failed: {}",
        said.lines().find(|line| !line.trim().is_empty()).unwrap_or("no reason given")
    ))
}
