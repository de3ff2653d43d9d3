//! Loading ONNX Runtime from a path, once in a process.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use ort::environment::Environment;
use ort::logging::LogLevel;
use rushlight_core::{Error, ErrorCode, Result};

/// The library is loaded for the life of the process, and there may be one environment; so it is kept, and whoever
/// names another library later gets this one.
static LOADED: Mutex<Option<Environment>> = Mutex::new(None);

/// The environment of the library at `path`.
///
/// # Errors
/// `RuntimeMissing` when there is no such file, it is no ONNX Runtime, or it is older than 1.24.
pub(crate) fn environment(path: &Path) -> Result<Environment> {
    if !path.is_file() {
        return Err(Error::new(
            ErrorCode::RuntimeMissing,
            format!("ONNX Runtime is not installed: `{}` is missing", path.display()),
        ));
    }
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(environment) = loaded.as_ref() {
        return Ok(environment.clone());
    }
    let unusable = || {
        format!(
            "`{}` cannot be used as ONNX Runtime 1.24 or later",
            path.display()
        )
    };
    // Checks the library's own version before anything else of it is used.
    let builder = ort::init_from(path)
        .map_err(|error| Error::new(ErrorCode::RuntimeMissing, unusable()).with_source(error))?;
    let environment = builder
        .with_name("rushlight")
        .with_telemetry(false)
        .build()
        .map_err(|error| Error::new(ErrorCode::RuntimeMissing, unusable()).with_source(error.to_string()))?;
    // The library writes its own warnings to standard error; what fails is reported through results.
    environment.set_log_level(LogLevel::Fatal);
    *loaded = Some(environment.clone());
    Ok(environment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_the_library_is_an_error_with_a_remedy() {
        let folder = tempfile::tempdir().expect("a folder");
        let missing = folder.path().join("libonnxruntime.so");
        let error = environment(&missing).expect_err("nothing there");
        assert_eq!(error.code(), ErrorCode::RuntimeMissing);
        assert!(
            error.message().contains(&missing.display().to_string()),
            "{error}"
        );
        std::fs::write(&missing, b"not a library").expect("written");
        let error = environment(&missing).expect_err("no library");
        assert_eq!(error.code(), ErrorCode::RuntimeMissing);
        assert!(!error.hint().is_empty());
    }

    /// What a library of another version answers; nothing else of it is asked.
    #[cfg(unix)]
    const OLD_LIBRARY: &str = r#"
        typedef struct { const void *(*get_api)(unsigned); const char *(*version)(void); } Base;
        static const void *get_api(unsigned version) { (void)version; return 0; }
        static const char *version(void) { return "1.17.3"; }
        static const Base base = { get_api, version };
        const Base *OrtGetApiBase(void) { return &base; }
    "#;

    #[test]
    #[cfg(unix)]
    fn a_library_that_is_too_old_is_named_with_both_versions_and_a_remedy() {
        let folder = tempfile::tempdir().expect("a folder");
        let source = folder.path().join("old.c");
        std::fs::write(&source, OLD_LIBRARY).expect("written");
        let library = folder.path().join("libonnxruntime.so.1.17.3");
        let compiled = std::process::Command::new("cc")
            .args(["-shared", "-fPIC", "-o"])
            .arg(&library)
            .arg(&source)
            .status()
            .expect("a C compiler, which building needs too");
        assert!(compiled.success());

        let error = environment(&library).expect_err("too old");
        assert_eq!(error.code(), ErrorCode::RuntimeMissing);
        let told = error.chain();
        for part in [
            &*library.display().to_string(),
            "ONNX Runtime 1.24 or later",
            "1.17.3",
        ] {
            assert!(told.contains(part), "`{part}` is not in: {told}");
        }
        assert_eq!(error.hint(), "run `rushlight models install onnxruntime`");
    }
}
