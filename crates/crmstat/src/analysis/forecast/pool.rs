//! Products that are new or hardly sold: the others tell how they go on.
//!
//! A single sale says nothing of the next one; what became of all others after as few sales does. Sales are
//! counted as shares of the whole, so that its season and growth are not taken for theirs. For every series at
//! every past origin the share in the periods to come is set against the share since its first sale; the ratio of
//! both, summed over all series with as many sales, of the same age and as long without a sale, is what a share is
//! multiplied by (the development factors of the chain-ladder method: T. Mack, ASTIN Bulletin 23, 1993). A
//! ratio of few is drawn to that of all with as many sales.

use super::{History, SeriesSet};
use crmstat_models::forecast::{
    Series,
    drivers::DrivenFit,
    ensemble::{Ensemble, Note},
    intermittent::Intermittent,
};

/// Fewer series tell nothing of another one.
const LEAST_SERIES: usize = 20;

/// Series with no more sales than this, or no older, are pooled; so is intermittent demand.
const FEW_SALES: usize = 8;
const YOUNG: usize = 5;

/// Origins to look back to, and periods to look ahead from each.
const ORIGINS: usize = 12;
const AHEAD: usize = 6;

/// Cases that count as much as the wider class.
const PRIOR_CASES: f64 = 20.0;

/// Fits of series that are new or hardly sold are replaced by their shares of the whole.
pub(super) fn pool(set: &SeriesSet, fits: &mut [DrivenFit]) {
    let leaves = leaves(set);
    if leaves.len() < LEAST_SERIES {
        return;
    }
    let Some(whole) = Whole::of(set, &leaves) else { return };
    let factors = Factors::of(set, &leaves, &whole);
    for at in leaves {
        let history = &set.series[at];
        let Some(state) = State::of(history, history.next(), &whole) else { continue };
        let few = state.sales <= FEW_SALES
            || state.age <= YOUNG
            || fits[at]
                .ensemble()
                .notes()
                .iter()
                .any(|note| matches!(note, Note::Intermittent { .. }));
        if !few {
            continue;
        }
        let rate = state.share * factors.of_state(&state) * whole.level;
        let Ok(view) = Series::new(&history.values, set.period.season()) else { continue };
        let Ok(demand) = Intermittent::at_rate(&view, rate) else { continue };
        let note = Note::Pooled { sales: state.sales, age: state.age };
        fits[at] = DrivenFit::of(Ensemble::stand_in(&view, Box::new(demand), vec![note]), &view);
    }
}

/// The series that are divided no further.
fn leaves(set: &SeriesSet) -> Vec<usize> {
    let depth = set.paths.iter().flatten().map(Vec::len).max().unwrap_or(0);
    let is_leaf = |at: &usize| set.paths.as_ref().is_none_or(|paths| paths[*at].len() == depth);
    (0..set.series.len()).filter(is_leaf).collect()
}

/// What all leaves sell together.
struct Whole {
    first: i32,
    /// Sums over the periods before each.
    sums: Vec<f64>,
    /// What is sold in a period at the end, on average over a year.
    level: f64,
}

impl Whole {
    /// `None` where nothing is sold, or where more is returned than sold.
    fn of(set: &SeriesSet, leaves: &[usize]) -> Option<Self> {
        let histories = || leaves.iter().map(|at| &set.series[*at]);
        let first = histories().map(|history| history.first).min()?;
        let end = histories().map(History::next).max()?;
        let mut values = vec![0.0; (end - first) as usize];
        for history in histories() {
            for (at, value) in history.values.iter().enumerate() {
                values[(history.first - first) as usize + at] += value;
            }
        }
        let mut sums = vec![0.0];
        for value in &values {
            sums.push(sums[sums.len() - 1] + value.max(0.0));
        }
        let year = set.period.season().max(1).min(values.len());
        let level = (sums[values.len()] - sums[values.len() - year]) / year as f64;
        (level > 0.0 && level.is_finite()).then_some(Self { first, sums, level })
    }

    fn sum(&self, periods: std::ops::Range<i32>) -> f64 {
        let place =
            |number: i32| (number - self.first).clamp(0, self.sums.len() as i32 - 1) as usize;
        self.sums[place(periods.end)] - self.sums[place(periods.start)]
    }

    fn end(&self) -> i32 {
        self.first + self.sums.len() as i32 - 1
    }
}

/// What is known of a series at an origin.
struct State {
    /// Of the whole, since its first sale.
    share: f64,
    sales: usize,
    age: usize,
    /// Periods since the last sale.
    silent: usize,
}

impl State {
    /// `None` for a series without a sale before `origin`.
    fn of(history: &History, origin: i32, whole: &Whole) -> Option<Self> {
        let seen = &history.values
            [..(origin - history.first).clamp(0, history.values.len() as i32) as usize];
        let first = seen.iter().position(|value| *value > 0.0)?;
        let last = seen.iter().rposition(|value| *value > 0.0)?;
        let sold: f64 = seen[first..].iter().sum();
        let all = whole.sum(history.first + first as i32..origin);
        (sold > 0.0 && all > 0.0).then(|| Self {
            share: sold / all,
            sales: seen.iter().filter(|value| **value > 0.0).count(),
            age: (origin - history.first) as usize - first,
            silent: (origin - history.first) as usize - 1 - last,
        })
    }

    /// The class by sales, and within it by age and silence.
    fn class(&self) -> (usize, usize) {
        let by_sales = match self.sales {
            1 | 2 => self.sales - 1,
            3..=4 => 2,
            5..=FEW_SALES => 3,
            _ => 4,
        };
        let by_age = match self.age {
            1..=3 => self.age - 1,
            4..=6 => 3,
            7..=12 => 4,
            _ => 5,
        };
        let usual = self.age as f64 / self.sales as f64;
        let by_silence = match self.silent as f64 {
            0.0 => 0,
            silent if silent <= 2.0 * usual => 1,
            _ => 2,
        };
        (by_sales, by_age * 3 + by_silence)
    }
}

const SALES: usize = 5;
const AGES_AND_SILENCES: usize = 18;

/// What a share was multiplied by, by class.
struct Factors {
    cells: [[f64; AGES_AND_SILENCES]; SALES],
}

/// Shares before and after, and how many.
#[derive(Clone, Copy, Default)]
struct Sums {
    before: f64,
    after: f64,
    cases: f64,
}

impl Sums {
    fn add(&mut self, other: Self) {
        self.before += other.before;
        self.after += other.after;
        self.cases += other.cases;
    }

    /// The ratio, drawn to that of the wider class.
    fn ratio(&self, wider: f64) -> f64 {
        if self.before <= 0.0 {
            return wider;
        }
        (self.cases * self.after / self.before + PRIOR_CASES * wider) / (self.cases + PRIOR_CASES)
    }
}

impl Factors {
    fn of(set: &SeriesSet, leaves: &[usize], whole: &Whole) -> Self {
        let length = whole.end() - whole.first;
        let ahead = (AHEAD as i32).min(length / 4).max(1);
        let last = whole.end() - ahead;
        let mut sums = [[Sums::default(); AGES_AND_SILENCES]; SALES];
        for origin in (whole.first + 1..=last).rev().take(ORIGINS) {
            let all = whole.sum(origin..origin + ahead);
            if all <= 0.0 {
                continue;
            }
            for history in leaves.iter().map(|at| &set.series[*at]) {
                let Some(state) = State::of(history, origin, whole) else { continue };
                let from = (origin - history.first) as usize;
                let until = (from + ahead as usize).min(history.values.len());
                let sold: f64 = history.values[from.min(until)..until].iter().sum();
                let (sales, other) = state.class();
                let case = Sums { before: state.share, after: sold / all, cases: 1.0 };
                sums[sales][other].add(case);
            }
        }
        let total = |cells: &[Sums]| {
            cells.iter().fold(Sums::default(), |mut all, cell| {
                all.add(*cell);
                all
            })
        };
        let of_all = total(sums.as_flattened()).ratio(1.0);
        let cells = sums.map(|cells| {
            let of_sales = total(&cells).ratio(of_all);
            cells.map(|cell| cell.ratio(of_sales).max(0.0))
        });
        Self { cells }
    }

    fn of_state(&self, state: &State) -> f64 {
        let (sales, other) = state.class();
        self.cells[sales][other]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::forecast::Period;

    /// Sixty products that come out one a month and sell 100 in the first month, then 20 in every other.
    fn launches() -> SeriesSet {
        let series = (0..60)
            .map(|product: i32| {
                let age = 60 - product;
                let values = (0..age).map(|at| match at {
                    0 => 100.0,
                    at if at % 2 == 0 => 20.0,
                    _ => 0.0,
                });
                History {
                    name: product.to_string(),
                    first: product,
                    values: values.collect(),
                    filled: 0,
                }
            })
            .collect();
        SeriesSet { period: Period::Month, series, paths: None, adds_up: false, notes: Vec::new() }
    }

    #[test]
    fn a_first_sale_goes_on_as_first_sales_did() {
        let set = launches();
        let options = crate::analysis::forecast::Options::default();
        let plan = crate::analysis::forecast::forecast(&set, &options).unwrap();
        let newest = &plan.series()[59];
        let mean = newest.mean.iter().sum::<f64>() / 12.0;
        // 10 a month, and not 100 again.
        assert!((5.0..20.0).contains(&mean), "{mean}");
        assert!(newest.notes[0].starts_with("sold in 1 of 1 period:"), "{:?}", newest.notes);
        assert!(newest.intervals[1].upper[0] > newest.mean[0]);
    }

    #[test]
    fn a_few_series_are_not_pooled() {
        let mut set = launches();
        set.series.truncate(LEAST_SERIES - 1);
        let options = crate::analysis::forecast::Options::default();
        let plan = crate::analysis::forecast::forecast(&set, &options).unwrap();
        assert!(
            plan.series().iter().all(|one| !one.notes.join(" ").contains("the shares of others"))
        );
    }
}
