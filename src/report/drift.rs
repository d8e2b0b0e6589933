//! Drift as people and programs read it.
//!
//! Never: a sensitive value is written.

use aksel_engine::drift::{Attribute, Difference, Drift, Drifted};
use aksel_lang::value::Value;
use aksel_provider::touch::Touch;
use jiff::Timestamp;

use crate::event_json::line;
use crate::json_tree::Json;
use crate::style::{Style, Tone};
use crate::value_json;

/// How long a value may be in a line.
const VALUE_MAX: usize = 48;

/// A drift as people read it.
pub fn text(drift: &Drift, now: Timestamp, style: Style) -> String {
    if drift.found.is_empty() {
        return format!("{}\n", style.paint(Tone::Strong, &sentence(drift)));
    }
    let mut out: String = drift.found.iter().map(|drifted| lines(drifted, now, style)).collect();
    out.push('\n');
    out.push_str(&format!("{}{}\n", sentence(drift), places(drift)));
    out.push_str(
        "To write the configuration back: aksel apply. To accept one: aksel drift accept ADDRESS.\n",
    );
    out
}

/// How many objects differ.
fn sentence(drift: &Drift) -> String {
    match (drift.found.len(), drift.objects) {
        (0, 0) => "In step. There is nothing in state.".to_owned(),
        (0, 1) => "In step. 1 object is as it was last applied.".to_owned(),
        (0, objects) => format!("In step. {objects} objects are as they were last applied."),
        (1, objects) => format!("1 of {objects} objects differs from what was last applied."),
        (found, objects) => format!("{found} of {objects} objects differ from what was last applied."),
    }
}

fn lines(drifted: &Drifted, now: Timestamp, style: Style) -> String {
    let touched = drifted.touch.as_ref().map(|touch| touched(touch, now)).unwrap_or_default();
    match &drifted.how {
        Difference::Deleted => {
            format!(" {} {}   deleted{touched}\n", style.paint(Tone::Bad, "-"), drifted.address)
        }
        Difference::Changed(attributes) => {
            let line = |attribute: &Attribute| {
                let (before, after) = (shown(attribute.before.as_ref()), shown(attribute.after.as_ref()));
                let sign = style.paint(Tone::Change, "~");
                format!(" {sign} {}   {} {before} -> {after}{touched}\n", drifted.address, attribute.path)
            };
            attributes.iter().map(line).collect()
        }
    }
}

/// Who changed it, and how long ago: `   kubectl-edit, 20 min ago (managedFields)`.
fn touched(touch: &Touch, now: Timestamp) -> String {
    let seconds = now.duration_since(touch.when).as_secs();
    let ago = match seconds {
        ..60 => "just now".to_owned(),
        60..3600 => format!("{} min ago", seconds / 60),
        3600..86_400 => format!("{} h ago", seconds / 3600),
        86_400..172_800 => "yesterday".to_owned(),
        _ => format!("{} days ago", seconds / 86_400),
    };
    format!("   {}, {ago} ({})", touch.who, touch.told_by)
}

/// A value on one line, cut where it is long.
fn shown(value: Option<&Value>) -> String {
    let Some(value) = value else { return "(nothing)".to_owned() };
    if value.is_sensitive_deep() {
        return "(sensitive value)".to_owned();
    }
    let text = value_json::known(value).compact();
    if text.chars().count() <= VALUE_MAX {
        return text;
    }
    let begin: String = text.chars().take(VALUE_MAX).collect();
    format!("{begin}…")
}

/// Which of the attributes the configuration writes, and where.
fn places(drift: &Drift) -> String {
    let attributes = drift.found.iter().filter_map(|drifted| match &drifted.how {
        Difference::Deleted => None,
        Difference::Changed(attributes) => Some(attributes),
    });
    let written = attributes.flatten().filter_map(|attribute| {
        let place = attribute.written.as_ref()?;
        Some(format!("{} ({place})", attribute.path))
    });
    let mut written: Vec<String> = written.collect();
    written.dedup();
    match written.is_empty() {
        true => String::new(),
        false => format!(" The configuration says otherwise: {}.", written.join(", ")),
    }
}

/// A drift as a line of JSON, of type `drift`.
pub fn json(drift: &Drift, now: Timestamp) -> Json {
    let found = drift.found.iter().map(|drifted| {
        let touch = drifted.touch.as_ref().map(|touch| {
            let when = touch.when.to_string();
            Json::object().with("who", &*touch.who).with("when", when).with("told_by", touch.told_by)
        });
        let object =
            Json::object().with("address", drifted.address.to_string()).with_some("changed_by", touch);
        match &drifted.how {
            Difference::Deleted => object.with("change", "deleted"),
            Difference::Changed(attributes) => {
                let attributes: Vec<Json> = attributes.iter().map(attribute_json).collect();
                object.with("change", "updated").with("attributes", Json::Array(attributes))
            }
        }
    });
    line("info", &sentence(drift), now)
        .with("drift", found.collect::<Vec<_>>())
        .with("drifted", !drift.found.is_empty())
        .with("objects", drift.objects)
        .with("type", "drift")
}

fn attribute_json(attribute: &Attribute) -> Json {
    let value = |value: &Option<Value>| match value {
        Some(value) if value.is_sensitive_deep() => Json::from("(sensitive value)"),
        Some(value) => value_json::known(value),
        None => Json::null(),
    };
    Json::object()
        .with("path", attribute.path.to_string())
        .with("before", value(&attribute.before))
        .with("after", value(&attribute.after))
        .with_some("written", attribute.written.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_long_ago_is_said_roughly() {
        let now = Timestamp::from_second(1_000_000).unwrap();
        let ago = |seconds: i64| {
            let when = Timestamp::from_second(1_000_000 - seconds).unwrap();
            touched(&Touch { who: "ann@contoso.com".into(), when, told_by: "Activity Log" }, now)
        };
        insta::assert_snapshot!([5, 1_250, 7_300, 90_000, 400_000].map(ago).join("\n"), @r"
           ann@contoso.com, just now (Activity Log)
           ann@contoso.com, 20 min ago (Activity Log)
           ann@contoso.com, 2 h ago (Activity Log)
           ann@contoso.com, yesterday (Activity Log)
           ann@contoso.com, 4 days ago (Activity Log)
        ");
    }
}
