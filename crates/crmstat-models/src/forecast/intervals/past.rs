//! How past errors of a fitted model were spread, in units of what it said.
//!
//! A model's variance is one number; errors of sales have a shape. Most days are ordinary and a few are not, and sales
//! can rise further than they can fall. At earlier origins the fitted model, its parameters kept, forecasts what is
//! known by now. These errors, over the standard deviations that it gave them, make the shape of its intervals as far
//! as there are enough of them, and Student's distribution the rest. The parameters have seen what they forecast, so
//! that errors to come are a little larger; how much is told by series whose end was kept back.

use super::{Interval, Outcome, check_level, paths::quantile, student_bound};
use crate::{
    Error, Result,
    forecast::{Fitted, Forecast, Series},
};

/// Origins to go back to at most.
const ORIGINS: usize = 24;

/// An origin has seen this share of the series at least, and as many observations.
const LEAST_SHARE: f64 = 0.4;
const LEAST_SEEN: usize = 8;

/// Errors beyond a quantile that count as much as Student's distribution.
const PRIOR_BEYOND: f64 = 4.0;

/// Errors in a band of steps that count as much as those of all.
const PRIOR_IN_BAND: f64 = 30.0;

/// Sums over a whole horizon, one after the other, that count as much as the errors of single periods.
const PRIOR_SUMS: f64 = 4.0;

/// What sums err more than their periods do, as a share of their deviation: without a season, and with one.
const SUMS_ERR_MORE: [f64; 2] = [1.12, 1.22];

/// How much wider the errors to come are than those of parameters that have seen them: by 1 + this over the number of
/// observations. A season has parameters of its own.
fn optimism(season: usize) -> f64 {
    2.0 + (season.min(12) as f64).powi(2) / 9.6
}

/// A handful of observations, whose own spread is all that is known of errors, widen them no more than this.
const MOST_OPTIMISM: f64 = 3.0;

/// No more observations are looked back at than so many cycles, or this number: older errors were of another size.
const CYCLES: usize = 8;
const RECENT: usize = 150;

/// How much further out than Student's tails with six degrees of freedom those of errors are, for each unit beyond the
/// tenth at either end.
const TAIL: f64 = 0.08;

/// The probabilities at which quantiles are kept.
const GRID: usize = 99;

/// The shape of the errors of a fitted model.
#[derive(Clone, Debug)]
pub struct Past {
    shape: Shape,
    /// What the deviation of each step is multiplied by.
    scales: Vec<f64>,
    of_sum: f64,
}

impl Past {
    /// Looks back at the errors of `fitted` over `series`, which it has seen, up to `horizon` steps ahead.
    pub fn of(fitted: &dyn Fitted, series: &Series<'_>, horizon: usize) -> Self {
        let (values, count) = (series.values(), series.len());
        let recent = count.saturating_sub((CYCLES * series.season()).max(RECENT));
        let least = ((LEAST_SHARE * count as f64) as usize).max(LEAST_SEEN).max(recent);
        let mut origins: Vec<Vec<f64>> = Vec::new();
        if count > least {
            let steps = (count - least).min(ORIGINS);
            for step in 0..steps {
                let seen = least + step * (count - least) / steps;
                let Some(then) = fitted.as_of(seen) else { continue };
                let forecast = then.forecast(horizon.min(count - seen));
                let Some(variance) = &forecast.variance else { continue };
                let errors: Vec<f64> =
                    values[seen..].iter().zip(&forecast.mean).map(|(y, f)| y - f).collect();
                let ratio = |(error, variance): (&f64, &f64)| {
                    if *variance > 0.0 { error / variance.sqrt() } else { f64::NAN }
                };
                origins.push(errors.iter().zip(variance).map(ratio).collect());
            }
        }
        Self::from_errors(&origins, count.saturating_sub(least) as f64, series, horizon)
    }

    fn from_errors(origins: &[Vec<f64>], fresh: f64, series: &Series<'_>, horizon: usize) -> Self {
        let usable = |ratio: &&f64| ratio.is_finite();
        let mut all: Vec<f64> = origins.iter().flatten().filter(usable).copied().collect();
        all.sort_by(f64::total_cmp);
        let optimism = (1.0 + optimism(series.season()) / series.len() as f64).min(MOST_OPTIMISM);
        let sums_err_more = SUMS_ERR_MORE[usize::from(series.season() > 1)];
        if all.is_empty() {
            return Self {
                shape: Shape::student(),
                scales: vec![optimism; horizon],
                of_sum: sums_err_more * optimism,
            };
        }
        // Each observation tells once, however many origins forecast it.
        let fresh = fresh.min(all.len() as f64);
        let quantiles = (1..=GRID).map(|at| {
            let level = at as f64 / (GRID + 1) as f64;
            let beyond = fresh * level.min(1.0 - level);
            let weight = beyond / (beyond + PRIOR_BEYOND);
            weight * quantile(&all, level) + (1.0 - weight) * student(level)
        });
        let shape = Shape::of_quantiles(quantiles.collect());
        let size = spread(all.iter());
        let scales = (0..horizon)
            .map(|h| {
                let band = band_of(h);
                let mut those: Vec<f64> = origins
                    .iter()
                    .flat_map(|row| row.iter().skip(band.start).take(band.len()))
                    .filter(usable)
                    .copied()
                    .collect();
                let known = (those.len() as f64).min(fresh);
                those.sort_by(f64::total_cmp);
                let ratio =
                    if size > 0.0 && !those.is_empty() { spread(those.iter()) / size } else { 1.0 };
                optimism * (known * ratio + PRIOR_IN_BAND) / (known + PRIOR_IN_BAND)
            })
            .collect();
        let squares = all.iter().map(|z| z * z).sum::<f64>() / all.len() as f64;
        // A standard deviation of Student's distribution of six degrees is the root of 6/4.
        let single = ((fresh * squares / 1.5 + PRIOR_SUMS) / (fresh + PRIOR_SUMS)).sqrt();
        Self { shape, scales, of_sum: sums_err_more * optimism * single }
    }

    /// The interval of each period of `forecast`.
    ///
    /// # Errors
    /// A parameter error for a level outside (0, 1); a data error for a forecast without variances.
    pub fn interval(&self, forecast: &Forecast, level: f64) -> Result<Interval> {
        check_level(level)?;
        let Some(variance) = &forecast.variance else {
            return Err(Error::data("the model has no analytic variance")
                .with_hint("use simulated or conformal intervals"));
        };
        let tail = 0.5 - 0.5 * level;
        let (low, high) = (self.shape.quantile(tail), self.shape.quantile(1.0 - tail));
        let bound = |quantile: f64| {
            forecast
                .mean
                .iter()
                .zip(variance)
                .zip(&self.scales)
                .map(|((mean, variance), scale)| {
                    (mean + quantile * scale * variance.sqrt()).clamp(f64::MIN, f64::MAX)
                })
                .collect()
        };
        Ok(Interval { level, lower: bound(low), upper: bound(high) })
    }

    /// The distribution of the sum over the horizon, where that of the model has this mean and standard deviation.
    pub fn sum(&self, mean: f64, deviation: f64, floor: Option<f64>) -> Outcome {
        Outcome::student(mean, self.of_sum * deviation, floor)
    }
}

/// A quantile function.
#[derive(Clone, Debug)]
struct Shape(Vec<f64>);

impl Shape {
    fn student() -> Self {
        Self((1..=GRID).map(|at| student(at as f64 / (GRID + 1) as f64)).collect())
    }

    /// From quantiles at equal steps of probability, which may not fall.
    fn of_quantiles(mut quantiles: Vec<f64>) -> Self {
        for at in 1..quantiles.len() {
            quantiles[at] = quantiles[at].max(quantiles[at - 1]);
        }
        Self(quantiles)
    }

    fn quantile(&self, level: f64) -> f64 {
        let place = level * (GRID + 1) as f64 - 1.0;
        let last = GRID - 1;
        // Beyond the ends the tails are Student's.
        if place <= 0.0 {
            return self.0[0] * (student(level) / student(1.0 / (GRID + 1) as f64));
        }
        if place >= last as f64 {
            return self.0[last] * (student(level) / student(GRID as f64 / (GRID + 1) as f64));
        }
        let below = place as usize;
        let share = place - below as f64;
        self.0[below] * (1.0 - share) + self.0[below + 1] * share
    }
}

/// A tenth of Student's distribution with six degrees of freedom lies beyond this.
const TENTH: f64 = 1.439_756;

/// The quantile of Student's distribution with six degrees of freedom, its tails drawn out.
fn student(level: f64) -> f64 {
    let size = student_bound((2.0 * level - 1.0).abs());
    let size = size * (1.0 + TAIL * (size - TENTH).max(0.0));
    if level < 0.5 { -size } else { size }
}

/// Half the distance between the tenths at either end of sorted values.
fn spread<'a>(sorted: impl Iterator<Item = &'a f64>) -> f64 {
    let sorted: Vec<f64> = sorted.copied().collect();
    0.5 * (quantile(&sorted, 0.9) - quantile(&sorted, 0.1))
}

/// The steps that are looked at together with step `h`: from half to twice as far.
fn band_of(h: usize) -> std::ops::Range<usize> {
    let ahead = h + 1;
    (ahead.div_ceil(2) - 1)..(2 * ahead)
}

#[cfg(test)]
mod tests {
    use rand_distr::{Distribution, StandardNormal};

    use super::*;
    use crate::{forecast::baseline::Baseline, random};

    fn walk(count: usize, index: u64, heavy: bool) -> Vec<f64> {
        let mut generator = random::stream(8, index);
        let mut at = 0.0;
        (0..count)
            .map(|_| {
                let shock: f64 = StandardNormal.sample(&mut generator);
                // Cubes are mostly small and sometimes large.
                at += if heavy { shock.powi(3) } else { shock };
                at
            })
            .collect()
    }

    #[test]
    fn errors_with_heavy_tails_have_narrow_middles() {
        let (mut covered, mut wide) = (0.0, 0.0);
        for index in 0..300 {
            let values = walk(305, index, true);
            let series = Series::new(&values[..300], 1).unwrap();
            let fit = Baseline::Naive.fit(&series);
            let past = Past::of(&fit, &series, 5);
            let forecast = fit.forecast(5);
            let own = past.interval(&forecast, 0.8).unwrap();
            let by_model = crate::forecast::intervals::calibrated(&forecast, 0.8).unwrap();
            covered +=
                f64::from(u8::from((own.lower[0]..=own.upper[0]).contains(&values[300]))) / 300.0;
            wide +=
                f64::from(u8::from((by_model.lower[0]..=by_model.upper[0]).contains(&values[300])))
                    / 300.0;
        }
        assert!((0.75..0.89).contains(&covered) && wide > 0.9, "{covered} {wide}");
    }

    #[test]
    fn without_a_past_it_is_students_distribution() {
        let series = Series::new(&[3.0, 5.0, 4.0], 1).unwrap();
        let fit = Baseline::Naive.fit(&series);
        let past = Past::of(&fit, &series, 2);
        let forecast = fit.forecast(2);
        let interval = past.interval(&forecast, 0.8).unwrap();
        let deviation = forecast.variance.as_ref().unwrap()[1].sqrt();
        let expected = (1.0 + optimism(1) / 3.0) * 1.439_756 * deviation;
        assert!((interval.upper[1] - forecast.mean[1] - expected).abs() < 1e-3 * deviation);
        assert!(past.interval(&forecast, 1.0).unwrap_err().is_parameter());
        let wide = past.interval(&forecast, 0.999).unwrap();
        assert!(wide.upper[0] > interval.upper[0]);
    }

    #[test]
    fn any_model_that_goes_back_forecasts_then_as_it_would_have() {
        let values = walk(40, 1, false);
        let fit = Baseline::Naive.fit(&Series::new(&values, 1).unwrap());
        let then = fit.as_of(30).unwrap();
        assert_eq!(then.forecast(2).mean, [values[29]; 2]);
        assert!(fit.as_of(0).is_none() && fit.as_of(41).is_none());
    }
}
