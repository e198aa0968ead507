//! Projected BFGS: smooth functions of a few dozen parameters, some of them between bounds.
//!
//! A dense inverse Hessian is updated by the BFGS formula (Nocedal and Wright, Numerical Optimization,
//! 2nd ed., eq. 6.17); parameters that press against a bound are taken out of the step and the path is
//! projected onto the box (Bertsekas, SIAM Journal on Control and Optimization 20, 1982).

/// The box and the curvature that are known before the search.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Coordinate {
    /// The parameter's least value, or −∞.
    pub lower: f64,
    /// The parameter's greatest value, or ∞.
    pub upper: f64,
    /// A guess of the inverse second derivative: how far, squared, a step should reach.
    pub variance: f64,
}

/// When to stop.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Stop when a Newton step would gain less than half of this.
    pub decrement: f64,
    /// Evaluate the function at most this often.
    pub evaluations: usize,
}

/// Where the search stopped.
#[derive(Clone, Debug, PartialEq)]
pub struct Minimum {
    /// The best point found.
    pub point: Vec<f64>,
    /// The function there.
    pub value: f64,
    /// The norm of the gradient there, without the parameters that press against a bound.
    pub gradient_norm: f64,
    /// How often the function was evaluated.
    pub evaluations: usize,
    /// Whether the expected gain fell below the limit; otherwise no further descent was found.
    pub converged: bool,
}

/// Searches downhill from `start`, clamped to the box.
///
/// `objective` writes its gradient to the second slice and returns its value; a value that is not finite
/// marks a point outside its domain, from which the search steps back.
///
/// # Panics
/// When `start` and `coordinates` differ in length.
///
/// # Examples
/// ```
/// use crmstat_models::optimise::projected::{Coordinate, Limits, minimise};
///
/// let axis = Coordinate { lower: f64::NEG_INFINITY, upper: 0.5, variance: 1.0 };
/// let bowl = |p: &[f64], gradient: &mut [f64]| {
///     gradient[0] = 2.0 * (p[0] - 1.0);
///     (p[0] - 1.0).powi(2)
/// };
/// let found = minimise(bowl, &[-3.0], &[axis], Limits { decrement: 1e-12, evaluations: 100 });
/// assert!(found.converged && found.point[0] == 0.5);
/// ```
pub fn minimise(
    mut objective: impl FnMut(&[f64], &mut [f64]) -> f64,
    start: &[f64],
    coordinates: &[Coordinate],
    limits: Limits,
) -> Minimum {
    assert_eq!(start.len(), coordinates.len(), "one coordinate per parameter");
    let dimension = start.len();
    let clamp = |axis: usize, x: f64| x.clamp(coordinates[axis].lower, coordinates[axis].upper);
    let mut point: Vec<f64> = start.iter().enumerate().map(|(i, &x)| clamp(i, x)).collect();
    let mut gradient = vec![0.0; dimension];
    let mut value = objective(&point, &mut gradient);
    let mut search = Minimum {
        point: Vec::new(),
        value,
        gradient_norm: f64::INFINITY,
        evaluations: 1,
        converged: false,
    };
    if !value.is_finite() {
        search.point = point;
        return search;
    }

    let mut inverse = InverseHessian::new(coordinates);
    let mut free = vec![true; dimension];
    let mut direction = vec![0.0; dimension];
    let (mut trial, mut trial_gradient) = (point.clone(), gradient.clone());
    loop {
        for axis in 0..dimension {
            free[axis] = !presses(&coordinates[axis], point[axis], -gradient[axis]);
        }
        let mut decrement = inverse.newton_step(&gradient, &free, &mut direction);
        // A parameter at its bound may be free by its slope and yet be carried outwards by the others.
        // It would not move, and the others' step would be wrong: it is held, and the step taken anew.
        let mut carried = false;
        loop {
            let mut held = false;
            for axis in 0..dimension {
                if free[axis] && presses(&coordinates[axis], point[axis], direction[axis]) {
                    free[axis] = false;
                    held = true;
                }
            }
            if !held {
                break;
            }
            carried = true;
            decrement = inverse.newton_step(&gradient, &free, &mut direction);
        }
        if carried && decrement <= limits.decrement && !inverse.is_fresh {
            inverse = InverseHessian::new(coordinates);
            continue;
        }
        search.converged = decrement <= limits.decrement;
        if search.converged || search.evaluations >= limits.evaluations {
            break;
        }

        let mut length = 1.0;
        let accepted = loop {
            let mut slope = 0.0;
            for axis in 0..dimension {
                trial[axis] = clamp(axis, point[axis] + length * direction[axis]);
                slope += gradient[axis] * (trial[axis] - point[axis]);
            }
            let reached = objective(&trial, &mut trial_gradient);
            search.evaluations += 1;
            if reached.is_finite() && reached <= value + SUFFICIENT * slope {
                break Some(reached);
            }
            // The minimum of the parabola through both ends, kept within sane fractions.
            let curvature = reached - value - slope;
            let fraction = if reached.is_finite() && curvature > 0.0 {
                (-0.5 * slope / curvature).clamp(0.1, 0.5)
            } else {
                0.1
            };
            length *= fraction;
            if length < SHORTEST || search.evaluations >= limits.evaluations {
                break None;
            }
        };
        let Some(reached) = accepted else {
            if inverse.is_fresh || search.evaluations >= limits.evaluations {
                break;
            }
            inverse = InverseHessian::new(coordinates);
            continue;
        };
        inverse.update(&point, &trial, &gradient, &trial_gradient);
        value = reached;
        std::mem::swap(&mut point, &mut trial);
        std::mem::swap(&mut gradient, &mut trial_gradient);
    }
    search.gradient_norm = gradient
        .iter()
        .zip(&free)
        .filter(|(_, free)| **free)
        .map(|(g, _)| g * g)
        .sum::<f64>()
        .sqrt();
    search.point = point;
    search.value = value;
    search
}

/// Share of the slope's promise that a step must keep (Armijo's condition).
const SUFFICIENT: f64 = 1e-4;

/// A step cut below this share of the direction is a failed one.
const SHORTEST: f64 = 1e-10;

/// Whether a parameter at its bound is pushed outwards.
fn presses(coordinate: &Coordinate, value: f64, push: f64) -> bool {
    value <= coordinate.lower && push < 0.0 || value >= coordinate.upper && push > 0.0
}

struct InverseHessian {
    dimension: usize,
    rows: Vec<f64>,
    reduced: Vec<f64>,
    /// No curvature was learnt yet.
    is_fresh: bool,
    step: Vec<f64>,
    change: Vec<f64>,
    product: Vec<f64>,
}

impl InverseHessian {
    fn new(coordinates: &[Coordinate]) -> Self {
        let dimension = coordinates.len();
        let mut rows = vec![0.0; dimension * dimension];
        for (axis, coordinate) in coordinates.iter().enumerate() {
            rows[axis * dimension + axis] = coordinate.variance;
        }
        let zeros = vec![0.0; dimension];
        Self {
            dimension,
            reduced: rows.clone(),
            rows,
            is_fresh: true,
            step: zeros.clone(),
            change: zeros.clone(),
            product: zeros,
        }
    }

    /// Writes the step over the free parameters and returns the Newton decrement `gᵀHg`.
    ///
    /// The inverse of the free parameters' own Hessian is what remains of the whole inverse when the held
    /// ones are eliminated (a Schur complement), not merely its rows and columns.
    fn newton_step(&mut self, gradient: &[f64], free: &[bool], direction: &mut [f64]) -> f64 {
        let n = self.dimension;
        self.reduced.copy_from_slice(&self.rows);
        for held in (0..n).filter(|&axis| !free[axis]) {
            self.product.copy_from_slice(&self.reduced[held * n..(held + 1) * n]);
            let pivot = self.product[held];
            for (axis, row) in self.reduced.chunks_exact_mut(n).enumerate() {
                if free[axis] || axis > held {
                    let factor = row[held] / pivot;
                    for (h, eliminated) in row.iter_mut().zip(&self.product) {
                        *h -= factor * eliminated;
                    }
                }
            }
        }
        let mut decrement = 0.0;
        for (axis, row) in self.reduced.chunks_exact(n).enumerate() {
            direction[axis] = 0.0;
            if free[axis] {
                for ((h, g), free) in row.iter().zip(gradient).zip(free) {
                    direction[axis] -= if *free { h * g } else { 0.0 };
                }
                decrement -= direction[axis] * gradient[axis];
            }
        }
        decrement
    }

    fn update(&mut self, from: &[f64], to: &[f64], before: &[f64], after: &[f64]) {
        let n = self.dimension;
        for axis in 0..n {
            self.step[axis] = to[axis] - from[axis];
            self.change[axis] = after[axis] - before[axis];
        }
        let curvature = dot(&self.step, &self.change);
        let sizes = (dot(&self.step, &self.step) * dot(&self.change, &self.change)).sqrt();
        let is_convex = curvature > 1e-12 * sizes;
        if !is_convex {
            return;
        }
        for (product, row) in self.product.iter_mut().zip(self.rows.chunks_exact(n)) {
            *product = dot(row, &self.change);
        }
        let quadratic = dot(&self.change, &self.product);
        let weight = (1.0 + quadratic / curvature) / curvature;
        for (i, row) in self.rows.chunks_exact_mut(n).enumerate() {
            let (step, product) = (self.step[i], self.product[i] / curvature);
            for (j, h) in row.iter_mut().enumerate() {
                *h += (weight * step - product) * self.step[j] - step * self.product[j] / curvature;
            }
        }
        self.is_fresh = false;
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANY: Coordinate =
        Coordinate { lower: f64::NEG_INFINITY, upper: f64::INFINITY, variance: 1.0 };
    const LIMITS: Limits = Limits { decrement: 1e-16, evaluations: 1000 };

    fn rosenbrock(p: &[f64], gradient: &mut [f64]) -> f64 {
        let curve = p[1] - p[0] * p[0];
        gradient[0] = -2.0 * (1.0 - p[0]) - 400.0 * p[0] * curve;
        gradient[1] = 200.0 * curve;
        (1.0 - p[0]).powi(2) + 100.0 * curve * curve
    }

    #[test]
    fn walks_the_bent_valley() {
        let found = minimise(rosenbrock, &[-1.2, 1.0], &[ANY; 2], LIMITS);
        assert!(found.converged && found.evaluations < 100);
        assert!(found.point.iter().all(|x| (x - 1.0).abs() < 1e-6));
    }

    #[test]
    fn stops_at_the_constrained_minimum() {
        let box_ = [Coordinate { upper: 0.5, ..ANY }, ANY];
        let found = minimise(rosenbrock, &[-1.2, 1.0], &box_, LIMITS);
        assert!(found.converged);
        assert_eq!(found.point[0], 0.5);
        assert!((found.point[1] - 0.25).abs() < 1e-7);
    }

    #[test]
    fn steps_back_from_outside_the_domain() {
        let logarithm = |p: &[f64], gradient: &mut [f64]| {
            gradient[0] = 1.0 - 1.0 / p[0];
            if p[0] > 0.0 { p[0] - p[0].ln() } else { f64::NAN }
        };
        let wide = Coordinate { variance: 1e4, ..ANY };
        let found = minimise(logarithm, &[5.0], &[wide], LIMITS);
        assert!((found.point[0] - 1.0).abs() < 1e-6);
        let nowhere = minimise(|_, _| f64::NAN, &[5.0], &[wide], LIMITS);
        assert!(!nowhere.converged && nowhere.point == [5.0]);
    }
}
