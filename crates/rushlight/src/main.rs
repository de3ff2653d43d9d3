//! The binary: the only place that names concrete adapters.

mod wiring;

use std::process::ExitCode;

/// LanceDB's many short allocations grow glibc's per-thread arenas without bound; mimalloc gives them back.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    rushlight_cli::run(&wiring::Adapters)
}
