//! What is said of a series that is no ordinary one, of a member that takes no part, or of one that stands in.

use std::fmt;

use crate::{Error, forecast::occurrence::Occurrence};

/// What was decided about a series or a member.
#[derive(Clone, Debug, PartialEq)]
pub enum Note {
    /// The model could not be fitted.
    Refused {
        /// The model's name.
        model: String,
        /// Why not.
        error: Error,
    },
    /// The model's forecast left everything that was ever seen, and was not used.
    RanAway {
        /// The model's name and form.
        model: String,
    },
    /// The series never changes, and keeps its value.
    Constant {
        /// The value.
        value: f64,
    },
    /// Demand is intermittent; this model gives its rate.
    Intermittent {
        /// The model's name.
        model: String,
    },
    /// Some periods of every cycle are closed.
    Closed {
        /// The closed phases of the cycle, counted from the first observation.
        phases: Vec<usize>,
        /// Periods in a cycle.
        cycle: usize,
    },
    /// Nothing was sold for so long that demand may have ended.
    Ended {
        /// Open periods since the last sale.
        silent: usize,
        /// The probability that it goes on.
        alive: f64,
    },
    /// The history is so short that its average counts.
    Short {
        /// Observations.
        count: usize,
        /// The weight of the average.
        average: f64,
    },
    /// So little was sold that similar series tell how it goes on.
    Pooled {
        /// Periods with a sale.
        sales: usize,
        /// Periods since the first sale, that one included.
        age: usize,
    },
    /// Demand began late.
    Begun {
        /// Periods before the first sale.
        before: usize,
    },
    /// A regression stands for all.
    Regression {
        /// The share of variance that it explains.
        explained: f64,
        /// How likely errors as correlated as its are by chance.
        noise: f64,
    },
    /// No member was left; this model stands in.
    FellBack {
        /// The model's name.
        model: String,
    },
}

impl Note {
    /// What is said of where a series has demand.
    pub(super) fn of_occurrence(occurrence: &Occurrence) -> Vec<Self> {
        let mut notes = Vec::new();
        let phases = occurrence.closed();
        if !phases.is_empty() {
            notes.push(Self::Closed { phases, cycle: occurrence.cycle() });
        }
        if occurrence.before() > 0 {
            notes.push(Self::Begun { before: occurrence.before() });
        }
        if occurrence.alive() < 1.0 {
            notes.push(Self::Ended { silent: occurrence.silent(), alive: occurrence.alive() });
        }
        notes
    }

    /// Whether the model of the series has no parameters worth keeping: it is fitted again instead.
    pub fn is_fitted_anew(&self) -> bool {
        !matches!(self, Self::Refused { .. } | Self::RanAway { .. } | Self::FellBack { .. })
    }

    /// Whether a future period is a mixture of a sale and none, far from normal.
    pub fn is_mixture(&self) -> bool {
        matches!(self, Self::Intermittent { .. } | Self::Ended { .. } | Self::Pooled { .. })
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { model, error } => write!(f, "{model}: {error}"),
            Self::RanAway { model } => {
                write!(f, "{model}: its forecast leaves all that was seen, so it is left out")
            }
            Self::Constant { value } => write!(f, "every value is {value}: it stays"),
            Self::Intermittent { model } => {
                write!(f, "intermittent demand: {model} gives its rate")
            }
            Self::Closed { phases, cycle } => write!(
                f,
                "nothing is sold in {} of the {cycle} periods of a cycle: they stay empty, the others are forecast \
                 by themselves",
                phases.len()
            ),
            Self::Ended { silent, alive } => write!(
                f,
                "nothing was sold in the last {silent} periods: demand goes on with a probability of {:.0} %",
                100.0 * alive
            ),
            Self::Begun { before } => {
                write!(f, "demand begins after {before} empty periods, which are left out")
            }
            Self::Pooled { sales, age } => {
                let plural = |count: &usize| if *count == 1 { "" } else { "s" };
                write!(
                    f,
                    "sold in {sales} of {age} period{}: it goes on as the shares of others did after as few",
                    plural(age)
                )
            }
            Self::Short { count, average } => write!(
                f,
                "only {count} periods are known: their average counts for {:.0} % of the forecast",
                100.0 * average
            ),
            Self::Regression { explained, noise } => {
                let left = if *noise < 0.05 {
                    "what is left still follows a pattern"
                } else {
                    "what is left looks like noise"
                };
                write!(
                    f,
                    "the regression explains {:.0} % of the variance; {left} (Ljung and Box: p = {noise:.2})",
                    100.0 * explained
                )
            }
            Self::FellBack { model } => write!(f, "no model fits: {model} stands in"),
        }
    }
}
