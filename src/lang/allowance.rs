//! How much one evaluation may make: a few lines can ask for more than any machine holds.
//!
//! Invariant: an evaluation ends with at most `BYTES_MAX` made, and with a value of at most `PARTS_MAX` parts, nested no
//! deeper than `DEPTH_MAX`: whoever goes through a value needs neither for ever nor a large stack.

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::value::Value;

/// What one evaluation may make, in bytes.
const BYTES_MAX: usize = 512 << 20;

/// What an element costs beside what is in it.
const ELEMENT_BYTES: usize = 256;

/// The most errors of one evaluation. A thousand elements may all be wrong; nobody reads more.
pub(crate) const ERRORS_MAX: usize = 1000;

/// The most values in a value, in all that it is made of. One that stands in it twice counts twice.
const PARTS_MAX: usize = 4_000_000;

/// How deep values may be nested: what is written into a state can be read from it.
const DEPTH_MAX: usize = crate::json::NESTING_MAX;

/// What is still left of what an evaluation may make.
pub(crate) struct Allowance(usize);

impl Allowance {
    /// All of it.
    pub(crate) fn whole() -> Allowance {
        Allowance(BYTES_MAX)
    }

    /// Whether nothing is left.
    pub(crate) fn is_spent(&self) -> bool {
        self.0 == 0
    }

    /// An element is about to be made.
    pub(crate) fn element(&mut self) {
        self.0 = self.0.saturating_sub(ELEMENT_BYTES);
    }

    /// A function has made a value.
    pub(crate) fn made(&mut self, value: &Value) {
        let elements = value.as_slice().map(<[Value]>::len).or(value.as_named().map(|items| items.len()));
        let bytes = match elements {
            Some(count) => count.saturating_mul(ELEMENT_BYTES),
            None => value.as_str().map_or(0, str::len),
        };
        self.0 = self.0.saturating_sub(bytes);
    }
}

/// The error of an evaluation with nothing left.
pub(crate) fn spent(at: Span) -> Diagnostic {
    Diagnostic::error(Code::Evaluation, "Too much to evaluate")
        .detail("This expression makes more values than can be held.")
        .help("make the collections smaller that it goes through")
        .at(at)
}

/// What is wrong with the size of a value. `O(parts)`, and no more than `PARTS_MAX` of them.
pub(crate) fn oversize(value: &Value, at: Span) -> Option<Diagnostic> {
    let mut left = PARTS_MAX;
    let detail = match measure(value, DEPTH_MAX, &mut left) {
        Ok(()) => return None,
        Err(Excess::Parts) => format!("The value has more than {PARTS_MAX} parts."),
        Err(Excess::Depth) => format!("The value is nested more than {DEPTH_MAX} deep."),
    };
    Some(Diagnostic::error(Code::Evaluation, "Value too large").detail(detail).at(at))
}

enum Excess {
    Parts,
    Depth,
}

fn measure(value: &Value, depth: usize, left: &mut usize) -> Result<(), Excess> {
    *left = left.checked_sub(1).ok_or(Excess::Parts)?;
    let deeper = depth.checked_sub(1);
    for element in value.elements() {
        measure(element, deeper.ok_or(Excess::Depth)?, left)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;
    use crate::source::Sources;

    #[test]
    fn what_may_be_made_can_be_written_and_read_again() {
        let at = Span::new(Sources::default().add("text", ""), 0, 0);
        let mut value = Value::from(1);
        for depth in 0..DEPTH_MAX + 5 {
            let fits = oversize(&value, at).is_none();
            assert_eq!(fits, json::read(&json::write(&value)).is_ok(), "{depth} deep");
            value = Value::tuple([value]);
        }
        assert!(oversize(&value, at).is_some());
    }

    #[test]
    fn what_is_made_is_taken_off() {
        let text = Value::string("a".repeat(1 << 20));
        let list = Value::tuple(vec![text.clone(); 2048]);
        let mut allowance = Allowance::whole();
        allowance.element();
        allowance.made(&text);
        allowance.made(&list);
        assert_eq!(allowance.0, BYTES_MAX - 256 - (1 << 20) - 2048 * 256);
        (0..1024).for_each(|_| allowance.made(&text));
        assert!(allowance.is_spent());
    }

    #[test]
    fn a_value_that_stands_in_itself_many_times_is_too_large() {
        let at = Span::new(Sources::default().add("text", ""), 0, 0);
        let mut value = Value::from(1);
        for _ in 0..100 {
            value = Value::tuple([value.clone(), value]);
        }
        let error = oversize(&value, at).expect("it is too large");
        assert_eq!(error.detail, "The value has more than 4000000 parts.");
    }
}
