//! Orders gathered by customer in one pass, without keeping the orders.
//!
//! Memory grows with the customers, not with the orders: one value is kept per customer. Where order ids
//! repeat, rows are lines of orders and are gathered by order first.

use crate::{
    Error, Money, Result, Timestamp, Window,
    collections::{
        sharded_map::{Gathering, Groups, Sorter},
        short_text::{Cell, hash_cell},
    },
    data::{
        Decision,
        sales::{Rows, is_purchase, pairs},
    },
    ingest::{
        Imported, Keep, ReadOptions,
        orders::{
            all_rows::{body, repeated},
            filter::Filter,
            order_totals::{self, Amounts, Evidence, Verdict, is_named_total, judge, of_sample},
            reader::{OrderReader, OrderRows, Wish},
            repeated_ids::{OrderIds, Repeats},
            runs::{self, Edge, Kind},
            typed_rows::Scratch,
        },
        pass::{batches::BatchRecords, input::Input, tally::Tally, verdict::account},
        typed::{Left, TypedRows},
    },
};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{Mutex, PoisonError},
};

/// What is kept of the orders of one customer.
pub(crate) trait PerCustomer: Copy + Default + Send + Sync {
    /// Takes one order; `None` where a sum leaves the range.
    fn add(&mut self, at: Timestamp, amount: Money) -> Option<()>;
}

/// What the rows are gathered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    Customer,
    /// The order's id, then the customer's behind [`SEPARATOR`].
    Order,
}

/// Between an order's id and its customer; no export holds it.
pub(crate) const SEPARATOR: char = '\u{1F}';
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
) -> Result<Imported<Groups<V>>> {
    let wish = Wish { window, ..Wish::default() };
    let mut reading = Reading::new(inputs, options, wish, progress);
    let (mut found, mut order_ids) = reading.pass::<V>(Key::Customer, OrderIds::default)?;
    reading.wish.body = body(&found.tally, window, options);
    if reading.wish.body.is_some() {
        (found, order_ids) = reading.pass::<V>(Key::Customer, OrderIds::default)?;
    }
    let repeats = match order_ids.repeats() {
        // Only the ids are looked at again.
        Repeats::Unproven => reading.pass::<Nothing>(Key::Customer, OrderIds::hashing)?.1.repeats(),
        proven => proven,
    };
    if repeats == Repeats::Possible {
        found = reading.orders_of_lines()?;
    } else {
        found = reading.with_totals_once(found)?;
        if !found.refunded.is_empty() && !reading.keeps_cancelled() {
            if found.decision.is_some() {
                // Orders of several lines are compared as orders, not line by line.
                let told = std::mem::take(&mut found.tally.notices);
                found = reading.orders_of_lines()?;
                found.tally.notices = told;
            } else {
                reading.leave_out_cancelled(&mut found)?;
            }
        }
    }
    reading.count_repeated(&mut found.tally)?;
    found.tally.until = window.until;
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
    // Whoever bought, a row is a row.
    let wish = Wish { anonymous: true, ..Wish::default() };
    let mut reading = Reading::new(inputs, options, wish, progress);
    let (mut found, _) = reading.pass::<Nothing>(Key::Customer, OrderIds::default)?;
    reading.count_repeated(&mut found.tally)?;
    let verdict = reading.judge_totals(&found.orders, &found.tally);
    found.tally.notices.extend(verdict.and_then(|verdict| verdict.notice));
    Ok(found.tally)
}

/// Counts the rows that repeat another one, where `tally` has seen parts of rows only.
///
/// # Errors
/// As [`survey`].
pub(crate) fn count_repeated(
    inputs: &mut [Input],
    options: &ReadOptions,
    wish: &Wish,
    tally: &mut Tally,
) -> Result<()> {
    Reading::new(inputs, options, wish.clone(), &|_| {}).count_repeated(tally)
}

/// Nothing is kept of the customer's orders.
#[derive(Clone, Copy, Default)]
struct Nothing;

impl PerCustomer for Nothing {
    fn add(&mut self, _: Timestamp, _: Money) -> Option<()> {
        Some(())
    }
}

/// One pass over the rows, as far as it is the same for every key.
struct Reading<'a> {
    inputs: &'a mut [Input],
    options: &'a ReadOptions,
    wish: Wish,
    progress: &'a (dyn Fn(u64) + Sync),
    /// What rows of one id are.
    kind: Kind,
    /// Read every column, so that rows can be compared as a whole.
    all_columns: bool,
}

impl<'a> Reading<'a> {
    fn new(
        inputs: &'a mut [Input],
        options: &'a ReadOptions,
        wish: Wish,
        progress: &'a (dyn Fn(u64) + Sync),
    ) -> Self {
        let kind = kind_of(inputs);
        Self { inputs, options, wish, progress, kind, all_columns: false }
    }

    /// Counts the rows that repeat another one. Of typed files a pass has seen no more than the columns
    /// that it needed: what seems to be repeated by those is looked at again as a whole.
    fn count_repeated(&mut self, tally: &mut Tally) -> Result<()> {
        if tally.repeated.is_some() {
            return Ok(());
        }
        let mut repeated = tally.sketch.repeated();
        if repeated.rows > 0 && self.inputs.iter().any(Input::is_typed) {
            self.all_columns = true;
            let (mut found, _) = self.pass::<Nothing>(Key::Customer, OrderIds::default)?;
            self.all_columns = false;
            repeated = found.tally.sketch.repeated();
        }
        tally.repeated = Some(repeated);
        Ok(())
    }

    /// Judges whether the amount of a row is that of its whole order; `None` where nothing speaks for it.
    fn judge_totals(&self, orders: &order_totals::Orders, tally: &Tally) -> Option<Verdict> {
        if self.kind != Kind::Lines || !orders.are_any() {
            return None;
        }
        let evidence = self.inputs.iter().map(of_sample).max().unwrap_or(Evidence::Lines);
        let copies = tally.repeated.map_or(0, |repeated| repeated.rows);
        let named = is_named_total(self.inputs);
        Some(judge(orders, evidence, copies, named, self.options.order_total))
    }

    /// `found`, or what is found once more where rows have the amount of their whole order.
    fn with_totals_once<V: PerCustomer>(&mut self, mut found: Found<V>) -> Result<Found<V>> {
        self.count_repeated(&mut found.tally)?;
        let Some(verdict) = self.judge_totals(&found.orders, &found.tally) else {
            return Ok(found);
        };
        if verdict.once {
            // Of rows that all have the total the largest amount is the total.
            let repeated = found.tally.repeated;
            self.kind = Kind::Copies;
            found = self.pass(Key::Customer, OrderIds::default)?.0;
            found.tally.repeated = repeated;
        }
        found.tally.notices.extend(verdict.notice);
        Ok(found)
    }

    fn keeps_cancelled(&self) -> bool {
        self.options.cancelled == Some(Keep::Keep)
    }

    fn pass<V: PerCustomer>(
        &mut self,
        key: Key,
        order_ids: impl Fn() -> OrderIds,
    ) -> Result<(Found<V>, OrderIds)> {
        let shared = Shared::new(key, self.kind);
        let threads = rayon::current_num_threads();
        let mut states: Vec<State> =
            std::iter::repeat_with(|| State::new(order_ids())).take(threads).collect();
        for input in &mut *self.inputs {
            let extra: Vec<usize> =
                if self.all_columns { input.readable_columns() } else { Vec::new() };
            let reader = OrderReader::new(input, self.options, &self.wish, extra)?;
            states = reader.input().scan_typed(
                &reader.wanted,
                states,
                self.progress,
                |state, rows| {
                    if self.all_columns {
                        Left::All
                    } else {
                        state.take_typed(&reader, rows, &shared)
                    }
                },
                |state, mut records| {
                    state.take(&reader, &mut records, &shared);
                    Ok(())
                },
            )?;
        }
        let (mut tally, mut ids, mut refunded) = (Tally::default(), order_ids(), HashSet::new());
        let (mut edges, mut orders) = (Vec::new(), 0);
        let mut totals = order_totals::Orders::default();
        for state in states {
            tally.add(state.tally);
            ids = ids.merge(state.order_ids);
            refunded.extend(state.refunded);
            edges.extend(state.edges);
            orders += state.orders;
            totals.merge(state.totals);
        }
        let mut sorter = Sorter::default();
        for edge in runs::join_edges(shared.kind, edges, &mut ids, &mut totals) {
            let cell = Cell { start: 0, len: edge.customer.len() as u32 };
            let order = |_| (edge.at, edge.amount);
            shared.add(&edge.customer, &[cell], &mut sorter, order, |_| {});
            orders += 1;
        }
        let rows = tally.ledger.accepted;
        let decision = (key == Key::Customer && orders != rows)
            .then(|| repeated(self.inputs, rows, orders as usize, shared.kind == Kind::Lines));
        let values = shared.finish()?;
        Ok((Found { values, tally, decision, refunded, orders: totals }, ids))
    }

    /// Leaves out what was cancelled, where each row is an order: the orders of the customers with refunds
    /// are looked at once more, side by side.
    fn leave_out_cancelled<V: PerCustomer>(&mut self, found: &mut Found<V>) -> Result<()> {
        let numbers: HashMap<&[u8], usize> = found
            .refunded
            .iter()
            .zip(0..)
            .map(|(customer, number)| (&**customer, number))
            .collect();
        let filter = Filter::new(numbers.keys().copied());
        let start = || Again { orders: vec![Vec::new(); numbers.len()], ..Again::default() };
        let take = |state: &mut Again, buffer: &[u8]| {
            for (place, customer) in state.rows.customer.iter().enumerate() {
                if filter.may_hold(hash_cell(buffer, *customer))
                    && let Some(number) = numbers.get(customer.of(buffer))
                {
                    let order = (state.rows.at[place], state.rows.amount[place]);
                    state.orders[*number].push(order);
                }
            }
        };
        let mut states: Vec<_> =
            std::iter::repeat_with(start).take(rayon::current_num_threads()).collect();
        for input in &mut *self.inputs {
            let reader = OrderReader::new(input, self.options, &self.wish, Vec::new())?;
            states = reader.input().scan_typed(
                &reader.wanted,
                states,
                self.progress,
                |state, typed| {
                    let mut scratch = std::mem::take(&mut state.scratch);
                    let Again { tally, rows, .. } = state;
                    let left = match reader.read_typed(tally, typed, rows, &mut scratch) {
                        None => Left::All,
                        Some(found) => {
                            take(state, found.customers);
                            if found.left.is_empty() {
                                Left::Nothing
                            } else {
                                Left::Rows(found.left)
                            }
                        }
                    };
                    state.scratch = scratch;
                    left
                },
                |state, mut records| {
                    reader.read(&mut state.tally, &mut records, &mut state.rows);
                    take(state, &records.block.bytes);
                    Ok(())
                },
            )?;
        }
        let mut states = states.into_iter().map(|state| state.orders);
        let mut of_customers = states.next().unwrap_or_default();
        for orders in states {
            for (all, own) in of_customers.iter_mut().zip(orders) {
                all.extend(own);
            }
        }
        for (customer, number) in &numbers {
            let mut value = V::default();
            for (at, amount) in left(&mut of_customers[*number], &mut found.tally.cancelled) {
                // No more than the sum with the orders that were cancelled, which is no larger: their twins
                // were taken off as well.
                value
                    .add(at, amount)
                    .ok_or_else(|| too_large(&String::from_utf8_lossy(customer)))?;
            }
            found.values.replace(customer, value);
        }
        Ok(())
    }

    /// Lines summed by order, then orders gathered by customer.
    fn orders_of_lines<V: PerCustomer>(&mut self) -> Result<Found<V>> {
        let are_lines = self.kind == Kind::Lines;
        let evidence = self.inputs.iter().map(of_sample).max().unwrap_or(Evidence::Lines);
        let have_own = evidence.is_of_rows() && self.options.order_total.is_none();
        let mut once = false;
        // Only orders that are not kept when cancelled are looked for.
        let mut cancelled = (!self.keeps_cancelled()).then(Rows::default);
        let (values, mut tally, count) = if are_lines && have_own {
            let (lines, _) = self.pass::<Lines>(Key::Order, OrderIds::default)?;
            let values = by_customer(&lines.values, Lines::order, cancelled.as_mut())?;
            (values, lines.tally, lines.values.len())
        } else if are_lines {
            let (mut totals, _) = self.pass::<Totals>(Key::Order, OrderIds::default)?;
            self.count_repeated(&mut totals.tally)?;
            let mut orders = order_totals::Orders::default();
            totals.values.for_each(|_, order| orders.add(order.amounts));
            if let Some(verdict) = self.judge_totals(&orders, &totals.tally) {
                once = verdict.once;
                totals.tally.notices.extend(verdict.notice);
            }
            let order = |order: &Totals| {
                let (at, sum, takes_itself_off) = order.lines.order();
                (at, if once { order.amounts.first } else { sum }, takes_itself_off && !once)
            };
            let values = by_customer(&totals.values, order, cancelled.as_mut())?;
            (values, totals.tally, totals.values.len())
        } else {
            let (copies, _) = self.pass::<Copies>(Key::Order, OrderIds::default)?;
            let order = |copy: &Copies| (copy.at, copy.amount, false);
            let values = by_customer(&copies.values, order, cancelled.as_mut())?;
            (values, copies.tally, copies.values.len())
        };
        tally.cancelled = cancelled.unwrap_or_default();
        let rows = tally.ledger.accepted;
        let decision =
            (count as u64 != rows).then(|| repeated(self.inputs, rows, count, are_lines && !once));
        let orders = order_totals::Orders::default();
        Ok(Found { values, tally, decision, refunded: HashSet::new(), orders })
    }
}

/// What rows of one id are.
fn kind_of(inputs: &[Input]) -> Kind {
    if inputs.iter().all(|input| input.mapping.lines) { Kind::Lines } else { Kind::Copies }
}

/// Gathers orders keyed by id and customer by the customer alone; where the `cancelled` ones are counted, they
/// are left out. `order` says when it was placed, what it is worth, and whether its lines take each other
/// off.
fn by_customer<O: PerCustomer, V: PerCustomer>(
    orders: &Groups<O>,
    order: impl Fn(&O) -> (Timestamp, Money, bool),
    mut cancelled: Option<&mut Rows>,
) -> Result<Groups<V>> {
    fn customer_of(text: &str) -> &str {
        text.rsplit_once(SEPARATOR).map_or(text, |(_, customer)| customer)
    }
    // The orders of the customers who have a refund.
    let mut refunded: BTreeMap<String, Vec<(Timestamp, Money)>> = BTreeMap::new();
    if cancelled.is_some() {
        orders.for_each(|text, value| {
            if !is_purchase(order(value).1) {
                refunded.entry(customer_of(text).to_owned()).or_default();
            }
        });
    }
    let shared = Shared::<V>::new(Key::Customer, Kind::Lines);
    let mut sorter = Sorter::default();
    let mut add = |customer: &str, found: (Timestamp, Money)| {
        let cell = Cell { start: 0, len: customer.len() as u32 };
        shared.add(customer.as_bytes(), &[cell], &mut sorter, |_| found, |_| {});
    };
    orders.for_each(|text, value| {
        let (at, amount, takes_itself_off) = order(value);
        let customer = customer_of(text);
        if let Some(cancelled) = &mut cancelled
            && takes_itself_off
        {
            cancelled.rows += 1;
        } else if let Some(own) = refunded.get_mut(customer) {
            own.push((at, amount));
        } else {
            add(customer, (at, amount));
        }
    });
    if let Some(cancelled) = cancelled {
        for (customer, mut own) in refunded {
            for found in left(&mut own, cancelled) {
                add(&customer, found);
            }
        }
    }
    shared.finish()
}

/// Those of the `orders` of one customer that were not cancelled; the others are counted.
fn left(
    orders: &mut Vec<(Timestamp, Money)>,
    cancelled: &mut Rows,
) -> impl Iterator<Item = (Timestamp, Money)> {
    orders.sort_unstable();
    let mut kept = vec![true; orders.len()];
    for (order, twin) in pairs(orders) {
        cancelled.count(orders[order].1);
        (kept[order], kept[twin]) = (false, false);
    }
    std::mem::take(orders).into_iter().zip(kept).filter(|(_, kept)| *kept).map(|(order, _)| order)
}

/// What a pass has found.
struct Found<V> {
    values: Groups<V>,
    tally: Tally,
    decision: Option<Decision>,
    /// The customers with a refund; their order is that of no output.
    refunded: HashSet<Box<[u8]>>,
    /// The amounts of orders with several rows, where these were joined.
    orders: order_totals::Orders,
}

/// What one thread keeps while it reads the orders of some customers again.
#[derive(Default)]
struct Again {
    /// The rows have been accounted for: nobody asks for it.
    tally: Tally,
    rows: OrderRows,
    scratch: Scratch,
    /// By the number of the customer.
    orders: Vec<Vec<(Timestamp, Money)>>,
}

/// What all threads fill while they read.
struct Shared<V> {
    values: Gathering<V>,
    /// Of the customers whose sum leaves the range, the first by id.
    too_large: Mutex<Option<String>>,
    key: Key,
    kind: Kind,
}

impl<V: PerCustomer> Shared<V> {
    fn new(key: Key, kind: Kind) -> Self {
        Self { values: Gathering::new(), too_large: Mutex::new(None), key, kind }
    }

    /// Adds `orders` to the customers in `cells` of `buffer`; gives the places of those that are no text.
    fn add(
        &self,
        buffer: &[u8],
        cells: &[Cell],
        sorter: &mut Sorter,
        order: impl Fn(usize) -> (Timestamp, Money),
        mut not_text: impl FnMut(usize),
    ) {
        self.values.update(buffer, cells, sorter, |place, value| {
            let (at, amount) = order(place);
            match value.map(|value| value.add(at, amount)) {
                None => not_text(place),
                Some(None) => self.remember(cells[place].of(buffer)),
                Some(Some(())) => {}
            }
        });
    }

    #[cold]
    fn remember(&self, customer: &[u8]) {
        let customer = String::from_utf8_lossy(customer);
        let mut first = self.too_large.lock().unwrap_or_else(PoisonError::into_inner);
        if first.as_ref().is_none_or(|known| *customer < **known) {
            *first = Some(customer.into_owned());
        }
    }

    fn finish(self) -> Result<Groups<V>> {
        match self.too_large.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some(customer) => Err(too_large(&customer)),
            None => Ok(self.values.finish()),
        }
    }
}

/// What one thread keeps while it reads.
struct State {
    tally: Tally,
    order_ids: OrderIds,
    rows: OrderRows,
    sorter: Sorter,
    scratch: Scratch,
    /// Orders at the borders of batches.
    edges: Vec<Edge>,
    /// Orders that were gathered, those at the borders aside.
    orders: u64,
    /// The customers with a refund.
    refunded: HashSet<Box<[u8]>>,
    /// The amounts of orders with several rows.
    totals: order_totals::Orders,
}

impl State {
    fn new(order_ids: OrderIds) -> Self {
        Self {
            tally: Tally::default(),
            order_ids,
            rows: OrderRows::default(),
            sorter: Sorter::default(),
            scratch: Scratch::default(),
            edges: Vec::new(),
            orders: 0,
            refunded: HashSet::new(),
            totals: order_totals::Orders::default(),
        }
    }

    /// Remembers the customers of `rows`, whose cells are those of `buffer`, that have a refund.
    fn note_refunds(refunded: &mut HashSet<Box<[u8]>>, buffer: &[u8], rows: &OrderRows) {
        if rows.amount.iter().all(|amount| is_purchase(*amount)) {
            return;
        }
        for (customer, amount) in rows.customer.iter().zip(&rows.amount) {
            if !is_purchase(*amount) {
                refunded.insert(customer.of(buffer).into());
            }
        }
    }

    fn take<V: PerCustomer>(
        &mut self,
        reader: &OrderReader<'_>,
        records: &mut BatchRecords<'_>,
        shared: &Shared<V>,
    ) {
        reader.read(&mut self.tally, records, &mut self.rows);
        if shared.key == Key::Order {
            key_by_order(reader.input().number, records, &mut self.rows);
        }
        let place = (reader.input().number, records.block.index);
        let bytes = &records.block.bytes;
        let mut not_text = self.add(
            shared,
            (bytes, bytes),
            place,
            shared.key == Key::Customer && reader.has_order_ids(),
        );
        not_text.sort_unstable();
        for record in not_text {
            reader.reject_customer(&mut self.tally, records, record);
        }
    }

    /// Takes the rows that need no text made of them, and says which do.
    fn take_typed<V: PerCustomer>(
        &mut self,
        reader: &OrderReader<'_>,
        typed: &TypedRows<'_>,
        shared: &Shared<V>,
    ) -> Left {
        if shared.key == Key::Order {
            return Left::All;
        }
        let mut scratch = std::mem::take(&mut self.scratch);
        let read = reader.read_typed(&mut self.tally, typed, &mut self.rows, &mut scratch);
        let left = match read {
            None => Left::All,
            Some(orders) => {
                let place = (reader.input().number, typed.first_row());
                // The customers are ASCII.
                let buffers = (orders.customers, orders.ids);
                self.add(shared, buffers, place, reader.has_order_ids());
                if orders.left.is_empty() { Left::Nothing } else { Left::Rows(orders.left) }
            }
        };
        self.scratch = scratch;
        left
    }

    /// Gathers the orders in `self.rows`, whose customers and ids lie in `buffers`; gives the records whose
    /// customers are no text.
    fn add<V: PerCustomer>(
        &mut self,
        shared: &Shared<V>,
        (customers, ids): (&[u8], &[u8]),
        place: runs::Place,
        has_ids: bool,
    ) -> Vec<u32> {
        let Self { rows, sorter, order_ids, refunded, .. } = self;
        if shared.key == Key::Customer {
            Self::note_refunds(refunded, customers, rows);
        }
        let mut own = 0..rows.at.len();
        if has_ids {
            let (edges, totals) = (&mut self.edges, &mut self.totals);
            own = runs::join(shared.kind, rows, (customers, ids), place, edges, totals);
        }
        let first = own.start;
        let order = |place: usize| (rows.at[first + place], rows.amount[first + place]);
        let mut not_text = Vec::new();
        shared.add(customers, &rows.customer[own.clone()], sorter, order, |place| {
            not_text.push(rows.record[first + place]);
        });
        if has_ids && rows.number.is_empty() {
            rows.order.truncate(own.end);
            rows.order.drain(..first);
            rows.order.retain(|id| id.len > 0);
            order_ids.observe(ids, &rows.order);
        } else if has_ids {
            order_ids.observe_numbers(&rows.number[own.clone()]);
        }
        self.orders += (own.len() - not_text.len()) as u64;
        not_text
    }
}

/// Puts the order's id before the customer in the key of every row.
pub(crate) fn key_by_order(input: usize, records: &mut BatchRecords<'_>, rows: &mut OrderRows) {
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
    /// Twice the seconds of the first line, and one more where a line is below zero: so the value and its key
    /// fit into half a cache line.
    at: i64,
    amount: Money,
}

impl Default for Lines {
    fn default() -> Self {
        Self { at: i64::MAX & !1, amount: Money::ZERO }
    }
}

impl Lines {
    /// When the order was placed, what it is worth, and whether its lines take each other off.
    fn order(&self) -> (Timestamp, Money, bool) {
        let takes_itself_off = self.amount == Money::ZERO && self.at & 1 == 1;
        (Timestamp::from_seconds(self.at >> 1), self.amount, takes_itself_off)
    }
}

impl PerCustomer for Lines {
    fn add(&mut self, at: Timestamp, amount: Money) -> Option<()> {
        let seconds = (self.at >> 1).min(at.seconds());
        self.at = seconds << 1 | self.at & 1 | i64::from(!is_purchase(amount));
        self.amount = self.amount.checked_add(amount)?;
        Some(())
    }
}

/// The order of rows that have its lines' amounts or, each of them, that of the whole.
#[derive(Clone, Copy, Default)]
struct Totals {
    lines: Lines,
    amounts: Amounts,
}

impl PerCustomer for Totals {
    fn add(&mut self, at: Timestamp, amount: Money) -> Option<()> {
        self.lines.add(at, amount)?;
        self.amounts.add(amount);
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
        self.at = self.at.min(at);
        self.amount = self.amount.max(amount);
        Some(())
    }
}

fn too_large(customer: &str) -> Error {
    Error::data(format!("the amounts of customer `{customer}` add up past the range of money"))
        .with_hint("amounts and their sums must stay within 922 trillion; check the decimal sign")
}
