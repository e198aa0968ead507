//! The hot path of reading orders: rows whose customer, date and amount are written as most are.
//!
//! What is read here is read as [`OrderReader`](crate::ingest::orders::reader::OrderReader) reads it, which takes every row
//! that this path leaves.

use crate::{
    AsOf, Date, Money, Timestamp, Window,
    collections::short_text::Cell,
    ingest::{
        cells::{
            date::{DateFormat, DateReader},
            number::NumberFormat,
            text,
        },
        orders::{reader::OrderRows, repeated_ids::OrderIds},
        pass::{faults::Part, input::Input},
        text::Batch,
        typed::TypedRows,
    },
};
use std::ops::Range;

/// Where the parts of an order stand that has one column for each.
pub(crate) struct Usual {
    customer: Part,
    date: (Part, DateFormat),
    amount: (Part, NumberFormat),
    order: Option<Part>,
    /// Seconds since 1970 of the instants that the window takes.
    window: Range<i64>,
}

impl Usual {
    /// `None` where the cells of `input` mean more than they say: stamps move to a zone, or the profile has
    /// words for nothing.
    pub(crate) fn new(
        input: &Input,
        customer: Part,
        (date, reader): (Part, DateReader<'_>),
        amount: (Part, NumberFormat),
        order: Option<Part>,
        window: Window,
    ) -> Option<Self> {
        let since = window.since.unwrap_or(Date::MIN);
        let until = window.until.map_or(Date::MAX.plus_days(1), AsOf::date);
        let window = since.midnight().seconds()..until.midnight().seconds();
        let is_plain = reader.zone.is_none() && input.mapping.profile.null.is_empty();
        let date = (date, reader.format);
        is_plain.then_some(Self { customer, date, amount, order, window })
    }

    /// The customer, date and amount of record `row`; `None` where they are written in another way, are
    /// missing, or lie outside the window.
    #[inline]
    pub(crate) fn row(
        &self,
        bytes: &[u8],
        batch: &Batch,
        row: usize,
    ) -> Option<(Cell, Timestamp, Money)> {
        let cell = |part: Part| batch.cells[part.position][row];
        let at = self.date.1.plain(cell(self.date.0).of(bytes))?;
        let amount = self.amount.1.plain_money(cell(self.amount.0).of(bytes))?;
        let customer = cell(self.customer);
        let is_usual = text::is_usual(customer.of(bytes)) && self.window.contains(&at.seconds());
        is_usual.then_some((customer, at, amount))
    }

    /// Puts the orders of typed rows into `orders` and their ids into `ids`, and gives the bytes that the
    /// customers' cells were cut from; `None`, and nothing put, where a row is to be read as text.
    pub(crate) fn typed<'r>(
        &self,
        rows: &'r TypedRows<'_>,
        orders: &mut OrderRows,
        ids: &mut OrderIds,
    ) -> Option<&'r [u8]> {
        orders.clear();
        let bytes = rows.texts(self.customer.position, &mut orders.customer)?;
        let is_usual = |cell: &Cell| {
            let text = cell.of(bytes);
            text::is_usual(text) && text.is_ascii()
        };
        rows.instants(self.date.0.position, &mut orders.at)?;
        rows.amounts(self.amount.0.position, &mut orders.amount)?;
        let in_window = |at: &Timestamp| self.window.contains(&at.seconds());
        if !orders.customer.iter().all(is_usual) || !orders.at.iter().all(in_window) {
            return None;
        }
        if let Some(order) = self.order {
            if let Some(numbers) = rows.numbers(order.position) {
                ids.observe_numbers(numbers);
            } else {
                let texts = rows.texts(order.position, &mut orders.order)?;
                if !orders.order.iter().all(|cell| text::is_usual(cell.of(texts))) {
                    return None;
                }
                ids.observe(texts, &orders.order);
            }
        }
        Some(bytes)
    }
}
