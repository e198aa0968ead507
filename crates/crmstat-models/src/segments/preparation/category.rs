//! A category as columns of numbers.

use crate::{Error, Result};
use serde::{Deserialize, Serialize};

/// The least chance that two customers differ which a category is scaled up from.
const LEAST_DIVERSITY: f64 = 0.1;

/// A category's shares and the value of its columns where it applies.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Category {
    shares: Vec<f64>,
    weight: f64,
}

impl Category {
    pub(super) fn fit(
        index: usize,
        codes: &[Option<u32>],
        levels: usize,
        weight: f64,
    ) -> Result<Self> {
        let mut counts = vec![0_u64; levels];
        for code in codes.iter().flatten() {
            let Some(count) = counts.get_mut(*code as usize) else {
                return Err(Error::data(format!(
                    "feature {index} has the code {code} among {levels} levels"
                )));
            };
            *count += 1;
        }
        let total: u64 = counts.iter().sum();
        if total == 0 {
            return Err(Error::data(format!("feature {index} is missing for every customer"))
                .with_hint("leave it out"));
        }
        let shares: Vec<f64> = counts.iter().map(|&count| count as f64 / total as f64).collect();
        let diversity = 1.0 - shares.iter().map(|share| share * share).sum::<f64>();
        Ok(Self { weight: weight / diversity.max(LEAST_DIVERSITY).sqrt(), shares })
    }

    pub(super) fn is_valid(&self) -> bool {
        !self.shares.is_empty()
            && self.shares.iter().all(|share| (0.0..=1.0).contains(share))
            && self.weight > 0.0
            && self.weight.is_finite()
    }

    pub(super) fn levels(&self) -> usize {
        self.shares.len()
    }

    pub(super) fn apply(&self, code: Option<u32>, prepared: &mut Vec<f64>) {
        match code.map(|code| code as usize).filter(|code| *code < self.levels()) {
            Some(code) => {
                prepared.extend(
                    (0..self.levels()).map(|level| if level == code { self.weight } else { 0.0 }),
                );
            }
            None => prepared.extend(self.shares.iter().map(|share| share * self.weight)),
        }
    }

    pub(super) fn invert(&self, columns: &[f64]) -> Vec<f64> {
        columns.iter().map(|value| (value / self.weight).clamp(0.0, 1.0)).collect()
    }
}
