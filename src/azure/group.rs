//! Groups: which arguments of a resource go together and which exclude each other.
//!
//! Invariant: what is not known yet is not judged.

use aksel_lang::code::Code;
use aksel_lang::path::{Path, Step};
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

/// What stands at a name such as `network_profile.0.advanced_networking.0.security_enabled`.
fn at<'a>(config: &'a Value, name: &str) -> Option<&'a Value> {
    name.split('.').try_fold(config, |value, step| match step.parse::<usize>() {
        Ok(index) => value.as_slice()?.get(index),
        Err(_) => value.attribute(step),
    })
}

/// Whether the block that the names lie in is there; what lies in none always is.
fn applies(config: &Value, names: &[&str]) -> bool {
    let block = names.first().and_then(|name| name.rsplit_once('.')).map(|(block, _)| block);
    block.is_none_or(|block| at(config, block).is_some_and(Value::is_known))
}

fn place(name: &str) -> Path {
    let step = |step: &str| step.parse().map_or_else(|_| Step::Attribute(step.into()), Step::Index);
    Path(name.split('.').map(step).collect())
}

fn given(config: &Value, name: &str) -> Given {
    match at(config, name) {
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
            Group::ExactlyOne(names) if applies(config, names) => one_of(config, names, Most::One),
            Group::AtLeastOne(names) if applies(config, names) => one_of(config, names, Most::Any),
            Group::ExactlyOne(_) | Group::AtLeastOne(_) => Vec::new(),
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
                    .at(place(name))
                };
                clashing.map(finding).collect()
            }
            Group::Needs(name, others) => {
                let lacking = matches!(given(config, name), Given::Yes)
                    && others.iter().any(|other| matches!(given(config, other), Given::No));
                let detail = format!("\"{name}\": all of `{},{name}` must be specified", others.join(","));
                let finding = || {
                    Finding::error(Code::MissingArgument, "Missing required argument", detail).at(place(name))
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
            .at(place(name))
        };
        return names.iter().map(finding).collect();
    }
    let clash = matches!(most, Most::One) && set.len() > 1;
    let both = set.iter().map(|name| **name).collect::<Vec<_>>().join(",");
    let finding = |name: &&&str| {
        let detail =
            format!("\"{name}\": only one of `{all}` can be specified, but `{both}` were specified.");
        Finding::error(Code::InvalidConfiguration, "Invalid combination of arguments", detail).at(place(name))
    };
    if clash { set.iter().map(finding).collect() } else { Vec::new() }
}
