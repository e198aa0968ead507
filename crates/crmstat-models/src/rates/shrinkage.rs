//! The beta-binomial: shares of groups, shrunk toward what they have in common.

use crate::{
    Error, Result,
    special::beta::{incomplete, ln_beta},
};

/// What are the shares of several groups, where small ones say little by themselves?
///
/// # Formula
/// `kᵢ ~ Binomial(nᵢ, pᵢ)`, `pᵢ ~ Beta(a, b)`. `a = μM` and `b = (1−μ)M` maximise the marginal likelihood
/// `Π B(kᵢ+a, nᵢ−kᵢ+b) / B(a, b)`; group `i` then has `pᵢ | kᵢ ~ Beta(kᵢ+a, nᵢ−kᵢ+b)`.
///
/// Where groups differ no more than by chance the likelihood grows with `M` without end. `M` stops at the trials of
/// all groups together, as what they have in common is known no better than from these; every group then gets that.
///
/// # Assumptions
/// Groups are exchangeable, trials independent within a group. The interval takes `a` and `b` as known, so
/// that with few groups it is somewhat too narrow.
///
/// # Citation
/// D. A. Williams, *Biometrics* 31 (1975) 949–952; B. Efron and C. Morris, *Journal of the American
/// Statistical Association* 70 (1975) 311–319, on shrinkage.
///
/// # When not to use it
/// For a single group, or groups that are known to be of different kinds.
///
/// # Units and shapes
/// Groups as pairs of successes and trials; groups without trials say nothing and get the prior.
///
/// # Errors
/// See [`BetaBinomial::fit`].
///
/// # Examples
/// ```
/// use crmstat_models::rates::BetaBinomial;
///
/// let team = [(30, 50), (2, 2), (20, 60), (45, 100)];
/// let fitted = BetaBinomial::fit(&team)?;
/// let newcomer = fitted.posterior(2, 2, 0.95)?;
/// assert!(newcomer.mean < 0.6 && newcomer.lower < 0.4);
/// # Ok::<(), crmstat_models::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BetaBinomial {
    mean: f64,
    strength: f64,
}

/// What is known of one group's share.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Posterior {
    /// The expected share.
    pub mean: f64,
    /// The lower end of the equal-tailed interval.
    pub lower: f64,
    /// The upper end.
    pub upper: f64,
}

/// Widths of the golden section below which its middle is the maximum: a hundredth of a percent of `M`.
const TOLERANCE: f64 = 1e-7;
/// Halvings of an interval that leave nothing of a double's 53 bits.
const HALVINGS: usize = 60;

impl BetaBinomial {
    const LEAST: f64 = 1e-2;

    /// Estimates what the groups have in common.
    ///
    /// # Errors
    /// When no group has a trial, or one has more successes than trials.
    pub fn fit(groups: &[(u64, u64)]) -> Result<Self> {
        if let Some((successes, trials)) = groups.iter().find(|(k, n)| k > n) {
            return Err(Error::data(format!("{successes} of {trials} trials succeed")));
        }
        let mut used: Vec<(f64, f64)> = groups
            .iter()
            .filter(|(_, trials)| *trials > 0)
            .map(|(successes, trials)| (*successes as f64, *trials as f64))
            .collect();
        if used.is_empty() {
            return Err(Error::data("no group has a trial"));
        }
        // A sum of floats depends on its order; the order of the groups must not matter.
        used.sort_by(|left, right| left.0.total_cmp(&right.0).then(left.1.total_cmp(&right.1)));
        let successes: f64 = used.iter().map(|(k, _)| k).sum();
        let trials: f64 = used.iter().map(|(_, n)| n).sum();
        let pooled = successes / trials;
        if successes == 0.0 || successes == trials || used.len() == 1 {
            // One outcome alone, or one group, tells nothing of how groups differ. Half a trial keeps the
            // mean off the border, as Jeffreys' prior does.
            let mean = (successes + 0.5) / (trials + 1.0);
            let strength = if used.len() == 1 { 1.0 } else { trials };
            return Ok(Self { mean, strength });
        }
        let at = |mean: f64, strength: f64| {
            let (a, b) = (mean * strength, (1.0 - mean) * strength);
            let base = ln_beta(a, b);
            used.iter().map(|(k, n)| ln_beta(k + a, n - k + b) - base).sum::<f64>()
        };
        // For a given strength the best mean lies between the smallest and the largest share.
        let shares = || used.iter().map(|(k, n)| k / n);
        let lowest = shares().fold(pooled, f64::min).max(1e-6);
        let highest = shares().fold(pooled, f64::max).min(1.0 - 1e-6);
        let best_mean = |strength: f64| golden(lowest, highest, |mean| at(mean, strength));
        let profile = |log: f64| {
            let strength = log.exp();
            at(best_mean(strength), strength)
        };
        let strength = golden(Self::LEAST.ln(), trials.max(1.0).ln(), profile).exp();
        Ok(Self { mean: best_mean(strength), strength })
    }

    /// The share that groups have in common.
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// How many trials of a group count as much as what is common: `a + b`.
    pub fn strength(&self) -> f64 {
        self.strength
    }

    /// What is known of a group with so many `successes` of `trials`, at `level`, such as 0.95.
    ///
    /// # Errors
    /// More successes than trials, or a level out of range.
    pub fn posterior(&self, successes: u64, trials: u64, level: f64) -> Result<Posterior> {
        if successes > trials {
            return Err(Error::data(format!("{successes} of {trials} trials succeed")));
        }
        if !(level > 0.0 && level < 1.0) {
            return Err(Error::parameter("level", level, "between 0 and 1"));
        }
        let a = self.mean * self.strength + successes as f64;
        let b = (1.0 - self.mean) * self.strength + (trials - successes) as f64;
        Ok(Posterior {
            mean: a / (a + b),
            lower: beta_quantile(a, b, 0.5 - 0.5 * level),
            upper: beta_quantile(a, b, 0.5 + 0.5 * level),
        })
    }
}

/// The value below which a share of `probability` of Beta(a, b) lies.
fn beta_quantile(a: f64, b: f64, probability: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        if incomplete(a, b, middle) < probability {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

/// Where `function`, which has one maximum between `low` and `high`, has it.
fn golden(low: f64, high: f64, function: impl Fn(f64) -> f64) -> f64 {
    let ratio = (5f64.sqrt() - 1.0) / 2.0;
    let (mut low, mut high) = (low, high);
    let (mut left, mut right) = (high - ratio * (high - low), low + ratio * (high - low));
    let (mut at_left, mut at_right) = (function(left), function(right));
    while high - low > TOLERANCE {
        if at_left >= at_right {
            (high, right, at_right) = (right, left, at_left);
            left = high - ratio * (high - low);
            at_left = function(left);
        } else {
            (low, left, at_left) = (left, right, at_right);
            right = low + ratio * (high - low);
            at_right = function(right);
        }
    }
    f64::midpoint(low, high)
}

#[cfg(test)]
mod tests {
    use super::{BetaBinomial, beta_quantile};
    use crate::random::generator;
    use rand_distr::{Beta, Binomial, Distribution};

    #[test]
    fn the_parameters_of_simulated_groups_come_back() {
        let mut random = generator(7);
        let prior = Beta::new(12.0, 28.0).unwrap();
        let groups: Vec<(u64, u64)> = (0..3000)
            .map(|group| {
                let (trials, share) = (5 + group % 60, prior.sample(&mut random));
                (Binomial::new(trials, share).unwrap().sample(&mut random), trials)
            })
            .collect();
        let fitted = BetaBinomial::fit(&groups).unwrap();
        assert!((fitted.mean() - 0.3).abs() < 0.01, "{fitted:?}");
        assert!((fitted.strength() - 40.0).abs() < 6.0, "{fitted:?}");
        let mut turned = groups.clone();
        turned.reverse();
        assert_eq!(BetaBinomial::fit(&turned).unwrap(), fitted);
    }

    #[test]
    fn the_maximum_is_that_of_a_fine_grid() {
        let groups = [(30_u64, 50_u64), (2, 2), (20, 60), (45, 100), (0, 3)];
        let likelihood = |mean: f64, strength: f64| -> f64 {
            let ln_beta = crate::special::beta::ln_beta;
            let (a, b) = (mean * strength, (1.0 - mean) * strength);
            groups
                .iter()
                .map(|(k, n)| ln_beta(*k as f64 + a, (n - k) as f64 + b) - ln_beta(a, b))
                .sum()
        };
        let fitted = BetaBinomial::fit(&groups).unwrap();
        let found = likelihood(fitted.mean(), fitted.strength());
        for mean in 1..100 {
            for step in 0..200 {
                let strength = 0.1 * 1.06_f64.powi(step);
                assert!(likelihood(f64::from(mean) / 100.0, strength) <= found + 1e-9);
            }
        }
    }

    #[test]
    fn groups_that_do_not_differ_get_what_they_have_in_common() {
        let fitted = BetaBinomial::fit(&[(50, 100); 8]).unwrap();
        assert!((fitted.strength() - 800.0).abs() < 0.01, "{fitted:?}");
        let newcomer = fitted.posterior(9, 10, 0.95).unwrap();
        assert!((newcomer.mean - 0.5).abs() < 0.01, "{newcomer:?}");
        // No surer than all trials together are: 1.96 √(0.25 / 800).
        assert!((newcomer.upper - newcomer.lower - 0.069).abs() < 0.002, "{newcomer:?}");
        // No success at all, or a single group, is no reason to fail.
        let none = BetaBinomial::fit(&[(0, 10), (0, 4)]).unwrap();
        assert!(none.posterior(0, 10, 0.95).unwrap().upper < 0.2);
        let one = BetaBinomial::fit(&[(1, 1)]).unwrap().posterior(1, 1, 0.95).unwrap();
        assert!(one.lower < 0.5 && one.upper <= 1.0);
        assert!(BetaBinomial::fit(&[(0, 0)]).unwrap_err().is_data());
        assert!(BetaBinomial::fit(&[(2, 1)]).unwrap_err().is_data());
    }

    #[test]
    fn quantiles_of_the_beta_are_published_ones() {
        // Beta(1, b) and Beta(a, 1) have quantiles in closed form.
        for p in [0.025_f64, 0.5, 0.975] {
            assert!((beta_quantile(1.0, 5.0, p) - (1.0 - (1.0 - p).powf(0.2))).abs() < 1e-12);
            assert!((beta_quantile(4.0, 1.0, p) - p.powf(0.25)).abs() < 1e-12);
        }
    }
}
