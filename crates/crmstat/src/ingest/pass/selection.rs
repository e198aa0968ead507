//! Rows that the caller asks for by what a column says of them.

use crate::{
    Error, Result,
    data::ColumnKey,
    ingest::{
        cells::text,
        dimension::field_of,
        options::Selection,
        pass::{batches::BatchRecords, input::Input},
        records::column_of,
        text::Wanted,
    },
};

/// Which rows of one input are asked for.
pub(crate) struct Selected {
    /// Where a cell stands, and what it may say.
    parts: Vec<(usize, Vec<String>)>,
}

impl Selected {
    /// The columns that are looked at of `input`.
    ///
    /// # Errors
    /// A usage error for a column that it has not, unless it `may_lack` some.
    pub(crate) fn columns(
        input: &Input,
        selections: &[Selection],
        may_lack: bool,
    ) -> Result<Vec<usize>> {
        let found = selections.iter().map(|own| (own, column(input, &own.column)));
        let mut columns = Vec::new();
        for (selection, column) in found {
            match column {
                Some(column) => columns.push(column),
                None if may_lack => {}
                None => {
                    let headers: Vec<String> =
                        input.headers.iter().map(|own| format!("`{}`", own.trim())).collect();
                    let error = Error::usage(format!("there is no column `{}`", selection.column));
                    let hint = format!("the columns are {}", headers.join(", "));
                    return Err(error.at(input.place(None)).with_hint(hint));
                }
            }
        }
        Ok(columns)
    }

    /// `None` where all rows are asked for. Selections of one column are one after the other allowed, those of several
    /// columns have all to be met.
    pub(crate) fn new(input: &Input, wanted: &Wanted, selections: &[Selection]) -> Option<Self> {
        let mut parts: Vec<(usize, Vec<String>)> = Vec::new();
        for selection in selections {
            let Some(position) =
                column(input, &selection.column).and_then(|column| wanted.position(column))
            else {
                continue;
            };
            let value = normal(&selection.value);
            match parts.iter_mut().find(|(own, _)| *own == position) {
                Some((_, values)) => values.push(value),
                None => parts.push((position, vec![value])),
            }
        }
        (!parts.is_empty()).then_some(Self { parts })
    }

    /// Whether record `row` is asked for.
    pub(crate) fn takes(&self, records: &BatchRecords<'_>, row: usize) -> bool {
        self.parts.iter().all(|(position, values)| {
            let cells = &records.batch.cells[*position];
            let cell = cells.get(row).map(|cell| cell.of(&records.block.bytes));
            let cell = normal(&String::from_utf8_lossy(text::clean(cell.unwrap_or_default())));
            values.contains(&cell)
        })
    }
}

/// A value without regard to case and outer blanks; what says nothing is empty.
fn normal(value: &str) -> String {
    let value = value.trim();
    if text::says_nothing(value) { String::new() } else { value.to_lowercase() }
}

/// The column that `name` means: a field, a header, or a word for a field.
fn column(input: &Input, name: &str) -> Option<usize> {
    let by_field = || field_of(name).and_then(|field| column_of(input, field));
    input.column_of(&ColumnKey::Header(name.to_owned())).or_else(by_field)
}
