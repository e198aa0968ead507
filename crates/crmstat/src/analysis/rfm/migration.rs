//! Who moved from which segment to which between two dates.

use super::Rfm;
use crate::{
    Lang, Money, Result,
    data::table::{Column, Table},
};

/// Customers by their segment before and after, under the same cut points.
#[derive(Clone, Debug)]
pub struct Migration {
    names: [Vec<String>; 2],
    /// From, to, customers, revenue after; `None` is a customer of only one of the two dates.
    moves: Vec<(Option<u32>, Option<u32>, u64, Money)>,
}

/// Compares the segments of the customers of `before` and `after`, which share cut points and rules.
///
/// # Errors
/// A sum of revenue past the range of money.
pub fn migration(before: &Rfm, after: &Rfm) -> Result<Migration> {
    let segments = after.segments().names(Lang::En).len() + 1;
    let place = |segment: Option<u32>| segment.map_or(segments - 1, |segment| segment as usize);
    let mut cells = vec![(0_u64, 0_i128); segments * segments];
    let (mut old, mut new) = (before.customers().peekable(), after.customers().peekable());
    loop {
        // Both are in the order of ids, so that one walk meets every customer once.
        let next = match (old.peek(), new.peek()) {
            (None, None) => break,
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (Some(old), Some(new)) => old.id.cmp(new.id),
        };
        let old = if next.is_le() { old.next() } else { None };
        let new = if next.is_ge() { new.next() } else { None };
        let from = place(old.and_then(|customer| customer.segment));
        let to = place(new.and_then(|customer| customer.segment));
        let (customers, revenue) = &mut cells[from * segments + to];
        *customers += 1;
        *revenue += new.map_or(0, |customer| i128::from(customer.revenue.units()));
    }
    let name = |number: usize| (number < segments - 1).then_some(number as u32);
    let moves = cells
        .into_iter()
        .enumerate()
        .filter(|(_, (customers, _))| *customers > 0)
        .map(|(at, (customers, revenue))| {
            Ok((
                name(at / segments),
                name(at % segments),
                customers,
                super::tables::total(revenue)?,
            ))
        })
        .collect::<Result<_>>()?;
    let names = [Lang::En, Lang::Ru]
        .map(|lang| after.segments().names(lang).into_iter().map(str::to_owned).collect());
    Ok(Migration { names, moves })
}

impl Migration {
    /// One row per pair of segments that has customers, in the order of the rules; no segment means no
    /// purchase by that date.
    ///
    /// # Errors
    /// Never, as the columns are made here.
    pub fn table(&self, lang: Lang) -> Result<Table> {
        let mut labels = self.names[lang.pick(0, 1)].clone();
        labels.push(lang.pick("(no purchase)", "(нет покупок)").to_owned());
        let absent = labels.len() as u32 - 1;
        let total: u64 = self.moves.iter().map(|(_, _, customers, _)| customers).sum();
        let moves = || self.moves.iter();
        Table::new(
            "migration",
            vec![
                Column::category(
                    "from",
                    "Из сегмента",
                    &labels,
                    moves().map(|each| each.0.unwrap_or(absent)),
                ),
                Column::category(
                    "to",
                    "В сегмент",
                    &labels,
                    moves().map(|each| each.1.unwrap_or(absent)),
                ),
                Column::int("customers", "Клиентов", moves().map(|each| each.2 as i64)),
                Column::float(
                    "share_customers",
                    "Доля клиентов",
                    4,
                    moves().map(|each| each.2 as f64 / total as f64),
                ),
                Column::money("revenue", "Выручка", moves().map(|each| each.3)),
            ],
        )
    }
}
