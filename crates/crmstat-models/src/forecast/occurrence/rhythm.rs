//! Which periods of the cycle are closed?

use crate::special::beta::ln_beta;

/// How surely a closed period is empty, as so many empty ones seen before and as many with a sale.
const CLOSED: (f64, f64) = (20.0, 1.0);

/// A rhythm must be this much more likely than zeros at random, as a difference of log-likelihoods: about
/// seven to one.
const LEAST_EVIDENCE: f64 = 2.0;

/// A closed period is empty in this share of the cycles at least.
const LEAST_EMPTY: f64 = 0.9;

/// An open period has a sale at least so many times as often as a closed one.
const LEAST_CONTRAST: f64 = 3.0;

/// For each phase of a cycle of `season` periods, counted from the first value, whether it is closed; `None` where
/// zeros come at random, or not at all.
///
/// Compares, by their marginal likelihoods, one probability of a zero for all periods with two kinds of periods:
/// closed ones, nearly always empty, and open ones that share a probability. The `j` emptiest phases are taken
/// for closed, with equal odds for every `j` and for every choice of `j` phases.
pub(super) fn closed_phases(values: &[f64], season: usize) -> Option<Vec<bool>> {
    // Once around, every phase has been seen; only from the second cycle on do they repeat.
    if season < 2 || values.len() < 2 * season {
        return None;
    }
    let mut phases: Vec<Phase> =
        (0..season).map(|phase| Phase { place: phase, count: 0.0, empty: 0.0 }).collect();
    for (at, value) in values.iter().enumerate() {
        phases[at % season].count += 1.0;
        phases[at % season].empty += f64::from(u8::from(*value == 0.0));
    }
    let (count, empty) = totals(&phases);
    if empty == 0.0 {
        return None;
    }
    phases.sort_by(|a, b| b.share().total_cmp(&a.share()).then(a.place.cmp(&b.place)));
    let at_random = marginal(empty, count, (1.0, 1.0));
    let (mut of_closed, mut best) = (0.0, (LEAST_EVIDENCE, 0));
    for closed in 1..season {
        let phase = &phases[closed - 1];
        if phase.share() < LEAST_EMPTY {
            break;
        }
        of_closed += marginal(phase.empty, phase.count, CLOSED);
        let (open_count, open_empty) = totals(&phases[closed..]);
        let prior = -libm::log(season as f64) - ln_choose(season, closed);
        let evidence = prior + of_closed + marginal(open_empty, open_count, (1.0, 1.0)) - at_random;
        if evidence > best.0 {
            best = (evidence, closed);
        }
    }
    let (shut, open) = phases.split_at(best.1);
    let sold = |phases: &[Phase]| {
        let (count, empty) = totals(phases);
        1.0 - empty / count
    };
    if shut.is_empty() || sold(open) < LEAST_CONTRAST * sold(shut) {
        return None;
    }
    let mut closed = vec![false; season];
    for phase in shut {
        closed[phase.place] = true;
    }
    Some(closed)
}

struct Phase {
    place: usize,
    count: f64,
    empty: f64,
}

impl Phase {
    fn share(&self) -> f64 {
        self.empty / self.count
    }
}

fn totals(phases: &[Phase]) -> (f64, f64) {
    phases
        .iter()
        .fold((0.0, 0.0), |(count, empty), phase| (count + phase.count, empty + phase.empty))
}

/// The logarithm of the probability of this sequence of zeros and others, its rate having a beta distribution.
fn marginal(empty: f64, count: f64, (a, b): (f64, f64)) -> f64 {
    ln_beta(a + empty, b + count - empty) - ln_beta(a, b)
}

fn ln_choose(n: usize, k: usize) -> f64 {
    let (n, k) = (n as f64, k as f64);
    -libm::log(n + 1.0) - ln_beta(n - k + 1.0, k + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn closed(values: &[f64], season: usize) -> Option<Vec<usize>> {
        let phases = closed_phases(values, season)?;
        Some(phases.iter().enumerate().filter(|(_, shut)| **shut).map(|(at, _)| at).collect())
    }

    #[test]
    fn months_and_days_that_are_always_empty_are_closed() {
        let summer: Vec<f64> =
            (0..24).map(|t| if (5..8).contains(&(t % 12)) { 0.0 } else { 70.0 }).collect();
        assert_eq!(closed(&summer, 12), Some(vec![5, 6, 7]), "seen twice");
        let weekdays: Vec<f64> = (0..70).map(|t| if t % 7 < 5 { 9.0 } else { 0.0 }).collect();
        assert_eq!(closed(&weekdays, 7), Some(vec![5, 6]));
        // One Saturday of twenty on which something was sold, and two holidays.
        let mut nearly: Vec<f64> = (0..140).map(|t| if t % 7 < 5 { 9.0 } else { 0.0 }).collect();
        (nearly[40], nearly[21], nearly[64]) = (3.0, 0.0, 0.0);
        assert_eq!(closed(&nearly, 7), Some(vec![5, 6]));
        // Four sales in ten working days, none on Sundays.
        let sparse: Vec<f64> =
            (0..210).map(|t| if t % 7 == 6 || t * 7 % 10 > 3 { 0.0 } else { 5.0 }).collect();
        assert_eq!(closed(&sparse, 7), Some(vec![6]));
    }

    #[test]
    fn zeros_at_random_are_no_rhythm() {
        let random: Vec<f64> =
            (0..60_u32).map(|t| f64::from(u8::from(t * t * 31 % 17 > 9))).collect();
        assert_eq!(closed(&random, 12), None);
        let once: Vec<f64> = (0..24).map(|t| if t == 9 { 0.0 } else { 4.0 }).collect();
        assert_eq!(closed(&once, 12), None, "one empty month");
        let twice: Vec<f64> = (0..24).map(|t| if t % 12 == 9 { 0.0 } else { 4.0 }).collect();
        assert_eq!(closed(&twice, 12), None, "chance puts two of 24 a year apart once in 23 times");
        let thrice: Vec<f64> = (0..36).map(|t| if t % 12 == 9 { 0.0 } else { 4.0 }).collect();
        assert_eq!(closed(&thrice, 12), Some(vec![9]));
        assert_eq!(closed(&[0.0, 1.0, 0.0], 2), None, "less than two cycles");
        assert_eq!(closed(&[3.0; 30], 7), None);
        assert_eq!(closed(&[0.0; 30], 7), None);
    }
}
