//! What a text in quotes stands for in JSON.
//!
//! Invariant: half of a surrogate pair stands for U+FFFD, as Terraform reads it.

/// For each escape, in order: the byte of the text behind it, and by how many bytes the source is longer up to there.
pub(crate) type Escapes = Vec<(u32, u32)>;

/// The text that stands in quotes, and its escapes; or how many bytes were read until it could no longer be JSON.
pub(crate) fn unquote(written: &str) -> Result<(String, Escapes), usize> {
    let mut reading = Reading { written, at: 1, text: String::new(), escapes: Vec::new() };
    loop {
        match reading.next()? {
            '"' => return Ok((reading.text, reading.escapes)),
            '\\' => {
                let meant = reading.escape()?;
                reading.text.push(meant);
                let behind = reading.text.len();
                reading.escapes.push((number(behind), number(reading.at - 1 - behind)));
            }
            control if control < ' ' => return Err(reading.at),
            other => reading.text.push(other),
        }
    }
}

fn number(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

struct Reading<'a> {
    written: &'a str,
    at: usize,
    text: String,
    escapes: Escapes,
}

impl Reading<'_> {
    fn next(&mut self) -> Result<char, usize> {
        let next = self.written[self.at..].chars().next().ok_or(self.written.len())?;
        self.at += next.len_utf8();
        Ok(next)
    }

    fn escape(&mut self) -> Result<char, usize> {
        Ok(match self.next()? {
            quoted @ ('"' | '\\' | '/') => quoted,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => self.unicode()?,
            other => return Err(self.at - other.len_utf8() + 1),
        })
    }

    /// Behind `\u`: four digits, and the second half of a pair if these are the first.
    fn unicode(&mut self) -> Result<char, usize> {
        let first = self.four_digits()?;
        if let Some(alone) = char::from_u32(first) {
            return Ok(alone);
        }
        let behind = self.at;
        let mut second =
            || (self.next() == Ok('\\') && self.next() == Ok('u')).then(|| self.four_digits().ok());
        let paired = second()
            .flatten()
            .filter(|second| (0xD800..0xDC00).contains(&first) && (0xDC00..0xE000).contains(second));
        let Some(second) = paired else {
            self.at = behind;
            return Ok(char::REPLACEMENT_CHARACTER);
        };
        let code = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
        Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn four_digits(&mut self) -> Result<u32, usize> {
        (0..4).try_fold(0, |code, _| {
            let next = self.next()?;
            let digit = next.to_digit(16).ok_or(self.at - next.len_utf8() + 1)?;
            Ok(code * 16 + digit)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_resolved_and_counted() {
        let read = |written: &str| unquote(written).map(|(text, _)| text);
        assert_eq!(read(r#""a\n\"\u0041\/""#).as_deref(), Ok("a\n\"A/"));
        assert_eq!(read(r#""\ud83d\ude00""#).as_deref(), Ok("😀"));
        assert_eq!(read(r#""\ud83d\u0041\ude00""#).as_deref(), Ok("\u{FFFD}A\u{FFFD}"));
        assert_eq!(unquote(r#""x\u0041y""#).map(|(_, escapes)| escapes), Ok(vec![(2, 5)]));
    }

    #[test]
    fn what_is_no_json_is_told_by_the_bytes_that_were_read() {
        assert_eq!(unquote(r#""ab\q""#), Err(5));
        assert_eq!(unquote(r#""\u00g0""#), Err(6));
        assert_eq!(unquote(r#""ab"#), Err(3));
        assert_eq!(unquote("\"\\é\""), Err(3));
    }
}
