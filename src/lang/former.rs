//! Names that an earlier version of a schema had: a body that is written with them is read as if written with today's.
//!
//! The rewriting is done in the syntax tree, before anything is looked up: an inverted flag becomes `!(…)`, a list that is
//! blocks today becomes a `dynamic` block.
//!
//! Invariant: each use of such a name is a warning that says today's name; of both names at once, today's counts.
//! Invariant: what is rewritten keeps the places of what is written.

use std::borrow::Cow;

use crate::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::schema::{BlockSchema, Fate, Former};
use crate::source::Span;
use crate::syntax::{
    Attribute, BinaryOperator, Block, Body, Expression, ExpressionKind, Name, TemplatePart, UnaryOperator,
};
use crate::types::Text;

/// The body with today's names.
pub fn modern<'a>(body: &'a Body, schema: &BlockSchema, diagnostics: &mut Diagnostics) -> Cow<'a, Body> {
    let old = |name: &Name| schema.former.contains_key(&name.text);
    let touched =
        body.attributes.iter().any(|one| old(&one.name)) || body.blocks.iter().any(|one| old(&one.kind));
    if !touched {
        return Cow::Borrowed(body);
    }
    let mut made = Body { attributes: Vec::new(), blocks: Vec::new(), ..body.clone() };
    for attribute in &body.attributes {
        match schema.former.get(&attribute.name.text) {
            Some(former) => rewritten(attribute, former, body, &mut made, diagnostics),
            None => made.attributes.push(attribute.clone()),
        }
    }
    for block in &body.blocks {
        let Some(former) = schema.former.get(&block.kind.text) else {
            made.blocks.push(block.clone());
            continue;
        };
        diagnostics.push(former.warning(&block.kind.text, block.header));
        if let Fate::Renamed(now) = &former.fate {
            let kind = Name { text: now.clone(), ..block.kind.clone() };
            made.blocks.push(Block { kind, ..block.clone() });
        }
    }
    Cow::Owned(made)
}

impl Former {
    /// The warning for who still uses the name.
    pub fn warning(&self, name: &str, at: Span) -> Diagnostic {
        let detail = match self.fate.now() {
            Some(now) => format!("\"{name}\" is called \"{now}\" today. {}", self.note),
            None => format!("\"{name}\" is not used any more. {}", self.note),
        };
        Diagnostic::warning(Code::Deprecated, "Argument is deprecated").detail(detail.trim_end()).at(at)
    }
}

fn rewritten(
    attribute: &Attribute,
    former: &Former,
    body: &Body,
    made: &mut Body,
    diagnostics: &mut Diagnostics,
) {
    diagnostics.push(former.warning(&attribute.name.text, attribute.name.span));
    let Some(now) = former.fate.now() else { return };
    // Of both names, today's counts.
    let both = body.attributes.iter().any(|other| other.name.text == *now)
        || body.blocks.iter().any(|other| other.kind.text == *now);
    if both {
        return;
    }
    let named = |value: Expression| Attribute {
        name: Name { text: now.clone(), span: attribute.name.span },
        value,
        span: attribute.span,
    };
    let written = &attribute.value;
    match &former.fate {
        Fate::Renamed(_) => made.attributes.push(named(written.clone())),
        Fate::Inverted(_) => made.attributes.push(named(unless_null(written, turned(written)))),
        Fate::Worded { yes, no, .. } => {
            made.attributes.push(named(unless_null(written, chosen(written, yes, no))));
        }
        Fate::Referred(_) => match id_of(written) {
            Some(id) => made.attributes.push(named(id)),
            None => {
                diagnostics.push(no_reference(&attribute.name, now, written.span));
                made.attributes.push(named(Expression { kind: ExpressionKind::Invalid, span: written.span }));
            }
        },
        Fate::Blocks { kind, argument } => made.blocks.push(each(attribute, kind, argument)),
        Fate::Dropped => {}
    }
}

fn no_reference(name: &Name, now: &Text, at: Span) -> Diagnostic {
    let detail = format!(
        "\"{}\" names an object that today is given by its id. Only a reference to the name of a resource can be read as one to its id.",
        name.text
    );
    Diagnostic::error(Code::InvalidConfiguration, "Argument is no longer supported")
        .detail(detail)
        .at(at)
        .help(format!("set `{now}` to the id instead"))
}

fn made(kind: ExpressionKind, span: Span) -> Expression {
    Expression { kind, span }
}

fn within(expression: &Expression) -> Box<Expression> {
    Box::new(made(ExpressionKind::Parentheses(Box::new(expression.clone())), expression.span))
}

/// `written == null ? null : otherwise`; a literal is no null.
fn unless_null(written: &Expression, otherwise: Expression) -> Expression {
    let null = || Box::new(made(ExpressionKind::Null, written.span));
    match written.kind {
        ExpressionKind::Bool(_) => otherwise,
        ExpressionKind::Null => written.clone(),
        _ => {
            let condition =
                ExpressionKind::Binary(within(written), BinaryOperator::Equal, null(), written.span);
            let condition = Box::new(made(condition, written.span));
            made(ExpressionKind::Conditional(condition, null(), Box::new(otherwise)), written.span)
        }
    }
}

fn turned(written: &Expression) -> Expression {
    let kind = match written.kind {
        ExpressionKind::Bool(truth) => ExpressionKind::Bool(!truth),
        _ => ExpressionKind::Unary(UnaryOperator::Not, within(written)),
    };
    made(kind, written.span)
}

fn chosen(written: &Expression, yes: &str, no: &str) -> Expression {
    let word = |text: &str| {
        let literal = TemplatePart::Literal(text.into(), written.span);
        Box::new(made(ExpressionKind::Template(vec![literal]), written.span))
    };
    made(ExpressionKind::Conditional(within(written), word(yes), word(no)), written.span)
}

/// The reference to an object's id that stands where one to its name is written.
fn id_of(written: &Expression) -> Option<Expression> {
    let ExpressionKind::Attribute(object, name) = &written.kind else { return None };
    let id = Name { text: "id".into(), span: name.span };
    (&*name.text == "name").then(|| made(ExpressionKind::Attribute(object.clone(), id), written.span))
}

/// `dynamic "kind" { for_each = written  content { argument = kind.value } }`
fn each(attribute: &Attribute, kind: &Text, argument: &Text) -> Block {
    let (header, span) = (attribute.name.span, attribute.value.span);
    let name = |text: &Text| Name { text: text.clone(), span: header };
    let body = |attributes: Vec<Attribute>, blocks: Vec<Block>| Body {
        attributes,
        blocks,
        span,
        missing_item: header,
        json: None,
        overrides: Vec::new(),
    };
    let set = |name: Name, value: Expression| Attribute { name, value, span: attribute.span };
    let block = |word: &str, labels: Vec<Name>, body: Body| Block {
        kind: name(&word.into()),
        labels,
        body,
        header,
        span: attribute.span,
    };
    let variable = Box::new(made(ExpressionKind::Variable(kind.clone()), span));
    let element = made(ExpressionKind::Attribute(variable, name(&"value".into())), span);
    let nothing = Box::new(made(ExpressionKind::Tuple(Vec::new()), span));
    let null = Box::new(made(ExpressionKind::Null, span));
    let condition = ExpressionKind::Binary(within(&attribute.value), BinaryOperator::Equal, null, span);
    let for_each = match attribute.value.kind {
        ExpressionKind::Tuple(_) => attribute.value.clone(),
        _ => made(
            ExpressionKind::Conditional(Box::new(made(condition, span)), nothing, within(&attribute.value)),
            span,
        ),
    };
    let content = block("content", Vec::new(), body(vec![set(name(argument), element)], Vec::new()));
    block("dynamic", vec![name(kind)], body(vec![set(name(&"for_each".into()), for_each)], vec![content]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::lower_block;
    use crate::evaluate::Scope;
    use crate::functions::call::{NO_SURROUNDINGS, Surroundings};
    use crate::parser;
    use crate::reference::Reference;
    use crate::schema::{AttributeSchema, NestedSchema, Nesting, Presence};
    use crate::source::Sources;
    use crate::types::Type;
    use crate::value::Value;

    struct Plain;

    impl Scope for Plain {
        /// Every object has an id and a name; a variable is nothing.
        fn resolve(&self, reference: &Reference) -> Result<Value, Diagnostic> {
            let parts = [("id", Value::string("the id")), ("name", Value::string("the name"))];
            let variable = reference.span.end - reference.span.start < 10;
            Ok(if variable { Value::null(Type::Bool) } else { Value::object(parts) })
        }

        fn surroundings(&self) -> &Surroundings {
            &NO_SURROUNDINGS
        }
    }

    fn schema() -> BlockSchema {
        let mut schema = BlockSchema::default();
        for (name, ty) in [("shown", Type::Bool), ("access", Type::String), ("account_id", Type::String)] {
            schema.attributes.insert(name.into(), AttributeSchema::new(ty, Presence::Optional));
        }
        schema.attributes.insert("identity".into(), AttributeSchema::new(Type::String, Presence::Required));
        let mut endpoint = BlockSchema::default();
        endpoint.attributes.insert("service".into(), AttributeSchema::new(Type::String, Presence::Required));
        let nested = NestedSchema { nesting: Nesting::List, min_items: 0, max_items: 0, block: endpoint };
        schema.blocks.insert("endpoint".into(), nested);
        let worded = Fate::Worded { now: "access".into(), yes: "Enabled".into(), no: "Disabled".into() };
        let blocks = Fate::Blocks { kind: "endpoint".into(), argument: "service".into() };
        for (name, fate) in [
            ("parent", Fate::Renamed("identity".into())),
            ("hidden", Fate::Inverted("shown".into())),
            ("open", worded),
            ("account_name", Fate::Referred("account_id".into())),
            ("endpoints", blocks),
            ("contact", Fate::Dropped),
        ] {
            schema.former.insert(name.into(), Former { fate, note: "".into() });
        }
        schema
    }

    fn read(text: &str) -> (String, Vec<String>) {
        let mut sources = Sources::default();
        let id = sources.add("main.tf", text);
        let (body, mut diagnostics) = parser::parse_file(id, text);
        let block = lower_block(&body, &schema(), &[], &mut diagnostics);
        let value = block.evaluate(&schema(), &Plain, &mut diagnostics);
        let told = diagnostics.iter().map(|told| told.detail.to_string()).collect();
        (format!("{value:?}"), told)
    }

    #[test]
    fn former_names_mean_what_todays_say() {
        let (value, told) = read(
            "parent = \"me\"\nhidden = true\nopen = false\naccount_name = azurerm_store.data.name\nendpoints = [\"a\", \"b\"]\ncontact {\n email = 1\n}\n",
        );
        assert_eq!(
            value,
            r#"{"access": "Disabled", "account_id": "the id", "endpoint": [{"service": "a"}, {"service": "b"}], "identity": "me", "shown": false}"#
        );
        assert_eq!(told.len(), 6, "{told:?}");
        assert_eq!(told[0], r#""parent" is called "identity" today."#);
        assert_eq!(told[5], r#""contact" is not used any more."#);
    }

    #[test]
    fn nothing_stays_nothing_and_todays_name_counts() {
        let (value, _) = read("identity = \"new\"\nparent = \"old\"\nhidden = var.none\nendpoints = null\n");
        assert_eq!(
            value,
            r#"{"access": null, "account_id": null, "endpoint": [], "identity": "new", "shown": null}"#
        );
    }

    #[test]
    fn a_name_alone_is_no_id() {
        let (_, told) = read("identity = \"me\"\naccount_name = \"data\"\n");
        let refusal = "\"account_name\" names an object that today is given by its id.";
        assert!(told[1].starts_with(refusal), "{told:?}");
        assert_eq!(told.len(), 2, "nothing is said to be missing: {told:?}");
    }
}
