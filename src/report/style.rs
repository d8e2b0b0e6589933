//! How text is dressed for a terminal: colour or none, and how wide.
//!
//! Invariant: everything reads without colour; colour only repeats what a sign or word says.

/// Whether text is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Color {
    /// Escape sequences are written.
    On,
    /// Plain text.
    Off,
}

/// How text is dressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Whether text is coloured.
    pub color: Color,
    /// Columns of the terminal.
    pub width: usize,
}

/// What a piece of text is, for its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Something is created or went well.
    Good,
    /// Something is changed or asks for attention.
    Change,
    /// Something is destroyed or went wrong.
    Bad,
    /// Something is only read.
    Read,
    /// A title.
    Strong,
    /// What matters less.
    Faint,
}

impl Style {
    /// Plain text of 80 columns, as files and pipes get it.
    pub const PLAIN: Style = Style { color: Color::Off, width: 80 };

    /// The text in its tone.
    pub fn paint(self, tone: Tone, text: &str) -> String {
        if self.color == Color::Off || text.is_empty() {
            return text.to_owned();
        }
        let style = console::Style::new().force_styling(true);
        let style = match tone {
            Tone::Good => style.green(),
            Tone::Change => style.yellow(),
            Tone::Bad => style.red(),
            Tone::Read => style.cyan(),
            Tone::Strong => style.bold(),
            Tone::Faint => style.dim(),
        };
        style.apply_to(text).to_string()
    }
}

/// Breaks text into lines of at most `width` columns at spaces; lines that begin with white space stay as they are.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for line in text.lines() {
        if line.starts_with(char::is_whitespace) || console::measure_text_width(line) <= width {
            lines.push(line.to_owned());
            continue;
        }
        let mut current = String::new();
        for word in line.split(' ') {
            let joined = console::measure_text_width(&current) + 1 + console::measure_text_width(word);
            if !current.is_empty() && joined > width {
                lines.push(std::mem::take(&mut current));
            }
            if !current.is_empty() {
                current.push(' ');
            }
            current.push_str(word);
        }
        lines.push(current);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_kept_whole_and_indented_lines_as_they_are() {
        assert_eq!(wrap("one two three\n  a b c d e f g", 8), ["one two", "three", "  a b c d e f g"]);
    }
}
