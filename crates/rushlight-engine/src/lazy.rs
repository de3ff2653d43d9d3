//! A model that is loaded when it is first needed.

use std::sync::Arc;

use parking_lot::Mutex;
use rushlight_core::{ErrorCode, Result};

/// Loads a model at its first use and keeps it. After a failure the next use tries again, so that a model that was
/// installed meanwhile is found.
pub struct Lazy<T: ?Sized> {
    id: String,
    load: Box<dyn Fn() -> Result<Arc<T>> + Send + Sync>,
    state: Mutex<State<T>>,
}

enum State<T: ?Sized> {
    Unloaded,
    Ready(Arc<T>),
    Failed { code: ErrorCode, message: String },
}

/// What a person is told of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LazyState {
    /// Not needed so far.
    Unloaded,
    /// Being loaded.
    Loading,
    /// Loaded.
    Ready,
    /// Could not be loaded.
    Failed {
        /// What went wrong.
        code: ErrorCode,
        /// On what, and why.
        message: String,
    },
}

impl<T: ?Sized> Lazy<T> {
    /// A model that `load` loads.
    pub fn new(id: impl Into<String>, load: impl Fn() -> Result<Arc<T>> + Send + Sync + 'static) -> Self {
        Self {
            id: id.into(),
            load: Box::new(load),
            state: Mutex::new(State::Unloaded),
        }
    }

    /// A model that is there already.
    pub fn ready(id: impl Into<String>, model: Arc<T>) -> Self
    where
        T: Send + Sync + 'static,
    {
        let kept = Arc::clone(&model);
        Self {
            id: id.into(),
            load: Box::new(move || Ok(Arc::clone(&kept))),
            state: Mutex::new(State::Ready(model)),
        }
    }

    /// The model's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The model; loads it when it is not there, which may take seconds. A second caller waits for the first.
    ///
    /// # Errors
    /// What loading it came to.
    pub fn get(&self) -> Result<Arc<T>> {
        let mut state = self.state.lock();
        if let State::Ready(model) = &*state {
            return Ok(Arc::clone(model));
        }
        match (self.load)() {
            Ok(model) => {
                *state = State::Ready(Arc::clone(&model));
                Ok(model)
            }
            Err(error) => {
                *state = State::Failed {
                    code: error.code(),
                    message: error.chain(),
                };
                Err(error)
            }
        }
    }

    /// How it stands, without loading it and without waiting.
    pub fn state(&self) -> LazyState {
        match self.state.try_lock().as_deref() {
            None => LazyState::Loading,
            Some(State::Unloaded) => LazyState::Unloaded,
            Some(State::Ready(_)) => LazyState::Ready,
            Some(State::Failed { code, message }) => LazyState::Failed {
                code: *code,
                message: message.clone(),
            },
        }
    }
}
