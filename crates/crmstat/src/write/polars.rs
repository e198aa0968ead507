//! Results as polars data frames, for services that go on with polars.

use crate::{
    Error, Result,
    data::table::{Cell, Column, Table, Values},
};
use polars::prelude::{
    Column as Series, DataFrame, DataType, IntoColumn, NamedFrom, PlSmallStr, Series as Plain,
    TimeUnit,
};

impl Table {
    /// The table as a data frame of the same columns.
    ///
    /// Amounts become 64-bit floats, days `Date`, instants `Datetime` in milliseconds without a zone,
    /// a missing cell null.
    ///
    /// # Errors
    /// What polars refuses; a table that could be made has columns of equal length and distinct names.
    pub fn to_polars(&self) -> Result<DataFrame> {
        let columns = self.columns().iter().map(series).collect::<Result<Vec<_>>>()?;
        DataFrame::new(self.rows(), columns).map_err(refused)
    }
}

fn series(column: &Column) -> Result<Series> {
    let name = PlSmallStr::from_str(column.name());
    let values = column.values();
    let cells = || (0..values.len()).map(|row| values.get(row));
    let plain = match values {
        Values::Text(_) | Values::Category { .. } => {
            let texts: Vec<Option<&str>> = cells()
                .map(|cell| match cell {
                    Some(Cell::Text(text)) => Some(text),
                    _ => None,
                })
                .collect();
            Plain::new(name, texts)
        }
        Values::Int(cells) => {
            Plain::new(name, (0..cells.len()).map(|row| cells.get(row)).collect::<Vec<_>>())
        }
        Values::Float { cells, .. } => {
            Plain::new(name, (0..cells.len()).map(|row| cells.get(row)).collect::<Vec<_>>())
        }
        Values::Bool(cells) => {
            Plain::new(name, (0..cells.len()).map(|row| cells.get(row)).collect::<Vec<_>>())
        }
        Values::Money(cells) => {
            let amounts = (0..cells.len()).map(|row| cells.get(row).map(crate::Money::to_f64));
            Plain::new(name, amounts.collect::<Vec<_>>())
        }
        Values::Date(cells) => {
            let days = (0..cells.len()).map(|row| cells.get(row).map(crate::Date::days));
            let days = Plain::new(name, days.collect::<Vec<_>>());
            days.cast(&DataType::Date).map_err(refused)?
        }
        Values::Timestamp(cells) => {
            let millis = (0..cells.len()).map(|row| cells.get(row).map(|at| at.seconds() * 1000));
            let millis = Plain::new(name, millis.collect::<Vec<_>>());
            millis.cast(&DataType::Datetime(TimeUnit::Milliseconds, None)).map_err(refused)?
        }
    };
    Ok(plain.into_column())
}

fn refused(cause: polars::error::PolarsError) -> Error {
    Error::data(format!("polars refuses the table: {cause}")).with_source(cause)
}

#[cfg(test)]
mod tests {
    use crate::write::tests::sample;

    #[test]
    fn a_table_of_every_type_becomes_a_frame() {
        let table = sample();
        let frame = table.to_polars().unwrap();
        assert_eq!(frame.height(), table.rows());
        let names: Vec<String> =
            frame.get_column_names().into_iter().map(ToString::to_string).collect();
        let expected: Vec<&str> = table.columns().iter().map(|column| column.name()).collect();
        assert_eq!(names, expected);
        let missing: usize = frame.columns().iter().map(|column| column.null_count()).sum();
        let ours = table.columns().iter().map(|column| {
            (0..table.rows()).filter(|row| column.values().get(*row).is_none()).count()
        });
        assert_eq!(missing, ours.sum::<usize>());
    }
}
