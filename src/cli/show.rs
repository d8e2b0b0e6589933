//! `aksel show`

use std::sync::Arc;

use aksel_engine::registry::{Registry, source_of_configuration};
use aksel_lang::address::Address;
use aksel_lang::schema::Schema;
use aksel_report::state_json;
use aksel_report::state_text;
use aksel_state::snapshot::Snapshot;

use crate::arguments::ShowOptions;
use crate::exit::Exit;
use crate::workplace::Workplace;

/// Shows the state, or a state file.
pub(crate) fn run(place: &Workplace, options: &ShowOptions) -> Exit {
    let file = match place.state(options.path.as_deref()) {
        Ok(file) => file,
        Err(diagnostic) => return place.screen.fail(&diagnostic),
    };
    let empty = Snapshot::new("");
    let snapshot = file.snapshot().unwrap_or(&empty);
    let registry = registry();
    let schemas = |address: &Address, provider: &str| schema(&registry, address, provider);
    match options.json {
        true => println!("{}", state_json::to_json(snapshot, &schemas).compact()),
        false => print!("{}", state_text::render(snapshot, &schemas, place.screen.talk)),
    }
    Exit::Done
}

/// The providers that are in the binary.
pub(crate) fn registry() -> Registry {
    Registry::default()
}

/// The schema of an address, from the provider that state names.
pub(crate) fn schema(registry: &Registry, address: &Address, provider: &str) -> Option<Arc<Schema>> {
    let source = source_of_configuration(provider)?;
    registry.schema(source, address.resource.mode, &address.resource.type_name)
}
