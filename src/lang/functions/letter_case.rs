//! `upper`, `lower` and `title`: letter by letter.
//!
//! Invariant: a text keeps its number of letters. `ß` has no upper case of one letter and stays; a sigma is not changed by where it stands.
//! Rule: Unicode's simple case mappings, as Terraform uses them.

/// The text in upper case.
pub(super) fn upper(text: &str) -> String {
    text.chars().map(upper_letter).collect()
}

/// The text in lower case.
pub(super) fn lower(text: &str) -> String {
    text.chars().map(lower_letter).collect()
}

/// The text with the first letter of each word in title case. An apostrophe ends a word.
pub(super) fn title(text: &str) -> String {
    let mut start = true;
    let letter = |c: char| {
        let made = if start { title_letter(c) } else { c };
        start = separates(c);
        made
    };
    text.chars().map(letter).collect()
}

/// Whether a word may start behind a character. Of what is not ASCII only white space is no part of a word.
fn separates(c: char) -> bool {
    match c.is_ascii() {
        true => !(c.is_ascii_alphanumeric() || c == '_'),
        false => !c.is_alphanumeric() && c.is_whitespace(),
    }
}

fn upper_letter(c: char) -> char {
    if let Some(title) = iota_title(c) {
        return title;
    }
    single(c.to_uppercase()).unwrap_or(c)
}

fn lower_letter(c: char) -> char {
    match c {
        // In full its dot is a letter of its own.
        'İ' => 'i',
        c => single(c.to_lowercase()).unwrap_or(c),
    }
}

fn title_letter(c: char) -> char {
    match c {
        'Ǆ'..='ǆ' => 'ǅ',
        'Ǉ'..='ǉ' => 'ǈ',
        'Ǌ'..='ǌ' => 'ǋ',
        'Ǳ'..='ǳ' => 'ǲ',
        // Georgian is written without capitals at the start of words.
        'ა'..='ჺ' | 'ჽ'..='ჿ' => c,
        c => upper_letter(c),
    }
}

/// Greek letters with an iota below: the capital has it beside. In full upper case it is a letter of its own.
fn iota_title(c: char) -> Option<char> {
    let code = u32::from(c);
    let capital = match code {
        0x1f80..=0x1faf if code & 8 == 0 => code + 8,
        0x1fb3 | 0x1fc3 | 0x1ff3 => code + 9,
        0x1f88..=0x1faf | 0x1fbc | 0x1fcc | 0x1ffc => code,
        _ => return None,
    };
    char::from_u32(capital)
}

/// The letter that a mapping gives, if it is one.
fn single(mut mapped: impl Iterator<Item = char>) -> Option<char> {
    mapped.next().filter(|_| mapped.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_stay_as_many_as_they_are() {
        assert_eq!(upper("straße ŉ ﬁ ᾳ"), "STRAßE ŉ ﬁ ᾼ");
        assert_eq!(lower("ÀÉ İ ΑΣ"), "àé i ασ");
    }

    #[test]
    fn words_start_behind_what_is_no_letter() {
        assert_eq!(title("hello wORLD o'neil foo-bar a_b 1g àé"), "Hello WORLD O'Neil Foo-Bar A_b 1g Àé");
        assert_eq!(title("ǆa ß ა x\u{a0}y"), "ǅa ß ა X\u{a0}Y");
    }
}
