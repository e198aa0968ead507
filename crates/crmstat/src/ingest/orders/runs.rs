//! Lines of one order that follow one another.
//!
//! Most exports with a row per line of an order write these lines together. They are joined as they are read, so
//! that what is gathered by customer are orders, in one pass. The first and the last order of a batch may go on
//! in the batches beside it: they are kept aside, and joined once all batches are read.

use crate::{
    Money, Timestamp,
    collections::write_cells::push_signed,
    ingest::orders::{
        order_totals::{Amounts, Orders},
        reader::OrderRows,
        repeated_ids::OrderIds,
    },
};
use std::ops::Range;

/// What rows of one id are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Lines, whose amounts add up.
    Lines,
    /// Copies, of which the largest amount counts.
    Copies,
}

impl Kind {
    /// The order that two rows make: placed when its first row was; `None` past the range of money.
    fn join(
        self,
        (at, amount): (Timestamp, Money),
        other: (Timestamp, Money),
    ) -> Option<(Timestamp, Money)> {
        let amount = match self {
            Self::Lines => amount.checked_add(other.1)?,
            Self::Copies => amount.max(other.1),
        };
        Some((at.min(other.0), amount))
    }
}

/// A batch of rows: the number of its input, and its place in it.
pub(super) type Place = (usize, u64);

/// An order at the beginning or the end of a batch.
#[derive(Debug)]
pub(super) struct Edge {
    /// The batch, and whether it is its end.
    place: (Place, bool),
    pub(super) id: Vec<u8>,
    /// The id, where a reader has it as a number.
    number: Option<i64>,
    pub(super) customer: Vec<u8>,
    pub(super) at: Timestamp,
    pub(super) amount: Money,
    /// The amounts of its rows.
    amounts: Amounts,
}

/// Joins neighbours among `rows` that are one order of one customer. `customers` and `ids` are what the cells lie
/// in. What may go on in the batch before or behind goes to `edges`; where the others stand is given back.
pub(super) fn join(
    kind: Kind,
    rows: &mut OrderRows,
    (customers, ids): (&[u8], &[u8]),
    place: Place,
    edges: &mut Vec<Edge>,
    totals: &mut Orders,
) -> Range<usize> {
    // Mostly there is nothing to join, and then nothing to move.
    let is_one = |rows: &OrderRows, last: usize, row: usize| {
        is_one_order(rows, ids, last, row)
            && rows.customer[last].of(customers) == rows.customer[row].of(customers)
    };
    let first = (1..rows.at.len()).find(|row| is_one(rows, row - 1, *row));
    let first = first.unwrap_or(rows.at.len());
    let mut orders = first;
    // The amounts of the rows of the first order, and of the one at hand.
    let mut of_first = rows.amount.first().map_or_else(Amounts::default, |own| Amounts::of(*own));
    let mut of_last =
        Amounts::of(rows.amount.get(first.wrapping_sub(1)).copied().unwrap_or_default());
    for row in first..rows.at.len() {
        let amount = rows.amount[row];
        if let Some(last) = orders.checked_sub(1)
            && is_one(rows, last, row)
            && let Some((at, joined)) =
                kind.join((rows.at[last], rows.amount[last]), (rows.at[row], rows.amount[row]))
        {
            (rows.at[last], rows.amount[last]) = (at, joined);
            of_last.add(amount);
        } else {
            match orders {
                1 => of_first = of_last,
                _ => totals.add(of_last),
            }
            of_last = Amounts::of(amount);
            rows.copy(row, orders);
            orders += 1;
        }
    }
    if orders == 1 {
        of_first = of_last;
    }
    rows.truncate(orders);
    let mut edge = |row: usize, is_end: bool, amounts: Amounts| {
        let Some(id) = id_of(rows, ids, row) else { return false };
        let customer = rows.customer[row].of(customers);
        // A customer that is no text is rejected with its record.
        if std::str::from_utf8(customer).is_err() {
            return false;
        }
        edges.push(Edge {
            place: (place, is_end),
            id,
            number: rows.number.get(row).copied(),
            customer: customer.to_vec(),
            at: rows.at[row],
            amount: rows.amount[row],
            amounts,
        });
        true
    };
    let start = usize::from(orders > 0 && edge(0, false, of_first));
    let end = orders - usize::from(orders > 1 && edge(orders - 1, true, of_last));
    start..end.max(start)
}

/// Whether two rows name the same order.
#[inline]
fn is_one_order(rows: &OrderRows, ids: &[u8], left: usize, right: usize) -> bool {
    if rows.number.is_empty() {
        let (left, right) = (rows.order[left].of(ids), rows.order[right].of(ids));
        // Neighbours mostly differ in their last byte.
        left.len() == right.len()
            && left.last() == right.last()
            && !left.is_empty()
            && left == right
    } else {
        rows.number[left] == rows.number[right]
    }
}

/// The id of the order of a row, as text.
fn id_of(rows: &OrderRows, ids: &[u8], row: usize) -> Option<Vec<u8>> {
    match rows.number.get(row) {
        Some(number) => {
            let mut digits = Vec::new();
            push_signed(&mut digits, *number);
            Some(digits)
        }
        None => Some(rows.order[row].of(ids).to_vec()).filter(|id| !id.is_empty()),
    }
}

/// Joins the edges of all batches where they go on in one another, and shows their ids to `seen` and their
/// amounts to `totals`.
pub(super) fn join_edges(
    kind: Kind,
    mut edges: Vec<Edge>,
    seen: &mut OrderIds,
    totals: &mut Orders,
) -> Vec<Edge> {
    edges.sort_unstable_by_key(|edge| edge.place);
    let mut joined: Vec<Edge> = Vec::with_capacity(edges.len());
    for edge in edges {
        if let Some(last) = joined.last_mut()
            && last.id == edge.id
            && last.customer == edge.customer
            && let Some((at, amount)) = kind.join((last.at, last.amount), (edge.at, edge.amount))
        {
            (last.at, last.amount) = (at, amount);
            last.amounts.join(edge.amounts);
        } else {
            joined.push(edge);
        }
    }
    for edge in &joined {
        // As the ids of the batches were: another way would have to be compared in another pass.
        match edge.number {
            Some(number) => seen.observe_numbers(&[number]),
            None => seen.observe_one(&edge.id),
        }
        totals.add(edge.amounts);
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::{Kind, join, join_edges};
    use crate::{
        Money, Timestamp,
        collections::short_text::Cell,
        ingest::orders::{
            order_totals::Orders,
            reader::OrderRows,
            repeated_ids::{OrderIds, Repeats},
        },
    };
    use proptest::prelude::*;

    /// Order, customer and amount of each order that batches of `rows` give, and what their ids show.
    fn joined(rows: &[(u8, i64)], batch: usize) -> (Vec<(u8, i64)>, Repeats) {
        let (mut edges, mut ids, mut found) = (Vec::new(), OrderIds::default(), Vec::new());
        let mut totals = Orders::default();
        for (place, batch) in (0..).zip(rows.chunks(batch)) {
            // The id of an order is also that of its customer.
            let buffer: Vec<u8> = batch.iter().map(|(order, _)| order + b'a').collect();
            let cell = |start: usize| Cell { start: start as u32, len: 1 };
            let mut columns = OrderRows {
                record: (0..batch.len() as u32).collect(),
                customer: (0..batch.len()).map(cell).collect(),
                at: vec![Timestamp::default(); batch.len()],
                amount: batch.iter().map(|(_, amount)| Money::from_units(*amount)).collect(),
                order: (0..batch.len()).map(cell).collect(),
                number: Vec::new(),
                further: Vec::new(),
            };
            let buffers = (&buffer[..], &buffer[..]);
            let own = join(Kind::Lines, &mut columns, buffers, (0, place), &mut edges, &mut totals);
            ids.observe(&buffer, &columns.order[own.clone()]);
            found.extend(own.map(|row| {
                (columns.order[row].of(&buffer)[0] - b'a', columns.amount[row].units())
            }));
        }
        let edges = join_edges(Kind::Lines, edges, &mut ids, &mut totals);
        found.extend(edges.iter().map(|edge| (edge.id[0] - b'a', edge.amount.units())));
        found.sort_unstable();
        (found, ids.repeats())
    }

    proptest! {
        #[test]
        fn lines_that_stand_together_are_one_order_wherever_batches_end(
            runs in prop::collection::vec((1_usize..5, -9_i64..9), 1..20),
            batch in 1_usize..9,
        ) {
            let rows: Vec<(u8, i64)> = (0..)
                .zip(&runs)
                .flat_map(|(order, (lines, amount))| vec![(order, *amount); *lines])
                .collect();
            let (found, repeats) = joined(&rows, batch);
            let sums = runs.iter().map(|(lines, amount)| *lines as i64 * amount);
            prop_assert_eq!(found, (0..).zip(sums).collect::<Vec<_>>());
            prop_assert_eq!(repeats, Repeats::None);
        }

        #[test]
        fn lines_that_stand_apart_are_never_missed(
            orders in prop::collection::vec(0_u8..6, 2..30),
            batch in 1_usize..9,
        ) {
            let rows: Vec<(u8, i64)> = orders.iter().map(|order| (*order, 1)).collect();
            let (found, repeats) = joined(&rows, batch);
            let mut ids: Vec<u8> = found.iter().map(|(order, _)| *order).collect();
            ids.dedup();
            prop_assert!(ids.len() == found.len() || repeats != Repeats::None);
        }
    }
}
