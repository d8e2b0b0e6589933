//! Ctrl-C: the first finishes what is in flight and saves, the second gives up waiting; the next run understands both.
//!
//! Invariant: a test interrupts the process that it started, by its id. What exists is judged by the sandbox's own files, never
//! by what aksel says of them.

use std::io::{BufRead as _, BufReader, Read};
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};

use crate::example::{Example, OBJECTS, objects_of_state};

/// An apply under way.
struct Apply {
    child: Child,
    told: Lines<ChildStdout>,
    complained: Lines<ChildStderr>,
}

/// What was read of a stream so far, and the rest.
struct Lines<Stream> {
    rest: BufReader<Stream>,
    seen: String,
}

impl<Stream: Read> Lines<Stream> {
    fn new(stream: Option<Stream>) -> Lines<Stream> {
        Lines { rest: BufReader::new(stream.unwrap()), seen: String::new() }
    }

    /// Reads on until a line has these words.
    fn until(&mut self, words: &str) {
        loop {
            let begin = self.seen.len();
            let read = self.rest.read_line(&mut self.seen).unwrap();
            assert_ne!(read, 0, "`{words}` was never said:\n{}", self.seen);
            if self.seen[begin..].contains(words) {
                return;
            }
        }
    }

    /// Reads to the end: all that was said.
    fn end(mut self) -> String {
        self.rest.read_to_string(&mut self.seen).unwrap();
        self.seen
    }
}

impl Apply {
    fn start(example: &Example) -> Apply {
        let mut command = example.command(&["apply", "-sandbox", "-auto-approve"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (told, complained) = (Lines::new(child.stdout.take()), Lines::new(child.stderr.take()));
        Apply { child, told, complained }
    }

    fn interrupt(&self) {
        let sent = Command::new("sh").args(["-c", &format!("kill -INT {}", self.child.id())]).status();
        assert!(sent.unwrap().success());
    }

    /// Waits for the end: the exit code and all that was said.
    fn end(mut self) -> (i32, String) {
        let said = self.told.end() + &self.complained.end();
        let code = self.child.wait().unwrap().code().unwrap_or(-1);
        (code, said)
    }
}

/// Goes on after an interrupt, and compares what there is with what state has.
fn goes_on(example: &Example) -> String {
    let applied = example.good(&["apply", "-sandbox", "-auto-approve"]);
    assert_eq!(example.run(&["plan", "-sandbox", "-detailed-exitcode"]).code, 0);
    assert_eq!(example.good(&["state", "list"]).lines().count(), OBJECTS);
    assert_eq!(example.objects(), objects_of_state(example));
    applied
}

#[test]
fn the_first_interrupt_finishes_what_is_in_flight_and_saves() {
    let example = Example::new();
    let mut apply = Apply::start(&example);
    apply.told.until("azurerm_kubernetes_cluster.ml: Creating...");
    apply.interrupt();
    let (code, said) = apply.end();
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("Interrupt received. What is in flight finishes and is saved"), "{said}");
    assert!(said.contains("azurerm_kubernetes_cluster.ml: Creation complete"), "{said}");
    assert!(said.contains("Not begun, because the run was told to end:"), "{said}");
    assert!(!said.contains(" failed:"), "{said}");
    assert!(said.contains("To go on: aksel apply -sandbox\n"), "{said}");
    assert!(example.good(&["state", "list"]).contains("azurerm_kubernetes_cluster.ml\n"));
    assert_eq!(example.objects(), objects_of_state(&example));
    let applied = goes_on(&example);
    assert!(!applied.contains("azurerm_kubernetes_cluster.ml: "), "{applied}");
}

#[test]
fn the_second_interrupt_ends_at_once_and_the_next_run_finds_what_was_in_flight() {
    let example = Example::new();
    let mut apply = Apply::start(&example);
    apply.told.until("azurerm_kubernetes_cluster.ml: Creating...");
    apply.interrupt();
    apply.complained.until("Interrupt received.");
    apply.interrupt();
    let (code, said) = apply.end();
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("Second interrupt received."), "{said}");
    // The cluster, or, where the signals were slow, what came behind it.
    let given_up = given_up(&said);
    assert!(!given_up.is_empty(), "{said}");
    let applied = goes_on(&example);
    for address in given_up {
        assert!(applied.contains(&format!("{address}: Found what an interrupted run had made")), "{applied}");
        assert!(!applied.contains(&format!("{address}: Creating")), "{applied}");
    }
    assert!(!applied.contains(": Destroying"), "{applied}");
}

/// The addresses of what was given up.
fn given_up(said: &str) -> Vec<String> {
    let list = said.split_once("Given up, and looked up by the next run:\n").map_or("", |(_, list)| list);
    let lines = list.lines().take_while(|line| line.starts_with("  "));
    lines.filter_map(|line| Some(line.trim().strip_suffix(" (create)")?.to_owned())).collect()
}
