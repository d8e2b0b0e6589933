//! `aksel drift`
//!
//! Exit codes: 0 in step, 2 drifted, 1 could not tell.

use aksel_engine::drift::Drift;
use aksel_engine::options::{PlanMode, Refresh};
use aksel_engine::written::written;
use aksel_lang::address::Address;
use aksel_lang::code::Code;
use aksel_lang::diagnostic::Diagnostic;
use aksel_report::drift;

use crate::arguments::DriftArguments;
use crate::custody::Custody;
use crate::exit::Exit;
use crate::operate::{Operation, Witness, block_on};
use crate::talk::Talk;
use crate::workplace::Workplace;

/// Says what changed outside, or accepts it.
pub(crate) fn run(place: &Workplace, arguments: &DriftArguments) -> Exit {
    let accepted = match accepted(&arguments.accept) {
        Ok(accepted) => accepted,
        Err(diagnostic) => return place.screen.fail(&diagnostic),
    };
    block_on(async |stop| {
        let begun = Operation::begin(place, &arguments.run, Some(PlanMode::Normal), stop).await;
        let Some(mut operation) = begun else { return Exit::Failed };
        operation.plan_options.refresh = Refresh::Read;
        let Some(mut custody) = operation.custody("Drift").await else { return Exit::Failed };
        let witness = Witness::default();
        let (plan, exit) = operation.plan_quietly(&custody, &witness).await;
        if exit == Exit::Failed {
            return exit;
        }
        let mut drift = Drift::of(&plan);
        for drifted in &mut drift.found {
            drifted.touch = witness.saw(&drifted.address);
        }
        if accepted.is_empty() {
            locate(&operation, &mut drift);
            show(&operation, &drift);
            return if drift.found.is_empty() { Exit::Done } else { Exit::Changes };
        }
        accept(&operation, &mut custody, &plan.refreshed, &drift, &accepted)
    })
}

/// The addresses behind `accept`.
fn accepted(words: &[String]) -> Result<Vec<Address>, Diagnostic> {
    let wrong = |detail: String| {
        Diagnostic::error(Code::Usage, "Invalid arguments for drift")
            .detail(detail)
            .help("`aksel drift` lists, `aksel drift accept ADDRESS…` takes what is there for what is wanted in state.")
    };
    let Some((verb, addresses)) = words.split_first() else { return Ok(Vec::new()) };
    if verb != "accept" || addresses.is_empty() {
        return Err(wrong(format!("`{}` is not understood.", words.join(" "))));
    }
    let parsed = addresses.iter().map(|text| {
        text.parse().map_err(|_| wrong(format!("`{text}` is no address of a resource instance.")))
    });
    parsed.collect()
}

/// Finds out where the configuration says what differs.
fn locate(operation: &Operation<'_>, drift: &mut Drift) {
    let places: Vec<_> = drift
        .attributes_mut()
        .map(|(address, attribute)| (address.clone(), attribute.path.clone()))
        .collect();
    let spans = written(&operation.run(), &places);
    let sources = &operation.project.configuration.sources;
    for ((_, attribute), span) in drift.attributes_mut().zip(spans) {
        attribute.written = span.map(|span| {
            let source = sources.get(span.source);
            format!("{}:{}", source.name, source.position(span.range().start).line)
        });
    }
}

fn show(operation: &Operation<'_>, drift: &Drift) {
    match operation.talk {
        Talk::Text(screen) => {
            print!("\n{}", drift::text(drift, operation.project.world.now(), screen.data()))
        }
        Talk::Json => operation.talk.json(|now| vec![drift::json(drift, now)]),
    }
}

/// Writes into state what is there, for these objects alone.
fn accept(
    operation: &Operation<'_>,
    custody: &mut Custody,
    refreshed: &aksel_state::snapshot::Snapshot,
    drift: &Drift,
    accepted: &[Address],
) -> Exit {
    let unknown = accepted.iter().find(|address| !drift.found.iter().any(|found| found.address == **address));
    if let Some(address) = unknown {
        operation.talk.fail(
            &Diagnostic::error(Code::Usage, "Nothing to accept")
                .detail(format!("{address} does not differ from what was last applied."))
                .help("`aksel drift` lists what does."),
        );
        return Exit::Failed;
    }
    let mut content = custody.content.clone();
    for address in accepted {
        let kept = content.remove(address, None);
        let provider = refreshed.provider(address, None).map(str::to_owned);
        if let (Some(live), Some(provider), Some(_)) = (refreshed.object(address, None), provider, kept) {
            content.put(address, None, &provider, live.clone());
        }
    }
    match custody.save(content) {
        Ok(()) => {
            for address in accepted {
                operation.talk.say(&format!("{address}: state has what is there now.\n"));
            }
            operation.talk.say("The configuration still says what it said: aksel plan\n");
            Exit::Done
        }
        Err(error) => {
            operation.talk.fail(&error);
            Exit::Failed
        }
    }
}
