//! The activities of every deal.

use super::view::{View, days};
use crate::data::{Column, Field, Records};

/// When something was done for each deal of the export, oldest first, what is planned later among it.
///
/// An activity that names a deal belongs to it; one that names a customer alone belongs to every deal of that
/// customer that was open then. Times are days since 1970; an activity that is written as a day alone may have
/// happened at any time of it, and on the day of the deal's creation it counts as done at once.
pub(in crate::analysis) fn touches(view: &View<'_>, activities: &Records) -> Vec<Vec<f64>> {
    let mut of_deal = vec![Vec::new(); view.deals.len()];
    let Some(Column::Date(at)) = activities.field(Field::At) else { return of_deal };
    let deals = view.deals.named_by(activities);
    let customers = view.deals.labels(Field::CustomerId).map(|labels| {
        let mut of_customer = vec![Vec::new(); labels.labels().len()];
        for deal in view.rows.iter().copied() {
            if let Some(code) = labels.code(deal) {
                of_customer[code as usize].push(deal);
            }
        }
        (activities.matched(Field::CustomerId, labels.labels()).rows, of_customer)
    });
    let names_deals = activities.labels(Field::OrderId);
    for (row, at) in at.iter().enumerate() {
        let Some(at) = at.map(days) else { continue };
        if names_deals.is_some_and(|labels| labels.code(row).is_some()) {
            if let Some(deal) = deals[row] {
                of_deal[deal].push(within(view, deal, at).unwrap_or(at));
            }
            continue;
        }
        let Some((rows, of_customer)) = &customers else { continue };
        for deal in rows[row].iter().flat_map(|code| &of_customer[*code as usize]) {
            let is_open = view.closed[*deal].is_none_or(|closed| at <= super::view::end_of(closed));
            if let Some(at) = within(view, *deal, at).filter(|_| is_open) {
                of_deal[*deal].push(at);
            }
        }
    }
    for times in &mut of_deal {
        times.sort_by(f64::total_cmp);
    }
    of_deal
}

/// The time of an activity that is not before the creation of `deal`.
fn within(view: &View<'_>, deal: usize, at: f64) -> Option<f64> {
    let created = view.created[deal]?;
    if at >= created {
        return Some(at);
    }
    (super::view::end_of(at) > created).then_some(created)
}
