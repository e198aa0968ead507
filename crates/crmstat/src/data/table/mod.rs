//! A result table: named, typed columns of equal length.

mod values;

pub use values::{Cell, Values};

use std::borrow::Cow;

use crate::{
    Date, Error, Lang, Money, Result, Timestamp,
    data::{Cells, Texts},
};

/// A result on its way to a writer: columns of equal length, in the order in which they are written.
///
/// ```
/// use crmstat::{Date, Money, data::table::{Column, Table}};
///
/// struct Customer { id: &'static str, last_order: Date, orders: u32, revenue: Option<Money> }
/// let customers = [
///     Customer { id: "C1", last_order: Date::from_days(19_000), orders: 2, revenue: Money::from_whole(30) },
///     Customer { id: "C2", last_order: Date::from_days(19_100), orders: 1, revenue: None },
/// ];
/// let rows = || customers.iter();
/// let table = Table::new("customers", vec![
///     Column::text("customer_id", "Клиент", rows().map(|c| c.id)),
///     Column::date("last_order", "Последний заказ", rows().map(|c| c.last_order)),
///     Column::int("frequency", "Заказов", rows().map(|c| i64::from(c.orders))),
///     Column::money("monetary", "Сумма", rows().map(|c| c.revenue)),
/// ])?;
/// assert_eq!(table.rows(), 2);
/// # Ok::<(), crmstat::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Table {
    name: String,
    columns: Vec<Column>,
}

impl Table {
    /// The table `name` of `columns`.
    ///
    /// # Errors
    /// When there is no column, a name repeats, the lengths differ, or a category has a code without a
    /// label.
    pub fn new(name: impl Into<String>, columns: Vec<Column>) -> Result<Self> {
        let name = name.into();
        let Some(rows) = columns.first().map(Column::len) else {
            return Err(Error::usage(format!("the table `{name}` has no columns")));
        };
        for (index, column) in columns.iter().enumerate() {
            let fault = if column.len() != rows {
                format!("has {} rows, but the first column has {rows}", column.len())
            } else if columns[..index].iter().any(|earlier| earlier.name == column.name) {
                "is there twice".to_owned()
            } else if let Some(code) = column.code_without_label() {
                format!("has the code {code}, which has no label")
            } else {
                continue;
            };
            return Err(Error::usage(format!("column `{}` of `{name}` {fault}", column.name)));
        }
        Ok(Self { name, columns })
    }

    /// The table's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The same table under another name.
    #[must_use]
    pub fn renamed(self, name: impl Into<String>) -> Self {
        Self { name: name.into(), ..self }
    }

    /// The columns, in order.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.columns[0].len()
    }
}

/// A name that is mostly written in the code, sometimes taken from a file.
type Name = Cow<'static, str>;

/// One column: a name that scripts rely on, a title for people, and typed cells.
///
/// Every constructor takes the cells in row order, each a value or an `Option` of it; `None` is missing.
#[derive(Clone, Debug)]
pub struct Column {
    name: Name,
    russian: Name,
    values: Values,
}

impl Column {
    fn new(name: impl Into<Name>, russian: impl Into<Name>, values: Values) -> Self {
        Self { name: name.into(), russian: russian.into(), values }
    }

    /// Text that mostly differs from row to row, such as ids.
    pub fn text<'a>(
        name: impl Into<Name>,
        russian: impl Into<Name>,
        cells: impl IntoIterator<Item = impl Into<Option<&'a str>>>,
    ) -> Self {
        let texts: Texts = cells.into_iter().map(Into::into).collect();
        Self::new(name, russian, Values::Text(texts))
    }

    /// The same of cells that are already together.
    pub fn texts(name: impl Into<Name>, russian: impl Into<Name>, cells: Texts) -> Self {
        Self::new(name, russian, Values::Text(cells))
    }

    /// Text of a few kinds, such as segments: the `labels` and the index of each row's label.
    pub fn category(
        name: impl Into<Name>,
        russian: impl Into<Name>,
        labels: impl IntoIterator<Item = impl AsRef<str>>,
        codes: impl IntoIterator<Item = impl Into<Option<u32>>>,
    ) -> Self {
        let mut texts = Texts::default();
        for label in labels {
            texts.push(Some(label.as_ref()));
        }
        let codes = codes.into_iter().map(Into::into).collect();
        Self::new(name, russian, Values::Category { labels: texts, codes })
    }

    /// Whole numbers.
    pub fn int(
        name: impl Into<Name>,
        russian: impl Into<Name>,
        cells: impl IntoIterator<Item = impl Into<Option<i64>>>,
    ) -> Self {
        Self::new(name, russian, Values::Int(cells.into_iter().map(Into::into).collect()))
    }

    /// Real numbers; people are shown `decimals` of them, files carry every digit. A number that is not
    /// finite says nothing and becomes missing.
    pub fn float(
        name: impl Into<Name>,
        russian: impl Into<Name>,
        decimals: usize,
        cells: impl IntoIterator<Item = impl Into<Option<f64>>>,
    ) -> Self {
        let cells: Cells<f64> =
            cells.into_iter().map(|cell| cell.into().filter(|value| value.is_finite())).collect();
        Self::new(name, russian, Values::Float { cells, decimals })
    }

    /// Exact amounts of money.
    pub fn money(
        name: impl Into<Name>,
        russian: impl Into<Name>,
        cells: impl IntoIterator<Item = impl Into<Option<Money>>>,
    ) -> Self {
        Self::new(name, russian, Values::Money(cells.into_iter().map(Into::into).collect()))
    }

    /// Days.
    pub fn date(
        name: impl Into<Name>,
        russian: impl Into<Name>,
        cells: impl IntoIterator<Item = impl Into<Option<Date>>>,
    ) -> Self {
        Self::new(name, russian, Values::Date(cells.into_iter().map(Into::into).collect()))
    }

    /// Instants.
    pub fn timestamp(
        name: impl Into<Name>,
        russian: impl Into<Name>,
        cells: impl IntoIterator<Item = impl Into<Option<Timestamp>>>,
    ) -> Self {
        Self::new(name, russian, Values::Timestamp(cells.into_iter().map(Into::into).collect()))
    }

    /// Yes or no.
    pub fn bool(
        name: impl Into<Name>,
        russian: impl Into<Name>,
        cells: impl IntoIterator<Item = impl Into<Option<bool>>>,
    ) -> Self {
        Self::new(name, russian, Values::Bool(cells.into_iter().map(Into::into).collect()))
    }

    /// A column of the same name, title and type with other cells; a cell of another type is missing.
    pub(crate) fn filled<'a>(&self, cells: impl Iterator<Item = Option<Cell<'a>>>) -> Self {
        let values = match &self.values {
            Values::Text(_) | Values::Category { .. } => Values::Text(
                cells
                    .map(|cell| if let Some(Cell::Text(own)) = cell { Some(own) } else { None })
                    .collect(),
            ),
            Values::Int(_) => Values::Int(
                cells
                    .map(|cell| if let Some(Cell::Int(own)) = cell { Some(own) } else { None })
                    .collect(),
            ),
            Values::Float { decimals, .. } => Values::Float {
                cells: cells
                    .map(|cell| if let Some(Cell::Float(own, _)) = cell { Some(own) } else { None })
                    .collect(),
                decimals: *decimals,
            },
            Values::Money(_) => Values::Money(
                cells
                    .map(|cell| if let Some(Cell::Money(own)) = cell { Some(own) } else { None })
                    .collect(),
            ),
            Values::Date(_) => Values::Date(
                cells
                    .map(|cell| if let Some(Cell::Date(own)) = cell { Some(own) } else { None })
                    .collect(),
            ),
            Values::Timestamp(_) => Values::Timestamp(
                cells
                    .map(
                        |cell| if let Some(Cell::Timestamp(own)) = cell { Some(own) } else { None },
                    )
                    .collect(),
            ),
            Values::Bool(_) => Values::Bool(
                cells
                    .map(|cell| if let Some(Cell::Bool(own)) = cell { Some(own) } else { None })
                    .collect(),
            ),
        };
        Self { name: self.name.clone(), russian: self.russian.clone(), values }
    }

    /// The name that files carry and scripts rely on.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The heading that people are shown: the name in English, a translation in Russian.
    pub fn title(&self, lang: Lang) -> &str {
        lang.pick(&self.name, &self.russian)
    }

    /// The cells.
    pub fn values(&self) -> &Values {
        &self.values
    }

    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }

    fn code_without_label(&self) -> Option<u32> {
        let Values::Category { labels, codes } = &self.values else { return None };
        (0..codes.len())
            .filter_map(|row| codes.get(row))
            .find(|&code| code as usize >= labels.len())
    }
}

#[cfg(test)]
mod tests {
    use super::{Cell, Column, Table};

    #[test]
    fn a_table_that_does_not_hold_together_is_refused() {
        let one = || Column::int("a", "а", [1]);
        let cases = [
            (vec![], "the table `t` has no columns"),
            (vec![one(), one()], "column `a` of `t` is there twice"),
            (
                vec![one(), Column::int("b", "б", [1, 2])],
                "column `b` of `t` has 2 rows, but the first column has 1",
            ),
            (
                vec![Column::category("c", "в", ["x"], [1])],
                "column `c` of `t` has the code 1, which has no label",
            ),
        ];
        for (columns, message) in cases {
            let error = Table::new("t", columns).unwrap_err();
            assert!(error.is_usage());
            assert_eq!(error.to_string(), message);
        }
    }

    #[test]
    fn missing_cells_stay_missing_and_floats_are_finite() {
        let float = Column::float("f", "ф", 2, [1.5, f64::NAN, f64::INFINITY]);
        let cells: Vec<_> = float.values().cells(0..3).collect();
        assert_eq!(cells, [Some(Cell::Float(1.5, 2)), None, None]);

        let text = Column::text("t", "т", [Some("a"), None, Some("")]);
        let cells: Vec<_> = text.values().cells(0..3).collect();
        assert_eq!(cells, [Some(Cell::Text("a")), None, Some(Cell::Text(""))]);
    }
}
