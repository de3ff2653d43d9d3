//! `rushlight verify`: proof that nothing is lost or doubled.

use std::process::ExitCode;
use std::sync::Arc;

use rushlight_core::{Error, ErrorCode, Result};
use rushlight_engine::{ContentVerification, Difference, SpaceVerification, VerifyDepth};
use serde::Serialize;

use super::NoReporter;
use crate::args::VerifyArgs;
use crate::context::Context;
use crate::output::{Output, bytes, count, style, thousands};
use crate::wiring::Wiring;

/// Exit code when the indexes differ from the ledger.
const UNSOUND: u8 = 3;

#[derive(Serialize)]
struct Verified {
    sound: bool,
    files_to_update: u64,
    waiting_for_vectors: u64,
    offline: Vec<String>,
    spaces: Vec<VerifiedSpace>,
    /// `null` without `--full` and `--sample`.
    contents: Option<VerifiedContents>,
}

#[derive(Serialize)]
struct VerifiedSpace {
    space: String,
    chunks: u64,
    keyword_behind: u64,
    keyword_missing: u64,
    keyword_surplus: u64,
    vector_behind: u64,
    vector_missing: u64,
    vector_surplus: u64,
}

#[derive(Serialize)]
struct VerifiedContents {
    files: u64,
    bytes: u64,
    seed: Option<u64>,
    differences: Vec<VerifiedDifference>,
}

#[derive(Serialize)]
struct VerifiedDifference {
    path: String,
    difference: &'static str,
}

impl From<&SpaceVerification> for VerifiedSpace {
    fn from(found: &SpaceVerification) -> Self {
        let SpaceVerification {
            space,
            chunks,
            keyword_behind,
            keyword_missing,
            keyword_surplus,
            vector_behind,
            vector_missing,
            vector_surplus,
        } = found;
        Self {
            space: space.clone(),
            chunks: *chunks,
            keyword_behind: *keyword_behind,
            keyword_missing: *keyword_missing,
            keyword_surplus: *keyword_surplus,
            vector_behind: *vector_behind,
            vector_missing: *vector_missing,
            vector_surplus: *vector_surplus,
        }
    }
}

impl From<&ContentVerification> for VerifiedContents {
    fn from(found: &ContentVerification) -> Self {
        let ContentVerification {
            files,
            bytes,
            seed,
            differences,
        } = found;
        let difference = |(path, difference): &(String, Difference)| VerifiedDifference {
            path: path.clone(),
            difference: difference.as_str(),
        };
        Self {
            files: *files,
            bytes: *bytes,
            seed: *seed,
            differences: differences.iter().map(difference).collect(),
        }
    }
}

fn depth(args: &VerifyArgs) -> Result<VerifyDepth> {
    let Some(percent) = args.sample else {
        return Ok(match args.full {
            true => VerifyDepth::Full,
            false => VerifyDepth::Ids,
        });
    };
    let seed = match args.seed {
        Some(seed) => seed,
        None => {
            let random = getrandom::u32().map_err(|cause| {
                Error::new(ErrorCode::Internal, "the system gives no random bytes").with_source(cause)
            })?;
            random.into()
        }
    };
    Ok(VerifyDepth::Sample { percent, seed })
}

pub(crate) fn run(
    args: &VerifyArgs,
    context: &Context,
    wiring: &dyn Wiring,
    output: &Output,
) -> Result<ExitCode> {
    let depth = depth(args)?;
    let open = context.open(wiring, Arc::new(NoReporter))?;
    let found = open.engine.verify(depth)?;
    let exit = if found.sound() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(UNSOUND)
    };
    if output.is_json() {
        output.json(&Verified {
            sound: found.sound(),
            files_to_update: found.files_to_update,
            waiting_for_vectors: found.waiting_for_vectors,
            offline: found.offline.clone(),
            spaces: found.spaces.iter().map(VerifiedSpace::from).collect(),
            contents: found.contents.as_ref().map(VerifiedContents::from),
        });
        return Ok(exit);
    }
    let (good, bad) = (style::GOOD, style::BAD);
    for space in &found.spaces {
        let chunks = count(space.chunks, "passage");
        match space.sound() {
            true => output.line(format!("{good}sound{good:#}   {}: {chunks}, none lost, none doubled", space.space)),
            false => output.line(format!(
                "{bad}unsound{bad:#} {}: {chunks}; by word {} missing and {} too many, by meaning {} missing and {} too many",
                space.space, space.keyword_missing, space.keyword_surplus, space.vector_missing, space.vector_surplus
            )),
        }
    }
    if !found.spaces.iter().all(SpaceVerification::sound) {
        output.line("`rushlight index` brings the indexes back to the ledger");
    }
    let behind: u64 = found
        .spaces
        .iter()
        .map(|space| space.keyword_behind.max(space.vector_behind))
        .sum();
    if behind > 0 {
        output.line(format!(
            "the indexes have {} to take in from the ledger; `rushlight index` does it",
            count(behind, "document")
        ));
    }
    if let Some(contents) = &found.contents {
        print_contents(contents, output);
    }
    if found.files_to_update > 0 {
        output.line(format!(
            "{} changed since; `rushlight index` reads them",
            count(found.files_to_update, "file")
        ));
    }
    if found.waiting_for_vectors > 0 {
        output.line(format!(
            "{} passages are not yet searchable by meaning",
            thousands(found.waiting_for_vectors)
        ));
    }
    for root in &found.offline {
        output.line(format!("{root} is not there and was not compared"));
    }
    Ok(exit)
}

fn print_contents(contents: &ContentVerification, output: &Output) {
    let (good, bad) = (style::GOOD, style::BAD);
    let seed = contents
        .seed
        .map_or_else(String::new, |seed| format!(" (seed {seed})"));
    let read = format!(
        "{}, {} read again{seed}",
        count(contents.files, "file"),
        bytes(contents.bytes)
    );
    if contents.differences.is_empty() {
        output.line(format!(
            "{good}sound{good:#}   {read}: text and passages are as the ledger has them"
        ));
        return;
    }
    output.line(format!(
        "{bad}unsound{bad:#} {read}: {} differ",
        thousands(contents.differences.len() as u64)
    ));
    for (path, difference) in &contents.differences {
        output.line(match difference {
            Difference::Bytes => format!(
                "  {path} changed and kept its size and time; `touch` it and run `rushlight index` to have it read"
            ),
            Difference::Documents => {
                format!("  {path} does not read as the ledger has it; `touch` it and run `rushlight index`")
            }
            Difference::Unreadable => format!("  {path} cannot be read any more"),
        });
    }
}
