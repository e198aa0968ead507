//! What the cells of a column say about its decimal sign.

use super::{
    Decimal, NumberFormat,
    scan::{bare, group_separator},
};
use crate::ingest::cells::{
    Verdict,
    text::{says_nothing, unwrapped},
};

/// The share of the telling cells that must agree, in percent.
const MAJORITY: u64 = 90;

/// Counts of cells by what they say about the decimal sign, with an example of each.
///
/// Examples are the smallest by bytes, so that the order of rows does not matter.
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

/// A count and an example.
#[derive(Clone, Debug, Default)]
struct Tally {
    cells: u64,
    example: Option<String>,
}

impl Tally {
    fn add(&mut self, text: &str) {
        self.cells += 1;
        if self.example.as_deref().is_none_or(|example| text < example) {
            self.example = Some(text.to_owned());
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
}

/// What one number says about its decimal sign.
enum Sign {
    Tells(Decimal),
    Either(Decimal),
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
        self.numbers += 1;
        match sign(number.body) {
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
            return decided(decimal, shown_by(tally));
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

fn shown_by(tally: &Tally) -> String {
    match &tally.example {
        Some(example) => format!("{} cells such as `{example}`", tally.cells),
        None => format!("{} cells", tally.cells),
    }
}

/// What `body` says about its decimal sign.
fn sign(body: &str) -> Sign {
    let mantissa = body.split(['e', 'E']).next().unwrap_or(body);
    let points = mantissa.matches('.').count();
    let commas = mantissa.matches(',').count();
    let grouped_otherwise =
        mantissa.chars().any(|c| group_separator(c).is_some_and(|kind| !matches!(kind, '.' | ',')));
    match (points, commas) {
        (0, 0) => Sign::Silent,
        // A repeated sign groups, so that the other one is the decimal sign.
        (0, 2..) => Sign::Tells(Decimal::Point),
        (2.., 0) => Sign::Tells(Decimal::Comma),
        (1, 0) => lone(mantissa, '.', Decimal::Point, grouped_otherwise),
        (0, 1) => lone(mantissa, ',', Decimal::Comma, grouped_otherwise),
        // With both, the last one is the decimal sign.
        _ if mantissa.rfind('.') > mantissa.rfind(',') => Sign::Tells(Decimal::Point),
        _ => Sign::Tells(Decimal::Comma),
    }
}

/// What a single sign says: `1,234` can be grouped thousands, `1234,567`, `0,234` and `1,2` cannot.
fn lone(mantissa: &str, sign: char, decimal: Decimal, grouped_otherwise: bool) -> Sign {
    let (whole, fraction) = mantissa.split_once(sign).unwrap_or((mantissa, ""));
    let like_thousands =
        fraction.len() == 3 && (1..=3).contains(&whole.len()) && !whole.starts_with('0');
    if like_thousands && !grouped_otherwise { Sign::Either(decimal) } else { Sign::Tells(decimal) }
}
