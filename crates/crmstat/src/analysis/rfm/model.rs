//! What is saved of an RFM run, so that other data are scored alike.

use super::{Monetary, Options, Segments};
use crate::{Result, Window, model_file};
use crmstat_models::rfm::Cuts;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Cut points, segments and the meaning of monetary, frozen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    cuts: Cuts,
    monetary: Monetary,
    segments: Segments,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    weights: Option<[f64; 3]>,
}

/// What the file says it is.
const KIND: &str = "rfm";

impl Model {
    pub(super) fn new(
        cuts: Cuts,
        monetary: Monetary,
        segments: Segments,
        weights: Option<[f64; 3]>,
    ) -> Self {
        Self { cuts, monetary, segments, weights }
    }

    /// Writes the model to `path`.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        model_file::save(path, KIND, self)
    }

    /// Reads the model at `path`.
    ///
    /// # Errors
    /// A file that cannot be read, is damaged, or holds another model.
    pub fn load(path: &Path) -> Result<Self> {
        model_file::load(path, KIND)
    }

    /// Options that score the orders of `window` by this model.
    pub fn options(&self, window: Window) -> Options {
        Options {
            window,
            bins: Some(self.cuts.bins()),
            cuts: Some(self.cuts.clone()),
            monetary: self.monetary,
            segments: self.segments.clone(),
            weights: self.weights,
        }
    }
}
