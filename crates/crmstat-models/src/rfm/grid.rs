//! Segments by rule: which scores belong to which segment.

use super::Scores;
use crate::{Error, Result};

/// Scores from a lowest to a highest, both included.
pub type ScoreRange = std::ops::RangeInclusive<u8>;

/// One way into a segment: the scores of each metric that belong to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The segment's number among the names that the caller keeps.
    pub segment: usize,
    /// Scores of recency.
    pub recency: ScoreRange,
    /// Scores of frequency.
    pub frequency: ScoreRange,
    /// Scores of monetary.
    pub monetary: ScoreRange,
}

impl Rule {
    fn holds(&self, scores: Scores) -> bool {
        self.recency.contains(&scores.recency)
            && self.frequency.contains(&scores.frequency)
            && self.monetary.contains(&scores.monetary)
    }
}

/// What a set of rules leaves unclear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Issue {
    /// No rule holds for these scores.
    Gap(Scores),
    /// Rules of two segments hold for these scores; the first one wins.
    Overlap {
        /// The scores.
        scores: Scores,
        /// The segment that wins.
        winner: usize,
        /// The segment that loses.
        loser: usize,
    },
}

/// The segment of every combination of scores.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grid {
    bins: [u8; 3],
    /// By recency, then frequency, then monetary.
    segments: Vec<Option<usize>>,
    issues: Vec<Issue>,
}

impl Grid {
    /// Tabulates ordered `rules` over the scores of `bins`; the first rule that holds wins.
    ///
    /// # Errors
    /// A parameter error where a rule names a score that does not exist.
    pub fn new(bins: [u8; 3], rules: &[Rule]) -> Result<Self> {
        for rule in rules {
            let ranges = [("r", &rule.recency), ("f", &rule.frequency), ("m", &rule.monetary)];
            for ((name, range), bins) in ranges.into_iter().zip(bins) {
                let (lowest, highest) = (*range.start(), *range.end());
                if lowest < 1 || highest > bins || lowest > highest {
                    let value = format!("{lowest} to {highest}");
                    return Err(Error::parameter(name, value, format!("within 1 to {bins}")));
                }
            }
        }
        let mut grid = Self { bins, segments: Vec::new(), issues: Vec::new() };
        for scores in grid.codes() {
            let mut found = rules.iter().filter(|rule| rule.holds(scores)).map(|rule| rule.segment);
            let winner = found.next();
            match (winner, winner.and_then(|winner| found.find(|segment| *segment != winner))) {
                (None, _) => grid.issues.push(Issue::Gap(scores)),
                (Some(winner), Some(loser)) => {
                    grid.issues.push(Issue::Overlap { scores, winner, loser });
                }
                (Some(_), None) => {}
            }
            grid.segments.push(winner);
        }
        Ok(grid)
    }

    /// Every combination of scores, by recency, then frequency, then monetary.
    fn codes(&self) -> Vec<Scores> {
        let [recency, frequency, monetary] = self.bins;
        let mut codes = Vec::new();
        for recency in 1..=recency {
            for frequency in 1..=frequency {
                for monetary in 1..=monetary {
                    codes.push(Scores { recency, frequency, monetary });
                }
            }
        }
        codes
    }

    /// The segment of `scores`; `None` where no rule holds.
    pub fn segment(&self, scores: Scores) -> Option<usize> {
        let [_, frequency, monetary] = self.bins.map(usize::from);
        let place = (usize::from(scores.recency) - 1) * frequency * monetary
            + (usize::from(scores.frequency) - 1) * monetary
            + usize::from(scores.monetary)
            - 1;
        self.segments.get(place).copied().flatten()
    }

    /// The gaps and overlaps of the rules, in the order of the scores.
    pub fn issues(&self) -> &[Issue] {
        &self.issues
    }
}

#[cfg(test)]
mod tests {
    use super::{Grid, Issue, Rule};
    use crate::rfm::Scores;

    fn rule(segment: usize, recency: super::ScoreRange) -> Rule {
        Rule { segment, recency, frequency: 1..=2, monetary: 1..=1 }
    }

    #[test]
    fn gaps_and_overlaps_are_found_and_the_first_rule_wins() {
        let grid = Grid::new([3, 2, 1], &[rule(7, 1..=2), rule(8, 2..=2)]).unwrap();
        let at = |recency, frequency| Scores { recency, frequency, monetary: 1 };
        assert_eq!(grid.segment(at(2, 1)), Some(7));
        assert_eq!(grid.segment(at(3, 1)), None);
        assert_eq!(
            grid.issues(),
            [
                Issue::Overlap { scores: at(2, 1), winner: 7, loser: 8 },
                Issue::Overlap { scores: at(2, 2), winner: 7, loser: 8 },
                Issue::Gap(at(3, 1)),
                Issue::Gap(at(3, 2)),
            ]
        );
    }

    #[test]
    fn a_rule_cannot_name_a_score_that_does_not_exist() {
        let error = Grid::new([3, 2, 1], &[rule(0, 1..=4)]).unwrap_err();
        assert_eq!(error.to_string(), "`r` is `1 to 4`, but must be within 1 to 3");
    }
}
