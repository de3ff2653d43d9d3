//! Killed at any moment and started again, the index ends as if nothing had happened.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::binary::{Installation, models_are_installed};

/// Kills; `make soak` has more of them.
const KILLS: u32 = 30;
/// Files beside the notes: mail, a page, a table, and a PDF, which a process of its own reads.
const OTHERS: u32 = 6;
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
    for number in 0..OTHERS - 3 {
        let message = format!(
            "From: Ada <ada@example.org>\nTo: Ben <ben@example.org>\nSubject: Kiln {number}\nMessage-ID: <{number}@example.org>\n\nThe kiln was lit on day {number}.\n"
        );
        installation.write(&format!("mail/{number}.eml"), message);
    }
    installation.write(
        "page.html",
        "<title>Quay</title><p>The quay was mended in autumn.</p>",
    );
    installation.write("table.csv", "berth,length\nnorth,40\nsouth,52\n");
    let manuals = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/company-docs/manuals");
    let manual = std::fs::read_dir(manuals)
        .expect("the examples are there")
        .map(|entry| entry.expect("an entry").path())
        .find(|path| path.extension().is_some_and(|ending| ending == "pdf"))
        .expect("the example has a manual");
    std::fs::copy(manual, installation.notes().join("manual.pdf")).expect("copied");
}

fn kills_wanted() -> u32 {
    match std::env::var("RUSHLIGHT_SOAK_KILLS") {
        Ok(number) => number.parse().expect("RUSHLIGHT_SOAK_KILLS is a number"),
        Err(_) => KILLS,
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
fn kills_lose_nothing_and_double_nothing() {
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
    let wanted = kills_wanted();
    let mut rounds = 0..10 * wanted;
    while kills < wanted {
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
            None => {
                kills += 1;
                // What is not done yet is work to do; nothing that was done is lost or doubled.
                let found = killed.json(&["verify"]);
                assert_eq!(found["sound"], true, "after kill {kills}: {found}");
            }
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
