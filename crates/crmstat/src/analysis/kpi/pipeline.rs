//! Figures of deals: leads, conversion, win rate, cycle, velocity.

use super::{
    Kpi,
    estimate::{Estimate, mean, share},
};
use crate::{
    Date, Money,
    analysis::sales::Span,
    data::{DealStatus, Deals, Labels},
};

const SECONDS_A_DAY: f64 = 86_400.0;

/// The figures of the deals of one label in `span`, as they are known before `end`.
pub(super) fn figures(
    deals: &Deals,
    group: Option<(&Labels, Option<u32>)>,
    span: Span,
    end: Date,
    level: f64,
) -> Vec<(Kpi, Estimate)> {
    let is_in = |deal: &usize| group.is_none_or(|(labels, code)| labels.code(*deal) == code);
    let within = |at: Option<crate::Timestamp>| {
        at.is_some_and(|at| at.date() >= span.first && at.date() < span.end)
    };
    let before = |at: Option<crate::Timestamp>, end: Date| at.is_some_and(|at| at.date() < end);
    let own: Vec<usize> = (0..deals.len()).filter(is_in).collect();
    let status = |deal: usize| match deals.closed()[deal] {
        // What is closed later is still open.
        Some(at) if at.date() >= end => DealStatus::Open,
        _ => deals.status()[deal],
    };
    let mut found = Vec::new();
    let mut add = |kpi: Kpi, estimate: Option<Estimate>| {
        found.extend(estimate.map(|estimate| (kpi, estimate)));
    };

    let created: Vec<usize> =
        own.iter().copied().filter(|deal| within(deals.created()[*deal])).collect();
    let count =
        |wanted: DealStatus| created.iter().filter(|deal| status(**deal) == wanted).count() as u64;
    let leads = created.len() as u64;
    if deals.created().iter().any(Option::is_some) {
        add(Kpi::Leads, Some(Estimate::exact(leads as f64)));
    }
    add(Kpi::LeadConversion, share(count(DealStatus::Won), leads, level));
    add(Kpi::LostLeadShare, share(count(DealStatus::Lost), leads, level));

    let closed: Vec<usize> =
        own.iter().copied().filter(|deal| within(deals.closed()[*deal])).collect();
    let of = |wanted: DealStatus| {
        closed.iter().copied().filter(move |deal| deals.status()[*deal] == wanted)
    };
    let (won, lost) = (of(DealStatus::Won).count() as u64, of(DealStatus::Lost).count() as u64);
    let rate = share(won, won + lost, level);
    add(Kpi::WinRate, rate);
    let worth = |wanted: DealStatus| -> (i128, u64) {
        let known = of(wanted).filter_map(|deal| deals.amount()[deal]);
        known.fold((0, 0), |(sum, count), own| (sum + i128::from(own.units()), count + 1))
    };
    let ((won_units, won_known), (lost_units, lost_known)) =
        (worth(DealStatus::Won), worth(DealStatus::Lost));
    let both = won_units + lost_units;
    // Where no lost deal has an amount, or all have none of zero, nothing is known of the value that was lost.
    add(
        Kpi::WinRateValue,
        (both > 0 && (lost == 0 || lost_units > 0))
            .then(|| Estimate::of(won_units as f64 / both as f64, won_known + lost_known)),
    );
    let mut cycles: Vec<f64> = of(DealStatus::Won)
        .filter_map(|deal| {
            let (from, to) = (deals.created()[deal]?, deals.closed()[deal]?);
            Some((to.seconds() - from.seconds()) as f64 / SECONDS_A_DAY)
        })
        .filter(|days| *days >= 0.0)
        .collect();
    cycles.sort_by(f64::total_cmp);
    let cycle = mean(&cycles, level);
    add(Kpi::CycleDays, cycle);
    let half = cycles.len() / 2;
    let median = match cycles.len() {
        0 => None,
        odd if odd % 2 == 1 => Some(cycles[half]),
        _ => Some(f64::midpoint(cycles[half - 1], cycles[half])),
    };
    add(Kpi::CycleDaysMedian, median.map(|days| Estimate::of(days, cycles.len() as u64)));
    let is_open = |deal: &&usize| {
        let begun = before(deals.created()[**deal], span.end);
        begun
            && match (deals.status()[**deal], deals.closed()[**deal]) {
                (DealStatus::Open, _) => true,
                (_, Some(at)) => at.date() >= span.end,
                (_, None) => false,
            }
    };
    let open = own.iter().filter(is_open).count() as f64;
    let velocity = || {
        let (rate, cycle) = (rate?, cycle.filter(|cycle| cycle.value > 0.0)?);
        let mean_won =
            (won_known > 0).then(|| won_units as f64 / won_known as f64 / Money::SCALE as f64)?;
        Some(Estimate::exact(open * rate.value * mean_won / cycle.value))
    };
    add(Kpi::Velocity, velocity());
    found
}
