//! `aksel show`

use std::sync::Arc;

use aksel_engine::registry::{Registry, source_of_configuration};
use aksel_lang::address::Address;
use aksel_lang::schema::Schema;
use aksel_report::plan_text::Detail;
use aksel_report::state_json::Schemas;
use aksel_report::{plan_json, plan_text, state_json, state_text};
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
    match options.path.as_deref().map(|path| apply::read(place, path)) {
        Some(Ok(saved)) => {
            match options.json {
                true => println!("{}", plan_json::to_json(&saved.plan, &schemas).compact()),
                false => {
                    print!("{}", plan_text::render(&saved.plan, &schemas, Detail::Full, place.screen.data()))
                }
            }
            Exit::Done
        }
        Some(Err(_)) | None => state(place, options, &schemas),
    }
}

fn state(place: &Workplace, options: &ShowOptions, schemas: Schemas<'_>) -> Exit {
    let file = match place.state(options.path.as_deref()) {
        Ok(file) => file,
        Err(diagnostic) => return place.screen.fail(&diagnostic),
    };
    let empty = Snapshot::new("");
    let snapshot = file.snapshot().unwrap_or(&empty);
    match options.json {
        true => println!("{}", state_json::to_json(snapshot, schemas).compact()),
        false => print!("{}", state_text::render(snapshot, schemas, place.screen.data())),
    }
    Exit::Done
}

/// The schema of an address, from the provider that state names.
pub(crate) fn schema(registry: &Registry, address: &Address, provider: &str) -> Option<Arc<Schema>> {
    let source = source_of_configuration(provider)?;
    registry.schema(source, address.resource.mode, &address.resource.type_name)
}
