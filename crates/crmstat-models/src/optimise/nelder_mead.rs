//! The downhill simplex of Nelder and Mead (Computer Journal 7, 1965), for functions without gradients.

use crate::{Error, Result};

/// Where the simplex stopped.
#[derive(Clone, Debug, PartialEq)]
pub struct Minimum {
    /// The best point found.
    pub point: Vec<f64>,
    /// The function there.
    pub value: f64,
    /// How often the function was evaluated.
    pub evaluations: usize,
    /// Whether the simplex shrank to the tolerances before the evaluations ran out.
    pub converged: bool,
}

/// How to search; [`NelderMead::default`] suits about ten well-scaled parameters.
///
/// The function may return infinity or NaN where it is not defined; such a point is never kept.
/// Coefficients depend on the dimension as Gao and Han propose (Computational Optimization and
/// Applications 51, 2012, eq. 4.1), which keeps the simplex from stalling in higher dimensions.
///
/// # Examples
/// ```
/// use crmstat_models::optimise::nelder_mead::NelderMead;
///
/// let rosenbrock = |p: &[f64]| (1.0 - p[0]).powi(2) + 100.0 * (p[1] - p[0] * p[0]).powi(2);
/// let found = NelderMead::default().minimise(rosenbrock, &[-1.2, 1.0])?;
/// assert!(found.converged && (found.point[0] - 1.0).abs() < 1e-4);
/// # Ok::<(), crmstat_models::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NelderMead {
    step: f64,
    tolerance: f64,
    evaluations: usize,
}

impl Default for NelderMead {
    fn default() -> Self {
        Self { step: 0.1, tolerance: 1e-10, evaluations: 10_000 }
    }
}

impl NelderMead {
    /// The first simplex reaches this far along each axis (times the coordinate where that exceeds 1).
    #[must_use]
    pub fn step(mut self, step: f64) -> Self {
        self.step = step;
        self
    }

    /// Stop when the simplex' values and corners differ relatively by less than this.
    #[must_use]
    pub fn tolerance(mut self, tolerance: f64) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// Evaluate the function at most about this often.
    #[must_use]
    pub fn evaluations(mut self, evaluations: usize) -> Self {
        self.evaluations = evaluations;
        self
    }

    /// Searches downhill from `start`.
    ///
    /// # Errors
    /// A parameter error for an empty start, a step or tolerance that is not positive, or a function
    /// that is not finite at the start.
    pub fn minimise(&self, function: impl Fn(&[f64]) -> f64, start: &[f64]) -> Result<Minimum> {
        if start.is_empty() {
            return Err(Error::parameter("start", "[]", "at least one coordinate"));
        }
        for (name, value) in [("step", self.step), ("tolerance", self.tolerance)] {
            if !(value > 0.0 && value.is_finite()) {
                return Err(Error::parameter(name, value, "positive and finite"));
            }
        }
        let at_start = function(start);
        if !at_start.is_finite() {
            return Err(Error::parameter("start", at_start, "where the function is finite"));
        }
        Ok(self.search(&function, start, at_start))
    }

    fn search(&self, function: &impl Fn(&[f64]) -> f64, start: &[f64], at_start: f64) -> Minimum {
        let dimension = start.len();
        let n = dimension.max(2) as f64;
        let (expand, contract, shrink) = (1.0 + 2.0 / n, 0.75 - 0.5 / n, 1.0 - 1.0 / n);
        let evaluate = |point: &[f64]| {
            let value = function(point);
            if value.is_nan() { f64::INFINITY } else { value }
        };

        let mut simplex = vec![(start.to_vec(), at_start)];
        for axis in 0..dimension {
            let mut corner = start.to_vec();
            corner[axis] += self.step * corner[axis].abs().max(1.0);
            let value = evaluate(&corner);
            simplex.push((corner, value));
        }
        let mut evaluations = simplex.len();
        loop {
            simplex.sort_by(|a, b| a.1.total_cmp(&b.1));
            let converged = self.has_shrunk(&simplex);
            if converged || evaluations >= self.evaluations {
                let (point, value) = simplex.swap_remove(0);
                return Minimum { point, value, evaluations, converged };
            }
            let (best, second_worst) = (simplex[0].1, simplex[dimension - 1].1);
            let worst = simplex[dimension].clone();
            let centroid: Vec<f64> = (0..dimension)
                .map(|axis| {
                    simplex[..dimension].iter().map(|corner| corner.0[axis]).sum::<f64>()
                        / dimension as f64
                })
                .collect();
            let along = |factor: f64| {
                let point: Vec<f64> = centroid
                    .iter()
                    .zip(&worst.0)
                    .map(|(centre, worst)| centre + factor * (centre - worst))
                    .collect();
                let value = evaluate(&point);
                (point, value)
            };

            let reflected = along(1.0);
            evaluations += 1;
            let replacement = if reflected.1 < best {
                evaluations += 1;
                let expanded = along(expand);
                if expanded.1 < reflected.1 { Some(expanded) } else { Some(reflected) }
            } else if reflected.1 < second_worst {
                Some(reflected)
            } else {
                evaluations += 1;
                let outside = reflected.1 < worst.1;
                let contracted = along(if outside { contract } else { -contract });
                (contracted.1 < reflected.1.min(worst.1)).then_some(contracted)
            };
            if let Some(corner) = replacement {
                simplex[dimension] = corner;
                continue;
            }
            let (best, others) = simplex.split_at_mut(1);
            for (corner, value) in others {
                for (coordinate, target) in corner.iter_mut().zip(&best[0].0) {
                    *coordinate = target + shrink * (*coordinate - target);
                }
                *value = evaluate(corner);
            }
            evaluations += dimension;
        }
    }

    fn has_shrunk(&self, simplex: &[(Vec<f64>, f64)]) -> bool {
        let (best, lowest) = (&simplex[0].0, simplex[0].1);
        let flat =
            simplex[simplex.len() - 1].1 - lowest <= self.tolerance * lowest.abs().max(1e-300);
        let small = simplex.iter().all(|(corner, _)| {
            corner
                .iter()
                .zip(best)
                .all(|(a, b)| (a - b).abs() <= self.tolerance.sqrt() * b.abs().max(1.0))
        });
        small && (flat || simplex[simplex.len() - 1].1 - lowest <= self.tolerance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_minimum_of_a_scaled_bowl_in_ten_dimensions() {
        let bowl = |p: &[f64]| {
            p.iter().enumerate().map(|(i, x)| (i + 1) as f64 * (x - i as f64).powi(2)).sum::<f64>()
        };
        let found = NelderMead::default().evaluations(100_000).minimise(bowl, &[0.5; 10]).unwrap();
        assert!(found.converged);
        for (i, x) in found.point.iter().enumerate() {
            assert!((x - i as f64).abs() < 1e-4, "coordinate {i}: {x}");
        }
    }

    #[test]
    fn never_keeps_a_point_where_the_function_is_not_defined() {
        let logarithm = |p: &[f64]| if p[0] > 0.0 { p[0] - p[0].ln() } else { f64::NAN };
        let found = NelderMead::default().step(5.0).minimise(logarithm, &[0.2]).unwrap();
        assert!((found.point[0] - 1.0).abs() < 1e-4 && (found.value - 1.0).abs() < 1e-9);
    }

    #[test]
    fn says_when_the_evaluations_ran_out() {
        let found = NelderMead::default()
            .evaluations(10)
            .minimise(|p| p[0].powi(2) + p[1].powi(2), &[30.0, 20.0])
            .unwrap();
        assert!(!found.converged && found.value < 1300.0);
    }

    #[test]
    fn a_start_that_is_not_usable_is_refused() {
        assert!(NelderMead::default().minimise(|_| 0.0, &[]).unwrap_err().is_parameter());
        assert!(NelderMead::default().minimise(|_| f64::NAN, &[1.0]).is_err());
        assert!(NelderMead::default().step(0.0).minimise(|p| p[0], &[1.0]).is_err());
    }
}
