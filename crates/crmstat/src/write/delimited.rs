//! CSV and TSV: UTF-8, a header of column names, ISO dates, a decimal point, every digit.

use std::{
    io::{self, Write},
    ops::Range,
};

use crate::{
    collections::write_cells::{push_date, push_float, push_money, push_signed, push_timestamp},
    data::{
        Cells,
        table::{Table, Values},
    },
    write::{chunks::write_in_chunks, defuse::is_formula},
};

/// How cells are written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    pub(crate) delimiter: u8,
    /// Whether texts are written as they are, also where a spreadsheet would run them.
    pub(crate) raw: bool,
}

impl Style {
    /// The usual way, with `delimiter` between the cells.
    pub(crate) const fn of(delimiter: u8) -> Self {
        Self { delimiter, raw: false }
    }
}

/// Writes `table` with the delimiter of `style` between the cells.
///
/// A missing cell is empty; an empty text is `""`, so that the two differ.
pub(super) fn write(table: &Table, style: Style, out: &mut (dyn Write + Send)) -> io::Result<()> {
    let mut header = Vec::new();
    push_header(&mut header, table, style);
    out.write_all(&header)?;
    write_in_chunks(table.rows(), out, |rows, bytes| push_rows(bytes, table, rows, style))
}

/// Appends the line of column names.
pub(crate) fn push_header(bytes: &mut Vec<u8>, table: &Table, style: Style) {
    for (index, column) in table.columns().iter().enumerate() {
        if index > 0 {
            bytes.push(style.delimiter);
        }
        push_text(bytes, column.name(), style);
    }
    bytes.push(b'\n');
}

/// Appends the lines of `rows`.
pub(crate) fn push_rows(bytes: &mut Vec<u8>, table: &Table, rows: Range<usize>, style: Style) {
    let columns: Vec<Written<'_>> =
        table.columns().iter().map(|column| Written::new(column.values(), style)).collect();
    for row in rows {
        for (index, column) in columns.iter().enumerate() {
            if index > 0 {
                bytes.push(style.delimiter);
            }
            let is_there = column.push(bytes, row, style).is_some();
            // A line without a byte would not be a record.
            if !is_there && columns.len() == 1 {
                bytes.extend_from_slice(b"\"\"");
            }
        }
        bytes.push(b'\n');
    }
}

/// A column whose labels, if it has any, are written once for all rows.
enum Written<'a> {
    Labels { labels: Vec<Vec<u8>>, codes: &'a Cells<u32> },
    Values(&'a Values),
}

impl<'a> Written<'a> {
    fn new(values: &'a Values, style: Style) -> Self {
        let Values::Category { labels, codes } = values else { return Self::Values(values) };
        let labels = (0..labels.len()).map(|label| {
            let mut bytes = Vec::new();
            push_text(&mut bytes, labels.get(label).unwrap_or_default(), style);
            bytes
        });
        Self::Labels { labels: labels.collect(), codes }
    }

    /// Appends the cell of `row`; `None` where it is missing.
    fn push(&self, bytes: &mut Vec<u8>, row: usize, style: Style) -> Option<()> {
        match self {
            Self::Labels { labels, codes } => {
                bytes.extend_from_slice(labels.get(codes.get(row)? as usize)?);
            }
            Self::Values(Values::Text(cells)) => push_text(bytes, cells.get(row)?, style),
            Self::Values(Values::Int(cells)) => push_signed(bytes, cells.get(row)?),
            Self::Values(Values::Float { cells, .. }) => push_float(bytes, cells.get(row)?),
            Self::Values(Values::Money(cells)) => push_money(bytes, cells.get(row)?),
            Self::Values(Values::Date(cells)) => push_date(bytes, cells.get(row)?),
            Self::Values(Values::Timestamp(cells)) => push_timestamp(bytes, cells.get(row)?),
            Self::Values(Values::Bool(cells)) => {
                bytes.extend_from_slice(if cells.get(row)? { b"true" } else { b"false" });
            }
            // Written as labels.
            Self::Values(Values::Category { .. }) => return None,
        }
        Some(())
    }
}

/// Appends `text`, defused and, where the format needs it, quoted (RFC 4180).
fn push_text(bytes: &mut Vec<u8>, text: &str, style: Style) {
    if text.is_empty() {
        bytes.extend_from_slice(b"\"\"");
    } else if !style.raw && is_formula(text) {
        push_quoted_if_needed(bytes, format!("'{text}").as_bytes(), style.delimiter);
    } else {
        push_quoted_if_needed(bytes, text.as_bytes(), style.delimiter);
    }
}

/// Appends `text` as one cell, in quotes when it holds a delimiter, a quote or a line break.
pub(crate) fn push_quoted_if_needed(bytes: &mut Vec<u8>, text: &[u8], delimiter: u8) {
    let special = |byte: &u8| *byte == delimiter || matches!(byte, b'"' | b'\r' | b'\n');
    if text.iter().any(special) {
        push_quoted(bytes, text);
    } else {
        bytes.extend_from_slice(text);
    }
}

/// Appends `text` as one cell in quotes, with the quotes inside doubled.
pub(crate) fn push_quoted(bytes: &mut Vec<u8>, text: &[u8]) {
    bytes.push(b'"');
    for part in text.split_inclusive(|byte| *byte == b'"') {
        bytes.extend_from_slice(part);
        if part.ends_with(b"\"") {
            bytes.push(b'"');
        }
    }
    bytes.push(b'"');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Style, is_formula, write};
    use crate::{
        Money,
        data::table::{Column, Table},
        write::tests::sample,
    };

    fn csv(table: &Table, delimiter: u8) -> String {
        let mut out = Vec::new();
        write(table, Style::of(delimiter), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_table_reads_as_written() {
        let expected = "\
customer_id,segment,last_order,at,orders,revenue,p_alive,active
C1,Champions,2024-02-29,2024-02-29T10:05:09,1234567,1234.50,0.9371250000000001,true
\"a \"\"b\"\", c\",,,,-3,-0.0001,1e-300,false
'=HYPERLINK(1),At risk,1999-12-31,1969-12-31T23:59:59,,,,
\"\",Champions,,,0,0.00,2.0,true
";
        assert_eq!(csv(&sample(), b','), expected);
        assert!(csv(&sample(), b'\t').contains("\"a \"\"b\"\", c\"\t\t\t\t-3\t-0.0001"));
    }

    #[test]
    fn what_is_asked_for_raw_leaves_as_it_is() {
        let table = Table::new("t", vec![Column::text("a", "а", ["=1+1", "+7 900"])]).unwrap();
        let mut out = Vec::new();
        write(&table, Style { delimiter: b',', raw: true }, &mut out).unwrap();
        assert_eq!(out, b"a\n=1+1\n+7 900\n");
        assert_eq!(csv(&table, b','), "a\n'=1+1\n+7 900\n");
    }

    #[test]
    fn a_missing_cell_alone_on_its_line_is_still_a_record() {
        let table = Table::new("t", vec![Column::int("a", "а", [Some(1), None])]).unwrap();
        assert_eq!(csv(&table, b','), "a\n1\n\"\"\n");
    }

    proptest! {
        #[test]
        fn the_csv_crate_reads_back_every_cell(
            rows in prop::collection::vec(
                (prop::option::of("\\PC{0,8}|[=+@,\"\r\n\t' -]{0,5}"), any::<Option<i64>>(), any::<f64>()),
                0..40,
            ),
        ) {
            let table = Table::new("t", vec![
                Column::text("text", "т", rows.iter().map(|row| row.0.as_deref())),
                Column::money("money", "м", rows.iter().map(|row| row.1.map(Money::from_units))),
                Column::float("float", "ф", 2, rows.iter().map(|row| row.2)),
            ]).unwrap();
            let written = csv(&table, b',');
            let mut reader = csv::Reader::from_reader(written.as_bytes());
            let records: Vec<_> = reader.records().map(Result::unwrap).collect();
            prop_assert_eq!(records.len(), rows.len());
            for (record, (text, money, float)) in records.iter().zip(&rows) {
                let text = text.as_deref().unwrap_or_default();
                let runs_nothing = text.contains(|c: char| c.is_ascii_digit())
                    && text.get(1..).is_some_and(|rest| {
                        rest.chars().all(|c| c.is_ascii_digit() || " ()-".contains(c))
                    });
                prop_assert!(runs_nothing || !begins_with_formula_character(&record[0]));
                let undone =
                    if is_formula(text) { record[0].strip_prefix('\'') } else { Some(&record[0]) };
                prop_assert_eq!(undone, Some(text));
                let money = money.map(Money::from_units).map(|money| money.to_string());
                prop_assert_eq!(&record[1], money.unwrap_or_default());
                if float.is_finite() {
                    prop_assert_eq!(record[2].parse::<f64>().unwrap().to_bits(), float.to_bits());
                } else {
                    prop_assert_eq!(&record[2], "");
                }
            }
        }
    }

    /// The rule as OWASP words it, written another way.
    fn begins_with_formula_character(cell: &str) -> bool {
        let visible = cell.chars().find(|c| !c.is_whitespace() && !c.is_control());
        cell.starts_with(['\t', '\r', '\n']) || visible.is_some_and(|c| "=+-@".contains(c))
    }
}
