//! A plan as Markdown for a pull request.
//!
//! Invariant: it is shorter than what a comment may hold; what is left out is counted and said.
//! Invariant: nothing in a value can end a code block or become markup.
//! Never: a sensitive value is written.

use std::collections::BTreeMap;

use aksel_engine::plan::{Action, OutputAction, Plan, Reason, ReplaceOrder, ResourceChange};
use aksel_lang::path::Path;

use crate::plan_text::{self, Detail};
use crate::secrets::Secrets;
use crate::state_json::Schemas;
use crate::style::Style;

/// How many characters a comment on GitHub may have.
const LENGTH_MAX: usize = 65_536;
/// How many are kept free for what stands around the diffs.
const RESERVE: usize = 1_024;
/// A diff is never cut to fewer characters than this; there are fewer diffs then.
const PART_MIN: usize = 400;

/// The plan as Markdown. `name` is how the reader finds the whole plan.
pub fn markdown(plan: &Plan, schemas: Schemas<'_>, name: &str) -> String {
    let mut head = format!("{}\n", verdict(plan));
    head.push_str(&dangers(plan));
    head.push_str(&checks(plan));
    let tail = outputs(plan) + &moves(plan) + &deferred(plan);
    let diffs = diffs(plan, schemas);
    let room = LENGTH_MAX.saturating_sub(length(&head) + length(&tail) + RESERVE);
    let mut out = clipped(&head, LENGTH_MAX / 2);
    out.push_str(&fitted(diffs, room, name));
    out.push_str(&clipped(&tail, LENGTH_MAX / 4));
    out
}

fn length(text: &str) -> usize {
    text.chars().count()
}

/// The first line: what happens, counted.
fn verdict(plan: &Plan) -> String {
    if plan.errored {
        return "**The plan ended with an error** and is incomplete.".to_owned();
    }
    let count =
        |wanted: fn(&ResourceChange) -> bool| plan.changes.iter().filter(|change| wanted(change)).count();
    let parts = [
        (count(|change| matches!(change.action, Action::Replace { .. })), "to replace"),
        (count(|change| matches!(change.action, Action::Delete { .. })), "to destroy"),
        (count(|change| matches!(change.action, Action::Update { .. })), "to change"),
        (count(|change| matches!(change.action, Action::Create { .. })), "to add"),
        (count(|change| change.import.is_some()), "to import"),
        (count(|change| matches!(change.action, Action::Forget { .. })), "to forget"),
        (plan.deferred.len(), "deferred"),
    ];
    let told: Vec<String> = parts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, words)| format!("{count} {words}"))
        .collect();
    match told.is_empty() {
        true => "**No changes.** Everything is as written.".to_owned(),
        false => format!("**{}**", told.join(", ")),
    }
}

/// What is deleted or replaced, and what forces it.
fn dangers(plan: &Plan) -> String {
    let mut rows: Vec<(u8, String)> = plan.changes.iter().filter_map(danger).collect();
    if rows.is_empty() {
        return String::new();
    }
    rows.sort_by_key(|(rank, _)| *rank);
    let rows: String = rows.into_iter().map(|(_, row)| row).collect();
    format!("\n| | object | because |\n|---|---|---|\n{rows}")
}

fn danger(change: &ResourceChange) -> Option<(u8, String)> {
    let (rank, what) = match change.action {
        Action::Replace { order: ReplaceOrder::ForgetFirst, .. } => (0, "replace, and keep the old object"),
        Action::Replace { .. } => (0, "replace"),
        Action::Delete { .. } => (1, "destroy"),
        Action::Keep { .. }
        | Action::Read { .. }
        | Action::Create { .. }
        | Action::Update { .. }
        | Action::Forget { .. } => return None,
    };
    let object = match &change.deposed {
        Some(key) => format!("{} (deposed {key})", change.address),
        None => change.address.to_string(),
    };
    Some((rank, format!("| **{what}** | {} | {} |\n", code(&object), because(change))))
}

fn because(change: &ResourceChange) -> String {
    if let Action::Replace { because, .. } = &change.action
        && !because.is_empty()
        && !matches!(change.reason, Some(Reason::ReplaceByTriggers))
    {
        let paths: Vec<String> = because.iter().map(|path: &Path| code(&path.to_string())).collect();
        return format!("{} cannot be changed in place", paths.join(", "));
    }
    let words = match change.reason {
        Some(Reason::ReplaceTainted) => "making it failed half-way",
        Some(Reason::ReplaceByRequest) => "asked for with `-replace`",
        Some(Reason::ReplaceByTriggers) => "`replace_triggered_by`",
        Some(Reason::DeleteNoResourceConfig) => "no longer in the configuration",
        Some(Reason::DeleteWrongRepetition) => "another kind of repetition",
        Some(Reason::DeleteCountIndex) => "`count` is smaller",
        Some(Reason::DeleteEachKey) => "its key is no longer in `for_each`",
        Some(Reason::DeleteNoModule) => "its module is no longer called",
        Some(Reason::DeleteNoMoveTarget) => "moved to what is not in the configuration",
        Some(Reason::DeleteDisabled) => "`lifecycle.enabled` is false",
        Some(
            Reason::ReplaceCannotUpdate
            | Reason::ReadConfigUnknown
            | Reason::ReadDependencyPending
            | Reason::ReadCheckNested,
        )
        | None => "",
    };
    words.to_owned()
}

/// Checks that do not pass.
fn checks(plan: &Plan) -> String {
    let mut lines = String::new();
    for object in plan.checks.iter().filter_map(|check| check.objects.as_ref()).flatten() {
        let words = match &*object.status {
            "fail" => "fails",
            "error" => "could not be evaluated",
            _ => continue,
        };
        lines.push_str(&format!("- {} {words}\n", code(&object.object_addr)));
        for message in &object.failure_messages {
            lines.push_str(&format!("  > {}\n", escaped(message).replace('\n', "\n  > ")));
        }
    }
    if lines.is_empty() { lines } else { format!("\n**Checks**\n\n{lines}") }
}

/// A diff of one object.
struct Diff {
    module: String,
    title: String,
    text: String,
}

fn diffs(plan: &Plan, schemas: Schemas<'_>) -> Vec<Diff> {
    let mut shown: Vec<&ResourceChange> =
        plan.changes.iter().filter(|change| !matches!(change.action, Action::Keep { .. })).collect();
    shown.sort_by_key(|change| (change.address.module.to_string(), plan_text::rank(&change.action)));
    let secrets = Secrets::of_plan(plan);
    let diff = |change: &&ResourceChange| Diff {
        module: change.address.module.to_string(),
        title: plan_text::sentence(change),
        text: as_diff(&plan_text::render_change(
            &secrets.hide_in(change),
            schemas,
            Detail::Full,
            Style::PLAIN,
        )),
    };
    shown.iter().map(diff).collect()
}

/// Signs at the beginning of the lines, as a `diff` block colours them.
fn as_diff(text: &str) -> String {
    let line = |line: &str| {
        let body = line.trim_start();
        let indent = &line[..line.len() - body.len()];
        let sign = ["-/+ ", "+/- ", "+ ", "- ", "~ ", "<= "].iter().find(|sign| body.starts_with(**sign));
        let first = match sign {
            Some(&"+ ") => '+',
            Some(&"- ") => '-',
            Some(_) => '!',
            None => ' ',
        };
        format!("{first}{indent}{body}\n")
    };
    text.lines()
        .filter(|text| !text.trim_start().starts_with("# ") || text.contains(" hidden)"))
        .map(line)
        .collect()
}

/// The diffs, each in a part that opens, in so many characters at most: the longest are cut first.
fn fitted(diffs: Vec<Diff>, room: usize, name: &str) -> String {
    let frame = |diff: &Diff| length(&diff.title) * 5 + length(&diff.module) * 5 + 120;
    let mut kept = diffs.len();
    let needed = |kept: usize| -> usize {
        diffs[..kept].iter().map(|diff| frame(diff) + length(&diff.text).min(PART_MIN)).sum()
    };
    while kept > 0 && needed(kept) > room {
        kept -= (kept / 16).max(1);
    }
    let framed: usize = diffs[..kept].iter().map(frame).sum();
    let lengths: Vec<usize> = diffs[..kept].iter().map(|diff| length(&diff.text)).collect();
    let limit = share(&lengths, room.saturating_sub(framed));
    let mut out = String::new();
    let mut module: Option<&str> = None;
    for diff in &diffs[..kept] {
        if module.is_some_and(|module| module != diff.module) || module.is_none() && !diff.module.is_empty() {
            out.push_str(&format!(
                "\n**{}**\n",
                escaped(if diff.module.is_empty() { "root module" } else { &diff.module })
            ));
        }
        module = Some(&diff.module);
        out.push_str(&part(diff, limit));
    }
    if kept < diffs.len() {
        out.push_str(&format!(
            "\n{} more objects are left out; all of them: `aksel show {name}`\n",
            diffs.len() - kept
        ));
    } else if lengths.iter().any(|length| *length > limit) {
        out.push_str(&format!("\nLong diffs are cut in the middle; all of them: `aksel show {name}`\n"));
    }
    out
}

fn part(diff: &Diff, limit: usize) -> String {
    let text = clipped(&diff.text, limit);
    let fence = fence(&text);
    let title = html(&diff.title);
    format!("\n<details><summary>{title}</summary>\n\n{fence}diff\n{text}{fence}\n\n</details>\n")
}

/// How long each part may be so that all fit: what short ones leave goes to the long ones.
fn share(lengths: &[usize], room: usize) -> usize {
    let mut sorted = lengths.to_vec();
    sorted.sort_unstable();
    let mut room = room;
    for (at, length) in sorted.iter().enumerate() {
        let each = room / (sorted.len() - at);
        if *length > each {
            return each;
        }
        room -= length;
    }
    usize::MAX
}

/// A text of so many characters at most, cut at the ends of lines in its middle.
fn clipped(text: &str, limit: usize) -> String {
    if length(text) <= limit {
        return text.to_owned();
    }
    let lines: Vec<&str> = text.lines().collect();
    let half = limit.saturating_sub(80) / 2;
    let taken = |lines: &mut dyn Iterator<Item = &&str>| {
        let mut used = 0;
        lines
            .take_while(|line| {
                used += length(line) + 1;
                used <= half
            })
            .count()
    };
    let first = taken(&mut lines.iter());
    let last = taken(&mut lines.iter().rev()).min(lines.len() - first);
    let mut out: Vec<String> = lines[..first].iter().map(|line| (*line).to_owned()).collect();
    out.push(format!("  … {} lines left out …", lines.len() - first - last));
    out.extend(lines[lines.len() - last..].iter().map(|line| (*line).to_owned()));
    out.join("\n") + "\n"
}

/// A fence longer than any run of backticks in the text.
fn fence(text: &str) -> String {
    let mut longest = 0;
    let mut run = 0;
    for c in text.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    "`".repeat((longest + 1).max(3))
}

/// A text in which nothing is a tag; within HTML, Markdown has no meaning.
fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A text in which nothing is markup.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '|' | '*' | '_' | '`' | '[' | ']' | '\\' | '#' | '@' => {
                out.push_str(&format!("&#{};", u32::from(c)));
            }
            _ => out.push(c),
        }
    }
    out
}

/// A text in the type of code, also within a table.
fn code(text: &str) -> String {
    format!("<code>{}</code>", escaped(text).replace('\n', " "))
}

fn outputs(plan: &Plan) -> String {
    let mut by_word: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (name, output) in &plan.outputs {
        let word = match output.action() {
            OutputAction::Keep => continue,
            OutputAction::Create => "new",
            OutputAction::Update => "changed",
            OutputAction::Delete => "gone",
        };
        by_word.entry(word).or_default().push(code(name));
    }
    if by_word.is_empty() {
        return String::new();
    }
    let lines: String =
        by_word.iter().map(|(word, names)| format!("- {word}: {}\n", names.join(", "))).collect();
    format!("\n**Outputs**\n\n{lines}")
}

fn moves(plan: &Plan) -> String {
    let moved = plan.changes.iter().filter_map(|change| {
        let previous = change.previous_address.as_ref()?;
        Some(format!("- {} → {}\n", code(&previous.to_string()), code(&change.address.to_string())))
    });
    let lines: String = moved.collect();
    if lines.is_empty() { lines } else { format!("\n**Moved**\n\n{lines}") }
}

fn deferred(plan: &Plan) -> String {
    let line = |deferred| format!("- {}\n", escaped(&plan_text::deferred_words(deferred)));
    let lines: String = plan.deferred.iter().map(line).collect();
    if lines.is_empty() {
        lines
    } else {
        format!("\n**Deferred to a later wave of the same apply**\n\n{lines}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_short_parts_leave_goes_to_the_long_ones() {
        assert_eq!(share(&[10, 1000, 1000], 1010), 500);
        assert_eq!(share(&[10, 20], 100), usize::MAX);
    }

    #[test]
    fn a_long_text_is_cut_in_its_middle_and_says_so() {
        let text: String = (0..100).map(|line| format!("line {line}\n")).collect();
        let cut = clipped(&text, 200);
        assert!(length(&cut) <= 200 && cut.starts_with("line 0\n") && cut.ends_with("line 99\n"));
        assert!(cut.contains("lines left out"));
    }

    #[test]
    fn nothing_in_a_value_is_markup() {
        assert_eq!(fence("a ```` b"), "`````");
        assert_eq!(code("a[\"<b>|\"]"), "<code>a&#91;\"&lt;b&gt;&#124;\"&#93;</code>");
        let hostile =
            Diff { module: String::new(), title: "</summary><b>".into(), text: "+ x = \"```\"\n".into() };
        insta::assert_snapshot!(part(&hostile, 1000), @r#"

        <details><summary>&lt;/summary&gt;&lt;b&gt;</summary>

        ````diff
        + x = "```"
        ````

        </details>
        "#);
    }

    #[test]
    fn many_long_diffs_stay_below_the_limit() {
        let diff = |at: usize| Diff {
            module: String::new(),
            title: format!("terraform_data.a[{at}] will be created"),
            text: "+ line of a diff that is long enough to count\n".repeat(at % 50),
        };
        for count in [10, 100, 2000] {
            let out = fitted((0..count).map(diff).collect(), 60_000, "p");
            assert!(length(&out) < 61_000, "{count}: {}", length(&out));
        }
    }
}
