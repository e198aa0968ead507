//! Tables of any columns, one row per customer: what is a number and what a category shows in the cells.

use crate::{
    Error, Place, Result,
    collections::interner::Interner,
    data::{Column, CustomerTable, Decision, Field, Labels, TableKind, column::MISSING, words_of},
    ingest::{
        ExportFile, Imported, ReadOptions, Selection,
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
    /// The column of the customers' ids; `None` leaves it to the headers. Where none of them names an id whose
    /// values differ, the line of a row is its id.
    pub id: Option<String>,
    /// The columns to read; `None` is every one but the id.
    pub columns: Option<Vec<String>>,
    /// Columns that are read besides and never taken for numbers, such as a label of 0 and 1.
    pub texts: Vec<String>,
}

impl CustomerTable {
    /// Reads the table in `file`: a path, `-` for standard input, or an [`ExportFile`] in memory.
    ///
    /// # Errors
    /// A file that cannot be read, a column that is not there, numbers that can be read in two ways, or a
    /// customer in two rows.
    pub fn read(
        file: impl Into<ExportFile>,
        query: &TableQuery,
        options: ReadOptions,
    ) -> Result<Imported<Self>> {
        let file = file.into();
        collect_plain(&file, query, options)?.try_map(|plain| {
            let rows: Vec<u32> = (0..plain.ids.len() as u32).collect();
            let ordered = |(name, raw): &(String, RawColumn)| (name.clone(), raw.ordered(&rows));
            let columns: Vec<(String, Column)> = plain.columns.iter().map(ordered).collect();
            Self::assemble(file.name(), &plain.ids.ordered(&rows), &columns)
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
    file: &ExportFile,
    query: &TableQuery,
    options: ReadOptions,
) -> Result<Imported<Plain>> {
    if let Some(Selection { column, .. }) = options.only.first() {
        let error = Error::usage(format!("a table of customers is not divided by `{column}`"));
        return Err(
            error.with_hint("put the customers that are asked for into a table of their own")
        );
    }
    let mut options = ReadOptions { kind: Some(TableKind::Customers), ..options };
    if let Some(id) = &query.id {
        options.map.retain(|(field, _)| *field != Field::CustomerId);
        options.map.push((Field::CustomerId, id.clone()));
    }
    // That no header names the id is no reason to refuse a table, unless it was said how to read it.
    let may_lack_id = query.id.is_none() && options.map.is_empty() && options.profile.is_none();
    let mut input =
        Input::open(file, 0, &options, may_lack_id).map_err(|error| name_the_id(error, query))?;
    let named = input.mapping.column(Field::CustomerId);
    let id = named.or_else(|| input.mapping.customer.first().map(|customer| customer.column));
    let problems = input.take_problems();
    if let (Some(_), Some(error)) = (id, problems.into_iter().next()) {
        return Err(error);
    }
    let guess = id.is_none().then(|| input.headers.iter().position(|name| names_an_id(name)));
    let lead = match (id, guess.flatten()) {
        (Some(id), _) => Lead::Id(id),
        (None, Some(guess)) => Lead::Guess(guess),
        (None, None) => Lead::Line,
    };
    let chosen = chosen(&input, lead, query)?;
    let (ids, mut texts, tally) = read(&input, lead, &chosen, &options)?;
    let mut chosen = &chosen[..];
    let mut ids = ids.into_text();
    match lead {
        Lead::Id(_) => {}
        Lead::Guess(guess) if texts[0].is_distinct() => {
            ids = texts.remove(0).into_text();
            chosen = &chosen[1..];
            let header = input.headers[guess].trim().to_owned();
            decide_ids(&mut input, header, "its header names an id, and its values all differ");
        }
        Lead::Guess(_) | Lead::Line => {
            let is_wanted = |column: usize| {
                let own = input.headers[column].trim();
                query.columns.as_ref().is_none_or(|all| all.iter().any(|name| name.trim() == own))
            };
            if let Lead::Guess(guess) = lead
                && !is_wanted(guess)
            {
                // It was read to be looked at alone.
                texts.remove(0);
                chosen = &chosen[1..];
            }
            let reason = "no header names an id whose values differ";
            decide_ids(&mut input, "the line of each row".to_owned(), reason);
        }
    }
    finish(ids, texts, chosen, input, tally, query, &options)
}

/// Reads every column of the table in `file` that has a header, as texts.
///
/// # Errors
/// A file that cannot be read or, where `strict`, any rejected row.
pub(crate) fn collect_texts(
    file: &ExportFile,
    options: ReadOptions,
) -> Result<Imported<Vec<(String, Labels)>>> {
    let options = ReadOptions { kind: Some(TableKind::Customers), map: Vec::new(), ..options };
    let mut input = Input::open(file, 0, &options, true)?;
    // It may be a table of anything.
    drop(input.take_problems());
    let columns = chosen(&input, Lead::Line, &TableQuery::default())?;
    let (_, texts, tally) = read(&input, Lead::Line, &columns, &options)?;
    let labels = |coded: Coded| {
        let raw = coded.into_text();
        let rows: Vec<u32> = (0..raw.len() as u32).collect();
        match raw.ordered(&rows) {
            Column::Text(labels) => labels,
            _ => Labels::default(),
        }
    };
    let header = |column: &usize| input.headers[*column].trim().to_owned();
    let read = columns.iter().map(header).zip(texts.into_iter().map(labels)).collect();
    account(read, tally, None, std::slice::from_ref(&input), &options)
}

/// What the first column that is read is for.
#[derive(Clone, Copy)]
enum Lead {
    /// It holds the ids.
    Id(usize),
    /// It may hold them, if its values differ.
    Guess(usize),
    /// Nothing: there is no such column.
    Line,
}

/// Whether a header names the id of somebody: `CLIENTNUM`, `EmployeeNumber`, `Prospect ID`.
fn names_an_id(header: &str) -> bool {
    const WHOSE: &[&str] = &[
        "customer",
        "cust",
        "client",
        "user",
        "account",
        "acct",
        "member",
        "employee",
        "subscriber",
        "contact",
        "prospect",
        "lead",
        "person",
        "policy",
        "card",
        "buyer",
        "patient",
        "student",
        "household",
        "company",
        "partner",
        "клиента",
        "клиент",
        "клиентов",
        "абонента",
        "покупателя",
        "сотрудника",
        "контакта",
        "договора",
    ];
    const IDS: &[&str] = &[
        "id",
        "ids",
        "number",
        "num",
        "no",
        "nr",
        "nbr",
        "key",
        "code",
        "uuid",
        "guid",
        "номер",
        "код",
        "ид",
    ];
    let spaced = words_of(header);
    let words: Vec<&str> = spaced.split_whitespace().collect();
    match &words[..] {
        [one] => {
            ["id", "uuid", "guid", "msisdn", "ид"].contains(one)
                || WHOSE
                    .iter()
                    .any(|who| one.strip_prefix(who).is_some_and(|rest| IDS.contains(&rest)))
        }
        words => {
            let is_id = |word: &&str| IDS.contains(word);
            let whose = |word: &&str| WHOSE.contains(word);
            let ends = words.last().is_some_and(is_id) || words.first().is_some_and(is_id);
            ends && words.iter().any(whose)
        }
    }
}

/// Says what the ids of the customers are, where no header of a profile told.
fn decide_ids(input: &mut Input, value: String, reason: &str) {
    let file = input.name().to_owned();
    let topic = "column customer_id".to_owned();
    let option = Some("--id");
    input.decisions.push(Decision { file, topic, value, reason: reason.to_owned(), option });
}

/// Columns of texts as what they hold.
fn finish(
    ids: RawColumn,
    texts: Vec<Coded>,
    chosen: &[usize],
    mut input: Input,
    tally: Tally,
    query: &TableQuery,
    options: &ReadOptions,
) -> Result<Imported<Plain>> {
    let is_number = |at: usize| {
        !query.texts.contains(&input.headers[chosen[at]])
            && [Decimal::Point, Decimal::Comma]
                .into_iter()
                .any(|decimal| texts[at].numbers(NumberFormat::new(decimal)).is_some())
    };
    let numbers: Vec<usize> =
        (0..chosen.len()).filter(|at| is_number(*at)).map(|at| chosen[at]).collect();
    input.decide_formats(&[], &numbers, options)?;
    if let Some(error) = input.take_problems().into_iter().next() {
        return Err(error);
    }
    let read = chosen.iter().zip(texts).map(|(column, coded)| {
        let parsed =
            numbers.contains(column).then(|| coded.numbers(input.number_format(*column))).flatten();
        let values = parsed.map_or_else(|| coded.into_text(), RawColumn::Number);
        (input.headers[*column].trim().to_owned(), values)
    });
    let plain = Plain { ids, columns: read.collect() };
    account(plain, tally, None, std::slice::from_ref(&input), options)
}

/// A table whose id no header names is refused for want of a field; its option here is `--id`.
fn name_the_id(error: Error, query: &TableQuery) -> Error {
    match query.id {
        None if error.is_data() => error.with_hint("name the column of the ids with `--id COLUMN`"),
        _ => error,
    }
}

/// The numbers of the columns to read besides the id's; one that may be the id's is the first.
fn chosen(input: &Input, lead: Lead, query: &TableQuery) -> Result<Vec<usize>> {
    let find = |name: &String| {
        input.headers.iter().position(|header| header.trim() == name.trim()).ok_or_else(|| {
            let headers: Vec<&str> = input.headers.iter().map(String::as_str).collect();
            Error::data(format!("there is no column `{name}`"))
                .at(Place { column: None, ..input.place(None) })
                .with_hint(format!("the headers are {}", headers.join(", ")))
        })
    };
    let id = match lead {
        Lead::Id(id) => Some(id),
        Lead::Guess(_) | Lead::Line => None,
    };
    let mut columns = match lead {
        Lead::Guess(guess) => vec![guess],
        Lead::Id(_) | Lead::Line => Vec::new(),
    };
    match &query.columns {
        Some(names) => {
            for name in names.iter().chain(&query.texts) {
                let column = find(name)?;
                if !columns.contains(&column) && id != Some(column) {
                    columns.push(column);
                }
            }
        }
        None => {
            query.texts.iter().try_for_each(|name| find(name).map(drop))?;
            let named = |column: &usize| !input.headers[*column].trim().is_empty();
            let others: Vec<usize> = (0..input.headers.len())
                .filter(|at| id != Some(*at) && !columns.contains(at))
                .filter(named)
                .collect();
            columns.extend(others);
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

    /// Whether every row has a value, and no two the same.
    fn is_distinct(&self) -> bool {
        self.texts.len() == self.codes.len() && !self.codes.contains(&MISSING)
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

/// The ids and every cell of `columns` as text; a row without an id is rejected, and where there is no column
/// of ids, its line is the id of each.
fn read(
    input: &Input,
    lead: Lead,
    columns: &[usize],
    options: &ReadOptions,
) -> Result<(Coded, Vec<Coded>, Tally)> {
    let id = match lead {
        Lead::Id(id) => Some(id),
        Lead::Guess(_) | Lead::Line => None,
    };
    let wanted = input.wanted(id.iter().chain(columns).copied().collect());
    let part =
        |column: &usize| Part { column: *column, position: wanted.position(*column).unwrap_or(0) };
    let id = id.as_ref().map(part);
    let parts: Vec<Part> = columns.iter().map(part).collect();
    let faults = Faults { input, keep: options.keep_rejected };
    let start = || Taken {
        ids: Coded::new(),
        cells: columns.iter().map(|_| Coded::new()).collect(),
        tally: Tally::default(),
    };
    let states: Vec<Taken> =
        std::iter::repeat_with(start).take(rayon::current_num_threads()).collect();
    let states = input.scan(&wanted, states, &|_| {}, |taken, mut records| {
        taken.tally.begin(&records);
        take(taken, id, &parts, faults, &mut records);
        Ok(())
    })?;
    let mut joined = start();
    for taken in states {
        joined.tally.add(taken.tally);
        joined.ids.append(&taken.ids);
        for (mine, theirs) in joined.cells.iter_mut().zip(&taken.cells) {
            mine.append(theirs);
        }
    }
    Ok((joined.ids, joined.cells, joined.tally))
}

/// What one thread has read.
struct Taken {
    ids: Coded,
    cells: Vec<Coded>,
    tally: Tally,
}

fn take(
    taken: &mut Taken,
    id: Option<Part>,
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
        let line = id.is_none().then(|| records.line(row).to_string());
        let cell = |part: &Part| records.batch.cells[part.position][row].of(&records.block.bytes);
        let fault = match (width, id) {
            (Some(width), _) => Some(faults.ragged(width)),
            (None, Some(id)) if text::id(cell(&id)).0.is_empty() => {
                Some(Fault { part: Some(id), reason: "a required cell is empty" })
            }
            _ => None,
        };
        if let Some(fault) = fault {
            faults.reject(&mut taken.tally, records, row, fault);
            continue;
        }
        match (&line, id) {
            (Some(line), _) => taken.ids.push(line.as_bytes()),
            (None, Some(id)) => taken.ids.push(text::id(cell(&id)).0),
            (None, None) => {}
        }
        for (column, part) in taken.cells.iter_mut().zip(parts) {
            column.push(cell(part));
        }
        taken.tally.ledger.accepted += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::{TableQuery, names_an_id};
    use crate::{data::CustomerTable, ingest::ReadOptions};

    fn read(text: &str, query: &TableQuery) -> crate::Result<CustomerTable> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table.csv");
        std::fs::write(&path, text).unwrap();
        let read = CustomerTable::read(path.display().to_string(), query, ReadOptions::default());
        Ok(read?.result)
    }

    fn ids(table: &CustomerTable) -> Vec<&str> {
        (0..table.len()).filter_map(|row| table.ids().get(row)).collect()
    }

    #[test]
    fn headers_of_ids_are_known_by_their_words() {
        for name in [
            "CLIENTNUM",
            "EmployeeNumber",
            "Prospect ID",
            "user_id",
            "ID",
            "No of client",
            "Код клиента",
        ] {
            assert!(names_an_id(name), "{name}");
        }
        for name in
            ["Age", "number_of_orders", "paid", "Client age", "phone", "customer", "keyboard"]
        {
            assert!(!names_an_id(name), "{name}");
        }
    }

    #[test]
    fn ids_are_guessed_where_they_differ_else_lines_are_ids() {
        let all = TableQuery::default();
        let guessed = read("CLIENTNUM,age\n77,30\n12,40\n", &all).unwrap();
        assert_eq!(ids(&guessed), ["12", "77"]);
        assert_eq!(guessed.columns().map(|(name, _)| name).collect::<Vec<_>>(), ["age"]);
        // Two rows of one number are no ids; nor is a number of something else.
        for text in ["EmployeeNumber,age\n7,30\n7,40\n", "orders,age\n1,30\n2,40\n"] {
            let lines = read(text, &all).unwrap();
            assert_eq!(ids(&lines), ["2", "3"], "{text}");
            assert_eq!(lines.columns().count(), 2);
        }
        // Columns that were asked for are all that comes.
        let some = TableQuery { columns: Some(vec!["age".to_owned()]), ..TableQuery::default() };
        for text in ["EmployeeNumber,age\n7,30\n7,40\n", "EmployeeNumber,age\n7,30\n8,40\n"] {
            let table = read(text, &some).unwrap();
            assert_eq!(table.columns().map(|(name, _)| name).collect::<Vec<_>>(), ["age"]);
        }
        let named = TableQuery { id: Some("orders".to_owned()), ..TableQuery::default() };
        assert!(read("order,age\n1,30\n", &named).is_err());
    }
}
