//! A hazard as a product of shrunk factors.

use super::{Outcome, exposure::Exposure};
use crate::special::gamma::ln_gamma;

/// The hazard of one outcome, per day.
#[derive(Clone, Debug)]
pub(super) struct Hazard {
    base: f64,
    /// The multiplier of every level of every factor.
    factors: Vec<Vec<f64>>,
    /// The variance of a period's multiplier.
    shock: f64,
}

/// Strengths of the prior that are tried, as numbers of events; the last says that levels do not differ.
const STRENGTHS: [f64; 11] = [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 512.0, 4096.0];

/// Rounds over all factors, in the first few of which the strengths are found; after that only their
/// remains are left to divide between correlated factors.
const ROUNDS: usize = 30;
const ROUNDS_OF_STRENGTHS: usize = 5;

/// The hazard where it never happened: as if once in ten times the exposure.
const NEVER: f64 = 0.1;

/// Periods that are expected to bring fewer events than this are too short to show a shock.
const LEAST_EXPECTED: f64 = 1.0;

impl Hazard {
    pub(super) fn fit(exposures: &[Exposure], levels: &[u32], outcome: Outcome) -> Self {
        let weight = |exposure: &Exposure| match exposure.event {
            Some((event, weight)) if event == outcome => weight,
            _ => 0.0,
        };
        let events: f64 = exposures.iter().map(weight).sum();
        let days: f64 = exposures.iter().map(|exposure| exposure.days).sum();
        let base = events.max(NEVER) / days.max(1.0);
        let mut fit = Self {
            base,
            factors: levels.iter().map(|levels| vec![1.0; *levels as usize]).collect(),
            shock: 0.0,
        };
        let mut rates: Vec<f64> = exposures.iter().map(|exposure| exposure.days * base).collect();
        let mut strengths = vec![STRENGTHS[STRENGTHS.len() - 1]; levels.len()];
        for round in 0..ROUNDS {
            for factor in 0..levels.len() {
                let mut observed = vec![0.0; levels[factor] as usize];
                let mut expected = vec![0.0; levels[factor] as usize];
                for (exposure, rate) in exposures.iter().zip(&rates) {
                    let level = exposure.levels[factor] as usize;
                    observed[level] += weight(exposure);
                    expected[level] += rate / fit.factors[factor][level];
                }
                if round < ROUNDS_OF_STRENGTHS {
                    strengths[factor] = strength(&observed, &expected);
                }
                let k = strengths[factor];
                let next: Vec<f64> =
                    observed.iter().zip(&expected).map(|(o, e)| (o + k) / (e + k)).collect();
                for (exposure, rate) in exposures.iter().zip(&mut rates) {
                    let level = exposure.levels[factor] as usize;
                    *rate *= next[level] / fit.factors[factor][level];
                }
                fit.factors[factor] = next;
            }
            // The level of all: what is expected is what happened.
            let total: f64 = rates.iter().sum();
            if events > 0.0 && total > 0.0 {
                fit.base *= events / total;
                for rate in &mut rates {
                    *rate *= events / total;
                }
            }
        }
        fit.shock = shock(exposures, &rates, weight);
        fit
    }

    /// The hazard per day of a deal in these levels.
    pub(super) fn of(&self, levels: &[u32]) -> f64 {
        // A level that the past does not know says nothing.
        let factor = |(factor, level): (&Vec<f64>, &u32)| factor.get(*level as usize).copied();
        let factors = self.factors.iter().zip(levels).map(|pair| factor(pair).unwrap_or(1.0));
        self.base * factors.product::<f64>()
    }

    /// The variance of a whole period's multiplier, whose mean is one.
    pub(super) fn shock_variance(&self) -> f64 {
        self.shock
    }
}

/// The variance of the periods' multipliers, and of their mean, which is estimated from as many periods.
fn shock(exposures: &[Exposure], rates: &[f64], weight: impl Fn(&Exposure) -> f64) -> f64 {
    let periods = exposures.iter().map(|exposure| exposure.period + 1).max().unwrap_or(0) as usize;
    let (mut observed, mut expected) = (vec![0.0; periods], vec![0.0; periods]);
    for (exposure, rate) in exposures.iter().zip(rates) {
        observed[exposure.period as usize] += weight(exposure);
        expected[exposure.period as usize] += rate;
    }
    let (observed, expected): (Vec<f64>, Vec<f64>) =
        observed.into_iter().zip(expected).filter(|(_, e)| *e >= LEAST_EXPECTED).unzip();
    if observed.len() < 2 {
        return 0.0;
    }
    (1.0 + 1.0 / observed.len() as f64) / strength(&observed, &expected)
}

/// The strength k under which the levels' counts are likeliest: negative binomial with mean `expected`.
fn strength(observed: &[f64], expected: &[f64]) -> f64 {
    let likelihood = |k: f64| -> f64 {
        let levels = observed.iter().zip(expected).filter(|(_, e)| **e > 0.0);
        levels
            .map(|(o, e)| {
                ln_gamma(o + k) - ln_gamma(k) + k * k.ln() + o * e.ln() - (o + k) * (e + k).ln()
            })
            .sum()
    };
    let scored = STRENGTHS.map(|k| (likelihood(k), k));
    scored
        .into_iter()
        .fold((f64::NEG_INFINITY, 1.0), |best, one| if one.0 > best.0 { one } else { best })
        .1
}
