//! Decides what becomes of one instance. Pure: no clock, no network. Whatever plan decides is tested here.
//!
//! Invariant: an object that cannot become what is wanted in place is replaced, whoever asks for it.
//! Never: a difference in what the configuration does not mention decides anything; that is the provider's plan.

use aksel_lang::blocks::lifecycle::IgnoreChanges;
use aksel_lang::path::{Path, Step};
use aksel_lang::types::Type;
use aksel_lang::value::{Content, Marks, Value};
use aksel_provider::provider::Planned;

use crate::plan::{Action, Reason, ReplaceOrder};
use crate::value_marks::{change_at, mark_at, marked_paths};

/// Why an object is replaced although it could stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Forced {
    /// Making it failed half-way.
    Tainted,
    /// It was asked for.
    ByRequest,
    /// Something that replaces it changes.
    ByTriggers,
}

/// What a provider's plan means for an object that there is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Verdict {
    /// It stays or is changed in place.
    InPlace(Box<Action>),
    /// It is replaced: the provider is to plan once more, as if there were no object.
    Replace { because: Vec<Path>, reason: Reason },
}

/// Decides about an object that there is.
pub(crate) fn decide(live: &Value, planned: &Planned, value: Value, forced: Option<Forced>) -> Verdict {
    let forced_reason = forced.map(|forced| match forced {
        Forced::Tainted => Reason::ReplaceTainted,
        Forced::ByRequest => Reason::ReplaceByRequest,
        Forced::ByTriggers => Reason::ReplaceByTriggers,
    });
    let because = planned.replace.clone();
    match forced_reason {
        // What cannot be changed in place is the reason, unless the object is broken anyway.
        Some(Reason::ReplaceTainted) => {
            Verdict::Replace { because: Vec::new(), reason: Reason::ReplaceTainted }
        }
        _ if !because.is_empty() => Verdict::Replace { because, reason: Reason::ReplaceCannotUpdate },
        Some(reason) => Verdict::Replace { because: Vec::new(), reason },
        None if same(live, &value) => Verdict::InPlace(Box::new(Action::Keep { live: value })),
        None => Verdict::InPlace(Box::new(Action::Update { live: live.clone(), planned: value })),
    }
}

/// Whether two values are the same and are secret at the same places.
pub(crate) fn same(a: &Value, b: &Value) -> bool {
    let (a_bare, a_marks) = a.unmark_deep();
    let (b_bare, b_marks) = b.unmark_deep();
    alike(&a_bare, &b_bare) && (a_marks == b_marks) && sensitive_paths(a) == sensitive_paths(b)
}

/// Whether two bare values are the same: state keeps no type of a null, so that nulls of all types are.
fn alike(a: &Value, b: &Value) -> bool {
    if a == b || a.is_null() && b.is_null() {
        return true;
    }
    match (a.content(), b.content()) {
        (Content::Object(a), Content::Object(b)) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|((n, a), (m, b))| n == m && alike(a, b))
        }
        (Content::Tuple(a), Content::Tuple(b)) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| alike(a, b))
        }
        _ => false,
    }
}

fn sensitive_paths(value: &Value) -> Vec<Path> {
    let marked = marked_paths(value).into_iter();
    marked.filter(|(_, marks)| marks.contains(Marks::SENSITIVE)).map(|(path, _)| path).collect()
}

/// The replacement of an object.
pub(crate) fn replacement(live: &Value, planned: Value, order: ReplaceOrder, because: Vec<Path>) -> Action {
    Action::Replace { live: live.clone(), planned, order, because }
}

/// The configuration with what is to be ignored taken from the object that there is.
pub(crate) fn ignoring(
    config: Value,
    live: &Value,
    ignored: &IgnoreChanges,
    settable: &dyn Fn(&str) -> bool,
) -> Value {
    match ignored {
        IgnoreChanges::All => ignore_all(config, live, settable),
        IgnoreChanges::Paths(paths) => {
            paths.iter().fold(config, |config, (path, _)| ignore_path(config, &path.0, live))
        }
    }
}

fn ignore_all(config: Value, live: &Value, settable: &dyn Fn(&str) -> bool) -> Value {
    let Some(names) = config.as_named().map(|items| items.keys().cloned().collect::<Vec<_>>()) else {
        return config;
    };
    names.into_iter().filter(|name| settable(name)).fold(config, |config, name| {
        let Some(before) = live.attribute(&name).cloned() else { return config };
        change_at(config, &Step::Attribute(name), |_| before)
    })
}

fn ignore_path(config: Value, steps: &[Step], live: &Value) -> Value {
    let Some((step, rest)) = steps.split_first() else { return live.clone() };
    let Some(before) = step.follow(live) else {
        // There is nothing to keep: an element that the configuration adds is left out.
        return if rest.is_empty() { without(config, step) } else { config };
    };
    if step.follow(&config).is_none() {
        return if rest.is_empty() { with(config, step, before.clone()) } else { config };
    }
    change_at(config, step, |inner| ignore_path(inner, rest, before))
}

fn without(config: Value, step: &Step) -> Value {
    if let (Some(items), Step::Key(key) | Step::Attribute(key), Type::Map(element)) =
        (config.as_named(), step, config.ty())
    {
        let kept = items.iter().filter(|(name, _)| *name != key).map(|(n, v)| (n.clone(), v.clone()));
        return Value::map((*element).clone(), kept).marked(config.marks());
    }
    config
}

fn with(config: Value, step: &Step, before: Value) -> Value {
    if let (Some(items), Step::Key(key) | Step::Attribute(key), Type::Map(element)) =
        (config.as_named(), step, config.ty())
    {
        let items = items.iter().map(|(n, v)| (n.clone(), v.clone()));
        return Value::map((*element).clone(), items.chain([(key.clone(), before)])).marked(config.marks());
    }
    config
}

/// What a provider planned, marked as the configuration is.
pub(crate) fn with_marks_of(config: &Value, planned: &Value) -> Value {
    mark_at(planned.clone(), &marked_paths(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(size: i64) -> Value {
        Value::object([("size", Value::from(size))])
    }

    fn planned(value: Value, replace: Vec<Path>) -> Planned {
        Planned { value, replace, private: None, findings: Vec::new() }
    }

    fn verdict(live: &Value, wanted: Value, replace: Vec<Path>, forced: Option<Forced>) -> Verdict {
        decide(live, &planned(wanted.clone(), replace), wanted, forced)
    }

    #[test]
    fn what_is_as_wanted_stays() {
        let live = object(1);
        let kept = Verdict::InPlace(Box::new(Action::Keep { live: live.clone() }));
        assert_eq!(verdict(&live, object(1), vec![], None), kept);
    }

    #[test]
    fn what_becomes_secret_is_updated() {
        let secret = Value::object([("size", Value::from(1).sensitive())]);
        let Verdict::InPlace(action) = verdict(&object(1), secret, vec![], None) else { panic!("in place") };
        assert_eq!(action.names(), ["update"]);
    }

    #[test]
    fn a_change_that_is_not_possible_in_place_replaces_and_says_why() {
        let size = vec![Path::attribute("size")];
        let reason = |forced| match verdict(&object(1), object(2), size.clone(), forced) {
            Verdict::Replace { because, reason } => (because.len(), reason),
            Verdict::InPlace(_) => panic!("replaced"),
        };
        assert_eq!(reason(None), (1, Reason::ReplaceCannotUpdate));
        assert_eq!(reason(Some(Forced::ByRequest)), (1, Reason::ReplaceCannotUpdate));
        assert_eq!(reason(Some(Forced::Tainted)), (0, Reason::ReplaceTainted));
    }

    #[test]
    fn what_is_ignored_comes_from_the_object() {
        let tags = |pairs: &[(&str, &str)]| {
            Value::object([(
                "tags",
                Value::map(Type::String, pairs.iter().map(|(k, v)| (*k, Value::string(v)))),
            )])
        };
        let path = Path(vec![Step::Attribute("tags".into()), Step::Key("a".into())]);
        let mut sources = aksel_lang::source::Sources::default();
        let span = aksel_lang::source::Span::new(sources.add("x", ""), 0, 0);
        let ignored = IgnoreChanges::Paths(vec![(path, span)]);
        let config = tags(&[("a", "new"), ("b", "new")]);
        let all = |_: &str| true;
        let kept = ignoring(config.clone(), &tags(&[("a", "old"), ("b", "old")]), &ignored, &all);
        assert_eq!(kept, tags(&[("a", "old"), ("b", "new")]));
        let left_out = ignoring(config.clone(), &tags(&[]), &ignored, &all);
        assert_eq!(left_out, tags(&[("b", "new")]));
        let whole = ignoring(config, &tags(&[("z", "z")]), &IgnoreChanges::All, &all);
        assert_eq!(whole, tags(&[("z", "z")]));
    }
}
