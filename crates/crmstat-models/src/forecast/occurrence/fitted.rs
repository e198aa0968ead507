//! A model of the open periods, put back into the calendar.

use rand::RngExt;

use super::Occurrence;
use crate::{
    forecast::{Fitted, Forecast, Series},
    random::Generator,
};

/// A model fitted to the open periods of an [`Occurrence`], in the time of the whole series.
#[derive(Debug)]
pub struct Within<F> {
    occurrence: Occurrence,
    inner: F,
    fitted: Vec<f64>,
    residuals: Vec<f64>,
}

impl<F: Fitted> Within<F> {
    /// `inner` was fitted to [`Occurrence::active`] of `series`.
    pub fn new(occurrence: Occurrence, inner: F, series: &Series<'_>) -> Self {
        let kept = 1.0 - occurrence.exceptions;
        let mut of_open = inner.fitted_values().iter();
        let fitted: Vec<f64> = (0..series.len())
            .map(|at| {
                if at < occurrence.start || at >= occurrence.end {
                    0.0
                } else if occurrence.is_open(at) {
                    of_open.next().map_or(0.0, |value| kept * value)
                } else {
                    occurrence.closed_means[at % occurrence.cycle]
                }
            })
            .collect();
        let residuals = series.values().iter().zip(&fitted).map(|(y, f)| y - f).collect();
        Self { occurrence, inner, fitted, residuals }
    }

    /// The pattern of zeros.
    pub fn occurrence(&self) -> &Occurrence {
        &self.occurrence
    }

    /// The model of the open periods.
    pub fn inner(&self) -> &F {
        &self.inner
    }

    /// Whether a future period is a mixture of a sale and none, far from normal.
    pub fn is_mixture(&self) -> bool {
        self.occurrence.alive < 1.0
    }

    /// The steps of the inner model that belong to the next `horizon` periods; `None` for closed ones.
    fn steps(&self, horizon: usize) -> Vec<Option<usize>> {
        let of = &self.occurrence;
        let mut next = of.open_before(of.count) - of.open_before(of.end);
        (of.count..of.count + horizon)
            .map(|at| {
                of.is_open(at).then(|| {
                    next += 1;
                    next - 1
                })
            })
            .collect()
    }
}

impl Fitted for Box<dyn Fitted> {
    fn name(&self) -> &str {
        self.as_ref().name()
    }

    fn forecast(&self, horizon: usize) -> Forecast {
        self.as_ref().forecast(horizon)
    }

    fn fitted_values(&self) -> &[f64] {
        self.as_ref().fitted_values()
    }

    fn residuals(&self) -> &[f64] {
        self.as_ref().residuals()
    }

    fn as_of(&self, seen: usize) -> Option<Box<dyn Fitted>> {
        self.as_ref().as_of(seen)
    }

    fn simulate(&self, horizon: usize, generator: &mut Generator) -> Option<Vec<f64>> {
        self.as_ref().simulate(horizon, generator)
    }
}

impl<F: Fitted> Fitted for Within<F> {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn forecast(&self, horizon: usize) -> Forecast {
        let of = &self.occurrence;
        let steps = self.steps(horizon);
        let ahead = steps.iter().flatten().last().map_or(0, |last| last + 1);
        let inner = self.inner.forecast(ahead);
        // Holidays, as few as they were, move the mean; an interval is that of the other days.
        let kept = 1.0 - of.exceptions;
        let alive = |mean: f64, square: f64| {
            (of.alive * square - of.alive * of.alive * mean * mean).clamp(0.0, f64::MAX)
        };
        let phase = |at: usize| (of.count + at) % of.cycle;
        let mean = steps
            .iter()
            .enumerate()
            .map(|(at, step)| match step {
                Some(step) => of.alive * kept * inner.mean[*step],
                None => of.alive * of.closed_means[phase(at)],
            })
            .collect();
        let variance = inner.variance.as_ref().map(|variances| {
            steps
                .iter()
                .enumerate()
                .map(|(at, step)| match step {
                    Some(step) => {
                        let mean = kept * inner.mean[*step];
                        alive(mean, variances[*step] + mean * mean)
                    }
                    None => alive(of.closed_means[phase(at)], of.closed_squares[phase(at)]),
                })
                .collect()
        });
        Forecast { mean, variance }
    }

    fn fitted_values(&self) -> &[f64] {
        &self.fitted
    }

    fn residuals(&self) -> &[f64] {
        &self.residuals
    }

    fn as_of(&self, seen: usize) -> Option<Box<dyn Fitted>> {
        let of = &self.occurrence;
        // Whether demand was alive then is another question than whether it is now.
        if of.alive < 1.0 || seen <= of.start || seen > of.count {
            return None;
        }
        let inner = self.inner.as_of(of.open_before(seen))?;
        Some(Box::new(Within {
            occurrence: Occurrence { count: seen, end: seen, ..of.clone() },
            inner,
            fitted: self.fitted[..seen].to_vec(),
            residuals: self.residuals[..seen].to_vec(),
        }))
    }

    fn simulate(&self, horizon: usize, generator: &mut Generator) -> Option<Vec<f64>> {
        let of = &self.occurrence;
        let steps = self.steps(horizon);
        let ahead = steps.iter().flatten().last().map_or(0, |last| last + 1);
        let path = self.inner.simulate(ahead, generator)?;
        if of.alive < 1.0 && generator.random::<f64>() >= of.alive {
            return Some(vec![0.0; horizon]);
        }
        let path = steps.iter().enumerate().map(|(at, step)| match step {
            Some(_) if of.exceptions > 0.0 && generator.random::<f64>() < of.exceptions => 0.0,
            Some(step) => path[*step],
            None => of.closed_means[(of.count + at) % of.cycle],
        });
        Some(path.collect())
    }
}
