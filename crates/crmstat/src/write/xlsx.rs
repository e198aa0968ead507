//! A workbook of one sheet: typed cells, a frozen header with a filter, fitted widths.

use std::{
    io::{self, Write},
    panic::{AssertUnwindSafe, catch_unwind},
};

use rust_xlsxwriter::{
    ColNum, DocProperties, ExcelDateTime, Format, RowNum, Workbook, Worksheet, XlsxError,
};

use crate::{
    Date, Error, Result,
    data::table::{Cell, Column, Table, Values},
    write::defuse::is_formula,
};

/// Rows of a sheet below its header.
const MOST_ROWS: usize = 1_048_575;
/// Columns of a sheet.
const MOST_COLUMNS: usize = 16_384;
/// UTF-16 units of a text cell.
pub(crate) const LONGEST_TEXT: usize = 32_767;
/// Rows that are looked at to choose a column's width.
const WIDTH_SAMPLE: usize = 1000;
/// The serial number of 1970-01-01 where 1900-01-01 is 1 and a 29 February 1900 exists.
const EPOCH_SERIAL: f64 = 25_569.0;
/// The first day whose serial number all spreadsheets agree on: the one after that 29 February.
const FIRST_SERIAL_DATE: Date = Date::from_days(-25_508);
const SECONDS_PER_DAY: f64 = 86_400.0;

/// Refuses what a sheet cannot hold.
pub(super) fn check(table: &Table) -> Result<()> {
    if table.rows() > MOST_ROWS || table.columns().len() > MOST_COLUMNS {
        return Err(Error::data(format!(
            "the table has {} rows and {} columns, but an XLSX sheet holds {MOST_ROWS} and {MOST_COLUMNS}",
            table.rows(),
            table.columns().len()
        ))
        .with_hint("write it as csv or parquet"));
    }
    for column in table.columns() {
        let too_long = |cell: Option<Cell<'_>>| {
            matches!(cell, Some(Cell::Text(text)) if text.len() >= LONGEST_TEXT
                && text.encode_utf16().count() >= LONGEST_TEXT)
        };
        if column.values().cells(0..table.rows()).any(too_long) {
            return Err(Error::data(format!(
                "a text in column `{}` is longer than the {LONGEST_TEXT} characters of an XLSX cell",
                column.name()
            ))
            .with_hint("write it as csv or parquet"));
        }
    }
    Ok(())
}

/// Writes `table`.
pub(super) fn write(table: &Table, out: &mut (dyn Write + Send)) -> io::Result<()> {
    // The archive's writer reports a failing stream on stderr, so it is given memory.
    out.write_all(&made(|| workbook(table))?)
}

/// What `make` makes. The sheets lie in temporary files meanwhile, and their writer panics where these cannot
/// be written.
pub(crate) fn made<T>(make: impl FnOnce() -> Result<T, XlsxError>) -> io::Result<T> {
    let made = catch_unwind(AssertUnwindSafe(make)).unwrap_or_else(|_| {
        let full = io::Error::other("its sheets cannot be written: no space?");
        Err(XlsxError::TempFileError(std::env::temp_dir(), full))
    });
    made.map_err(into_io)
}

fn workbook(table: &Table) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    // The time of writing is not part of a result: the same table gives the same bytes.
    let written = ExcelDateTime::from_ymd(2000, 1, 1)?;
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&written));

    let bold = Format::new().set_bold();
    let sheet = workbook.add_worksheet_with_constant_memory()?;
    sheet.set_name(sheet_name(table.name()))?;
    sheet.set_freeze_panes(1, 0)?;
    sheet.autofilter(0, 0, table.rows() as RowNum, (table.columns().len() - 1) as ColNum)?;
    for (index, column) in table.columns().iter().enumerate() {
        sheet.set_column_width(index as ColNum, width(column.name(), column))?;
        sheet.set_column_format(index as ColNum, &number_format(column))?;
        sheet.write_string_with_format(0, index as ColNum, column.name(), &bold)?;
    }
    for row in 0..table.rows() {
        for (index, column) in table.columns().iter().enumerate() {
            if let Some(cell) = column.values().get(row) {
                write_cell(sheet, (row + 1) as RowNum, index as ColNum, cell)?;
            }
        }
    }
    workbook.save_to_buffer()
}

/// Writes one cell in the format of its column, which would be looked up for every cell otherwise. A text is
/// a text, whatever it begins with; where a spreadsheet would take it for a formula once it is edited, the
/// format says that it is none, as a quote typed before it does.
pub(crate) fn write_cell(
    sheet: &mut Worksheet,
    row: RowNum,
    column: ColNum,
    cell: Cell<'_>,
) -> Result<(), XlsxError> {
    match cell {
        Cell::Text(text) if is_formula(text) => {
            sheet.write_string_with_format(row, column, text, &Format::new().set_quote_prefix())
        }
        Cell::Text(text) => sheet.write_string(row, column, text),
        Cell::Int(number) => sheet.write_number(row, column, number as f64),
        Cell::Float(number, _) => sheet.write_number(row, column, number),
        Cell::Money(amount) => sheet.write_number(row, column, amount.to_f64()),
        Cell::Bool(value) => sheet.write_boolean(row, column, value),
        Cell::Date(date) if date < FIRST_SERIAL_DATE => {
            sheet.write_string(row, column, date.to_string())
        }
        Cell::Date(date) => {
            let serial = f64::from(date.days()) + EPOCH_SERIAL;
            sheet.write_number(row, column, serial)
        }
        Cell::Timestamp(at) if at.date() < FIRST_SERIAL_DATE => {
            sheet.write_string(row, column, at.to_string())
        }
        Cell::Timestamp(at) => {
            let serial = at.seconds() as f64 / SECONDS_PER_DAY + EPOCH_SERIAL;
            sheet.write_number(row, column, serial)
        }
    }
    .map(drop)
}

/// The format that a person sees the numbers of `column` in; the cells hold every digit.
fn number_format(column: &Column) -> Format {
    let pattern = match column.values() {
        Values::Text(_) | Values::Category { .. } | Values::Bool(_) => return Format::new(),
        Values::Int(_) | Values::Float { decimals: 0, .. } => "0".to_owned(),
        Values::Float { decimals, .. } => format!("0.{}", "0".repeat(*decimals)),
        Values::Money(_) => "#,##0.00".to_owned(),
        Values::Date(_) => "yyyy-mm-dd".to_owned(),
        Values::Timestamp(_) => "yyyy-mm-dd hh:mm:ss".to_owned(),
    };
    Format::new().set_num_format(pattern)
}

/// The width of `column` in characters: enough for its `header` with the filter's button and for the
/// texts of its first rows.
pub(crate) fn width(header: &str, column: &Column) -> f64 {
    let header = header.chars().count() + 3;
    let cells = match column.values() {
        Values::Text(_) | Values::Category { .. } => {
            let sample = 0..column.values().len().min(WIDTH_SAMPLE);
            let lengths = column.values().cells(sample).map(|cell| match cell {
                Some(Cell::Text(text)) => text.chars().count() + 1,
                _ => 0,
            });
            lengths.max().unwrap_or(0)
        }
        Values::Timestamp(_) => 20,
        Values::Bool(_) => 6,
        _ => 12,
    };
    header.max(cells).min(60) as f64
}

/// `name` within what a sheet's name may be: 31 characters, none of them in a path or a reference.
pub(crate) fn sheet_name(name: &str) -> String {
    let allowed = |character: &char| !character.is_control() && !"[]:*?/\\'".contains(*character);
    let kept: String = name.chars().filter(allowed).take(31).collect();
    if kept.trim().is_empty() { "table".to_owned() } else { kept }
}

/// The error as one of input and output, with the system's own error where that is the cause.
fn into_io(error: XlsxError) -> io::Error {
    match error {
        XlsxError::IoError(cause) => cause,
        XlsxError::TempFileError(folder, cause) => io::Error::new(
            cause.kind(),
            format!(
                "a temporary file in `{}`: {cause}; free some space there, or name another folder in TMPDIR",
                folder.display()
            ),
        ),
        error => io::Error::other(error),
    }
}

#[cfg(test)]
mod tests {
    use super::{check, sheet_name, write};
    use crate::{
        data::table::{Column, Table},
        write::tests::sample,
    };

    fn written(table: &Table) -> Vec<u8> {
        let mut out = Vec::new();
        write(table, &mut out).unwrap();
        out
    }

    #[test]
    fn the_same_table_gives_the_same_bytes() {
        assert_eq!(written(&sample()), written(&sample()));
        assert!(written(&sample()).starts_with(b"PK"));
    }

    #[test]
    fn what_a_sheet_cannot_hold_is_refused() {
        let rows = Table::new("t", vec![Column::int("a", "а", 0..1_048_576)]).unwrap();
        assert!(check(&rows).unwrap_err().to_string().contains("1048576 rows"));
        let long = "x".repeat(40_000);
        let text = Table::new("t", vec![Column::text("a", "а", [long.as_str()])]).unwrap();
        assert!(check(&text).unwrap_err().is_data());
        assert!(check(&sample()).is_ok());
    }

    #[test]
    fn sheets_have_names_that_excel_accepts() {
        assert_eq!(sheet_name("a/b:c"), "abc");
        assert_eq!(sheet_name("[]"), "table");
        assert_eq!(sheet_name(&"я".repeat(40)).chars().count(), 31);
    }
}
