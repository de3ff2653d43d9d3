//! The language models that questions may be asked of: the one of the settings, and others that a question names.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use rushlight_core::{Error, ErrorCode, LanguageModel, LanguageModelSpec, ModelMemory, Result};

use crate::lazy::{Lazy, LazyState};

/// Finds a language model by its id and does not load it yet. Called whenever a question names one, so it is to be quick.
///
/// Errors are `ModelUnknown`, `InvalidRequest` for a model that writes nothing, `ModelMissing` for one that is not installed.
pub type FindLanguageModel = Box<dyn Fn(&str) -> Result<Lazy<dyn LanguageModel>> + Send + Sync>;

/// The language models. All stay loaded as long as there is memory; where there is too little for one more, those that were used longest ago
/// are let go first.
pub struct LanguageModels {
    default: Arc<Lazy<dyn LanguageModel>>,
    find: FindLanguageModel,
    /// Those that were asked for by name.
    others: Mutex<Vec<Arc<Lazy<dyn LanguageModel>>>>,
    /// What models were, also after they were let go.
    specs: Mutex<Vec<LanguageModelSpec>>,
}

/// A language model with its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LanguageModelStatus {
    /// Its id.
    pub id: String,
    /// How it stands.
    pub state: LazyState,
    /// What it has in memory; `None` where it is not loaded.
    pub memory: Option<ModelMemory>,
}

impl LanguageModels {
    /// `default` is asked where a question names none; `find` finds the others.
    pub fn new(default: Lazy<dyn LanguageModel>, find: FindLanguageModel) -> Self {
        Self {
            default: Arc::new(default),
            find,
            others: Mutex::default(),
            specs: Mutex::default(),
        }
    }

    /// One model, beside which there is no other.
    pub fn only(default: Lazy<dyn LanguageModel>) -> Self {
        let none = |id: &str| {
            Err(Error::new(
                ErrorCode::ModelUnknown,
                format!("there is no model `{id}`"),
            ))
        };
        Self::new(default, Box::new(none))
    }

    /// Id of the model that is asked where a question names none.
    pub fn default_id(&self) -> &str {
        self.default.id()
    }

    /// Refuses a name that no model has that could be asked.
    ///
    /// # Errors
    /// As [`FindLanguageModel`].
    pub fn check(&self, named: Option<&str>) -> Result<()> {
        match named.filter(|id| *id != self.default_id()) {
            Some(id) => (self.find)(id).map(drop),
            None => Ok(()),
        }
    }

    /// The model of this id, or the one that is asked where none is named. Loads it when it is not there, and lets go of others, the one
    /// used longest ago first, as long as there is too little memory for it. `go_on` is asked meanwhile, as by [`Lazy::get_while`].
    ///
    /// # Errors
    /// As [`FindLanguageModel`]; `MemoryInsufficient` where it would not fit alone; `Cancelled`; what loading it came to.
    pub(crate) fn load(
        &self,
        named: Option<&str>,
        go_on: &dyn Fn() -> ControlFlow<()>,
    ) -> Result<Arc<dyn LanguageModel>> {
        let wanted = self.lazy(named)?;
        loop {
            match wanted.get_while(go_on) {
                Ok(model) => {
                    self.remember(model.spec());
                    return Ok(model);
                }
                Err(error) if error.code() == ErrorCode::MemoryInsufficient => {
                    let Some(let_go) = self.let_go_of_one() else {
                        return Err(error);
                    };
                    tracing::info!(
                        model = let_go,
                        "a language model was unloaded to make room for another"
                    );
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// What the model of this id was when it was last loaded.
    pub(crate) fn spec(&self, id: &str) -> Option<LanguageModelSpec> {
        self.specs.lock().iter().find(|spec| spec.model_id == id).cloned()
    }

    /// Lets go of the models that nobody has used for so long, the one used longest ago first; says which.
    pub(crate) fn unload_idle(&self, after: Duration) -> Vec<String> {
        let mut all = self.all();
        all.sort_by_key(|lazy| lazy.idle_since());
        let idle = all.into_iter().filter(|lazy| lazy.unload_idle(after));
        idle.map(|lazy| lazy.id().to_owned()).collect()
    }

    /// How the model of the settings stands, and how those that were asked for by name since the start.
    pub(crate) fn statuses(&self) -> (LanguageModelStatus, Vec<LanguageModelStatus>) {
        let status = |lazy: &Arc<Lazy<dyn LanguageModel>>| LanguageModelStatus {
            id: lazy.id().to_owned(),
            state: lazy.state(),
            memory: lazy.look(|model| model.memory()),
        };
        let others = self.others.lock().iter().map(status).collect();
        (status(&self.default), others)
    }

    fn all(&self) -> Vec<Arc<Lazy<dyn LanguageModel>>> {
        let mut all = vec![Arc::clone(&self.default)];
        all.extend(self.others.lock().iter().cloned());
        all
    }

    fn lazy(&self, named: Option<&str>) -> Result<Arc<Lazy<dyn LanguageModel>>> {
        let Some(id) = named.filter(|id| *id != self.default_id()) else {
            return Ok(Arc::clone(&self.default));
        };
        let found = Arc::new((self.find)(id)?);
        let mut others = self.others.lock();
        if let Some(known) = others.iter().find(|lazy| lazy.id() == id) {
            return Ok(Arc::clone(known));
        }
        others.push(Arc::clone(&found));
        Ok(found)
    }

    fn remember(&self, spec: &LanguageModelSpec) {
        let mut specs = self.specs.lock();
        specs.retain(|known| known.model_id != spec.model_id);
        specs.push(spec.clone());
    }

    /// Lets go of the model that was used longest ago and is not in use; its id, where there is one.
    fn let_go_of_one(&self) -> Option<String> {
        let idle = self.all().into_iter();
        let mut idle: Vec<(Instant, Arc<Lazy<dyn LanguageModel>>)> = idle
            .filter_map(|lazy| lazy.idle_since().map(|since| (since, lazy)))
            .collect();
        idle.sort_by_key(|(since, _)| *since);
        let (_, let_go) = idle
            .into_iter()
            .find(|(_, lazy)| lazy.unload_idle(Duration::ZERO))?;
        Some(let_go.id().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Weak;

    use rushlight_core::{GenerateEvent, GenerationParams, GenerationSummary, Prompt};

    use super::*;

    type OnEvent<'a> = &'a mut dyn FnMut(GenerateEvent<'_>) -> ControlFlow<()>;

    /// A model that has only its name.
    struct Named(LanguageModelSpec);

    impl Named {
        fn new(id: &str) -> Self {
            Self(LanguageModelSpec {
                model_id: id.to_owned(),
                sha256: String::new(),
                context_tokens: 0,
            })
        }
    }

    impl LanguageModel for Named {
        fn spec(&self) -> &LanguageModelSpec {
            &self.0
        }

        fn memory(&self) -> ModelMemory {
            ModelMemory::default()
        }

        fn count_tokens(&self, _: &str) -> usize {
            0
        }

        fn generate(&self, _: &Prompt, _: &GenerationParams, _: OnEvent<'_>) -> Result<GenerationSummary> {
            Ok(GenerationSummary::default())
        }

        fn first_token_log_probabilities(&self, _: &Prompt, _: &[&str], _: OnEvent<'_>) -> Result<Vec<f32>> {
            Ok(Vec::new())
        }

        fn log_probabilities(&self, _: &Prompt, _: &str, _: OnEvent<'_>) -> Result<Vec<f32>> {
            Ok(Vec::new())
        }
    }

    /// A machine that has room for so many models at once.
    #[derive(Clone)]
    struct Machine {
        room: usize,
        loaded: Arc<Mutex<Vec<Weak<Named>>>>,
    }

    impl Machine {
        fn model(&self, id: &str) -> Lazy<dyn LanguageModel> {
            let (machine, name) = (self.clone(), id.to_owned());
            Lazy::new(id, move || {
                let mut loaded = machine.loaded.lock();
                loaded.retain(|model| model.strong_count() > 0);
                if loaded.len() >= machine.room {
                    return Err(Error::new(
                        ErrorCode::MemoryInsufficient,
                        format!("no room for `{name}`"),
                    ));
                }
                let model = Arc::new(Named::new(&name));
                loaded.push(Arc::downgrade(&model));
                Ok(model as Arc<dyn LanguageModel>)
            })
        }

        fn models(room: usize) -> LanguageModels {
            let machine = Self {
                room,
                loaded: Arc::default(),
            };
            let default = machine.model("large");
            let installed = BTreeSet::from(["large", "small", "other"]);
            let find = move |id: &str| match installed.contains(id) {
                true => Ok(machine.model(id)),
                false => Err(Error::new(
                    ErrorCode::ModelUnknown,
                    format!("there is no model `{id}`"),
                )),
            };
            LanguageModels::new(default, Box::new(find))
        }
    }

    fn load(models: &LanguageModels, named: Option<&str>) -> Result<String> {
        let model = models.load(named, &|| ControlFlow::Continue(()))?;
        Ok(model.spec().model_id.clone())
    }

    /// Those that are loaded.
    fn loaded(models: &LanguageModels) -> Vec<String> {
        let (default, others) = models.statuses();
        let all = std::iter::once(default).chain(others);
        all.filter(|status| status.memory.is_some())
            .map(|status| status.id)
            .collect()
    }

    #[test]
    fn models_stay_beside_each_other_while_there_is_room() {
        let models = Machine::models(2);
        for named in [None, Some("small"), Some("large"), Some("small")] {
            assert_eq!(load(&models, named).expect("room"), named.unwrap_or("large"));
        }
        assert_eq!(loaded(&models), ["large", "small"]);
        // The one that was used longest ago makes room.
        load(&models, Some("other")).expect("room is made");
        assert_eq!(loaded(&models), ["small", "other"]);
        load(&models, None).expect("room is made");
        assert_eq!(loaded(&models), ["large", "other"]);
        assert_eq!(models.spec("small").expect("remembered").model_id, "small");
        assert_eq!(models.unload_idle(Duration::ZERO), ["other", "large"]);
        assert!(loaded(&models).is_empty());
    }

    #[test]
    fn one_in_use_is_not_let_go_and_one_that_never_fits_is_refused() {
        let models = Machine::models(1);
        let in_use = models
            .load(None, &|| ControlFlow::Continue(()))
            .expect("there is room");
        let error = load(&models, Some("small")).expect_err("no room");
        assert_eq!(error.code(), ErrorCode::MemoryInsufficient);
        assert_eq!(loaded(&models), ["large"]);
        drop(in_use);
        assert_eq!(load(&models, Some("small")).expect("room is made"), "small");
        let none = Machine::models(0);
        let error = load(&none, None).expect_err("no room");
        assert_eq!(error.message(), "no room for `large`");
    }

    #[test]
    fn a_name_that_no_model_has_is_refused() {
        let models = Machine::models(2);
        assert_eq!(models.check(None).err().map(|error| error.code()), None);
        assert!(models.check(Some("small")).is_ok());
        let error = models.check(Some("mall")).expect_err("unknown");
        assert_eq!(error.code(), ErrorCode::ModelUnknown);
        let only = LanguageModels::only(Lazy::ready("a", Arc::new(Named::new("a")) as _));
        assert!(only.check(Some("a")).is_ok());
        assert_eq!(
            only.check(Some("b")).expect_err("unknown").message(),
            "there is no model `b`"
        );
    }
}
