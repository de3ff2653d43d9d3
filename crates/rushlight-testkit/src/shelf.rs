//! Keeps what the fake indexes committed for as long as the process runs, so that a test can close and open them again.

use std::any::Any;
use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};

use parking_lot::Mutex;
use rushlight_core::{Error, ErrorCode, Result};

/// The file that stands for the index on disk; removing it, or its folder, loses the index.
const MARKER: &str = "in-memory-index";

static SHELF: LazyLock<Mutex<HashMap<String, Arc<dyn Any + Send + Sync>>>> = LazyLock::new(Mutex::default);
static NEXT: AtomicU64 = AtomicU64::new(1);

/// What was kept for `folder`, or something new when the folder holds no marker of this process.
pub(crate) fn open<T: Default + Send + Sync + 'static>(folder: &Path) -> Result<Arc<T>> {
    let failed = |error: std::io::Error| {
        Error::new(
            ErrorCode::IndexFailed,
            format!("cannot open the index in `{}`", folder.display()),
        )
        .with_source(error)
    };
    fs::create_dir_all(folder).map_err(failed)?;
    let marker = folder.join(MARKER);
    let mut shelf = SHELF.lock();
    let known = fs::read_to_string(&marker)
        .ok()
        .and_then(|name| shelf.get(&name).cloned());
    if let Some(kept) = known.and_then(|kept| kept.downcast::<T>().ok()) {
        return Ok(kept);
    }
    let name = format!("{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::SeqCst));
    fs::write(&marker, &name).map_err(failed)?;
    let fresh = Arc::new(T::default());
    shelf.insert(name, fresh.clone());
    Ok(fresh)
}
