//! Why a module could not be fetched.
//!
//! Invariant: no message holds a password or a token.

use std::fmt;

/// Why a module could not be fetched, and what can be done about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchError {
    /// What happened.
    pub reason: String,
    /// The way out.
    pub help: Option<String>,
}

impl FetchError {
    /// What happened.
    pub(crate) fn new(reason: impl Into<String>) -> FetchError {
        FetchError { reason: reason.into(), help: None }
    }

    /// What can be done about it.
    pub(crate) fn help(self, help: impl Into<String>) -> FetchError {
        FetchError { help: Some(help.into()), ..self }
    }

    /// What the machine refused.
    pub(crate) fn io(what: impl fmt::Display) -> impl FnOnce(std::io::Error) -> FetchError {
        move |error| FetchError::new(format!("{what}: {error}"))
    }
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for FetchError {}

/// An address without the password that may stand in it.
pub(crate) fn without_password(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else { return address.to_owned() };
    let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let Some((user, host)) = authority.rsplit_once('@') else { return address.to_owned() };
    match user.split_once(':') {
        Some((user, _)) => format!("{scheme}://{user}:(hidden)@{host}{path}"),
        None => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_not_shown() {
        for (address, shown) in [
            ("git::https://u:p@w@h.io/x.git?ref=1", "git::https://u:(hidden)@h.io/x.git?ref=1"),
            ("https://u@h.io/x", "https://u@h.io/x"),
            ("https://h.io/x@y:z", "https://h.io/x@y:z"),
            ("/srv/x", "/srv/x"),
        ] {
            assert_eq!(without_password(address), shown);
        }
    }
}
