//! YAML that clients apply: read with its last value where a key is there twice, and with a word about each of these.

use serde_json::Value;

use crate::cluster::requests;

/// Reads a text, and says which keys are there twice and in which line.
///
/// # Errors
/// What is wrong with the text.
pub(crate) fn read(text: &str) -> Result<(Value, Vec<String>), String> {
    if text.trim_start().starts_with(['{', '[']) {
        return match requests::parse(text.as_bytes()) {
            Ok(sent) => {
                let last = |path: &String| path.rsplit('.').next().unwrap_or_default().to_owned();
                let words =
                    sent.twice.iter().map(|path| format!("line 1: key {:?} already set in map", last(path)));
                Ok((sent.value, words.collect()))
            }
            Err(_) => Err("yaml: line 1: did not find expected node content".into()),
        };
    }
    let options = serde_saphyr::options! { duplicate_keys: serde_saphyr::DuplicateKeyPolicy::LastWins };
    let value: Value =
        serde_saphyr::from_str_with_options(text, options).map_err(|error| format!("yaml: {error}"))?;
    Ok((value, repeated(text)))
}

/// The keys of block mappings that are there twice. Block texts and flow collections are passed over.
fn repeated(text: &str) -> Vec<String> {
    let mut open: Vec<(usize, Vec<String>)> = Vec::new();
    let mut found = Vec::new();
    let mut block: Option<usize> = None;
    for (index, line) in text.lines().enumerate() {
        let bare = line.trim_start();
        let mut indent = line.len() - bare.len();
        if bare.is_empty() || bare.starts_with('#') {
            continue;
        }
        if block.is_some_and(|depth| indent > depth) {
            continue;
        }
        block = None;
        let mut rest = bare;
        while let Some(inner) = rest.strip_prefix("- ") {
            // An element begins: whatever was open deeper belongs to the one before.
            open.retain(|(depth, _)| *depth <= indent);
            indent += rest.len() - inner.trim_start().len();
            rest = inner.trim_start();
            open.retain(|(depth, _)| *depth < indent);
        }
        let Some((key, value)) = rest.split_once(':') else { continue };
        if !(value.is_empty() || value.starts_with(' ')) {
            continue;
        }
        open.retain(|(depth, _)| *depth <= indent);
        let key = key.trim().trim_matches(['"', '\'']).to_owned();
        match open.last_mut().filter(|(depth, _)| *depth == indent) {
            Some((_, keys)) if keys.contains(&key) => {
                found.push(format!("line {}: key {key:?} already set in map", index + 1));
            }
            Some((_, keys)) => keys.push(key),
            None => open.push((indent, vec![key])),
        }
        if matches!(value.trim().chars().next(), Some('|' | '>')) {
            block = Some(indent);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_is_there_twice_is_named_with_its_line() {
        let text = "data:\n  a: \"1\"\n  a: \"2\"\nlist:\n- a: 1\n- a: 2\n";
        let (value, twice) = read(text).unwrap();
        assert_eq!(value["data"]["a"], "2");
        assert_eq!(twice, ["line 3: key \"a\" already set in map"]);
        assert!(read("{\"a\": [").is_err());
    }
}
