//! Rows of the tables around orders and deals, read by the same rules.

use crate::{
    Error, Money, Result, Timestamp,
    data::{Column, ColumnKey, Field, Ignored, Records, TableKind},
    ingest::{
        Export, Imported, ReadOptions, Selection,
        columns::{FieldPart, RawColumn},
        orders::{all_rows::decide, amount::multiply},
        pass::{
            batches::BatchRecords,
            faults::{Fault, Faults},
            input::Input,
            repeats::Counting,
            selection::Selected,
            tally::Tally,
            verdict::account,
        },
    },
};

impl Records {
    /// Reads a table; `export` must have been opened for its kind.
    ///
    /// # Errors
    /// What the export cannot bear, or a table of orders or deals: those are read by [`Orders::read`](crate::data::Orders::read).
    pub fn read(export: &mut Export) -> Result<Imported<Self>> {
        Self::read_with::<&str>(export, &[])
    }

    /// Reads a table and, of `headers`, the columns that it has under them, as texts.
    ///
    /// # Errors
    /// As [`Records::read`].
    pub fn read_with<S: AsRef<str>>(export: &mut Export, headers: &[S]) -> Result<Imported<Self>> {
        let kind = export.kind().unwrap_or(TableKind::Orders);
        let headers: Vec<String> = headers.iter().map(|name| name.as_ref().to_owned()).collect();
        export.collect_records(&headers)?.try_map(|raw| {
            let rows = raw.first().map_or(0, |(_, column)| column.len());
            let identity: Vec<u32> = (0..rows as u32).collect();
            let ordered =
                |(key, raw): &(ColumnKey, RawColumn)| (key.clone(), raw.ordered(&identity));
            let columns: Vec<(ColumnKey, Column)> = raw.iter().map(ordered).collect();
            Ok(Self::assemble(kind, &columns, rows))
        })
    }
}

/// What one thread keeps while it reads.
struct State {
    columns: Vec<(ColumnKey, RawColumn)>,
    tally: Tally,
}

/// Collects every mapped field of `inputs`, and those of `headers` that are none, in no particular order of rows.
///
/// # Errors
/// A required field that is missing, undecidable dates or numbers, or, where `strict`, any rejected row.
pub(crate) fn collect_records(
    inputs: &mut [Input],
    options: &ReadOptions,
    headers: &[String],
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Imported<Vec<(ColumnKey, RawColumn)>>> {
    let kind = inputs.first().map_or(TableKind::Orders, |input| input.mapping.kind);
    if matches!(kind, TableKind::Orders | TableKind::Deals) {
        let place = inputs.first().map(|input| input.place(None)).unwrap_or_default();
        return Err(Error::data(format!("holds {kind}, not a table beside them")).at(place));
    }
    let fields: Vec<Field> = Field::ALL
        .iter()
        .copied()
        .filter(|field| {
            let has = |input: &Input| {
                let priced = *field == Field::Price && input.product_prices.is_some();
                priced || column_of(input, *field).is_some()
            };
            inputs.iter().any(has)
        })
        .collect();
    let mut keys: Vec<ColumnKey> = fields.iter().copied().map(ColumnKey::from).collect();
    keys.extend(
        headers
            .iter()
            .cloned()
            .map(ColumnKey::Header)
            .filter(|key| inputs.iter().any(|input| input.column_of(key).is_some())),
    );
    let start = || State {
        columns: keys.iter().map(|key| (key.clone(), RawColumn::new(key))).collect(),
        tally: Tally::default(),
    };
    let mut states: Vec<State> =
        std::iter::repeat_with(start).take(rayon::current_num_threads()).collect();
    let has_customer = inputs.iter().all(|input| column_of(input, Field::CustomerId).is_some());
    let required = kind.required(has_customer);
    for input in &mut *inputs {
        for field in required {
            if column_of(input, *field).is_none() {
                input.mapping.require(&[*field])?;
            }
        }
        decide(input, &keys, options)?;
        let input = &*input;
        let of_key = |key: &ColumnKey| match key {
            ColumnKey::Field(field) => column_of(input, *field),
            ColumnKey::Header(_) => input.column_of(key),
        };
        let mut columns: Vec<usize> = keys.iter().filter_map(of_key).collect();
        columns.extend(Counting::columns(input));
        let selections = selections_of(kind, options);
        columns.extend(Selected::columns(input, selections, kind != TableKind::Series)?);
        let wanted = input.wanted(columns);
        let parts: Vec<Option<FieldPart<'_>>> = keys
            .iter()
            .map(of_key)
            .map(|column| column.map(|column| FieldPart::new(input, &wanted, column)))
            .collect();
        let faults = Faults { input, keep: options.keep_rejected };
        let counting = Counting::new(input, &wanted);
        let selected = Selected::new(input, &wanted, selections);
        states = input.scan(&wanted, states, progress, |state, mut records| {
            let rows = (counting.as_ref(), selected.as_ref());
            state.take(required, &parts, rows, faults, &mut records);
            Ok(())
        })?;
    }
    let mut joined = start();
    for state in states {
        joined.tally.add(state.tally);
        for ((_, mine), (_, theirs)) in joined.columns.iter_mut().zip(state.columns) {
            mine.append(theirs);
        }
    }
    account(joined.columns, joined.tally, None, inputs, options)
}

/// What is asked for of a table of `kind`: nothing of those that are joined to rows of the export.
fn selections_of(kind: TableKind, options: &ReadOptions) -> &[Selection] {
    use TableKind::{Attributes, Customers, History, Lines, Products};
    match kind {
        Customers | Products | Lines | History | Attributes => &[],
        _ => &options.only,
    }
}

/// The column of `field`; the customer may be under any of the profile's headers.
pub(crate) fn column_of(input: &Input, field: Field) -> Option<usize> {
    let customer = || input.mapping.customer.first().map(|customer| customer.column);
    input.mapping.column(field).or_else(|| customer().filter(|_| field == Field::CustomerId))
}

impl State {
    fn take(
        &mut self,
        required: &[Field],
        parts: &[Option<FieldPart<'_>>],
        (counting, selected): (Option<&Counting>, Option<&Selected>),
        faults: Faults<'_>,
        records: &mut BatchRecords<'_>,
    ) {
        let tally = &mut self.tally;
        tally.begin(records);
        let mut ragged = records.batch.ragged.iter().peekable();
        for row in 0..records.batch.len() {
            let width =
                ragged.next_if(|(ragged, _)| *ragged as usize == row).map(|(_, width)| *width);
            if row < records.first {
                continue;
            }
            if width.is_none() && selected.is_some_and(|selected| !selected.takes(records, row)) {
                tally.ledger.ignore(Ignored::NotSelected, 1);
                continue;
            }
            let before = self.columns.first().map_or(0, |(_, column)| column.len());
            let read = match width {
                Some(width) => Err(faults.ragged(width)),
                None => push_row(&mut self.columns, required, parts, records, row),
            };
            let read = read.and_then(|()| complete(&mut self.columns, parts, faults, records, row));
            match read {
                Ok(()) => match counting.and_then(|rows| rows.left_out(records, row)) {
                    None => tally.ledger.accepted += 1,
                    Some(rule) => {
                        self.columns.iter_mut().for_each(|(_, column)| column.truncate(before));
                        tally.leave_out(rule, Money::ZERO);
                    }
                },
                Err(fault) => {
                    self.columns.iter_mut().for_each(|(_, column)| column.truncate(before));
                    faults.reject(tally, records, row, fault);
                }
            }
        }
    }
}

/// Fills in the price of the last line where the table of products has it, and puts its discount in money.
fn complete(
    columns: &mut [(ColumnKey, RawColumn)],
    parts: &[Option<FieldPart<'_>>],
    faults: Faults<'_>,
    records: &BatchRecords<'_>,
    row: usize,
) -> Result<(), Fault> {
    let place = |columns: &[(ColumnKey, RawColumn)], field: Field| {
        columns.iter().position(|(own, _)| own.field() == Some(field))
    };
    if let Some(prices) = &faults.input.product_prices
        && let Some((product, price)) =
            place(columns, Field::Product).zip(place(columns, Field::Price))
        && let Some(part) = &parts[product]
        && let Some(product) = part.text(part.cell(records, row))
        && let Some(last) = columns[price].1.last_money()
    {
        // A product that is not there leaves the line without an amount, which its order tells.
        *last = last.or(prices.get(product).ok());
    }
    let (Some(unit), Some(discounts)) = (faults.input.discounts, place(columns, Field::Discount))
    else {
        return Ok(());
    };
    let last = |field| place(columns, field).and_then(|at| columns[at].1.last_number());
    let Some(discount) = last(Field::Discount) else { return Ok(()) };
    let fault = |reason| Fault { part: parts[discounts].map(|part| part.part()), reason };
    let off = match (last(Field::Amount), last(Field::Price)) {
        (Some(net), _) => unit.off_before(net, discount),
        (None, Some(price)) => {
            let pieces = last(Field::Quantity).or(Money::from_whole(1));
            let full = pieces.and_then(|pieces| multiply(price, pieces));
            let full = full.ok_or(fault("price times quantity is too large"))?;
            let off = unit.off(full, discount).map_err(fault)?;
            Some(Money::from_units(off.units().saturating_abs()))
        }
        (None, None) => None,
    };
    if let Some(last) = columns[discounts].1.last_money() {
        *last = off;
    }
    Ok(())
}

fn push_row(
    columns: &mut [(ColumnKey, RawColumn)],
    required: &[Field],
    parts: &[Option<FieldPart<'_>>],
    records: &BatchRecords<'_>,
    row: usize,
) -> Result<(), Fault> {
    let mut undated = None;
    for ((key, column), part) in columns.iter_mut().zip(parts) {
        let fault = |reason| Fault { part: part.map(|part| part.part()), reason };
        column.push(part.as_ref(), records, row).map_err(fault)?;
        if column.last_is_missing() && key.field().is_some_and(|field| required.contains(&field)) {
            let fault = fault("a required cell is empty");
            if key.field() != Some(Field::At) {
                return Err(fault);
            }
            undated = Some(fault);
        }
    }
    // A task that is not done yet stands at the day when it is due.
    let Some(fault) = undated else { return Ok(()) };
    let due = last_date(columns, Field::DueAt).and_then(|due| *due).ok_or(fault)?;
    if let Some(at) = last_date(columns, Field::At) {
        *at = Some(due);
    }
    Ok(())
}

/// The last date of `field`, to be changed.
fn last_date(
    columns: &mut [(ColumnKey, RawColumn)],
    field: Field,
) -> Option<&mut Option<Timestamp>> {
    let column = columns.iter_mut().find(|(key, _)| key.field() == Some(field));
    column.and_then(|(_, column)| column.last_date())
}
