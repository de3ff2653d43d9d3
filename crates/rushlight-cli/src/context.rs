//! What every command needs: options with their origins, paths, the locked data directory, the engine.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use etcetera::BaseStrategy;
use rushlight_config::{Config, ConfigBuilder, ResolvedValue};
use rushlight_core::{Error, ErrorCode, Reporter, Result, SourceId};
use rushlight_engine::Engine;
use rushlight_ledger::{DataDirLock, Ledger, SourceRecord};

use crate::args::Globals;
use crate::wiring::{EngineSetup, Wiring};

/// Where things live.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    /// The data directory.
    pub data: PathBuf,
    /// The ledger's file.
    pub ledger: PathBuf,
    /// The folder of the indexes.
    pub indexes: PathBuf,
    /// The file of the token.
    pub token: PathBuf,
    /// The folder of the models.
    pub models: PathBuf,
}

impl Paths {
    fn below(data: PathBuf) -> Self {
        Self {
            ledger: data.join("ledger.sqlite"),
            indexes: data.join("indexes"),
            token: data.join("token"),
            models: data.join("models"),
            data,
        }
    }
}

/// Options and paths.
#[derive(Clone)]
pub(crate) struct Context {
    pub(crate) config: Config,
    pub(crate) resolved: Vec<ResolvedValue>,
    pub(crate) paths: Paths,
    /// What the page may look into when a folder is to be chosen.
    pub(crate) folder_roots: Vec<PathBuf>,
}

/// An engine with what it must outlive.
pub(crate) struct OpenEngine {
    pub(crate) engine: Engine,
    pub(crate) runtime: tokio::runtime::Runtime,
    _lock: DataDirLock,
}

impl Context {
    /// The same options with a data directory of its own, below this one: nothing of the user's is read or written there.
    pub(crate) fn apart(&self, folder: &Path) -> Self {
        let data = self.paths.data.join(folder);
        Self {
            config: self.config.clone(),
            resolved: self.resolved.clone(),
            paths: Paths {
                models: self.paths.models.clone(),
                ..Paths::below(data)
            },
            folder_roots: self.folder_roots.clone(),
        }
    }

    /// Reads the layers of the configuration. `flags` are (flag, key, value).
    pub(crate) fn load(globals: &Globals, flags: &[(&str, &str, String)]) -> Result<Self> {
        let base = etcetera::choose_base_strategy().map_err(|cause| {
            Error::new(ErrorCode::InvalidConfig, "cannot tell the user's home directory")
                .with_source(cause)
                .with_hint("set HOME, or give --data-dir and --config")
        })?;
        let mut builder = ConfigBuilder::new();
        let user_file = base.config_dir().join("rushlight").join("config.toml");
        if let Some(text) = read_config(&user_file)? {
            builder = builder.file(&user_file.display().to_string(), &text)?;
        }
        if let Some(file) = &globals.config {
            let text = read_config(file)?.ok_or_else(|| {
                Error::new(
                    ErrorCode::PathNotFound,
                    format!("there is no configuration file `{}`", file.display()),
                )
            })?;
            builder = builder.file(&file.display().to_string(), &text)?;
        }
        // A variable that is not text cannot be one of ours: all our values are.
        let variables =
            std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)));
        builder = builder.variables(variables)?;
        if let Some(dir) = &globals.data_dir {
            builder = builder.flag("--data-dir", "data.dir", &dir.display().to_string())?;
        }
        for (flag, key, value) in flags {
            builder = builder.flag(flag, key, value)?;
        }
        let (config, resolved) = builder.build()?;
        let data = match config.data.dir.as_os_str().is_empty() {
            true => base.data_dir().join("rushlight"),
            false => absolute(&config.data.dir)?,
        };
        let models = match config.models.dir.as_os_str().is_empty() {
            true => data.join("models"),
            false => absolute(&config.models.dir)?,
        };
        let paths = Paths {
            models,
            ..Paths::below(data)
        };
        let folder_roots = match config.server.folder_roots.as_slice() {
            [] => vec![base.home_dir().to_owned()],
            roots => roots.iter().map(|root| absolute(root)).collect::<Result<_>>()?,
        };
        Ok(Self {
            config,
            resolved,
            paths,
            folder_roots,
        })
    }

    /// Locks the data directory, opens the ledger and puts an engine together.
    pub(crate) fn open(&self, wiring: &dyn Wiring, reporter: Arc<dyn Reporter>) -> Result<OpenEngine> {
        self.open_to_measure(wiring, reporter, false)
    }

    /// The same; with `answer_all` no question is refused for its probability.
    pub(crate) fn open_to_measure(
        &self,
        wiring: &dyn Wiring,
        reporter: Arc<dyn Reporter>,
        answer_all: bool,
    ) -> Result<OpenEngine> {
        make_private(&self.paths.data)?;
        let lock = DataDirLock::acquire(&self.paths.data)?;
        let ledger = Arc::new(Ledger::open(&self.paths.ledger)?);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .thread_name("rushlight-async")
            .build()
            .map_err(|cause| {
                Error::new(ErrorCode::Internal, "cannot start the async runtime").with_source(cause)
            })?;
        let engine = wiring.engine(EngineSetup {
            config: &self.config,
            paths: &self.paths,
            ledger,
            reporter,
            runtime: runtime.handle().clone(),
            answer_all,
        })?;
        Ok(OpenEngine {
            engine,
            runtime,
            _lock: lock,
        })
    }
}

impl OpenEngine {
    /// The source that a person names by number or folder.
    pub(crate) fn find_source(&self, named: &str) -> Result<SourceRecord> {
        let sources = self.engine.ledger().sources()?;
        if let Ok(number) = named.parse() {
            return self.engine.ledger().source(SourceId(number));
        }
        let path = absolute(Path::new(named))?;
        let canonical = path.canonicalize().unwrap_or_else(|_| path.clone());
        sources
            .into_iter()
            .find(|source| Path::new(&source.root) == path || Path::new(&source.root) == canonical)
            .ok_or_else(|| {
                Error::new(
                    ErrorCode::SourceNotFound,
                    format!("`{}` is not a source", path.display()),
                )
            })
    }
}

/// Makes the folder where it is missing; only its owner may enter it.
pub(crate) fn make_private(folder: &Path) -> Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|cause| {
        Error::new(
            ErrorCode::PathUnsuitable,
            format!("cannot make the data directory `{}`", folder.display()),
        )
        .with_source(cause)
        .with_hint("choose another with --data-dir")
    })
}

/// The path from the root of the file system; it need not exist.
pub(crate) fn absolute(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path).map_err(|cause| {
        Error::new(
            ErrorCode::PathUnsuitable,
            format!("cannot make `{}` absolute", path.display()),
        )
        .with_source(cause)
    })
}

/// The file's text, or `None` when there is none.
fn read_config(path: &Path) -> Result<Option<String>> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(Error::new(
            ErrorCode::InvalidConfig,
            format!("cannot read `{}`", path.display()),
        )
        .with_source(cause)),
    }
}
