//! What a column of two values says of customers: the words in which messages speak of it.

/// What is told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::analysis) enum Outcome {
    /// Who left.
    Churn,
    /// Who responded to a campaign.
    Response,
    /// Who was treated, as in an experiment.
    Treatment,
}

impl Outcome {
    /// Those of whom it is so or is not so.
    pub(in crate::analysis) const fn who(self, is_so: bool) -> &'static str {
        match (self, is_so) {
            (Self::Churn, true) => "left",
            (Self::Churn, false) => "stayed",
            (Self::Response, true) => "responded",
            (Self::Response, false) => "did not respond",
            (Self::Treatment, true) => "were treated",
            (Self::Treatment, false) => "were not treated",
        }
    }

    /// What a column ranks.
    pub(super) const fn ranked(self) -> &'static str {
        match self {
            Self::Churn => "who leaves",
            Self::Response => "who responds",
            Self::Treatment => "who is treated",
        }
    }

    /// When it is known.
    pub(super) const fn after(self) -> &'static str {
        match self {
            Self::Churn => "after a customer has left",
            Self::Response => "after the campaign",
            Self::Treatment => "after the treatment",
        }
    }

    /// What the positive value means, and the setting that names it.
    pub(super) const fn positive(self) -> (&'static str, &'static str) {
        match self {
            Self::Churn => ("churn", "--positive"),
            Self::Response => ("a response", "--positive"),
            Self::Treatment => ("the treatment", "--treated"),
        }
    }

    /// The setting that names the other values.
    pub(super) const fn negative(self) -> &'static str {
        match self {
            Self::Churn | Self::Response => "--negative",
            Self::Treatment => "--untreated",
        }
    }
}
