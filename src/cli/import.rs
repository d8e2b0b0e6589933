//! `aksel import`

use aksel_engine::imports;
use aksel_engine::observer::Silent;
use aksel_engine::options::{PlanMode, Refresh};
use aksel_engine::run::{Run, plan};
use aksel_lang::address::{Address, Target};
use aksel_lang::code::Code;
use aksel_lang::diagnostic::Diagnostic;
use aksel_provider::stop::Stop;

use crate::arguments::ImportArguments;
use crate::exit::Exit;
use crate::operate::{Operation, block_on};
use crate::state::address;
use crate::usage::{self, Stream};
use crate::workplace::Workplace;

/// Takes an object into state. Nothing remote is changed.
pub(crate) fn run(place: &Workplace, arguments: &ImportArguments) -> Exit {
    let [to, id] = arguments.words.as_slice() else {
        return usage::refuse(&["import"], "The import command expects two arguments.", Stream::Talk);
    };
    let address = match address(to) {
        Ok(address) => address,
        Err(diagnostic) => return place.screen.fail(&diagnostic),
    };
    block_on(async |stop| import(place, arguments, &address, id, stop).await)
}

async fn import(
    place: &Workplace,
    arguments: &ImportArguments,
    address: &Address,
    id: &str,
    stop: Stop,
) -> Exit {
    let begun = Operation::begin(place, &arguments.run, Some(PlanMode::Normal), stop).await;
    let Some(mut operation) = begun else { return Exit::Failed };
    if let Err(error) = imports::ask_for(&mut operation.project.configuration, address, id) {
        operation.report(&vec![error]);
        return Exit::Failed;
    }
    let Some(mut custody) = operation.custody("Import").await else { return Exit::Failed };
    if custody.content.object(address, None).is_some() {
        operation.talk.fail(&managed(address));
        return Exit::Failed;
    }
    operation.talk.say(&format!("{address}: Importing from ID {id:?}...\n"));
    operation.plan_options.targets = vec![Target::Resource(address.clone())];
    operation.plan_options.refresh = Refresh::Skip;
    // That only one address is looked at is what was asked for, and no warning.
    let run = Run { observer: &Silent, ..operation.run() };
    let (plan, mut found) = plan(&run, &operation.plan_options, &custody.content, &custody.in_doubt).await;
    found.retain(Diagnostic::is_error);
    operation.report(&found);
    if !found.is_empty() {
        return Exit::Failed;
    }
    // The plan has read the object and put it where the state is to have it; nothing of the plan is carried out.
    if plan.refreshed.object(address, None).is_none() {
        operation.talk.fail(&not_found(address, id));
        return Exit::Failed;
    }
    if let Err(error) = custody.save(plan.refreshed) {
        operation.talk.fail(&error);
        return Exit::Failed;
    }
    operation.talk.say(&format!(
        "{address}: Import prepared!\n  Prepared {} for import\n\nImport successful!\n\nThe object is in state now. To see where it differs from the configuration: aksel plan\n",
        address.resource.type_name
    ));
    Exit::Done
}

fn managed(address: &Address) -> Diagnostic {
    Diagnostic::error(Code::State, "Resource already managed")
        .detail(format!(
            "A remote object is already managed as {address}. To import to this address you must first remove the existing object from the state."
        ))
        .help(format!("aksel state rm '{address}'"))
}

fn not_found(address: &Address, id: &str) -> Diagnostic {
    Diagnostic::error(Code::Provider, "Nothing was imported")
        .detail(format!("There is no instance {address} that could take over the object {id:?}."))
        .help("Check that the instance key is one that `count` or `for_each` gives.")
}
