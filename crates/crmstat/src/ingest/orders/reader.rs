//! Rows to orders: which cells make an order, and what is not one.
//!
//! An order is a purchase: a row of an order table, or a won deal dated by when it was won or closed. A
//! negative amount is a refund: it counts towards the money, not towards the purchases.

use crate::{
    Error, Money, Result, Timestamp, Window,
    collections::short_text::Cell,
    data::{DealStatus, Field, Ignored, TableKind},
    ingest::{
        ReadOptions,
        cells::{
            Parsed,
            date::DateReader,
            number::{Amount, NumberFormat},
            text,
        },
        orders::{fast_path::Usual, line_amounts::LineAmounts, repeated_ids::OrderIds},
        pass::{
            batches::BatchRecords,
            faults::{Fault, Faults, Part},
            input::Input,
            tally::Tally,
        },
        profile::{DealSigns, Mapping, Rates, Resolution, Stages},
        text::Wanted,
        typed::TypedRows,
    },
};
use std::collections::HashMap;

/// Orders found in one batch of records, column by column.
#[derive(Debug, Default)]
pub(crate) struct OrderRows {
    /// The record in the batch.
    pub(crate) record: Vec<u32>,
    pub(crate) customer: Vec<Cell>,
    pub(crate) at: Vec<Timestamp>,
    pub(crate) amount: Vec<Money>,
    /// The order's id; empty where the row has none.
    pub(crate) order: Vec<Cell>,
}

impl OrderRows {
    pub(crate) fn clear(&mut self) {
        self.record.clear();
        self.customer.clear();
        self.at.clear();
        self.amount.clear();
        self.order.clear();
    }
}

/// Where the parts of an order stand in the records of one input, and how they are read.
pub(crate) struct OrderReader<'a> {
    faults: Faults<'a>,
    pub(crate) wanted: Wanted,
    window: Window,
    rates: Option<&'a Rates>,
    customers: Vec<(Part, &'a str)>,
    /// When the order was placed: the first of these that is filled.
    dates: Vec<(Part, DateReader<'a>)>,
    amount: AmountPart<'a>,
    order: Option<Part>,
    currency: Option<Part>,
    deal: Option<DealPart>,
    /// Reads most rows, where each part has one column and no row has to say what became of a deal.
    usual: Option<Usual>,
}

enum AmountPart<'a> {
    Column(Part, NumberFormat),
    /// The lines of the order have it, under the order's id.
    Lines(Part, &'a LineAmounts),
    PriceAndQuantity {
        price: (Part, NumberFormat),
        quantity: (Part, NumberFormat),
    },
}

/// Where a row says what became of its deal.
pub(crate) struct DealPart {
    stages: Stages,
    pipeline: Option<Part>,
    stage: Option<Part>,
    status: Option<Part>,
    is_closed: Option<Part>,
    is_won: Option<Part>,
    is_lost: Option<Part>,
    probability: Option<(Part, NumberFormat)>,
    won_at: Option<Part>,
    lost_at: Option<Part>,
    closed_at: Option<Part>,
    /// Whether a row that says nothing about it is an order all the same.
    silent_is_won: bool,
}

/// What rows say about deals, remembered by their cells.
pub(crate) type Resolutions = HashMap<Vec<u8>, Resolution>;

const OUTCOME: [Field; 9] = [
    Field::Pipeline,
    Field::Stage,
    Field::Status,
    Field::IsClosed,
    Field::IsWon,
    Field::IsLost,
    Field::WonAt,
    Field::LostAt,
    Field::ClosedAt,
];

/// The date of an order, in order of preference.
fn date_fields(kind: TableKind) -> &'static [Field] {
    match kind {
        TableKind::Deals => &[Field::WonAt, Field::ClosedAt, Field::OrderedAt],
        _ => &[Field::OrderedAt],
    }
}

impl<'a> OrderReader<'a> {
    /// Reads orders of `window` from `input`, whose dates and numbers are decided here; the cells of the
    /// `extra` columns are there for the caller.
    pub(crate) fn new(
        input: &'a mut Input,
        options: &'a ReadOptions,
        window: Window,
        extra: Vec<usize>,
    ) -> Result<Self> {
        let mapping = &input.mapping;
        let kind = mapping.kind;
        if !matches!(kind, TableKind::Orders | TableKind::Deals) {
            return Err(Error::data(format!("the file holds {kind}, neither orders nor deals"))
                .at(input.place(None))
                .with_hint("name the columns with `--map customer_id=…`, `--map ordered_at=…`, `--map amount=…`"));
        }
        if mapping.customer.is_empty() {
            mapping.require(&[Field::CustomerId])?;
        }
        let dates: Vec<usize> =
            date_fields(kind).iter().filter_map(|field| mapping.column(*field)).collect();
        if dates.is_empty() {
            mapping.require(&[date_fields(kind)[date_fields(kind).len() - 1]])?;
        }
        let amount = mapping.column(Field::Amount);
        let price_and_quantity = mapping.column(Field::Price).zip(mapping.column(Field::Quantity));
        let order = mapping.column(Field::OrderId);
        let has_lines = input.line_amounts.is_some() && order.is_some();
        let numbers: Vec<usize> = match (amount, price_and_quantity) {
            (Some(amount), _) => vec![amount],
            (None, Some((price, quantity))) => vec![price, quantity],
            (None, None) if has_lines => Vec::new(),
            (None, None) => {
                return Err(mapping
                    .require(&[Field::Amount])
                    .err()
                    .unwrap_or_else(|| Error::data("there is no amount").at(input.place(None))));
            }
        };
        let outcome = DealPart::columns(mapping);
        let mut columns = extra;
        columns.extend(mapping.customer.iter().map(|customer| customer.column));
        columns.extend(dates.iter().chain(&numbers).chain(&outcome));
        columns.extend(order);
        columns.extend(mapping.column(Field::Currency));
        input.decide_formats(&dates, &numbers, options)?;

        let input = &*input;
        let mapping = &input.mapping;
        let wanted = input.wanted(columns);
        let part = |column: usize| Part { column, position: wanted.position(column).unwrap_or(0) };
        let field = |field: Field| mapping.column(field).map(part);
        let number = |column: usize| (part(column), input.number_format(column));
        let has_outcome = [Field::Stage, Field::Status, Field::IsWon, Field::IsClosed]
            .iter()
            .any(|field| mapping.column(*field).is_some());
        let deal = (kind == TableKind::Deals || has_outcome)
            .then(|| DealPart::new(input, &wanted, options, kind == TableKind::Orders));
        let customers: Vec<(Part, &str)> = mapping
            .customer
            .iter()
            .map(|customer| (part(customer.column), customer.prefix.as_str()))
            .collect();
        let dates: Vec<(Part, DateReader<'_>)> =
            dates.iter().map(|column| (part(*column), input.date_reader(*column))).collect();
        let currency = field(Field::Currency);
        let usual = match (&customers[..], &dates[..], &numbers[..]) {
            ([(customer, "")], [date], [amount])
                if deal.is_none() && currency.is_none() && options.rates.is_none() =>
            {
                let order = field(Field::OrderId);
                Usual::new(input, *customer, *date, number(*amount), order, window)
            }
            _ => None,
        };
        Ok(Self {
            window,
            rates: options.rates.as_ref(),
            customers,
            dates,
            amount: match (&numbers[..], order, &input.line_amounts) {
                ([price, quantity], ..) => AmountPart::PriceAndQuantity {
                    price: number(*price),
                    quantity: number(*quantity),
                },
                ([], Some(order), Some(lines)) => AmountPart::Lines(part(order), lines),
                (numbers, ..) => {
                    let (part, format) = number(numbers[0]);
                    AmountPart::Column(part, format)
                }
            },
            order: field(Field::OrderId),
            currency,
            deal,
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
            let usual = self.usual.as_ref().filter(|_| width.is_none());
            let usual = usual.and_then(|usual| usual.row(&records.block.bytes, batch, row));
            let read = match (usual, width) {
                (Some((customer, at, amount)), _) => Ok(Row::Order { customer, at, amount }),
                (None, None) => self.read_row(tally, records, row),
                (None, Some(width)) => Err(self.faults.ragged(width)),
            };
            match read {
                Ok(Row::Order { customer, at, amount }) => {
                    rows.record.push(row as u32);
                    rows.customer.push(customer);
                    rows.at.push(at);
                    rows.amount.push(amount);
                    rows.order.push(self.order.map_or(Cell::default(), |part| {
                        cleaned(&records.block.bytes, batch.cells[part.position][row])
                    }));
                }
                Ok(Row::Ignored(rule)) => tally.ledger.ignore(rule, 1),
                Err(fault) => self.faults.reject(tally, records, row, fault),
            }
        }
        tally.accept(&rows.at);
    }

    /// Puts the orders of typed rows into `orders`, with the ids of their customers in the bytes that are
    /// given back, shows the ids of the orders to `ids` and accounts for all. `None`, and nothing done,
    /// where a row must be read as text.
    pub(crate) fn read_typed<'r>(
        &self,
        tally: &mut Tally,
        rows: &'r TypedRows<'_>,
        orders: &mut OrderRows,
        ids: &mut OrderIds,
    ) -> Option<&'r [u8]> {
        let bytes = self.usual.as_ref()?.typed(rows, orders, ids)?;
        tally.ledger.read += rows.len() as u64;
        tally.accept(&orders.at);
        Some(bytes)
    }

    fn read_row(
        &self,
        tally: &mut Tally,
        records: &mut BatchRecords<'_>,
        row: usize,
    ) -> Result<Row, Fault> {
        if let Some(deal) = &self.deal {
            match deal.status(tally, records, row)? {
                DealStatus::Won => {}
                DealStatus::Lost => return Ok(Row::Ignored(Ignored::Lost)),
                DealStatus::Open => return Ok(Row::Ignored(Ignored::Open)),
            }
        }
        let customer = self.customer(records, row)?;
        let at = self.instant(records, row)?;
        let amount = self.amount(tally, records, row)?;
        if self.window.until.is_some_and(|as_of| at.date() >= as_of.date()) {
            return Ok(Row::Ignored(Ignored::AtOrAfterAsOf));
        }
        if self.window.since.is_some_and(|since| at.date() < since) {
            return Ok(Row::Ignored(Ignored::BeforeSince));
        }
        Ok(Row::Order { customer, at, amount })
    }

    fn customer(&self, records: &mut BatchRecords<'_>, row: usize) -> Result<Cell, Fault> {
        for (part, prefix) in &self.customers {
            let cell = cleaned(&records.block.bytes, records.batch.cells[part.position][row]);
            let text = cell.of(&records.block.bytes);
            if cell.len == 0 || text::is_missing(text) || self.input().is_null(text) {
                continue;
            }
            if prefix.is_empty() {
                return Ok(cell);
            }
            let bytes = &mut records.block.bytes;
            let start = bytes.len();
            bytes.extend_from_slice(prefix.as_bytes());
            bytes.extend_from_within(cell.start as usize..(cell.start + cell.len) as usize);
            return Ok(Cell { start: start as u32, len: (bytes.len() - start) as u32 });
        }
        Err(Fault { part: Some(self.customers[0].0), reason: "no customer" })
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

    fn amount(
        &self,
        tally: &mut Tally,
        records: &BatchRecords<'_>,
        row: usize,
    ) -> Result<Money, Fault> {
        let cell = |part: Part| records.batch.cells[part.position][row].of(&records.block.bytes);
        let value = |part: Part, format: &NumberFormat| {
            let cell = cell(part);
            value(part, self.input().or_null(cell, format.money(cell)))
        };
        let (part, amount) = match &self.amount {
            AmountPart::Column(part, format) => (*part, value(*part, format)?),
            AmountPart::Lines(order, lines) => {
                return lines
                    .get(text::clean(cell(*order)))
                    .map_err(|reason| Fault { part: Some(*order), reason });
            }
            AmountPart::PriceAndQuantity { price: (price, format), quantity: (part, number) } => {
                let price_amount = value(*price, format)?;
                let quantity = value(*part, number)?;
                let product = multiply(price_amount.money, quantity.money).ok_or(Fault {
                    part: Some(*price),
                    reason: "price times quantity is too large",
                })?;
                (*price, Amount { money: product, ..price_amount })
            }
        };
        tally.rounded += u64::from(amount.rounded);
        let currency = match self.currency {
            Some(part) => tally.currency_of(cell(part)),
            None => amount.currency,
        };
        let Some(currency) = currency.or(amount.currency) else { return Ok(amount.money) };
        tally.see_currency(currency);
        match self.rates {
            None => Ok(amount.money),
            Some(rates) => rates.convert(amount.money, currency).map_err(|_| Fault {
                part: Some(part),
                reason: "no exchange rate for the currency",
            }),
        }
    }

    /// Turns an accepted row back into a rejected one: its customer is not text.
    pub(crate) fn reject_customer(
        &self,
        tally: &mut Tally,
        records: &mut BatchRecords<'_>,
        row: u32,
    ) {
        let reason = "not valid UTF-8; the file may need `--encoding`";
        self.reject_accepted(tally, records, row, Some(self.customers[0].0), reason);
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

impl DealPart {
    /// The columns that it looks at.
    pub(crate) fn columns(mapping: &Mapping) -> Vec<usize> {
        let probability = (mapping.kind == TableKind::Deals).then_some(Field::Probability);
        OUTCOME.into_iter().chain(probability).filter_map(|field| mapping.column(field)).collect()
    }

    /// Looks at the columns of `input` among the `wanted` ones.
    pub(crate) fn new(
        input: &Input,
        wanted: &Wanted,
        options: &ReadOptions,
        silent_is_won: bool,
    ) -> Self {
        let mapping = &input.mapping;
        let part = |column: usize| Part { column, position: wanted.position(column).unwrap_or(0) };
        let field = |field: Field| mapping.column(field).map(part);
        let probability = field(Field::Probability).filter(|_| mapping.kind == TableKind::Deals);
        Self {
            stages: Stages::new(&mapping.profile, &options.stages),
            pipeline: field(Field::Pipeline),
            stage: field(Field::Stage),
            status: field(Field::Status),
            is_closed: field(Field::IsClosed),
            is_won: field(Field::IsWon),
            is_lost: field(Field::IsLost),
            probability: probability.map(|part| (part, input.number_format(part.column))),
            won_at: field(Field::WonAt),
            lost_at: field(Field::LostAt),
            closed_at: field(Field::ClosedAt),
            silent_is_won,
        }
    }

    /// What became of the deal in record `row`.
    ///
    /// # Errors
    /// A row that says nothing about it, or a label that nothing explains, which is counted.
    pub(crate) fn status(
        &self,
        tally: &mut Tally,
        records: &BatchRecords<'_>,
        row: usize,
    ) -> Result<DealStatus, Fault> {
        let part = self.stage.or(self.status);
        match self.resolve(tally, records, row) {
            Resolution::Known(status) => Ok(status),
            Resolution::Missing if self.silent_is_won => Ok(DealStatus::Won),
            Resolution::Missing => Err(Fault { part, reason: "no stage or status" }),
            Resolution::Unknown(label) => {
                // Refused as a whole, once all such labels are known.
                *tally.unknown_stages.entry(label).or_default() += 1;
                Err(Fault { part, reason: "unknown closing stage" })
            }
        }
    }

    fn resolve(&self, tally: &mut Tally, records: &BatchRecords<'_>, row: usize) -> Resolution {
        let bytes = &records.block.bytes;
        let cell = |part: Option<Part>| {
            part.map_or(&[][..], |part| {
                text::clean(records.batch.cells[part.position][row].of(bytes))
            })
        };
        let filled = |part: Option<Part>| {
            let text = std::str::from_utf8(cell(part)).unwrap_or_default();
            !text.is_empty() && !text::says_nothing(text)
        };
        let mut key = Vec::with_capacity(64);
        let probability = self.probability.map(|(part, _)| part);
        for part in [
            self.pipeline,
            self.stage,
            self.status,
            self.is_closed,
            self.is_won,
            self.is_lost,
            probability,
        ] {
            key.extend_from_slice(cell(part));
            key.push(0x1F);
        }
        let dates = [self.won_at, self.lost_at, self.closed_at].map(filled);
        key.extend(dates.map(u8::from));
        if let Some(known) = tally.resolutions.get(&key) {
            return known.clone();
        }
        let word = |part: Option<Part>| {
            std::str::from_utf8(cell(part)).ok().filter(|word| !word.is_empty())
        };
        let truth = |part: Option<Part>| match text::boolean(cell(part)) {
            Parsed::Value(truth) => Some(truth),
            _ => None,
        };
        let says_something = word(self.stage).or(word(self.status)).is_some();
        let found = self.stages.resolve(&DealSigns {
            pipeline: word(self.pipeline),
            stage: word(self.stage),
            status: word(self.status),
            is_closed: truth(self.is_closed),
            is_won: truth(self.is_won),
            is_lost: truth(self.is_lost),
            probability: self.probability.and_then(|(part, format)| {
                match format.number(cell(Some(part))) {
                    Parsed::Value(percent) => Some(percent),
                    _ => None,
                }
            }),
            has_won_at: dates[0],
            has_lost_at: dates[1],
            // An order is closed by its nature: a status that nothing explains is refused, not taken for open.
            has_closed_at: dates[2] || (self.silent_is_won && says_something),
        });
        tally.resolutions.insert(key, found.clone());
        found
    }
}

enum Row {
    Order { customer: Cell, at: Timestamp, amount: Money },
    Ignored(Ignored),
}

fn value(part: Part, parsed: Parsed<Amount>) -> Result<Amount, Fault> {
    match parsed {
        Parsed::Value(amount) => Ok(amount),
        Parsed::Missing => Err(Fault { part: Some(part), reason: "no amount" }),
        Parsed::Invalid(reason) => Err(Fault { part: Some(part), reason }),
    }
}

/// The product of two numbers at the scale of money, rounded half away from zero.
pub(crate) fn multiply(price: Money, quantity: Money) -> Option<Money> {
    let scale = i128::from(Money::SCALE);
    let product = i128::from(price.units()) * i128::from(quantity.units());
    let rounded = (product + product.signum() * scale / 2) / scale;
    i64::try_from(rounded).ok().map(Money::from_units)
}

/// The cell without white space around it.
fn cleaned(buffer: &[u8], cell: Cell) -> Cell {
    let bytes = cell.of(buffer);
    match bytes {
        // Nothing to trim: the first and the last byte are plain.
        [first @ b'0'..=b'z', .., last @ b'0'..=b'z'] if first.is_ascii() && last.is_ascii() => {
            cell
        }
        _ => {
            let cleaned = text::clean(bytes);
            let offset = cleaned.as_ptr() as usize - bytes.as_ptr() as usize;
            let start = if cleaned.is_empty() { cell.start } else { cell.start + offset as u32 };
            Cell { start, len: cleaned.len() as u32 }
        }
    }
}
