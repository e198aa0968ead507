//! Named segments: ordered rules over the scores.

use crate::{Error, Lang, Result};
use crmstat_models::rfm::{Grid, Issue, Rule, Scores};
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;

/// The published grid of 125 codes, as shipped.
const GRID_11: &str = include_str!("grid11.toml");

/// Segments and the rules by which scores belong to them; the first rule that holds wins.
///
/// In TOML:
///
/// ```toml
/// bins = [5, 5, 5]          # of recency, frequency, monetary; 5 each when left out
/// otherwise = "Others"      # the segment where no rule holds; without it a gap is an error
///
/// [[segment]]
/// name = "Champions"
/// name_ru = "Чемпионы"      # optional
/// r = [4, 5]                # lowest and highest score; all scores when left out
/// f = [4, 5]
/// m = [4, 5]
///
/// [[segment]]
/// name = "Lost"
/// codes = [111, 112, 121]   # or the codes themselves
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Segments {
    #[serde(default = "five_each")]
    bins: [u8; 3],
    #[serde(default, skip_serializing_if = "Option::is_none")]
    otherwise: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    otherwise_ru: Option<String>,
    segment: Vec<Segment>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Segment {
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name_ru: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    r: Option<[u8; 2]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    f: Option<[u8; 2]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    m: Option<[u8; 2]>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    codes: Vec<u32>,
}

fn five_each() -> [u8; 3] {
    [5; 3]
}

impl Default for Segments {
    /// The published grid of 11 segments over 125 codes, from Champions to Lost customers.
    fn default() -> Self {
        static GRID: LazyLock<Segments> = LazyLock::new(|| {
            Segments::from_toml(GRID_11).expect("the shipped grid is read in tests")
        });
        GRID.clone()
    }
}

impl Segments {
    /// Reads segments written in TOML.
    ///
    /// # Errors
    /// A data error that says where the text is wrong, or which codes no rule covers.
    pub fn from_toml(text: &str) -> Result<Self> {
        let segments: Self = toml::from_str(text).map_err(|cause| {
            Error::data(format!("the segments cannot be read: {}", cause.to_string().trim_end()))
                .with_hint(
                    "each is a `[[segment]]` with a `name` and `r`, `f`, `m` ranges or `codes`",
                )
        })?;
        segments.grid(segments.bins)?;
        Ok(segments)
    }

    /// The numbers of bins that the rules are made for.
    pub fn bins(&self) -> [u8; 3] {
        self.bins
    }

    /// The names of the segments in the order of the rules, the one where no rule holds last.
    pub fn names(&self, lang: Lang) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for segment in self.unique() {
            names.push(lang.pick(&segment.name, segment.name_ru.as_ref().unwrap_or(&segment.name)));
        }
        if let Some(otherwise) = &self.otherwise {
            names.push(lang.pick(otherwise, self.otherwise_ru.as_ref().unwrap_or(otherwise)));
        }
        names
    }

    /// What the rules leave unclear: codes that two segments claim, said in words.
    ///
    /// # Errors
    /// Rules that do not fit their bins; segments that were read have been checked.
    pub fn overlaps(&self) -> Result<Vec<String>> {
        let names = self.names(Lang::En);
        let grid = self.grid(self.bins)?;
        let overlap = |issue: &Issue| match issue {
            Issue::Overlap { scores, winner, loser } => Some(format!(
                "{} is `{}` by the first rule that holds, `{}` by a later one",
                code(*scores),
                names[*winner],
                names[*loser]
            )),
            Issue::Gap(_) => None,
        };
        Ok(grid.issues().iter().filter_map(overlap).collect())
    }

    /// The segment of every combination of scores over `bins`.
    ///
    /// The published segments serve any number of bins: a score has the segment of the fifth of the customers
    /// that its middle lies in.
    pub(super) fn grid(&self, bins: [u8; 3]) -> Result<Grid> {
        if bins != self.bins && *self == Self::default() {
            return self.rescaled(bins);
        }
        if bins != self.bins {
            let [r, f, m] = self.bins;
            return Err(Error::usage(format!(
                "the segments are made for {r}, {f} and {m} bins, not for {}, {} and {}",
                bins[0], bins[1], bins[2]
            ))
            .with_hint("give rules for these bins with `--segments FILE.toml`"));
        }
        let grid = Grid::new(bins, &self.rules()?).map_err(Error::from_model)?;
        let gaps: Vec<String> = grid
            .issues()
            .iter()
            .filter_map(|issue| match issue {
                Issue::Gap(scores) => Some(code(*scores)),
                Issue::Overlap { .. } => None,
            })
            .collect();
        if self.otherwise.is_none() && !gaps.is_empty() {
            let shown = gaps[..gaps.len().min(8)].join(", ");
            let more = if gaps.len() > 8 {
                format!(" and {} more", gaps.len() - 8)
            } else {
                String::new()
            };
            return Err(Error::data(format!("no segment has the codes {shown}{more}"))
                .with_hint("add rules, or name the rest with `otherwise = \"Others\"`"));
        }
        Ok(grid)
    }

    /// The grid over other bins.
    fn rescaled(&self, bins: [u8; 3]) -> Result<Grid> {
        let own = self.grid(self.bins)?;
        // The middle of score `s` of `b` is the share (s − ½)/b of the customers.
        let scaled = |score: u8, metric: usize| {
            let middle = (2 * u32::from(score) - 1) * u32::from(self.bins[metric]);
            (middle / (2 * u32::from(bins[metric])) + 1) as u8
        };
        let mut rules = Vec::new();
        for recency in 1..=bins[0] {
            for frequency in 1..=bins[1] {
                for monetary in 1..=bins[2] {
                    let scores = Scores {
                        recency: scaled(recency, 0),
                        frequency: scaled(frequency, 1),
                        monetary: scaled(monetary, 2),
                    };
                    rules.extend(own.segment(scores).map(|segment| Rule {
                        segment,
                        recency: recency..=recency,
                        frequency: frequency..=frequency,
                        monetary: monetary..=monetary,
                    }));
                }
            }
        }
        Grid::new(bins, &rules).map_err(Error::from_model)
    }

    /// The number of the segment of `scores` among [`Segments::names`].
    pub(super) fn number(&self, grid: &Grid, scores: Scores) -> Option<u32> {
        let otherwise = self.otherwise.is_some().then(|| self.unique().count());
        grid.segment(scores).or(otherwise).map(|number| number as u32)
    }

    /// Each segment once, where it is first named.
    fn unique(&self) -> impl Iterator<Item = &Segment> {
        self.segment.iter().enumerate().filter_map(|(at, segment)| {
            let named = self.segment[..at].iter().any(|earlier| earlier.name == segment.name);
            (!named).then_some(segment)
        })
    }

    fn rules(&self) -> Result<Vec<Rule>> {
        let names: Vec<&str> = self.unique().map(|segment| segment.name.as_str()).collect();
        let mut rules = Vec::new();
        for segment in &self.segment {
            let number = names.iter().position(|name| *name == segment.name).unwrap_or_default();
            let ranges = [segment.r, segment.f, segment.m];
            if segment.codes.is_empty() || ranges.iter().any(Option::is_some) {
                let [recency, frequency, monetary] = std::array::from_fn(|metric| {
                    let [lowest, highest] = ranges[metric].unwrap_or([1, self.bins[metric]]);
                    lowest..=highest
                });
                rules.push(Rule { segment: number, recency, frequency, monetary });
            }
            for code in &segment.codes {
                let digits = [code / 100, code / 10 % 10, code % 10].map(|digit| digit as u8);
                if *code > 999 || digits.contains(&0) {
                    return Err(Error::data(format!(
                        "the code `{code}` of `{}` is not three scores from 1 to 9",
                        segment.name
                    )));
                }
                let [recency, frequency, monetary] = digits.map(|digit| digit..=digit);
                rules.push(Rule { segment: number, recency, frequency, monetary });
            }
        }
        Ok(rules)
    }
}

/// The scores as one code: `555`, or `10-9-8` where a score has two digits.
pub(super) fn code(scores: Scores) -> String {
    let Scores { recency, frequency, monetary } = scores;
    if recency.max(frequency).max(monetary) > 9 {
        format!("{recency}-{frequency}-{monetary}")
    } else {
        format!("{recency}{frequency}{monetary}")
    }
}

#[cfg(test)]
mod tests {
    use super::Segments;
    use crate::Lang;
    use crmstat_models::rfm::Scores;

    #[test]
    fn the_published_grid_has_eleven_segments_and_neither_gap_nor_overlap() {
        let segments = Segments::default();
        assert_eq!(segments.names(Lang::En).len(), 11);
        assert_eq!(segments.names(Lang::Ru)[0], "Чемпионы");
        assert!(segments.overlaps().unwrap().is_empty());
    }

    #[test]
    fn the_published_segments_serve_any_number_of_bins() {
        let segments = Segments::default();
        let at = |bins: u8, recency, frequency, monetary| {
            let grid = segments.grid([bins; 3]).unwrap();
            let scores = Scores { recency, frequency, monetary };
            segments.names(Lang::En)[segments.number(&grid, scores).unwrap() as usize]
        };
        for bins in [3, 4, 7, 9] {
            assert_eq!(at(bins, bins, bins, bins), "Champions", "{bins}");
            assert_eq!(at(bins, 1, 1, 1), at(5, 1, 1, 1), "{bins}");
        }
        // Two and three of four lie in the second and the fourth fifth.
        assert_eq!(at(4, 2, 3, 3), at(5, 2, 4, 4));
        let own = Segments::from_toml("otherwise = \"A\"\nsegment = []\n").unwrap();
        assert!(own.grid([4; 3]).unwrap_err().is_usage());
    }

    #[test]
    fn gaps_are_refused_unless_the_rest_has_a_name_and_overlaps_are_told() {
        let rules = "bins = [2, 2, 2]\n[[segment]]\nname = \"A\"\nr = [2, 2]\n";
        let error = Segments::from_toml(rules).unwrap_err();
        assert_eq!(error.to_string(), "no segment has the codes 111, 112, 121, 122");
        let named =
            format!("otherwise = \"Rest\"\n{rules}[[segment]]\nname = \"B\"\ncodes = [222]\n");
        let segments = Segments::from_toml(&named).unwrap();
        assert_eq!(segments.names(Lang::Ru), ["A", "B", "Rest"]);
        assert_eq!(
            segments.overlaps().unwrap(),
            ["222 is `A` by the first rule that holds, `B` by a later one"]
        );
    }

    #[test]
    fn a_misspelt_key_is_an_error_that_names_its_line() {
        let error =
            Segments::from_toml("[[segment]]\nname = \"A\"\nrecency = [1, 2]\n").unwrap_err();
        assert!(error.to_string().contains("line 3"), "{error}");
    }
}
