//! The table of an HTML page, which some CRMs call `.xls`.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use memchr::memmem;

use super::{
    Converted,
    csv::{CsvWriter, Row},
    markup::{Piece, Tag, pieces},
};
use crate::{
    Error, Result,
    data::Decision,
    ingest::source::{SharedFile, Source, place},
};

/// What a `colspan` and a `rowspan` may be at most, as the HTML standard has it.
const MAX_COLSPAN: usize = 1_000;
const MAX_ROWSPAN: u32 = 65_534;
/// Tables within one another; the layout of a page has some.
const MAX_DEPTH: usize = 64;
/// Bytes of text of one cell.
const MAX_TEXT: usize = 16 << 20;

/// The encoding that a page declares in a `<meta>` of its head.
pub(crate) fn declared_charset(head: &[u8]) -> Option<&'static Encoding> {
    let head = head.to_ascii_lowercase();
    let meta = memmem::find_iter(&head, b"<meta").find_map(|start| {
        let tag = &head[start..];
        let tag = &tag[..memchr::memchr(b'>', tag).unwrap_or(tag.len())];
        memmem::find(tag, b"charset=").map(|at| &tag[at + b"charset=".len()..])
    })?;
    let label = meta.trim_ascii_start();
    let label = label.strip_prefix(b"\"").or(label.strip_prefix(b"'")).unwrap_or(label);
    let length =
        label.iter().take_while(|b| b.is_ascii_alphanumeric() || b"-_:.".contains(b)).count();
    let encoding = Encoding::for_label(&label[..length])?;
    // What can be read as ASCII to here is not UTF-16, whatever it says.
    Some(if encoding == UTF_16LE || encoding == UTF_16BE { UTF_8 } else { encoding })
}

/// Turns the table with the most rows of the page in `source`, the first of equals, into
/// comma-separated text.
///
/// A cell that spans several columns or rows fills the first of them, as a merged cell of a sheet does;
/// the others are empty. A table inside a cell is a table of its own, not text of the cell.
///
/// # Errors
/// A page without a table, or a table past the limits of a sheet.
pub(crate) fn convert(source: &Source) -> Result<Converted> {
    let failed = |cause| source.failure(cause);
    let mut counts: Vec<usize> = Vec::new();
    let mut open = Vec::new();
    let mut is_page_open = false;
    for piece in pieces(source.reader()?) {
        match piece.map_err(failed)? {
            Piece::Open(tag) if is(&tag.name, "table") => {
                if open.len() == MAX_DEPTH {
                    return Err(Error::data(format!(
                        "has a table within a table more than {MAX_DEPTH} deep"
                    ))
                    .at(place(source.name())));
                }
                open.push(counts.len());
                counts.push(0);
            }
            Piece::Open(tag) if is(&tag.name, "tr") => {
                if let Some(table) = open.last() {
                    counts[*table] += 1;
                }
            }
            Piece::Open(tag) if is(&tag.name, "html") => is_page_open = true,
            Piece::Close(tag) if is(&tag, "html") => is_page_open = false,
            Piece::Close(tag) if is(&tag, "table") => {
                open.pop();
            }
            _ => {}
        }
    }
    // A cell, a row and a page may leave out their ends, a table may not.
    if !open.is_empty() {
        return Err(Error::data("ends in the middle of a table: it was cut short")
            .at(place(source.name()))
            .with_hint("export or download it again; a whole table ends in `</table>`"));
    }
    let most = counts.iter().copied().max().unwrap_or(0);
    let chosen = counts.iter().position(|rows| *rows == most && most > 0).ok_or_else(|| {
        Error::data("is an HTML page without a table")
            .at(place(source.name()))
            .with_hint("the CRM may have answered with its login page: export again")
    })?;
    let read = || {
        let mut table = Table::new(CsvWriter::new());
        let mut position = TablePosition { chosen, seen: 0, inside: Vec::new() };
        for piece in pieces(source.reader()?) {
            position.take(piece.map_err(failed)?, &mut table)?;
        }
        table.finish()
    };
    let csv = read()
        .map_err(|error| if error.is_io() { error } else { error.at(place(source.name())) })?;
    let decision = Decision {
        file: source.name().to_owned(),
        topic: "table".to_owned(),
        value: format!("table {} of {}", chosen + 1, counts.len()),
        reason: format!("it has the most rows, {most}"),
        option: None,
    };
    let mut decisions = vec![decision];
    if is_page_open {
        decisions.push(Decision {
            file: source.name().to_owned(),
            topic: "end".to_owned(),
            value: "the page has none".to_owned(),
            reason: "`</html>` never comes: a table behind the last one may be cut off".to_owned(),
            option: None,
        });
    }
    Ok(Converted { csv, decisions, chosen: None })
}

fn is(name: &[u8], expected: &str) -> bool {
    name == expected.as_bytes()
}

/// Where in the page the tokens are: tables open around them, by their number.
struct TablePosition {
    chosen: usize,
    seen: usize,
    inside: Vec<usize>,
}

impl TablePosition {
    /// Passes what belongs to the chosen table on to `table`.
    fn take(&mut self, piece: Piece, table: &mut Table) -> Result<()> {
        match &piece {
            Piece::Open(tag) if is(&tag.name, "table") => {
                self.inside.push(self.seen);
                self.seen += 1;
                return Ok(());
            }
            Piece::Close(tag) if is(tag, "table") => {
                self.inside.pop();
                return Ok(());
            }
            _ => {}
        }
        if self.inside.last() != Some(&self.chosen) {
            return Ok(());
        }
        match piece {
            Piece::Open(tag) => table.open(&tag),
            Piece::Close(name) => table.close(&name),
            Piece::Text(text) => table.text(&text),
        }
    }
}

/// A cell being read.
struct OpenCell {
    columns: usize,
    rows: u32,
}

/// A table being read, row by row.
struct Table {
    csv: CsvWriter,
    row: Row,
    in_row: bool,
    cell: Option<OpenCell>,
    text: String,
    /// For every column, in how many of the next rows a cell from above covers it.
    covered: Vec<u32>,
    /// The script or style sheet whose source is passing by.
    hidden: Option<Vec<u8>>,
}

impl Table {
    fn new(csv: CsvWriter) -> Self {
        Self {
            csv,
            row: Row::default(),
            in_row: false,
            cell: None,
            text: String::new(),
            covered: Vec::new(),
            hidden: None,
        }
    }

    fn open(&mut self, tag: &Tag) -> Result<()> {
        match tag.name.as_slice() {
            b"tr" => {
                self.end_row()?;
                self.in_row = true;
            }
            b"td" | b"th" => {
                self.end_cell()?;
                self.in_row = true;
                let span = |name: &str| {
                    tag.attribute(name).and_then(|value| value.trim().parse::<u64>().ok())
                };
                let columns = span("colspan").unwrap_or(1).clamp(1, MAX_COLSPAN as u64) as usize;
                // A span of 0 rows reaches to the end of the table.
                let rows = match span("rowspan").unwrap_or(1) {
                    0 => MAX_ROWSPAN,
                    rows => rows.min(MAX_ROWSPAN.into()) as u32,
                };
                self.cell = Some(OpenCell { columns, rows });
            }
            b"br" | b"p" | b"div" | b"li" if !self.text.is_empty() => self.text.push('\n'),
            b"script" | b"style" if !tag.is_closed => self.hidden = Some(tag.name.clone()),
            _ => {}
        }
        Ok(())
    }

    fn close(&mut self, name: &[u8]) -> Result<()> {
        if self.hidden.as_deref() == Some(name) {
            self.hidden = None;
        }
        match name {
            b"td" | b"th" => self.end_cell(),
            b"tr" | b"thead" | b"tbody" | b"tfoot" => self.end_row(),
            _ => Ok(()),
        }
    }

    /// Appends text of a cell; white space of the source is one blank, as a browser shows it.
    fn text(&mut self, text: &[u8]) -> Result<()> {
        if self.cell.is_none() || self.hidden.is_some() {
            return Ok(());
        }
        if self.text.len() + text.len() > MAX_TEXT {
            return Err(Error::data(format!(
                "has a cell of more than {} MiB of text, the limit for one cell",
                MAX_TEXT >> 20
            )));
        }
        for character in String::from_utf8_lossy(text).chars() {
            if !character.is_ascii_whitespace() {
                self.text.push(character);
            } else if !self.text.ends_with([' ', '\n']) && !self.text.is_empty() {
                self.text.push(' ');
            }
        }
        Ok(())
    }

    fn end_cell(&mut self) -> Result<()> {
        let Some(cell) = self.cell.take() else { return Ok(()) };
        self.skip_covered()?;
        let first = self.row.len();
        let text = self.text.trim_matches([' ', '\n']);
        self.row.push_with(|cell| cell.push_str(text))?;
        self.row.pad_to(first + cell.columns)?;
        self.text.clear();
        if cell.rows > 1 {
            let end = self.row.len();
            self.covered.resize(self.covered.len().max(end), 0);
            // The current row counts too: it is taken off at its end.
            self.covered[first..end].fill(cell.rows);
        }
        Ok(())
    }

    /// Leaves the places empty that cells from above cover.
    fn skip_covered(&mut self) -> Result<()> {
        while self.covered.get(self.row.len()).is_some_and(|rows| *rows > 0) {
            self.row.push_with(|_| {})?;
        }
        Ok(())
    }

    fn end_row(&mut self) -> Result<()> {
        self.end_cell()?;
        if !self.in_row {
            return Ok(());
        }
        self.in_row = false;
        self.csv.write(&self.row)?;
        self.row.clear();
        for rows in &mut self.covered {
            *rows = rows.saturating_sub(1);
        }
        Ok(())
    }

    fn finish(mut self) -> Result<SharedFile> {
        self.end_row()?;
        self.csv.finish()
    }
}
