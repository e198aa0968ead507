//! Rows collected as typed columns, for analyses that need more than a value per customer.

use super::{
    Decision, Field, Imported, ReadOptions,
    account::account,
    columns::{FieldPart, FieldType, RawColumn},
    gather::key_by_order,
    input::Input,
    order_ids::{OrderIds, Repeats},
    orders::{OrderReader, OrderRows},
    scan::Records,
    tally::Tally,
};
use crate::{
    Money, Result, Timestamp,
    intern::{Interner, NOT_UTF8},
    tables::OrdersQuery,
};

/// Orders as they were read, in no particular order.
pub(crate) struct Collected {
    pub(crate) customers: Interner<()>,
    pub(crate) customer: Vec<u32>,
    pub(crate) at: Vec<Timestamp>,
    pub(crate) amount: Vec<Money>,
    /// The ids of orders and that of each row, where ids repeat.
    pub(crate) order: Option<(Interner<()>, Vec<u32>)>,
    pub(crate) fields: Vec<(Field, RawColumn)>,
}

impl Collected {
    fn new(fields: &[Field], with_orders: bool) -> Self {
        Self {
            customers: Interner::new(),
            customer: Vec::new(),
            at: Vec::new(),
            amount: Vec::new(),
            order: with_orders.then(|| (Interner::new(), Vec::new())),
            fields: fields.iter().map(|field| (*field, RawColumn::new(*field))).collect(),
        }
    }

    fn append(&mut self, other: Self) {
        let customers = self.customers.adopt(&other.customers);
        self.customer.extend(other.customer.into_iter().map(|id| customers[id as usize]));
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

/// What one thread keeps while it reads.
struct State {
    collected: Collected,
    tally: Tally,
    order_ids: OrderIds,
    rows: OrderRows,
    ids: Vec<u32>,
}

/// Collects the orders of `inputs` that `query` asks for.
///
/// # Errors
/// As [`gather`](super::gather::gather).
pub(crate) fn collect_orders(
    inputs: &mut [Input],
    options: &ReadOptions,
    query: &OrdersQuery,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Imported<Collected>> {
    let are_lines = inputs.iter().all(|input| input.mapping.lines);
    let mut reading = Reading { inputs, options, query, progress };
    let mut state = reading.pass(false, OrderIds::default)?;
    let repeats = match std::mem::take(&mut state.order_ids).repeats() {
        Repeats::Unproven => {
            state = reading.pass(false, OrderIds::hashing)?;
            std::mem::take(&mut state.order_ids).repeats()
        }
        proven => proven,
    };
    let mut decision = None;
    if repeats == Repeats::Possible {
        state = reading.pass(true, OrderIds::default)?;
        let orders = state.collected.order.as_ref().map_or(0, |(ids, _)| ids.len());
        let rows = state.collected.at.len();
        decision =
            (orders != rows).then(|| repeated(reading.inputs, rows as u64, orders, are_lines));
        if !are_lines {
            state.collected = state.collected.without_copies();
        }
    }
    account(state.collected, state.tally, decision, reading.inputs, options)
}

/// What is said where order ids repeat.
pub(super) fn repeated(inputs: &[Input], rows: u64, orders: usize, are_lines: bool) -> Decision {
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
    query: &'a OrdersQuery,
    progress: &'a (dyn Fn(u64) + Sync),
}

impl Reading<'_> {
    fn pass(&mut self, with_orders: bool, order_ids: impl Fn() -> OrderIds) -> Result<State> {
        let fields = &self.query.fields;
        let start = || State {
            collected: Collected::new(fields, with_orders),
            tally: Tally::default(),
            order_ids: order_ids(),
            rows: OrderRows::default(),
            ids: Vec::new(),
        };
        let mut states: Vec<State> =
            std::iter::repeat_with(start).take(rayon::current_num_threads()).collect();
        for input in &mut *self.inputs {
            decide(input, fields, self.options)?;
            let extra = fields.iter().filter_map(|field| input.mapping.column(*field)).collect();
            let reader = OrderReader::new(input, self.options, self.query.window, extra)?;
            let input = reader.input();
            let parts: Vec<Option<FieldPart<'_>>> = fields
                .iter()
                .map(|field| input.mapping.column(*field))
                .map(|column| column.map(|column| FieldPart::new(input, &reader.wanted, column)))
                .collect();
            states = input.scan(&reader.wanted, states, self.progress, |state, mut records| {
                state.take(&reader, &parts, &mut records);
                Ok(())
            })?;
        }
        let mut joined = start();
        for state in states {
            joined.collected.append(state.collected);
            joined.tally.add(state.tally);
            joined.order_ids = joined.order_ids.merge(state.order_ids);
        }
        Ok(joined)
    }
}

/// Decides how the dates and numbers of `fields` are written.
pub(super) fn decide(input: &mut Input, fields: &[Field], options: &ReadOptions) -> Result<()> {
    let of = |wanted: fn(FieldType) -> bool| -> Vec<usize> {
        let found = fields.iter().filter(|field| wanted(field.field_type()));
        found.filter_map(|field| input.mapping.column(*field)).collect()
    };
    let dates = of(|kind| kind == FieldType::Date);
    let numbers = of(|kind| matches!(kind, FieldType::Money | FieldType::Number));
    input.decide_formats(&dates, &numbers, options)
}

impl State {
    fn take(
        &mut self,
        reader: &OrderReader<'_>,
        parts: &[Option<FieldPart<'_>>],
        records: &mut Records<'_>,
    ) {
        let Self { collected, tally, rows, ids, order_ids } = self;
        reader.read(tally, records, rows);
        let has_ids = reader.has_order_ids();
        if has_ids && collected.order.is_none() {
            let filled: Vec<_> = rows.order.iter().copied().filter(|id| id.len > 0).collect();
            order_ids.observe(&records.block.bytes, &filled);
        }
        collected.customers.intern_all(&records.block.bytes, &rows.customer, ids);
        if collected.order.is_some() {
            key_by_order(reader.input().number, records, rows);
        }
        for (at, id) in ids.iter().enumerate() {
            let row = rows.record[at];
            if *id == NOT_UTF8 {
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
            collected.customer.push(*id);
            collected.at.push(rows.at[at]);
            collected.amount.push(rows.amount[at]);
            if let Some((orders, order)) = &mut collected.order {
                order.push(orders.intern(rows.customer[at].of(&records.block.bytes)));
            }
        }
    }
}
