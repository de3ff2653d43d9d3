//! Whether there is memory for a model, before it is taken.

use rushlight_core::{Error, ErrorCode, Result};
use sysinfo::{CGroupLimits, MemoryRefreshKind, RefreshKind, System};

/// Bytes beside the weights: tokenizer, scores, what a block computes with, and keys and values of a prompt.
const BESIDE: u64 = 256 << 20;

/// Refuses a model whose weights take so many bytes of its file where they do not fit.
pub(crate) fn check(name: &str, file_bytes: u64) -> Result<()> {
    fits(name, file_bytes, available())
}

/// Bytes that can be taken, by the system and by the limits that the process was given; `None` where nobody says.
fn available() -> Option<u64> {
    let system = System::new_with_specifics(
        RefreshKind::nothing().with_memory(MemoryRefreshKind::nothing().with_ram()),
    );
    let limited = system.cgroup_limits().map(|limits| within(&limits));
    [Some(system.available_memory()), limited]
        .into_iter()
        .flatten()
        .filter(|bytes| *bytes > 0)
        .min()
}

/// Bytes that a control group leaves. The cache of files that is counted as used there is given up when somebody wants its room.
fn within(limits: &CGroupLimits) -> u64 {
    limits.total_memory.saturating_sub(limits.rss)
}

fn fits(name: &str, file_bytes: u64, available: Option<u64>) -> Result<()> {
    // Repacked weights take a little more than they do in the file.
    let needed = file_bytes + file_bytes / 10 + BESIDE;
    match available {
        Some(available) if available < needed => {
            let gigabytes = |bytes: u64| bytes as f64 / 1e9;
            Err(Error::new(
                ErrorCode::MemoryInsufficient,
                format!(
                    "the language model `{name}` needs {:.1} GB of memory, and {:.1} GB is free",
                    gigabytes(needed),
                    gigabytes(available)
                ),
            ))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_that_does_not_fit_is_refused_with_both_figures() {
        let file = 1_117_000_000;
        assert!(fits("m", file, Some(2_000_000_000)).is_ok());
        assert!(fits("m", file, None).is_ok());
        let error = fits("models/m.gguf", file, Some(700_000_000)).expect_err("too large");
        assert_eq!(error.code(), ErrorCode::MemoryInsufficient);
        assert!(
            error.message().contains("models/m.gguf")
                && error.message().contains("1.5 GB")
                && error.message().contains("0.7 GB"),
            "{}",
            error.message()
        );
        assert!(error.hint().contains("rushlight models list"));
    }

    #[test]
    fn the_cache_of_files_is_no_used_memory() {
        let limits = CGroupLimits {
            total_memory: 24_000,
            free_memory: 1_500,
            free_swap: 0,
            rss: 2_400,
        };
        assert_eq!(within(&limits), 21_600);
    }

    #[test]
    fn this_machine_says_how_much_it_has() {
        #[cfg(target_os = "linux")]
        assert!(available().is_some_and(|bytes| bytes > 1 << 20));
    }
}
