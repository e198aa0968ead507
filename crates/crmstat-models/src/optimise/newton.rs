//! Newton's method in a trust region, for a handful of parameters with an exact Hessian.
//!
//! # Citation
//! Nocedal and Wright, *Numerical Optimization* (2006): algorithm 4.1 (the region) and section 4.3 (the
//! step from the Hessian's eigenvalues, which also leaves a region of negative curvature).

/// A function, its gradient and its Hessian at a point.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    /// The value; a point where it is not finite is never kept.
    pub value: f64,
    /// The gradient, one number per parameter.
    pub gradient: Vec<f64>,
    /// The Hessian, row by row.
    pub hessian: Vec<f64>,
}

/// Where the search stopped.
#[derive(Clone, Debug, PartialEq)]
pub struct Minimum {
    /// The best point found.
    pub point: Vec<f64>,
    /// The function there.
    pub evaluation: Evaluation,
    /// Steps tried.
    pub iterations: usize,
    /// Whether the stopping rule was met at a point of positive curvature.
    pub converged: bool,
    /// For each parameter whether it is free: not held at one of its bounds.
    pub free: Vec<bool>,
}

/// The search; [`Newton::default`] suits log-parameters.
///
/// It stops when the model's gain, half the squared Newton decrement, is below `tolerance` and the
/// Hessian is positive definite, or when no step improves the value.
///
/// # Examples
/// ```
/// use crmstat_models::optimise::newton::{Evaluation, Newton};
///
/// // (x − 3)⁴ + (x − 3)²
/// let quartic = |p: &[f64]| {
///     let d = p[0] - 3.0;
///     Evaluation {
///         value: d.powi(4) + d * d,
///         gradient: vec![4.0 * d.powi(3) + 2.0 * d],
///         hessian: vec![12.0 * d * d + 2.0],
///     }
/// };
/// let found = Newton::default().minimise(quartic, &[0.0]);
/// assert!(found.converged && (found.point[0] - 3.0).abs() < 1e-7);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Newton {
    /// The gain below which the search is over.
    pub tolerance: f64,
    /// The most steps tried.
    pub iterations: usize,
    /// The first radius of the region.
    pub radius: f64,
}

impl Default for Newton {
    fn default() -> Self {
        Self { tolerance: 1e-20, iterations: 200, radius: 1.0 }
    }
}

impl Newton {
    /// Searches from `start`.
    pub fn minimise(&self, function: impl Fn(&[f64]) -> Evaluation, start: &[f64]) -> Minimum {
        self.minimise_within(
            function,
            start,
            &vec![(f64::NEG_INFINITY, f64::INFINITY); start.len()],
        )
    }

    /// Searches from `start` between `bounds`, the least and the greatest value of each parameter; one whose
    /// two bounds are the same stays there.
    ///
    /// A parameter at a bound against which the function presses it is held there and has no part in the
    /// step, nor in the stopping rule.
    ///
    /// # Panics
    /// When `start` and `bounds` differ in length.
    ///
    /// # Examples
    /// ```
    /// use crmstat_models::optimise::newton::{Evaluation, Newton};
    ///
    /// // (x − 3)² + (y − x)², with x at most 1.
    /// let bowl = |p: &[f64]| Evaluation {
    ///     value: (p[0] - 3.0).powi(2) + (p[1] - p[0]).powi(2),
    ///     gradient: vec![2.0 * (p[0] - 3.0) - 2.0 * (p[1] - p[0]), 2.0 * (p[1] - p[0])],
    ///     hessian: vec![4.0, -2.0, -2.0, 2.0],
    /// };
    /// let found = Newton::default().minimise_within(bowl, &[0.0, 5.0], &[(-9.0, 1.0), (-9.0, 9.0)]);
    /// assert!(found.converged && found.point[0] == 1.0 && (found.point[1] - 1.0).abs() < 1e-9);
    /// ```
    pub fn minimise_within(
        &self,
        function: impl Fn(&[f64]) -> Evaluation,
        start: &[f64],
        bounds: &[(f64, f64)],
    ) -> Minimum {
        /// A region wider than this would let one step leave the range of floats.
        const WIDEST: f64 = 10.0;
        assert_eq!(start.len(), bounds.len(), "one pair of bounds per parameter");
        let mut point: Vec<f64> =
            start.iter().zip(bounds).map(|(p, (least, most))| p.max(*least).min(*most)).collect();
        let mut current = function(&point);
        let mut radius = self.radius;
        let mut converged = false;
        let mut iterations = 0;
        while iterations < self.iterations && current.is_finite() {
            let step = current.step(&point, bounds, radius);
            let gain = step.predicted_gain;
            // Below the rounding of the value, itself a sum of many, no comparison of values can tell a
            // better point.
            let rounding = 256.0 * f64::EPSILON * current.value.abs().max(1.0);
            if gain <= self.tolerance && step.interior {
                converged = true;
                break;
            }
            iterations += 1;
            let moved = point.iter().zip(&step.move_by).zip(bounds);
            let candidate: Vec<f64> =
                moved.map(|((p, by), bounds)| snapped(p + by, *bounds)).collect();
            let next = function(&candidate);
            let actual = current.value - next.value;
            if step.interior && gain <= rounding && next.is_finite() {
                // The last digits: accept a Newton step that shrinks the gradient.
                if next.slope(&candidate, bounds) < current.slope(&point, bounds) {
                    (point, current) = (candidate, next);
                    continue;
                }
                converged = true;
                break;
            }
            let agreement = if next.is_finite() { actual / gain } else { -1.0 };
            if agreement > 0.75 && !step.interior {
                radius = (2.0 * radius).min(WIDEST);
            } else if agreement < 0.25 {
                radius = 0.25 * step.length.min(radius);
            }
            if agreement > 1e-4 {
                (point, current) = (candidate, next);
            } else if radius < 1e-12 {
                break;
            }
        }
        let free = current.free(&point, bounds);
        Minimum { point, evaluation: current, iterations, converged, free }
    }
}

impl Evaluation {
    fn is_finite(&self) -> bool {
        self.value.is_finite()
            && self.gradient.iter().chain(&self.hessian).all(|entry| entry.is_finite())
    }

    /// The parameters that are not pressed against a bound.
    fn free(&self, point: &[f64], bounds: &[(f64, f64)]) -> Vec<bool> {
        let free = |((p, slope), (least, most)): ((&f64, &f64), &(f64, f64))| {
            !(least >= most || p <= least && *slope >= 0.0 || p >= most && *slope <= 0.0)
        };
        point.iter().zip(&self.gradient).zip(bounds).map(free).collect()
    }

    /// The length of the gradient of the free parameters.
    fn slope(&self, point: &[f64], bounds: &[(f64, f64)]) -> f64 {
        let free = self.free(point, bounds);
        let slopes =
            self.gradient.iter().zip(free).map(|(slope, free)| if free { *slope } else { 0.0 });
        norm(&slopes.collect::<Vec<f64>>())
    }

    /// The step of the free parameters within `radius`, cut short at the first bound.
    fn step(&self, point: &[f64], bounds: &[(f64, f64)], radius: f64) -> Step {
        let mut free = self.free(point, bounds);
        loop {
            let at: Vec<usize> = (0..point.len()).filter(|index| free[*index]).collect();
            let gradient: Vec<f64> = at.iter().map(|i| self.gradient[*i]).collect();
            let spectrum = Spectrum::of(&part(&self.hessian, point.len(), &at), at.len());
            let own = spectrum.step(&gradient, radius);
            // One at a bound may be free by its slope and yet be carried outwards by the others.
            let carried = at.iter().zip(&own.move_by).find(|(i, by)| {
                let (least, most) = bounds[**i];
                **by < 0.0 && point[**i] <= least || **by > 0.0 && point[**i] >= most
            });
            if let Some((index, _)) = carried {
                free[*index] = false;
                continue;
            }
            let room = |(i, by): (&usize, &f64)| {
                let (least, most) = bounds[*i];
                let bound = if *by < 0.0 { least } else { most };
                if *by == 0.0 { f64::INFINITY } else { (bound - point[*i]) / by }
            };
            let share = at.iter().zip(&own.move_by).map(room).fold(1.0, f64::min);
            let mut step = Step { move_by: vec![0.0; point.len()], ..own };
            for (index, by) in at.iter().zip(&own.move_by) {
                step.move_by[*index] = share * by;
            }
            if share < 1.0 {
                // The model falls along the step, whose curvature is that of the gain left at its end.
                let slope: f64 = gradient.iter().zip(&own.move_by).map(|(g, by)| g * by).sum();
                let bend = own.predicted_gain + slope;
                step.predicted_gain = share * (share * bend - slope);
                step.length *= share;
                step.interior = false;
            }
            return step;
        }
    }
}

/// What `value` is between its bounds, and the bound where it has reached it to rounding.
fn snapped(value: f64, (least, most): (f64, f64)) -> f64 {
    /// Of a step that was cut short at the bound.
    const ROUNDING: f64 = 1e-9;
    if value - least < ROUNDING {
        least
    } else if most - value < ROUNDING {
        most
    } else {
        value
    }
}

/// The rows and columns `at` of a square matrix of `size` rows.
pub fn part(matrix: &[f64], size: usize, at: &[usize]) -> Vec<f64> {
    at.iter().flat_map(|i| at.iter().map(move |j| matrix[i * size + j])).collect()
}

/// The Euclidean length.
pub fn norm(vector: &[f64]) -> f64 {
    vector.iter().map(|entry| entry * entry).sum::<f64>().sqrt()
}

/// The eigenvalues and eigenvectors of a symmetric matrix.
#[derive(Clone, Debug, PartialEq)]
pub struct Spectrum {
    /// The eigenvalues, in no particular order.
    pub values: Vec<f64>,
    /// `vectors[k]` belongs to `values[k]` and has length one.
    pub vectors: Vec<Vec<f64>>,
}

struct Step {
    move_by: Vec<f64>,
    length: f64,
    predicted_gain: f64,
    /// The step is Newton's own: the Hessian is positive definite and the region did not bind.
    interior: bool,
}

impl Spectrum {
    /// Decomposes the `size` × `size` symmetric `matrix` by Jacobi's cyclic rotations (Golub and Van
    /// Loan, *Matrix Computations*, section 8.5), which find small eigenvalues to high relative accuracy.
    pub fn of(matrix: &[f64], size: usize) -> Self {
        /// Cyclic Jacobi converges quadratically; ten sweeps are ample for a handful of rows.
        const SWEEPS: usize = 30;
        let mut a: Vec<Vec<f64>> = matrix.chunks(size.max(1)).map(<[f64]>::to_vec).collect();
        let mut vectors: Vec<Vec<f64>> =
            (0..size).map(|i| (0..size).map(|j| f64::from(u8::from(i == j))).collect()).collect();
        for _ in 0..SWEEPS {
            let mut rotated = false;
            for p in 0..size {
                for q in p + 1..size {
                    if a[p][q].abs() <= f64::EPSILON * (a[p][p] * a[q][q]).abs().sqrt() {
                        continue;
                    }
                    rotated = true;
                    let theta = (a[q][q] - a[p][p]) / (2.0 * a[p][q]);
                    let t = theta.signum() / (theta.abs() + theta.hypot(1.0));
                    let c = 1.0 / t.hypot(1.0);
                    let s = t * c;
                    for row in &mut a {
                        let (left, right) = (row[p], row[q]);
                        row[p] = c * left - s * right;
                        row[q] = s * left + c * right;
                    }
                    for k in 0..size {
                        let (upper, lower) = (a[p][k], a[q][k]);
                        a[p][k] = c * upper - s * lower;
                        a[q][k] = s * upper + c * lower;
                        let (first, second) = (vectors[p][k], vectors[q][k]);
                        vectors[p][k] = c * first - s * second;
                        vectors[q][k] = s * first + c * second;
                    }
                }
            }
            if !rotated {
                break;
            }
        }
        Self { values: (0..size).map(|k| a[k][k]).collect(), vectors }
    }

    /// The largest eigenvalue over the smallest; infinite unless all are positive.
    pub fn condition(&self) -> f64 {
        let smallest = self.values.iter().copied().fold(f64::INFINITY, f64::min);
        let largest = self.values.iter().copied().fold(0.0, f64::max);
        if smallest > 0.0 { largest / smallest } else { f64::INFINITY }
    }

    /// The inverse matrix, row by row; `None` unless all eigenvalues are positive.
    pub fn inverse(&self) -> Option<Vec<f64>> {
        let size = self.values.len();
        if !self.condition().is_finite() {
            return None;
        }
        let entry = |i: usize, j: usize| -> f64 {
            self.values.iter().zip(&self.vectors).map(|(l, v)| v[i] * v[j] / l).sum()
        };
        Some((0..size * size).map(|index| entry(index / size, index % size)).collect())
    }

    /// The minimiser of the quadratic model within `radius`.
    fn step(&self, gradient: &[f64], radius: f64) -> Step {
        let slopes: Vec<f64> = self
            .vectors
            .iter()
            .map(|vector| vector.iter().zip(gradient).map(|(v, g)| v * g).sum())
            .collect();
        let smallest = self.values.iter().copied().fold(f64::INFINITY, f64::min);
        let length = |shift: f64| {
            let along =
                slopes.iter().zip(&self.values).map(|(slope, value)| slope / (value + shift));
            along.map(|s| s * s).sum::<f64>().sqrt()
        };
        let interior = smallest > 0.0 && length(0.0) <= radius;
        let shift = if interior {
            0.0
        } else {
            // The length falls as the shift grows: bracket, then bisect. A step a little short of the
            // border serves as well, so that forty halvings are enough.
            let mut low = (-smallest).max(0.0);
            let mut high = low + norm(gradient) / radius + f64::MIN_POSITIVE;
            for _ in 0..40 {
                let middle = 0.5 * (low + high);
                if length(middle) > radius { low = middle } else { high = middle }
            }
            high
        };
        let size = gradient.len();
        let mut move_by = vec![0.0; size];
        let mut predicted_gain = 0.0;
        for ((slope, value), vector) in slopes.iter().zip(&self.values).zip(&self.vectors) {
            let along = -slope / (value + shift);
            predicted_gain -= along * (slope + 0.5 * value * along);
            for (entry, v) in move_by.iter_mut().zip(vector) {
                *entry += along * v;
            }
        }
        Step { length: norm(&move_by), move_by, predicted_gain, interior }
    }
}

#[cfg(test)]
mod tests {
    use super::{Evaluation, Newton, Spectrum};

    fn rosenbrock(p: &[f64]) -> Evaluation {
        let (x, y) = (p[0], p[1]);
        let gap = y - x * x;
        Evaluation {
            value: (1.0 - x).powi(2) + 100.0 * gap * gap,
            gradient: vec![-2.0 * (1.0 - x) - 400.0 * x * gap, 200.0 * gap],
            hessian: vec![2.0 - 400.0 * gap + 800.0 * x * x, -400.0 * x, -400.0 * x, 200.0],
        }
    }

    #[test]
    fn the_curved_valley_is_followed_to_its_end() {
        for start in [[-1.2, 1.0], [5.0, -3.0], [0.0, 0.0]] {
            let found = Newton::default().minimise(rosenbrock, &start);
            assert!(found.converged, "{found:?}");
            assert!((found.point[0] - 1.0).abs() < 1e-9 && (found.point[1] - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn a_function_without_a_minimum_does_not_converge() {
        let falling =
            |p: &[f64]| Evaluation { value: -p[0], gradient: vec![-1.0], hessian: vec![0.0] };
        let found = Newton { iterations: 50, ..Newton::default() }.minimise(falling, &[0.0]);
        assert!(!found.converged);
        let undefined =
            |_: &[f64]| Evaluation { value: f64::NAN, gradient: vec![0.0], hessian: vec![1.0] };
        assert!(!Newton::default().minimise(undefined, &[0.0]).converged);
    }

    #[test]
    fn rounding_noise_in_the_value_does_not_stop_the_last_steps() {
        // A mean over thousands of customers is exact to some 1e-14 only.
        let noisy = |p: &[f64]| {
            let d = p[0] - 1.0;
            let noise = 1e-14 * (1e12 * p[0]).sin();
            Evaluation {
                value: 6.0 + 0.02 * d * d + 0.01 * d.powi(4) + noise,
                gradient: vec![0.04 * d + 0.04 * d.powi(3)],
                hessian: vec![0.04 + 0.12 * d * d],
            }
        };
        for start in 0..100 {
            let found = Newton::default().minimise(noisy, &[0.05 * f64::from(start)]);
            assert!(found.converged && (found.point[0] - 1.0).abs() < 1e-7, "{found:?}");
        }
    }

    #[test]
    fn eigenvalues_and_inverse_rebuild_the_matrix() {
        let matrix = [4.0, 1.0, 0.5, 1.0, 3.0, -0.2, 0.5, -0.2, 1e-6];
        let spectrum = Spectrum::of(&matrix, 3);
        for i in 0..3 {
            for j in 0..3 {
                let rebuilt: f64 = spectrum
                    .values
                    .iter()
                    .zip(&spectrum.vectors)
                    .map(|(value, vector)| value * vector[i] * vector[j])
                    .sum();
                assert!((rebuilt - matrix[3 * i + j]).abs() < 1e-14);
            }
        }
        assert_eq!(spectrum.inverse(), None, "one eigenvalue is negative");
        let inverse = Spectrum::of(&[2.0, 1.0, 1.0, 2.0], 2).inverse().unwrap();
        assert!((inverse[0] - 2.0 / 3.0).abs() < 1e-15 && (inverse[1] + 1.0 / 3.0).abs() < 1e-15);
    }
}
