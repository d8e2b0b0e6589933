//! Secrets that lost their mark: a provider gives back what it was given, and nothing says any more that it is sensitive.
//!
//! `terraform_data` is the plainest of them: its `output` repeats a sensitive `input` in the clear, in state and in plans.
//!
//! Invariant: a text or number that is sensitive anywhere in what is shown is hidden everywhere in the objects shown with it.
//! Never: outputs are hidden here; whoever declares one without `sensitive` wants to see it.

use std::borrow::Cow;
use std::collections::HashSet;

use aksel_engine::objects::stored_value;
use aksel_engine::plan::{Action, Plan, ResourceChange};
use aksel_lang::value::{Content, Value};
use aksel_state::snapshot::Snapshot;

use crate::state_json::Schemas;

/// What is shorter is no secret, and hiding it would hide half of a plan.
const LENGTH_MIN: usize = 4;

/// The sensitive texts and numbers of what is shown.
pub(crate) struct Secrets(HashSet<String>);

impl Secrets {
    /// Those in the changes of a plan. `O(values)`.
    pub(crate) fn of_plan(plan: &Plan) -> Secrets {
        let mut secrets = Secrets(HashSet::new());
        for change in &plan.changes {
            let values = [change.action.before(), change.action.after()];
            values.into_iter().flatten().for_each(|value| secrets.learn(value));
        }
        secrets
    }

    /// Those in the objects of a state. `O(values)`.
    pub(crate) fn of_state(snapshot: &Snapshot, schemas: Schemas<'_>) -> Secrets {
        let mut secrets = Secrets(HashSet::new());
        for entry in snapshot.objects() {
            let schema = schemas(&entry.address, entry.provider);
            if let Some(value) = schema.and_then(|schema| stored_value(entry.object, &schema).ok()) {
                secrets.learn(&value);
            }
        }
        secrets
    }

    /// Takes in what is sensitive in a value.
    fn learn(&mut self, value: &Value) {
        if value.is_sensitive() {
            return self.learn_all(value);
        }
        value.elements().for_each(|element| self.learn(element));
    }

    fn learn_all(&mut self, value: &Value) {
        self.0.extend(text(value));
        value.elements().for_each(|element| self.learn_all(element));
    }

    /// A value in which every secret has its mark.
    pub(crate) fn hide(&self, value: &Value) -> Value {
        match self.0.is_empty() {
            true => value.clone(),
            false => value.sensitive_where(&|part| text(part).is_some_and(|text| self.0.contains(&text))),
        }
    }

    /// A change in whose values every secret has its mark.
    pub(crate) fn hide_in<'c>(&self, change: &'c ResourceChange) -> Cow<'c, ResourceChange> {
        if self.0.is_empty() {
            return Cow::Borrowed(change);
        }
        let mut hidden = change.clone();
        match &mut hidden.action {
            Action::Keep { live: value }
            | Action::Delete { live: value }
            | Action::Forget { last: value }
            | Action::Read { planned: value }
            | Action::Create { planned: value } => *value = self.hide(value),
            Action::Update { live, planned } | Action::Replace { live, planned, .. } => {
                (*live, *planned) = (self.hide(live), self.hide(planned));
            }
        }
        Cow::Owned(hidden)
    }
}

/// What could be a secret: a text or a number that is long enough and no common word.
fn text(value: &Value) -> Option<String> {
    let text = match value.content() {
        Content::String(text) => text.to_string(),
        Content::Number(number) => number.to_string(),
        Content::Null(_)
        | Content::Unknown(..)
        | Content::Bool(_)
        | Content::List(..)
        | Content::Set(..)
        | Content::Map(..)
        | Content::Tuple(_)
        | Content::Object(_) => return None,
    };
    (text.chars().count() >= LENGTH_MIN && text != "true" && text != "false").then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sensitive_once_is_hidden_everywhere() {
        let mut secrets = Secrets(HashSet::new());
        secrets.learn(&Value::object([
            ("a", Value::string("hunter2").sensitive()),
            ("b", Value::tuple([Value::from_number(123_456_i64.into())]).sensitive()),
            ("c", Value::string("true").sensitive()),
            ("d", Value::string("open")),
        ]));
        let shown = ["hunter2", "123456", "open", "true"].map(|text| secrets.hide(&Value::string(text)));
        assert_eq!(shown.map(|value| value.is_sensitive()), [true, true, false, false]);
    }
}
