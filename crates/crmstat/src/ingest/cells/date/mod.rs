//! Dates and times in the ways CRMs write them.

use super::{Parsed, Verdict};
use crate::Timestamp;

/// The order of day, month and year in dates that do not begin with the year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DateOrder {
    /// Year, month, day.
    Ymd,
    /// Day, month, year.
    Dmy,
    /// Month, day, year.
    Mdy,
}

impl std::str::FromStr for DateOrder {
    type Err = crate::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "ymd" => Ok(Self::Ymd),
            "dmy" => Ok(Self::Dmy),
            "mdy" => Ok(Self::Mdy),
            _ => Err(crate::Error::usage(format!("`{text}` is not a date order"))
                .with_hint("one of `ymd`, `dmy`, `mdy`")),
        }
    }
}

/// A parser of the dates of one column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DateFormat {
    order: DateOrder,
    epoch_1904: bool,
}

/// A date and time as written, with the offset of its zone where the cell names one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// The wall time as written.
    pub(crate) local: Timestamp,
    /// Seconds east of UTC, where the cell says so.
    pub(crate) offset: Option<i32>,
}

impl DateFormat {
    /// A parser that reads dates which do not begin with the year in `order`.
    pub(crate) const fn new(order: DateOrder) -> Self {
        Self { order, epoch_1904: false }
    }

    /// Counts serial day numbers from 1904, as workbooks from old Macs do.
    pub(crate) const fn with_epoch_1904(mut self, epoch_1904: bool) -> Self {
        self.epoch_1904 = epoch_1904;
        self
    }

    /// Reads a cell as the wall time it names; a zone is left aside.
    pub(crate) fn parse(self, cell: &[u8]) -> Parsed<Timestamp> {
        self.parse_stamp(cell).map(|stamp| stamp.local)
    }

    /// Reads a cell as the wall time it names and the zone's offset, if any.
    pub(crate) fn parse_stamp(self, _cell: &[u8]) -> Parsed<Stamp> {
        Parsed::Missing
    }
}

/// What the cells of a column say about the order of its dates.
#[derive(Clone, Debug, Default)]
pub(crate) struct DateEvidence {}

impl DateEvidence {
    /// Takes one cell into account.
    pub(crate) fn observe(&mut self, _cell: &[u8]) {}

    /// Adds the evidence of another part of the column.
    pub(crate) fn merge(&mut self, _other: &Self) {}

    /// Cells that named a zone.
    pub(crate) fn zoned(&self) -> u64 {
        0
    }

    /// What the evidence says; `forced` is the caller's `--date-order`.
    pub(crate) fn decide(&self, _forced: Option<DateOrder>) -> Verdict<DateFormat> {
        Verdict::Empty
    }
}
