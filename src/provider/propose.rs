//! What an object would be if the configuration were merged with what is there.
//!
//! Rule: what is written wins; where nothing is written and the remote side decides, the prior value stays; nested
//! blocks are matched by place (list), key (map) or by what is written in them (set).
//!
//! Never: nothing becomes unknown here; which values are known only after apply is the provider's decision.

use std::collections::BTreeMap;
use std::sync::Arc;

use aksel_lang::schema::{AttributeSchema, BlockSchema, NestedSchema, Nesting, Presence};
use aksel_lang::types::Text;
use aksel_lang::value::{Content, Value};

/// Merges a configuration with the prior object. A null prior is an object with nothing set.
pub fn propose(schema: &BlockSchema, prior: &Value, config: &Value) -> Value {
    let Some(written) = config.as_named() else { return config.clone() };
    let attributes = schema.attributes.iter().map(|(name, attribute)| {
        let before = prior.attribute(name);
        (name.clone(), propose_attribute(attribute, before, value_of(written, name, attribute)))
    });
    let blocks = schema.blocks.iter().map(|(name, nested)| {
        let wanted = written.get(name).cloned().unwrap_or_else(|| Value::null(nested.ty()));
        (name.clone(), propose_nested(nested, prior.attribute(name), &wanted))
    });
    Value::object(attributes.chain(blocks)).marked(config.marks())
}

fn value_of(written: &BTreeMap<Text, Value>, name: &Text, attribute: &AttributeSchema) -> Value {
    written.get(name).cloned().unwrap_or_else(|| Value::null(attribute.ty.clone()))
}

fn propose_attribute(attribute: &AttributeSchema, before: Option<&Value>, wanted: Value) -> Value {
    match attribute.presence {
        Presence::Required | Presence::Optional => wanted,
        Presence::Computed => before.cloned().unwrap_or(wanted),
        Presence::OptionalComputed if wanted.is_null() => before.cloned().unwrap_or(wanted),
        Presence::OptionalComputed => wanted,
    }
}

fn propose_nested(nested: &NestedSchema, before: Option<&Value>, wanted: &Value) -> Value {
    let before = before.filter(|value| value.is_known() && !value.is_null());
    let none = Value::null(nested.block.ty());
    match (nested.nesting, wanted.content()) {
        (Nesting::Single | Nesting::Group, _) => propose(&nested.block, before.unwrap_or(&none), wanted),
        (Nesting::List | Nesting::Map, Content::List(_, items) | Content::Tuple(items)) => {
            let prior = |place| before.and_then(|value| value.as_slice()).and_then(|items| items.get(place));
            let items = items.iter().enumerate();
            rebuilt(
                wanted,
                items.map(|(place, item)| propose(&nested.block, prior(place).unwrap_or(&none), item)),
            )
        }
        (Nesting::List | Nesting::Map, Content::Map(_, items) | Content::Object(items)) => {
            let prior = |key: &str| before.and_then(|value| value.attribute(key));
            let items = items
                .iter()
                .map(|(key, item)| (key.clone(), propose(&nested.block, prior(key).unwrap_or(&none), item)));
            let items: Arc<BTreeMap<Text, Value>> = Arc::new(items.collect());
            let element = wanted.ty().element().cloned();
            let merged =
                element.map_or(Content::Object(items.clone()), |element| Content::Map(element, items));
            Value::from(merged).marked(wanted.marks())
        }
        (Nesting::Set, Content::Set(_, items)) => propose_set(nested, before, wanted, items),
        _ => wanted.clone(),
    }
}

/// Each prior element serves at most one written element: the first whose written part it has. `O(n · m)` within one set.
fn propose_set(nested: &NestedSchema, before: Option<&Value>, wanted: &Value, items: &[Value]) -> Value {
    let prior = before.and_then(Value::as_slice).unwrap_or_default();
    let mut used = vec![false; prior.len()];
    let none = Value::null(nested.block.ty());
    let merged: Vec<Value> = items
        .iter()
        .map(|item| {
            let fits = |place: &usize| !used[*place] && could_come_from(&nested.block, &prior[*place], item);
            match (0..prior.len()).find(fits) {
                Some(place) => {
                    used[place] = true;
                    propose(&nested.block, &prior[place], item)
                }
                None => propose(&nested.block, &none, item),
            }
        })
        .collect();
    rebuilt(wanted, merged)
}

fn rebuilt(like: &Value, items: impl IntoIterator<Item = Value>) -> Value {
    let items = Arc::new(items.into_iter().collect::<Vec<Value>>());
    let content = if let Content::List(element, _) = like.content() {
        Content::List(element.clone(), items)
    } else if let Content::Set(element, _) = like.content() {
        Content::Set(element.clone(), items)
    } else {
        Content::Tuple(items)
    };
    Value::from(content).marked(like.marks())
}

/// Whether a prior block is what came of a written one: equal wherever the configuration decides.
fn could_come_from(schema: &BlockSchema, prior: &Value, written: &Value) -> bool {
    let attributes = schema.attributes.iter().all(|(name, attribute)| {
        let (before, wanted) = (prior.attribute(name), written.attribute(name));
        let open = attribute.is_computed() && wanted.is_none_or(Value::is_null);
        open || wanted.is_some_and(|wanted| !wanted.is_wholly_known()) || before == wanted
    });
    attributes
        && schema.blocks.iter().all(|(name, nested)| match (prior.attribute(name), written.attribute(name)) {
            (Some(before), Some(wanted)) => blocks_could_come_from(nested, before, wanted),
            (before, wanted) => before.is_none() && wanted.is_none(),
        })
}

fn blocks_could_come_from(nested: &NestedSchema, prior: &Value, written: &Value) -> bool {
    if nested.nesting == Nesting::Single || nested.nesting == Nesting::Group {
        return prior.is_null() == written.is_null()
            && (written.is_null() || could_come_from(&nested.block, prior, written));
    }
    let (before, wanted): (Vec<&Value>, Vec<&Value>) =
        (prior.elements().collect(), written.elements().collect());
    before.len() == wanted.len()
        && before.iter().zip(wanted).all(|(b, w)| could_come_from(&nested.block, b, w))
}

#[cfg(test)]
mod tests {
    use aksel_lang::types::Type;

    use super::*;

    fn schema() -> BlockSchema {
        let attribute = |presence| AttributeSchema::new(Type::String, presence);
        BlockSchema {
            attributes: [
                ("id".into(), attribute(Presence::Computed)),
                ("name".into(), attribute(Presence::Required)),
                ("tier".into(), attribute(Presence::OptionalComputed)),
                ("note".into(), attribute(Presence::Optional)),
            ]
            .into(),
            ..BlockSchema::default()
        }
    }

    fn object(id: Option<&str>, name: &str, tier: Option<&str>, note: Option<&str>) -> Value {
        let text = |text: Option<&str>| text.map_or_else(|| Value::null(Type::String), Value::string);
        Value::object([
            ("id", text(id)),
            ("name", Value::string(name)),
            ("tier", text(tier)),
            ("note", text(note)),
        ])
    }

    #[test]
    fn what_is_not_written_stays_only_where_the_remote_side_decides() {
        let prior = object(Some("1"), "a", Some("basic"), Some("x"));
        let merged = propose(&schema(), &prior, &object(None, "b", None, None));
        assert_eq!(merged, object(Some("1"), "b", Some("basic"), None));
    }

    #[test]
    fn a_set_element_finds_the_prior_element_it_came_from() {
        let nested = NestedSchema { nesting: Nesting::Set, min_items: 0, max_items: 0, block: schema() };
        let set = |items: Vec<Value>| Value::from(Content::Set(schema().ty(), Arc::new(items)));
        let prior = set(vec![object(Some("1"), "a", None, None), object(Some("2"), "b", Some("t"), None)]);
        let merged = propose_nested(&nested, Some(&prior), &set(vec![object(None, "b", None, None)]));
        assert_eq!(merged, set(vec![object(Some("2"), "b", Some("t"), None)]));
    }
}
