//! Groups: which arguments of a resource go together and which exclude each other.
//!
//! Invariant: what is not known yet is not judged.

use aksel_lang::code::Code;
use aksel_lang::path::Path;
use aksel_lang::value::Value;
use aksel_provider::finding::Finding;

/// A rule about which arguments are given.
#[derive(Clone, Copy, Debug)]
pub enum Group {
    /// Exactly one of these.
    ExactlyOne(&'static [&'static str]),
    /// At least one of these.
    AtLeastOne(&'static [&'static str]),
    /// The first excludes the others.
    Conflicts(&'static str, &'static [&'static str]),
    /// The first needs the others.
    Needs(&'static str, &'static [&'static str]),
}

enum Given {
    Yes,
    No,
    NotKnown,
}

fn given(config: &Value, name: &str) -> Given {
    match config.attribute(name) {
        None => Given::No,
        Some(value) if value.is_null() => Given::No,
        Some(value) if value.as_slice().is_some_and(<[Value]>::is_empty) => Given::No,
        Some(value) if !value.is_known() => Given::NotKnown,
        Some(_) => Given::Yes,
    }
}

impl Group {
    /// Judges a configuration.
    pub fn check(&self, config: &Value) -> Vec<Finding> {
        match self {
            Group::ExactlyOne(names) => one_of(config, names, Most::One),
            Group::AtLeastOne(names) => one_of(config, names, Most::Any),
            Group::Conflicts(name, others) => {
                let set = matches!(given(config, name), Given::Yes);
                let clashing =
                    others.iter().filter(|other| set && matches!(given(config, other), Given::Yes));
                let finding = |other: &&str| {
                    Finding::error(
                        Code::InvalidConfiguration,
                        "Conflicting configuration arguments",
                        format!("\"{name}\": conflicts with {other}"),
                    )
                    .at(Path::attribute(*name))
                };
                clashing.map(finding).collect()
            }
            Group::Needs(name, others) => {
                let lacking = matches!(given(config, name), Given::Yes)
                    && others.iter().any(|other| matches!(given(config, other), Given::No));
                let detail = format!("\"{name}\": all of `{},{name}` must be specified", others.join(","));
                let finding = || {
                    Finding::error(Code::MissingArgument, "Missing required argument", detail)
                        .at(Path::attribute(*name))
                };
                if lacking { vec![finding()] } else { Vec::new() }
            }
        }
    }
}

enum Most {
    One,
    Any,
}

fn one_of(config: &Value, names: &[&str], most: Most) -> Vec<Finding> {
    let open = names.iter().filter(|name| matches!(given(config, name), Given::NotKnown)).count();
    let set: Vec<&&str> = names.iter().filter(|name| matches!(given(config, name), Given::Yes)).collect();
    let all = names.join(",");
    if set.is_empty() && open == 0 {
        // One finding per argument, as azurerm reports it: each is a place where it can be mended.
        let words = match most {
            Most::One => "Invalid combination of arguments",
            Most::Any => "Missing required argument",
        };
        let finding = |name: &&str| {
            Finding::error(
                Code::MissingArgument,
                words,
                format!("\"{name}\": one of `{all}` must be specified"),
            )
            .at(Path::attribute(*name))
        };
        return names.iter().map(finding).collect();
    }
    let clash = matches!(most, Most::One) && set.len() > 1;
    let both = set.iter().map(|name| **name).collect::<Vec<_>>().join(",");
    let finding = |name: &&&str| {
        let detail =
            format!("\"{name}\": only one of `{all}` can be specified, but `{both}` were specified.");
        Finding::error(Code::InvalidConfiguration, "Invalid combination of arguments", detail)
            .at(Path::attribute(**name))
    };
    if clash { set.iter().map(finding).collect() } else { Vec::new() }
}
