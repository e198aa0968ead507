//! Lines of one order that follow one another.
//!
//! Most exports with a row per line of an order write these lines together. They are joined as they are read, so
//! that what is gathered by customer are orders, in one pass. The first and the last order of a batch may go on
//! in the batches beside it: they are kept aside, and joined once all batches are read.

use crate::{
    Money, Timestamp,
    collections::write_cells::push_signed,
    ingest::orders::{reader::OrderRows, repeated_ids::OrderIds},
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
    pub(super) customer: Vec<u8>,
    pub(super) at: Timestamp,
    pub(super) amount: Money,
}

/// Joins neighbours among `rows` that are one order of one customer. `customers` and `ids` are what the cells lie
/// in. What may go on in the batch before or behind goes to `edges`; where the others stand is given back.
pub(super) fn join(
    kind: Kind,
    rows: &mut OrderRows,
    (customers, ids): (&[u8], &[u8]),
    place: Place,
    edges: &mut Vec<Edge>,
) -> Range<usize> {
    // Mostly there is nothing to join, and then nothing to move.
    let is_one = |rows: &OrderRows, last: usize, row: usize| {
        is_one_order(rows, ids, last, row)
            && rows.customer[last].of(customers) == rows.customer[row].of(customers)
    };
    let first = (1..rows.at.len()).find(|row| is_one(rows, row - 1, *row));
    let mut orders = first.unwrap_or(rows.at.len());
    for row in orders..rows.at.len() {
        if let Some(last) = orders.checked_sub(1)
            && is_one(rows, last, row)
            && let Some((at, amount)) =
                kind.join((rows.at[last], rows.amount[last]), (rows.at[row], rows.amount[row]))
        {
            (rows.at[last], rows.amount[last]) = (at, amount);
        } else {
            rows.copy(row, orders);
            orders += 1;
        }
    }
    rows.truncate(orders);
    let mut edge = |row: usize, is_end: bool| {
        let Some(id) = id_of(rows, ids, row) else { return false };
        let customer = rows.customer[row].of(customers);
        // A customer that is no text is rejected with its record.
        if std::str::from_utf8(customer).is_err() {
            return false;
        }
        edges.push(Edge {
            place: (place, is_end),
            id,
            customer: customer.to_vec(),
            at: rows.at[row],
            amount: rows.amount[row],
        });
        true
    };
    let start = usize::from(orders > 0 && edge(0, false));
    let end = orders - usize::from(orders > 1 && edge(orders - 1, true));
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

/// Joins the edges of all batches where they go on in one another, and shows their ids to `seen`.
pub(super) fn join_edges(kind: Kind, mut edges: Vec<Edge>, seen: &mut OrderIds) -> Vec<Edge> {
    edges.sort_unstable_by(|left, right| left.place.cmp(&right.place));
    let mut joined: Vec<Edge> = Vec::with_capacity(edges.len());
    for edge in edges {
        if let Some(last) = joined.last_mut()
            && last.id == edge.id
            && last.customer == edge.customer
            && let Some((at, amount)) = kind.join((last.at, last.amount), (edge.at, edge.amount))
        {
            (last.at, last.amount) = (at, amount);
        } else {
            joined.push(edge);
        }
    }
    for edge in &joined {
        seen.observe_one(&edge.id);
    }
    joined
}
