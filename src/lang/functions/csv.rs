//! The records of a CSV text.
//!
//! Rule: RFC 4180, as Go reads it: a quoted field begins and ends with its quotes, and an empty line is no record.

use std::iter::Peekable;
use std::str::Chars;

/// The fields of all records.
///
/// # Errors
/// What is wrong, and on which line.
pub(super) fn records(source: &str) -> Result<Vec<Vec<String>>, String> {
    let mut reading = Reading { rest: source.chars().peekable(), line: 1 };
    let mut records = Vec::new();
    while reading.rest.peek().is_some() {
        let record = reading.record()?;
        if record.len() > 1 || record.first().is_some_and(|field| field.quoted || !field.text.is_empty()) {
            records.push(record.into_iter().map(|field| field.text).collect());
        }
    }
    Ok(records)
}

struct Reading<'a> {
    rest: Peekable<Chars<'a>>,
    line: usize,
}

struct Field {
    text: String,
    quoted: bool,
}

/// What stands behind a field.
enum End {
    Comma,
    Record,
}

impl Reading<'_> {
    fn record(&mut self) -> Result<Vec<Field>, String> {
        let mut fields = Vec::new();
        loop {
            let quoted = self.rest.next_if_eq(&'"').is_some();
            let (text, end) = if quoted { self.quoted()? } else { self.bare()? };
            fields.push(Field { text, quoted });
            if let End::Record = end {
                return Ok(fields);
            }
        }
    }

    fn bare(&mut self) -> Result<(String, End), String> {
        let mut text = String::new();
        loop {
            if let Some(end) = self.end() {
                return Ok((text, end));
            }
            match self.rest.next() {
                Some('"') => return Err(self.refuse("bare \" in non-quoted-field")),
                Some(c) => text.push(c),
                None => return Ok((text, End::Record)),
            }
        }
    }

    /// A field behind its first quote. In it two quotes are one.
    fn quoted(&mut self) -> Result<(String, End), String> {
        let mut text = String::new();
        let misplaced = "extraneous or missing \" in quoted-field";
        loop {
            match self.rest.next() {
                Some('"') if self.rest.next_if_eq(&'"').is_some() => text.push('"'),
                Some('"') => return self.end().map(|end| (text, end)).ok_or_else(|| self.refuse(misplaced)),
                Some('\r') if self.rest.peek() == Some(&'\n') => {}
                Some(c) => {
                    self.line += usize::from(c == '\n');
                    text.push(c);
                }
                None => return Err(self.refuse(misplaced)),
            }
        }
    }

    /// The end of a field, if it is here.
    fn end(&mut self) -> Option<End> {
        match self.rest.peek() {
            None => Some(End::Record),
            Some(',') => {
                self.rest.next();
                Some(End::Comma)
            }
            Some('\r') => {
                let mut ahead = self.rest.clone();
                ahead.next();
                matches!(ahead.peek(), Some('\n') | None).then(|| {
                    self.rest.next();
                    self.line += usize::from(self.rest.next().is_some());
                    End::Record
                })
            }
            Some('\n') => {
                self.rest.next();
                self.line += 1;
                Some(End::Record)
            }
            Some(_) => None,
        }
    }

    fn refuse(&self, what: &str) -> String {
        format!("CSV parse error on line {}: {what}", self.line)
    }
}

#[cfg(test)]
mod tests {
    use super::records;

    #[test]
    fn quotes_hold_commas_lines_and_quotes() {
        let read = records("a,b\r\n\"x,y\",\"q\"\"r\ns\"\n\n1,\n").unwrap();
        assert_eq!(read, [["a", "b"], ["x,y", "q\"r\ns"], ["1", ""]]);
    }

    #[test]
    fn a_quoted_field_is_nothing_but_its_quotes() {
        for (source, line) in [("a,b\n\"x\"y,1", 2), ("a\n\"1\" ", 2), ("a\nx\"y\"", 2), ("a\n\"x\n", 3)] {
            let error = records(source).unwrap_err();
            assert!(error.starts_with(&format!("CSV parse error on line {line}: ")), "{error}");
        }
    }
}
