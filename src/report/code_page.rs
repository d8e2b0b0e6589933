//! The pages of diagnostic codes, as `explain` prints them.
//!
//! Never: a word is added to a page; pages are the doc comments of the codes.

use aksel_lang::code::Code;

use crate::style::{Style, Tone, wrap};

/// Every code with the first sentence of its page.
pub fn list(style: Style) -> String {
    let lines = Code::ALL.iter().map(|code| {
        let first = code.page().first().map(|line| line.trim()).unwrap_or_default();
        format!("{}  {first}\n", style.paint(Tone::Strong, &code.to_string()))
    });
    lines.collect()
}

/// The page of one code. Lines of a paragraph are joined and broken to the width of the style.
pub fn page(code: Code, style: Style) -> String {
    let mut text = format!("{}\n\n", style.paint(Tone::Strong, &code.to_string()));
    let mut paragraphs = vec![String::new()];
    for line in code.page().iter().map(|line| line.strip_prefix(' ').unwrap_or(line)) {
        let own_line = line.is_empty() || line.starts_with([' ', '-', '*', '`', '|', '#']);
        match paragraphs.last_mut() {
            Some(last) if !own_line && !last.is_empty() => {
                last.push(' ');
                last.push_str(line);
            }
            _ => paragraphs.push(line.to_owned()),
        }
    }
    for paragraph in paragraphs.iter().skip(1) {
        let lines = wrap(paragraph, style.width.clamp(40, 100));
        text.push_str(&lines.join("\n"));
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_page_that_begins_with_it() {
        for code in Code::ALL {
            let page = page(*code, Style::PLAIN);
            let words = page.strip_prefix(&format!("{code}\n\n")).unwrap();
            assert!(words.contains(' ') && words.lines().all(|line| line.chars().count() <= 80), "{page}");
        }
        assert_eq!(list(Style::PLAIN).lines().count(), Code::ALL.len());
    }
}
