//! Tables of any columns, one row per customer: what is a number and what a category shows in the cells.

use crate::{
    Error, Place, Result,
    collections::interner::Interner,
    data::{Column, CustomerTable, Field, TableKind, column::MISSING},
    ingest::{
        Imported, ReadOptions,
        cells::{Parsed, number::NumberFormat, text},
        columns::RawColumn,
        pass::{
            batches::BatchRecords,
            faults::{Fault, Faults, Part},
            input::Input,
            tally::Tally,
            verdict::account,
        },
        profile::Decimal,
    },
};

/// Which columns of a table to read.
#[derive(Clone, Debug, Default)]
pub struct TableQuery {
    /// The column of the customers' ids; `None` leaves it to the header.
    pub id: Option<String>,
    /// The columns to read; `None` is every one but the id.
    pub columns: Option<Vec<String>>,
    /// Columns that are read besides and never taken for numbers, such as a label of 0 and 1.
    pub texts: Vec<String>,
}

impl CustomerTable {
    /// Reads the table in `file`, a path or `-` for standard input.
    ///
    /// # Errors
    /// A file that cannot be read, a column that is not there, numbers that can be read in two ways, or a
    /// customer in two rows.
    pub fn read(file: &str, query: &TableQuery, options: ReadOptions) -> Result<Imported<Self>> {
        collect_plain(file, query, options)?.try_map(|plain| {
            let rows: Vec<u32> = (0..plain.ids.len() as u32).collect();
            let ordered = |(name, raw): &(String, RawColumn)| (name.clone(), raw.ordered(&rows));
            let columns: Vec<(String, Column)> = plain.columns.iter().map(ordered).collect();
            Self::assemble(file, &plain.ids.ordered(&rows), &columns)
        })
    }
}

/// The columns of a table as they were read, in no particular order of rows.
pub(crate) struct Plain {
    pub(crate) ids: RawColumn,
    pub(crate) columns: Vec<(String, RawColumn)>,
}

/// Reads the table in `file`.
///
/// # Errors
/// A file that cannot be read, a column that is not there, numbers that can be read in two ways, or,
/// where `strict`, any rejected row.
pub(crate) fn collect_plain(
    file: &str,
    query: &TableQuery,
    options: ReadOptions,
) -> Result<Imported<Plain>> {
    let mut options = ReadOptions { kind: Some(TableKind::Customers), ..options };
    if let Some(id) = &query.id {
        options.map.retain(|(field, _)| *field != Field::CustomerId);
        options.map.push((Field::CustomerId, id.clone()));
    }
    let mut input =
        Input::open(file, 0, &options, false).map_err(|error| name_the_id(error, query))?;
    let columns = chosen(&input, query)?;
    let (texts, tally) = read(&input, &columns, &options)?;
    let mut texts = texts.into_iter();
    let ids = texts.next().map_or_else(|| RawColumn::new(Field::CustomerId), Coded::into_text);
    let texts: Vec<Coded> = texts.collect();

    let chosen = &columns[1..];
    let is_number = |at: usize| {
        !query.texts.contains(&input.headers[chosen[at]])
            && [Decimal::Point, Decimal::Comma]
                .into_iter()
                .any(|decimal| texts[at].numbers(NumberFormat::new(decimal)).is_some())
    };
    let numbers: Vec<usize> =
        (0..chosen.len()).filter(|at| is_number(*at)).map(|at| chosen[at]).collect();
    input.decide_formats(&[], &numbers, &options)?;
    let read = chosen.iter().zip(texts).map(|(column, coded)| {
        let parsed =
            numbers.contains(column).then(|| coded.numbers(input.number_format(*column))).flatten();
        let values = parsed.map_or_else(|| coded.into_text(), RawColumn::Number);
        (input.headers[*column].trim().to_owned(), values)
    });
    let plain = Plain { ids, columns: read.collect() };
    account(plain, tally, None, std::slice::from_ref(&input), &options)
}

/// A table whose id no header names is refused for want of a field; its option here is `--id`.
fn name_the_id(error: Error, query: &TableQuery) -> Error {
    match query.id {
        None if error.is_data() => error.with_hint("name the column of the ids with `--id COLUMN`"),
        _ => error,
    }
}

/// The numbers of the columns to read, the id's first.
fn chosen(input: &Input, query: &TableQuery) -> Result<Vec<usize>> {
    let by_profile = || input.mapping.customer.first().map(|customer| customer.column);
    let id = input.mapping.column(Field::CustomerId).or_else(by_profile).ok_or_else(|| {
        Error::data("no column holds the customers' ids")
            .at(input.place(None))
            .with_hint("name it with `--id COLUMN`")
    })?;
    let find = |name: &String| {
        input.headers.iter().position(|header| header.trim() == name.trim()).ok_or_else(|| {
            let headers: Vec<&str> = input.headers.iter().map(String::as_str).collect();
            Error::data(format!("there is no column `{name}`"))
                .at(Place { column: None, ..input.place(None) })
                .with_hint(format!("the headers are {}", headers.join(", ")))
        })
    };
    let mut columns = vec![id];
    match &query.columns {
        Some(names) => {
            for name in names.iter().chain(&query.texts) {
                let column = find(name)?;
                if !columns.contains(&column) {
                    columns.push(column);
                }
            }
        }
        None => {
            query.texts.iter().try_for_each(|name| find(name).map(drop))?;
            let named = |column: &usize| !input.headers[*column].trim().is_empty();
            columns.extend((0..input.headers.len()).filter(|at| *at != id).filter(named));
        }
    }
    Ok(columns)
}

/// One column as codes of its distinct texts.
struct Coded {
    texts: Interner<()>,
    codes: Vec<u32>,
}

impl Coded {
    fn new() -> Self {
        Self { texts: Interner::new(), codes: Vec::new() }
    }

    fn push(&mut self, cell: &[u8]) {
        let cell = text::clean(cell);
        let missing = cell.is_empty() || text::is_missing(cell);
        self.codes.push(if missing { MISSING } else { self.texts.intern(cell) });
    }

    /// The values, where every text is a number or says that there is none.
    fn numbers(&self, format: NumberFormat) -> Option<Vec<f64>> {
        let mut scratch = [0; 16];
        let mut values = Vec::with_capacity(self.texts.len());
        for id in 0..self.texts.len() as u32 {
            values.push(match format.number(self.texts.text(id, &mut scratch).as_bytes()) {
                Parsed::Value(value) => value,
                Parsed::Missing => f64::NAN,
                Parsed::Invalid(_) => return None,
            });
        }
        let known = values.iter().any(|value| !value.is_nan());
        let of = |code: &u32| values.get(*code as usize).copied().unwrap_or(f64::NAN);
        known.then(|| self.codes.iter().map(of).collect())
    }

    fn append(&mut self, other: &Self) {
        let map = self.texts.adopt(&other.texts);
        let known = |code: &u32| map.get(*code as usize).copied().unwrap_or(MISSING);
        self.codes.extend(other.codes.iter().map(known));
    }

    fn into_text(self) -> RawColumn {
        RawColumn::Text { texts: self.texts, codes: self.codes }
    }
}

/// Every cell of `columns` as text; a row without an id is rejected.
fn read(input: &Input, columns: &[usize], options: &ReadOptions) -> Result<(Vec<Coded>, Tally)> {
    let wanted = input.wanted(columns.to_vec());
    let parts: Vec<Part> = columns
        .iter()
        .map(|column| Part { column: *column, position: wanted.position(*column).unwrap_or(0) })
        .collect();
    let faults = Faults { input, keep: options.keep_rejected };
    let start = || (columns.iter().map(|_| Coded::new()).collect(), Tally::default());
    let states: Vec<(Vec<Coded>, Tally)> =
        std::iter::repeat_with(start).take(rayon::current_num_threads()).collect();
    let states = input.scan(&wanted, states, &|_| {}, |(coded, tally), mut records| {
        tally.begin(&records);
        take(coded, tally, &parts, faults, &mut records);
        Ok(())
    })?;
    let (mut joined, mut tally) = start();
    for (coded, counted) in states {
        tally.add(counted);
        for (mine, theirs) in joined.iter_mut().zip(&coded) {
            mine.append(theirs);
        }
    }
    Ok((joined, tally))
}

fn take(
    coded: &mut [Coded],
    tally: &mut Tally,
    parts: &[Part],
    faults: Faults<'_>,
    records: &mut BatchRecords<'_>,
) {
    let mut ragged = records.batch.ragged.iter().peekable();
    for row in 0..records.batch.len() {
        let width = ragged.next_if(|(ragged, _)| *ragged as usize == row).map(|(_, width)| *width);
        if row < records.first {
            continue;
        }
        let cell = |part: &Part| records.batch.cells[part.position][row].of(&records.block.bytes);
        let fault = match (width, parts) {
            (Some(width), _) => Some(faults.ragged(width)),
            (None, [id, ..]) if text::is_missing(text::clean(cell(id))) => {
                Some(Fault { part: Some(*id), reason: "a required cell is empty" })
            }
            _ => None,
        };
        if let Some(fault) = fault {
            faults.reject(tally, records, row, fault);
            continue;
        }
        for (column, part) in coded.iter_mut().zip(parts) {
            column.push(cell(part));
        }
        tally.ledger.accepted += 1;
    }
}
