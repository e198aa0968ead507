//! Local regression on equally spaced points (Cleveland 1979), a linear filter.

/// A smoother over the `window` nearest points, by a local mean (degree 0) or a local line (degree 1).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Loess {
    /// Odd, at least 3.
    pub(super) window: usize,
    pub(super) line: bool,
}

impl Loess {
    /// The smoothed values at `-before, …, n - 1 + after`, appended to `out` in that order.
    pub(super) fn smooth(self, values: &[f64], before: usize, after: usize, out: &mut Vec<f64>) {
        let n = values.len();
        let width = self.window.min(n);
        let mut weights = vec![0.0; width];
        let half = self.window / 2;
        // Away from the ends every point has the same weights.
        let mut is_inner = false;
        for at in 0..before + n + after {
            let position = at as f64 - before as f64;
            let first = (position - half as f64).clamp(0.0, (n - width) as f64) as usize;
            let centred = position == (first + half) as f64 && width == self.window;
            if !(centred && is_inner) {
                self.weights(position - first as f64, n, &mut weights);
            }
            is_inner = centred;
            let window = &values[first..first + width];
            out.push(window.iter().zip(&weights).map(|(value, weight)| value * weight).sum());
        }
    }

    /// The weights of the window's points for an estimate at `position`, counted from the window's first.
    fn weights(self, position: f64, n: usize, weights: &mut [f64]) {
        let width = weights.len();
        let farthest = position.abs().max((width as f64 - 1.0 - position).abs());
        // A window wider than the series flattens the weights, as in the authors' program.
        let reach = farthest + (self.window.saturating_sub(n) / 2) as f64;
        for (at, weight) in weights.iter_mut().enumerate() {
            let distance = (at as f64 - position).abs() / reach;
            *weight = if reach == 0.0 || distance <= NEAR {
                1.0
            } else if distance <= FAR {
                (1.0 - distance.powi(3)).powi(3)
            } else {
                0.0
            };
        }
        let total: f64 = weights.iter().sum();
        for weight in &mut *weights {
            *weight /= total;
        }
        if !self.line {
            return;
        }
        let centre: f64 = weights.iter().enumerate().map(|(at, weight)| at as f64 * weight).sum();
        let spread: f64 = weights
            .iter()
            .enumerate()
            .map(|(at, weight)| weight * (at as f64 - centre).powi(2))
            .sum();
        if spread.sqrt() > NEAR * (n as f64 - 1.0) {
            let slope = (position - centre) / spread;
            for (at, weight) in weights.iter_mut().enumerate() {
                *weight *= 1.0 + slope * (at as f64 - centre);
            }
        }
    }
}

/// Relative distances below which a point counts fully and above which not at all.
const NEAR: f64 = 0.001;
const FAR: f64 = 0.999;

#[cfg(test)]
mod tests {
    use super::*;

    fn smooth(window: usize, line: bool, values: &[f64], before: usize, after: usize) -> Vec<f64> {
        let mut out = Vec::new();
        Loess { window, line }.smooth(values, before, after, &mut out);
        out
    }

    #[test]
    fn a_local_line_keeps_a_line_also_beyond_its_ends() {
        let line: Vec<f64> = (0..20).map(|t| 3.0 + 2.0 * f64::from(t)).collect();
        for (at, value) in smooth(7, true, &line, 1, 1).iter().enumerate() {
            assert!((value - (1.0 + 2.0 * at as f64)).abs() < 1e-9, "{at}");
        }
        assert!(smooth(31, true, &line, 0, 0).iter().zip(&line).all(|(a, b)| (a - b).abs() < 1e-9));
    }

    #[test]
    fn a_local_mean_in_the_middle_is_the_tricube_mean() {
        let values = [0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0];
        let tricube = |u: f64| (1.0 - u.powi(3)).powi(3);
        let expected = 1.0 / (1.0 + 2.0 * tricube(0.5));
        assert!((smooth(5, false, &values, 0, 0)[3] - expected).abs() < 1e-12);
        assert_eq!(smooth(3, false, &[4.0], 1, 1), [4.0; 3]);
    }
}
