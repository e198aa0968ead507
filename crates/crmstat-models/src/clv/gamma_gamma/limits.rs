//! The models of spend that are nested in the Gamma-Gamma, at the edges of its parameters.

use super::super::fit::{Estimate, FitParams, Limit, Region, maximise_positive};
use super::super::jet::Jet;

/// What stands for a parameter without bound: the deviation that it leaves is a ten-thousandth.
const FAR: f64 = 1e8;

/// The best nested model for customers of (x, m): by Akaike's criterion, and `None` where none settles.
pub(super) fn nested(customers: &[(u32, f64)], params: FitParams) -> Option<([f64; 3], Estimate)> {
    if let Some(mean) = the_same(customers) {
        return Some(constant(mean, customers.len() as f64));
    }
    let candidates = [steady(customers, params), alike(customers, params)];
    let settled = candidates.into_iter().flatten().filter(|found| found.1.converged);
    settled.reduce(
        |best, next| {
            if next.1.log_likelihood > best.1.log_likelihood { next } else { best }
        },
    )
}

/// What everybody spends, if it is the same.
fn the_same(customers: &[(u32, f64)]) -> Option<f64> {
    /// Sums of equal amounts differ by rounding.
    const ROUNDING: f64 = 1e-9;
    let means = || customers.iter().map(|(_, mean)| *mean);
    let (least, most) = (means().fold(f64::INFINITY, f64::min), means().fold(0.0, f64::max));
    (most <= least * (1.0 + ROUNDING)).then_some(most)
}

fn constant(mean: f64, customers: f64) -> ([f64; 3], Estimate) {
    let estimate = Estimate {
        // The amounts are certain.
        log_likelihood: 0.0,
        customers,
        gradient_norm: 0.0,
        condition: None,
        iterations: 0,
        converged: true,
        penalty: 0.0,
        covariance: Some(vec![0.0; 9]),
        limits: vec![Limit::SteadySpending, Limit::SpendingAlike],
    };
    ([FAR, FAR, mean * (FAR - 1.0) / FAR], estimate)
}

/// All orders of a customer cost the same: p without bound, and m = w / ν' with ν' ~ Gamma(q, 1).
fn steady(customers: &[(u32, f64)], params: FitParams) -> Option<([f64; 3], Estimate)> {
    let count = customers.len() as f64;
    let unit = (customers.iter().map(|(_, mean)| mean.ln()).sum::<f64>() / count).exp();
    // The sum of ln(m / unit) is zero.
    let inverses: f64 = customers.iter().map(|(_, mean)| unit / mean).sum();
    let fixed = -count * unit.ln();
    let likelihood = |point: &[f64; 2]| {
        let [q, w] = Jet::variables(point);
        (q * w.ln() - q.ln_gamma()) * count - w * inverses + fixed
    };
    let starts = [[3.0, 3.0], [30.0, 30.0], [1.5, 1.0], [1000.0, 1000.0]];
    let region = Region::positive(&starts, [1.0; 2]);
    let ([q, w], estimate) = maximise_positive(likelihood, count, &region, params).ok()?;
    // ln v is ln w less ln p, which is held.
    let covariance = estimate
        .covariance
        .as_ref()
        .map(|own| vec![0.0, 0.0, 0.0, 0.0, own[0], own[1], 0.0, own[2], own[3]]);
    let limits = vec![Limit::SteadySpending];
    Some(([FAR, q, w * unit / FAR], Estimate { covariance, limits, ..estimate }))
}

/// All customers draw from one distribution of amounts: q without bound, and m ~ Gamma(p x, ν x).
fn alike(customers: &[(u32, f64)], params: FitParams) -> Option<([f64; 3], Estimate)> {
    let count = customers.len() as f64;
    let (mut orders, mut total) = (0.0, 0.0);
    for (x, mean) in customers {
        orders += f64::from(*x);
        total += f64::from(*x) * mean;
    }
    let unit = total / orders;
    let mut by_x: Vec<(f64, f64, f64)> = Vec::new();
    for group in customers.chunk_by(|one, next| one.0 == next.0) {
        let logs = group.iter().map(|(_, mean)| (mean / unit).ln()).sum();
        by_x.push((f64::from(group[0].0), group.len() as f64, logs));
    }
    let logs: f64 = customers.iter().map(|(_, mean)| mean.ln()).sum();
    // With ν = p / mean · ρ the sum of x m ν is p ρ orders, in units of the mean.
    let likelihood = |point: &[f64; 2]| {
        let [p, rho] = Jet::variables(point);
        let rate = p * rho;
        let mut sum = rate * -orders + -logs;
        for &(x, customers, logs) in &by_x {
            let shape = p * x;
            sum += (shape * (rate * x).ln() - shape.ln_gamma()) * customers + shape * logs;
        }
        sum
    };
    let starts = [[1.0, 1.0], [10.0, 1.0], [0.3, 1.0], [1000.0, 1.0]];
    let region = Region::positive(&starts, [1.0; 2]);
    let ([p, rho], estimate) = maximise_positive(likelihood, count, &region, params).ok()?;
    // ln v is ln q, which is held, less ln ν, and ln ν = ln p + ln ρ less a constant.
    let covariance = estimate.covariance.as_ref().map(|own| {
        let with_p = -(own[0] + own[1]);
        let of_v = own[0] + 2.0 * own[1] + own[3];
        vec![own[0], 0.0, with_p, 0.0, 0.0, 0.0, with_p, 0.0, of_v]
    });
    let limits = vec![Limit::SpendingAlike];
    let nu = p * rho / unit;
    Some(([p, FAR, FAR / nu], Estimate { covariance, limits, ..estimate }))
}
