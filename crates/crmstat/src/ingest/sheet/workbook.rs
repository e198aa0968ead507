//! XLSX, XLSB, XLS and ODS: which sheet, and its rows.

use std::{io::BufReader, ops::ControlFlow};

use calamine::{Data, DataRef, Range, Reader, Sheet, SheetType, SheetVisible, Xls, Xlsb, Xlsx};

use super::{
    ChosenSheet, Converted, cell,
    csv::{CsvWriter, HEAD_ROWS, MAX_ROWS, Row},
    limits::{self, Container, broken},
    ods::{Ods, OdsSheet},
    xls,
};
use crate::{
    Error, Place, Result,
    data::Decision,
    ingest::source::{FileReader, Format, SharedFile, contained, place},
};

/// Cells of text in one row from which it looks like the header of a table.
const HEADER_CELLS: usize = 3;
/// Sheets that are looked at for further tables.
const MOST_SHEETS: usize = 12;

/// Turns the sheet named `wanted` of the workbook in `file`, or the first that looks like a table, into
/// comma-separated text.
///
/// # Errors
/// A workbook that is broken, protected by a password or past the limits; a sheet that is not there.
pub(crate) fn convert(
    name: &str,
    file: &SharedFile,
    format: Format,
    wanted: Option<&str>,
) -> Result<Converted> {
    let converted = contained(|| {
        let (mut book, container) = Book::open(file, format)?;
        let (sheet, reason) = match wanted {
            Some(wanted) => (find(&book.sheets(), wanted)?, "as given".to_owned()),
            None => choose(&mut book)?,
        };
        let chosen = match wanted {
            Some(_) => None,
            None => Some(ChosenSheet { others: others(&mut book, &sheet)?, name: sheet.clone() }),
        };
        let mut csv = CsvWriter::new();
        let oddities = book.read(&sheet, &mut |row| {
            csv.write(row)?;
            Ok(ControlFlow::Continue(()))
        })?;
        let decide = |topic: &str, value: String, reason: String, option| {
            let (file, topic) = (name.to_owned(), topic.to_owned());
            Decision { file, topic, value, reason, option }
        };
        let kind = container.map(|container| {
            decide("kind", container.name().into(), "the parts of the ZIP file".into(), None)
        });
        let mut decisions: Vec<_> = kind.into_iter().collect();
        decisions.push(decide("sheet", sheet, reason, Some("--sheet")));
        decisions.extend(oddities.decisions(name));
        Ok(Converted { csv: csv.finish()?, decisions, chosen })
    });
    converted.map_err(|error| if error.is_io() { error } else { error.at(place(name)) })
}

/// An open workbook.
enum Book {
    Xlsx(Box<Xlsx<BufReader<FileReader>>>),
    Xlsb(Box<Xlsb<BufReader<FileReader>>>),
    Xls(Box<Xls<BufReader<FileReader>>>),
    Ods(Box<Ods>),
}

/// What was peculiar about the cells of a sheet.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Oddities {
    /// Cells that hold an error such as `#DIV/0!`.
    pub(super) errors: u64,
    /// Formulas whose value was never stored.
    pub(super) uncomputed: u64,
}

impl Oddities {
    fn decisions(self, name: &str) -> impl Iterator<Item = Decision> {
        let about = |count: u64, what: &str, reason: &str| {
            (count > 0).then(|| Decision {
                file: name.to_owned(),
                topic: what.to_owned(),
                value: format!("{count} read as empty"),
                reason: reason.to_owned(),
                option: None,
            })
        };
        let errors = about(self.errors, "error cells", "the sheet shows an error such as #DIV/0!");
        let uncomputed = about(
            self.uncomputed,
            "formulas",
            "the file does not hold their values: open it in a spreadsheet program and save it",
        );
        errors.into_iter().chain(uncomputed)
    }
}

/// Takes a row and says whether to go on.
pub(super) type Visit<'a> = &'a mut dyn FnMut(&Row) -> Result<ControlFlow<()>>;

impl Book {
    /// The workbook in `file`, and which kind of ZIP file it is, if it is one.
    fn open(file: &SharedFile, format: Format) -> Result<(Self, Option<Container>)> {
        let reader = BufReader::new(file.reader_at(0));
        if format == Format::Xls {
            if limits::is_encrypted(file).map_err(|cause| broken(&cause))? {
                return Err(protected());
            }
            xls::check(file)?;
            let book = Xls::new(reader).map_err(|cause| broken(&cause))?;
            return Ok((Self::Xls(Box::new(book)), None));
        }
        let container = limits::check(file)?;
        let book = match container {
            Container::Xlsx => {
                Self::Xlsx(Box::new(Xlsx::new(reader).map_err(|cause| broken(&cause))?))
            }
            Container::Xlsb => {
                Self::Xlsb(Box::new(Xlsb::new(reader).map_err(|cause| broken(&cause))?))
            }
            Container::Ods => Self::Ods(Box::new(Ods::open(file)?)),
        };
        Ok((book, Some(container)))
    }

    fn sheets(&self) -> Vec<Sheet> {
        let sheets = match self {
            Self::Xlsx(book) => book.sheets_metadata(),
            Self::Xlsb(book) => book.sheets_metadata(),
            Self::Xls(book) => book.sheets_metadata(),
            Self::Ods(book) => return book.sheets().iter().map(OdsSheet::described).collect(),
        };
        sheets.iter().filter(|sheet| sheet.typ == SheetType::WorkSheet).cloned().collect()
    }

    /// Shows every row of `sheet` to `visit`, from the first of the sheet to the last with a cell.
    fn read(&mut self, sheet: &str, visit: Visit<'_>) -> Result<Oddities> {
        let mut rows = Rows::new(visit);
        match self {
            Self::Xlsx(book) => {
                let mut cells = book.worksheet_cells_reader(sheet).map_err(|e| broken(&e))?;
                while let Some(cell) =
                    cells.next_cell_with_formula_metadata().map_err(|e| broken(&e))?
                {
                    let is_uncomputed = cell.formula.is_some() && cell.value == DataRef::Empty;
                    rows.oddities.uncomputed += u64::from(is_uncomputed);
                    if rows.add(cell.pos, &cell.value)?.is_break() {
                        return Ok(rows.oddities);
                    }
                }
            }
            Self::Xlsb(book) => {
                let mut cells = book.worksheet_cells_reader(sheet).map_err(|e| broken(&e))?;
                while let Some(cell) = cells.next_cell().map_err(|e| broken(&e))? {
                    if rows.add(cell.get_position(), cell.get_value())?.is_break() {
                        return Ok(rows.oddities);
                    }
                }
            }
            Self::Xls(book) => {
                let range = book.worksheet_range(sheet).map_err(|e| broken(&e))?;
                if rows.add_range(&range)?.is_break() {
                    return Ok(rows.oddities);
                }
            }
            Self::Ods(book) => return book.read(sheet, rows.visit),
        }
        rows.finish()
    }
}

/// Puts cells together to rows.
struct Rows<'a> {
    visit: Visit<'a>,
    row: Row,
    /// The number of `row`, from 0.
    index: u32,
    is_started: bool,
    oddities: Oddities,
}

impl<'a> Rows<'a> {
    fn new(visit: Visit<'a>) -> Self {
        let oddities = Oddities::default();
        Self { visit, row: Row::default(), index: 0, is_started: false, oddities }
    }

    /// Takes the cell at `position` (row, column), which must lie after all before it.
    fn add(&mut self, position: (u32, u32), value: &DataRef<'_>) -> Result<ControlFlow<()>> {
        if *value == DataRef::Empty {
            return Ok(ControlFlow::Continue(()));
        }
        let (row, column) = position;
        if row >= MAX_ROWS {
            return Err(broken(&format!("it has a cell in row {}", u64::from(row) + 1)));
        }
        let line = Some(u64::from(row) + 1);
        let here = |error: Error| error.at(Place { line, ..Place::default() });
        if row < self.index || (row == self.index && (column as usize) < self.row.len()) {
            return Err(here(broken(&"its cells are out of order")));
        }
        self.is_started = true;
        while self.index < row {
            if (self.visit)(&self.row)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
            self.row.clear();
            self.index += 1;
        }
        self.row.pad_to(column as usize).map_err(here)?;
        let mut is_error = false;
        self.row.push_with(|text| is_error = !cell::write(value, text)).map_err(here)?;
        self.oddities.errors += u64::from(is_error);
        Ok(ControlFlow::Continue(()))
    }

    fn add_range(&mut self, range: &Range<Data>) -> Result<ControlFlow<()>> {
        let (first_row, first_column) = range.start().unwrap_or_default();
        for (row, column, data) in range.used_cells() {
            let position = (first_row + row as u32, first_column + column as u32);
            if self.add(position, &cell::borrowed(data))?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn finish(self) -> Result<Oddities> {
        if self.is_started {
            let _ = (self.visit)(&self.row)?;
        }
        Ok(self.oddities)
    }
}

/// The sheet that the caller calls `wanted`: by its exact name, else whatever its case and spaces.
fn find(sheets: &[Sheet], wanted: &str) -> Result<String> {
    let folded = |name: &str| name.trim().to_lowercase();
    let exact = sheets.iter().find(|sheet| sheet.name == wanted);
    let found = exact.or_else(|| sheets.iter().find(|sheet| folded(&sheet.name) == folded(wanted)));
    found.map(|sheet| sheet.name.clone()).ok_or_else(|| {
        let names: Vec<_> = sheets.iter().map(|sheet| format!("`{}`", sheet.name)).collect();
        Error::usage(format!("the workbook has no sheet `{wanted}`"))
            .with_hint(format!("its sheets are {}", names.join(", ")))
    })
}

/// The first visible sheet with a row of [`HEADER_CELLS`] texts and nothing else near its top; else the
/// first with the longest such row. Also says why.
fn choose(book: &mut Book) -> Result<(String, String)> {
    let sheets = book.sheets();
    let visible = sheets.iter().filter(|sheet| sheet.visible == SheetVisible::Visible);
    let names: Vec<String> = visible.map(|sheet| sheet.name.clone()).collect();
    if let [only] = names.as_slice() {
        return Ok((only.clone(), "the only visible sheet".to_owned()));
    }
    let mut best: Option<(usize, &String)> = None;
    for name in &names {
        let texts = header_texts(book, name)?;
        if best.is_none_or(|(most, _)| texts > most) {
            best = Some((texts, name));
        }
        if texts >= HEADER_CELLS {
            break;
        }
    }
    let (_, name) = best.ok_or_else(|| broken(&"it has no visible sheet"))?;
    let reason = format!("the first of {} visible sheets that begins like a table", names.len());
    Ok((name.clone(), reason))
}

/// The visible sheets besides `chosen` that begin like tables.
fn others(book: &mut Book, chosen: &str) -> Result<Vec<String>> {
    let mut others = Vec::new();
    for sheet in book.sheets().iter().take(MOST_SHEETS) {
        let is_other = sheet.visible == SheetVisible::Visible && sheet.name != chosen;
        if is_other && header_texts(book, &sheet.name)? >= HEADER_CELLS {
            others.push(sheet.name.clone());
        }
    }
    Ok(others)
}

/// The most cells of a row near the top of `sheet` whose cells all are text.
fn header_texts(book: &mut Book, sheet: &str) -> Result<usize> {
    let (mut seen, mut most) = (0, 0);
    book.read(sheet, &mut |row| {
        let used: Vec<_> = row.cells().filter(|cell| !cell.trim().is_empty()).collect();
        if used.iter().all(|cell| !looks_like_value(cell)) {
            most = most.max(used.len());
        }
        seen += 1;
        Ok(if seen < HEAD_ROWS { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    })?;
    Ok(most)
}

/// A number, date or time rather than a name.
fn looks_like_value(cell: &str) -> bool {
    cell.bytes().next().is_some_and(|byte| byte.is_ascii_digit() || byte == b'-')
}

pub(super) fn protected() -> Error {
    Error::data("is a workbook protected by a password")
        .with_hint("open it in a spreadsheet program and save it without")
}
