//! `aksel review`

use aksel_report::review;

use crate::apply;
use crate::arguments::ReviewOptions;
use crate::exit::Exit;
use crate::project::registry;
use crate::show::schema;
use crate::workplace::Workplace;

/// Prints a saved plan as Markdown.
pub(crate) fn run(place: &Workplace, options: &ReviewOptions) -> Exit {
    let saved = match apply::read(place, &options.plan) {
        Ok(saved) => saved,
        Err(diagnostic) => return place.screen.fail(&diagnostic),
    };
    let registry = registry();
    let schemas = |address: &_, provider: &_| schema(&registry, address, provider);
    print!("{}", review::markdown(&saved.plan, &schemas, &options.plan.display().to_string()));
    Exit::Done
}
