//! The journal under every crash: cut at each byte, the n-th write failing, many callers at once.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};

use super::*;
use crate::json::RawJson;

fn address(text: &str) -> Address {
    text.parse().unwrap()
}

fn object(id: &str) -> Outcome {
    let attributes = RawJson::parse(&format!("{{\"id\":\"{id}\",\"n\":1.50}}")).unwrap();
    Outcome::Object(Box::new(InstanceObject {
        private: Some(Arc::from(*b"p")),
        ..InstanceObject::new(3, attributes)
    }))
}

fn intend(journal: &Journal, name: &str, deed: Deed) -> Result<Intent, JournalError> {
    let address = address(name);
    let identity = Some(format!("/id/{name}"));
    journal.intend(&Undertaking { address: &address, deposed: None, deed, identity, provider: "p" })
}

fn names(snapshot: &Snapshot) -> Vec<String> {
    let name = |entry: crate::snapshot::Entry<'_>| match entry.deposed {
        Some(key) => format!("{} deposed {key}", entry.address),
        None => entry.address.to_string(),
    };
    snapshot.objects().map(name).collect()
}

/// A run that makes two things, replaces one, fails at a third and is killed during a fourth.
fn story(journal: &Journal) -> Result<(), JournalError> {
    journal.begin("l");
    let a = intend(journal, "t.a", Deed::Create)?;
    let b = intend(journal, "t.b[0]", Deed::Create)?;
    journal.settle(&b, &object("b"))?;
    journal.settle(&a, &object("a"))?;
    journal.shift(&address("t.a"), None, Some("d1"));
    let again = intend(journal, "t.a", Deed::Create)?;
    journal.settle(&again, &object("a2"))?;
    let refused = intend(journal, "t.c", Deed::Create)?;
    journal.settle(&refused, &Outcome::Unchanged)?;
    let gone = intend(journal, "t.b[0]", Deed::Delete)?;
    journal.settle(&gone, &Outcome::Gone)?;
    intend(journal, "t.e", Deed::Create).map(|_| ())
}

#[test]
fn a_killed_run_is_replayed_and_its_doubt_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(".aksel/journal.jsonl");
    story(&Journal::open(&path, "r1").unwrap().0).unwrap();
    let (journal, recovered) = Journal::open(&path, "r2").unwrap();
    let mut snapshot = Snapshot::new(recovered.lineage.clone().unwrap());
    assert_eq!(recovered.replay(&journal, &mut snapshot).unwrap(), 5);
    assert_eq!(names(&snapshot), ["t.a", "t.a deposed d1"]);
    let doubt: Vec<_> = recovered.unsettled.iter().map(|i| (i.address(), i.deed(), i.identity())).collect();
    assert_eq!(doubt, [("t.e", Deed::Create, Some("/id/t.e"))]);

    let mut foreign = Snapshot::new("other");
    assert!(matches!(recovered.replay(&journal, &mut foreign), Err(JournalError::Lineage { .. })));
}

#[cfg(unix)]
#[test]
fn nobody_else_may_read_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.jsonl");
    let _journal = Journal::open(&path, "r").unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

/// Promise 2. Whatever prefix reaches the disk, what was acknowledged within it is replayed or named as in doubt.
#[test]
fn nothing_is_forgotten_wherever_the_file_is_cut() {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole");
    story(&Journal::open(&whole, "r1").unwrap().0).unwrap();
    let content = std::fs::read(&whole).unwrap();
    let path = folder.path().join("cut");
    for cut in 0..=content.len() {
        std::fs::write(&path, &content[..cut]).unwrap();
        let (journal, recovered) = Journal::open(&path, "r2").unwrap();
        let lines = content[..cut].iter().filter(|byte| **byte == b'\n').count();
        let intents = std::str::from_utf8(&content[..cut]).unwrap().split_inclusive('\n');
        let intents = intents.filter(|line| line.ends_with('\n') && line.starts_with("{\"intent\"")).count();
        let outcomes = recovered.steps.iter().filter(|step| matches!(step, Step::Put { .. })).count();
        assert_eq!(intents, outcomes + recovered.unsettled.len(), "cut at byte {cut}");
        // What was cut off does not come back, and the journal can be continued.
        journal.begin("l");
        intend(&journal, "t.z", Deed::Create).unwrap();
        let (_, recovered) = Journal::open(&path, "r3").unwrap();
        assert!(recovered.unsettled.iter().any(|intent| intent.address() == "t.z"));
        assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), lines + 2);
    }
}

#[test]
fn a_line_torn_in_the_middle_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.jsonl");
    std::fs::write(&path, "{\"gone\":{\"operation\":\"x\"}}\n{\"go\n{\"gone\":{\"operation\":\"x\"}}\n")
        .unwrap();
    assert!(matches!(Journal::open(&path, "r"), Err(JournalError::Torn { line: 2, byte: 27, .. })));
}

/// Writes into memory; the n-th write fails half-way, as on a full disk.
struct Failing {
    content: Arc<Mutex<Vec<u8>>>,
    writes: usize,
}

impl Medium for Failing {
    fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        let whole = self.writes > 0;
        self.writes = self.writes.saturating_sub(1);
        let length = if whole { lines.len() } else { lines.len() / 2 };
        self.content.lock().unwrap().extend_from_slice(&lines[..length]);
        if whole { Ok(()) } else { Err(io::Error::other("disk full")) }
    }

    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn reset(&mut self, lines: &[u8]) -> io::Result<()> {
        *self.content.lock().unwrap() = lines.to_vec();
        Ok(())
    }
}

#[test]
fn the_nth_write_fails_and_nothing_is_done_without_an_intent_on_disk() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.jsonl");
    for writes in 0.. {
        let content = Arc::new(Mutex::new(Vec::new()));
        let medium = Failing { content: Arc::clone(&content), writes };
        let journal = Journal::on(path.clone(), "r", Box::new(medium));
        let told = story(&journal);
        if told.is_ok() {
            break;
        }
        assert!(intend(&journal, "t.z", Deed::Create).is_err(), "nothing follows a failed write");
        std::fs::write(&path, &*content.lock().unwrap()).unwrap();
        let (_, recovered) = Journal::open(&path, "r2").unwrap();
        assert!(recovered.unsettled.len() <= 2, "after {writes} writes");
    }
}

#[test]
fn a_checkpoint_empties_the_journal_but_for_what_is_open() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.jsonl");
    let (journal, _) = Journal::open(&path, "r1").unwrap();
    story(&journal).unwrap();
    let mut file = StateFile::open(folder.path().join("terraform.tfstate")).unwrap();
    let mut snapshot = Snapshot::new("l");
    snapshot.put(&address("t.a"), None, "p", InstanceObject::new(0, RawJson::parse("{}").unwrap()));
    journal.checkpoint(&mut file, &mut snapshot).unwrap();
    let (_, recovered) = Journal::open(&path, "r2").unwrap();
    assert_eq!((recovered.steps.len(), recovered.unsettled.len()), (0, 1));
}

#[test]
fn a_crash_between_save_and_clear_replays_nothing_twice() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.jsonl");
    let (journal, _) = Journal::open(&path, "r1").unwrap();
    story(&journal).unwrap();
    let before = std::fs::read_to_string(&path).unwrap();
    let saving = Record::Saving { lineage: "l".into(), serial: 7 }.line();
    std::fs::write(&path, [before.as_bytes(), &saving].concat()).unwrap();
    let (journal, recovered) = Journal::open(&path, "r2").unwrap();
    let replayed =
        |serial| recovered.replay(&journal, &mut Snapshot { serial, ..Snapshot::new("l") }).unwrap();
    assert_eq!((replayed(6), replayed(7)), (5, 0));
}

/// The first sync takes until it is told to end; what is submitted meanwhile shares the second.
struct Slow {
    started: mpsc::Sender<()>,
    end: mpsc::Receiver<()>,
    syncs: Arc<AtomicUsize>,
}

impl Medium for Slow {
    fn append(&mut self, _lines: &[u8]) -> io::Result<()> {
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        if self.syncs.fetch_add(1, Ordering::SeqCst) == 0 {
            self.started.send(()).unwrap();
            self.end.recv().unwrap();
        }
        Ok(())
    }

    fn reset(&mut self, _lines: &[u8]) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn intents_that_wait_together_share_one_sync() {
    let ((started, has_started), (end, ends)) = (mpsc::channel(), mpsc::channel());
    let syncs = Arc::new(AtomicUsize::new(0));
    let medium = Slow { started, end: ends, syncs: Arc::clone(&syncs) };
    let journal = Journal::on("j".into(), "r", Box::new(medium));
    std::thread::scope(|scope| {
        scope.spawn(|| intend(&journal, "t.a", Deed::Create).unwrap());
        has_started.recv().unwrap();
        for _ in 0..8 {
            scope.spawn(|| intend(&journal, "t.b", Deed::Create).unwrap());
        }
        while journal.lock().submitted < 9 {
            std::thread::yield_now();
        }
        end.send(()).unwrap();
    });
    assert_eq!(syncs.load(Ordering::SeqCst), 2);
}
