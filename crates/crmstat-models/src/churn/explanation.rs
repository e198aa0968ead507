//! Why a customer has the score they have.

/// A score taken apart: `base + Σ contributions` is the log-odds of the row, to rounding.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// The log-odds before anything is known about the row.
    pub base: f64,
    /// What each feature adds to the log-odds.
    pub contributions: Vec<f64>,
}

impl Explanation {
    /// The log-odds of the row.
    pub fn log_odds(&self) -> f64 {
        self.base + self.contributions.iter().sum::<f64>()
    }

    /// The features that raise the score most, largest first; at most `count`, and none that lowers it.
    /// Equal contributions keep the order of the features.
    pub fn top_reasons(&self, count: usize) -> Vec<usize> {
        let raising = |feature: &usize| self.contributions[*feature] > 0.0;
        let mut features: Vec<usize> = (0..self.contributions.len()).filter(raising).collect();
        features.sort_by(|a, b| self.contributions[*b].total_cmp(&self.contributions[*a]));
        features.truncate(count);
        features
    }
}

#[cfg(test)]
mod tests {
    use super::Explanation;

    #[test]
    fn reasons_are_the_largest_raises() {
        let explanation = Explanation { base: -1.0, contributions: vec![0.5, -2.0, 0.7, 0.5, 0.0] };
        assert_eq!(explanation.top_reasons(3), [2, 0, 3]);
        assert_eq!(explanation.top_reasons(9), [2, 0, 3]);
        assert!((explanation.log_odds() + 1.3).abs() < 1e-15);
    }
}
