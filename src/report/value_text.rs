//! Values and their differences as lines of text.
//!
//! Invariant: a sensitive value is never written, nor what is in it; an unknown one is `(known after apply)`.
//! Never: what is equal is written out, but for what tells which object it is.

use std::collections::BTreeMap;

use aksel_lang::address::quoted;
use aksel_lang::operators::equal;
use aksel_lang::path::{Path, Step};
use aksel_lang::types::Text;
use aksel_lang::value::{Content, Marks, Value};
use similar::{ChangeTag, TextDiff};

use crate::matching::{Pair, by_name, matched};

/// How many lines of a text are shown around those that change.
const LINES_AROUND: usize = 3;

/// What happens to a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// Nothing.
    Same,
    /// It is new.
    Add,
    /// It changes.
    Change,
    /// It goes.
    Remove,
}

/// A line with its depth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// How deep it stands, in steps of four blanks.
    pub depth: usize,
    /// What happens to it.
    pub sign: Sign,
    /// The text.
    pub text: String,
}

/// Which paths force a replacement, for the words behind them.
pub type Forces<'a> = &'a [Path];

impl Line {
    fn new(depth: usize, sign: Sign, text: impl Into<String>) -> Line {
        Line { depth, sign, text: text.into() }
    }
}

/// Whether nothing at a place changes. What is unknown changes.
pub fn same(before: &Value, after: &Value) -> bool {
    let (bare_before, before_marks) = before.unmark_deep();
    let (bare_after, after_marks) = after.unmark_deep();
    before_marks == after_marks && equal(&bare_before, &bare_after) == Some(true)
}

fn hidden(value: &Value) -> Option<&'static str> {
    if value.marks().contains(Marks::SENSITIVE) {
        return Some("(sensitive value)");
    }
    if value.marks().contains(Marks::EPHEMERAL) {
        return Some("(ephemeral value)");
    }
    match value.content() {
        Content::Unknown(..) => Some("(known after apply)"),
        Content::Null(_) => Some("null"),
        Content::Bool(_)
        | Content::Number(_)
        | Content::String(_)
        | Content::List(..)
        | Content::Set(..)
        | Content::Map(..)
        | Content::Tuple(_)
        | Content::Object(_) => None,
    }
}

/// The value on one line, if it fits on one.
fn short(value: &Value) -> Option<String> {
    if let Some(words) = hidden(value) {
        return Some(words.to_owned());
    }
    match value.content() {
        Content::Bool(truth) => Some(truth.to_string()),
        Content::Number(number) => Some(number.to_string()),
        Content::String(text) if text.trim_end_matches('\n').contains('\n') => None,
        Content::String(text) => Some(quoted(text)),
        Content::Map(_, items) | Content::Object(items) => items.is_empty().then(|| "{}".into()),
        Content::List(_, items) | Content::Set(_, items) | Content::Tuple(items) => {
            items.is_empty().then(|| "[]".into())
        }
        Content::Null(_) | Content::Unknown(..) => None,
    }
}

/// `name = value` in lines, all with one sign.
pub fn whole(label: &str, value: &Value, sign: Sign, depth: usize, out: &mut Vec<Line>) {
    if let Some(text) = short(value) {
        return out.push(Line::new(depth, sign, format!("{label}{text}")));
    }
    match value.content() {
        Content::String(text) => {
            out.push(Line::new(depth, sign, format!("{label}<<-EOT")));
            out.extend(text.lines().map(|line| Line::new(depth + 1, Sign::Same, line)));
            out.push(Line::new(depth, Sign::Same, "EOT"));
        }
        Content::Map(_, items) | Content::Object(items) => {
            out.push(Line::new(depth, sign, format!("{label}{{")));
            let width = items.keys().map(|name| key(value, name).chars().count()).max().unwrap_or(0);
            for (name, item) in items.iter().filter(|(_, item)| !(item.is_null() && is_object(value))) {
                whole(&padded(&key(value, name), width), item, sign, depth + 1, out);
            }
            out.push(Line::new(depth, Sign::Same, "}"));
        }
        // What has no elements has been written on one line.
        Content::List(..)
        | Content::Set(..)
        | Content::Tuple(_)
        | Content::Null(_)
        | Content::Unknown(..)
        | Content::Bool(_)
        | Content::Number(_) => {
            out.push(Line::new(depth, sign, format!("{label}[")));
            for item in value.elements() {
                whole("", item, sign, depth + 1, out);
                end_with_comma(out);
            }
            out.push(Line::new(depth, Sign::Same, "]"));
        }
    }
}

fn is_object(value: &Value) -> bool {
    matches!(value.content(), Content::Object(_))
}

/// Keys of maps stand in quotes, names of attributes do not.
fn key(value: &Value, name: &str) -> String {
    if is_object(value) { name.to_owned() } else { quoted(name) }
}

/// The label of a member: its name, filled up so that the equals signs stand below each other.
pub fn padded(name: &str, width: usize) -> String {
    format!("{name:<width$} = ")
}

fn end_with_comma(out: &mut [Line]) {
    if let Some(last) = out.last_mut() {
        last.text.push(',');
    }
}

/// `name = before -> after` in lines.
pub fn difference(
    label: &str,
    before: &Value,
    after: &Value,
    place: &Path,
    forces: Forces<'_>,
    depth: usize,
    out: &mut Vec<Line>,
) {
    let suffix = if forces.contains(place) { " # forces replacement" } else { "" };
    let first = out.len();
    if hidden(before).is_none() && hidden(after).is_none() {
        let inner = Inner { place, forces, depth };
        if inner.structured(label, before, after, out) {
            if let Some(line) = out.get_mut(first) {
                line.text.push_str(suffix);
            }
            return;
        }
    }
    match (short(before), short(after)) {
        (Some(from), Some(to)) if from == to => {
            let words = format!("{label}{from}{suffix}");
            out.push(Line::new(depth, Sign::Change, words));
            if before.marks() != after.marks() {
                out.push(Line::new(depth, Sign::Same, "# (only whether it is sensitive changes)"));
            }
        }
        (Some(from), Some(to)) => {
            out.push(Line::new(depth, Sign::Change, format!("{label}{from} -> {to}{suffix}")));
        }
        (None, Some(to)) => {
            whole(label, before, Sign::Remove, depth, out);
            if let Some(line) = out.get_mut(first) {
                line.sign = Sign::Change;
            }
            if let Some(line) = out.last_mut() {
                line.text.push_str(&format!(" -> {to}{suffix}"));
            }
        }
        (_, None) => {
            whole(label, after, Sign::Change, depth, out);
            if let Some(line) = out.get_mut(first) {
                line.text.push_str(suffix);
            }
        }
    }
}

struct Inner<'a> {
    place: &'a Path,
    forces: Forces<'a>,
    depth: usize,
}

impl Inner<'_> {
    /// The difference of two values of one kind, element by element. `false`: they are of different kinds.
    fn structured(&self, label: &str, before: &Value, after: &Value, out: &mut Vec<Line>) -> bool {
        match (before.content(), after.content()) {
            (Content::String(from), Content::String(to)) if from.contains('\n') || to.contains('\n') => {
                self.text(label, from, to, out);
            }
            (Content::Map(_, from) | Content::Object(from), Content::Map(_, to) | Content::Object(to)) => {
                out.push(Line::new(self.depth, Sign::Change, format!("{label}{{")));
                self.members(after, from, to, out);
                out.push(Line::new(self.depth, Sign::Same, "}"));
            }
            (Content::Set(..), Content::Set(..)) => self.set(label, before, after, out),
            (Content::List(..) | Content::Tuple(_), Content::List(..) | Content::Tuple(_)) => {
                self.list(label, before, after, out);
            }
            _ => return false,
        }
        true
    }

    /// Only the lines that change, with a few around them.
    fn text(&self, label: &str, from: &str, to: &str, out: &mut Vec<Line>) {
        out.push(Line::new(self.depth, Sign::Change, format!("{label}<<-EOT")));
        let lines = TextDiff::from_lines(from, to);
        let mut shown = 0;
        for group in lines.grouped_ops(LINES_AROUND) {
            let begin = group.first().map_or(shown, |op| op.old_range().start);
            hidden_count(begin - shown, "line", self.depth + 1, out);
            for change in group.iter().flat_map(|op| lines.iter_changes(op)) {
                let sign = match change.tag() {
                    ChangeTag::Equal => Sign::Same,
                    ChangeTag::Delete => Sign::Remove,
                    ChangeTag::Insert => Sign::Add,
                };
                out.push(Line::new(self.depth + 1, sign, change.value().trim_end_matches('\n')));
            }
            shown = group.last().map_or(shown, |op| op.old_range().end);
        }
        hidden_count(from.lines().count() - shown, "line", self.depth + 1, out);
        out.push(Line::new(self.depth, Sign::Same, "EOT"));
    }

    fn members(
        &self,
        after: &Value,
        from: &BTreeMap<Text, Value>,
        to: &BTreeMap<Text, Value>,
        out: &mut Vec<Line>,
    ) {
        let mut names: Vec<&Text> = from.keys().chain(to.keys()).collect();
        names.sort();
        names.dedup();
        let unchanged = |name: &&Text| match (from.get(*name), to.get(*name)) {
            (Some(before), Some(after)) => same(before, after),
            _ => false,
        };
        let (kept, changed): (Vec<&Text>, Vec<&Text>) = names.into_iter().partition(unchanged);
        let width = changed.iter().map(|name| key(after, name).chars().count()).max().unwrap_or(0);
        for name in changed {
            let label = padded(&key(after, name), width);
            let step = if is_object(after) { Step::Attribute(name.clone()) } else { Step::Key(name.clone()) };
            let place = self.place.then(step);
            match (from.get(name), to.get(name)) {
                (Some(before), Some(after)) => {
                    difference(&label, before, after, &place, self.forces, self.depth + 1, out);
                }
                (Some(before), None) => gone(&label, before, self.depth + 1, out),
                (None, Some(after)) => whole(&label, after, Sign::Add, self.depth + 1, out),
                (None, None) => {}
            }
        }
        let what = if is_object(after) { "attribute" } else { "element" };
        hidden_count(kept.len(), what, self.depth + 1, out);
    }

    /// Elements of a set are there or not, unless something identifies them; then they change.
    fn set(&self, label: &str, before: &Value, after: &Value, out: &mut Vec<Line>) {
        let (from, to) = (refs(before), refs(after));
        if let Some(pairs) = by_name(&from, &to) {
            return self.pairs(label, &from, &to, &pairs, out);
        }
        out.push(Line::new(self.depth, Sign::Change, format!("{label}[")));
        for item in from.iter().filter(|item| !to.contains(item)) {
            whole("", item, Sign::Remove, self.depth + 1, out);
            end_with_comma(out);
        }
        for item in to.iter().filter(|item| !from.contains(item)) {
            whole("", item, Sign::Add, self.depth + 1, out);
            end_with_comma(out);
        }
        let kept = from.iter().filter(|item| to.contains(item)).count();
        hidden_count(kept, "element", self.depth + 1, out);
        out.push(Line::new(self.depth, Sign::Same, "]"));
    }

    fn list(&self, label: &str, before: &Value, after: &Value, out: &mut Vec<Line>) {
        let (from, to) = (refs(before), refs(after));
        self.pairs(label, &from, &to, &matched(&from, &to), out);
    }

    fn pairs(&self, label: &str, from: &[&Value], to: &[&Value], pairs: &[Pair], out: &mut Vec<Line>) {
        out.push(Line::new(self.depth, Sign::Change, format!("{label}[")));
        let mut kept = 0;
        for pair in pairs {
            match *pair {
                Pair::Both(was, is) if same(from[was], to[is]) => {
                    kept += 1;
                    continue;
                }
                Pair::Both(was, is) => {
                    let place = self.place.then(Step::Index(is));
                    difference("", from[was], to[is], &place, self.forces, self.depth + 1, out);
                }
                Pair::Before(was) => whole("", from[was], Sign::Remove, self.depth + 1, out),
                Pair::After(is) => whole("", to[is], Sign::Add, self.depth + 1, out),
            }
            end_with_comma(out);
        }
        hidden_count(kept, "element", self.depth + 1, out);
        out.push(Line::new(self.depth, Sign::Same, "]"));
    }
}

fn refs(value: &Value) -> Vec<&Value> {
    value.as_slice().unwrap_or_default().iter().collect()
}

/// `name = value -> null` for what goes.
pub fn gone(label: &str, before: &Value, depth: usize, out: &mut Vec<Line>) {
    whole(label, before, Sign::Remove, depth, out);
    if let Some(line) = out.last_mut() {
        line.text.push_str(" -> null");
    }
}

/// Says how much is not shown.
pub fn hidden_count(count: usize, what: &str, depth: usize, out: &mut Vec<Line>) {
    if count > 0 {
        let plural = if count == 1 { "" } else { "s" };
        out.push(Line::new(depth, Sign::Same, format!("# ({count} unchanged {what}{plural} hidden)")));
    }
}
