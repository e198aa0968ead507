//! What the cells of a column say about the order of its dates.

use super::{
    DateFormat, DateOrder,
    scan::{self, Written},
};
use crate::ingest::cells::{Parsed, Verdict};

/// The share of the telling cells that must agree, in percent.
const MAJORITY: u64 = 90;

/// Counts of cells by what they say about the order of day and month, with an example of each.
///
/// Examples are the smallest by bytes, so that the order of rows does not matter.
#[derive(Clone, Debug, Default)]
pub(crate) struct DateEvidence {
    /// Cells whose parts are plain: a year first, a month in words, a day number.
    plain: u64,
    /// Cells that name a zone.
    zoned: u64,
    /// Cells that begin with a two-digit year.
    short_year_first: Tally,
    day_first: Tally,
    month_first: Tally,
    /// Day and month both up to 12, and different, with dots between.
    either_dotted: Tally,
    /// The same with slashes or dashes.
    either: Tally,
    /// Day and month are equal.
    equal: u64,
}

/// A count and an example.
#[derive(Clone, Debug, Default)]
struct Tally {
    cells: u64,
    example: Option<String>,
}

impl Tally {
    fn add(&mut self, cell: &[u8]) {
        self.cells += 1;
        // The scanner accepted the cell, so that it is UTF-8.
        let text = String::from_utf8_lossy(cell);
        if self.example.as_deref().is_none_or(|example| *text < *example) {
            self.example = Some(text.into_owned());
        }
    }

    fn merge(&mut self, other: &Self) {
        self.cells += other.cells;
        if let Some(text) = &other.example
            && self.example.as_ref().is_none_or(|example| text < example)
        {
            self.example = Some(text.clone());
        }
    }

    fn describe(&self) -> String {
        match &self.example {
            Some(example) => format!("{} cells such as `{example}`", self.cells),
            None => format!("{} cells", self.cells),
        }
    }
}

impl DateEvidence {
    /// Takes one cell into account.
    pub(crate) fn observe(&mut self, cell: &[u8]) {
        let Parsed::Value(scanned) = scan::scan(cell) else {
            return;
        };
        self.zoned += u64::from(scanned.offset.is_some());
        let Written::Numeric { parts: [first, second, last], year_digits, dots } = scanned.date
        else {
            self.plain += 1;
            return;
        };
        let day = 1..=31;
        let month = 1..=12;
        match (first, second) {
            _ if year_digits == 2
                && first > 31
                && month.contains(&second)
                && day.contains(&last) =>
            {
                self.short_year_first.add(cell);
            }
            (13..=31, 1..=12) => self.day_first.add(cell),
            (1..=12, 13..=31) => self.month_first.add(cell),
            (1..=12, 1..=12) if first == second => self.equal += 1,
            (1..=12, 1..=12) if dots => self.either_dotted.add(cell),
            (1..=12, 1..=12) => self.either.add(cell),
            // No order makes a date of it: the parser will say so.
            _ => {}
        }
    }

    /// Adds the evidence of another part of the column.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.plain += other.plain;
        self.zoned += other.zoned;
        self.equal += other.equal;
        self.short_year_first.merge(&other.short_year_first);
        self.day_first.merge(&other.day_first);
        self.month_first.merge(&other.month_first);
        self.either_dotted.merge(&other.either_dotted);
        self.either.merge(&other.either);
    }

    /// Cells that name a zone.
    pub(crate) fn zoned(&self) -> u64 {
        self.zoned
    }

    /// What the evidence says; `forced` is the caller's `--date-order`, `usual` what the profile expects
    /// where the cells can be read either way.
    pub(crate) fn decide(
        &self,
        forced: Option<DateOrder>,
        usual: Option<DateOrder>,
    ) -> Verdict<DateFormat> {
        let decided =
            |order, reason: String| Verdict::Decided { format: DateFormat::new(order), reason };
        if let Some(order) = forced {
            return decided(order, "given by `--date-order`".to_owned());
        }
        let telling = [
            (DateOrder::Dmy, &self.day_first),
            (DateOrder::Mdy, &self.month_first),
            (DateOrder::Ymd, &self.short_year_first),
        ];
        let told: u64 = telling.iter().map(|(_, tally)| tally.cells).sum();
        if told > 0 {
            return match telling.iter().find(|(_, tally)| tally.cells * 100 >= told * MAJORITY) {
                Some((order, tally)) => decided(*order, tally.describe()),
                None => Verdict::Ambiguous {
                    examples: telling.iter().filter_map(|(_, t)| t.example.clone()).collect(),
                    reason: "the dates are written in different orders".to_owned(),
                },
            };
        }
        if self.either.cells > 0 {
            return match usual {
                Some(order) => decided(order, "the profile's date order".to_owned()),
                None => Verdict::Ambiguous {
                    examples: self.either.example.iter().cloned().collect(),
                    reason: "day and month are both 12 or less in every cell".to_owned(),
                },
            };
        }
        if self.either_dotted.cells > 0 {
            let order = usual.unwrap_or(DateOrder::Dmy);
            return decided(order, format!("dots, in {}", self.either_dotted.describe()));
        }
        if self.equal > 0 {
            let order = usual.unwrap_or(DateOrder::Dmy);
            return decided(order, "day and month are equal in every cell".to_owned());
        }
        if self.plain > 0 {
            return decided(usual.unwrap_or(DateOrder::Ymd), "no cell leaves a choice".to_owned());
        }
        Verdict::Empty
    }
}
