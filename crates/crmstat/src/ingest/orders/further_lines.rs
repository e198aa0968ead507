//! Rows of an order behind its first, in exports that write what is of the whole order only once.
//!
//! Shopify exports a row for each product: the first has the order's total, date and status, the others have
//! its name and their product. They are no faults, and no orders.

use crate::{
    data::Field,
    ingest::{
        cells::text,
        pass::{batches::BatchRecords, faults::Part, input::Input},
        text::Wanted,
    },
};

/// Where such rows are seen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FurtherLines {
    order: Part,
    amount: Part,
}

impl FurtherLines {
    /// `None` where the first rows of `input` show no such row, or a row without an amount that is none.
    pub(crate) fn new(input: &Input, wanted: &Wanted) -> Option<Self> {
        let order = input.mapping.column(Field::OrderId)?;
        let amount = input.mapping.column(Field::Amount)?;
        let (mut last, mut found) = (None, false);
        for row in input.sample() {
            let cell = |column: usize| row.get(column).map_or(&[][..], |cell| cell.as_bytes());
            let id = text::id(cell(order)).0;
            if text::is_missing(cell(amount)) && !id.is_empty() {
                if last != Some(id) {
                    return None;
                }
                found = true;
            }
            last = Some(id);
        }
        let part = |column: usize| Some(Part { column, position: wanted.position(column)? });
        found.then_some(Self { order: part(order)?, amount: part(amount)? })
    }

    /// Whether record `row` is one: it names the order of the row above and has no amount. The row above the
    /// first of a batch is out of sight.
    pub(crate) fn has(self, records: &BatchRecords<'_>, row: usize) -> bool {
        let cell = |part: Part, row: usize| {
            records.batch.cells[part.position][row].of(&records.block.bytes)
        };
        let id = text::id(cell(self.order, row)).0;
        text::is_missing(cell(self.amount, row))
            && !id.is_empty()
            && (row == records.first || text::id(cell(self.order, row - 1)).0 == id)
    }
}
