//! Orders gathered by customer in one pass, without keeping the orders.
//!
//! Memory grows with the customers, not with the orders: each thread keeps one value per customer, and
//! the values of a customer are joined at the end. Where order ids repeat, rows are lines of orders and
//! are gathered by order first.

use super::{
    Decision, Imported, ReadOptions,
    account::account,
    collect::repeated,
    input::Input,
    order_ids::{OrderIds, Repeats},
    orders::{OrderReader, OrderRows},
    scan::Records,
    tally::Tally,
};
use crate::{
    Error, Money, Result, Timestamp, Window,
    intern::{Cell, Interner, NOT_UTF8},
};

/// What is kept of the orders of one customer.
pub(crate) trait PerCustomer: Copy + Default + Send + Sync {
    /// Takes one order; `None` where a sum leaves the range.
    fn add(&mut self, at: Timestamp, amount: Money) -> Option<()>;
    /// Joins what two threads have kept.
    fn join(&mut self, other: &Self) -> Option<()>;
}

/// What the rows are gathered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    Customer,
    /// The order's id, then the customer's behind [`SEPARATOR`].
    Order,
}

/// Between an order's id and its customer; no export holds it.
const SEPARATOR: char = '\u{1F}';
/// Before the place of a row without an order id, in the place of one.
const NO_ID: char = '\u{1E}';

/// Gathers the orders of `inputs` by customer.
///
/// # Errors
/// Unreadable inputs, undecidable dates or numbers, unknown closing stages, several currencies without
/// rates, a sum past the range, or, where `strict`, any rejected row.
pub(crate) fn gather<V: PerCustomer>(
    inputs: &mut [Input],
    options: &ReadOptions,
    window: Window,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Imported<Interner<V>>> {
    let mut reading = Reading { inputs, options, window, progress };
    let (mut found, order_ids) = reading.pass::<V>(Key::Customer, OrderIds::default)?;
    let repeats = match order_ids.repeats() {
        Repeats::Unproven => reading.pass::<V>(Key::Customer, OrderIds::hashing)?.1.repeats(),
        proven => proven,
    };
    if repeats == Repeats::Possible {
        found = reading.orders_of_lines()?;
    }
    account(found.values, found.tally, found.decision, reading.inputs, options)
}

/// Where every row of `inputs` went, without refusing what only the whole of them shows.
///
/// # Errors
/// Unreadable inputs, or columns without which there are no orders.
pub(crate) fn survey(
    inputs: &mut [Input],
    options: &ReadOptions,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Tally> {
    let mut reading = Reading { inputs, options, window: Window::default(), progress };
    let (found, _) = reading.pass::<Nothing>(Key::Customer, OrderIds::default)?;
    Ok(found.tally)
}

/// Nothing is kept of the customer's orders.
#[derive(Clone, Copy, Default)]
struct Nothing;

impl PerCustomer for Nothing {
    fn add(&mut self, _: Timestamp, _: Money) -> Option<()> {
        Some(())
    }

    fn join(&mut self, _: &Self) -> Option<()> {
        Some(())
    }
}

/// One pass over the rows, as far as it is the same for every key.
struct Reading<'a> {
    inputs: &'a mut [Input],
    options: &'a ReadOptions,
    window: Window,
    progress: &'a (dyn Fn(u64) + Sync),
}

impl Reading<'_> {
    fn pass<V: PerCustomer>(
        &mut self,
        key: Key,
        order_ids: impl Fn() -> OrderIds,
    ) -> Result<(Found<V>, OrderIds)> {
        let threads = rayon::current_num_threads();
        let mut states: Vec<State<V>> =
            std::iter::repeat_with(|| State::new(order_ids())).take(threads).collect();
        for input in &mut *self.inputs {
            let reader = OrderReader::new(input, self.options, self.window, Vec::new())?;
            states = reader.input().scan(
                &reader.wanted,
                states,
                self.progress,
                |state, mut records| state.take(&reader, &mut records, key),
            )?;
        }
        // The largest dictionary takes in the others.
        states.sort_by_key(|state| std::cmp::Reverse(state.found.values.len()));
        let joined = states.into_iter().try_fold(None, |joined: Option<State<V>>, state| {
            Ok::<_, Error>(Some(match joined {
                None => state,
                Some(joined) => joined.join(state)?,
            }))
        })?;
        let joined = joined.unwrap_or_else(|| State::new(order_ids()));
        Ok((joined.found, joined.order_ids))
    }

    /// Lines summed by order, then orders gathered by customer.
    fn orders_of_lines<V: PerCustomer>(&mut self) -> Result<Found<V>> {
        let are_lines = self.inputs.iter().all(|input| input.mapping.lines);
        let (orders, tally, count) = if are_lines {
            let (lines, _) = self.pass::<Lines>(Key::Order, OrderIds::default)?;
            (
                by_customer(&lines.values, |order| (order.at, order.amount))?,
                lines.tally,
                lines.values.len(),
            )
        } else {
            let (copies, _) = self.pass::<Copies>(Key::Order, OrderIds::default)?;
            (
                by_customer(&copies.values, |order| (order.at, order.amount))?,
                copies.tally,
                copies.values.len(),
            )
        };
        let rows = tally.ledger.accepted;
        let decision =
            (count as u64 != rows).then(|| repeated(self.inputs, rows, count, are_lines));
        Ok(Found { values: orders, tally, decision })
    }
}

/// Gathers orders keyed by id and customer by the customer alone.
fn by_customer<O: PerCustomer, V: PerCustomer>(
    orders: &Interner<O>,
    order: impl Fn(&O) -> (Timestamp, Money),
) -> Result<Interner<V>> {
    let mut customers = Interner::<V>::new();
    let mut scratch = [0; 16];
    for id in 0..orders.len() as u32 {
        let text = orders.text(id, &mut scratch);
        let customer = text.rsplit_once(SEPARATOR).map_or(text, |(_, customer)| customer);
        let (at, amount) = order(orders.value(id));
        let known = customers.intern(customer.as_bytes());
        customers.value_mut(known).add(at, amount).ok_or_else(|| too_large(customer))?;
    }
    Ok(customers)
}

/// What a pass has found.
struct Found<V> {
    values: Interner<V>,
    tally: Tally,
    decision: Option<Decision>,
}

/// What one thread keeps while it reads.
struct State<V> {
    found: Found<V>,
    order_ids: OrderIds,
    rows: OrderRows,
    ids: Vec<u32>,
}

impl<V: PerCustomer> State<V> {
    fn new(order_ids: OrderIds) -> Self {
        Self {
            found: Found { values: Interner::new(), tally: Tally::default(), decision: None },
            order_ids,
            rows: OrderRows::default(),
            ids: Vec::new(),
        }
    }

    fn take(
        &mut self,
        reader: &OrderReader<'_>,
        records: &mut Records<'_>,
        key: Key,
    ) -> Result<()> {
        let Found { values, tally, .. } = &mut self.found;
        let rows = &mut self.rows;
        reader.read(tally, records, rows);
        if key == Key::Order {
            key_by_order(reader.input().number, records, rows);
        }
        values.intern_all(&records.block.bytes, &rows.customer, &mut self.ids);
        for (at, id) in self.ids.iter().enumerate() {
            if *id == NOT_UTF8 {
                reader.reject_customer(tally, records, rows.record[at]);
            } else if values.value_mut(*id).add(rows.at[at], rows.amount[at]).is_none() {
                return Err(too_large(values.text(*id, &mut [0; 16])));
            }
        }
        if key == Key::Customer && reader.has_order_ids() {
            rows.order.retain(|id| id.len > 0);
            self.order_ids.observe(&records.block.bytes, &rows.order);
        }
        Ok(())
    }

    fn join(mut self, other: Self) -> Result<Self> {
        let Found { values, tally, .. } = &mut self.found;
        let joined = values.absorb(&other.found.values, V::join);
        joined.map_err(|id| too_large(values.text(id, &mut [0; 16])))?;
        tally.add(other.found.tally);
        self.order_ids = self.order_ids.merge(other.order_ids);
        Ok(self)
    }
}

/// Puts the order's id before the customer in the key of every row.
pub(super) fn key_by_order(input: usize, records: &mut Records<'_>, rows: &mut OrderRows) {
    let block = &mut *records.block;
    for ((customer, order), record) in rows.customer.iter_mut().zip(&rows.order).zip(&rows.record) {
        let start = block.bytes.len();
        if order.len > 0 {
            block.bytes.extend_from_within(order.range());
        } else {
            // A row without an id is an order of its own.
            let place = format!("{NO_ID}{input}.{}.{record}", block.index);
            block.bytes.extend_from_slice(place.as_bytes());
        }
        block.bytes.push(SEPARATOR as u8);
        block.bytes.extend_from_within(customer.range());
        *customer = Cell { start: start as u32, len: (block.bytes.len() - start) as u32 };
    }
}

/// The order that lines make: placed when its first line was, worth their sum.
#[derive(Clone, Copy)]
struct Lines {
    at: Timestamp,
    amount: Money,
}

impl Default for Lines {
    fn default() -> Self {
        Self { at: Timestamp::from_seconds(i64::MAX), amount: Money::ZERO }
    }
}

impl PerCustomer for Lines {
    fn add(&mut self, at: Timestamp, amount: Money) -> Option<()> {
        self.join(&Self { at, amount })
    }

    fn join(&mut self, other: &Self) -> Option<()> {
        self.at = self.at.min(other.at);
        self.amount = self.amount.checked_add(other.amount)?;
        Some(())
    }
}

/// The order that its copies repeat: the earliest date and the largest amount of them.
#[derive(Clone, Copy)]
struct Copies {
    at: Timestamp,
    amount: Money,
}

impl Default for Copies {
    fn default() -> Self {
        Self { at: Timestamp::from_seconds(i64::MAX), amount: Money::from_units(i64::MIN) }
    }
}

impl PerCustomer for Copies {
    fn add(&mut self, at: Timestamp, amount: Money) -> Option<()> {
        self.join(&Self { at, amount })
    }

    fn join(&mut self, other: &Self) -> Option<()> {
        self.at = self.at.min(other.at);
        self.amount = self.amount.max(other.amount);
        Some(())
    }
}

fn too_large(customer: &str) -> Error {
    Error::data(format!("the amounts of customer `{customer}` add up past the range of money"))
        .with_hint("amounts and their sums must stay within 922 trillion; check the decimal sign")
}
