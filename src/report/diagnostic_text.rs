//! Diagnostics as people read them: title with code, the place with the text around it, the cause, the way out.
//!
//! Invariant: a place outside of all sources is left out, never guessed.

use std::fmt;
use std::ops::Range;

use aksel_lang::diagnostic::{Diagnostic, Label, Severity};
use aksel_lang::source::Sources;
use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, ThemeCharacters, ThemeStyles,
};

use crate::style::{Color, Style, Tone, wrap};

/// The diagnostic as text that ends with a line break.
pub fn render(diagnostic: &Diagnostic, sources: &Sources, style: Style) -> String {
    let mut text = title(diagnostic, style);
    if let Some(subject) = &diagnostic.subject {
        text.push_str(&snippet(diagnostic, subject, sources, style));
    }
    if let Some(address) = &diagnostic.address {
        push_lines(&mut text, &format!("with {address}"), style);
    }
    for note in &diagnostic.values {
        push_lines(&mut text, &format!("{} {}", note.expression, note.statement), style);
    }
    push_lines(&mut text, &diagnostic.detail, style);
    if let Some(help) = &diagnostic.help {
        push_lines(&mut text, &format!("help: {help}"), style);
    }
    text
}

/// All of them, with an empty line between.
pub fn render_all(diagnostics: &[Diagnostic], sources: &Sources, style: Style) -> String {
    let texts: Vec<String> =
        diagnostics.iter().map(|diagnostic| render(diagnostic, sources, style)).collect();
    texts.join("\n")
}

/// Titles and places alone: one line each.
pub fn list(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    let line = |diagnostic: &Diagnostic| {
        let place = diagnostic.subject.as_ref().map(|subject| {
            let source = sources.get(subject.span.source);
            let at = source.position(subject.span.start as usize);
            format!(" at {}:{}:{}", source.name, at.line, at.column)
        });
        let word = match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        format!("{word}[{}]: {}{}\n", diagnostic.code, diagnostic.summary, place.unwrap_or_default())
    };
    diagnostics.iter().map(line).collect()
}

fn title(diagnostic: &Diagnostic, style: Style) -> String {
    let (word, tone) = match diagnostic.severity {
        Severity::Error => ("error", Tone::Bad),
        Severity::Warning => ("warning", Tone::Change),
    };
    let word = style.paint(tone, &format!("{word}[{}]", diagnostic.code));
    format!("{word}: {}\n", style.paint(Tone::Strong, &diagnostic.summary))
}

fn push_lines(text: &mut String, words: &str, style: Style) {
    for line in wrap(words, style.width.saturating_sub(2).max(40)) {
        let line = format!("  {line}");
        text.push_str(line.trim_end());
        text.push('\n');
    }
}

/// The text around the place, with the labels that stand in the same source; the others as plain lines.
fn snippet(diagnostic: &Diagnostic, subject: &Label, sources: &Sources, style: Style) -> String {
    let source = sources.get(subject.span.source);
    let here = |label: &&Label| label.span.source == subject.span.source;
    let mut labels = vec![labeled(subject, &source.text, LabeledSpan::new_primary_with_span)];
    let related = diagnostic.related.iter().filter(here);
    labels.extend(related.map(|label| labeled(label, &source.text, LabeledSpan::new_with_span)));
    let report = Snippet { source: NamedSource::new(&*source.name, source.text.to_string()), labels };
    let mut text = String::new();
    // Writing to a string cannot fail; a report that miette cannot draw is shown without its snippet.
    let drawn = handler(style).render_report(&mut text, &report).is_ok();
    let mut text = if drawn { without_title(&text) } else { String::new() };
    if text.is_empty() {
        let at = source.position(subject.span.start as usize);
        text = format!("  at {}:{}:{}\n", source.name, at.line, at.column);
    }
    for label in diagnostic.related.iter().filter(|label| !here(label)) {
        let source = sources.get(label.span.source);
        let at = source.position(label.span.start as usize);
        text.push_str(&format!("  {}:{}:{} {}\n", source.name, at.line, at.column, label.text));
    }
    text
}

fn labeled(
    label: &Label,
    text: &str,
    make: fn(Option<String>, (usize, usize)) -> LabeledSpan,
) -> LabeledSpan {
    let words = Some(label.text.clone()).filter(|words| !words.is_empty());
    let place = underlined(label.span.range(), text);
    make(words, (place.start, place.len()))
}

/// Where the line is drawn. A body has its place at its opening brace; people look for the header before it.
fn underlined(place: Range<usize>, text: &str) -> Range<usize> {
    if text.get(place.clone()) != Some("{") {
        return place;
    }
    let line = text[..place.start].rfind('\n').map_or(0, |newline| newline + 1);
    let header = text[line..place.start].trim();
    // In JSON a body has no header.
    if !header.starts_with(|first: char| first.is_alphabetic() || first == '_') {
        return place;
    }
    let begin = place.start - text[line..place.start].trim_start().len();
    begin..begin + header.len()
}

fn handler(style: Style) -> GraphicalReportHandler {
    let styles = match style.color {
        Color::On => ThemeStyles::ansi(),
        Color::Off => ThemeStyles::none(),
    };
    let theme = GraphicalTheme { characters: ThemeCharacters::unicode(), styles };
    GraphicalReportHandler::new_themed(theme)
        .with_width(style.width.max(40))
        .with_context_lines(1)
        .without_cause_chain()
}

/// miette's own title is dropped: ours has the code and the severity in words.
fn without_title(text: &str) -> String {
    let lines = text.lines().skip_while(|line| !line.contains('╭'));
    lines.map(|line| format!("{}\n", line.trim_end())).collect()
}

/// What miette needs to draw a place.
struct Snippet {
    source: NamedSource<String>,
    labels: Vec<LabeledSpan>,
}

impl fmt::Debug for Snippet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Snippet")
    }
}

impl fmt::Display for Snippet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("-")
    }
}

impl std::error::Error for Snippet {}

impl miette::Diagnostic for Snippet {
    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        Some(&self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}

#[cfg(test)]
mod tests {
    use aksel_lang::code::Code;
    use aksel_lang::source::Span;

    use super::*;

    #[test]
    fn a_diagnostic_shows_place_cause_and_way_out() {
        let mut sources = Sources::default();
        let text = "resource \"x\" \"gpu\" {\n  vm_size    = \"Standard_NC24ads_A100_v4\"\n  node_taint = [\"sku=gpu\"]\n}\n";
        let id = sources.add("cluster.tf", text);
        let at = text.find("node_taint").unwrap();
        let diagnostic = Diagnostic::error(Code::UnknownArgument, "Unsupported argument")
            .detail("An argument named \"node_taint\" is not expected here.")
            .label(Span::new(id, at, at + 10), "not expected here")
            .help("Did you mean \"node_taints\"?");
        insta::assert_snapshot!(render(&diagnostic, &sources, Style::PLAIN), @r#"
        error[AK0107]: Unsupported argument
           ╭─[cluster.tf:3:3]
         2 │   vm_size    = "Standard_NC24ads_A100_v4"
         3 │   node_taint = ["sku=gpu"]
           ·   ─────┬────
           ·        ╰── not expected here
         4 │ }
           ╰────
          An argument named "node_taint" is not expected here.
          help: Did you mean "node_taints"?
        "#);
    }
}
