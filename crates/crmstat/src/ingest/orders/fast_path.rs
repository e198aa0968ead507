//! The hot path of reading orders: rows whose customer, date and amount are written as most are.
//!
//! What is read here is read as [`OrderReader`](crate::ingest::orders::reader::OrderReader) reads it, which takes every row
//! that this path leaves.

use crate::{
    AsOf, Date, Money, Timestamp,
    collections::short_text::Cell,
    ingest::{
        cells::{
            date::{DateFormat, DateReader},
            number::NumberFormat,
            text,
        },
        orders::reader::Wish,
        pass::{faults::Part, input::Input},
        text::Batch,
    },
};
use std::ops::Range;

/// Where the parts of an order stand that has one column for each; of dates, the first that may be filled.
pub(crate) struct Usual {
    pub(super) customer: Part,
    date: (Part, DateFormat),
    pub(super) amount: (Part, NumberFormat),
    pub(super) order: Option<Part>,
    /// Seconds since 1970 of the instants that the window takes.
    pub(super) window: Range<i64>,
    /// Whether rows behind the window are so because of an end that was asked for.
    pub(super) has_until: bool,
    /// Whether rows before the window are so because of a beginning that was asked for.
    pub(super) has_since: bool,
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
        wish: &Wish,
    ) -> Option<Self> {
        let has_until = wish.window.until.is_some() && wish.body.is_none();
        let has_since = wish.window.since.is_some() && wish.body.is_none();
        let since = wish.window.since.unwrap_or(Date::MIN);
        let until = wish.window.until.map_or(Date::MAX.plus_days(1), AsOf::date);
        let mut window = since.midnight().seconds()..until.midnight().seconds();
        if let Some(body) = &wish.body {
            window.start = window.start.max(body.0.start.seconds());
            window.end = window.end.min(body.0.end.seconds());
        }
        let is_plain = reader.zone.is_none() && input.mapping.profile.null.is_empty();
        let date = (date, reader.format);
        is_plain.then_some(Self { customer, date, amount, order, window, has_until, has_since })
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
        let is_usual = text::is_usual_id(customer.of(bytes)) && self.window.contains(&at.seconds());
        is_usual.then_some((customer, at, amount))
    }
}
