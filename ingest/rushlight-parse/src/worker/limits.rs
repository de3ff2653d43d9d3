//! Limits that the worker sets for itself.

/// Address space taken to be in use at the start where the system does not say.
#[cfg(unix)]
const UNKNOWN_START: u64 = 2 << 30;

/// Memory beyond what is in use now, files and core dumps, for good. True when all of the limits hold.
///
/// The kernel counts address space, and much of that is taken before a document is seen: the program itself, a
/// quarter of a gigabyte in the product, and what its allocator sets aside for later, a gigabyte at once in mimalloc
/// (as writable memory, so that the limit of data would count it too). A limit on the sum would change its meaning with
/// each, so it is laid on top. What the allocator has set aside is used first: the heap may reach both together.
#[cfg(unix)]
pub(crate) fn set(memory_bytes: u64) -> bool {
    use nix::sys::resource::{Resource, setrlimit};
    let address_space = address_space()
        .unwrap_or(UNKNOWN_START)
        .saturating_add(memory_bytes);
    [
        setrlimit(Resource::RLIMIT_AS, address_space, address_space),
        setrlimit(Resource::RLIMIT_NOFILE, 16, 16),
        setrlimit(Resource::RLIMIT_FSIZE, 0, 0),
        setrlimit(Resource::RLIMIT_CORE, 0, 0),
    ]
    .iter()
    .all(Result::is_ok)
}

/// Address space of this process in bytes, where the system says.
#[cfg(target_os = "linux")]
fn address_space() -> Option<u64> {
    vm_size(&std::fs::read_to_string("/proc/self/status").ok()?)
}

#[cfg(all(unix, not(target_os = "linux")))]
fn address_space() -> Option<u64> {
    None
}

#[cfg(target_os = "linux")]
fn vm_size(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmSize:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
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

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_size_is_read_in_bytes() {
        assert_eq!(
            vm_size("Name:\tx\nVmPeak:\t  9 kB\nVmSize:\t    2048 kB\n"),
            Some(2 << 20)
        );
        assert_eq!(vm_size("Name:\tx\n"), None);
        assert!(address_space().is_some_and(|bytes| bytes > 1 << 20));
    }
}
