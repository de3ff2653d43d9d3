//! A model that is loaded when it is first needed.

use std::sync::Arc;
use std::time::{Duration, Instant};

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
    Ready { model: Arc<T>, used: Instant },
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
            state: Mutex::new(ready(model)),
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
        if let State::Ready { model, used } = &mut *state {
            *used = Instant::now();
            return Ok(Arc::clone(model));
        }
        match (self.load)() {
            Ok(model) => {
                *state = ready(Arc::clone(&model));
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

    /// Lets go of a model that nobody has used for so long; the next use loads it again. True where it did.
    pub fn unload_idle(&self, after: Duration) -> bool {
        // While it is being loaded it is used.
        let Some(mut state) = self.state.try_lock() else {
            return false;
        };
        let State::Ready { model, used } = &mut *state else {
            return false;
        };
        if Arc::strong_count(model) > 1 {
            *used = Instant::now();
        }
        let idle = used.elapsed() >= after && Arc::strong_count(model) == 1;
        if idle {
            *state = State::Unloaded;
        }
        idle
    }

    /// How it stands, without loading it and without waiting.
    pub fn state(&self) -> LazyState {
        match self.state.try_lock().as_deref() {
            None => LazyState::Loading,
            Some(State::Unloaded) => LazyState::Unloaded,
            Some(State::Ready { .. }) => LazyState::Ready,
            Some(State::Failed { code, message }) => LazyState::Failed {
                code: *code,
                message: message.clone(),
            },
        }
    }
}

fn ready<T: ?Sized>(model: Arc<T>) -> State<T> {
    State::Ready {
        model,
        used: Instant::now(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn a_model_is_let_go_when_nobody_has_it_and_comes_back() {
        let loads = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&loads);
        let lazy: Lazy<str> = Lazy::new("m", move || {
            counted.fetch_add(1, Ordering::Relaxed);
            Ok(Arc::from("model"))
        });
        assert!(!lazy.unload_idle(Duration::ZERO), "it is not there");
        let in_use = lazy.get().expect("loads");
        assert!(!lazy.unload_idle(Duration::ZERO), "it is in use");
        drop(in_use);
        assert!(!lazy.unload_idle(Duration::from_secs(3600)), "it was just used");
        assert_eq!(lazy.state(), LazyState::Ready);
        assert!(lazy.unload_idle(Duration::ZERO));
        assert_eq!(lazy.state(), LazyState::Unloaded);
        assert_eq!(&*lazy.get().expect("loads again"), "model");
        assert_eq!(loads.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn what_was_there_from_the_start_stays() {
        let lazy = Lazy::ready("m", Arc::new(7));
        assert!(!lazy.unload_idle(Duration::ZERO));
        assert_eq!(lazy.state(), LazyState::Ready);
    }
}
