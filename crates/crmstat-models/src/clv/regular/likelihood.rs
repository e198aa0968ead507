//! The likelihood with its derivatives, the part of the times between orders aside.

use crate::clv::Dropout;
use crate::clv::jet::Jet;
use crate::clv::summary::{Histories, History};
use crate::parallel::map_chunks;

/// The log-likelihood of all customers at `[r, α, a, b]`, but for what k alone changes.
///
/// With n as for the BG/NBD, m = kx and δ = T − `t_x`, a customer has
///
/// ```text
/// ln (r)ₘ + ln (b)ₙ − ln (a + b)ₙ + U + ln(1 + Σ eᵂʲ + eⱽ)
/// U = −r ln(1 + T / α) − m ln(α + T)                                     alive at T, no stage passed
/// Wⱼ = Σ ln((r + m + i) δ / ((i + 1) (α + T))), i < j                    alive, j stages passed
/// V = (r + m) ln((α + T) / (α + t_x)) + ln a − ln(b + n − 1)             left at t_x, if n > 0
/// ```
pub(super) fn log_likelihood(
    histories: &Histories,
    dropout: Dropout,
    k: u32,
    point: &[f64; 4],
) -> Jet<4> {
    /// Histories per task; each takes about a microsecond per stage.
    const CHUNK: usize = 512;
    let [r, _, a, b] = Jet::variables(point);
    let mut total = Jet::ZERO;
    for &(x, customers) in &histories.by_x {
        let flips = x + dropout.flips_at_first_order();
        let rise = r.ln_rise(f64::from(k) * x);
        total += (rise + b.ln_rise(flips) - (a + b).ln_rise(flips)) * customers;
    }
    let parts = map_chunks(histories.distinct.len(), CHUNK, |range| {
        let mut sum = Jet::ZERO;
        for history in &histories.distinct[range] {
            sum += mixture(history, dropout, k, point) * history.customers;
        }
        sum
    });
    for part in parts {
        total += part;
    }
    total
}

/// `U + ln(1 + Σ eᵂʲ + eⱽ)`.
fn mixture(history: &History, dropout: Dropout, k: u32, point: &[f64; 4]) -> Jet<4> {
    let [r, alpha, a, b] = Jet::variables(point);
    let &History { x, t_x, end, .. } = history;
    let m = f64::from(k) * x;
    let alive_at = (alpha + end).ln();
    let alive = r * alpha.ln_ratio(0.0, end) - alive_at * m;
    let silence = end - t_x;
    let mut sum = Jet::ZERO;
    if silence > 0.0 {
        let mut passed = Jet::ZERO;
        for stage in 0..k - 1 {
            let stage = f64::from(stage);
            passed += (r + (m + stage)).ln() - alive_at + (silence / (stage + 1.0)).ln();
            sum = sum.log_sum(passed);
        }
    }
    let flips = x + dropout.flips_at_first_order();
    if flips > 0.0 {
        let left = (r + m) * alpha.ln_ratio(t_x, end) * -1.0 + a.ln() - (b + (flips - 1.0)).ln();
        sum = sum.log_sum(left);
    }
    alive + sum
}
