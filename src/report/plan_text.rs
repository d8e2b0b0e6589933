//! A plan as people read it on a terminal.
//!
//! Invariant: what deletes comes first, then what is made, then what changes; the last line counts.
//! Never: a sensitive value is written.

use aksel_engine::plan::{
    Action, Deferred, DeferredReason, OutputAction, Plan, Reason, ReplaceOrder, ResourceChange,
};
use aksel_lang::address::Mode;
use aksel_lang::path::{Path, Step};
use aksel_lang::schema::{BlockSchema, NestedSchema};
use aksel_lang::value::Value;

use crate::matching::{Pair, matched};
use crate::secrets::Secrets;
use crate::state_json::Schemas;
use crate::style::{Style, Tone};
use crate::value_text::{self, Forces, Line, Sign, difference, gone, hidden_count, padded, same, whole};

/// How much of a change is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// All that changes.
    Full,
    /// One line an object.
    Concise,
}

/// The plan as text.
pub fn render(plan: &Plan, schemas: Schemas<'_>, detail: Detail, style: Style) -> String {
    let mut out = String::new();
    let mut shown: Vec<&ResourceChange> =
        plan.changes.iter().filter(|change| change.does_something()).collect();
    shown.sort_by_key(|change| rank(&change.action));
    let secrets = Secrets::of_plan(plan);
    for change in &shown {
        out.push_str(&render_change(&secrets.hide_in(change), schemas, detail, style));
        out.push('\n');
    }
    out.push_str(&outputs(plan, style));
    for deferred in &plan.deferred {
        out.push_str(&format!("Deferred: {}\n", deferred_words(deferred)));
    }
    out.push_str(&summary(plan, style));
    out
}

/// The line that counts.
pub fn summary(plan: &Plan, style: Style) -> String {
    let counts = plan.counts();
    if !plan.is_applyable() && plan.deferred.is_empty() {
        let objects =
            plan.changes.iter().filter(|change| change.address.resource.mode == Mode::Managed).count();
        let words = match (plan.errored, objects) {
            (true, _) => return String::new(),
            (false, 0) => "No changes. There is nothing to manage yet.".to_owned(),
            (false, 1) => "No changes. 1 object is as written.".to_owned(),
            (false, objects) => format!("No changes. {objects} objects are as written."),
        };
        return format!("{}\n", style.paint(Tone::Strong, &words));
    }
    let mut parts = Vec::new();
    if counts.import > 0 {
        parts.push(format!("{} to import", counts.import));
    }
    parts.push(format!("{} to add", counts.add));
    parts.push(format!("{} to change", counts.change));
    parts.push(format!("{} to destroy", counts.destroy));
    if counts.forget > 0 {
        parts.push(format!("{} to forget", counts.forget));
    }
    format!("{} {}.\n", style.paint(Tone::Strong, "Plan:"), parts.join(", "))
}

pub(crate) fn rank(action: &Action) -> u8 {
    match action {
        Action::Replace { .. } => 0,
        Action::Delete { .. } => 1,
        Action::Create { .. } => 2,
        Action::Read { .. } => 3,
        Action::Update { .. } => 4,
        Action::Forget { .. } => 5,
        Action::Keep { .. } => 6,
    }
}

pub(crate) fn deferred_words(deferred: &Deferred) -> String {
    let why = match &deferred.because {
        DeferredReason::UnknownRepetition => "how many there are is known only after apply".to_owned(),
        DeferredReason::DependsOnDeferred(other) => format!("waits for {other}"),
        DeferredReason::ProviderUnknown => "its provider is configured only after apply".to_owned(),
    };
    format!("{} ({why})", deferred.resource)
}

/// The sign of a change and its tone.
fn sign(action: &Action) -> (&'static str, Tone) {
    match action {
        Action::Keep { .. } => ("   ", Tone::Faint),
        Action::Read { .. } => (" <=", Tone::Read),
        Action::Create { .. } => ("  +", Tone::Good),
        Action::Update { .. } => ("  ~", Tone::Change),
        Action::Replace { order: ReplaceOrder::DeleteFirst, .. } => ("-/+", Tone::Bad),
        Action::Replace { order: ReplaceOrder::CreateFirst, .. } => ("+/-", Tone::Bad),
        Action::Replace { order: ReplaceOrder::ForgetFirst, .. } => ("./+", Tone::Change),
        Action::Delete { .. } => ("  -", Tone::Bad),
        Action::Forget { .. } => ("  .", Tone::Faint),
    }
}

/// What happens, in a sentence.
pub fn sentence(change: &ResourceChange) -> String {
    let address = &change.address;
    let object = match &change.deposed {
        Some(key) => format!("{address} (deposed object {key})"),
        None => address.to_string(),
    };
    match &change.action {
        Action::Keep { .. } => match &change.previous_address {
            Some(previous) => format!("{previous} has moved to {object}"),
            None => format!("{object} will be imported"),
        },
        Action::Read { .. } => format!("{object} will be read during apply"),
        Action::Create { .. } => format!("{object} will be created"),
        Action::Update { .. } => format!("{object} will be updated in-place"),
        Action::Replace { order: ReplaceOrder::ForgetFirst, .. } => format!(
            "{object} must be replaced; the old object will no longer be managed by aksel, but will not be destroyed"
        ),
        Action::Replace { .. } => match change.reason {
            Some(Reason::ReplaceTainted) => format!("{object} is tainted, so must be replaced"),
            Some(Reason::ReplaceByRequest) => format!("{object} will be replaced, as requested"),
            Some(Reason::ReplaceByTriggers) => {
                format!("{object} will be replaced due to changes in replace_triggered_by")
            }
            _ => format!("{object} must be replaced"),
        },
        Action::Delete { .. } => format!("{object} will be destroyed"),
        Action::Forget { .. } => {
            format!("{object} will no longer be managed by aksel, but will not be destroyed")
        }
    }
}

/// Why something is destroyed or read, in a sentence.
fn because(change: &ResourceChange) -> Option<String> {
    let resource = &change.address.resource;
    let module = &change.address.module;
    Some(match change.reason? {
        Reason::DeleteNoResourceConfig => format!("because {resource} is not in configuration"),
        Reason::DeleteWrongRepetition => "because its resource has another kind of repetition now".into(),
        Reason::DeleteCountIndex => "because its index is out of range for count".into(),
        Reason::DeleteEachKey => "because its key is not in the for_each map".into(),
        Reason::DeleteNoModule => format!("because {module} is not in configuration"),
        Reason::DeleteNoMoveTarget => format!("because {resource} was moved to what is not in configuration"),
        Reason::DeleteDisabled => "because lifecycle.enabled is false".into(),
        Reason::ReadConfigUnknown => "(config refers to values not yet known)".into(),
        Reason::ReadDependencyPending => "(depends on a resource or a module with changes pending)".into(),
        Reason::ReadCheckNested => "(config will be reloaded to verify a check block)".into(),
        Reason::ReplaceTainted
        | Reason::ReplaceByRequest
        | Reason::ReplaceByTriggers
        | Reason::ReplaceCannotUpdate => {
            return None;
        }
    })
}

/// One change as text.
pub(crate) fn render_change(
    change: &ResourceChange,
    schemas: Schemas<'_>,
    detail: Detail,
    style: Style,
) -> String {
    let (sign, tone) = sign(&change.action);
    if detail == Detail::Concise {
        return format!("{} {}\n", style.paint(tone, sign), sentence(change))
            .trim_end_matches('\n')
            .to_owned()
            + "\n";
    }
    let mut out = format!("  # {}\n", style.paint(Tone::Strong, &sentence(change)));
    if let Some(because) = because(change) {
        out.push_str(&format!("  # {because}\n"));
    }
    if let Some(previous) =
        change.previous_address.as_ref().filter(|_| !matches!(change.action, Action::Keep { .. }))
    {
        out.push_str(&format!("  # (moved from {previous})\n"));
    }
    let resource = &change.address.resource;
    let kind = match resource.mode {
        Mode::Managed => "resource",
        Mode::Data => "data",
        Mode::Ephemeral => "ephemeral",
    };
    out.push_str(&format!(
        "{} {kind} \"{}\" \"{}\" {{\n",
        style.paint(tone, sign),
        resource.type_name,
        resource.name
    ));
    let schema = schemas(&change.address, &change.provider);
    let block = schema.as_ref().map(|schema| &schema.block);
    let forces = if let Action::Replace { because, .. } = &change.action { because.as_slice() } else { &[] };
    let mut lines = Vec::new();
    let body = BodyDiff { forces, place: Path::root() };
    body.body(change.action.before(), change.action.after(), block, 0, &mut lines);
    for line in &lines {
        out.push_str(&paint_line(line, style));
    }
    out.push_str("    }\n");
    out
}

/// A line with its sign, indented as within a resource.
fn paint_line(line: &Line, style: Style) -> String {
    let indent = " ".repeat(6 + line.depth * 4);
    let text = match line.sign {
        Sign::Same => format!("{indent}  {}", line.text),
        Sign::Add => format!("{indent}{} {}", style.paint(Tone::Good, "+"), line.text),
        Sign::Change => format!("{indent}{} {}", style.paint(Tone::Change, "~"), line.text),
        Sign::Remove => format!("{indent}{} {}", style.paint(Tone::Bad, "-"), line.text),
    };
    format!("{}\n", text.trim_end())
}

struct BodyDiff<'a> {
    forces: Forces<'a>,
    place: Path,
}

impl BodyDiff<'_> {
    /// Attributes in the order of their names, then nested blocks.
    fn body(
        &self,
        before: Option<&Value>,
        after: Option<&Value>,
        schema: Option<&BlockSchema>,
        depth: usize,
        out: &mut Vec<Line>,
    ) {
        let is_block = |name: &str| schema.is_some_and(|schema| schema.blocks.contains_key(name));
        let mut names: Vec<&str> = [before, after]
            .into_iter()
            .flatten()
            .filter_map(Value::as_named)
            .flat_map(|items| items.keys().map(|name| &**name))
            .filter(|name| !is_block(name))
            .collect();
        names.sort_unstable();
        names.dedup();
        let pair = |name: &str| (member(before, name), member(after, name));
        let shown: Vec<&str> = names.iter().copied().filter(|name| is_shown(name, pair(name))).collect();
        let width = shown.iter().map(|name| name.chars().count()).max().unwrap_or(0);
        for name in &shown {
            self.attribute(name, width, pair(name), depth, out);
        }
        let kept = names.iter().filter(|name| !shown.contains(name) && is_kept(pair(name))).count();
        hidden_count(kept, "attribute", depth, out);
        let mut kept_blocks = 0;
        for (name, nested) in schema.iter().flat_map(|schema| &schema.blocks) {
            kept_blocks += self.blocks(name, nested, pair(name), depth, out);
        }
        if kept_blocks > 0 && !out.is_empty() {
            hidden_count(kept_blocks, "block", depth, out);
        }
    }

    fn attribute(
        &self,
        name: &str,
        width: usize,
        pair: (Option<&Value>, Option<&Value>),
        depth: usize,
        out: &mut Vec<Line>,
    ) {
        let label = padded(name, width);
        let place = self.place.then(Step::Attribute(name.into()));
        match pair {
            (Some(before), Some(after)) if same(before, after) => {
                whole(&label, after, Sign::Same, depth, out)
            }
            (Some(before), Some(after)) if before.is_null() => {
                let first = out.len();
                whole(&label, after, Sign::Add, depth, out);
                if let Some(line) = out.get_mut(first).filter(|_| self.forces.contains(&place)) {
                    line.text.push_str(" # forces replacement");
                }
            }
            (Some(before), Some(after)) if after.is_null() => {
                gone(&label, before, depth, out);
                if let Some(line) = out.last_mut().filter(|_| self.forces.contains(&place)) {
                    line.text.push_str(" # forces replacement");
                }
            }
            (Some(before), Some(after)) => difference(&label, before, after, &place, self.forces, depth, out),
            (Some(before), None) => gone(&label, before, depth, out),
            (None, Some(after)) => whole(&label, after, Sign::Add, depth, out),
            (None, None) => {}
        }
    }

    /// Nested blocks of one type, each with the one that it was; how many are not shown because they stay as they are.
    fn blocks(
        &self,
        name: &str,
        nested: &NestedSchema,
        pair: (Option<&Value>, Option<&Value>),
        depth: usize,
        out: &mut Vec<Line>,
    ) -> usize {
        let (before, after) = pair;
        if let Some(unknown) = after.filter(|after| !after.is_known()) {
            whole(&padded(name, 0), unknown, Sign::Add, depth, out);
            return 0;
        }
        let (from, to) = (elements(before), elements(after));
        let mut kept = 0;
        for pair in matched(&from, &to) {
            let (sign, before, after, at) = match pair {
                Pair::Both(was, is) if same(from[was], to[is]) => {
                    kept += 1;
                    continue;
                }
                Pair::Both(was, is) => (Sign::Change, Some(from[was]), Some(to[is]), is),
                Pair::Before(was) => (Sign::Remove, Some(from[was]), None, was),
                Pair::After(is) => (Sign::Add, None, Some(to[is]), is),
            };
            out.push(Line { depth, sign, text: format!("{name} {{") });
            let place = self.place.then(Step::Attribute(name.into())).then(Step::Index(at));
            let inner = BodyDiff { forces: self.forces, place };
            inner.body(before, after, Some(&nested.block), depth + 1, out);
            out.push(Line { depth, sign: Sign::Same, text: "}".into() });
        }
        kept
    }
}

fn member<'a>(value: Option<&'a Value>, name: &str) -> Option<&'a Value> {
    value.and_then(|value| value.attribute(name))
}

/// The elements of a collection of blocks; a single block is one element.
fn elements(value: Option<&Value>) -> Vec<&Value> {
    match value {
        None => Vec::new(),
        Some(value) if value.is_null() => Vec::new(),
        Some(value) => match value.as_slice() {
            Some(items) => items.iter().collect(),
            None if matches!(value.content(), aksel_lang::value::Content::Map(..)) => {
                value.elements().collect()
            }
            None => vec![value],
        },
    }
}

/// What changes is shown, and what tells which object it is.
fn is_shown(name: &str, pair: (Option<&Value>, Option<&Value>)) -> bool {
    match pair {
        (Some(before), Some(after)) if same(before, after) => {
            matches!(name, "id" | "name") && !after.is_null() && !after.is_sensitive()
        }
        (Some(_), Some(_)) => true,
        (Some(value), None) | (None, Some(value)) => !value.is_null(),
        (None, None) => false,
    }
}

fn is_kept(pair: (Option<&Value>, Option<&Value>)) -> bool {
    matches!(pair, (Some(before), Some(after)) if same(before, after) && !after.is_null())
}

fn outputs(plan: &Plan, style: Style) -> String {
    let changed: Vec<_> =
        plan.outputs.iter().filter(|(_, change)| change.action() != OutputAction::Keep).collect();
    if changed.is_empty() {
        return String::new();
    }
    let width = changed.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let mut lines = Vec::new();
    for (name, change) in changed {
        let label = padded(name, width);
        match (&change.before, &change.after) {
            (Some(before), Some(after)) => {
                value_text::difference(&label, before, after, &Path::root(), &[], 0, &mut lines);
            }
            (Some(before), None) => gone(&label, before, 0, &mut lines),
            (None, Some(after)) => whole(&label, after, Sign::Add, 0, &mut lines),
            (None, None) => {}
        }
    }
    let lines: String = lines.iter().map(|line| paint_line(line, style).split_off(4)).collect();
    format!("Changes to Outputs:\n{lines}\n")
}

#[cfg(test)]
mod tests {
    use aksel_lang::types::Type;

    use super::*;

    fn change(action: Action, reason: Option<Reason>) -> ResourceChange {
        ResourceChange {
            address: "azurerm_kubernetes_cluster_node_pool.gpu".parse().unwrap(),
            previous_address: None,
            deposed: None,
            provider: "provider[\"registry.terraform.io/hashicorp/azurerm\"]".into(),
            action,
            reason,
            import: None,
            generated: None,
            private: None,
        }
    }

    fn pool(priority: &str, tags: &[(&str, &str)], key: &str) -> Value {
        let tags = tags.iter().map(|(name, value)| (*name, Value::string(value)));
        Value::object([
            ("name", Value::string("gpu")),
            ("priority", Value::string(priority)),
            ("tags", Value::map(Type::String, tags)),
            ("vm_size", Value::string("Standard_D4s_v5")),
            ("key", Value::string(key).sensitive()),
        ])
    }

    #[test]
    fn a_replacement_names_what_forces_it_and_hides_what_stays() {
        let action = Action::Replace {
            live: pool("Regular", &[("team", "ml")], "one"),
            planned: pool("Spot", &[("team", "ml"), ("cost", "low")], "two"),
            order: ReplaceOrder::DeleteFirst,
            because: vec![Path::attribute("priority")],
        };
        let text = render_change(
            &change(action, Some(Reason::ReplaceCannotUpdate)),
            &|_, _| None,
            Detail::Full,
            Style::PLAIN,
        );
        insta::assert_snapshot!(text, @r#"
          # azurerm_kubernetes_cluster_node_pool.gpu must be replaced
        -/+ resource "azurerm_kubernetes_cluster_node_pool" "gpu" {
              ~ key      = (sensitive value)
                name     = "gpu"
              ~ priority = "Regular" -> "Spot" # forces replacement
              ~ tags     = {
                  + "cost" = "low"
                    # (1 unchanged element hidden)
                }
                # (1 unchanged attribute hidden)
            }
        "#);
    }
}
