//! Versions and version constraints, as `required_version` and module calls write them.
//!
//! Rule: a prerelease fits a constraint only if the constraint names it exactly.
//! Source: <https://developer.hashicorp.com/terraform/language/expressions/version-constraints>
//!
//! Never: this module knows which versions exist.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// The version of the Terraform language that aksel implements.
pub const LANGUAGE: &str = "1.17.0";

/// A version: `1.4.2-beta1`.
#[derive(Clone, Debug)]
pub struct Version {
    numbers: Vec<u64>,
    prerelease: String,
    /// How many numbers were written, which `~>` goes by; not part of what the version is.
    written: usize,
}

/// A list of conditions that all must hold: `>= 1.2, < 2.0`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Constraint(Vec<(Operator, Version)>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
    Pessimistic,
}

/// The text is no version or no constraint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidVersion(pub String);

impl fmt::Display for InvalidVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not understood as a version", self.0)
    }
}

impl std::error::Error for InvalidVersion {}

impl FromStr for Version {
    type Err = InvalidVersion;

    fn from_str(text: &str) -> Result<Version, InvalidVersion> {
        let invalid = || InvalidVersion(text.to_owned());
        let bare = text.strip_prefix('v').unwrap_or(text);
        let bare = bare.split('+').next().unwrap_or(bare);
        let (core, prerelease) = bare.split_once('-').unwrap_or((bare, ""));
        let numbers: Option<Vec<u64>> = core.split('.').map(|number| number.parse().ok()).collect();
        let mut numbers = numbers.filter(|numbers| numbers.len() <= 3).ok_or_else(invalid)?;
        let written = numbers.len();
        numbers.resize(3, 0);
        let sound = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '~');
        if !prerelease.chars().all(sound) || (bare.contains('-') && prerelease.is_empty()) {
            return Err(invalid());
        }
        Ok(Version { numbers, prerelease: prerelease.to_owned(), written })
    }
}

impl FromStr for Constraint {
    type Err = InvalidVersion;

    fn from_str(text: &str) -> Result<Constraint, InvalidVersion> {
        let conditions = text.split(',').map(|part| condition(part.trim()));
        conditions.collect::<Result<Vec<_>, _>>().map(Constraint)
    }
}

fn condition(text: &str) -> Result<(Operator, Version), InvalidVersion> {
    let operators = [
        ("~>", Operator::Pessimistic),
        (">=", Operator::GreaterOrEqual),
        ("<=", Operator::LessOrEqual),
        ("!=", Operator::NotEqual),
        (">", Operator::Greater),
        ("<", Operator::Less),
        ("=", Operator::Equal),
    ];
    let found = operators.iter().find_map(|(sign, operator)| Some((*operator, text.strip_prefix(sign)?)));
    let (operator, version) = found.unwrap_or((Operator::Equal, text));
    Ok((operator, version.trim().parse()?))
}

impl Version {
    /// Whether it is a prerelease.
    pub fn is_prerelease(&self) -> bool {
        !self.prerelease.is_empty()
    }
}

impl Constraint {
    /// Whether the version fits.
    pub fn allows(&self, version: &Version) -> bool {
        let named = |wanted: &Version| wanted.numbers == version.numbers && wanted.is_prerelease();
        let reachable = !version.is_prerelease() || self.0.iter().any(|(_, wanted)| named(wanted));
        reachable && self.0.iter().all(|(operator, wanted)| operator.holds(version, wanted))
    }

    /// Whether a condition names a prerelease.
    pub fn names_prerelease(&self) -> bool {
        self.0.iter().any(|(_, version)| version.is_prerelease())
    }
}

impl Operator {
    fn holds(self, version: &Version, wanted: &Version) -> bool {
        match self {
            Operator::Equal => version.cmp(wanted) == Ordering::Equal,
            Operator::NotEqual => version.cmp(wanted) != Ordering::Equal,
            Operator::Greater => version > wanted,
            Operator::GreaterOrEqual => version >= wanted,
            Operator::Less => version < wanted,
            Operator::LessOrEqual => version <= wanted,
            Operator::Pessimistic => {
                let fixed = wanted.written.saturating_sub(1).max(1);
                version >= wanted && version.numbers[..fixed] == wanted.numbers[..fixed]
            }
        }
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Version) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Version {}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Version) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Version) -> Ordering {
        let released = |version: &Version| !version.is_prerelease();
        self.numbers
            .cmp(&other.numbers)
            .then_with(|| released(self).cmp(&released(other)))
            .then_with(|| compare_prereleases(&self.prerelease, &other.prerelease))
    }
}

fn compare_prereleases(a: &str, b: &str) -> Ordering {
    let part = |text: &str| text.parse::<u64>().map_err(|_| text.to_owned());
    let key = |part: Result<u64, String>| match part {
        Ok(number) => (0, number, String::new()),
        Err(word) => (1, 0, word),
    };
    a.split('.').map(|p| key(part(p))).cmp(b.split('.').map(|p| key(part(p))))
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.numbers[0], self.numbers[1], self.numbers[2])?;
        if self.is_prerelease() { write!(f, "-{}", self.prerelease) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constraints_hold_as_documented() {
        for (constraint, version, allowed) in [
            ("~> 1.2", "1.9.0", true),
            ("~> 1.2", "2.0.0", false),
            ("~> 1.2.3", "1.2.9", true),
            ("~> 1.2.3", "1.3.0", false),
            (">= 1.0, < 1.5", "1.4.9", true),
            ("!= 1.4.9", "1.4.9", false),
            ("1.4", "1.4.0", true),
            (">= 1.0", "1.5.0-beta1", false),
            ("1.5.0-beta1", "1.5.0-beta1", true),
        ] {
            let fits = constraint.parse::<Constraint>().unwrap().allows(&version.parse().unwrap());
            assert_eq!(fits, allowed, "{version} in {constraint}");
        }
    }

    #[test]
    fn prereleases_come_before_their_release_and_in_order() {
        let mut versions: Vec<Version> = ["1.0.0", "1.0.0-rc1", "1.0.0-beta.11", "1.0.0-beta.2"]
            .iter()
            .map(|v| v.parse().unwrap())
            .collect();
        versions.sort();
        let sorted: Vec<String> = versions.iter().map(Version::to_string).collect();
        assert_eq!(sorted, ["1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc1", "1.0.0"]);
    }
}
