//! `rushlight verify`: proof that nothing is lost or doubled.

use std::process::ExitCode;
use std::sync::Arc;

use rushlight_core::Result;
use rushlight_engine::SpaceVerification;
use serde::Serialize;

use super::NoReporter;
use crate::context::Context;
use crate::output::{Output, count, style, thousands};
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
}

#[derive(Serialize)]
struct VerifiedSpace {
    space: String,
    chunks: u64,
    keyword_missing: u64,
    keyword_surplus: u64,
    vector_missing: u64,
    vector_surplus: u64,
}

impl From<&SpaceVerification> for VerifiedSpace {
    fn from(found: &SpaceVerification) -> Self {
        let SpaceVerification {
            space,
            chunks,
            keyword_missing,
            keyword_surplus,
            vector_missing,
            vector_surplus,
        } = found;
        Self {
            space: space.clone(),
            chunks: *chunks,
            keyword_missing: *keyword_missing,
            keyword_surplus: *keyword_surplus,
            vector_missing: *vector_missing,
            vector_surplus: *vector_surplus,
        }
    }
}

pub(crate) fn run(context: &Context, wiring: &dyn Wiring, output: &Output) -> Result<ExitCode> {
    let open = context.open(wiring, Arc::new(NoReporter))?;
    let found = open.engine.verify()?;
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
    if !found.sound() {
        output.line("`rushlight index` brings the indexes back to the ledger");
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
