//! A model on rten: pictures in, numbers out.

use std::sync::Arc;

use rten::{Model, ModelOptions, RunOptions, ThreadPool};
use rten_tensor::NdTensor;

use crate::recogniser::OcrError;

/// A model with one input, a batch of pictures in three channels, and one output.
pub(crate) struct Network {
    part: &'static str,
    model: Model,
    threads: Arc<ThreadPool>,
}

impl Network {
    /// From a model file's bytes; `part` is its name in errors.
    pub(crate) fn load(
        part: &'static str,
        bytes: Vec<u8>,
        threads: Arc<ThreadPool>,
    ) -> Result<Self, OcrError> {
        let unusable = |reason: String| OcrError::Model { part, reason };
        let model = ModelOptions::with_all_ops()
            .load(bytes)
            .map_err(|error| unusable(error.to_string()))?;
        if model.input_ids().len() != 1 || model.output_ids().len() != 1 {
            return Err(unusable("it has not one input and one output".to_owned()));
        }
        Ok(Self { part, model, threads })
    }

    /// Runs it on values of the shape pictures, channels, rows, columns. Returns the output's shape and values.
    pub(crate) fn run<const N: usize>(
        &self,
        shape: [usize; 4],
        values: Vec<f32>,
    ) -> Result<([usize; N], Vec<f32>), OcrError> {
        let input = NdTensor::try_from_data(shape, values).map_err(|error| self.failed(error.to_string()))?;
        let options = RunOptions::default().with_thread_pool(Some(Arc::clone(&self.threads)));
        let output = self
            .model
            .run_one(input.into(), Some(options))
            .map_err(|error| self.failed(error.to_string()))?;
        output
            .into_shape_vec()
            .map_err(|error| self.failed(error.to_string()))
    }

    /// The error of an output that cannot be used.
    pub(crate) fn failed(&self, reason: String) -> OcrError {
        OcrError::Run {
            part: self.part,
            reason,
        }
    }
}
