//! Limits that the worker sets for itself.

/// Memory, files and core dumps, for good. True when all of them hold.
#[cfg(unix)]
pub(crate) fn set(memory_bytes: u64) -> bool {
    use nix::sys::resource::{Resource, setrlimit};
    [
        setrlimit(Resource::RLIMIT_AS, memory_bytes, memory_bytes),
        setrlimit(Resource::RLIMIT_NOFILE, 16, 16),
        setrlimit(Resource::RLIMIT_FSIZE, 0, 0),
        setrlimit(Resource::RLIMIT_CORE, 0, 0),
    ]
    .iter()
    .all(Result::is_ok)
}

/// Processor time for the next document, counted from now. The limit is the process's, so it moves on with each.
#[cfg(unix)]
pub(crate) fn allow_cpu(seconds: u64) {
    use nix::sys::resource::{RLIM_INFINITY, Resource, UsageWho, getrusage, setrlimit};
    let used = getrusage(UsageWho::RUSAGE_SELF).map_or(0, |usage| {
        usage.user_time().tv_sec() + usage.system_time().tv_sec()
    });
    let limit = u64::try_from(used)
        .unwrap_or(0)
        .saturating_add(seconds)
        .saturating_add(1);
    // A failure is covered by the parent's wall clock.
    let _ = setrlimit(Resource::RLIMIT_CPU, limit, RLIM_INFINITY);
}

#[cfg(not(unix))]
pub(crate) fn set(_memory_bytes: u64) -> bool {
    false
}

#[cfg(not(unix))]
pub(crate) fn allow_cpu(_seconds: u64) {}
