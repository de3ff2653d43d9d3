//! Whatever happens to a folder and to the program that indexes it: in the end ledger, keyword index and vectors equal
//! those of a fresh index of the same folder, and on the way every file is counted once.
//!
//! `make soak` runs the same with more operations; `RUSHLIGHT_SOAK_SEED` repeats a history.

mod chance;
mod contents;
mod folder;
mod machine;

use std::time::Duration;

use rushlight_core::SourceEvent;
use rushlight_engine::VerifyDepth;

use chance::Chance;
use contents::contents;
use folder::Folder;
use machine::{Fuse, Machine, Running};

use crate::system;

/// Operations of the short run.
const OPERATIONS: usize = 400;
const SEED: u64 = 20_261_124;
/// A comparison with a fresh index after about so many operations.
const COMPARE_EVERY: usize = 100;

fn number(variable: &str, otherwise: u64) -> u64 {
    match std::env::var(variable) {
        Ok(text) => text
            .parse()
            .unwrap_or_else(|_| panic!("{variable} is no number: {text}")),
        Err(_) => otherwise,
    }
}

/// What happened so far, to be read when something is wrong.
struct History {
    chance: Chance,
    folder: Folder,
    machine: Machine,
    log: Vec<String>,
    operations: usize,
    kills: usize,
}

impl History {
    fn change(&mut self) -> Vec<String> {
        let (what, hints) = self.folder.change(&mut self.chance);
        self.log.push(what);
        self.operations += 1;
        hints
    }

    /// The folder changes while nothing runs; then it is indexed in one go, which may be killed.
    fn indexed_in_one_go(&mut self) {
        for _ in 0..1 + self.chance.below(12) {
            self.change();
        }
        let fuse = self.fuse();
        let running = self.machine.start(&fuse);
        let summary = running.index();
        self.log
            .push(if summary.is_some() { "indexed" } else { "KILLED" }.to_owned());
        self.kills += usize::from(summary.is_none());
        assert_counts(&running, &self.log);
        if summary.is_none() {
            drop(running);
            let found = self.machine.start(&Fuse::none()).engine.verify(VerifyDepth::Ids);
            let found = found.expect("all can be read");
            assert!(found.sound(), "{found:?}\n{:#?}", self.log);
        }
    }

    /// The folder changes under a running engine, which is told of some changes, of some late, and of some not at all.
    fn followed(&mut self) {
        let fuse = self.fuse();
        let running = self.machine.start(&fuse);
        let indexing = running.engine.start_indexing().expect("a thread");
        let mut late = Vec::new();
        for _ in 0..1 + self.chance.below(20) {
            let hints = self.change();
            match self.chance.below(6) {
                0 => {}
                1 => late.extend(hints),
                2 => running.hint(SourceEvent::Rescan),
                _ => hints
                    .into_iter()
                    .for_each(|path| running.hint(SourceEvent::Changed(path))),
            }
            if self.chance.one_in(3) {
                std::thread::sleep(Duration::from_millis(self.chance.below(8) as u64));
            }
            assert_counts(&running, &self.log);
        }
        late.into_iter()
            .for_each(|path| running.hint(SourceEvent::Changed(path)));
        std::thread::sleep(Duration::from_millis(self.chance.below(12) as u64));
        drop(indexing);
        self.log.push("stopped".to_owned());
    }

    fn fuse(&mut self) -> std::sync::Arc<Fuse> {
        match self.chance.below(3) {
            0 => Fuse::none(),
            _ => Fuse::after(self.chance.below(20)),
        }
    }

    /// A week later everything has been looked at: the index is the one that a new installation would have.
    fn compare(&mut self) {
        self.machine.wait_days(8);
        let running = self.machine.start(&Fuse::none());
        running.index().expect("nothing kills it");
        assert_counts(&running, &self.log);
        let verified = running.engine.verify(VerifyDepth::Full).expect("all can be read");
        let new_machine = Machine::new(self.folder.root());
        let fresh = new_machine.start(&Fuse::none());
        let summary = fresh.index().expect("nothing kills it");
        let counts = running.engine.status().expect("the status can be read").counts;
        assert_eq!(counts, summary.counts, "{:#?}", self.log);
        assert_eq!(counts.waiting, 0);
        let (old, new) = (contents(&running), contents(&fresh));
        let lost: Vec<&String> = new.difference(&old).collect();
        let stale: Vec<&String> = old.difference(&new).collect();
        let tail = &self.log[self.log.len().saturating_sub(60)..];
        assert!(
            lost.is_empty() && stale.is_empty(),
            "after {} operations, {} kills\nlost: {lost:#?}\nstale: {stale:#?}\nhistory: {tail:#?}",
            self.operations,
            self.kills,
        );
        assert!(verified.sound(), "{verified:?}\nhistory: {tail:#?}");
        assert_eq!(
            (verified.files_to_update, verified.waiting_for_vectors),
            (0, 0),
            "{verified:?}\nhistory: {tail:#?}"
        );
        self.log.push("compared".to_owned());
    }
}

/// Every file is in one state, and the states add up, of each source and of all.
fn assert_counts(running: &Running, log: &[String]) {
    let status = running.engine.status().expect("the status can be read");
    let all = status
        .sources
        .iter()
        .map(|source| source.counts)
        .chain([status.counts]);
    for counts in all {
        let states = counts.indexed + counts.skipped + counts.failed + counts.waiting;
        assert_eq!(counts.seen, states, "{log:#?}");
    }
}

#[test]
fn after_any_history_the_index_equals_a_fresh_one() {
    let operations = number("RUSHLIGHT_SOAK_OPERATIONS", OPERATIONS as u64) as usize;
    let seed = number("RUSHLIGHT_SOAK_SEED", SEED);
    let place = system::quick_folder();
    let root = place.path().canonicalize().expect("it is there");
    let mut history = History {
        chance: Chance::new(seed),
        machine: Machine::new(&root),
        folder: Folder::new(root),
        log: vec![format!("RUSHLIGHT_SOAK_SEED={seed}")],
        operations: 0,
        kills: 0,
    };
    let mut next = COMPARE_EVERY;
    while history.operations < operations {
        if history.chance.one_in(2) {
            history.indexed_in_one_go();
        } else {
            history.followed();
        }
        if history.operations >= next {
            history.compare();
            next = history.operations + COMPARE_EVERY;
        }
    }
    history.compare();
    assert!(
        history.kills * 100 >= history.operations,
        "too few kills: {}",
        history.kills
    );
    eprintln!(
        "{} operations, {} kills in one go, seed {seed}",
        history.operations, history.kills
    );
}

#[test]
fn what_no_event_told_is_found_by_the_next_full_scan() {
    let place = system::quick_folder();
    let root = place.path().canonicalize().expect("it is there");
    let mut machine = Machine::new(&root);
    machine.scan_interval = Duration::from_millis(100);
    let running = machine.start(&Fuse::none());
    let indexing = running.engine.start_indexing().expect("a thread");
    std::fs::write(root.join("note.md"), "The harbour opens at six.").expect("written");
    let begun = std::time::Instant::now();
    let indexed = || running.engine.status().expect("readable").counts.indexed;
    while indexed() == 0 {
        assert!(begun.elapsed() < Duration::from_secs(30), "no scan found it");
        std::thread::sleep(Duration::from_millis(10));
    }
    drop(indexing);
}

#[test]
fn an_edit_that_keeps_size_and_time_is_found_within_the_week() {
    let place = system::quick_folder();
    let root = place.path().canonicalize().expect("it is there");
    let note = root.join("note.md");
    let long_ago = std::time::SystemTime::now() - Duration::from_secs(3600);
    let write = |text: &str| {
        std::fs::write(&note, text).expect("written");
        let file = std::fs::File::options().append(true).open(&note).expect("opened");
        file.set_modified(long_ago).expect("set back");
    };
    let machine = Machine::new(&root);
    let texts = || {
        let running = machine.start(&Fuse::none());
        running.index().expect("nothing kills it");
        contents(&running)
    };
    write("The harbour opens at six.");
    let first = texts();
    write("The harbour opens at ten.");
    assert_eq!(texts(), first, "no scan can see it");
    machine.wait_days(8);
    let found = texts();
    assert!(
        found.iter().any(|line| line.contains("opens at ten")),
        "{found:#?}"
    );
}
