//! Objects to comma-separated records, keys to columns.

use super::{
    cells::{self, Cell},
    lines::Lines,
    objects::Objects,
    plain::{self, Member},
    shape::Shape,
};
use crate::{
    Error, Place, Result,
    data::Decision,
    ingest::source::{SharedFile, Source, Spool, place},
};
use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
    io::{self, BufWriter, Write},
    ops::Range,
};

/// Objects whose keys are known before the header is written; a key that comes later costs another pass.
const HEAD: usize = if cfg!(test) { 4 } else { 10_000 };
/// Bytes of them at most.
const HEAD_BYTES: usize = 16 << 20;
/// Bytes of lines that are read side by side.
const LINES: usize = 4 << 20;
/// As many as a sheet may have.
const MAX_COLUMNS: usize = 16_384;

/// The line of a record, where its cells lie in the text behind, and the text.
type HeadRecord = (u64, Vec<Option<Range<usize>>>, String);

/// Objects as comma-separated text.
#[derive(Debug)]
pub(crate) struct Converted {
    /// The text, UTF-8, in a temporary file without a name.
    pub(crate) csv: SharedFile,
    /// Where the objects of its records began.
    pub(crate) lines: Lines,
    /// The columns that hold JSON numbers, so that their decimal sign is known: texts beside these are held to it.
    pub(crate) numbers: Vec<usize>,
    /// The columns that cannot be read, each with the line of the first object that shows it.
    pub(crate) nested: BTreeMap<usize, u64>,
    pub(crate) decisions: Vec<Decision>,
}

/// Turns the objects of `source` into comma-separated text.
///
/// # Errors
/// What is no JSON or no list of objects, a key that stands twice in an object, or a full disk.
pub(crate) fn convert(source: &Source) -> Result<Converted> {
    let here = |error: Error| {
        let found = error.place().cloned().unwrap_or_default();
        let error = if error.is_io() { source.failure(io::Error::other(error)) } else { error };
        error.at(Place { file: source.name().to_owned(), ..found })
    };
    let mut table = Table::default();
    table.fill(source).map_err(here)?;
    if table.grew {
        // The columns are known now; the rows before a late key lack a cell.
        table.columns.iter_mut().for_each(|column| column.last = 0);
        table = Table { columns: table.columns, known: table.known, ..Table::default() };
        table.fill(source).map_err(here)?;
    }
    table.finish(source.name())
}

/// A column, and what it holds.
#[derive(Clone, Debug, Default)]
struct Column {
    name: String,
    holds_numbers: bool,
    /// The line of the first list or object in it.
    nested: Option<u64>,
    /// The number of the last object that has it.
    last: u64,
}

#[derive(Default)]
struct Table {
    columns: Vec<Column>,
    known: HashMap<String, usize>,
    /// The cells of one object, by column.
    row: Vec<Option<Range<usize>>>,
    text: String,
    members: Vec<Member>,
    /// Records behind the header until it is written.
    head: Vec<HeadRecord>,
    head_bytes: usize,
    out: Option<BufWriter<Spool>>,
    /// The line of the next record in what is written.
    next_line: u64,
    objects: u64,
    lines: Lines,
    /// The line of the last object, as it is told.
    line: u64,
    /// Whether a key came when the header had been written.
    grew: bool,
}

impl Table {
    fn fill(&mut self, source: &Source) -> Result<()> {
        let mut objects = Objects::new(source.reader()?, |cause| match cause.downcast::<Error>() {
            Ok(error) => error,
            Err(cause) => Error::io("cannot read", "", cause),
        });
        // Of an only object: a list of objects in it.
        let mut inside = None;
        // Objects to be taken one by one before lines of one shape are tried: more where these were few.
        let (mut alone, mut wait) = (0_u64, 1_u64);
        while let Some(object) = objects.next()? {
            let line = object.line;
            let found = self.take(line, object.text)?;
            if self.objects == 1 {
                inside = found;
            }
            alone += 1;
            if alone < wait || self.out.is_none() || self.grew {
                continue;
            }
            let Some(shape) = self.shape(object.text) else { continue };
            alone = 0;
            let taken = self.take_lines(&shape, &mut objects)?;
            wait = if taken < wait { wait.saturating_mul(2) } else { 1 };
        }
        if self.objects == 0 {
            return Err(Error::data("holds no object, and so no row"));
        }
        if let (1, Some(key)) = (self.objects, inside) {
            return Err(Error::data("is one JSON object, not an array of objects").with_hint(
                format!(
                    "the rows seem to stand under `{key}`: write that array to a file, such as with `jq '.{key}'`"
                ),
            ));
        }
        self.write_head()
    }

    /// The shape of the object that was taken last, where it has every column in its place and was read plainly.
    fn shape(&mut self, text: &[u8]) -> Option<Shape> {
        plain::members(text, &mut self.members)?;
        let own = std::str::from_utf8(text).ok()?;
        let keys = self.members.iter().map(|member| member.of(own).0);
        let is_whole = keys.eq(self.columns.iter().map(|column| column.name.as_str()));
        if is_whole { Shape::of(text, &self.members) } else { None }
    }

    /// Takes lines of one `shape` as long as they come; gives how many.
    fn take_lines<R: io::Read>(&mut self, shape: &Shape, objects: &mut Objects<R>) -> Result<u64> {
        let mut taken = 0;
        while let Some((line, text)) = objects.lines(LINES)? {
            let parts = shape.read(text);
            let (read, rows) = parts
                .iter()
                .fold((0, 0), |(read, rows), part| (read + part.read, rows + part.count));
            let is_all = read == text.len();
            if line <= self.line && rows > 0 {
                // Several objects share a line, and count on from it.
                return Ok(taken);
            }
            for part in &parts {
                if let Some(out) = &mut self.out {
                    out.write_all(&part.csv).map_err(spool_failure)?;
                }
                for (column, holds_numbers) in self.columns.iter_mut().zip(&part.numbers) {
                    column.holds_numbers |= holds_numbers;
                }
            }
            self.lines.note_all(self.next_line, line, rows);
            (self.next_line, self.objects) = (self.next_line + rows, self.objects + rows);
            if rows > 0 {
                self.line = line + rows - 1;
            }
            taken += rows;
            objects.skip(read, rows);
            if !is_all {
                break;
            }
        }
        Ok(taken)
    }

    /// Takes one object; gives the key of a list of objects in it.
    fn take(&mut self, line: u64, text: &[u8]) -> Result<Option<String>> {
        self.objects += 1;
        self.line = line.max(self.line + 1);
        self.row.clear();
        self.row.resize(self.columns.len(), None);
        self.text.clear();
        let at = |error: Error, line| error.at(Place { line: Some(line), ..Place::default() });
        let (mut next, mut twice, mut too_many, mut inside) = (0, None, false, None);
        let mut members = std::mem::take(&mut self.members);
        let read = cells::read(text, &mut members, |key, cell| {
            // Objects have mostly the same keys in the same order.
            let column = match self.columns.get(next) {
                Some(column) if column.name == key => next,
                _ => match self.known.get(key) {
                    Some(column) => *column,
                    None if self.columns.len() == MAX_COLUMNS => {
                        too_many = true;
                        return;
                    }
                    None => {
                        self.grew |= self.out.is_some();
                        self.known.insert(key.to_owned(), self.columns.len());
                        self.columns.push(Column { name: key.to_owned(), ..Column::default() });
                        self.row.push(None);
                        self.columns.len() - 1
                    }
                },
            };
            next = column + 1;
            let info = &mut self.columns[column];
            if info.last == self.objects && twice.is_none() {
                twice = Some(key.to_owned());
            }
            info.last = self.objects;
            let start = self.text.len();
            match cell {
                Cell::Missing => return,
                Cell::Number(number) => {
                    info.holds_numbers = true;
                    self.text.push_str(number);
                }
                Cell::Truth(truth) => {
                    self.text.push_str(if truth { "true" } else { "false" });
                }
                Cell::Text(text) => {
                    self.text.push_str(&text);
                }
                Cell::Nested { of_objects } => {
                    info.nested.get_or_insert(line);
                    if of_objects && inside.is_none() {
                        inside = Some(key.to_owned());
                    }
                    return;
                }
            }
            self.row[column] = Some(start..self.text.len());
        });
        self.members = members;
        if let Err(cause) = read {
            let line = line + (cause.line() as u64).saturating_sub(1);
            let cause = cause.to_string();
            let what = cause.split(" at line ").next().unwrap_or_default();
            return Err(at(Error::data(format!("the object is not valid JSON: {what}")), line));
        }
        if let Some(key) = twice {
            return Err(at(
                Error::data(format!("the key `{key}` stands twice in an object")),
                line,
            )
            .with_hint("a row has one value in each column; keep one of them"));
        }
        if too_many {
            let error = Error::data(format!("more than {MAX_COLUMNS} different keys"));
            return Err(
                at(error, line).with_hint("keys are columns; this does not look like a table")
            );
        }
        self.put()?;
        Ok(inside)
    }

    /// Writes the row, or keeps it until the header is written.
    fn put(&mut self) -> Result<()> {
        if self.grew {
            return Ok(());
        }
        if self.out.is_some() {
            let (row, text) = (std::mem::take(&mut self.row), std::mem::take(&mut self.text));
            let written = self.write_record(self.line, &row, &text);
            (self.row, self.text) = (row, text);
            return written;
        }
        self.head_bytes += self.text.len() + self.row.len();
        self.head.push((self.line, self.row.clone(), self.text.clone()));
        if self.head.len() == HEAD || self.head_bytes > HEAD_BYTES {
            return self.write_head();
        }
        Ok(())
    }

    /// Writes the header and the records behind it, if that is still to be done.
    fn write_head(&mut self) -> Result<()> {
        if self.out.is_some() || self.grew {
            return Ok(());
        }
        self.out = Some(BufWriter::with_capacity(256 << 10, Spool::default()));
        let mut text = String::new();
        let mut row = Vec::with_capacity(self.columns.len());
        for column in &self.columns {
            let start = text.len();
            text.push_str(&column.name);
            row.push(Some(start..text.len()));
        }
        self.next_line = 1;
        self.write_cells(&row, &text)?;
        for (line, row, text) in std::mem::take(&mut self.head) {
            self.write_record(line, &row, &text)?;
        }
        Ok(())
    }

    fn write_record(&mut self, line: u64, row: &[Option<Range<usize>>], text: &str) -> Result<()> {
        self.lines.note(self.next_line, line);
        self.write_cells(row, text)
    }

    fn write_cells(&mut self, row: &[Option<Range<usize>>], text: &str) -> Result<()> {
        let Some(out) = &mut self.out else { return Ok(()) };
        let mut write = || -> io::Result<u64> {
            let mut breaks = 1;
            let is_only = self.columns.len() == 1;
            for column in 0..self.columns.len() {
                if column > 0 {
                    out.write_all(b",")?;
                }
                let cell = row.get(column).and_then(Option::as_ref);
                let cell = cell.map_or("", |range| &text[range.clone()]);
                let must_quote = |byte: &u8| matches!(byte, b',' | b'"' | b'\n' | b'\r');
                if cell.as_bytes().iter().any(must_quote) || (is_only && cell.is_empty()) {
                    breaks += memchr::memchr_iter(b'\n', cell.as_bytes()).count() as u64;
                    let escaped = if cell.contains('"') {
                        Cow::Owned(cell.replace('"', "\"\""))
                    } else {
                        Cow::Borrowed(cell)
                    };
                    write!(out, "\"{escaped}\"")?;
                } else {
                    out.write_all(cell.as_bytes())?;
                }
            }
            out.write_all(b"\n")?;
            Ok(breaks)
        };
        self.next_line += write().map_err(spool_failure)?;
        Ok(())
    }

    fn finish(self, name: &str) -> Result<Converted> {
        let out = self.out.unwrap_or_else(|| BufWriter::new(Spool::default()));
        let spool = out.into_inner().map_err(|failure| spool_failure(failure.into_error()))?;
        let csv = spool.finish().map_err(spool_failure)?;
        let all = self.columns.iter().enumerate();
        let numbers = all.clone().filter(|(_, column)| column.holds_numbers);
        let numbers = numbers.map(|(at, _)| at).collect();
        let nested: BTreeMap<usize, u64> =
            all.filter_map(|(at, column)| Some((at, column.nested?))).collect();
        let decisions = nested.keys().map(|at| Decision {
            file: name.to_owned(),
            topic: format!("column `{}`", self.columns[*at].name),
            value: "not read".to_owned(),
            reason: "it holds lists, or objects within objects".to_owned(),
            option: None,
        });
        let decisions = decisions.collect();
        Ok(Converted { csv, lines: self.lines, numbers, nested, decisions })
    }
}

fn spool_failure(cause: io::Error) -> Error {
    Error::io("cannot write a temporary file in", std::env::temp_dir(), cause)
        .with_hint("free some space there, or name another folder in TMPDIR")
}

/// The error of a column that cannot be read.
pub(crate) fn nested(file: &str, column: &str, line: u64) -> Error {
    let place = Place { line: Some(line), column: Some(column.to_owned()), ..place(file) };
    Error::data("cannot be read: it holds lists, or objects within objects")
        .at(place)
        .with_hint("write its values as texts, numbers or truths, a key for each")
}
