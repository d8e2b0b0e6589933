//! `aksel version`

use aksel_lang::version::LANGUAGE;
use aksel_report::json_tree::Json;

use crate::arguments::VersionOptions;
use crate::exit::Exit;

/// Prints aksel's version and the version of the language that it implements.
pub(crate) fn run(options: &VersionOptions) -> Exit {
    let own = env!("CARGO_PKG_VERSION");
    let platform = format!("{}_{}", std::env::consts::OS, go_architecture());
    if options.json {
        let json = Json::object()
            .with("terraform_version", LANGUAGE)
            .with("platform", platform)
            .with("provider_selections", Json::object())
            .with("terraform_outdated", false)
            .with("aksel_version", own);
        println!("{}", json.indented());
    } else {
        println!("aksel v{own} (Terraform language {LANGUAGE})\non {platform}");
    }
    Exit::Done
}

/// The architecture as Terraform names it.
fn go_architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}
