//! Limited-memory BFGS with a preconditioner, for smooth functions of many variables.

use std::collections::VecDeque;

/// Minimises a smooth function from its values and gradients.
///
/// The two-loop recursion of Nocedal and Wright, *Numerical Optimization* (2006), algorithm 7.4, with the
/// initial inverse Hessian replaced by the caller's preconditioner, and a bracketing line search for the
/// Wolfe conditions (3.6). Near the minimum, where a decrease drowns in rounding, a step is judged by its
/// slope (the approximate Wolfe conditions of Hager and Zhang, SIAM J. Optim. 16, 2005).
///
/// When not to use: functions with kinks (an L1 penalty), functions without a lower bound.
///
/// # Examples
/// ```
/// use crmstat_models::optimise::lbfgs::Lbfgs;
///
/// let minimum = Lbfgs::default().minimise(
///     vec![-1.2, 1.0],
///     |x, gradient| {
///         let (a, b) = (1.0 - x[0], x[1] - x[0] * x[0]);
///         gradient[0] = -2.0 * a - 400.0 * x[0] * b;
///         gradient[1] = 200.0 * b;
///         a * a + 100.0 * b * b
///     },
///     |_| (),
/// );
/// assert!(minimum.converged);
/// assert!((minimum.point[0] - 1.0).abs() < 1e-6);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lbfgs {
    /// How many past steps describe the curvature.
    pub memory: usize,
    /// The most iterations.
    pub iterations: usize,
    /// The minimum is reached when no component of the gradient is larger than this.
    pub gradient_tolerance: f64,
}

impl Default for Lbfgs {
    fn default() -> Self {
        Self { memory: 10, iterations: 500, gradient_tolerance: 1e-8 }
    }
}

/// Where [`Lbfgs::minimise`] stopped.
#[derive(Clone, Debug, PartialEq)]
pub struct Minimum {
    /// The best point found.
    pub point: Vec<f64>,
    /// The function there.
    pub value: f64,
    /// The gradient there.
    pub gradient: Vec<f64>,
    /// Steps taken.
    pub iterations: usize,
    /// Calls of the function.
    pub evaluations: usize,
    /// Whether the gradient met the tolerance.
    pub converged: bool,
}

/// The share of the promised decrease that a step must bring (`c1` of the Wolfe conditions).
const DECREASE: f64 = 1e-4;
/// The share of the initial slope that may remain (`c2`).
const CURVATURE: f64 = 0.9;
/// Differences of values below this share of the value are rounding.
const ROUNDING: f64 = 1e-12;
/// A line search that has not ended by then meets a function that is not smooth to rounding.
const TRIALS: usize = 40;

/// A past step and the change of the gradient along it.
struct Pair {
    step: Vec<f64>,
    change: Vec<f64>,
    inner: f64,
}

impl Lbfgs {
    /// Minimises `function` from `start`.
    ///
    /// `function` returns the value at a point and writes the gradient; a value that is not finite
    /// marks the point as forbidden. `precondition` multiplies a vector in place by an approximate
    /// inverse Hessian, which must be positive definite; `|_| ()` is the identity. The latest curvature
    /// scales it.
    pub fn minimise(
        &self,
        start: Vec<f64>,
        mut function: impl FnMut(&[f64], &mut [f64]) -> f64,
        precondition: impl Fn(&mut [f64]),
    ) -> Minimum {
        let mut gradient = vec![0.0; start.len()];
        let value = function(&start, &mut gradient);
        let mut best = Minimum {
            point: start,
            value,
            gradient,
            iterations: 0,
            evaluations: 1,
            converged: false,
        };
        let mut pairs: VecDeque<Pair> = VecDeque::with_capacity(self.memory);
        while best.value.is_finite() {
            best.converged = largest(&best.gradient) <= self.gradient_tolerance;
            if best.converged || best.iterations == self.iterations {
                break;
            }
            let direction = descent(&best.gradient, &pairs, &precondition);
            let Some(pair) = step(&mut best, &direction, &mut function) else {
                break;
            };
            best.iterations += 1;
            if pair.inner > 0.0 {
                if pairs.len() == self.memory {
                    pairs.pop_front();
                }
                pairs.push_back(pair);
            }
        }
        best
    }
}

/// The direction `-H g` of the two-loop recursion (algorithm 7.4).
fn descent(
    gradient: &[f64],
    pairs: &VecDeque<Pair>,
    precondition: &impl Fn(&mut [f64]),
) -> Vec<f64> {
    let mut direction: Vec<f64> = gradient.iter().map(|value| -value).collect();
    let mut shares = Vec::with_capacity(pairs.len());
    for pair in pairs.iter().rev() {
        let share = dot(&pair.step, &direction) / pair.inner;
        add(&mut direction, -share, &pair.change);
        shares.push(share);
    }
    precondition(&mut direction);
    if let Some(latest) = pairs.back() {
        let mut scaled = latest.change.clone();
        precondition(&mut scaled);
        let scale = latest.inner / dot(&latest.change, &scaled);
        for value in &mut direction {
            *value *= scale;
        }
    }
    for (pair, share) in pairs.iter().zip(shares.iter().rev()) {
        let correction = share - dot(&pair.change, &direction) / pair.inner;
        add(&mut direction, correction, &pair.step);
    }
    direction
}

/// Moves `best` along `direction` to a point that meets the Wolfe conditions, or returns `None`, with
/// `best` unmoved, where no such point is found.
fn step(
    best: &mut Minimum,
    direction: &[f64],
    function: &mut impl FnMut(&[f64], &mut [f64]) -> f64,
) -> Option<Pair> {
    let start_slope = dot(direction, &best.gradient);
    if start_slope >= 0.0 || !start_slope.is_finite() {
        return None;
    }
    let mut gradient = vec![0.0; direction.len()];
    let (mut low, mut low_slope) = (0.0, start_slope);
    let mut high: Option<(f64, f64)> = None;
    let mut length = 1.0;
    for _ in 0..TRIALS {
        let mut point = best.point.clone();
        add(&mut point, length, direction);
        let value = function(&point, &mut gradient);
        best.evaluations += 1;
        let slope = dot(direction, &gradient);
        let decreased = value <= best.value + DECREASE * length * start_slope;
        let level = value <= best.value + ROUNDING * best.value.abs()
            && slope <= (2.0 * DECREASE - 1.0) * start_slope;
        if !(decreased || level) || !slope.is_finite() {
            high = Some((length, slope));
        } else if slope < CURVATURE * start_slope {
            (low, low_slope) = (length, slope);
        } else {
            let change: Vec<f64> =
                gradient.iter().zip(&best.gradient).map(|(a, b)| a - b).collect();
            let step: Vec<f64> = direction.iter().map(|value| length * value).collect();
            best.point = point;
            best.value = value;
            best.gradient = gradient;
            return Some(Pair { inner: dot(&step, &change), step, change });
        }
        length = match high {
            None => 2.0 * length,
            Some((high, high_slope)) => between(low, low_slope, high, high_slope),
        };
    }
    None
}

/// Where the slope vanishes by the secant between two lengths, kept off the ends.
fn between(low: f64, low_slope: f64, high: f64, high_slope: f64) -> f64 {
    let width = high - low;
    let share = low_slope / (low_slope - high_slope);
    // A slope at the far end that is negative or not finite says nothing about the zero: bisect.
    let share = if high_slope > 0.0 && share.is_finite() { share.clamp(0.1, 0.9) } else { 0.5 };
    low + share * width
}

fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(a, b)| a * b).sum()
}

fn add(target: &mut [f64], factor: f64, term: &[f64]) {
    for (value, other) in target.iter_mut().zip(term) {
        *value += factor * other;
    }
}

fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |largest, value| value.abs().max(largest))
}

#[cfg(test)]
mod tests {
    use super::Lbfgs;

    /// The extended Rosenbrock function (Moré, Garbow and Hillstrom 1981, problem 21).
    fn rosenbrock(x: &[f64], gradient: &mut [f64]) -> f64 {
        let mut value = 0.0;
        for pair in 0..x.len() / 2 {
            let (a, b) = (x[2 * pair], x[2 * pair + 1]);
            value += 100.0 * (b - a * a).powi(2) + (1.0 - a).powi(2);
            gradient[2 * pair] = -400.0 * a * (b - a * a) - 2.0 * (1.0 - a);
            gradient[2 * pair + 1] = 200.0 * (b - a * a);
        }
        value
    }

    #[test]
    fn the_extended_rosenbrock_function_is_minimised() {
        let start = [-1.2, 1.0].repeat(25);
        let minimum = Lbfgs::default().minimise(start, rosenbrock, |_| ());
        assert!(minimum.converged);
        assert!(minimum.point.iter().all(|x| (x - 1.0).abs() < 1e-7), "{:?}", minimum.point);
    }

    #[test]
    fn an_exact_preconditioner_makes_a_quadratic_one_step() {
        let curvature = [1e-6, 1.0, 1e6];
        let quadratic = |x: &[f64], gradient: &mut [f64]| {
            let mut value = 0.0;
            for index in 0..3 {
                gradient[index] = curvature[index] * (x[index] - 1.0);
                value += 0.5 * curvature[index] * (x[index] - 1.0).powi(2);
            }
            value
        };
        let minimum = Lbfgs::default().minimise(vec![0.0; 3], quadratic, |vector| {
            vector.iter_mut().zip(curvature).for_each(|(value, curve)| *value /= curve);
        });
        assert!(minimum.converged);
        assert_eq!(minimum.iterations, 1);
    }

    #[test]
    fn forbidden_points_are_avoided() {
        // The first trial step from 3 crosses zero, where the logarithm does not exist.
        let barrier = |x: &[f64], gradient: &mut [f64]| {
            gradient[0] = 10.0 - 0.1 / x[0];
            if x[0] > 0.0 { 10.0 * x[0] - 0.1 * x[0].ln() } else { f64::NAN }
        };
        let minimum = Lbfgs::default().minimise(vec![3.0], barrier, |_| ());
        assert!(minimum.converged, "{minimum:?}");
        assert!((minimum.point[0] - 0.01).abs() < 1e-9);
    }

    #[test]
    fn what_did_not_converge_says_so() {
        let limited = Lbfgs { iterations: 3, ..Lbfgs::default() };
        let minimum = limited.minimise(vec![-1.2, 1.0], rosenbrock, |_| ());
        assert!(!minimum.converged);
        assert_eq!(minimum.iterations, 3);
        let nowhere = Lbfgs::default().minimise(vec![0.0], |_, _| f64::NAN, |_| ());
        assert!(!nowhere.converged);
    }
}
