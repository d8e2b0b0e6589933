//! Former names in references: an attribute that is read by the name that an earlier version of its schema had.
//!
//! Rule: the former name has the value that today's stands for: `!shown` for `hidden`, the last part of an id for a name.
//! Never: an object has a former name itself; who looks at it as a whole sees today's names alone.

use crate::path::{Path, Step};
use crate::reference::Hop;
use crate::schema::{BlockSchema, Fate, Former};
use crate::step;
use crate::syntax::Name;
use crate::types::{Text, Type};
use crate::value::Value;

/// The former name that the steps of a reference come upon, if any.
pub fn former_in<'a>(steps: &'a [Hop], schema: &'a BlockSchema) -> Option<(&'a Name, &'a Former)> {
    let mut block = schema;
    for step in steps {
        let Hop::Attribute(name) = step else { continue };
        if let Some(nested) = block.blocks.get(&name.text) {
            block = &nested.block;
        } else if block.attributes.contains_key(&name.text) {
            return None;
        } else {
            return block.former.get(&name.text).map(|former| (name, former));
        }
    }
    None
}

/// A path by today's names, where it has a former one; the former name with it.
pub fn modern_path<'a>(path: &Path, schema: &'a BlockSchema) -> Option<(Path, &'a Text, &'a Former)> {
    let mut block = schema;
    for (at, step) in path.0.iter().enumerate() {
        let Step::Attribute(name) = step else { continue };
        if let Some(nested) = block.blocks.get(name) {
            block = &nested.block;
        } else {
            let (name, former) = block.former.get_key_value(name)?;
            let mut modern = path.0[..at].to_vec();
            modern.extend(former.fate.now().map(|now| Step::Attribute(now.clone())));
            return Some((Path(modern), name, former));
        }
    }
    None
}

/// The former name below these attributes of an object, if it is one.
pub fn former_below<'a>(within: &[Text], name: &str, schema: &'a BlockSchema) -> Option<&'a Former> {
    let block =
        within.iter().try_fold(schema, |block, name| block.blocks.get(name).map(|nested| &nested.block))?;
    block.former.get(name)
}

/// What an object has under a former name; `None` where there is no such object. Of an unknown object, something unknown.
pub fn attribute(object: &Value, former: &Former) -> Option<Value> {
    match former.fate.now() {
        Some(now) => step::attribute(object, now).ok().map(|value| read(&former.fate, &value)),
        None => object.as_named().map(|_| Value::null(Type::Dynamic)),
    }
}

/// What a former name stood for, by today's value.
fn read(fate: &Fate, now: &Value) -> Value {
    let (bare, marks) = now.clone().unmark();
    let text = bare.as_str();
    let old = match fate {
        Fate::Renamed(_) => Some(bare.clone()),
        Fate::Inverted(_) => bare.as_bool().map(|truth| Value::from(!truth)),
        Fate::Worded { yes, .. } => text.map(|word| Value::from(word == &**yes)),
        Fate::Referred(_) => text.map(|id| Value::string(id.rsplit('/').next().unwrap_or(id))),
        Fate::Blocks { argument, .. } => bare.as_slice().map(|blocks| {
            let unknown = || Value::unknown(Type::Dynamic);
            Value::tuple(
                blocks.iter().map(|block| block.attribute(argument).cloned().unwrap_or_else(unknown)),
            )
        }),
        Fate::Dropped => Some(Value::null(Type::Dynamic)),
    };
    old.unwrap_or_else(|| {
        if bare.is_known() { Value::null(Type::Dynamic) } else { Value::unknown(Type::Dynamic) }
    })
    .marked(marks)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{AttributeSchema, NestedSchema, Nesting, Presence};
    use crate::source::{Sources, Span};

    fn schema() -> BlockSchema {
        let mut pool = BlockSchema::default();
        pool.attributes.insert("scales".into(), AttributeSchema::new(Type::Bool, Presence::Optional));
        let renamed = Fate::Renamed("scales".into());
        pool.former.insert("enable_scaling".into(), Former { fate: renamed, note: "".into() });
        let mut schema = BlockSchema::default();
        let nested = NestedSchema { nesting: Nesting::List, min_items: 0, max_items: 1, block: pool };
        schema.blocks.insert("pool".into(), nested);
        for name in ["shown", "access", "account_id"] {
            schema.attributes.insert(name.into(), AttributeSchema::new(Type::String, Presence::Optional));
        }
        for (name, fate) in [
            ("hidden", Fate::Inverted("shown".into())),
            ("open", Fate::Worded { now: "access".into(), yes: "Open".into(), no: "Closed".into() }),
            ("account_name", Fate::Referred("account_id".into())),
            ("scaling", Fate::Blocks { kind: "pool".into(), argument: "scales".into() }),
            ("nothing", Fate::Dropped),
        ] {
            schema.former.insert(name.into(), Former { fate, note: "".into() });
        }
        schema
    }

    fn object() -> Value {
        let pool = Value::object([(Text::from("scales"), Value::from(true))]);
        let pools = Value::list(pool.ty(), vec![pool]);
        Value::object([
            (Text::from("shown"), Value::from(true).sensitive()),
            ("access".into(), Value::string("Closed")),
            ("account_id".into(), Value::string("/accounts/a")),
            ("pool".into(), pools),
        ])
    }

    fn nowhere() -> Span {
        let source = Sources::default().add("test", "");
        Span { source, start: 0, end: 0 }
    }

    fn hop(name: &str) -> Hop {
        Hop::Attribute(Name { text: name.into(), span: nowhere() })
    }

    fn index(at: usize) -> Hop {
        Hop::Index(at, nowhere())
    }

    #[test]
    fn a_former_name_has_what_todays_stands_for() {
        let read = |name: &str| attribute(&object(), former_below(&[], name, &schema()).unwrap()).unwrap();
        assert_eq!(read("hidden"), Value::from(false).sensitive());
        assert_eq!(read("open"), Value::from(false));
        assert_eq!(read("account_name"), Value::string("a"));
        assert_eq!(read("scaling"), Value::tuple([Value::from(true)]));
        assert!(read("nothing").is_null());
    }

    #[test]
    fn a_former_name_is_found_below_instances_and_blocks() {
        let steps = [index(1), hop("pool"), index(0), hop("enable_scaling")];
        let schema = schema();
        assert_eq!(former_in(&steps, &schema).map(|(name, _)| &*name.text), Some("enable_scaling"));
        assert!(former_in(&[hop("pool"), index(0), hop("scales")], &schema).is_none());
        assert!(former_below(&["pool".into()], "enable_scaling", &schema).is_some());
        assert!(former_below(&["pool".into()], "hidden", &schema).is_none());
    }

    #[test]
    fn what_is_not_known_stays_so() {
        let unknown = Value::unknown(object().unmark_deep().0.ty());
        let schema = schema();
        assert!(!attribute(&unknown, &schema.former["hidden"]).unwrap().is_known());
        assert_eq!(attribute(&Value::tuple([object()]), &schema.former["hidden"]), None);
    }

    #[test]
    fn a_path_is_told_by_todays_names() {
        let steps = |names: &[&str]| Path(names.iter().map(|name| Step::Attribute((*name).into())).collect());
        let modern = |names: &[&str]| modern_path(&steps(names), &schema()).map(|(path, ..)| path);
        assert_eq!(modern(&["account_name"]), Some(steps(&["account_id"])));
        assert_eq!(modern(&["pool", "enable_scaling"]), Some(steps(&["pool", "scales"])));
        assert_eq!(modern(&["access"]), None);
    }
}
