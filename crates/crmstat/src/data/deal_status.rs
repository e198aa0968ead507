//! What became of a deal.

use serde::{Deserialize, Serialize};

/// What became of a deal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DealStatus {
    /// Sold.
    Won,
    /// Closed without a sale.
    Lost,
    /// Still in progress.
    Open,
}

impl DealStatus {
    /// The name that `--stage` takes.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Won => "won",
            Self::Lost => "lost",
            Self::Open => "open",
        }
    }
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
