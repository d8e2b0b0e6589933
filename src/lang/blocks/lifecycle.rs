//! `lifecycle`: how an object is replaced, kept, ignored, and what must hold before and after.

use crate::address::Mode;
use crate::blocks::argument::{self, Hop, Traversal};
use crate::blocks::condition::{self, Condition};
use crate::code::Code;
use crate::content::{BodySchema, Content, Leftovers};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::expression::Expression;
use crate::lower::lower;
use crate::path::{Path, Step};
use crate::reference::Subject;
use crate::source::Span;
use crate::syntax::{self, Attribute, Block, ExpressionKind};

/// How an object lives and dies.
#[derive(Clone, Debug, Default)]
pub struct Lifecycle {
    /// Whether a replacement is created before the old object is destroyed; `None` if it is not written.
    pub create_before_destroy: Option<bool>,
    /// Whether a plan that destroys it is refused.
    pub prevent_destroy: Option<Expression>,
    /// Whether an object that is no longer wanted is destroyed (else it is only forgotten); `None` if it is not written.
    pub destroy: Option<bool>,
    /// Whether the object is there at all.
    pub enabled: Option<Expression>,
    /// What is not compared with the configuration.
    pub ignore_changes: IgnoreChanges,
    /// What replaces the object when it changes.
    pub replace_triggered_by: Vec<Expression>,
    /// What must hold before it is planned or applied.
    pub preconditions: Vec<Condition>,
    /// What must hold afterwards.
    pub postconditions: Vec<Condition>,
}

/// What is not compared with the configuration.
#[derive(Clone, Debug)]
pub enum IgnoreChanges {
    /// Nothing.
    Paths(Vec<(Path, Span)>),
    /// Everything.
    All,
}

impl Default for IgnoreChanges {
    fn default() -> IgnoreChanges {
        IgnoreChanges::Paths(Vec::new())
    }
}

/// Reads the `lifecycle` block among a resource's blocks.
pub fn read(content: &Content, mode: Mode, diagnostics: &mut Diagnostics) -> Lifecycle {
    let mut blocks = content.blocks_of("lifecycle");
    let Some(block) = blocks.next() else { return Lifecycle::default() };
    for second in blocks {
        diagnostics.push(
            Diagnostic::error(Code::Duplicate, "Duplicate lifecycle block")
                .detail("This resource already has a lifecycle block.")
                .at(second.header)
                .also(block.header, "the first one"),
        );
    }
    read_block(block, mode, diagnostics)
}

fn read_block(block: &Block, mode: Mode, diagnostics: &mut Diagnostics) -> Lifecycle {
    let arguments = &[
        "create_before_destroy",
        "prevent_destroy",
        "destroy",
        "enabled",
        "ignore_changes",
        "replace_triggered_by",
    ];
    let schema =
        BodySchema::new(arguments, &[("precondition", &[]), ("postcondition", &[]), ("action_trigger", &[])]);
    let mut content = block.body.content(&schema, Leftovers::Refuse, diagnostics);
    diagnostics.extend(content.blocks_of("action_trigger").map(refuse_trigger));
    if mode != Mode::Managed {
        refuse_managed(&content, mode, diagnostics);
    }
    let mut truth = |name| content.take(name).and_then(|attribute| argument::truth(&attribute, diagnostics));
    let (create_before_destroy, destroy) = (truth("create_before_destroy"), truth("destroy"));
    let prevent_destroy = content.take("prevent_destroy").map(|a| {
        if a.value.kind == ExpressionKind::Null {
            argument::truth(&a, diagnostics);
        }
        lower(&a.value, diagnostics)
    });
    let enabled = content.take("enabled").map(|a| lower(&a.value, diagnostics));
    let ignore_changes = content.take("ignore_changes").map(|a| read_ignored(&a, diagnostics));
    let triggers = content.take("replace_triggered_by").map(|a| read_triggers(&a, diagnostics));
    let mut conditions =
        |kind| content.blocks_of(kind).filter_map(|block| condition::read(block, diagnostics)).collect();
    Lifecycle {
        create_before_destroy,
        prevent_destroy,
        destroy,
        enabled,
        ignore_changes: ignore_changes.unwrap_or_default(),
        replace_triggered_by: triggers.unwrap_or_default(),
        preconditions: conditions("precondition"),
        postconditions: conditions("postcondition"),
    }
}

/// What is never run would be missed without a word.
fn refuse_trigger(block: &Block) -> Diagnostic {
    Diagnostic::error(Code::NotSupported, "Unsupported block: action_trigger")
        .detail("aksel does not run provider actions, and so nothing would be triggered.")
        .help("Take the block out; a `provisioner \"local-exec\"` runs a command when the resource is made or destroyed.")
        .at(block.header)
}

/// Arguments that only managed resources have.
fn refuse_managed(content: &Content, mode: Mode, diagnostics: &mut Diagnostics) {
    let kind = if mode == Mode::Data { "data" } else { "ephemeral" };
    for attribute in content.attributes.values().filter(|attribute| &*attribute.name.text != "enabled") {
        diagnostics.push(
            Diagnostic::error(Code::InvalidConfiguration, format!("Invalid {kind} resource lifecycle argument"))
                .detail(format!(
                    "The lifecycle argument \"{}\" is defined only for managed resources (\"resource\" blocks), and is not valid for {kind} resources.",
                    attribute.name.text
                ))
                .at(attribute.name.span),
        );
    }
}

fn read_ignored(attribute: &Attribute, diagnostics: &mut Diagnostics) -> IgnoreChanges {
    if matches!(&attribute.value.kind, ExpressionKind::Variable(word) if &**word == "all") {
        return IgnoreChanges::All;
    }
    if argument::literal_text(&attribute.value).as_deref() == Some("all") {
        argument::keyword(attribute, diagnostics);
        return IgnoreChanges::All;
    }
    let mut paths = Vec::new();
    for item in argument::items(attribute, diagnostics) {
        if argument::literal_text(item).as_deref() == Some("*") {
            diagnostics.push(
                Diagnostic::error(Code::InvalidConfiguration, "Invalid ignore_changes wildcard")
                    .detail("The [\"*\"] form of the ignore_changes wildcard is no longer valid.")
                    .help("Write `ignore_changes = all` to ignore changes to all attributes.")
                    .at(attribute.value.span),
            );
            continue;
        }
        let Some(traversal) = argument::quotable_reference(item, diagnostics) else { continue };
        match ignored_path(&traversal) {
            Ok(path) => paths.push((path, item.span)),
            Err(error) => diagnostics.push(error.at(item.span)),
        }
    }
    IgnoreChanges::Paths(paths)
}

fn ignored_path(traversal: &Traversal) -> Result<Path, Diagnostic> {
    let mut path = Path::attribute(traversal.root.text.clone());
    for hop in &traversal.hops {
        path.0.push(match hop {
            Hop::Attribute(name) => Step::Attribute(name.text.clone()),
            Hop::Key(key, _) => Step::Key(key.clone()),
            Hop::Index(index, _) => Step::Index(*index),
            Hop::Splat(_) => {
                return Err(Diagnostic::error(Code::InvalidConfiguration, "Invalid ignore_changes argument")
                    .detail("A path to be ignored names one attribute; `[*]` names many."));
            }
            Hop::Computed(_) => {
                return Err(Diagnostic::error(Code::InvalidConfiguration, "Invalid expression")
                    .detail("Keys and indices of a path to be ignored must be literals."));
            }
        });
    }
    Ok(path)
}

fn read_triggers(attribute: &Attribute, diagnostics: &mut Diagnostics) -> Vec<Expression> {
    let items = argument::items(attribute, diagnostics);
    items.iter().filter_map(|item| read_trigger(&argument::written(item), diagnostics)).collect()
}

/// Reads a reference to one managed resource; its key may be `count.index` or `each.key`.
fn read_trigger(item: &syntax::Expression, diagnostics: &mut Diagnostics) -> Option<Expression> {
    let trigger = lower(item, diagnostics);
    if trigger.is_invalid() {
        return None;
    }
    let references = trigger.references();
    let is_resource = |subject: &Subject| matches!(subject, Subject::Resource(_));
    let may_stand =
        |subject: &Subject| is_resource(subject) || matches!(subject, Subject::CountIndex | Subject::EachKey);
    let resources = references.iter().filter(|reference| is_resource(&reference.subject)).count();
    let missing = (
        "Invalid replace_triggered_by expression",
        "Missing resource reference in replace_triggered_by expression.",
    );
    let (summary, detail) = if references.iter().any(|reference| !may_stand(&reference.subject)) {
        (
            "Invalid reference in replace_triggered_by expression",
            "Only resources, count.index, and each.key may be used in replace_triggered_by.",
        )
    } else {
        match resources {
            0 => missing,
            1 => return Some(trigger),
            _ => (missing.0, "Multiple resource references in replace_triggered_by expression."),
        }
    };
    let error = Diagnostic::error(Code::InvalidConfiguration, summary).detail(detail).at(item.span);
    diagnostics.push(error.help("To wait for another kind of value, put it into the `input` of a terraform_data resource and name that."));
    None
}
