//! The Kalman filter over a series and the columns that explain it.

use crate::{Error, Result, linalg::cholesky::Cholesky};

/// How a series moves beside its columns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Shape {
    /// φ: the correlation of what is left.
    pub(super) correlation: f64,
    /// λ: the deviation of a level's step.
    pub(super) level: f64,
    /// κ: the deviation of a slope's step.
    pub(super) slope: f64,
}

/// Level, slope and what is left.
type State = [f64; 3];
type Matrix = [[f64; 3]; 3];

/// What the filter knows behind the last observation.
#[derive(Clone, Debug)]
pub(super) struct Filtered {
    /// With the effects and σ² integrated out.
    pub(super) log_likelihood: f64,
    /// The weighted squares of the residuals.
    pub(super) squares: f64,
    /// δ, and the factor of its precision.
    effects: Vec<f64>,
    factor: Cholesky,
    /// The state next to come by the series, and by each column.
    state: State,
    of_columns: Vec<State>,
    /// The lower factor of the state's variance, in σ².
    root: Matrix,
}

/// Columns that say more than so much of each other's variance again say the same.
const TOLERANCE: f64 = 1e-10;

impl Filtered {
    pub(super) fn of(shape: Shape, past: &[f64], columns: &[Vec<f64>]) -> Result<Self> {
        let Shape { correlation, level, slope } = shape;
        let count = columns.len();
        // The series first, then the columns; their innovations are regressed on each other.
        let mut states = vec![[0.0; 3]; count + 1];
        let mut variance: Matrix = [[0.0; 3]; 3];
        variance[2][2] = 1.0 / (1.0 - correlation * correlation);
        let mut moments = vec![0.0; (count + 1) * (count + 1)];
        let mut log_variances = 0.0;
        let mut innovations = vec![0.0; count + 1];
        for (t, value) in past.iter().enumerate() {
            // The covariance of the state with the observation, which is level and rest.
            let with: State = std::array::from_fn(|row| variance[row][0] + variance[row][2]);
            let total = with[0] + with[2];
            log_variances += libm::log(total);
            let gain: State =
                [(with[0] + with[1]) / total, with[1] / total, correlation * with[2] / total];
            for (at, state) in states.iter_mut().enumerate() {
                let seen = if at == 0 { *value } else { columns[at - 1][t] };
                let innovation = seen - state[0] - state[2];
                innovations[at] = innovation;
                *state = [
                    state[0] + state[1] + gain[0] * innovation,
                    state[1] + gain[1] * innovation,
                    correlation * state[2] + gain[2] * innovation,
                ];
            }
            for (row, one) in innovations.iter().enumerate() {
                let scaled = one / total;
                let moments = &mut moments[row * (count + 1)..][..=row];
                for (moment, other) in moments.iter_mut().zip(&innovations) {
                    *moment += scaled * other;
                }
            }
            variance = step(&variance, correlation);
            for row in 0..3 {
                for column in 0..3 {
                    variance[row][column] -= gain[row] * gain[column] * total;
                }
            }
            variance[0][0] += level * level;
            variance[1][1] += slope * slope;
            variance[2][2] += 1.0;
        }
        let moment =
            |row: usize, column: usize| moments[row.max(column) * (count + 1) + row.min(column)];
        let precision: Vec<f64> =
            (0..count * count).map(|at| moment(at / count + 1, at % count + 1)).collect();
        let factor = Cholesky::new(&precision, count, TOLERANCE).map_err(|dependent| {
            Error::data(format!("column {} says the same as those before it", dependent.row + 1))
                .with_hint("leave out a control series, or take a longer past")
        })?;
        let right: Vec<f64> = (0..count).map(|at| moment(at + 1, 0)).collect();
        let mut effects = right.clone();
        factor.solve(&mut effects);
        let explained: f64 = right.iter().zip(&effects).map(|(right, own)| right * own).sum();
        // A series that the columns explain whole has residuals of rounding.
        let squares = (moment(0, 0) - explained).max(f64::EPSILON * moment(0, 0)).max(1e-300);
        let free = (past.len() - count) as f64;
        Ok(Self {
            log_likelihood: -0.5
                * (log_variances + factor.log_determinant() + free * libm::log(squares)),
            squares,
            effects,
            factor,
            state: states[0],
            of_columns: states.split_off(1),
            root: root(&variance),
        })
    }

    /// Draws the effects and the state next to come, where the deviation of what is left is `deviation`.
    pub(super) fn draw(
        &self,
        deviation: f64,
        normal: &mut impl FnMut() -> f64,
    ) -> (Vec<f64>, State) {
        let mut effects: Vec<f64> = self.effects.iter().map(|_| normal()).collect();
        self.factor.solve_upper(&mut effects);
        for (own, mean) in effects.iter_mut().zip(&self.effects) {
            *own = mean + deviation * *own;
        }
        let noise: State = std::array::from_fn(|_| normal());
        let state = std::array::from_fn(|row| {
            let of_columns = self.of_columns.iter().zip(&effects);
            let explained: f64 = of_columns.map(|(state, effect)| state[row] * effect).sum();
            let drawn: f64 = self.root[row].iter().zip(&noise).map(|(a, b)| a * b).sum();
            self.state[row] - explained + deviation * drawn
        });
        (effects, state)
    }
}

/// T P T′ for the step from one period to the next: the level takes the slope, what is left shrinks.
fn step(variance: &Matrix, correlation: f64) -> Matrix {
    let rows: Matrix = [
        std::array::from_fn(|column| variance[0][column] + variance[1][column]),
        variance[1],
        std::array::from_fn(|column| correlation * variance[2][column]),
    ];
    std::array::from_fn(|row| {
        [rows[row][0] + rows[row][1], rows[row][1], correlation * rows[row][2]]
    })
}

/// The lower factor of a variance, of which some may be zero.
fn root(variance: &Matrix) -> Matrix {
    let mut root = [[0.0; 3]; 3];
    for row in 0..3 {
        for column in 0..=row {
            let known: f64 = (0..column).map(|at| root[row][at] * root[column][at]).sum();
            let rest = variance[row][column] - known;
            root[row][column] = if row == column {
                rest.max(0.0).sqrt()
            } else if root[column][column] > 0.0 {
                rest / root[column][column]
            } else {
                0.0
            };
        }
    }
    root
}
