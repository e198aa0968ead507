//! Rows collected as typed columns, for analyses that need more than a value per customer.

use crate::{
    Money, Result, Timestamp, Window,
    collections::{
        interner::{Interner, NOT_UTF8},
        sharded_map::{Gathering, Groups, Sorter},
        short_text::Cell,
    },
    data::{
        ColumnKey, Decision, Field, Finding, Ignored, Notice, OrderColumns, Orders, OrdersQuery,
        Severity, Totals, far_dates::Body, field::FieldType, guests,
    },
    ingest::{
        Export, Imported, Keep, ReadOptions,
        columns::{FieldPart, RawColumn},
        orders::{
            discount,
            further_rows::FurtherRows,
            order_totals::{self, Amounts, Evidence, is_named_total, judge, of_sample},
            per_customer::{count_repeated, key_by_order},
            reader::{OrderReader, OrderRows, Wish},
            repeated_ids::{OrderIds, Repeats},
        },
        pass::{batches::BatchRecords, input::Input, tally::Tally, verdict::account},
    },
};
use rayon::prelude::*;
use std::sync::atomic::{AtomicU32, Ordering};

/// Orders as they were read, in no particular order.
pub(crate) struct Collected {
    /// The number of each.
    pub(crate) customers: Groups<u32>,
    pub(crate) rows: Rows,
}

/// The rows of orders, column by column.
pub(crate) struct Rows {
    /// The number of the customer; 0 where the row names none.
    pub(crate) customer: Vec<u32>,
    pub(crate) at: Vec<Timestamp>,
    pub(crate) amount: Vec<Money>,
    /// The ids of orders and that of each row, where ids repeat.
    pub(crate) order: Option<(Interner<()>, Vec<u32>)>,
    pub(crate) fields: Vec<(ColumnKey, RawColumn)>,
    /// What the amounts of rows are of.
    pub(crate) totals: Totals,
    /// Rows without amounts behind the one of their order.
    pub(crate) further: FurtherRows,
}

impl Rows {
    fn new(fields: &[ColumnKey], with_orders: bool) -> Self {
        Self {
            customer: Vec::new(),
            at: Vec::new(),
            amount: Vec::new(),
            order: with_orders.then(|| (Interner::new(), Vec::new())),
            fields: fields.iter().map(|key| (key.clone(), RawColumn::new(key))).collect(),
            totals: Totals::OfRows,
            further: FurtherRows::new(),
        }
    }

    /// The amounts of the orders that have several rows.
    fn amounts_of_orders(&self) -> order_totals::Orders {
        let mut orders = order_totals::Orders::default();
        if let Some((ids, order)) = &self.order {
            let mut amounts = vec![Amounts::default(); ids.len()];
            for (order, amount) in order.iter().zip(&self.amount) {
                amounts[*order as usize].add(*amount);
            }
            for order in amounts {
                orders.add(order);
            }
        }
        orders
    }

    fn append(&mut self, other: Self) {
        self.further.append(&other.further, self.at.len());
        self.customer.extend(other.customer);
        self.at.extend(other.at);
        self.amount.extend(other.amount);
        if let (Some((ids, rows)), Some((their_ids, their_rows))) = (&mut self.order, other.order) {
            let known = ids.adopt(&their_ids);
            rows.extend(their_rows.into_iter().map(|id| known[id as usize]));
        }
        for ((_, mine), (_, theirs)) in self.fields.iter_mut().zip(other.fields) {
            mine.append(theirs);
        }
    }

    /// Takes the `further` rows of orders, whose customers and days are not known yet.
    fn take_further(
        &mut self,
        parts: &[Option<FieldPart<'_>>],
        records: &BatchRecords<'_>,
        further: &[(u32, Cell)],
    ) {
        let Some((_, order)) = &mut self.order else { return };
        for (record, id) in further {
            let before = self.at.len();
            let mut columns = self.fields.iter_mut().zip(parts);
            let mut push =
                |(column, part): (&mut (ColumnKey, RawColumn), &Option<FieldPart<'_>>)| {
                    column.1.push(part.as_ref(), records, *record as usize)
                };
            if columns.try_for_each(&mut push).is_err() {
                self.fields.iter_mut().for_each(|(_, column)| column.truncate(before));
                continue;
            }
            let id = self.further.ids.intern(id.of(&records.block.bytes));
            self.further.rows.push((before, id));
            self.customer.push(0);
            self.at.push(Timestamp::default());
            self.amount.push(Money::ZERO);
            order.push(0);
        }
    }

    /// Leaves one row of each order: copies of one order are not its lines.
    fn without_copies(mut self) -> Self {
        let Some((ids, order)) = self.order.take() else { return self };
        let mut kept = vec![usize::MAX; ids.len()];
        for (row, id) in order.iter().enumerate() {
            let best = &mut kept[*id as usize];
            if *best == usize::MAX
                || (self.amount[row], self.at[*best]) > (self.amount[*best], self.at[row])
            {
                *best = row;
            }
        }
        let keep = |row: usize| kept[order[row] as usize] == row;
        let rows: Vec<usize> = (0..order.len()).filter(|row| keep(*row)).collect();
        self.customer = rows.iter().map(|row| self.customer[*row]).collect();
        self.at = rows.iter().map(|row| self.at[*row]).collect();
        self.amount = rows.iter().map(|row| self.amount[*row]).collect();
        for (_, column) in &mut self.fields {
            column.keep(&rows);
        }
        self
    }
}

impl Orders {
    /// Reads the orders of `export`.
    ///
    /// # Errors
    /// What the export cannot bear; see [`Export`].
    pub fn read(export: &mut Export, query: &OrdersQuery) -> Result<Imported<Self>> {
        let collected = export.collect_orders(query)?;
        let mut read = collected.try_map(|collected| Self::assemble(collected.into_columns()))?;
        let options = export.options();
        read.notices.extend(guests::among(&read.result));
        if options.cancelled != Some(Keep::Keep) {
            let cancelled = read.result.leave_out_cancelled();
            read.notices.extend(cancelled.notice().filter(|_| options.cancelled.is_none()));
        }
        Notice::sort(&mut read.notices);
        if options.strict {
            Notice::refuse(&read.notices)?;
        }
        Ok(read)
    }
}

impl Collected {
    /// Customers and orders by their places in the order of their ids, which that of rows does not change.
    fn into_columns(self) -> OrderColumns {
        let Self { customers, rows } = self;
        let Rows { customer, at, amount, order, fields, totals, .. } = rows;
        let mut rank = vec![0_u32; customers.len() + 1];
        let (customers, numbers) = customers.into_sorted(|_| true);
        for (place, number) in (0_u32..).zip(numbers) {
            rank[number as usize] = place;
        }
        rank[0] = customers.len() as u32;
        let order = order.map(|(ids, mut order)| {
            let mut rank = vec![0_u32; ids.len()];
            for (place, id) in ids.sorted().into_iter().enumerate() {
                rank[id as usize] = place as u32;
            }
            for order in &mut order {
                *order = rank[*order as usize];
            }
            order
        });
        let identity: Vec<u32> =
            if fields.is_empty() { Vec::new() } else { (0..at.len() as u32).collect() };
        let ordered = |(key, raw): (ColumnKey, RawColumn)| (key, raw.ordered(&identity));
        OrderColumns {
            customers,
            customer: customer.par_iter().map(|number| rank[*number as usize]).collect(),
            at,
            amount,
            order,
            totals,
            fields: fields.into_iter().map(ordered).collect(),
        }
    }
}

/// Customers, numbered from 1 as they come: by no order that output may show.
pub(super) struct Customers {
    pub(super) numbers: Gathering<u32>,
    count: AtomicU32,
}

impl Customers {
    pub(super) fn new() -> Self {
        Self { numbers: Gathering::new(), count: AtomicU32::new(0) }
    }

    /// Puts the number of the customer in each of `cells` into `numbers`; [`NOT_UTF8`] where it is no text,
    /// 0 where there is none.
    pub(super) fn number(
        &self,
        buffer: &[u8],
        cells: &[Cell],
        sorter: &mut Sorter,
        numbers: &mut Vec<u32>,
    ) {
        numbers.clear();
        numbers.resize(cells.len(), NOT_UTF8);
        let mut take = |place: usize, number: Option<&mut u32>| {
            let Some(number) = number else { return };
            if *number == 0 {
                *number = self.count.fetch_add(1, Ordering::Relaxed) + 1;
            }
            numbers[place] = *number;
        };
        if cells.iter().all(|cell| cell.len > 0) {
            return self.numbers.update(buffer, cells, sorter, take);
        }
        let named = |place: &usize| cells[*place].len > 0;
        let places: Vec<usize> = (0..cells.len()).filter(named).collect();
        let texts: Vec<Cell> = places.iter().map(|place| cells[*place]).collect();
        self.numbers.update(buffer, &texts, sorter, |at, number| take(places[at], number));
        for (number, _) in numbers.iter_mut().zip(cells).filter(|(_, cell)| cell.len == 0) {
            *number = 0;
        }
    }
}

/// What one thread keeps while it reads.
struct State {
    collected: Rows,
    tally: Tally,
    order_ids: OrderIds,
    rows: OrderRows,
    sorter: Sorter,
    /// The customers of a batch.
    numbers: Vec<u32>,
}

/// Collects the orders of `inputs` that `query` asks for.
///
/// # Errors
/// As [`gather`](crate::ingest::orders::per_customer::gather).
pub(crate) fn collect_orders(
    inputs: &mut [Input],
    options: &ReadOptions,
    query: &OrdersQuery,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Imported<Collected>> {
    let are_lines = inputs.iter().all(|input| input.mapping.lines);
    let OrdersQuery { window, anonymous, .. } = *query;
    let wish = Wish { window, body: None, anonymous };
    let fields = query.fields.iter().copied().map(ColumnKey::from);
    let headers = query.headers.iter().cloned().map(ColumnKey::Header);
    let fields = fields.chain(headers).collect();
    let mut reading = Reading { inputs, options, fields, wish, progress };
    let (mut customers, mut state) = reading.pass(false, OrderIds::default)?;
    reading.wish.body = body(&state.tally, window, options);
    if reading.wish.body.is_some() {
        (customers, state) = reading.pass(false, OrderIds::default)?;
    }
    let repeats = match std::mem::take(&mut state.order_ids).repeats() {
        Repeats::Unproven => {
            (customers, state) = reading.pass(false, OrderIds::hashing)?;
            std::mem::take(&mut state.order_ids).repeats()
        }
        proven => proven,
    };
    let mut decision = None;
    let further = state.tally.ledger.ignored_by(Ignored::FurtherLine);
    let is_divided = are_lines && !reading.fields.is_empty();
    if repeats == Repeats::Possible || (further > 0 && is_divided) {
        let evidence = reading.inputs.iter().map(of_sample).max().unwrap_or(Evidence::Lines);
        let is_shared = matches!(evidence, Evidence::EqualToLines | Evidence::OnOne);
        if is_shared || (further > 0 && is_divided) {
            // The total of an order is shared out among its lines by what they cost.
            for field in [Field::Price, Field::Quantity].map(ColumnKey::from) {
                if !reading.fields.contains(&field) {
                    reading.fields.push(field);
                }
            }
        }
        (customers, state) = reading.pass(true, OrderIds::default)?;
        count_repeated(reading.inputs, options, &reading.wish, &mut state.tally)?;
        let orders = state.collected.order.as_ref().map_or(0, |(ids, _)| ids.len());
        let rows = state.collected.at.len();
        let have_own = evidence.is_of_rows() && options.order_total.is_none();
        if are_lines && !have_own {
            let of_orders = state.collected.amounts_of_orders();
            let copies = state.tally.repeated.map_or(0, |repeated| repeated.rows);
            let named = is_named_total(reading.inputs);
            let verdict = judge(&of_orders, evidence, copies, named, options.order_total);
            if verdict.once {
                state.collected.totals = Totals::OnEach;
            }
            state.tally.notices.extend(verdict.notice);
        }
        state.collected.place_further();
        let is_on_one = evidence == Evidence::OnOne || further > 0;
        if is_on_one && is_divided && state.collected.totals == Totals::OfRows {
            state.collected.totals = Totals::OnOne;
            let orders = state.collected.orders_with_one_amount();
            let notice = Notice::new(Severity::Note, Finding::OrderTotalShared, orders);
            state.tally.notices.extend((orders > 0).then_some(notice));
        }
        let are_summed = are_lines && state.collected.totals != Totals::OnEach;
        decision =
            (orders != rows).then(|| repeated(reading.inputs, rows as u64, orders, are_summed));
        if !are_lines {
            state.collected = state.collected.without_copies();
        }
    }
    if state.tally.repeated.is_none() {
        count_repeated(reading.inputs, options, &reading.wish, &mut state.tally)?;
    }
    let collected = Collected { customers, rows: state.collected };
    state.tally.until = window.until;
    account(collected, state.tally, decision, reading.inputs, options)
}

/// What is said where order ids repeat.
pub(crate) fn repeated(inputs: &[Input], rows: u64, orders: usize, are_lines: bool) -> Decision {
    let (value, verb) = if are_lines {
        ("order lines", "summed into")
    } else {
        ("copies of orders", "counted once as")
    };
    Decision {
        file: inputs.first().map(|input| input.name().to_owned()).unwrap_or_default(),
        topic: "rows".to_owned(),
        value: value.to_owned(),
        reason: format!("order ids repeat: {rows} rows are {verb} {orders} orders"),
        option: None,
    }
}

/// One pass over the rows, as far as it is the same for every way to collect them.
struct Reading<'a> {
    inputs: &'a mut [Input],
    options: &'a ReadOptions,
    fields: Vec<ColumnKey>,
    wish: Wish,
    progress: &'a (dyn Fn(u64) + Sync),
}

impl Reading<'_> {
    fn pass(
        &mut self,
        with_orders: bool,
        order_ids: impl Fn() -> OrderIds,
    ) -> Result<(Groups<u32>, State)> {
        let fields = &self.fields;
        let customers = Customers::new();
        let start = || State {
            collected: Rows::new(fields, with_orders),
            tally: Tally::default(),
            order_ids: order_ids(),
            rows: OrderRows::default(),
            sorter: Sorter::default(),
            numbers: Vec::new(),
        };
        let mut states: Vec<State> =
            std::iter::repeat_with(start).take(rayon::current_num_threads()).collect();
        for input in &mut *self.inputs {
            decide(input, fields, self.options)?;
            let extra = fields.iter().filter_map(|key| input.column_of(key)).collect();
            let reader = OrderReader::new(input, self.options, &self.wish, extra)?;
            let input = reader.input();
            let parts: Vec<Option<FieldPart<'_>>> = fields
                .iter()
                .map(|key| input.column_of(key))
                .map(|column| column.map(|column| FieldPart::new(input, &reader.wanted, column)))
                .collect();
            states = input.scan(&reader.wanted, states, self.progress, |state, mut records| {
                state.take(&reader, &parts, &mut records, &customers);
                Ok(())
            })?;
        }
        let joined = states.into_iter().reduce(|mut joined, state| {
            joined.collected.append(state.collected);
            joined.tally.add(state.tally);
            joined.order_ids = joined.order_ids.merge(state.order_ids);
            joined
        });
        Ok((customers.numbers.finish(), joined.unwrap_or_else(start)))
    }
}

/// The dates that are possible, where the caller has others set aside.
pub(crate) fn body(tally: &Tally, window: Window, options: &ReadOptions) -> Option<Body> {
    let keeps = options.far_dates == Some(Keep::Keep);
    if keeps { None } else { tally.dates.body(window) }
}

/// Decides how the dates and numbers of `fields` are written.
pub(crate) fn decide(input: &mut Input, fields: &[ColumnKey], options: &ReadOptions) -> Result<()> {
    let of = |wanted: fn(FieldType) -> bool| -> Vec<usize> {
        let found = fields.iter().filter(|key| wanted(key.field_type()));
        found.filter_map(|key| input.column_of(key)).collect()
    };
    let dates = of(|kind| kind == FieldType::Date);
    let numbers = of(|kind| matches!(kind, FieldType::Money | FieldType::Number));
    input.decide_formats(&dates, &numbers, options)?;
    if fields.contains(&Field::Discount.into()) { discount::decide(input, options) } else { Ok(()) }
}

impl State {
    fn take(
        &mut self,
        reader: &OrderReader<'_>,
        parts: &[Option<FieldPart<'_>>],
        records: &mut BatchRecords<'_>,
        customers: &Customers,
    ) {
        let Self { collected, tally, rows, sorter, numbers, order_ids } = self;
        reader.read(tally, records, rows);
        let has_ids = reader.has_order_ids();
        if has_ids && collected.order.is_none() {
            let filled: Vec<_> = rows.order.iter().copied().filter(|id| id.len > 0).collect();
            order_ids.observe(&records.block.bytes, &filled);
        }
        customers.number(&records.block.bytes, &rows.customer, sorter, numbers);
        if collected.order.is_some() {
            key_by_order(reader.input().number, records, rows);
        }
        for (at, number) in numbers.iter().enumerate() {
            let row = rows.record[at];
            if *number == NOT_UTF8 {
                reader.reject_customer(tally, records, row);
                continue;
            }
            let before = collected.at.len();
            let fault = collected.fields.iter_mut().zip(parts).find_map(|((_, column), part)| {
                let pushed = column.push(part.as_ref(), records, row as usize);
                pushed.err().map(|reason| (part.map(|part| part.part()), reason))
            });
            if let Some((part, reason)) = fault {
                collected.fields.iter_mut().for_each(|(_, column)| column.truncate(before));
                reader.reject_accepted(tally, records, row, part, reason);
                continue;
            }
            if let Some(unit) = reader.input().discounts {
                let discounts = collected
                    .fields
                    .iter_mut()
                    .find(|(own, _)| own.field() == Some(Field::Discount));
                if let Some(last) = discounts.and_then(|(_, column)| column.last_money()) {
                    *last = last.and_then(|discount| unit.off_before(rows.amount[at], discount));
                }
            }
            collected.customer.push(*number);
            collected.at.push(rows.at[at]);
            collected.amount.push(rows.amount[at]);
            if let Some((orders, order)) = &mut collected.order {
                order.push(orders.intern(rows.customer[at].of(&records.block.bytes)));
            }
        }
        if !collected.fields.is_empty() && reader.input().mapping.lines {
            collected.take_further(parts, records, &rows.further);
        }
    }
}
