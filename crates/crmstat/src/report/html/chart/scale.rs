//! From values to coordinates, with round ticks.

/// A linear axis with ticks at round values.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scale {
    /// Where the lowest and the highest tick are.
    domain: (f64, f64),
    /// Their coordinates.
    range: (f64, f64),
    /// The ticks, in order.
    pub(super) ticks: Vec<f64>,
}

impl Scale {
    /// A scale that holds zero and all finite `values`, with about `count` ticks.
    pub(super) fn new(values: impl Iterator<Item = f64>, range: (f64, f64), count: usize) -> Self {
        let (mut low, mut high) = (0.0_f64, 0.0_f64);
        for value in values.filter(|value| value.is_finite()) {
            low = low.min(value);
            high = high.max(value);
        }
        // Nothing but zeros still has an axis.
        if high <= low {
            high = low + 1.0;
        }
        let step = round_step((high - low) / count.max(1) as f64);
        let first = (low / step).floor();
        let last = (high / step).ceil();
        let ticks: Vec<f64> =
            (0..=(last - first) as usize).map(|tick| (first + tick as f64) * step).collect();
        Self { domain: (first * step, last * step), range, ticks }
    }

    /// The coordinate of `value`.
    pub(super) fn at(&self, value: f64) -> f64 {
        let share = (value - self.domain.0) / (self.domain.1 - self.domain.0);
        self.range.0 + share * (self.range.1 - self.range.0)
    }
}

/// The smallest of 1, 2, 2.5 and 5 times a power of ten that is not below `step`.
fn round_step(step: f64) -> f64 {
    let power = 10_f64.powf(step.log10().floor());
    let size = step / power;
    // A hair above, so that a step that is already round stays what it is.
    let round = [1.0, 2.0, 2.5, 5.0].into_iter().find(|round| size <= round * (1.0 + 1e-9));
    round.unwrap_or(10.0) * power
}

#[cfg(test)]
mod tests {
    use super::{Scale, round_step};

    #[test]
    fn ticks_are_round_and_hold_every_value() {
        for (step, round) in [(0.3, 0.5), (1.0, 1.0), (2.1, 2.5), (7.0, 10.0), (120.0, 200.0)] {
            assert!((round_step(step) - round).abs() < 1e-9, "{step}");
        }
        let scale = Scale::new([3.0, 97.0].into_iter(), (200.0, 0.0), 5);
        assert_eq!(scale.ticks, [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]);
        assert_eq!((scale.at(0.0), scale.at(100.0)), (200.0, 0.0));
        let below = Scale::new([-30.0, 10.0].into_iter(), (0.0, 1.0), 4);
        assert_eq!(below.ticks, [-30.0, -20.0, -10.0, 0.0, 10.0]);
    }

    #[test]
    fn nothing_and_what_is_not_finite_still_make_an_axis() {
        let scale = Scale::new([f64::NAN, f64::INFINITY].into_iter(), (0.0, 100.0), 4);
        assert_eq!(scale.at(0.0), 0.0);
        assert!(scale.ticks.len() > 1 && scale.ticks.iter().all(|tick| tick.is_finite()));
    }
}
