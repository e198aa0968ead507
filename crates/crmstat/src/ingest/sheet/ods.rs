//! ODS, read as a stream: a row at a time, whatever its counts of repeats ask for.
//!
//! `OpenDocument` 1.3 part 3, chapters 9 (tables) and 19.385 (types of values). A sheet is never laid out in
//! memory, so that a file of some hundred bytes cannot ask for gigabytes.

use std::{
    io::{BufReader, Read},
    ops::ControlFlow,
};

use calamine::{CellErrorType, DataRef, Sheet, SheetType, SheetVisible};
use zip::{ZipArchive, result::ZipError};

use super::{
    cell,
    csv::{MAX_COLUMNS, MAX_ROWS, Row},
    limits::broken,
    markup::{Piece, Tag, pieces},
    workbook::{Oddities, Visit, protected},
};
use crate::{
    Error, Place, Result,
    ingest::source::{FileReader, SharedFile},
};

/// The part that holds the sheets.
const CONTENT: &str = "content.xml";
/// Bytes of text of one cell, spaces by their count included.
const MAX_TEXT: usize = 1 << 20;
/// Bytes of repeated cells below which no ratio is looked at, and how many times what the file holds they
/// may take beyond.
const FREE_REPEATS: u64 = 64 << 20;
const MAX_RATIO: u64 = 200;

/// An open ODS workbook.
pub(super) struct Ods {
    archive: ZipArchive<BufReader<FileReader>>,
    sheets: Vec<OdsSheet>,
}

/// A sheet by its name.
#[derive(Clone, Debug)]
pub(super) struct OdsSheet {
    name: String,
    is_visible: bool,
}

impl OdsSheet {
    /// The same as the other workbooks describe theirs.
    pub(super) fn described(&self) -> Sheet {
        let visible = if self.is_visible { SheetVisible::Visible } else { SheetVisible::Hidden };
        Sheet { name: self.name.clone(), typ: SheetType::WorkSheet, visible }
    }
}

impl Ods {
    /// Opens the workbook in `file`.
    ///
    /// # Errors
    /// A workbook that is broken or protected by a password.
    pub(super) fn open(file: &SharedFile) -> Result<Self> {
        let mut archive =
            ZipArchive::new(BufReader::new(file.reader_at(0))).map_err(|cause| broken(&cause))?;
        for piece in parts(&mut archive, "META-INF/manifest.xml")? {
            if let Piece::Open(tag) = piece?
                && tag.name == b"manifest:encryption-data"
            {
                return Err(protected());
            }
        }
        let sheets = sheets(parts(&mut archive, CONTENT)?)?;
        Ok(Self { archive, sheets })
    }

    /// Its sheets in order.
    pub(super) fn sheets(&self) -> &[OdsSheet] {
        &self.sheets
    }

    /// Shows every row of the sheet `name` to `visit`, from the first to the last with a cell.
    pub(super) fn read(&mut self, name: &str, visit: Visit<'_>) -> Result<Oddities> {
        let mut sheet = SheetReader::new(visit);
        let mut depth = 0_u32;
        let mut is_wanted = false;
        for piece in parts(&mut self.archive, CONTENT)? {
            let piece = piece?;
            match &piece {
                Piece::Open(tag) if tag.name == b"table:table" && !tag.is_closed => {
                    depth += 1;
                    if depth == 1 {
                        is_wanted = tag.attribute("table:name").as_deref() == Some(name);
                    }
                    continue;
                }
                Piece::Close(tag) if tag == b"table:table" => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 && is_wanted {
                        let _ = sheet.end_row()?;
                        return Ok(sheet.oddities);
                    }
                    continue;
                }
                _ => {}
            }
            // A table inside a cell is a table of its own.
            if is_wanted && depth == 1 && sheet.take(piece)?.is_break() {
                return Ok(sheet.oddities);
            }
        }
        // Found by its name before, so it has a beginning.
        Err(broken(&"a sheet has no end"))
    }
}

type Pieces<'a> = Box<dyn Iterator<Item = Result<Piece>> + 'a>;

/// The markup of the part `name`.
fn parts<'a>(archive: &'a mut ZipArchive<BufReader<FileReader>>, name: &str) -> Result<Pieces<'a>> {
    let part = archive.by_name(name).map_err(|cause| match cause {
        ZipError::FileNotFound => broken(&format!("it has no part `{name}`")),
        cause => broken(&cause),
    })?;
    let part: Box<dyn Read + 'a> = Box::new(part);
    Ok(Box::new(pieces(part).map(|piece| {
        // A bound that was passed travels as an error of ours.
        piece.map_err(|cause| cause.downcast::<Error>().unwrap_or_else(|cause| broken(&cause)))
    })))
}

/// The names of the sheets, and which of them a style hides.
fn sheets(content: Pieces<'_>) -> Result<Vec<OdsSheet>> {
    let (mut found, mut hidden) = (Vec::new(), Vec::new());
    let mut style = None;
    let mut depth = 0_u32;
    for piece in content {
        match piece? {
            Piece::Open(tag) if tag.name == b"style:style" => style = tag.attribute("style:name"),
            Piece::Open(tag)
                if tag.name == b"style:table-properties"
                    && tag.attribute("table:display").as_deref() == Some("false") =>
            {
                hidden.extend(style.clone());
            }
            Piece::Open(tag) if tag.name == b"table:table" && !tag.is_closed => {
                depth += 1;
                if let Some(name) = tag.attribute("table:name").filter(|_| depth == 1) {
                    let style = tag.attribute("table:style-name");
                    let is_visible = style.is_none_or(|style| !hidden.contains(&style));
                    found.push(OdsSheet { name, is_visible });
                }
            }
            Piece::Close(tag) if tag == b"table:table" => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    if depth > 0 { Err(broken(&"a sheet has no end")) } else { Ok(found) }
}

/// Cells while they are put together.
struct SheetReader<'a> {
    visit: Visit<'a>,
    row: Row,
    /// How often the row stands in the sheet.
    row_repeats: u32,
    /// Empty cells before the next that is not.
    empty_cells: usize,
    /// Blank rows before the next that is not.
    blank_rows: u32,
    /// Rows seen so far.
    rows: u32,
    /// Bytes of the cells as the file holds them, and as they are shown with their repeats.
    held: u64,
    shown: u64,
    cell: Option<OpenCell>,
    oddities: Oddities,
}

/// A cell whose end has not come yet.
struct OpenCell {
    value: DataRef<'static>,
    repeats: usize,
    has_formula: bool,
    text: String,
    paragraphs: u32,
    in_paragraph: bool,
    /// What is drawn or noted at the cell and is no text of it: the name of the element, and how deep.
    aside: Option<(Vec<u8>, u32)>,
}

impl<'a> SheetReader<'a> {
    fn new(visit: Visit<'a>) -> Self {
        Self {
            visit,
            row: Row::default(),
            row_repeats: 1,
            empty_cells: 0,
            blank_rows: 0,
            rows: 0,
            held: 0,
            shown: 0,
            cell: None,
            oddities: Oddities::default(),
        }
    }

    fn take(&mut self, piece: Piece) -> Result<ControlFlow<()>> {
        let line = Some(u64::from(self.rows) + 1);
        self.take_piece(piece).map_err(|error| match error.place() {
            None if !error.is_io() => error.at(Place { line, ..Place::default() }),
            _ => error,
        })
    }

    fn take_piece(&mut self, piece: Piece) -> Result<ControlFlow<()>> {
        match piece {
            Piece::Open(tag) => match tag.name.as_slice() {
                b"table:table-row" => {
                    self.row_repeats =
                        repeats(&tag, "table:number-rows-repeated", MAX_ROWS as usize)? as u32;
                    if tag.is_closed {
                        return self.end_row();
                    }
                }
                b"table:table-cell" | b"table:covered-table-cell" => {
                    self.end_cell()?;
                    self.cell = Some(OpenCell::new(&tag)?);
                    if tag.is_closed {
                        self.end_cell()?;
                    }
                }
                _ => {
                    if let Some(cell) = &mut self.cell {
                        cell.open(&tag)?;
                    }
                }
            },
            Piece::Close(name) => match name.as_slice() {
                b"table:table-cell" | b"table:covered-table-cell" => self.end_cell()?,
                b"table:table-row" => return self.end_row(),
                _ => {
                    if let Some(cell) = &mut self.cell {
                        cell.close(&name);
                    }
                }
            },
            Piece::Text(text) => {
                if let Some(cell) = &mut self.cell {
                    cell.push(&String::from_utf8_lossy(&text))?;
                }
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Puts the cell into the row, as often as it stands there.
    fn end_cell(&mut self) -> Result<()> {
        let Some(cell) = self.cell.take() else { return Ok(()) };
        let repeats = cell.repeats;
        let has_formula = cell.has_formula;
        let value = cell.value();
        if value == DataRef::Empty {
            self.oddities.uncomputed += u64::from(has_formula);
            // Up to the border of the sheet; where nothing follows, they are not laid out at all.
            self.empty_cells = (self.empty_cells + repeats).min(MAX_COLUMNS);
            return Ok(());
        }
        let start = self.row.len() + std::mem::take(&mut self.empty_cells);
        self.row.pad_to(start)?;
        let before = self.row.bytes();
        for copy in 0..repeats {
            let mut is_error = false;
            self.row.push_with(|text| is_error = !cell::write(&value, text))?;
            self.oddities.errors += u64::from(is_error);
            if copy == 0 {
                self.held += self.row.bytes() - before;
            }
            self.bound(self.row.bytes())?;
        }
        Ok(())
    }

    /// Shows the row, as often as it stands in the sheet; blank ones only before another row.
    fn end_row(&mut self) -> Result<ControlFlow<()>> {
        self.end_cell()?;
        self.empty_cells = 0;
        let repeats = std::mem::replace(&mut self.row_repeats, 1);
        let left = MAX_ROWS - self.rows;
        if self.row.len() == 0 {
            self.rows += repeats.min(left);
            self.blank_rows += repeats.min(left);
            return Ok(ControlFlow::Continue(()));
        }
        if repeats > left {
            return Err(broken(&format!("it has more than {MAX_ROWS} rows")));
        }
        self.rows += repeats;
        let blank = Row::default();
        for _ in 0..std::mem::take(&mut self.blank_rows) {
            if (self.visit)(&blank)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        for _ in 0..repeats {
            self.shown += self.row.bytes();
            self.bound(0)?;
            if (self.visit)(&self.row)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        self.row.clear();
        Ok(ControlFlow::Continue(()))
    }

    /// Refuses cells that are many only by their counts of repeats.
    fn bound(&self, more: u64) -> Result<()> {
        if self.shown + more > FREE_REPEATS.saturating_add(self.held.saturating_mul(MAX_RATIO)) {
            return Err(Error::data(format!(
                "repeats its cells to more than {MAX_RATIO} times what it holds, the limit for ODS"
            ))
            .with_hint("save it as CSV or XLSX"));
        }
        Ok(())
    }
}

impl OpenCell {
    fn new(tag: &Tag) -> Result<Self> {
        let attribute = |name: &str| tag.attribute(name);
        let value = if attribute("calcext:value-type").as_deref() == Some("error") {
            DataRef::Error(CellErrorType::Value)
        } else if let Some(number) = attribute("office:value") {
            let parsed = number.trim().parse();
            DataRef::Float(parsed.map_err(|_| broken(&format!("`{number}` is not a number")))?)
        } else if let Some(text) = attribute("office:string-value") {
            DataRef::String(text)
        } else if let Some(date) = attribute("office:date-value") {
            DataRef::DateTimeIso(date)
        } else if let Some(time) = attribute("office:time-value") {
            DataRef::DurationIso(time)
        } else if let Some(truth) = attribute("office:boolean-value") {
            DataRef::Bool(truth.eq_ignore_ascii_case("true"))
        } else {
            DataRef::Empty
        };
        Ok(Self {
            value,
            repeats: repeats(tag, "table:number-columns-repeated", MAX_COLUMNS)?,
            has_formula: attribute("table:formula").is_some(),
            text: String::new(),
            paragraphs: 0,
            in_paragraph: false,
            aside: None,
        })
    }

    fn open(&mut self, tag: &Tag) -> Result<()> {
        if let Some((name, depth)) = &mut self.aside {
            *depth += u32::from(*name == tag.name && !tag.is_closed);
            return Ok(());
        }
        match tag.name.as_slice() {
            b"text:p" => {
                if self.paragraphs > 0 {
                    self.text.push('\n');
                }
                self.paragraphs += 1;
                self.in_paragraph = !tag.is_closed;
            }
            b"text:s" => {
                // The count is what the file says, not what it holds.
                let count = repeats(tag, "text:c", MAX_TEXT + 1)?;
                self.bound(count)?;
                self.text.extend(std::iter::repeat_n(' ', count));
            }
            b"text:tab" => self.text.push('\t'),
            b"text:line-break" => self.text.push('\n'),
            name if !tag.is_closed
                && (name == b"office:annotation" || name.starts_with(b"draw:")) =>
            {
                self.aside = Some((tag.name.clone(), 1));
            }
            _ => {}
        }
        Ok(())
    }

    fn close(&mut self, name: &[u8]) {
        let Some((aside, depth)) = &mut self.aside else {
            self.in_paragraph &= name != b"text:p";
            return;
        };
        if aside == name {
            *depth -= 1;
            if *depth == 0 {
                self.aside = None;
            }
        }
    }

    fn push(&mut self, text: &str) -> Result<()> {
        if self.in_paragraph && self.aside.is_none() {
            self.bound(text.len())?;
            self.text.push_str(text);
        }
        Ok(())
    }

    fn bound(&self, more: usize) -> Result<()> {
        if self.text.len() + more > MAX_TEXT {
            return Err(Error::data(format!(
                "has a cell of more than {} MiB of text, the limit for one cell",
                MAX_TEXT >> 20
            )));
        }
        Ok(())
    }

    /// What the cell holds: its value or, where it states none, its text.
    fn value(self) -> DataRef<'static> {
        match self.value {
            DataRef::Empty if self.text.is_empty() => DataRef::Empty,
            DataRef::Empty => DataRef::String(self.text),
            DataRef::String(text) if text.is_empty() => DataRef::Empty,
            value => value,
        }
    }
}

/// A count of repeats, at most `most`.
fn repeats(tag: &Tag, name: &str, most: usize) -> Result<usize> {
    let Some(count) = tag.attribute(name) else { return Ok(1) };
    let digits = count.trim();
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(broken(&format!("`{count}` is not a count of repeats")));
    }
    // What does not fit into a number is more than any limit.
    Ok(digits.parse::<usize>().unwrap_or(usize::MAX).min(most))
}
