//! The lines of orders: those that the orders themselves are made of, or a table beside them.

use crate::{
    Money, Result,
    data::{Column, Field, LinesByOrder, Orders, Records},
    ingest::orders::line_amounts::amounts,
};
use std::ops::Range;

/// The table of order lines, by the orders that they belong to.
#[derive(Clone, Debug)]
pub(super) struct OrderLines {
    /// Where the lines of each order begin, and the end of all.
    first: Vec<u32>,
    amount: Vec<Money>,
    columns: Vec<(Field, Column)>,
    unmatched: u64,
}

impl OrderLines {
    /// Joins `records` by the ids of `orders`; a line of another order is counted as unmatched. A line
    /// whose amount is not known counts as nothing.
    pub(super) fn join(records: &Records, orders: &Orders) -> Result<Self> {
        let LinesByOrder { first, rows, unmatched } = LinesByOrder::join(records, orders);
        let amounts = amounts(records)?;
        Ok(Self {
            first,
            amount: rows.iter().map(|row| amounts[*row as usize].unwrap_or_default()).collect(),
            columns: records
                .fields()
                .filter_map(|field| Some((field, records.field(field)?.reordered(&rows))))
                .collect(),
            unmatched,
        })
    }

    /// Lines of no order.
    pub(super) fn unmatched(&self) -> u64 {
        self.unmatched
    }

    /// The lines with the values of `field`.
    pub(super) fn field(&self, field: Field) -> Option<(Lines<'_>, &Column)> {
        let (_, column) = self.columns.iter().find(|(own, _)| *own == field)?;
        Some((Lines::Beside(self), column))
    }
}

/// The lines by which the spend of customers is told apart.
#[derive(Clone, Copy)]
pub(super) enum Lines<'a> {
    Own(&'a Orders),
    Beside(&'a OrderLines),
}

impl Lines<'_> {
    pub(super) fn of_order(&self, order: usize) -> Range<usize> {
        match self {
            Self::Own(orders) => orders.lines_of(order),
            Self::Beside(lines) => lines.first[order] as usize..lines.first[order + 1] as usize,
        }
    }

    pub(super) fn amount(&self, line: usize) -> i128 {
        let amounts = match self {
            Self::Own(orders) => orders.line_amount(),
            Self::Beside(lines) => &lines.amount,
        };
        i128::from(amounts[line].units())
    }
}
