//! `aksel show`

use std::path::Path;
use std::sync::Arc;

use aksel_engine::registry::{Registry, source_of_configuration};
use aksel_lang::address::Address;
use aksel_lang::code::Code;
use aksel_lang::diagnostic::Diagnostic;
use aksel_lang::schema::Schema;
use aksel_report::plan_text::Detail;
use aksel_report::state_json::Schemas;
use aksel_report::{plan_json, plan_text, state_json, state_text};
use aksel_state::file::StateFile;
use aksel_state::snapshot::Snapshot;

use crate::apply;
use crate::arguments::ShowOptions;
use crate::exit::Exit;
use crate::project::registry;
use crate::workplace::Workplace;

/// Shows the state, a state file or a saved plan.
pub(crate) fn run(place: &Workplace, options: &ShowOptions) -> Exit {
    let registry = registry();
    let schemas = |address: &Address, provider: &str| schema(&registry, address, provider);
    place.screen.print(match &options.path {
        None => place.state(None).map(|file| state(place, options, file.snapshot(), &schemas)),
        Some(path) => file(place, options, path, &schemas),
    })
}

fn file(
    place: &Workplace,
    options: &ShowOptions,
    path: &Path,
    schemas: Schemas<'_>,
) -> Result<String, Diagnostic> {
    let no_plan = match apply::read(place, path) {
        Ok(saved) => {
            return Ok(match options.json {
                true => format!("{}\n", plan_json::to_json(&saved.plan, schemas).compact()),
                false => plan_text::render(&saved.plan, schemas, Detail::Full, place.screen.data()),
            });
        }
        Err(no_plan) => no_plan,
    };
    let full = place.path(path);
    let no_state = match StateFile::open(&full) {
        Ok(_) if !full.exists() => "there is no such file".to_owned(),
        Ok(file) => return Ok(state(place, options, file.snapshot(), schemas)),
        Err(error) => error.to_string(),
    };
    Err(Diagnostic::error(Code::State, "Failed to read the given file as a state or plan file")
        .detail(format!(
            "State read error: {}: {no_state}.\n\nPlan read error: {}",
            path.display(),
            no_plan.detail
        ))
        .help("Plan files are written by `aksel plan -out=FILE`; the state of the folder is shown without a path."))
}

fn state(
    place: &Workplace,
    options: &ShowOptions,
    snapshot: Option<&Snapshot>,
    schemas: Schemas<'_>,
) -> String {
    let empty = Snapshot::new("");
    match (options.json, snapshot) {
        (true, snapshot) => {
            format!("{}\n", state_json::to_json(snapshot.unwrap_or(&empty), schemas).compact())
        }
        (false, None) => "No state.\n".into(),
        (false, Some(snapshot)) => state_text::render(snapshot, schemas, place.screen.data()),
    }
}

/// The schema of an address, from the provider that state names.
pub(crate) fn schema(registry: &Registry, address: &Address, provider: &str) -> Option<Arc<Schema>> {
    let source = source_of_configuration(provider)?;
    registry.schema(source, address.resource.mode, &address.resource.type_name)
}
