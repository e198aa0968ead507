//! Rows to orders: which cells make an order, and what is not one.
//!
//! An order is a purchase: a row of an order table, or a won deal dated by when it was won or closed. A
//! negative amount is a refund; see `data::sales`.

use crate::{
    Error, Money, Result, Timestamp, Window,
    collections::short_text::{Cell, hash_text},
    data::{DealStatus, Field, Ignored, TableKind, far_dates::Body},
    ingest::{
        ReadOptions,
        cells::{
            Parsed,
            date::DateReader,
            text::{self, Oddity},
        },
        orders::{
            amount::{AmountColumns, AmountReader, Worth},
            fast_path::Usual,
            further_lines::FurtherLines,
            outcome::DealPart,
        },
        pass::{
            batches::BatchRecords,
            faults::{Fault, Faults, Part},
            input::Input,
            repeats::{Counting, hash_of_record},
            selection::Selected,
            tally::Tally,
        },
        profile::Returns,
        text::Wanted,
    },
};

/// Orders found in one batch of records, column by column.
#[derive(Debug, Default)]
pub(crate) struct OrderRows {
    /// The record in the batch.
    pub(crate) record: Vec<u32>,
    /// The customer's id; empty where the row names none.
    pub(crate) customer: Vec<Cell>,
    pub(crate) at: Vec<Timestamp>,
    pub(crate) amount: Vec<Money>,
    /// The order's id; empty where the row has none.
    pub(crate) order: Vec<Cell>,
    /// The orders' ids where a reader has them as numbers; empty otherwise.
    pub(crate) number: Vec<i64>,
    /// Further rows of orders, which have no amount: the record and the order's id.
    pub(crate) further: Vec<(u32, Cell)>,
}

impl OrderRows {
    pub(crate) fn clear(&mut self) {
        self.record.clear();
        self.customer.clear();
        self.at.clear();
        self.amount.clear();
        self.order.clear();
        self.number.clear();
        self.further.clear();
    }

    /// Copies row `from` to the place of row `to`.
    pub(super) fn copy(&mut self, from: usize, to: usize) {
        self.record[to] = self.record[from];
        self.customer[to] = self.customer[from];
        self.at[to] = self.at[from];
        self.amount[to] = self.amount[from];
        self.order[to] = self.order[from];
        if let Some(number) = self.number.get(from) {
            self.number[to] = *number;
        }
    }

    /// Keeps the first `rows` rows.
    pub(super) fn truncate(&mut self, rows: usize) {
        self.record.truncate(rows);
        self.customer.truncate(rows);
        self.at.truncate(rows);
        self.amount.truncate(rows);
        self.order.truncate(rows);
        self.number.truncate(rows);
    }
}

/// Which rows of all inputs are wanted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wish {
    /// The days that the caller asks for.
    pub(crate) window: Window,
    /// The dates that are possible, where others are set aside.
    pub(crate) body: Option<Body>,
    /// Keep rows that name no customer.
    pub(crate) anonymous: bool,
}

/// Where the parts of an order stand in the records of one input, and how they are read.
pub(crate) struct OrderReader<'a> {
    faults: Faults<'a>,
    pub(crate) wanted: Wanted,
    wish: Wish,
    guests: &'a [String],
    customers: Vec<(Part, &'a str)>,
    /// When the order was placed: the first of these that is filled.
    dates: Vec<(Part, DateReader<'a>)>,
    amount: AmountReader<'a>,
    order: Option<Part>,
    deal: Option<DealPart>,
    /// Which rows count, where some are in another file as well.
    counting: Option<Counting>,
    /// Which rows are asked for, where not all are.
    selected: Option<Selected>,
    /// Whether rows that repeat another one are looked for.
    sketches: bool,
    /// Whether rows of returns are documents of their own, taken off.
    subtracts_returns: bool,
    /// Where the orders of several products have their amount in the first of their rows.
    further: Option<FurtherLines>,
    /// What tells records from equal ones in other folders.
    record_seed: u64,
    /// Reads most rows, where each part has one column and no row has to say what became of a deal.
    usual: Option<Usual>,
}

/// The date of an order, in order of preference.
fn date_fields(kind: TableKind) -> &'static [Field] {
    match kind {
        TableKind::Deals => &[Field::WonAt, Field::ClosedAt, Field::OrderedAt],
        _ => &[Field::OrderedAt],
    }
}

impl<'a> OrderReader<'a> {
    /// Reads the orders of `input` that are wanted; its dates and numbers are decided here, and the cells of
    /// the `extra` columns are there for the caller.
    pub(crate) fn new(
        input: &'a mut Input,
        options: &'a ReadOptions,
        wish: &Wish,
        extra: Vec<usize>,
    ) -> Result<Self> {
        let mapping = &input.mapping;
        let kind = mapping.kind;
        if !matches!(kind, TableKind::Orders | TableKind::Deals) {
            return Err(Error::data(format!("the file holds {kind}, neither orders nor deals"))
                .at(input.place(None))
                .with_hint("name the columns with `--map customer_id=…`, `--map ordered_at=…`, `--map amount=…`"));
        }
        if mapping.customer.is_empty() && !wish.anonymous {
            mapping.require(&[Field::CustomerId])?;
        }
        let dates: Vec<usize> =
            date_fields(kind).iter().filter_map(|field| mapping.column(*field)).collect();
        if dates.is_empty() {
            mapping.require(&[date_fields(kind)[date_fields(kind).len() - 1]])?;
        }
        let amount = AmountColumns::of(input)?;
        input.decide_formats(&dates, &amount.numbers(), options)?;
        let amount = amount.with_discounts(input, options)?;
        amount.tell_units(input);
        let mapping = &input.mapping;
        let outcome = DealPart::columns(mapping);
        let mut columns = extra;
        columns.extend(mapping.customer.iter().map(|customer| customer.column));
        columns.extend(dates.iter().chain(&amount.all()).chain(&outcome));
        columns.extend(mapping.column(Field::OrderId));
        columns.extend(Counting::columns(input));
        columns.extend(Selected::columns(input, &options.only, false)?);

        let input = &*input;
        let mapping = &input.mapping;
        let wanted = input.wanted(columns);
        let part = |column: usize| Part { column, position: wanted.position(column).unwrap_or(0) };
        let field = |field: Field| mapping.column(field).map(part);
        let deal = (kind == TableKind::Deals || DealPart::has_any(mapping))
            .then(|| DealPart::new(input, &wanted, options, kind == TableKind::Orders));
        let customers: Vec<(Part, &str)> = mapping
            .customer
            .iter()
            .map(|customer| (part(customer.column), customer.prefix.as_str()))
            .collect();
        let dates: Vec<(Part, DateReader<'_>)> =
            dates.iter().map(|column| (part(*column), input.date_reader(*column))).collect();
        let usual = match (&customers[..], &dates[..], amount.plain()) {
            ([(customer, "")], [date, ..], Some(column))
                if options.rates.is_none() && options.guests.is_empty() =>
            {
                let number = (part(column), input.number_format(column));
                Usual::new(input, *customer, *date, number, field(Field::OrderId), wish)
            }
            _ => None,
        };
        Ok(Self {
            wish: wish.clone(),
            guests: &options.guests,
            customers,
            dates,
            amount: AmountReader::new(amount, input, &wanted, options.rates.as_ref()),
            order: field(Field::OrderId),
            deal,
            counting: Counting::new(input, &wanted),
            selected: Selected::new(input, &wanted, &options.only),
            // Typed rows are seen in part: those of one order are mostly equal in it.
            sketches: options.duplicates.is_none()
                && (mapping.column(Field::OrderId).is_none() || !input.is_typed()),
            subtracts_returns: mapping.returns == Returns::Subtract,
            further: FurtherLines::new(input, &wanted),
            record_seed: input.record_seed(),
            usual,
            wanted,
            faults: Faults { input, keep: options.keep_rejected },
        })
    }

    /// Whether rows name their orders.
    pub(crate) fn has_order_ids(&self) -> bool {
        self.order.is_some()
    }

    /// The input that it reads.
    pub(crate) fn input(&self) -> &Input {
        self.faults.input
    }

    /// Puts the orders among `records` into `rows` and accounts for the rest in `tally`.
    pub(crate) fn read(
        &self,
        tally: &mut Tally,
        records: &mut BatchRecords<'_>,
        rows: &mut OrderRows,
    ) {
        rows.clear();
        let batch = records.batch;
        tally.begin(records);
        let mut ragged = batch.ragged.iter().peekable();
        while ragged.next_if(|(row, _)| (*row as usize) < records.first).is_some() {}
        for row in records.first..batch.len() {
            let width =
                ragged.next_if(|(ragged, _)| *ragged as usize == row).map(|(_, width)| *width);
            if !self.is_asked_for(records, row, width) {
                tally.ledger.ignore(Ignored::NotSelected, 1);
                continue;
            }
            let read = match width {
                None => self.read_row(tally, records, row),
                Some(width) => Err(self.faults.ragged(width)),
            };
            match read {
                Ok(Row::Order { customer, .. })
                    if self.faults.is_total(records, row, customer.of(&records.block.bytes)) =>
                {
                    tally.ledger.ignore(Ignored::Footer, 1);
                }
                Ok(Row::Order { customer, at, amount }) => {
                    let counting = self.counting.as_ref();
                    if let Some(rule) = counting.and_then(|rows| rows.left_out(records, row)) {
                        tally.leave_out(rule, amount);
                        continue;
                    }
                    if self.sketches {
                        let hash = || hash_of_record(records.record(row)) ^ self.record_seed;
                        tally.sketch.observe(at, amount, hash);
                    }
                    rows.record.push(row as u32);
                    rows.customer.push(customer);
                    rows.at.push(at);
                    rows.amount.push(amount);
                }
                Ok(Row::Ignored(rule)) => tally.ledger.ignore(rule, 1),
                Err(_) if self.further.is_some_and(|lines| lines.has(records, row)) => {
                    tally.ledger.ignore(Ignored::FurtherLine, 1);
                    if let Some(part) = self.order {
                        let cell = batch.cells[part.position][row];
                        rows.further.push((row as u32, id(&records.block.bytes, cell).0));
                    }
                }
                Err(fault) => self.faults.reject(tally, records, row, fault),
            }
        }
        match self.order {
            Some(part) => {
                let (cells, bytes) = (&batch.cells[part.position], &records.block.bytes);
                for row in &rows.record {
                    let cell = cells[*row as usize];
                    // As `id` has it; but a cell that goes through its answer costs 1 to 2 % of the reading.
                    if text::is_usual_id(cell.of(bytes)) {
                        rows.order.push(cell);
                    } else {
                        rows.order.push(unusual_id(cell.of(bytes), cell).0);
                    }
                }
            }
            None => rows.order.resize(rows.record.len(), Cell::default()),
        }
        tally.accept(&rows.at);
    }

    /// Whether every row counts, whatever it says and whatever stands in other files.
    pub(super) fn counts_all(&self) -> bool {
        self.counting.is_none() && self.selected.is_none()
    }

    /// Whether record `row` is asked for. A further line of an order goes where its order goes, and what has another
    /// `width` than the header is a fault.
    fn is_asked_for(&self, records: &BatchRecords<'_>, row: usize, width: Option<u32>) -> bool {
        let Some(selected) = &self.selected else { return true };
        width.is_some()
            || self.further.is_some_and(|lines| lines.has(records, row))
            || selected.takes(records, row)
    }

    /// Looks for rows that repeat another one among typed ones.
    pub(super) fn sketch(&self, tally: &mut Tally, rows: &OrderRows, customers: &[u8]) {
        if self.sketches {
            for ((at, amount), customer) in rows.at.iter().zip(&rows.amount).zip(&rows.customer) {
                tally.sketch.observe(*at, *amount, || hash_text(customer.of(customers)));
            }
        }
    }

    /// The way of most rows.
    pub(super) fn usual(&self) -> Option<&Usual> {
        self.usual.as_ref()
    }

    /// When the order was placed: the first of these that is filled.
    pub(super) fn dates(&self) -> impl Iterator<Item = (Part, DateReader<'_>)> {
        self.dates.iter().copied()
    }

    pub(super) fn currency(&self) -> Option<Part> {
        self.amount.currency()
    }

    pub(super) fn deal(&self) -> Option<&DealPart> {
        self.deal.as_ref()
    }

    #[inline]
    fn read_row(
        &self,
        tally: &mut Tally,
        records: &mut BatchRecords<'_>,
        row: usize,
    ) -> Result<Row, Fault> {
        if let Some(deal) = &self.deal {
            let outcome = deal.status(tally, records, row)?;
            match outcome.status {
                DealStatus::Won => {}
                DealStatus::Lost if outcome.is_return && self.subtracts_returns => {
                    return Ok(self.read_purchase(tally, records, row)?.taken_off());
                }
                // The negative row of a return gives back what another row has brought.
                DealStatus::Lost if outcome.is_return && self.amount.gives_back(records, row) => {}
                status => {
                    // What it is worth is told, and counts for nothing.
                    let worth = tally.aside(|tally| self.amount.read(tally, records, row));
                    if let Ok(Worth::Of(amount)) = worth {
                        tally.outcomes.add_worth(outcome, amount);
                    }
                    let is_lost = status == DealStatus::Lost;
                    let rule = if is_lost { Ignored::Lost } else { Ignored::Open };
                    return Ok(Row::Ignored(rule));
                }
            }
        }
        let usual = self.usual.as_ref();
        let usual = usual.and_then(|usual| usual.row(&records.block.bytes, records.batch, row));
        let Some((customer, at, amount)) = usual else {
            return self.read_purchase(tally, records, row);
        };
        if let Some(part) = self.amount.currency() {
            let cell = records.batch.cells[part.position][row].of(&records.block.bytes);
            tally.note_currency(cell);
        }
        Ok(Row::Order { customer, at, amount })
    }

    #[inline(never)]
    fn read_purchase(
        &self,
        tally: &mut Tally,
        records: &mut BatchRecords<'_>,
        row: usize,
    ) -> Result<Row, Fault> {
        let customer = self.customer(tally, records, row);
        let at = self.instant(records, row)?;
        let amount = match self.amount.read(tally, records, row)? {
            Worth::Of(amount) => amount,
            Worth::Refunded => return Ok(Row::Ignored(Ignored::Refunded)),
        };
        let Wish { window, body, anonymous } = &self.wish;
        if window.until.is_some_and(|as_of| at.date() >= as_of.date()) {
            return Ok(Row::Ignored(Ignored::AtOrAfterAsOf));
        }
        if window.since.is_some_and(|since| at.date() < since) {
            return Ok(Row::Ignored(Ignored::BeforeSince));
        }
        if body.as_ref().is_some_and(|body| !body.contains(at)) {
            tally.set_aside.count(at, amount);
            return Ok(Row::Ignored(Ignored::FarDate));
        }
        match customer {
            Some(customer) => Ok(Row::Order { customer, at, amount }),
            None if *anonymous => Ok(Row::Order { customer: Cell::default(), at, amount }),
            None => {
                tally.anonymous.count(amount);
                Ok(Row::Ignored(Ignored::NoCustomer))
            }
        }
    }

    /// The customer that the row names, if it names one.
    fn customer(
        &self,
        tally: &mut Tally,
        records: &mut BatchRecords<'_>,
        row: usize,
    ) -> Option<Cell> {
        for (part, prefix) in &self.customers {
            let (cell, oddity) = id(&records.block.bytes, records.batch.cells[part.position][row]);
            let text = cell.of(&records.block.bytes);
            if cell.len == 0 || self.input().is_null(text) {
                continue;
            }
            tally.see_id(oddity);
            if self.guests.iter().any(|guest| guest.as_bytes() == text) {
                return None;
            }
            if prefix.is_empty() {
                return Some(cell);
            }
            let bytes = &mut records.block.bytes;
            let start = bytes.len();
            bytes.extend_from_slice(prefix.as_bytes());
            bytes.extend_from_within(cell.start as usize..(cell.start + cell.len) as usize);
            return Some(Cell { start: start as u32, len: (bytes.len() - start) as u32 });
        }
        None
    }

    fn instant(&self, records: &BatchRecords<'_>, row: usize) -> Result<Timestamp, Fault> {
        for (part, format) in &self.dates {
            let cell = records.batch.cells[part.position][row].of(&records.block.bytes);
            match self.input().or_null(cell, format.parse(cell)) {
                Parsed::Value(instant) => return Ok(instant),
                Parsed::Missing => {}
                Parsed::Invalid(reason) => return Err(Fault { part: Some(*part), reason }),
            }
        }
        Err(Fault { part: Some(self.dates[0].0), reason: "no date" })
    }

    /// Turns an accepted row back into a rejected one: its customer is not text.
    pub(crate) fn reject_customer(
        &self,
        tally: &mut Tally,
        records: &mut BatchRecords<'_>,
        row: u32,
    ) {
        let reason = "not valid UTF-8; the file may need `--encoding`";
        let part = self.customers.first().map(|(part, _)| *part);
        self.reject_accepted(tally, records, row, part, reason);
    }

    /// Turns an accepted row back into a rejected one.
    pub(crate) fn reject_accepted(
        &self,
        tally: &mut Tally,
        records: &mut BatchRecords<'_>,
        row: u32,
        part: Option<Part>,
        reason: &'static str,
    ) {
        tally.ledger.accepted -= 1;
        self.faults.reject(tally, records, row as usize, Fault { part, reason });
    }
}

enum Row {
    Order { customer: Cell, at: Timestamp, amount: Money },
    Ignored(Ignored),
}

impl Row {
    /// The same as a refund.
    fn taken_off(self) -> Self {
        match self {
            Self::Order { customer, at, amount } => {
                let amount = Money::from_units(-amount.units().saturating_abs());
                Self::Order { customer, at, amount }
            }
            ignored @ Self::Ignored(_) => ignored,
        }
    }
}

/// The part of `cell` that is an id.
#[inline]
fn id(buffer: &[u8], cell: Cell) -> (Cell, Oddity) {
    let bytes = cell.of(buffer);
    if text::is_usual_id(bytes) { (cell, Oddity::None) } else { unusual_id(bytes, cell) }
}

#[inline(never)]
fn unusual_id(bytes: &[u8], cell: Cell) -> (Cell, Oddity) {
    let (id, oddity) = text::id(bytes);
    let offset = id.as_ptr() as usize - bytes.as_ptr() as usize;
    let start = if id.is_empty() { cell.start } else { cell.start + offset as u32 };
    (Cell { start, len: id.len() as u32 }, oddity)
}
