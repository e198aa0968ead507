//! What would have come without an event: one series, past and future.

use crate::{Error, Result, analysis::forecast::Period};
use crmstat_models::forecast::structural::{Structural, season, trend, waves};

/// One series and an event in it.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The values by period, oldest first.
    pub values: &'a [f64],
    /// Series that the event did not touch, as long as the values.
    pub controls: &'a [Vec<f64>],
    /// The first period that is not before the event.
    pub event: usize,
    /// The first period that is judged: the period within which the event lies is not.
    pub judged: usize,
    /// Periods at which earlier events changed the level.
    pub earlier: &'a [usize],
    /// The length of a period, which tells its season.
    pub period: Period,
    /// The level of intervals.
    pub level: f64,
    /// The seed of the paths.
    pub seed: u64,
}

/// A value and the interval of what may be.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Estimate {
    /// The middle.
    pub value: f64,
    /// The lower end.
    pub lower: f64,
    /// The upper end.
    pub upper: f64,
}

/// What an event did to a series.
#[derive(Clone, Debug)]
pub struct Answer {
    /// What came in the judged periods together.
    pub actual: f64,
    /// What would have come.
    pub counterfactual: Estimate,
    /// The difference.
    pub effect: Estimate,
    /// The difference over what would have come; `None` where that may be nothing.
    pub relative: Option<Estimate>,
    /// The probability that more came than would have come.
    pub positive: f64,
    /// By judged period: what would have come, and the sum of differences up to it.
    pub points: Vec<(Estimate, Estimate)>,
    /// Whether the logarithm was modelled, as the series grows by ratios.
    pub by_ratios: bool,
    /// Whether a season of the year was known.
    pub with_year: bool,
}

impl Answer {
    /// Whether the interval of the effect holds nothing.
    pub fn is_beyond_chance(&self) -> bool {
        self.effect.lower > 0.0 || self.effect.upper < 0.0
    }
}

/// Paths of the future: 2.5 % rest on 50.
const PATHS: usize = 2_000;
/// Harmonics of a year in weeks and days.
const HARMONICS: usize = 3;
const DAYS_OF_YEAR: f64 = 365.25;

/// Asks what the event did.
///
/// ```
/// use crmstat::analysis::{effect::{Question, ask}, forecast::Period};
///
/// // Forty quiet months around 100, then twelve that bring a fifth more.
/// let noise = |t: usize| ((t * 7919) % 11) as f64 - 5.0;
/// let value = |t: usize| if t < 40 { 100.0 + noise(t) } else { 120.0 + noise(t) };
/// let values: Vec<f64> = (0..52).map(value).collect();
/// let answer = ask(&Question {
///     values: &values, controls: &[], event: 40, judged: 40, earlier: &[],
///     period: Period::Month, level: 0.95, seed: 42,
/// })?;
/// assert!(answer.is_beyond_chance() && answer.positive > 0.99);
/// # Ok::<(), crmstat::Error>(())
/// ```
///
/// # Errors
/// Too short a past for its season and controls, or no period to judge.
pub fn ask(question: &Question<'_>) -> Result<Answer> {
    let Question { values, controls, event, judged, .. } = *question;
    if judged >= values.len() || event > judged {
        return Err(Error::data("no complete period lies behind the event")
            .with_hint("take a shorter `period`, or wait until one is over"));
    }
    let past = &values[..event];
    let (mut columns, with_year) = seasons(question.period, event, values.len());
    for own in question.earlier {
        columns.push((0..values.len()).map(|t| f64::from(u8::from(t >= *own))).collect());
    }
    let fit = |logarithm: bool| {
        let of = |values: &[f64]| -> Vec<f64> {
            values.iter().map(|own| if logarithm { own.ln() } else { *own }).collect()
        };
        let mut columns = columns.clone();
        columns.extend(controls.iter().map(|own| scaled(of(own))));
        Structural::new(&of(past), &columns).map_err(Error::from_model)
    };
    let plain = fit(false)?;
    let all_positive = past.iter().chain(controls.iter().flatten()).all(|value| *value > 0.0);
    let ratios = if all_positive { Some(fit(true)?) } else { None };
    // The likelihood of a logarithm is that of the value times the value.
    let jacobian: f64 = past.iter().map(|value| value.max(f64::MIN_POSITIVE).ln()).sum();
    let ratios = ratios.filter(|own| own.log_likelihood() - jacobian > plain.log_likelihood());
    let by_ratios = ratios.is_some();
    let mut paths = ratios.as_ref().unwrap_or(&plain).paths(PATHS, question.seed);
    if by_ratios {
        paths.iter_mut().flatten().for_each(|value| *value = value.exp());
    }
    let skipped = judged - event;
    let actual = &values[judged..];
    let mut points = Vec::with_capacity(actual.len());
    let mut sums = vec![0.0; paths.len()];
    let mut so_far = 0.0;
    for (at, own) in actual.iter().enumerate() {
        let of_period: Vec<f64> = paths.iter().map(|path| path[skipped + at]).collect();
        so_far += own;
        for (sum, value) in sums.iter_mut().zip(&of_period) {
            *sum += value;
        }
        let differences = sums.iter().map(|sum| so_far - sum).collect();
        let level = question.level;
        points.push((estimate(of_period, level), estimate(differences, level)));
    }
    let positive = sums.iter().filter(|sum| **sum < so_far).count() as f64 / sums.len() as f64;
    let relative = sums
        .iter()
        .all(|sum| *sum > 0.0)
        .then(|| estimate(sums.iter().map(|sum| so_far / sum - 1.0).collect(), question.level));
    let counterfactual = estimate(sums, question.level);
    Ok(Answer {
        actual: so_far,
        effect: Estimate {
            value: so_far - counterfactual.value,
            lower: so_far - counterfactual.upper,
            upper: so_far - counterfactual.lower,
        },
        counterfactual,
        relative,
        positive,
        points,
        by_ratios,
        with_year,
    })
}

/// Level, trend and the seasons that `past` periods bear; whether those of the year are among them.
fn seasons(period: Period, past: usize, len: usize) -> (Vec<Vec<f64>>, bool) {
    /// Periods beyond two years, in which the season is seen twice, that a season of columns needs.
    const SPARE: usize = 6;
    let mut columns = trend(len);
    let year = match period {
        Period::Month => 12.0,
        Period::Quarter => 4.0,
        Period::Week => DAYS_OF_YEAR / 7.0,
        Period::Day => DAYS_OF_YEAR,
        Period::Hour | Period::Year => 0.0,
    };
    if period == Period::Day && past >= 14 + SPARE {
        columns.extend(season(7, len));
    }
    let with_year = year > 0.0 && past as f64 >= 2.0 * year + SPARE as f64;
    if with_year {
        match period {
            Period::Month | Period::Quarter => columns.extend(season(year as usize, len)),
            _ => columns.extend(waves(year, HARMONICS, len)),
        }
    }
    (columns, with_year)
}

/// A column of about one: its unit says nothing.
fn scaled(values: Vec<f64>) -> Vec<f64> {
    let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
    let largest = values.iter().map(|own| (own - mean).abs()).fold(0.0, f64::max);
    let unit = if largest > 0.0 { largest } else { 1.0 };
    values.into_iter().map(|own| (own - mean) / unit).collect()
}

/// The median and the interval of `values`.
fn estimate(mut values: Vec<f64>, level: f64) -> Estimate {
    let mut at = |p: f64| crmstat_models::rfm::quantile(&mut values, p).unwrap_or(f64::NAN);
    Estimate { value: at(0.5), lower: at(0.5 - level / 2.0), upper: at(0.5 + level / 2.0) }
}
