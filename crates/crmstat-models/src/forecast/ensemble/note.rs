//! What is said of a member that takes no part, or of one that stands in.

use std::fmt;

use crate::Error;

/// What happened to a member on a series.
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
    /// No member was left; this model stands in.
    FellBack {
        /// The model's name.
        model: String,
    },
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
            Self::FellBack { model } => write!(f, "no model fits: {model} stands in"),
        }
    }
}
