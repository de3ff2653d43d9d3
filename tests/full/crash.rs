//! Killed at any moment and started again, the index ends as if nothing had happened.

use std::collections::BTreeSet;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::binary::{Installation, models_are_installed};

/// Kills, as many as the promise says.
const KILLS: u32 = 30;
/// Fewer than one search lists, so that all of them are compared.
const NOTES: u32 = 96;

fn fill(installation: &Installation) {
    for number in 0..NOTES {
        let (a, b, c) = (number * 7 % 61, number * 11 % 53, number % 5);
        let text = format!(
            "---\ntags: [t{c}]\n---\n# Note {number}\n\nStone {a} lies beside river {b}.\n\n## Part\n\n第{number}號石頭在河邊。\n"
        );
        installation.write(&format!("f{c}/note{number}.md"), text);
    }
}

/// A generator of moments; the seed is fixed so that a failure can be repeated.
struct Moments(u64);

impl Moments {
    fn next(&mut self, most: u64) -> Duration {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        Duration::from_millis((self.0 >> 33) % most)
    }
}

/// Kills the child after `delay`; how long it took where it came to its end before.
fn kill_after(mut child: Child, delay: Duration) -> Option<Duration> {
    let begun = Instant::now();
    while begun.elapsed() < delay {
        if child.try_wait().expect("the child can be asked").is_some() {
            return Some(begun.elapsed());
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().expect("the child is killed");
    child.wait().expect("and gone");
    None
}

/// What a person can find: every note's own number by word, with its path and text.
fn everything(installation: &Installation) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for query in ["Stone", "石頭", "river"] {
        let reply = installation.json(&["search", "--limit", "100", "--mode", "keyword", query]);
        for hit in reply["hits"].as_array().expect("a list") {
            let path = hit["path"].as_str().expect("a path");
            let below = path.rsplit_once("/notes/").expect("below the folder").1;
            found.insert((below.to_owned(), hit["text"].as_str().expect("a text").to_owned()));
        }
    }
    found
}

#[test]
fn thirty_kills_lose_nothing_and_double_nothing() {
    if !models_are_installed() {
        return;
    }
    let calm = Installation::new();
    fill(&calm);
    calm.add_notes("personal");
    let begun = Instant::now();
    calm.ok(&["index"]);
    let mut whole_run = begun.elapsed();

    let killed = Installation::new();
    fill(&killed);
    killed.add_notes("personal");
    let mut moments = Moments(20_261_123);
    let mut kills = 0;
    let mut rounds = 0..10 * KILLS;
    while kills < KILLS {
        let round = rounds
            .next()
            .expect("of ten runs at least one is killed before its end");
        // Each round has work to do: some notes change, one is moved over another, what was moved comes back.
        if round > 0 {
            fill(&killed);
            for number in (round % 4..NOTES).step_by(4) {
                killed.write(
                    &format!("f{}/note{number}.md", number % 5),
                    format!("# Draft {number}\n\nRound {round}.\n"),
                );
            }
            move_one(&killed, round);
        }
        let child = killed
            .command(&["index"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary runs");
        let most = u64::try_from(whole_run.as_millis()).expect("less than an age");
        match kill_after(child, moments.next(most.max(1))) {
            None => kills += 1,
            // Runs are of different lengths, and machines have other work: moments are taken from the last one's length.
            Some(length) => whole_run = length,
        }
    }

    fill(&killed);
    killed.ok(&["index"]);
    killed.assert_sound();
    assert_eq!(
        killed.json(&["status"])["counts"],
        calm.json(&["status"])["counts"]
    );
    assert_eq!(everything(&killed), everything(&calm));
    let embedded =
        |installation: &Installation| installation.json(&["status"])["spaces"][0]["chunks_embedded"].clone();
    assert_eq!(embedded(&killed), embedded(&calm));
}

/// Moves one note over another.
fn move_one(installation: &Installation, round: u32) {
    let round = round % 40;
    let path = |number: u32| {
        installation
            .notes()
            .join(format!("f{}/note{number}.md", number % 5))
    };
    std::fs::rename(path(round + 40), path(round)).expect("a note is moved");
}
