//! One look at every cell of the mapped columns, whatever becomes of its row: what an audit is made of.

use super::{ReadOptions, cells::Parsed, columns::FieldPart};
use crate::{
    Money, Place, Result, Timestamp,
    collections::interner::Interner,
    data::{ColumnKey, Field, field::FieldType},
    ingest::{
        orders::all_rows::decide,
        pass::{batches::BatchRecords, faults::Faults, input::Input},
        records::column_of,
    },
};
use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash, Hasher},
};

/// What the cells of a table hold. Memory grows with the rows: a number for each, and its amounts.
#[derive(Debug)]
pub(crate) struct TableAudit {
    /// Rows that are neither blank nor footers nor repeated headers.
    pub(crate) rows: u64,
    /// Rows that repeat another one in every cell.
    pub(crate) duplicates: u64,
    /// The mapped fields, in the order of the documentation.
    pub(crate) fields: Vec<FieldAudit>,
}

/// What the cells of one field hold.
#[derive(Debug)]
pub(crate) struct FieldAudit {
    pub(crate) field: Field,
    pub(crate) filled: u64,
    pub(crate) missing: u64,
    /// Cells that are no value of the field's type.
    pub(crate) invalid: u64,
    pub(crate) seen: Seen,
}

/// The values of one field.
#[derive(Debug)]
pub(crate) enum Seen {
    /// Every text and how often it is there.
    Texts(Interner<u64>),
    /// The first and the last instant, and the cells of each day.
    Dates { span: Option<(Timestamp, Timestamp)>, days: BTreeMap<i32, u64> },
    /// Every amount, and where the largest is.
    Amounts { units: Vec<i64>, largest: Option<Largest> },
    /// Numbers are only counted.
    Numbers,
}

/// The largest amount, the first of equals.
#[derive(Clone, Debug)]
pub(crate) struct Largest {
    pub(crate) amount: Money,
    position: (usize, u64),
    pub(crate) place: Place,
}

/// What one cell holds.
enum Cell<'a> {
    Missing,
    Invalid,
    Text(&'a [u8]),
    Date(Timestamp),
    Amount(Money),
    Number,
}

/// What one thread has seen.
struct State {
    audit: TableAudit,
    hashes: Vec<u64>,
}

/// Audits every mapped field of `inputs`.
///
/// # Errors
/// Unreadable inputs.
pub(crate) fn audit(
    inputs: &mut [Input],
    options: &ReadOptions,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<TableAudit> {
    let has = |field: &Field| inputs.iter().any(|input| column_of(input, *field).is_some());
    let fields: Vec<Field> = Field::ALL.iter().copied().filter(has).collect();
    let keys: Vec<ColumnKey> = fields.iter().copied().map(ColumnKey::from).collect();
    let start = || State { audit: TableAudit::new(&fields), hashes: Vec::new() };
    let mut states: Vec<State> =
        std::iter::repeat_with(start).take(rayon::current_num_threads()).collect();
    for input in &mut *inputs {
        decide(input, &keys, options)?;
        let input = &*input;
        let of_field: Vec<Vec<usize>> =
            fields.iter().map(|field| columns_of(input, *field)).collect();
        let wanted = input.wanted(of_field.concat());
        let part = |column: &usize| FieldPart::new(input, &wanted, *column);
        let parts: Vec<Vec<FieldPart<'_>>> =
            of_field.iter().map(|columns| columns.iter().map(part).collect()).collect();
        let faults = Faults { input, keep: false };
        states = input.scan(&wanted, states, progress, |state, mut records| {
            state.take(&parts, faults, &mut records);
            Ok(())
        })?;
    }
    let mut all = start();
    for state in states {
        all.add(state);
    }
    all.hashes.sort_unstable();
    all.audit.duplicates = all.hashes.windows(2).filter(|pair| pair[0] == pair[1]).count() as u64;
    Ok(all.audit)
}

/// The columns of `field`; the first filled one counts.
fn columns_of(input: &Input, field: Field) -> Vec<usize> {
    match field {
        Field::CustomerId if !input.mapping.customer.is_empty() => {
            input.mapping.customer.iter().map(|customer| customer.column).collect()
        }
        _ => column_of(input, field).into_iter().collect(),
    }
}

impl TableAudit {
    fn new(fields: &[Field]) -> Self {
        let field = |field: &Field| FieldAudit {
            field: *field,
            filled: 0,
            missing: 0,
            invalid: 0,
            seen: match field.field_type() {
                FieldType::Text => Seen::Texts(Interner::new()),
                FieldType::Date => Seen::Dates { span: None, days: BTreeMap::new() },
                FieldType::Money => Seen::Amounts { units: Vec::new(), largest: None },
                FieldType::Number => Seen::Numbers,
            },
        };
        Self { rows: 0, duplicates: 0, fields: fields.iter().map(field).collect() }
    }

    /// What was seen of `field`.
    pub(crate) fn field(&self, field: Field) -> Option<&FieldAudit> {
        self.fields.iter().find(|audit| audit.field == field)
    }
}

impl State {
    fn take(
        &mut self,
        parts: &[Vec<FieldPart<'_>>],
        faults: Faults<'_>,
        records: &mut BatchRecords<'_>,
    ) {
        let ragged = records.batch.ragged.clone();
        let mut ragged = ragged.iter().map(|(row, _)| *row as usize).peekable();
        for row in 0..records.batch.len() {
            let is_ragged = ragged.next_if_eq(&row).is_some();
            if row < records.first || faults.is_no_row(records, row) {
                continue;
            }
            if is_ragged {
                self.audit.rows += 1;
                continue;
            }
            let position = (faults.input.number, records.line(row));
            let types = self.audit.fields.iter().map(|audit| audit.field.field_type());
            let cells: Vec<Cell<'_>> =
                types.zip(parts).map(|(kind, parts)| cell(kind, parts, records, row)).collect();
            let is_header = |(cell, parts): (&Cell<'_>, &Vec<FieldPart<'_>>)| {
                matches!(cell, Cell::Invalid)
                    && parts.iter().any(|part| faults.is_header(records, part.part(), row))
            };
            if cells.iter().zip(parts).any(is_header) {
                continue;
            }
            self.audit.rows += 1;
            let mut hasher = DefaultHasher::new();
            records.record(row).hash(&mut hasher);
            self.hashes.push(hasher.finish());
            for ((audit, cell), parts) in self.audit.fields.iter_mut().zip(&cells).zip(parts) {
                let place = || {
                    let column = parts.first().map(|part| part.part().column);
                    Place { line: Some(position.1), ..faults.input.place(column) }
                };
                audit.see(cell, position, place);
            }
        }
    }

    fn add(&mut self, other: Self) {
        self.audit.rows += other.audit.rows;
        self.hashes.extend(other.hashes);
        for (mine, theirs) in self.audit.fields.iter_mut().zip(other.audit.fields) {
            mine.add(theirs);
        }
    }
}

/// What the cell of a field of type `kind` holds.
fn cell<'a>(
    kind: FieldType,
    parts: &[FieldPart<'a>],
    records: &'a BatchRecords<'_>,
    row: usize,
) -> Cell<'a> {
    let Some(part) = parts.first() else { return Cell::Missing };
    let bytes = part.cell(records, row);
    match kind {
        FieldType::Text => parts
            .iter()
            .find_map(|part| part.text(part.cell(records, row)))
            .map_or(Cell::Missing, Cell::Text),
        FieldType::Date => value(part.date(bytes), Cell::Date),
        FieldType::Money => value(part.money(bytes), Cell::Amount),
        FieldType::Number => value(part.number(bytes), |_| Cell::Number),
    }
}

fn value<'a, T>(parsed: Parsed<T>, cell: impl FnOnce(T) -> Cell<'a>) -> Cell<'a> {
    match parsed {
        Parsed::Value(value) => cell(value),
        Parsed::Missing => Cell::Missing,
        Parsed::Invalid(_) => Cell::Invalid,
    }
}

impl FieldAudit {
    fn see(&mut self, cell: &Cell<'_>, position: (usize, u64), place: impl Fn() -> Place) {
        match (cell, &mut self.seen) {
            (Cell::Missing, _) => return self.missing += 1,
            (Cell::Text(text), Seen::Texts(texts)) if std::str::from_utf8(text).is_ok() => {
                let id = texts.intern(text);
                *texts.value_mut(id) += 1;
            }
            (Cell::Date(at), Seen::Dates { span, days }) => {
                let (first, last) = span.unwrap_or((*at, *at));
                *span = Some((first.min(*at), last.max(*at)));
                *days.entry(at.date().days()).or_default() += 1;
            }
            (Cell::Amount(amount), Seen::Amounts { units, largest }) => {
                units.push(amount.units());
                let key = |amount: Money, position| (amount, std::cmp::Reverse(position));
                let known = largest.as_ref().map(|known| key(known.amount, known.position));
                if known.is_none_or(|known| key(*amount, position) > known) {
                    *largest = Some(Largest { amount: *amount, position, place: place() });
                }
            }
            (Cell::Number, Seen::Numbers) => {}
            _ => return self.invalid += 1,
        }
        self.filled += 1;
    }

    fn add(&mut self, other: Self) {
        self.filled += other.filled;
        self.missing += other.missing;
        self.invalid += other.invalid;
        match (&mut self.seen, other.seen) {
            (Seen::Texts(mine), Seen::Texts(theirs)) => {
                let known = mine.adopt(&theirs);
                for (id, mine_id) in known.iter().enumerate() {
                    *mine.value_mut(*mine_id) += theirs.value(id as u32);
                }
            }
            (Seen::Dates { span, days }, Seen::Dates { span: theirs, days: their_days }) => {
                *span = match (*span, theirs) {
                    (Some(mine), Some(theirs)) => {
                        Some((mine.0.min(theirs.0), mine.1.max(theirs.1)))
                    }
                    (mine, theirs) => mine.or(theirs),
                };
                for (day, cells) in their_days {
                    *days.entry(day).or_default() += cells;
                }
            }
            (
                Seen::Amounts { units, largest },
                Seen::Amounts { units: their_units, largest: theirs },
            ) => {
                units.extend(their_units);
                let key = |known: &Largest| (known.amount, std::cmp::Reverse(known.position));
                *largest = [largest.take(), theirs].into_iter().flatten().max_by_key(key);
            }
            // Both sides are made for the same field.
            _ => {}
        }
    }
}
