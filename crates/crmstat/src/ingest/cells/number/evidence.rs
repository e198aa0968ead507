//! What the cells of a column say about its decimal sign.

use super::{
    Decimal, NumberFormat,
    scan::{bare, digits},
};
use crate::ingest::cells::{
    Verdict,
    tally::Tally,
    text::{says_nothing, unwrapped},
};

/// The share of the telling cells that must agree, in percent.
const MAJORITY: u64 = 90;

/// Counts of cells by what they say about the decimal sign, with an example of each.
#[derive(Clone, Debug, Default)]
pub(crate) struct NumberEvidence {
    /// Cells that hold a number of any look.
    numbers: u64,
    point: Tally,
    comma: Tally,
    /// `1.234`: a decimal point or grouped thousands.
    single_point: Tally,
    /// `1,234`: a decimal comma or grouped thousands.
    single_comma: Tally,
}

/// What one cell says about its decimal sign.
enum Sign {
    /// It is a number with this one only.
    Tells(Decimal),
    /// It is another number with the other one; this is the sign that stands in it.
    Either(Decimal),
    /// It is the same number with both.
    Silent,
}

impl NumberEvidence {
    /// Takes one cell into account.
    pub(crate) fn observe(&mut self, cell: &[u8]) {
        let Some(text) = unwrapped(cell).filter(|text| !says_nothing(text)) else {
            return;
        };
        let Ok(number) = bare(text) else {
            return;
        };
        if !number.body.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '.' | ',')) {
            return;
        }
        // What is no number in any way says nothing of the others.
        let Some(sign) = sign(number.body) else {
            return;
        };
        self.numbers += 1;
        match sign {
            Sign::Tells(Decimal::Point) => self.point.add(text),
            Sign::Tells(Decimal::Comma) => self.comma.add(text),
            Sign::Either(Decimal::Point) => self.single_point.add(text),
            Sign::Either(Decimal::Comma) => self.single_comma.add(text),
            Sign::Silent => {}
        }
    }

    /// Adds the evidence of another part of the column.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.numbers += other.numbers;
        self.point.merge(&other.point);
        self.comma.merge(&other.comma);
        self.single_point.merge(&other.single_point);
        self.single_comma.merge(&other.single_comma);
    }

    /// Whether any cell tells the decimal sign.
    pub(crate) fn is_telling(&self) -> bool {
        self.point.cells + self.comma.cells > 0
    }

    /// What the evidence says; `forced` is the caller's `--decimal`, `usual` what the profile expects.
    pub(crate) fn decide(
        &self,
        forced: Option<Decimal>,
        usual: Option<Decimal>,
    ) -> Verdict<NumberFormat> {
        let decided = |decimal, reason: String| Verdict::Decided {
            format: NumberFormat::new(decimal),
            reason,
        };
        if let Some(decimal) = forced {
            return decided(decimal, "given by `--decimal`".to_owned());
        }
        if self.numbers == 0 {
            return Verdict::Empty;
        }
        let telling = self.point.cells + self.comma.cells;
        if telling > 0 {
            let (decimal, tally) = if self.point.cells >= self.comma.cells {
                (Decimal::Point, &self.point)
            } else {
                (Decimal::Comma, &self.comma)
            };
            if tally.cells * 100 < telling * MAJORITY {
                return Verdict::Ambiguous {
                    examples: examples([&self.point, &self.comma]),
                    reason: "both decimal signs are used".to_owned(),
                };
            }
            return decided(decimal, tally.describe());
        }
        match (self.single_point.cells, self.single_comma.cells) {
            (0, 0) => {
                decided(usual.unwrap_or(Decimal::Point), "no cell has a decimal sign".to_owned())
            }
            _ => match usual {
                Some(decimal) => decided(decimal, "the profile's decimal sign".to_owned()),
                None => Verdict::Ambiguous {
                    examples: examples([&self.single_point, &self.single_comma]),
                    reason: "the sign can mark decimals or group thousands".to_owned(),
                },
            },
        }
    }
}

fn examples(tallies: [&Tally; 2]) -> Vec<String> {
    tallies.into_iter().filter_map(|tally| tally.example.clone()).collect()
}

/// What `body` says about its decimal sign; `None` where it is no number with either.
fn sign(body: &str) -> Option<Sign> {
    let read = |decimal| digits(body, decimal).ok();
    match (read(Decimal::Point), read(Decimal::Comma)) {
        (Some(point), Some(comma)) if point == comma => Some(Sign::Silent),
        (Some(_), Some(_)) if body.contains(',') => Some(Sign::Either(Decimal::Comma)),
        (Some(_), Some(_)) => Some(Sign::Either(Decimal::Point)),
        (Some(_), None) => Some(Sign::Tells(Decimal::Point)),
        (None, Some(_)) => Some(Sign::Tells(Decimal::Comma)),
        (None, None) => None,
    }
}
