//! The codes of diagnostics. A code's doc comment is its page in the manual (`aksel explain AK0107`).
//!
//! Invariant: a number is given once and never again.

/// Declares the codes with their pages.
macro_rules! codes {
    ($($(#[doc = $page:literal])+ $name:ident = $number:literal,)+) => {
        /// What kind of mistake a diagnostic reports.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code { $($(#[doc = $page])+ $name = $number,)+ }

        impl Code {
            /// All codes, in the order of their numbers.
            pub const ALL: &[Code] = &[$(Code::$name,)+];

            /// The lines of the code's page.
            pub fn page(self) -> &'static [&'static str] {
                match self { $(Code::$name => &[$($page,)+],)+ }
            }
        }
    };
}

codes! {
    // 1-99: syntax.
    /// The text is no valid configuration syntax.
    ///
    /// The parser expected something else at the marked place. It goes on with the next block, so that one run shows all such places.
    Syntax = 1,

    // 100-199: configuration, expressions, types.
    /// An expression refers to something that is not declared.
    UnknownReference = 101,
    /// A block or an argument stands where none of that name belongs.
    UnknownArgument = 107,
    /// An argument that must be given is missing.
    MissingArgument = 108,
    /// A value has another type than the place needs.
    WrongType = 109,
    /// An expression could not be evaluated.
    Evaluation = 110,
    /// A function was called with arguments that it refuses.
    FunctionCall = 111,
    /// Something is declared twice.
    Duplicate = 112,
    /// A resource, data source or provider type is not known.
    UnknownType = 113,
    /// Declarations refer to each other in a circle.
    Cycle = 114,
    /// A block or argument is not valid where it stands.
    InvalidConfiguration = 115,
    /// The value of a variable is missing, of the wrong type or refused by a validation.
    InvalidVariable = 116,
    /// A module could not be found or loaded.
    ModuleSource = 117,
    /// A condition of a precondition, postcondition, check or validation does not hold.
    ConditionFailed = 118,
    /// `count` or `for_each` has a value that it cannot have.
    InvalidRepetition = 119,
    /// Something deprecated is used.
    Deprecated = 120,

    // 200-299: planning and applying.
    /// The plan would do something that the configuration forbids (`prevent_destroy`).
    PreventedDestroy = 201,
    /// A provider refused the configuration or could not do what was planned.
    Provider = 202,
    /// A `moved`, `removed` or `import` block or a target contradicts what there is.
    InvalidMove = 203,
    /// A saved plan no longer fits the state or the configuration.
    StalePlan = 204,

    /// The run was told to end at once while something was under way.
    ///
    /// What was asked for may still be carried out by the other side. The next run looks it up and takes it into state, so nothing has to be done but to run again.
    Interrupted = 205,

    // 300-399: state.
    /// A state file cannot be read or belongs to something else.
    State = 301,
    /// The state is locked by another run.
    StateLocked = 302,

    // 400-499: the checks that need the whole graph, and what the remote side said.
    /// Azure Resource Manager answered with an error.
    Arm = 401,
    /// A cluster's API server answered with an error.
    Cluster = 402,
    /// No credentials were found, or they were refused.
    Credentials = 403,
    /// An endpoint could not be reached.
    Unreachable = 404,
    /// A value would be refused by the remote side.
    InvalidValue = 405,

    // 900-999: the command line and the machine.
    /// A command was called in a way that it does not understand.
    Usage = 901,
    /// A file could not be read or written.
    Io = 902,
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AK{:04}", *self as u16)
    }
}

impl Code {
    /// The code of that name (`AK0107`, in either letter case).
    pub fn named(name: &str) -> Option<Code> {
        Code::ALL.iter().copied().find(|code| code.to_string().eq_ignore_ascii_case(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_rise_and_names_find_their_code() {
        assert!(Code::ALL.windows(2).all(|pair| (pair[0] as u16) < pair[1] as u16));
        assert_eq!(Code::named("ak0107"), Some(Code::UnknownArgument));
    }
}
