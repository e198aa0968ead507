//! Rows to deals: all of them, whatever became of them.

use super::{
    Export, Imported, ReadOptions,
    cells::Parsed,
    columns::{FieldPart, RawColumn},
};
use crate::{
    Error, Money, Result, Timestamp, Window,
    data::{
        Column, ColumnKey, DealStages, DealStatus, Deals, DiscountUnit, Field, Finding, Ignored,
        Notice, Severity, TableKind, far_dates::DateCounts,
    },
    ingest::{
        Keep,
        orders::{
            all_rows::{decide, repeated},
            discount,
            order_totals::{self, Amounts, Evidence, is_named_total, judge, of_sample},
            outcome::DealPart,
        },
        pass::{
            batches::BatchRecords,
            faults::{Fault, Faults},
            input::Input,
            repeats::{Counting, hash_of_record},
            selection::Selected,
            tally::Tally,
            verdict::account,
        },
        profile::{CloseDate, Stages},
    },
};

/// Deals as they were read, in no particular order.
pub(crate) struct CollectedDeals {
    pub(crate) status: Vec<DealStatus>,
    /// The amount in the currency of the run; `None` is missing.
    pub(crate) amount: Vec<Option<Money>>,
    pub(crate) columns: Vec<(ColumnKey, RawColumn)>,
    /// Whether rows of equal ids are lines whose amounts add up.
    pub(crate) are_lines: bool,
}

/// The days on which something happened to a deal.
const ACTUAL: [Field; 4] = [Field::CreatedAt, Field::WonAt, Field::LostAt, Field::ClosedAt];

/// The place of the customer among [`Deals::FIELDS`].
const CUSTOMER: usize = 1;

impl Deals {
    /// Reads the deals of `export`.
    ///
    /// # Errors
    /// What the export cannot bear: another table, unknown closing stages.
    pub fn read(export: &mut Export) -> Result<Imported<Self>> {
        Self::read_with(export, &[])
    }

    /// Reads the deals of `export` with `more` of their fields besides [`Deals::FIELDS`], such as
    /// [`Field::ExpectedCloseAt`].
    ///
    /// # Errors
    /// As [`Deals::read`].
    pub fn read_with(export: &mut Export, more: &[Field]) -> Result<Imported<Self>> {
        let more: Vec<ColumnKey> = more.iter().copied().map(ColumnKey::from).collect();
        Self::read_columns(export, &more)
    }

    /// Reads the deals of `export` with `more` of its columns besides [`Deals::FIELDS`]: fields, or headers whose
    /// cells are texts. Headers that it does not have are left out: see [`Deals::column`].
    ///
    /// # Errors
    /// As [`Deals::read`].
    pub fn read_columns(export: &mut Export, more: &[ColumnKey]) -> Result<Imported<Self>> {
        let mut keys: Vec<ColumnKey> = Self::FIELDS.map(ColumnKey::from).to_vec();
        for key in more {
            let is_there = key.field().is_some()
                || export.inputs().iter().any(|input| input.column_of(key).is_some());
            if is_there && !keys.contains(key) && key.field() != Some(Field::Amount) {
                keys.push(key.clone());
            }
        }
        let read = export.collect_deals(&keys)?;
        let (inputs, options) = (export.inputs(), export.options());
        read.try_map(|collected| {
            let CollectedDeals { status, amount, columns, are_lines } = collected;
            let rows: Vec<u32> = (0..status.len() as u32).collect();
            let ordered = |(key, raw): &(ColumnKey, RawColumn)| (key.clone(), raw.ordered(&rows));
            let fields: Vec<(ColumnKey, Column)> = columns.iter().map(ordered).collect();
            let deals = Self::assemble(&status, &amount, &fields, are_lines)?;
            let stages = stages_of(&deals, inputs, options);
            Ok(deals.with_stages(stages))
        })
    }
}

/// What the profiles of `inputs` say of the stages of `deals`.
///
/// A label at which an open deal stands closes none, whatever it is called.
fn stages_of(deals: &Deals, inputs: &[Input], options: &ReadOptions) -> DealStages {
    let mut stages = DealStages::default();
    let Some(labels) = deals.labels(Field::Stage) else { return stages };
    let mut is_open = vec![false; labels.labels().len()];
    for deal in 0..deals.len() {
        if let Some(code) = labels.code(deal) {
            is_open[code as usize] |= deals.status()[deal] == DealStatus::Open;
        }
    }
    let texts: Vec<&str> =
        (0..labels.labels().len()).filter_map(|code| labels.labels().get(code)).collect();
    for input in inputs {
        let profile = &input.mapping.profile;
        stages.close_is_planned |= input.mapping.close_date == CloseDate::Planned;
        let known = Stages::new(profile, &options.stages);
        for (text, is_open) in texts.iter().zip(&is_open) {
            let closes = matches!(known.of_label(text), Some(DealStatus::Won | DealStatus::Lost));
            if closes && !is_open && !stages.closing.iter().any(|label| label == text) {
                stages.closing.push((*text).to_owned());
            }
        }
        let given = options.stages.iter().filter(|(_, status)| *status == DealStatus::Open);
        let given = given.map(|(label, _)| label);
        for label in given.chain(&profile.stages.open) {
            if !stages.order.contains(label) {
                stages.order.push(label.clone());
            }
        }
    }
    stages
}

/// What one thread keeps while it reads.
struct State {
    deals: CollectedDeals,
    tally: Tally,
}

/// Collects the deals of `inputs`.
///
/// # Errors
/// Files of other tables, undecidable dates or numbers, unknown closing stages, several currencies without
/// rates or, where `strict`, any rejected row.
pub(crate) fn collect_deals(
    inputs: &mut [Input],
    options: &ReadOptions,
    read: &[ColumnKey],
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Imported<CollectedDeals>> {
    let are_lines = inputs.iter().all(|input| input.mapping.lines);
    let start = || State {
        deals: CollectedDeals {
            status: Vec::new(),
            amount: Vec::new(),
            columns: read.iter().map(|key| (key.clone(), RawColumn::new(key))).collect(),
            are_lines,
        },
        tally: Tally::default(),
    };
    let mut states: Vec<State> =
        std::iter::repeat_with(start).take(rayon::current_num_threads()).collect();
    for input in &mut *inputs {
        if input.mapping.kind != TableKind::Deals {
            let error = Error::data(format!("holds {}, not deals", input.mapping.kind));
            return Err(error.at(input.place(None)).with_hint(
                "deals have a stage or status, and rows for open and lost ones; see `crmstat inspect`",
            ));
        }
        let mut keys = read.to_vec();
        keys.extend([Field::Amount, Field::Probability].map(ColumnKey::from));
        keys.retain(|key| key.field() != Some(Field::Discount));
        decide(input, &keys, options)?;
        if read.contains(&Field::Discount.into()) {
            discounts_of(input, options);
        }
        let input = &*input;
        let column = |field: Field| super::records::column_of(input, field);
        let column_of = |key: &ColumnKey| match key {
            ColumnKey::Field(field) => column(*field),
            ColumnKey::Header(_) => input.column_of(key),
        };
        let mut columns: Vec<usize> = read.iter().filter_map(column_of).collect();
        columns.extend(DealPart::columns(&input.mapping));
        columns.extend([Field::Amount, Field::Currency].into_iter().filter_map(column));
        columns.extend(Counting::columns(input));
        columns.extend(Selected::columns(input, &options.only, false)?);
        if input.is_typed() {
            // Rows are compared as a whole.
            columns.extend(input.readable_columns());
        }
        let wanted = input.wanted(columns);
        let part_of =
            |column: Option<usize>| column.map(|column| FieldPart::new(input, &wanted, column));
        let part = |field| part_of(column(field));
        let reader = Reader {
            deal: DealPart::new(input, &wanted, options, false),
            amount: part(Field::Amount),
            currency: part(Field::Currency),
            fields: read.iter().map(|key| part_of(column_of(key))).collect(),
            counting: Counting::new(input, &wanted),
            selected: Selected::new(input, &wanted, &options.only),
            discounts: input.discounts.filter(|_| read.contains(&Field::Discount.into())),
            options,
        };
        let faults = Faults { input, keep: options.keep_rejected };
        states = input.scan(&wanted, states, progress, |state, mut records| {
            state.take(&reader, faults, &mut records);
            Ok(())
        })?;
    }
    let mut joined = start();
    for state in states {
        joined.tally.add(state.tally);
        joined.deals.status.extend(state.deals.status);
        joined.deals.amount.extend(state.deals.amount);
        for ((_, mine), (_, theirs)) in joined.deals.columns.iter_mut().zip(state.deals.columns) {
            mine.append(theirs);
        }
    }
    if options.far_dates != Some(Keep::Keep) {
        joined.deals.set_far_dates_aside(&mut joined.tally);
    }
    let RawColumn::Text { texts, codes } = &joined.deals.columns[0].1 else {
        return Err(Error::data("ids of deals are texts"));
    };
    let named = codes.iter().filter(|code| **code != crate::data::column::MISSING).count();
    let deals = texts.len();
    let evidence = inputs.iter().map(of_sample).max().unwrap_or(Evidence::Lines);
    if are_lines && deals < named && (!evidence.is_of_rows() || options.order_total.is_some()) {
        let repeated = joined.tally.sketch.repeated();
        joined.tally.repeated = Some(repeated);
        let of_deals = joined.deals.amounts_of_deals();
        let named = is_named_total(inputs);
        let verdict = judge(&of_deals, evidence, repeated.rows, named, options.order_total);
        joined.deals.are_lines = !verdict.once;
        joined.tally.notices.extend(verdict.notice);
    }
    let are_lines = joined.deals.are_lines;
    let decision = (deals < named).then(|| repeated(inputs, named as u64, deals, are_lines));
    account(joined.deals, joined.tally, decision, inputs, options)
}

/// Decides what the discounts of `input` are. They change no amount of a deal, so that those that can be two things are
/// left aside, which is told.
fn discounts_of(input: &mut Input, options: &ReadOptions) {
    let Some(column) = input.mapping.column(Field::Discount) else { return };
    if discount::decide(input, options).is_ok() {
        return;
    }
    input.discounts = Some(DiscountUnit::None);
    let discount = input.headers[column].trim().to_owned();
    let notice = Notice::new(Severity::Note, Finding::DiscountOpen { discount }, 0);
    let notice = notice.of_file(input.name());
    input.notices.push(notice.settled_by("discounts", "amount|percent|fraction"));
}

/// Where the parts of a deal stand in the records of one input.
struct Reader<'a> {
    deal: DealPart,
    amount: Option<FieldPart<'a>>,
    currency: Option<FieldPart<'a>>,
    fields: Vec<Option<FieldPart<'a>>>,
    /// Which rows count, where some are in another file as well.
    counting: Option<Counting>,
    /// Which rows are asked for, where not all are.
    selected: Option<Selected>,
    /// What the discounts are, where they are read.
    discounts: Option<DiscountUnit>,
    options: &'a ReadOptions,
}

impl Reader<'_> {
    /// The amount of record `row` in the currency of the run.
    fn amount(
        &self,
        tally: &mut Tally,
        records: &BatchRecords<'_>,
        row: usize,
    ) -> Result<Option<Money>, Fault> {
        let Some(part) = &self.amount else { return Ok(None) };
        let fault = |reason| Fault { part: Some(part.part()), reason };
        let amount = match part.amount(part.cell(records, row)) {
            Parsed::Value(amount) => amount,
            Parsed::Missing => return Ok(None),
            Parsed::Invalid(reason) => return Err(fault(reason)),
        };
        tally.rounded += u64::from(amount.rounded);
        let currency = self.currency.map(|part| part.cell(records, row));
        tally.convert(&amount, currency, self.options.rates.as_ref()).map(Some).map_err(fault)
    }
}

impl State {
    fn take(&mut self, reader: &Reader<'_>, faults: Faults<'_>, records: &mut BatchRecords<'_>) {
        let State { deals, tally } = self;
        tally.begin(records);
        let mut ragged = records.batch.ragged.iter().peekable();
        for row in 0..records.batch.len() {
            let width =
                ragged.next_if(|(ragged, _)| *ragged as usize == row).map(|(_, width)| *width);
            if row < records.first {
                continue;
            }
            let is_other = |selected: &Selected| !selected.takes(records, row);
            if width.is_none() && reader.selected.as_ref().is_some_and(is_other) {
                tally.ledger.ignore(Ignored::NotSelected, 1);
                continue;
            }
            let read = match width {
                Some(width) => Err(faults.ragged(width)),
                None if faults.is_total_row(records, row) => {
                    tally.ledger.ignore(Ignored::Footer, 1);
                    continue;
                }
                None => deals.push(reader, tally, records, row),
            };
            match read {
                Ok(()) => {
                    let counting = reader.counting.as_ref();
                    let left_out = counting.and_then(|rows| rows.left_out(records, row));
                    let amount = deals.amount.last().copied().flatten().unwrap_or_default();
                    if let Some(rule) = left_out {
                        deals.truncate(deals.status.len() - 1);
                        tally.leave_out(rule, amount);
                        continue;
                    }
                    tally.ledger.accepted += 1;
                    if reader.options.duplicates.is_none() {
                        let at = Timestamp::from_seconds(0);
                        let hash =
                            || hash_of_record(records.record(row)) ^ faults.input.record_seed();
                        tally.sketch.observe(at, amount, hash);
                    }
                }
                Err(fault) => {
                    deals.truncate(deals.status.len());
                    faults.reject(tally, records, row, fault);
                }
            }
        }
    }
}

impl CollectedDeals {
    /// Leaves the first `deals`.
    fn truncate(&mut self, deals: usize) {
        self.status.truncate(deals);
        self.amount.truncate(deals);
        for (_, column) in &mut self.columns {
            column.truncate(deals);
        }
    }

    /// Leaves out the deals that began or ended on a day that cannot be, by the rule of
    /// [`far_dates`](super::pass::far_dates); planned days lie ahead as they like.
    fn set_far_dates_aside(&mut self, tally: &mut Tally) {
        let is_closed = |row: usize| self.status[row] != DealStatus::Open;
        let dates: Vec<Vec<Option<Timestamp>>> = self
            .columns
            .iter()
            .filter(|(key, _)| key.field().is_some_and(|field| ACTUAL.contains(&field)))
            .filter_map(|(key, column)| match column {
                // Of an open deal it is the day on which it is expected to close.
                RawColumn::Date(values) if key.field() == Some(Field::ClosedAt) => Some(
                    (0..values.len()).map(|row| values[row].filter(|_| is_closed(row))).collect(),
                ),
                RawColumn::Date(values) => Some(values.clone()),
                _ => None,
            })
            .collect();
        let mut counts = DateCounts::default();
        for values in &dates {
            let known: Vec<Timestamp> = values.iter().copied().flatten().collect();
            if let Some((first, last)) = known.iter().min().zip(known.iter().max()) {
                counts.count(&known, *first, *last);
            }
        }
        let Some(body) = counts.body(Window::default()) else { return };
        let far = |row: usize| {
            let mut own = dates.iter().filter_map(|values| values[row]);
            own.find(|at| !body.contains(*at))
        };
        let mut kept = Vec::with_capacity(self.status.len());
        for row in 0..self.status.len() {
            match far(row) {
                Some(at) => tally.set_aside.count(at, self.amount[row].unwrap_or_default()),
                None => kept.push(row),
            }
        }
        let within: Vec<Timestamp> =
            dates.iter().flat_map(|values| kept.iter().filter_map(|row| values[*row])).collect();
        tally.earliest = within.iter().min().copied();
        tally.latest = within.iter().max().copied();
        tally.ledger.accepted -= tally.set_aside.rows;
        tally.ledger.ignore(Ignored::FarDate, tally.set_aside.rows);
        self.status = kept.iter().map(|row| self.status[*row]).collect();
        self.amount = kept.iter().map(|row| self.amount[*row]).collect();
        for (_, column) in &mut self.columns {
            column.keep(&kept);
        }
    }

    /// The amounts of the deals that have several rows.
    fn amounts_of_deals(&self) -> order_totals::Orders {
        let mut orders = order_totals::Orders::default();
        if let RawColumn::Text { texts, codes } = &self.columns[0].1 {
            let mut amounts = vec![Amounts::default(); texts.len()];
            for (code, amount) in codes.iter().zip(&self.amount) {
                if let (Some(deal), Some(amount)) = (amounts.get_mut(*code as usize), amount) {
                    deal.add(*amount);
                }
            }
            for deal in amounts {
                orders.add(deal);
            }
        }
        orders
    }

    /// Adds the deal of record `row`; after a fault some columns are longer than others.
    fn push(
        &mut self,
        reader: &Reader<'_>,
        tally: &mut Tally,
        records: &BatchRecords<'_>,
        row: usize,
    ) -> Result<(), Fault> {
        let outcome = reader.deal.status(tally, records, row)?;
        for ((_, column), part) in self.columns.iter_mut().zip(&reader.fields) {
            let fault = |reason| Fault { part: part.map(|part| part.part()), reason };
            column.push(part.as_ref(), records, row).map_err(fault)?;
        }
        let amount = reader.amount(tally, records, row)?;
        tally.outcomes.add_worth(outcome, amount.unwrap_or_default());
        if let Some(unit) = reader.discounts {
            let is_discount =
                |(key, _): &&mut (ColumnKey, RawColumn)| key.field() == Some(Field::Discount);
            let discounts = self.columns.iter_mut().find(is_discount);
            if let Some(last) = discounts.and_then(|(_, column)| column.last_money()) {
                // Of a deal without an amount a share says nothing.
                let off = |discount: Money| match amount {
                    Some(amount) => unit.off_before(amount, discount),
                    None => unit.whole().is_none().then_some(discount),
                };
                *last = last.and_then(off);
            }
        }
        if let Some(customer) = &reader.fields[CUSTOMER] {
            tally.see_id(customer.oddity(customer.cell(records, row)));
        }
        self.status.push(outcome.status);
        self.amount.push(amount);
        Ok(())
    }
}
