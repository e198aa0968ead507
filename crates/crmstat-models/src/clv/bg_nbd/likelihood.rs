//! The likelihood with its derivatives.

use super::Dropout;
use crate::clv::jet::Jet;
use crate::clv::summary::{Histories, History};
use crate::parallel::map_chunks;

/// Histories per task.
const CHUNK: usize = 4096;

/// The log-likelihood of all customers at `[r, α, a, b]`.
///
/// With n = x for the BG/NBD and x + 1 for the MBG/NBD, a customer has
///
/// ```text
/// ln Γ(r + x) − ln Γ(r) + r ln α + ln B(a, b + n) − ln B(a, b) + ln(eᵁ + eⱽ)
/// U = −(r + x) ln(α + T)                              still alive at T
/// V = −(r + x) ln(α + t_x) + ln a − ln(b + n − 1)     left at t_x, if n > 0
/// ```
///
/// The first line depends on x alone and is computed once per distinct x.
pub(super) fn log_likelihood(histories: &Histories, dropout: Dropout, point: &[f64; 4]) -> Jet<4> {
    let [r, alpha, a, b] = Jet::variables(point);
    let fixed = r.ln_gamma() + Jet::ln_beta(a, b) - r * alpha.ln();
    let mut total = fixed * -histories.customers;
    for &(x, customers) in &histories.by_x {
        let flips = x + dropout.flips_at_first_order();
        total += ((r + x).ln_gamma() + Jet::ln_beta(a, b + flips)) * customers;
    }
    let parts = map_chunks(histories.distinct.len(), CHUNK, |range| {
        let mut sum = Jet::ZERO;
        for history in &histories.distinct[range] {
            add_mixture(&mut sum, history, dropout, point);
        }
        sum
    });
    for part in parts {
        total += part;
    }
    total
}

/// Adds `ln(eᵁ + eⱽ)`. Written out by hand, since this is where a fit spends its time.
fn add_mixture(sum: &mut Jet<4>, history: &History, dropout: Dropout, point: &[f64; 4]) {
    let [r, alpha, a, b] = *point;
    let power = r + history.x;
    let weight = history.customers;
    let alive = alpha + history.end;
    let (log_alive, slope_alive) = (alive.ln(), 1.0 / alive);
    let flips = history.x + dropout.flips_at_first_order();
    if flips == 0.0 {
        sum.value -= weight * power * log_alive;
        sum.gradient[0] -= weight * log_alive;
        sum.gradient[1] -= weight * power * slope_alive;
        sum.hessian[0][1] -= weight * slope_alive;
        sum.hessian[1][0] -= weight * slope_alive;
        sum.hessian[1][1] += weight * power * slope_alive * slope_alive;
        return;
    }
    let left = alpha + history.t_x;
    let (log_left, slope_left) = (left.ln(), 1.0 / left);
    let failures = b + flips - 1.0;
    let gap = power * (log_alive - log_left) + (a / failures).ln();
    // The posterior probability of having left, V's share in the sum.
    let share = 1.0 / (1.0 + (-gap).exp());
    let log_sum = if gap > 0.0 { gap - share.ln() } else { gap.exp().ln_1p() };
    sum.value += weight * (log_sum - power * log_alive);

    // U's derivatives, plus the share of D = ∇(V − U), plus share (1 − share) D Dᵀ.
    let d = [log_alive - log_left, power * (slope_alive - slope_left), 1.0 / a, -1.0 / failures];
    sum.gradient[0] += weight * (share * d[0] - log_alive);
    sum.gradient[1] += weight * (share * d[1] - power * slope_alive);
    sum.gradient[2] += weight * share * d[2];
    sum.gradient[3] += weight * share * d[3];
    let spread = weight * share * (1.0 - share);
    for i in 0..4 {
        for j in 0..4 {
            sum.hessian[i][j] += spread * d[i] * d[j];
        }
    }
    let cross = share * (slope_alive - slope_left) - slope_alive;
    let bend = slope_alive * slope_alive;
    sum.hessian[0][1] += weight * cross;
    sum.hessian[1][0] += weight * cross;
    sum.hessian[1][1] += weight * power * (bend + share * (slope_left * slope_left - bend));
    sum.hessian[2][2] -= weight * share * d[2] * d[2];
    sum.hessian[3][3] += weight * share * d[3] * d[3];
}
