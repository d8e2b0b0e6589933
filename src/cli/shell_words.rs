//! Words of a line as a shell splits them: quotes and backslashes, no variables and no commands.
//!
//! Never: anything of the environment is put in, so that what is written is what is meant.

/// The line has a quote or a backslash that does not end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unfinished;

impl std::fmt::Display for Unfinished {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("invalid command line string: a quote or a backslash does not end")
    }
}

/// Splits a line into words.
///
/// # Errors
/// When the line ends within a quote or behind a backslash.
pub(crate) fn split(line: &str) -> Result<Vec<String>, Unfinished> {
    let mut words = Vec::new();
    // A word that is empty in quotes is one; blanks alone are none.
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    let mut characters = line.chars();
    while let Some(c) = characters.next() {
        match (c, quote) {
            ('\\', None | Some('"')) => {
                word.get_or_insert_default().push(characters.next().ok_or(Unfinished)?)
            }
            ('"' | '\'', None) => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (c, Some(open)) if c == open => quote = None,
            (c, None) if c.is_whitespace() => words.extend(word.take()),
            (c, _) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    if quote.is_some() { Err(Unfinished) } else { Ok(words) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_backslashes_keep_words_together() {
        let line = r#" -var 'x=a  b' -var="y=\"q\" $HOME" z=\ w '' "#;
        assert_eq!(split(line).unwrap(), ["-var", "x=a  b", r#"-var=y="q" $HOME"#, "z= w", ""]);
    }

    #[test]
    fn what_does_not_end_is_refused() {
        assert_eq!([split("'a"), split("a\\")], [Err(Unfinished), Err(Unfinished)]);
    }
}
