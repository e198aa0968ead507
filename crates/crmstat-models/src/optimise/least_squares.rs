//! Nonlinear least squares within a box: Levenberg–Marquardt with finite differences.
//!
//! Minimises ½ Σ rᵢ(x)² for smooth residuals r of a few parameters x.
//!
//! **Citation.** D. W. Marquardt, "An algorithm for least-squares estimation of nonlinear parameters",
//! Journal of the Society for Industrial and Applied Mathematics 11 (1963), 431–441; bounds by projection,
//! with the variables that a step would push outside held for that step.

/// Damping beyond this means that no step helps.
const LARGEST_DAMPING: f64 = 1e12;

/// The relative step of the forward differences, √ε.
const DIFFERENCE: f64 = 1.490_116_119_384_765_6e-8;

/// A fit that improves by less than this share of the sum of squares twice in a row has converged.
const TOLERANCE: f64 = 1e-9;

/// Where the search ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Solution {
    /// The parameters, within their bounds.
    pub point: Vec<f64>,
    /// Σ rᵢ(x)² there; infinite when the residuals are not finite anywhere on the way.
    pub squares: f64,
    /// Steps taken, each with one set of differences.
    pub iterations: usize,
    /// Whether the improvement died out before `iterations` ran out.
    pub converged: bool,
}

/// Minimises the sum of squares of `residuals`, which fills its second argument for the point in the
/// first, from `start` within `bounds` (low, high), in at most `iterations` steps.
///
/// Residuals that are not finite mark a point as forbidden.
///
/// # Examples
/// ```
/// use crmstat_models::optimise::least_squares;
///
/// // Rosenbrock's valley, whose minimum (1, 1) lies outside the box.
/// let residuals = |x: &[f64], r: &mut Vec<f64>| {
///     r.clear();
///     r.extend([10.0 * (x[1] - x[0] * x[0]), 1.0 - x[0]]);
/// };
/// let found = least_squares::minimise(&[-1.2, 0.3], &[(-2.0, 0.5), (-2.0, 2.0)], 200, residuals);
/// assert!((found.point[0] - 0.5).abs() < 1e-9 && (found.point[1] - 0.25).abs() < 1e-6);
/// ```
pub fn minimise(
    start: &[f64],
    bounds: &[(f64, f64)],
    iterations: usize,
    mut residuals: impl FnMut(&[f64], &mut Vec<f64>),
) -> Solution {
    let size = start.len();
    let mut point: Vec<f64> =
        start.iter().zip(bounds).map(|(value, &(low, high))| value.clamp(low, high)).collect();
    let mut current = Vec::new();
    residuals(&point, &mut current);
    let mut squares = sum_of_squares(&current);
    let mut trial = Vec::with_capacity(current.len());
    let mut jacobian = vec![Vec::with_capacity(current.len()); size];
    let mut damping = 1e-3;
    let mut idle = 0;
    for iteration in 0..iterations {
        if !squares.is_finite() || squares == 0.0 || size == 0 {
            return Solution { point, squares, iterations: iteration, converged: squares == 0.0 };
        }
        for (variable, column) in jacobian.iter_mut().enumerate() {
            let value = point[variable];
            let step = DIFFERENCE * value.abs().max(1.0);
            let step = if value + step > bounds[variable].1 { -step } else { step };
            point[variable] = value + step;
            residuals(&point, &mut trial);
            let step = point[variable] - value;
            point[variable] = value;
            column.clear();
            column.extend(trial.iter().zip(&current).map(|(there, here)| (there - here) / step));
        }
        let (normal, gradient) = normal_equations(&jacobian, &current);
        let free: Vec<usize> = (0..size)
            .filter(|&variable| {
                let (low, high) = bounds[variable];
                let outwards = gradient[variable] > 0.0 && point[variable] <= low
                    || gradient[variable] < 0.0 && point[variable] >= high;
                !outwards && normal[variable][variable] > 0.0
            })
            .collect();
        let mut accepted = false;
        while damping < LARGEST_DAMPING {
            let Some(step) = damped_step(&normal, &gradient, &free, damping) else {
                damping *= 10.0;
                continue;
            };
            let mut next = point.clone();
            for (&variable, step) in free.iter().zip(step) {
                next[variable] =
                    (next[variable] - step).clamp(bounds[variable].0, bounds[variable].1);
            }
            residuals(&next, &mut trial);
            let reached = sum_of_squares(&trial);
            if reached < squares {
                idle = if squares - reached < TOLERANCE * squares { idle + 1 } else { 0 };
                point = next;
                squares = reached;
                std::mem::swap(&mut current, &mut trial);
                damping = (damping * 0.1).max(1e-10);
                accepted = true;
                break;
            }
            damping *= 10.0;
        }
        if !accepted || idle == 2 {
            return Solution { point, squares, iterations: iteration + 1, converged: true };
        }
    }
    Solution { point, squares, iterations, converged: false }
}

/// Σ rᵢ², infinite where a residual is not a number.
fn sum_of_squares(residuals: &[f64]) -> f64 {
    let sum: f64 = residuals.iter().map(|residual| residual * residual).sum();
    if sum.is_finite() { sum } else { f64::INFINITY }
}

/// The products `JᵀJ` and `Jᵀr` of the Jacobian J and the residuals r.
fn normal_equations(jacobian: &[Vec<f64>], residuals: &[f64]) -> (Vec<Vec<f64>>, Vec<f64>) {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let normal = jacobian
        .iter()
        .map(|row| jacobian.iter().map(|column| dot(row, column)).collect())
        .collect();
    (normal, jacobian.iter().map(|column| dot(column, residuals)).collect())
}

/// The step that solves `(JᵀJ + λ diag JᵀJ) δ = Jᵀr` for the `free` variables, by Cholesky's method;
/// `None` where the matrix is not positive definite.
fn damped_step(
    normal: &[Vec<f64>],
    gradient: &[f64],
    free: &[usize],
    damping: f64,
) -> Option<Vec<f64>> {
    let size = free.len();
    let mut lower = vec![vec![0.0; size]; size];
    let mut step = vec![0.0; size];
    for i in 0..size {
        for j in 0..=i {
            let mut value = normal[free[i]][free[j]];
            if i == j {
                value *= 1.0 + damping;
            }
            value -= (0..j).map(|k| lower[i][k] * lower[j][k]).sum::<f64>();
            if i == j {
                if value <= 0.0 || !value.is_finite() {
                    return None;
                }
                lower[i][i] = value.sqrt();
            } else {
                lower[i][j] = value / lower[j][j];
            }
        }
        let known: f64 = (0..i).map(|k| lower[i][k] * step[k]).sum();
        step[i] = (gradient[free[i]] - known) / lower[i][i];
    }
    for i in (0..size).rev() {
        let known: f64 = (i + 1..size).map(|k| lower[k][i] * step[k]).sum();
        step[i] = (step[i] - known) / lower[i][i];
    }
    Some(step)
}

#[cfg(test)]
mod tests {
    use super::minimise;

    /// The NIST data set Misra1a: certified parameters and residual sum of squares.
    #[test]
    fn misra1a_reaches_the_certified_values() {
        let x = [
            77.6, 114.9, 141.1, 190.8, 239.9, 289.0, 332.8, 378.4, 434.8, 477.3, 536.8, 593.1,
            689.1, 760.0,
        ];
        let y = [
            10.07, 14.73, 17.94, 23.93, 29.61, 35.18, 40.02, 44.82, 50.76, 55.05, 61.01, 66.40,
            75.47, 81.78,
        ];
        let found = minimise(&[250.0, 5e-4], &[(0.0, 1e4), (0.0, 1.0)], 500, |b, r| {
            r.clear();
            r.extend(x.iter().zip(y).map(|(x, y)| y - b[0] * (1.0 - (-b[1] * x).exp())));
        });
        assert!(found.converged);
        assert!((found.point[0] / 2.389_421_291_8e2 - 1.0).abs() < 1e-5, "{found:?}");
        assert!((found.point[1] / 5.501_564_318_1e-4 - 1.0).abs() < 1e-5, "{found:?}");
        assert!((found.squares / 1.245_513_889_4e-1 - 1.0).abs() < 1e-8, "{found:?}");
    }

    #[test]
    fn a_forbidden_start_and_no_variables_end_at_once() {
        let forbidden = minimise(&[1.0], &[(0.0, 2.0)], 9, |_, r| {
            r.clear();
            r.push(f64::NAN);
        });
        assert!(!forbidden.converged && forbidden.squares.is_infinite());
        let nothing = minimise(&[], &[], 9, |_, r| {
            r.clear();
            r.push(2.0);
        });
        assert_eq!((nothing.squares, nothing.iterations), (4.0, 0));
    }
}
