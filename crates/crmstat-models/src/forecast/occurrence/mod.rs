//! When is anything sold at all? Closed days and months, demand that has ended, demand that has just begun.
//!
//! # Formula
//! A period of the cycle (a day of the week, a month of the year) is *closed* where its zeros are better explained
//! by a kind of period that is nearly always empty than by zeros at random; see [`Occurrence::of`]. The open
//! periods form a series of their own, whose cycle has as many periods as are open; closed ones keep their own
//! mean, mostly zero. Zeros before the first sale belong to no demand yet where an open period has a sale with
//! probability p, not a rare one, and as many empty ones have a chance (1 − p)^n below one in twenty. After r empty open periods at
//! the end demand is alive with the odds
//!
//! (1 − p)^r + 3e r exp(−r/L) : e r,
//!
//! the second term being a pause of L periods on average, the last an end at a rate of e a period: one in a hundred
//! months. A forecast is what the series up to its last sale (where sales are rare, all of it) suggests, times the
//! probability to be alive.
//!
//! # Assumptions
//! The rhythm goes on; sales in open periods are independent but for pauses and an end.
//!
//! # Citation
//! A. A. Syntetos, J. E. Boylan, J. D. Croston, Journal of the Operational Research Society 56, 2005 (zeros at
//! random); R. H. Teunter, A. A. Syntetos, M. Z. Babai, European Journal of Operational Research 214, 2011
//! (obsolescence); R. Kass, A. Raftery, Journal of the American Statistical Association 90, 1995 (marginal
//! likelihoods of patterns).
//!
//! # When not to use
//! Series without zeros.
//!
//! # Units and shapes
//! Positions are counted from the first observation; phases are positions modulo the season.
//!
//! # Errors
//! None: a series without a pattern has none.
//!
//! # Examples
//! ```
//! use crmstat_models::forecast::{Series, occurrence::Occurrence};
//!
//! // Ten weeks of a shop that is closed on the last two days.
//! let sales: Vec<f64> = (0..70).map(|day| if day % 7 < 5 { 50.0 + f64::from(day % 5) } else { 0.0 }).collect();
//! let occurrence = Occurrence::of(&Series::new(&sales, 7)?).unwrap();
//! assert_eq!(occurrence.closed(), [5, 6]);
//! assert_eq!(occurrence.season(), 5);
//! # Ok::<(), crmstat_models::Error>(())
//! ```

mod fitted;
mod rhythm;

pub use fitted::Within;

use super::Series;

/// Zeros before the first sale with a smaller chance than this come before demand.
const CHANCE_OF_LATE_SALE: f64 = 0.05;

/// A series more likely alive than this is taken as it is.
const ALIVE: f64 = 0.95;

/// Demand in fewer of the open periods is rare: its mean interval is above 1.32 (Syntetos et al., 2005).
const RARE: f64 = 1.0 / 1.32;

/// The probability that demand ends within a month, and that it pauses, as multiples of that.
const END_A_MONTH: f64 = 0.01;
const PAUSES: f64 = 3.0;

/// The mean length of a pause in months; of days and weeks longer than a few of them, of months one.
const PAUSE: f64 = 1.0;
const PAUSE_IN_DAYS: f64 = 10.0;

/// The share of open periods without a sale up to which they are exceptions, such as holidays.
const EXCEPTIONS: f64 = 0.25;

/// Where a series has demand: its active stretch, its closed periods, and whether it is still alive.
#[derive(Clone, Debug, PartialEq)]
pub struct Occurrence {
    count: usize,
    /// The active stretch: from the first sale or period that may have had one, to the last.
    start: usize,
    end: usize,
    cycle: usize,
    /// By phase; empty where no period is closed.
    closed: Vec<bool>,
    /// The mean of each closed phase.
    closed_means: Vec<f64>,
    /// The mean square of each closed phase.
    closed_squares: Vec<f64>,
    /// The share of open periods that are empty by exception, and filled for the model.
    exceptions: f64,
    alive: f64,
    /// Open periods since the last sale, where demand may have ended.
    silent: usize,
}

impl Occurrence {
    /// The pattern of zeros of `series`; `None` where it has none that matters. A negative value, such as a month of
    /// refunds, is no zero.
    pub fn of(series: &Series<'_>) -> Option<Self> {
        let values = series.values();
        let sold = |value: &f64| *value != 0.0;
        let first = values.iter().position(sold)?;
        let last = values.iter().rposition(sold)?;
        if values.iter().all(sold) {
            return None;
        }
        let cycle = series.season();
        // A cycle of zeros at either end may be one of closed periods.
        let from = first - first % cycle;
        let until = (last + 1 + cycle).min(values.len());
        let closed = rhythm::closed_phases(&values[from..until], cycle).unwrap_or_default();
        let mut occurrence = Self {
            count: values.len(),
            start: 0,
            end: values.len(),
            cycle,
            closed,
            closed_means: Vec::new(),
            closed_squares: Vec::new(),
            exceptions: 0.0,
            alive: 1.0,
            silent: 0,
        };
        occurrence.bound(values, first, last);
        occurrence.look_at_closed(values);
        let plain =
            occurrence.closed.is_empty() && occurrence.start == 0 && occurrence.end == values.len();
        (!plain).then_some(occurrence)
    }

    /// Finds the active stretch.
    fn bound(&mut self, values: &[f64], first: usize, last: usize) {
        let open = |range: std::ops::Range<usize>| range.filter(|at| self.is_open(*at));
        let active = open(first..last + 1).count();
        let sales = open(first..last + 1).filter(|at| values[*at] != 0.0).count();
        // A sale at random before the first one and after the last one: neither certain nor impossible.
        let rate = (sales as f64 + 0.5) / (active as f64 + 1.0);
        let early = open(0..first).count() as i32;
        let late = open(last + 1..values.len()).count();
        // The rate of rare demand falls by the zeros at either end; of others they are no part.
        let rare = rate <= RARE;
        let late_sale = early > 0 && (1.0 - rate).powi(early) < CHANCE_OF_LATE_SALE;
        let start = if late_sale && !rare { first } else { 0 };
        let alive = if late > 1 { self.alive_after(late, rate) } else { 1.0 };
        self.start = start;
        if alive < ALIVE {
            (self.alive, self.silent) = (alive, late);
            if !rare {
                self.end = last + 1;
            }
        }
    }

    /// The probability that demand is alive after `empty` open periods, where one has a sale with probability
    /// `rate`.
    fn alive_after(&self, empty: usize, rate: f64) -> f64 {
        let open = self.season() as f64 / self.cycle as f64;
        let periods_a_month = open
            * match self.cycle {
                24 => 30.0 * 24.0,
                7 => 30.0,
                52 => 52.0 / 12.0,
                4 => 1.0 / 3.0,
                _ => 1.0,
            };
        let pause = match self.cycle {
            24 => 24.0 * PAUSE_IN_DAYS * open,
            7 => PAUSE_IN_DAYS * open,
            _ => (PAUSE * periods_a_month).max(1.0),
        };
        let end = (END_A_MONTH / periods_a_month).min(0.1);
        let r = empty as f64;
        let by_chance = libm::pow(1.0 - rate, r);
        let paused = PAUSES * end * r * libm::exp(-r / pause);
        let ended = end * r;
        (by_chance + paused) / (by_chance + paused + ended)
    }

    fn look_at_closed(&mut self, values: &[f64]) {
        if self.closed.is_empty() {
            return;
        }
        let stretch = self.start..self.end;
        for phase in 0..self.cycle {
            let those: Vec<f64> = stretch
                .clone()
                .filter(|at| at % self.cycle == phase && self.closed[phase])
                .map(|at| values[at])
                .collect();
            let count = those.len().max(1) as f64;
            self.closed_means.push(those.iter().sum::<f64>() / count);
            self.closed_squares.push(those.iter().map(|value| value * value).sum::<f64>() / count);
        }
        let (mut open, mut empty) = (0.0, 0.0);
        for at in stretch.filter(|at| self.is_open(*at)) {
            open += 1.0;
            empty += f64::from(u8::from(values[at] == 0.0));
        }
        let share = empty / open;
        if share <= EXCEPTIONS {
            self.exceptions = share;
        }
    }

    /// Whether the period at this position is open.
    pub fn is_open(&self, position: usize) -> bool {
        self.closed.is_empty() || !self.closed[position % self.cycle]
    }

    /// The closed phases of the cycle, counted from the first observation.
    pub fn closed(&self) -> Vec<usize> {
        self.closed.iter().enumerate().filter(|(_, shut)| **shut).map(|(phase, _)| phase).collect()
    }

    /// The open periods of a cycle; 1 for no season.
    pub fn season(&self) -> usize {
        (self.cycle - self.closed().len()).max(1)
    }

    /// Periods in a cycle, closed ones included.
    pub fn cycle(&self) -> usize {
        self.cycle
    }

    /// The probability that demand goes on.
    pub fn alive(&self) -> f64 {
        self.alive
    }

    /// Open periods since the last sale, where demand may have ended; zero where it goes on.
    pub fn silent(&self) -> usize {
        self.silent
    }

    /// Periods before demand began.
    pub fn before(&self) -> usize {
        self.start
    }

    /// The open periods of the active stretch, from a row of one value per position, which may reach beyond the
    /// last observation.
    pub fn select(&self, row: &[f64]) -> Vec<f64> {
        self.positions(row.len()).map(|at| row[at]).collect()
    }

    /// The open positions from the start of the active stretch to `end`.
    pub(super) fn positions(&self, end: usize) -> impl Iterator<Item = usize> {
        (self.start..end.max(self.start)).filter(|at| self.is_open(*at))
    }

    /// What the model sees: the open periods of the active stretch. Where few of them are empty those are holidays
    /// and the like, and the value of the same period of the cycle before (or after) stands in.
    pub fn active(&self, values: &[f64]) -> Vec<f64> {
        let mut active = self.select(&values[..self.end]);
        if self.exceptions == 0.0 {
            return active;
        }
        let season = self.season();
        for at in 0..active.len() {
            if active[at] != 0.0 {
                continue;
            }
            let before =
                at.checked_sub(season).map(|before| active[before]).filter(|value| *value != 0.0);
            let after = || {
                (at + season..active.len())
                    .step_by(season)
                    .map(|at| active[at])
                    .find(|value| *value != 0.0)
            };
            if let Some(value) = before.or_else(after) {
                active[at] = value;
            }
        }
        active
    }

    /// How many open periods come before this position, from the start of the active stretch.
    pub(super) fn open_before(&self, position: usize) -> usize {
        self.positions(position).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[f64], season: usize) -> Option<Occurrence> {
        Occurrence::of(&Series::new(values, season).unwrap())
    }

    #[test]
    fn demand_that_has_ended_or_just_begun_is_told_from_rare_demand() {
        let ended = [[30.0; 24].as_slice(), &[0.0; 8]].concat();
        let found = of(&ended, 12).unwrap();
        assert!(found.alive() < 0.02 && found.silent() == 8, "{}", found.alive());
        assert_eq!(found.active(&ended), [30.0; 24]);
        let begun = [[0.0; 30].as_slice(), &[5.0; 6]].concat();
        let found = of(&begun, 12).unwrap();
        assert_eq!((found.before(), found.alive()), (30, 1.0));
        let rare: Vec<f64> = (0..48).map(|t| if t % 6 == 2 { 4.0 } else { 0.0 }).collect();
        assert_eq!(of(&rare, 1), None, "three empty periods after one sale in six are nothing");
        let pause = [[30.0; 24].as_slice(), &[0.0; 2]].concat();
        let alive = of(&pause, 12).unwrap().alive();
        assert!((0.1..0.6).contains(&alive), "{alive}");
        let mut values = vec![30.0; 24];
        values[23] = 0.0;
        assert_eq!(of(&values, 12), None, "one empty month");
    }

    #[test]
    fn the_longer_nothing_is_sold_the_less_is_expected() {
        let alive = |empty: usize| {
            let values = [vec![8.0; 200], vec![0.0; empty]].concat();
            of(&values, 7).map_or(1.0, |found| found.alive())
        };
        let all: Vec<f64> = [2, 5, 10, 20, 40, 80].map(alive).to_vec();
        assert!(all.is_sorted_by(|a, b| a >= b), "{all:?}");
        assert!(all[0] > 0.6 && all[5] < 0.02, "a holiday of two days, a quarter: {all:?}");
    }

    #[test]
    fn a_season_that_is_closed_is_no_end() {
        // Sold from April to October; the data end in January.
        let open = |t: usize| (3..10).contains(&(t % 12));
        let values: Vec<f64> = (0..49).map(|t| if open(t) { 100.0 } else { 0.0 }).collect();
        let found = of(&values, 12).unwrap();
        assert_eq!(found.closed(), [0, 1, 2, 10, 11]);
        assert_eq!((found.season(), found.alive(), found.silent()), (7, 1.0, 0));
        assert_eq!(found.active(&values), [100.0; 28]);
    }

    #[test]
    fn holidays_are_filled_and_counted() {
        let mut values: Vec<f64> =
            (0..140).map(|t| if t % 7 < 5 { f64::from(t % 7 + 1) } else { 0.0 }).collect();
        values[14] = 0.0;
        let found = of(&values, 7).unwrap();
        let active = found.active(&values);
        assert_eq!((active.len(), active[0], active[10]), (100, 1.0, 1.0));
        assert!((found.exceptions - 0.01).abs() < 1e-12);
    }
}
