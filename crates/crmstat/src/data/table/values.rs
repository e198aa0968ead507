//! The cells of a column: typed vectors, with the missing ones marked.

use std::ops::Range;

use crate::data::{Cells, Date, Money, Texts, Timestamp};

/// The cells of a column.
#[derive(Clone, Debug)]
pub enum Values {
    /// Text that mostly differs from row to row, such as ids.
    Text(Texts),
    /// Text of a few kinds, such as segments: labels and, per row, the index of its label.
    Category {
        /// The distinct texts.
        labels: Texts,
        /// The label of each row.
        codes: Cells<u32>,
    },
    /// Whole numbers.
    Int(Cells<i64>),
    /// Real numbers, always finite.
    Float {
        /// The numbers.
        cells: Cells<f64>,
        /// Decimals that a person is shown; files carry every digit.
        decimals: usize,
    },
    /// Exact amounts of money.
    Money(Cells<Money>),
    /// Days.
    Date(Cells<Date>),
    /// Instants.
    Timestamp(Cells<Timestamp>),
    /// Yes or no.
    Bool(Cells<bool>),
}

/// One cell that is not missing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell<'a> {
    /// Text.
    Text(&'a str),
    /// A whole number.
    Int(i64),
    /// A finite number and the decimals that a person is shown.
    Float(f64, usize),
    /// An amount of money.
    Money(Money),
    /// A day.
    Date(Date),
    /// An instant.
    Timestamp(Timestamp),
    /// Yes or no.
    Bool(bool),
}

impl Values {
    /// The number of cells.
    pub fn len(&self) -> usize {
        match self {
            Self::Text(cells) => cells.len(),
            Self::Category { codes, .. } => codes.len(),
            Self::Int(cells) => cells.len(),
            Self::Float { cells, .. } => cells.len(),
            Self::Money(cells) => cells.len(),
            Self::Date(cells) => cells.len(),
            Self::Timestamp(cells) => cells.len(),
            Self::Bool(cells) => cells.len(),
        }
    }

    /// Whether there is no cell.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The cell of `row`, or `None` when it is missing.
    ///
    /// # Panics
    /// When there is no such row, as a slice does.
    pub fn get(&self, row: usize) -> Option<Cell<'_>> {
        match self {
            Self::Text(cells) => cells.get(row).map(Cell::Text),
            Self::Category { labels, codes } => {
                codes.get(row).and_then(|code| labels.get(code as usize)).map(Cell::Text)
            }
            Self::Int(cells) => cells.get(row).map(Cell::Int),
            Self::Float { cells, decimals } => {
                cells.get(row).map(|value| Cell::Float(value, *decimals))
            }
            Self::Money(cells) => cells.get(row).map(Cell::Money),
            Self::Date(cells) => cells.get(row).map(Cell::Date),
            Self::Timestamp(cells) => cells.get(row).map(Cell::Timestamp),
            Self::Bool(cells) => cells.get(row).map(Cell::Bool),
        }
    }

    /// Whether the cells are numbers, which people align to the right.
    pub fn is_numeric(&self) -> bool {
        matches!(self, Self::Int(_) | Self::Float { .. } | Self::Money(_))
    }

    /// The cells of `rows`, in order.
    pub(crate) fn cells(&self, rows: Range<usize>) -> impl Iterator<Item = Option<Cell<'_>>> {
        rows.map(|row| self.get(row))
    }
}
