//! One season by loess: the inner loop of STL (Cleveland et al. 1990, section 2).

use super::loess::Loess;

/// Windows of the smoothers for one season.
pub(super) struct Stl {
    season: usize,
    seasonal: Loess,
    trend: Loess,
    low_pass: Loess,
}

/// Trend and season, each as long as the series.
pub(super) struct Split {
    pub(super) trend: Vec<f64>,
    pub(super) seasonal: Vec<f64>,
}

/// Passes of the inner loop without robustness weights (1990, 3.2).
const PASSES: usize = 2;

impl Stl {
    /// The usual windows for a season whose own window is `window` cycles (1990, 3.3 to 3.5).
    pub(super) fn new(season: usize, window: usize) -> Self {
        let trend = 1.5 * season as f64 / (1.0 - 1.5 / window as f64);
        Self {
            season,
            seasonal: Loess { window, line: false },
            trend: Loess { window: next_odd(trend.ceil() as usize), line: true },
            low_pass: Loess { window: next_odd(season), line: true },
        }
    }

    /// Splits at least two cycles of `values`.
    pub(super) fn split(&self, values: &[f64]) -> Split {
        let n = values.len();
        let mut trend = vec![0.0; n];
        let mut seasonal = vec![0.0; n];
        for _ in 0..PASSES {
            let detrended: Vec<f64> = values.iter().zip(&trend).map(|(y, t)| y - t).collect();
            let cycle = self.smooth_each_period(&detrended);
            // What is slow in the season belongs to the trend.
            let averaged = moving_average(&cycle, self.season);
            let averaged = moving_average(&averaged, self.season);
            let averaged = moving_average(&averaged, 3);
            let mut slow = Vec::with_capacity(n);
            self.low_pass.smooth(&averaged, 0, 0, &mut slow);
            for (t, seasonal) in seasonal.iter_mut().enumerate() {
                *seasonal = cycle[self.season + t] - slow[t];
            }
            let adjusted: Vec<f64> = values.iter().zip(&seasonal).map(|(y, s)| y - s).collect();
            trend.clear();
            self.trend.smooth(&adjusted, 0, 0, &mut trend);
        }
        Split { trend, seasonal }
    }

    /// Smooths the values of each period of the cycle and extends them by one cycle at both ends.
    fn smooth_each_period(&self, values: &[f64]) -> Vec<f64> {
        let mut extended = vec![0.0; values.len() + 2 * self.season];
        let mut smoothed = Vec::new();
        for period in 0..self.season {
            let own: Vec<f64> = values.iter().skip(period).step_by(self.season).copied().collect();
            smoothed.clear();
            self.seasonal.smooth(&own, 1, 1, &mut smoothed);
            for (target, value) in
                extended.iter_mut().skip(period).step_by(self.season).zip(&smoothed)
            {
                *target = *value;
            }
        }
        extended
    }
}

fn next_odd(window: usize) -> usize {
    window + usize::from(window.is_multiple_of(2))
}

/// Means of `window` neighbours; shorter than `values` by `window − 1`.
fn moving_average(values: &[f64], window: usize) -> Vec<f64> {
    values.windows(window).map(|part| part.iter().sum::<f64>() / window as f64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn components_equal_those_of_statsmodels() {
        // statsmodels 0.15.0: STL(y, period=4, seasonal=11, trend=7, low_pass=5, seasonal_deg=0)
        // .fit(inner_iter=2, outer_iter=0), every second value.
        let trend = [
            6.188_465_917,
            8.995_609_163,
            10.741_637_701,
            12.981_747_946,
            15.302_675_959,
            16.769_107_307,
            19.233_381_601,
            20.696_497_013,
            23.019_572_390,
            25.258_130_555,
            26.805_106_903,
            28.993_180_531,
        ];
        let seasonal = [
            1.777_162_912,
            3.341_223_115,
            1.780_263_536,
            3.320_605_758,
            1.802_876_098,
            3.272_671_407,
            1.759_345_190,
            3.256_313_637,
            1.697_835_009,
            3.297_309_500,
            1.672_046_077,
            3.311_893_989,
        ];
        let pattern = [2.0, -1.0, 3.0, -4.0];
        let values: Vec<f64> =
            (0..24).map(|t| f64::from(5 + t + t * 7 % 5) + pattern[t as usize % 4]).collect();
        let split = Stl::new(4, 11).split(&values);
        for at in 0..12 {
            assert!((split.trend[2 * at] - trend[at]).abs() < 1e-8, "trend {at}");
            assert!((split.seasonal[2 * at] - seasonal[at]).abs() < 1e-8, "season {at}");
        }
    }
}
