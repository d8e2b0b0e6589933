//! Source texts and places in them.
//!
//! Invariant: a `Span` counts bytes of the text of its source; `start <= end`, both on character boundaries.
//! Never: this module opens no file; texts are handed in.

use std::sync::Arc;

use unicode_segmentation::UnicodeSegmentation;

/// Names one text among the `Sources` of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(u32);

/// A range of bytes in one source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The text that the bytes are counted in.
    pub source: SourceId,
    /// The first byte.
    pub start: u32,
    /// The byte behind the last one.
    pub end: u32,
}

impl Span {
    /// The range `start..end` of a source.
    pub fn new(source: SourceId, start: usize, end: usize) -> Span {
        let byte = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Span { source, start: byte(start), end: byte(end.max(start)) }
    }

    /// The smallest range that holds this one and `other`, which stands in the same source.
    pub fn to(self, other: Span) -> Span {
        Span { source: self.source, start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The empty range at the start.
    pub fn at_start(self) -> Span {
        Span { end: self.start, ..self }
    }

    /// The empty range behind the end.
    pub fn at_end(self) -> Span {
        Span { start: self.end, ..self }
    }

    /// The byte range, for slicing.
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A position as people and Terraform's JSON count it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The line, from 1.
    pub line: usize,
    /// The column in grapheme clusters, from 1.
    pub column: usize,
    /// The byte offset in the file, from 0.
    pub byte: usize,
}

/// One text with the name that people know it by.
#[derive(Clone, Debug)]
pub struct Source {
    /// The file name relative to the working directory, or a name in angle brackets for what is no file.
    pub name: Arc<str>,
    /// The whole text, without a byte order mark.
    pub text: Arc<str>,
    line_starts: Arc<[u32]>,
}

impl Source {
    /// The position of a byte offset; an offset past the end is the end.
    pub fn position(&self, offset: usize) -> Position {
        let byte = offset.min(self.text.len());
        let line = self.line_starts.partition_point(|start| *start as usize <= byte);
        let start = self.line_starts[line - 1] as usize;
        let before = self.text.get(start..byte).unwrap_or("");
        Position { line, column: before.graphemes(true).count() + 1, byte }
    }

    /// The text of a line, counted from 1, without its line break.
    pub fn line(&self, line: usize) -> &str {
        let start = self.line_starts.get(line.wrapping_sub(1)).map_or(self.text.len(), |s| *s as usize);
        let end = self.line_starts.get(line).map_or(self.text.len(), |s| *s as usize);
        self.text[start..end].trim_end_matches(['\n', '\r'])
    }
}

/// All texts of a run, found by id.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    all: Vec<Source>,
}

impl Sources {
    /// Takes a text in and names it. A leading byte order mark is dropped.
    pub fn add(&mut self, name: impl Into<Arc<str>>, text: &str) -> SourceId {
        let text: Arc<str> = text.strip_prefix('\u{feff}').unwrap_or(text).into();
        let breaks = text.bytes().enumerate().filter(|(_, b)| *b == b'\n');
        let line_starts =
            std::iter::once(0).chain(breaks.map(|(i, _)| u32::try_from(i + 1).unwrap_or(u32::MAX))).collect();
        self.all.push(Source { name: name.into(), text, line_starts });
        SourceId(u32::try_from(self.all.len() - 1).expect("fewer than 2^32 sources"))
    }

    /// The source of an id that `add` returned.
    pub fn get(&self, id: SourceId) -> &Source {
        &self.all[id.0 as usize]
    }

    /// The source of that name, if there is one.
    pub fn named(&self, name: &str) -> Option<&Source> {
        self.all.iter().find(|source| &*source.name == name)
    }

    /// All texts, in the order in which they were taken in.
    pub fn all(&self) -> &[Source] {
        &self.all
    }

    /// The text that a span covers.
    pub fn text(&self, span: Span) -> &str {
        self.get(span.source).text.get(span.range()).unwrap_or("")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_graphemes_and_lines_start_at_one() {
        let mut sources = Sources::default();
        let id = sources.add("main.tf", "\u{feff}a = \"e\u{301}x\"\nb = 1\n");
        let source = sources.get(id);
        let x = source.text.find('x').unwrap();
        assert_eq!(source.position(x), Position { line: 1, column: 7, byte: x });
        assert_eq!(
            source.position(source.text.len()),
            Position { line: 3, column: 1, byte: source.text.len() }
        );
        assert_eq!(source.line(2), "b = 1");
    }
}
