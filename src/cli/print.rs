//! Printing that outlives its reader: `aksel show | head` ends quietly, and an apply goes on when nobody listens any more.
//!
//! Invariant: the macros of the standard library, which panic when a pipe is closed, are not reachable in this crate.

/// Writes to standard output.
macro_rules! print {
    ($($text:tt)*) => {{
        use std::io::Write as _;
        let _nobody_listens = write!(std::io::stdout().lock(), $($text)*).and_then(|()| std::io::stdout().flush());
    }};
}

/// Writes a line to standard output.
macro_rules! println {
    () => { print!("\n") };
    ($($text:tt)*) => {{
        use std::io::Write as _;
        let _nobody_listens = writeln!(std::io::stdout().lock(), $($text)*);
    }};
}

/// Writes to standard error.
macro_rules! eprint {
    ($($text:tt)*) => {{
        use std::io::Write as _;
        let _nobody_listens = write!(std::io::stderr().lock(), $($text)*);
    }};
}

/// Writes a line to standard error.
macro_rules! eprintln {
    ($($text:tt)*) => {{
        use std::io::Write as _;
        let _nobody_listens = writeln!(std::io::stderr().lock(), $($text)*);
    }};
}
