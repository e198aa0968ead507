//! Cells of the fields that an analysis asks for beyond customer, date and amount.

use super::{
    cells::{
        Parsed,
        date::DateReader,
        number::{Amount, NumberFormat},
        text::{self, Oddity},
    },
    text::Wanted,
};
use crate::{
    Money, Timestamp,
    collections::{interner::Interner, short_text::Cell},
    data::{
        Column, ColumnKey, DiscountUnit, Field, Labels, Texts,
        column::{MISSING, gather},
        field::FieldType,
    },
    ingest::{
        merge::Merge,
        orders::discount,
        pass::{batches::BatchRecords, faults::Part, input::Input},
    },
};

/// How the cells of one field are found and read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FieldPart<'a> {
    part: Part,
    dates: DateReader<'a>,
    numbers: NumberFormat,
    /// Where the cells are discounts: their unit.
    discounts: Option<DiscountUnit>,
    /// Whether its texts are ids of customers or orders.
    is_id: bool,
    input: &'a Input,
}

impl<'a> FieldPart<'a> {
    pub(crate) fn new(input: &'a Input, wanted: &Wanted, column: usize) -> Self {
        Self {
            part: Part { column, position: wanted.position(column).unwrap_or(0) },
            dates: input.date_reader(column),
            numbers: input.number_format(column),
            discounts: input
                .discounts
                .filter(|_| input.mapping.column(Field::Discount) == Some(column)),
            is_id: input.mapping.column(Field::OrderId) == Some(column)
                || input.mapping.column(Field::CustomerId) == Some(column)
                || input.mapping.customer.iter().any(|customer| customer.column == column),
            input,
        }
    }

    /// The column, and where its cells stand.
    pub(crate) fn part(&self) -> Part {
        self.part
    }

    /// The bytes of the field in record `row`.
    pub(crate) fn cell<'r>(&self, records: &'r BatchRecords<'_>, row: usize) -> &'r [u8] {
        self.raw(records, row).of(&records.block.bytes)
    }

    /// Where the bytes of the field stand in the block of record `row`.
    pub(crate) fn raw(&self, records: &BatchRecords<'_>, row: usize) -> Cell {
        records.batch.cells[self.part.position][row]
    }

    /// The date in `cell`.
    pub(crate) fn date(&self, cell: &[u8]) -> Parsed<Timestamp> {
        self.input.or_null(cell, self.dates.parse(cell))
    }

    /// The amount in `cell`; a discount is in its own unit.
    pub(crate) fn money(&self, cell: &[u8]) -> Parsed<Money> {
        match self.discounts {
            Some(unit) => self.input.or_null(cell, discount::read(unit, cell, self.numbers)),
            None => self.amount(cell).map(|amount| amount.money),
        }
    }

    /// The amount in `cell`, with the currency that it names.
    pub(crate) fn amount(&self, cell: &[u8]) -> Parsed<Amount> {
        self.input.or_null(cell, self.numbers.money(cell))
    }

    /// The number in `cell`.
    pub(crate) fn number(&self, cell: &[u8]) -> Parsed<f64> {
        self.input.or_null(cell, self.numbers.number(cell))
    }

    /// The text in `cell`; `None` is missing.
    pub(crate) fn text<'r>(&self, cell: &'r [u8]) -> Option<&'r [u8]>
    where
        'a: 'r,
    {
        let cell = if self.is_id { text::id(cell).0 } else { text::clean(cell) };
        if text::is_missing(cell) || self.input.is_null(cell) {
            return None;
        }
        let is = |merge: &&Merge| {
            merge.column == self.part.column && merge.merged.label.as_bytes() == cell
        };
        let merge = self.input.merges.iter().find(is);
        Some(merge.map_or(cell, |merge| merge.merged.meant.as_bytes()))
    }

    /// What is odd about the id in `cell`.
    pub(crate) fn oddity(&self, cell: &[u8]) -> Oddity {
        if self.is_id && !text::is_usual_id(cell) { text::id(cell).1 } else { Oddity::None }
    }
}

/// The values of one field, as one thread has read them.
#[derive(Clone, Debug)]
pub(crate) enum RawColumn {
    /// Codes of texts; `u32::MAX` is missing.
    Text {
        texts: Interner<()>,
        codes: Vec<u32>,
    },
    Date(Vec<Option<Timestamp>>),
    Money(Vec<Option<Money>>),
    /// NaN is missing.
    Number(Vec<f64>),
}

impl RawColumn {
    pub(crate) fn new(key: &ColumnKey) -> Self {
        match key.field_type() {
            FieldType::Text => Self::Text { texts: Interner::new(), codes: Vec::new() },
            FieldType::Date => Self::Date(Vec::new()),
            FieldType::Money => Self::Money(Vec::new()),
            FieldType::Number => Self::Number(Vec::new()),
        }
    }

    /// Adds the cell of `part` in record `row`, or a missing one where the input has no such column.
    ///
    /// # Errors
    /// Why the cell holds no value of the field's type; then nothing is added.
    pub(crate) fn push(
        &mut self,
        part: Option<&FieldPart<'_>>,
        records: &BatchRecords<'_>,
        row: usize,
    ) -> Result<(), &'static str> {
        let cell = part.map_or(&[][..], |part| part.cell(records, row));
        match (self, part) {
            (Self::Text { texts, codes }, part) => {
                let text = part.and_then(|part| part.text(cell));
                // Text that is not UTF-8 gets the same mark as a missing one.
                codes.push(text.map_or(MISSING, |text| texts.intern(text)));
            }
            (Self::Date(values), Some(part)) => values.push(value(part.date(cell))?),
            (Self::Money(values), Some(part)) => values.push(value(part.money(cell))?),
            (Self::Number(values), Some(part)) => {
                values.push(value(part.number(cell))?.unwrap_or(f64::NAN));
            }
            (Self::Date(values), None) => values.push(None),
            (Self::Money(values), None) => values.push(None),
            (Self::Number(values), None) => values.push(f64::NAN),
        }
        Ok(())
    }

    /// The number of cells.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Text { codes, .. } => codes.len(),
            Self::Date(values) => values.len(),
            Self::Money(values) => values.len(),
            Self::Number(values) => values.len(),
        }
    }

    /// Whether the last cell is missing.
    pub(crate) fn last_is_missing(&self) -> bool {
        match self {
            Self::Text { codes, .. } => codes.last() == Some(&MISSING),
            Self::Date(values) => values.last() == Some(&None),
            Self::Money(values) => values.last() == Some(&None),
            Self::Number(values) => values.last().is_some_and(|value| value.is_nan()),
        }
    }

    /// The last amount of a column of money, to be changed.
    pub(crate) fn last_money(&mut self) -> Option<&mut Option<Money>> {
        match self {
            Self::Money(values) => values.last_mut(),
            _ => None,
        }
    }

    /// The last date of a column of dates, to be changed.
    pub(crate) fn last_date(&mut self) -> Option<&mut Option<Timestamp>> {
        match self {
            Self::Date(values) => values.last_mut(),
            _ => None,
        }
    }

    /// The last number of a column of amounts or numbers.
    pub(crate) fn last_number(&self) -> Option<Money> {
        match self {
            Self::Money(values) => *values.last()?,
            Self::Number(values) => Money::from_f64(*values.last()?),
            _ => None,
        }
    }

    /// Gives `row` the text or date of `from` where it has none; numbers are of one row.
    pub(crate) fn inherit(&mut self, row: usize, from: usize) {
        match self {
            Self::Text { codes, .. } if codes[row] == MISSING => codes[row] = codes[from],
            Self::Date(values) if values[row].is_none() => values[row] = values[from],
            _ => {}
        }
    }

    /// Leaves the cells of `rows`.
    pub(crate) fn keep(&mut self, rows: &[usize]) {
        match self {
            Self::Text { codes, .. } => *codes = rows.iter().map(|row| codes[*row]).collect(),
            Self::Date(values) => *values = rows.iter().map(|row| values[*row]).collect(),
            Self::Money(values) => *values = rows.iter().map(|row| values[*row]).collect(),
            Self::Number(values) => *values = rows.iter().map(|row| values[*row]).collect(),
        }
    }

    /// Takes back the cells behind the first `rows`.
    pub(crate) fn truncate(&mut self, rows: usize) {
        match self {
            Self::Text { codes, .. } => codes.truncate(rows),
            Self::Date(values) => values.truncate(rows),
            Self::Money(values) => values.truncate(rows),
            Self::Number(values) => values.truncate(rows),
        }
    }

    /// Adds the values of another thread.
    pub(crate) fn append(&mut self, other: Self) {
        match (self, other) {
            (Self::Text { texts, codes }, Self::Text { texts: theirs, codes: their_codes }) => {
                let map = texts.adopt(&theirs);
                let known = |code: u32| if code == MISSING { code } else { map[code as usize] };
                codes.extend(their_codes.into_iter().map(known));
            }
            (Self::Date(mine), Self::Date(theirs)) => mine.extend(theirs),
            (Self::Money(mine), Self::Money(theirs)) => mine.extend(theirs),
            (Self::Number(mine), Self::Number(theirs)) => mine.extend(theirs),
            // Both sides are made for the same field.
            _ => {}
        }
    }
}

/// What a cell holds.
///
/// # Errors
/// Why it holds nothing of its type.
pub(crate) fn value<T>(parsed: Parsed<T>) -> Result<Option<T>, &'static str> {
    match parsed {
        Parsed::Value(value) => Ok(Some(value)),
        Parsed::Missing => Ok(None),
        Parsed::Invalid(reason) => Err(reason),
    }
}

impl RawColumn {
    /// The column of a table, its rows put into `order`; texts become codes of sorted labels.
    pub(crate) fn ordered(&self, order: &[u32]) -> Column {
        match self {
            Self::Text { texts, codes } => {
                let sorted = texts.sorted();
                let mut ranks = vec![0_u32; sorted.len()];
                let mut labels = Texts::default();
                let mut scratch = [0; 16];
                for (rank, id) in sorted.iter().enumerate() {
                    ranks[*id as usize] = rank as u32;
                    labels.push(Some(texts.text(*id, &mut scratch)));
                }
                let code = |row: &u32| match codes[*row as usize] {
                    MISSING => MISSING,
                    code => ranks[code as usize],
                };
                Column::Text(Labels::new(labels, order.iter().map(code).collect()))
            }
            Self::Date(values) => Column::Date(gather(values, order)),
            Self::Money(values) => Column::Money(gather(values, order)),
            Self::Number(values) => Column::Number(gather(values, order)),
        }
    }
}
