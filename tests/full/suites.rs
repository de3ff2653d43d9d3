//! Test suites of mail, PDF and office parsers, thousands of odd and broken files, in one run: whatever they hold, every
//! file ends in a state with a reason, and no process stays behind.

use std::collections::BTreeMap;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::binary::Installation;

/// Longest run that is no hang. On two cores it takes less than a minute.
const LONGEST: Duration = Duration::from_secs(600);

#[test]
fn every_file_of_the_suites_ends_in_a_state() {
    let data = std::env::var_os("RUSHLIGHT_DATA").map(PathBuf::from);
    let suites: Vec<PathBuf> = ["mail-suites", "pdf-suites", "office"]
        .iter()
        .filter_map(|suite| Some(data.as_ref()?.join(suite)))
        .filter(|suite| suite.is_dir())
        .collect();
    if suites.len() < 3 {
        println!("skipped: RUSHLIGHT_DATA has no mail-suites, pdf-suites and office");
        return;
    }
    let installation = Installation::new();
    for suite in &suites {
        installation.ok(&["add", suite.to_str().expect("a plain name"), "--space", "suites"]);
    }

    let mut run = installation.command(&["index", "--by-word"]);
    // Hidden files are files too, here.
    run.env("RUSHLIGHT_INDEX_BUILTIN_IGNORES", "false");
    // A session of its own, to which what it starts belongs.
    // SAFETY: setsid may be called between fork and exec, and touches no memory of ours.
    #[allow(unsafe_code, reason = "the only way to give a child a session")]
    unsafe {
        run.pre_exec(|| nix::unistd::setsid().map(drop).map_err(std::io::Error::from));
    }
    let mut run = run
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary runs");
    let session = run.id();
    let begun = Instant::now();
    let status = loop {
        match run.try_wait().expect("the run can be asked") {
            Some(status) => break status,
            None if begun.elapsed() > LONGEST => {
                run.kill().expect("the run is ended");
                panic!("the run has taken {LONGEST:?}");
            }
            None => std::thread::sleep(Duration::from_millis(50)),
        }
    };
    assert!(status.success(), "the run ended with {status}");
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(
        processes_of(session),
        Vec::<String>::new(),
        "a process stays behind"
    );

    let status = installation.json(&["status"]);
    let count = |name: &str| {
        status["counts"][name]
            .as_u64()
            .unwrap_or_else(|| panic!("{name}: {status}"))
    };
    let files: usize = suites.iter().map(|suite| files_below(suite)).sum();
    assert_eq!(count("seen"), files as u64, "every file is seen");
    assert_eq!(count("waiting"), 0);
    assert_eq!(
        count("seen"),
        count("indexed") + count("skipped") + count("failed"),
        "{}",
        status["counts"]
    );
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    let problems = installation.json(&["status", "--problems"]);
    for problem in problems["problems"].as_array().expect("a list of problems") {
        let word = |name: &str| problem[name].as_str().unwrap_or_default().to_owned();
        assert!(
            !word("code").is_empty() && !word("message").is_empty(),
            "a state without a reason: {problem}"
        );
        *reasons
            .entry(format!("{} {}", word("status"), word("code")))
            .or_default() += 1;
    }
    println!("{} {reasons:?}", status["counts"]);
    let found = installation.json(&["verify"]);
    assert_eq!(found["sound"], true, "{found}");
}

/// Names of the processes of a session.
fn processes_of(session: u32) -> Vec<String> {
    let Ok(processes) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    let of_session = |stat: &str| {
        let (name, fields) = stat.rsplit_once(')')?;
        let mut fields = fields.split_whitespace();
        let state = fields.next()?;
        let id: u32 = fields.nth(2)?.parse().ok()?;
        // One that is dead already only waits to be asked for its end.
        (id == session && state != "Z").then(|| name.to_owned())
    };
    processes
        .flatten()
        .filter_map(|process| std::fs::read_to_string(process.path().join("stat")).ok())
        .filter_map(|stat| of_session(&stat))
        .collect()
}

fn files_below(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).expect("a folder can be read");
    entries
        .map(|entry| entry.expect("an entry"))
        .map(|entry| match entry.file_type().expect("a type") {
            kind if kind.is_dir() => files_below(&entry.path()),
            _ => 1,
        })
        .sum::<usize>()
}
