//! `aksel explain`

use aksel_lang::code::Code;
use aksel_lang::diagnostic::{Diagnostic, nearest};
use aksel_report::code_page;

use crate::arguments::ExplainOptions;
use crate::exit::Exit;
use crate::usage::{self, Stream};
use crate::workplace::Workplace;

/// Prints the page of a code, or the list of all codes.
pub(crate) fn run(place: &Workplace, options: &ExplainOptions) -> Exit {
    let style = place.screen.data();
    match options.words.as_slice() {
        [] => print!("{}", code_page::list(style)),
        [name] => match Code::named(name) {
            Some(code) => print!("{}", code_page::page(code, style)),
            None => return place.screen.fail(&unknown(name)),
        },
        _ => return usage::refuse(&["explain"], "Expected at most one argument: CODE.", Stream::Talk),
    }
    Exit::Done
}

fn unknown(name: &str) -> Diagnostic {
    let all: Vec<String> = Code::ALL.iter().map(Code::to_string).collect();
    let upper = name.to_uppercase();
    let near = nearest(&upper, all.iter().map(String::as_str));
    let help = match near {
        Some(near) => format!("Did you mean {near}? `aksel explain` lists all codes."),
        None => "`aksel explain` lists all codes.".into(),
    };
    Diagnostic::error(Code::Usage, format!("There is no code \"{name}\""))
        .detail("A code stands in brackets behind the word error or warning, such as AK0107.")
        .help(help)
}
