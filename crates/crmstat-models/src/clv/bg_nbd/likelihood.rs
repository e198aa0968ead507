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
/// ln (r)ₓ + ln (b)ₙ − ln (a + b)ₙ + ln(eᵁ + eⱽ)
/// U = −r ln(1 + T / α) − x ln(α + T)                  still alive at T
/// V = U + (r + x) ln((α + T) / (α + t_x)) + ln a − ln(b + n − 1)     left at t_x, if n > 0
/// ```
///
/// where (r)ₓ is `Γ(r + x) / Γ(r)`. No term grows with the parameters, so that none cancels where customers
/// hardly leave or hardly differ. The first three depend on x alone and are computed once per distinct x.
pub(super) fn log_likelihood(histories: &Histories, dropout: Dropout, point: &[f64; 4]) -> Jet<4> {
    let [r, _, a, b] = Jet::variables(point);
    let mut total = Jet::ZERO;
    for &(x, customers) in &histories.by_x {
        let flips = x + dropout.flips_at_first_order();
        total += (r.ln_rise(x) + b.ln_rise(flips) - (a + b).ln_rise(flips)) * customers;
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
    let (x, weight) = (history.x, history.customers);
    let alive = alpha + history.end;
    let slope_alive = 1.0 / alive;
    // ln(1 + T / α) and its derivative by α, negated.
    let waited = (history.end / alpha).ln_1p();
    let waiting = history.end / alpha * slope_alive;
    let counted = if x == 0.0 { 0.0 } else { x * alive.ln() };
    sum.value -= weight * (r * waited + counted);
    sum.gradient[0] -= weight * waited;
    sum.gradient[1] += weight * (r * waiting - x * slope_alive);
    let bend = x * slope_alive * slope_alive - r * waiting * (1.0 / alpha + slope_alive);
    sum.hessian[1][1] += weight * bend;

    let flips = x + dropout.flips_at_first_order();
    if flips == 0.0 {
        sum.hessian[0][1] += weight * waiting;
        sum.hessian[1][0] += weight * waiting;
        return;
    }
    let left = alpha + history.t_x;
    let slope_left = 1.0 / left;
    let failures = b + flips - 1.0;
    let silence = history.end - history.t_x;
    let silent = (silence * slope_left).ln_1p();
    let power = r + x;
    let gap = power * silent + (a / failures).ln();
    // The posterior probability of having left, V's share in the sum.
    let share = 1.0 / (1.0 + (-gap).exp());
    sum.value += weight * if gap > 0.0 { gap - share.ln() } else { gap.exp().ln_1p() };

    // The share of D = ∇(V − U), plus share (1 − share) D Dᵀ.
    let fades = silence * slope_left * slope_alive;
    let d = [silent, -power * fades, 1.0 / a, -1.0 / failures];
    for (entry, slope) in sum.gradient.iter_mut().zip(d) {
        *entry += weight * share * slope;
    }
    let spread = weight * share * (1.0 - share);
    for i in 0..4 {
        for j in 0..4 {
            sum.hessian[i][j] += spread * d[i] * d[j];
        }
    }
    let cross = waiting - share * fades;
    sum.hessian[0][1] += weight * cross;
    sum.hessian[1][0] += weight * cross;
    sum.hessian[1][1] += weight * share * power * fades * (slope_left + slope_alive);
    sum.hessian[2][2] -= weight * share * d[2] * d[2];
    sum.hessian[3][3] += weight * share * d[3] * d[3];
}
