//! Orders out of typed columns: what a reader knows is not written out and parsed again.
//!
//! What is read here is read as [`OrderReader::read`] reads it. Rows that are at fault, or written in a way
//! that has to be looked at, are left to it.

use crate::{
    Date, Money, Timestamp,
    collections::{short_text::Cell, write_cells::push_signed},
    data::{DealStatus, Ignored},
    ingest::{
        cells::text,
        orders::reader::{OrderReader, OrderRows},
        pass::{faults::may_be_total, tally::Tally},
        typed::{NOTHING, TypedRows, TypedTexts, UNREAD},
    },
};

/// What is kept to be used again for the next rows.
#[derive(Default)]
pub(crate) struct Scratch {
    statuses: Vec<Option<DealStatus>>,
    at: Vec<i64>,
    amounts: Vec<i64>,
    fates: Vec<Fate>,
    /// Numbers that are ids, as digits.
    customers: Vec<u8>,
    customer_cells: Vec<Cell>,
    order_cells: Vec<Cell>,
    taken: Vec<u32>,
}

/// What becomes of a row.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It is an order.
    Taken,
    /// It must be read as text.
    Left,
    /// It is left out.
    Ignored(Ignored),
}

/// Leaves the rows whose cells are not as most are.
fn leave(fates: &mut [Fate], cells: &[Cell], is_usual: impl Fn(&Cell) -> bool) {
    for (fate, cell) in fates.iter_mut().zip(cells) {
        if !is_usual(cell) && *fate == Fate::Taken {
            *fate = Fate::Left;
        }
    }
}

/// Whether all that lies between the first and the last of `cells` is ASCII, where that is little.
fn are_ascii(bytes: &[u8], cells: &[Cell]) -> bool {
    /// Bytes of a cell up to which one look at all is less work.
    const FEW: usize = 64;
    let filled = cells.iter().filter(|cell| cell.len > 0).map(|cell| cell.range());
    let all = filled.fold(std::ops::Range { start: usize::MAX, end: 0 }, |all, own| {
        all.start.min(own.start)..all.end.max(own.end)
    });
    all.len() <= FEW * cells.len() && bytes.get(all).is_some_and(<[u8]>::is_ascii)
}

/// Orders that were read typed; their columns are in [`OrderRows`].
pub(crate) struct TypedOrders<'a> {
    /// The bytes that the customers' cells lie in.
    pub(crate) customers: &'a [u8],
    /// The bytes that the cells of the orders' ids lie in, where these are texts.
    pub(crate) ids: &'a [u8],
    /// The rows that must be read as text.
    pub(crate) left: Vec<u32>,
}

impl OrderReader<'_> {
    /// Puts the orders of typed rows into `orders` and accounts for them and for what is no order. `None`, and
    /// nothing done, where the columns must be read as text.
    pub(crate) fn read_typed<'r>(
        &'r self,
        tally: &mut Tally,
        rows: &'r TypedRows<'_>,
        orders: &mut OrderRows,
        scratch: &'r mut Scratch,
    ) -> Option<TypedOrders<'r>> {
        let usual = self.usual().filter(|_| self.counts_all())?;
        orders.clear();
        let Scratch { statuses, at, amounts, fates, customers, customer_cells, order_cells, taken } =
            scratch;
        at.clear();
        at.resize(rows.len(), NOTHING);
        for (part, reader) in self.dates() {
            let parse = |cell: &[u8]| reader.format.plain(cell).map(Timestamp::seconds);
            if !rows.instants(part.position, at, parse) {
                return None;
            }
        }
        amounts.resize(rows.len(), NOTHING);
        let (amount, format) = usual.amount;
        let parse = |cell: &[u8]| format.plain_money(cell).map(Money::units);
        if !rows.amounts(amount.position, amounts, parse) {
            return None;
        }
        let customer_texts = rows.texts(usual.customer.position);
        let customer_numbers = rows.numbers(usual.customer.position);
        if customer_texts.is_none() && customer_numbers.is_none() {
            return None;
        }
        let order_texts = usual.order.and_then(|part| rows.texts(part.position));
        let order_numbers = usual.order.and_then(|part| rows.numbers(part.position));
        if usual.order.is_some() && order_texts.is_none() && order_numbers.is_none() {
            return None;
        }
        let currency = match self.currency() {
            None => None,
            Some(part) => Some(rows.texts(part.position)?),
        };
        statuses.clear();
        if let Some(deal) = self.deal() {
            deal.statuses(&mut tally.outcomes, rows, statuses);
        }

        // Column by column: what becomes of each row.
        fates.clear();
        fates.extend(statuses.iter().map(|status| match status {
            Some(DealStatus::Won) => Fate::Taken,
            Some(DealStatus::Lost) => Fate::Ignored(Ignored::Lost),
            Some(DealStatus::Open) => Fate::Ignored(Ignored::Open),
            None => Fate::Left,
        }));
        fates.resize(rows.len(), Fate::Taken);
        let earliest = Date::MIN.midnight().seconds();
        for ((fate, at), amount) in fates.iter_mut().zip(&*at).zip(&*amounts) {
            let is_read = ![NOTHING, UNREAD].contains(at)
                && *at >= earliest
                && ![NOTHING, UNREAD].contains(amount);
            if !is_read && *fate == Fate::Taken {
                *fate = Fate::Left;
            }
        }
        customers.clear();
        customer_cells.clear();
        match (&customer_texts, customer_numbers) {
            (Some(texts), _) => {
                texts.cells(customer_cells);
                let bytes = texts.bytes();
                let all_are = are_ascii(bytes, customer_cells);
                leave(fates, customer_cells, |cell| {
                    let text = cell.of(bytes);
                    text::is_usual_id(text) && (all_are || text.is_ascii()) && !may_be_total(text)
                });
            }
            (None, Some(ids)) => customer_cells.extend(ids.iter().map(|id| {
                let start = customers.len();
                push_signed(customers, *id);
                Cell { start: start as u32, len: (customers.len() - start) as u32 }
            })),
            (None, None) => {}
        }
        order_cells.clear();
        if let Some(texts) = &order_texts {
            texts.cells(order_cells);
            let bytes = texts.bytes();
            leave(fates, order_cells, |cell| cell.len == 0 || text::is_usual_id(cell.of(bytes)));
        }
        if let Some(texts) = &currency {
            for (row, fate) in fates.iter().enumerate() {
                if *fate == Fate::Taken {
                    tally.note_currency(texts.cell(row).of(texts.bytes()));
                }
            }
        }
        if at.iter().any(|at| !usual.window.contains(at)) {
            for (fate, at) in fates.iter_mut().zip(&*at) {
                if *fate != Fate::Taken || usual.window.contains(at) {
                    continue;
                }
                *fate = match *at < usual.window.start {
                    true if usual.has_since => Fate::Ignored(Ignored::BeforeSince),
                    false if usual.has_until => Fate::Ignored(Ignored::AtOrAfterAsOf),
                    _ => Fate::Left,
                };
            }
        }

        taken.clear();
        let mut left = Vec::new();
        for (row, fate) in (0_u32..).zip(&*fates) {
            match fate {
                Fate::Taken => taken.push(row),
                Fate::Left => left.push(row),
                Fate::Ignored(rule) => tally.ledger.ignore(*rule, 1),
            }
            if *fate != Fate::Left && !statuses.is_empty() {
                let units = amounts[row as usize];
                let units = Some(units).filter(|units| ![NOTHING, UNREAD].contains(units));
                tally.outcomes.count(row as usize, units);
            }
        }
        let of = |row: &u32| *row as usize;
        orders.customer.extend(taken.iter().map(|row| customer_cells[of(row)]));
        orders.at.extend(taken.iter().map(|row| Timestamp::from_seconds(at[of(row)])));
        orders.amount.extend(taken.iter().map(|row| Money::from_units(amounts[of(row)])));
        if order_texts.is_some() {
            orders.order.extend(taken.iter().map(|row| order_cells[of(row)]));
        } else {
            orders.order.resize(taken.len(), Cell::default());
        }
        if let Some(ids) = order_numbers {
            orders.number.extend(taken.iter().map(|row| ids[of(row)]));
        }
        orders.record.append(taken);
        tally.ledger.read += (rows.len() - left.len()) as u64;
        tally.accept(&orders.at);
        let customers = customer_texts.as_ref().map_or(&customers[..], TypedTexts::bytes);
        let ids = order_texts.as_ref().map_or(&[][..], TypedTexts::bytes);
        self.sketch(tally, orders, customers);
        Some(TypedOrders { customers, ids, left })
    }
}
