//! How many new deals come: their history, and how it goes on.

use rand_distr::{ChiSquared, Distribution, StandardNormal};

use super::{Calendar, Deal};
use crate::{
    Error, Result,
    forecast::{
        Fitted, Forecast, Series,
        ensemble::{Ensemble, EnsembleFit},
        regression::{Method, Regression, RegressionFit, Seasonality},
    },
    parallel,
    random::Generator,
};

/// New deals by period, and how they go on.
///
/// Two readings of their history are mixed: the [standard ensemble](Ensemble::standard), and a line with one
/// wave a cycle whose errors carry over ([`Regression`]). The ensemble sees a season only where it came twice;
/// the wave sees it sooner, and both are wrong in different ways. A reading weighs the other's share in the sum
/// of both mean squared errors at past period starts (J. Bates, C. Granger, Operational Research Quarterly 20,
/// 1969, eq. 2.1 with independent errors). Paths spread as far as the errors of the mixture went there, by
/// Student's distribution as those are few, and stay as long on one side as those did: a level or a season that
/// is misjudged in one period is so in the next.
#[derive(Debug)]
pub struct Arrivals {
    readings: Readings,
    /// The weight of the ensemble; the rest is the wave's.
    weight: f64,
    /// How far errors go in each of the next periods, relative to what the readings say; the last holds on.
    spreads: Vec<f64>,
    /// The correlation of the errors of two periods of one path.
    correlation: f64,
    /// The degrees of freedom that the spreads rest on.
    freedom: f64,
}

/// Both readings of one history.
#[derive(Debug)]
struct Readings {
    ensemble: EnsembleFit,
    /// `None` for a history too short for it.
    wave: Option<RegressionFit>,
}

/// A shorter history has no wave, and no past at which readings could be tried.
const LEAST_PERIODS: usize = 8;

/// The penalty on line and wave: as the ridge's, a twentieth of the counts' variance.
const PENALTY: f64 = 0.05;

/// Period starts at which the readings are tried, and periods ahead that are looked at.
const ORIGINS: usize = 10;
const MOST_AHEAD: usize = 6;

/// Origins that are taken for granted, at which both readings erred alike and as far as they say.
const PRIOR_ORIGINS: f64 = 2.0;

/// With fewer degrees of freedom a few paths would make the mean of all.
const LEAST_FREEDOM: f64 = 5.0;

/// The weight of the ensemble where nothing could be tried.
const EQUAL: f64 = 0.5;

impl Arrivals {
    /// Learns from the deals created in `periods` of the calendar, which end where the forecast begins.
    pub(super) fn of(
        deals: &[Deal],
        calendar: &Calendar<'_>,
        periods: std::ops::Range<usize>,
    ) -> Result<Self> {
        let mut counts = vec![0.0; periods.len()];
        for deal in deals {
            let period = calendar.period_of(deal.created);
            if let Some(count) = period.checked_sub(periods.start).and_then(|at| counts.get_mut(at))
            {
                *count += 1.0;
            }
        }
        if counts.is_empty() {
            let reason = "no period is complete before the cutoff";
            return Err(Error::data(reason).with_hint("choose shorter periods"));
        }
        let series = Series::new(&counts, calendar.season)?;
        let ahead = (calendar.len() - periods.end).clamp(1, MOST_AHEAD);
        Ok(Self::learn(&series, ahead))
    }

    fn learn(series: &Series<'_>, ahead: usize) -> Self {
        let values = series.values();
        let first = LEAST_PERIODS.max(values.len().saturating_sub(ORIGINS));
        let count = values.len().saturating_sub(first);
        // What both said at each origin, and what came.
        let past: Vec<([Forecast; 2], &[f64])> = parallel::map_chunks(count, 1, |range| {
            let origin = first + range.start;
            let actual = &values[origin..values.len().min(origin + ahead)];
            (Readings::of(&series.head(origin)).forecast(actual.len()), actual)
        });
        let squares = |reading: usize| -> f64 {
            let of_origin = |(said, actual): &([Forecast; 2], &[f64])| {
                let pairs = said[reading].mean.iter().zip(*actual);
                pairs.map(|(mean, y)| (y - mean).powi(2)).sum::<f64>() / actual.len() as f64
            };
            past.iter().map(of_origin).sum()
        };
        let (ensemble, wave) = (squares(0), squares(1));
        let prior = PRIOR_ORIGINS * f64::midpoint(ensemble, wave) / f64::max(count as f64, 1.0);
        let both = ensemble + wave + 2.0 * prior;
        let weight = if both > 0.0 { (wave + prior) / both } else { EQUAL };

        // Errors of every origin by the standard deviation that the mixture gives them.
        let errors: Vec<Vec<f64>> = past
            .iter()
            .map(|(said, actual)| {
                let pairs = actual.iter().zip(mixed(said, weight));
                pairs.map(|(y, (mean, variance))| (y - mean) / deviation(variance)).collect()
            })
            .collect();
        let towards = |prior: f64, squares: &[f64]| {
            (PRIOR_ORIGINS * prior + squares.iter().sum::<f64>())
                / (PRIOR_ORIGINS + squares.len() as f64)
        };
        // The errors of one origin count as one, and those of a step go towards all.
        let overall = towards(1.0, &errors.iter().map(|of| mean_square(of)).collect::<Vec<_>>());
        let spreads = (0..ahead)
            .map(|step| {
                let of_step = errors.iter().filter_map(|of| of.get(step)).map(|e| e * e);
                towards(overall, &of_step.collect::<Vec<_>>()).sqrt()
            })
            .collect();
        Self {
            readings: Readings::of(series),
            weight,
            spreads,
            correlation: correlation(&errors),
            freedom: f64::max(PRIOR_ORIGINS + count as f64, LEAST_FREEDOM),
        }
    }

    /// The number of new deals in each of the next periods.
    pub fn forecast(&self, horizon: usize) -> Forecast {
        let (mean, variance) = mixed(&self.readings.forecast(horizon), self.weight)
            .into_iter()
            .enumerate()
            .map(|(step, (mean, variance))| (mean.max(0.0), variance * self.spread(step).powi(2)))
            .unzip();
        Forecast { mean, variance: Some(variance) }
    }

    /// The weight of the ensemble; the rest is the wave's.
    pub fn weight(&self) -> f64 {
        self.weight
    }

    /// One path of the periods that are `expected`.
    pub(super) fn simulate(&self, expected: &Forecast, random: &mut Generator) -> Vec<f64> {
        let (common, own) = (self.correlation.sqrt(), (1.0 - self.correlation).sqrt());
        // Student's distribution is a normal one of uncertain width; the freedom is above zero.
        let width = ChiSquared::new(self.freedom)
            .map_or(1.0, |squares| (self.freedom / squares.sample(random)).sqrt());
        let shared: f64 = StandardNormal.sample(random);
        let variances = expected.variance.iter().flatten();
        let draw = |(mean, variance): (&f64, &f64)| {
            let alone: f64 = StandardNormal.sample(random);
            let error = width * (common * shared + own * alone);
            (mean + variance.sqrt() * error).max(0.0)
        };
        expected.mean.iter().zip(variances).map(draw).collect()
    }

    fn spread(&self, step: usize) -> f64 {
        self.spreads[step.min(self.spreads.len() - 1)]
    }
}

/// The standard deviation by which an error is measured: at least one deal.
fn deviation(variance: f64) -> f64 {
    variance.max(1.0).sqrt()
}

/// The mean square of at least one value.
fn mean_square(values: &[f64]) -> f64 {
    values.iter().map(|value| value * value).sum::<f64>() / values.len() as f64
}

/// The correlation that two errors of one origin have on average; a half where nothing is known.
fn correlation(errors: &[Vec<f64>]) -> f64 {
    let mut products = PRIOR_ORIGINS * 0.5;
    let mut squares = PRIOR_ORIGINS;
    for errors in errors.iter().filter(|errors| errors.len() > 1) {
        let square = mean_square(errors);
        let count = errors.len() as f64;
        let sum: f64 = errors.iter().sum();
        // Of all pairs, what is left without each error's own square.
        products += (sum * sum / count - square) / (count - 1.0);
        squares += square;
    }
    (products / squares).clamp(0.0, 1.0)
}

impl Readings {
    fn of(series: &Series<'_>) -> Self {
        let wave = Regression::new()
            .seasonality(Seasonality::Fourier(1))
            .method(Method::Ridge(PENALTY))
            .autoregressive(true);
        let long_enough = series.len() >= LEAST_PERIODS;
        Self {
            ensemble: Ensemble::standard().fit(series),
            wave: long_enough.then(|| wave.fit(series).ok()).flatten(),
        }
    }

    /// What the ensemble says, and what the wave says or, without one, the ensemble again.
    fn forecast(&self, horizon: usize) -> [Forecast; 2] {
        let ensemble = self.ensemble.forecast(horizon);
        let wave = self.wave.as_ref().map(|wave| wave.forecast(horizon));
        [ensemble.clone(), wave.unwrap_or(ensemble)]
    }
}

/// Mean and variance of the mixture of two forecasts of counts, the first of which has this weight; by chance
/// alone a count has the variance of its mean.
fn mixed([first, second]: &[Forecast; 2], weight: f64) -> Vec<(f64, f64)> {
    let variance = |of: &Forecast, at: usize| of.variance.as_ref().map_or(0.0, |all| all[at]);
    (0..first.mean.len())
        .map(|at| {
            let parts = [(weight, first), (1.0 - weight, second)];
            let mean = parts.iter().map(|(share, of)| share * of.mean[at]).sum::<f64>();
            let spread = |(share, of): &(f64, &Forecast)| {
                share * (variance(of, at) + (of.mean[at] - mean).powi(2))
            };
            (mean, parts.iter().map(spread).sum::<f64>().max(mean).max(0.0))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn learn(counts: &[f64], season: usize) -> Arrivals {
        Arrivals::learn(&Series::new(counts, season).unwrap(), 3)
    }

    #[test]
    fn a_wave_is_seen_before_it_came_twice() {
        let month = |t: i32| 100.0 + 30.0 * (std::f64::consts::TAU * f64::from(t) / 12.0).sin();
        let counts: Vec<f64> = (0..23).map(|t| month(t) + f64::from(t * 7 % 5)).collect();
        let arrivals = learn(&counts, 12);
        // What follows the trough.
        let error = |means: &[f64]| -> f64 {
            (23..).zip(means).map(|(t, mean)| (month(t) + 2.0 - mean).abs()).sum()
        };
        let ours = error(&arrivals.forecast(3).mean);
        let ensemble = error(&arrivals.readings.ensemble.forecast(3).mean);
        assert!(ours < ensemble, "{ours} {ensemble}");
    }

    #[test]
    fn steady_arrivals_stay_and_spread_as_they_did() {
        let counts: Vec<f64> = (0..30).map(|t| f64::from(50 + t * 37 % 11 - 5)).collect();
        let forecast = learn(&counts, 12).forecast(3);
        for (mean, variance) in forecast.mean.iter().zip(forecast.variance.unwrap()) {
            assert!((mean - 50.0).abs() < 5.0, "{mean}");
            assert!((4.0..60.0).contains(&variance), "{variance}");
        }
    }

    #[test]
    fn errors_that_stay_on_one_side_are_correlated() {
        let one_sided = vec![vec![1.0, 1.2, 0.9], vec![-1.1, -1.0, -0.8], vec![0.9, 1.1, 1.0]];
        let mixed = vec![vec![1.0, -1.2, 0.3], vec![-1.1, 1.0, 0.2], vec![0.9, -1.0, 0.1]];
        assert!(correlation(&[]) == 0.5 && correlation(&one_sided) > 0.65);
        assert!((0.0..0.2).contains(&correlation(&mixed)), "{}", correlation(&mixed));
    }

    #[test]
    fn a_short_history_goes_on_with_a_wide_spread() {
        for counts in [&[3.0][..], &[3.0, 0.0, 5.0], &[0.0; 12], &[7.0; 9]] {
            let arrivals = learn(counts, 12);
            let forecast = arrivals.forecast(4);
            assert!(forecast.mean.iter().all(|mean| (0.0..20.0).contains(mean)), "{forecast:?}");
            let mut random = crate::random::generator(1);
            let path = arrivals.simulate(&forecast, &mut random);
            assert!(path.iter().all(|count| *count >= 0.0 && count.is_finite()), "{path:?}");
        }
    }
}
