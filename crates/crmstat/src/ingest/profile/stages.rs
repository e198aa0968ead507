//! Which deals are won, lost and open.

use super::Profile;

/// What became of a deal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DealStatus {
    /// Sold.
    Won,
    /// Closed without a sale.
    Lost,
    /// Still in progress.
    Open,
}

impl std::str::FromStr for DealStatus {
    type Err = crate::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "won" => Ok(Self::Won),
            "lost" => Ok(Self::Lost),
            "open" => Ok(Self::Open),
            _ => Err(crate::Error::usage(format!("`{text}` is not a deal status"))
                .with_hint("one of `won`, `lost`, `open`")),
        }
    }
}

/// What a row says about the outcome of its deal. Empty cells are `None`.
#[derive(Clone, Copy, Debug, Default)]
pub struct DealSigns<'a> {
    /// The pipeline.
    pub pipeline: Option<&'a str>,
    /// The stage.
    pub stage: Option<&'a str>,
    /// The status column.
    pub status: Option<&'a str>,
    /// Whether the deal is closed.
    pub is_closed: Option<bool>,
    /// Whether the deal is won.
    pub is_won: Option<bool>,
    /// Whether the deal is lost.
    pub is_lost: Option<bool>,
    /// The CRM's probability, in percent.
    pub probability: Option<f64>,
    /// Whether the row has a time of winning.
    pub has_won_at: bool,
    /// Whether the row has a time of losing.
    pub has_lost_at: bool,
    /// Whether the row has a close date.
    pub has_closed_at: bool,
}

/// What [`Stages::resolve`] found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// The status of the deal.
    Known(DealStatus),
    /// The label of a closing stage that nothing explains.
    Unknown(String),
    /// The row says nothing about it.
    Missing,
}

/// Resolves stages and statuses of one export.
#[derive(Clone, Debug)]
pub struct Stages {}

impl Stages {
    /// The labels of `profile`, with the caller's `--stage` labels before them.
    pub fn new(_profile: &Profile, _given: &[(String, DealStatus)]) -> Self {
        Self {}
    }

    /// What became of the deal of a row.
    pub fn resolve(&self, _signs: &DealSigns<'_>) -> Resolution {
        Resolution::Missing
    }
}
