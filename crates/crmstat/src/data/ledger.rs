//! The account of every row read.

use crate::{Error, Place, Result};
use std::collections::BTreeMap;

/// Why rows are left out without being at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ignored {
    /// Nothing but delimiters.
    Blank,
    /// A total, a notice or another line that the CRM writes under its table.
    Footer,
    /// The header once more, as in exports pasted together.
    RepeatedHeader,
    /// A deal that was lost: no purchase.
    Lost,
    /// A deal still in progress: no purchase yet.
    Open,
    /// At or after the instant of observation.
    AtOrAfterAsOf,
    /// Before the window asked for.
    BeforeSince,
    /// Of a date that cannot be, far from all others.
    FarDate,
    /// Given back in full, as the row says itself: no purchase.
    Refunded,
    /// Names no customer, where customers are looked at.
    NoCustomer,
    /// Equal in every cell to a row that counts.
    Repeated,
    /// A deal or order that a later file has in another version.
    OlderVersion,
    /// One more product of the order in the row above, which has the amount of the whole.
    FurtherLine,
    /// Of another value of a column than is asked for.
    NotSelected,
}

impl Ignored {
    const COUNT: usize = 14;

    /// The rule in words.
    pub const fn rule(self) -> &'static str {
        match self {
            Self::Blank => "blank row",
            Self::Footer => "footer",
            Self::RepeatedHeader => "repeated header",
            Self::Lost => "deal lost",
            Self::Open => "deal open",
            Self::AtOrAfterAsOf => "at or after as_of",
            Self::BeforeSince => "before since",
            Self::FarDate => "date far from all others",
            Self::Refunded => "refunded in full",
            Self::NoCustomer => "without a customer",
            Self::Repeated => "repeats another row",
            Self::OlderVersion => "newer in a later file",
            Self::FurtherLine => "further line of an order",
            Self::NotSelected => "not asked for",
        }
    }

    const ALL: [Self; Self::COUNT] = [
        Self::Blank,
        Self::Footer,
        Self::RepeatedHeader,
        Self::Lost,
        Self::Open,
        Self::AtOrAfterAsOf,
        Self::BeforeSince,
        Self::FarDate,
        Self::Refunded,
        Self::NoCustomer,
        Self::Repeated,
        Self::OlderVersion,
        Self::FurtherLine,
        Self::NotSelected,
    ];
}

/// Where every row went: `read = accepted + quarantined + ignored`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Records behind the header.
    pub read: u64,
    /// Rows that were used.
    pub accepted: u64,
    /// Rows that could not be used; each has a reason.
    pub quarantined: u64,
    ignored: [u64; Ignored::COUNT],
}

impl Ledger {
    /// Rows left out, by rule.
    pub fn ignored(&self) -> impl Iterator<Item = (Ignored, u64)> + '_ {
        Ignored::ALL.into_iter().zip(self.ignored).filter(|(_, rows)| *rows > 0)
    }

    /// Rows left out by `rule`.
    pub fn ignored_by(&self, rule: Ignored) -> u64 {
        self.ignored[rule as usize]
    }

    /// Rows left out by all rules.
    pub fn ignored_total(&self) -> u64 {
        self.ignored.iter().sum()
    }

    /// `read = accepted + quarantined + ignored`.
    pub fn balances(&self) -> bool {
        self.read == self.accepted + self.quarantined + self.ignored_total()
    }

    pub(crate) fn ignore(&mut self, rule: Ignored, rows: u64) {
        self.ignored[rule as usize] += rows;
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.read += other.read;
        self.accepted += other.accepted;
        self.quarantined += other.quarantined;
        for (mine, theirs) in self.ignored.iter_mut().zip(other.ignored) {
            *mine += theirs;
        }
    }
}

/// Why a row was not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// The file, line and column at fault.
    pub place: Place,
    /// The cell's text, cut to a readable length.
    pub value: String,
    /// What is wrong with it, in lower case.
    pub reason: &'static str,
    /// The row as it stands in the file, where [`ReadOptions::keep_rejected`](crate::ingest::ReadOptions) asks for it.
    pub row: Option<String>,
}

/// Rejected rows that share a column and a reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectionGroup {
    /// How many rows.
    pub rows: u64,
    /// The first of them.
    pub first: Rejection,
}

/// Every rejected row, by reason and, where asked for, one by one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rejections {
    groups: BTreeMap<(Option<String>, &'static str), Counted>,
    kept: Vec<(Position, Rejection)>,
}

/// Where a row stands among all inputs: the input's number and the line in it.
type Position = (usize, u64);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Counted {
    rows: u64,
    position: Position,
    first: Rejection,
}

impl Rejections {
    /// The groups in the order of their first rows.
    pub fn groups(&self) -> Vec<RejectionGroup> {
        let mut groups: Vec<&Counted> = self.groups.values().collect();
        groups.sort_by_key(|group| group.position);
        groups
            .into_iter()
            .map(|group| RejectionGroup { rows: group.rows, first: group.first.clone() })
            .collect()
    }

    /// The rows one by one, in the order of the inputs.
    pub fn rows(&self) -> impl Iterator<Item = &Rejection> {
        self.kept.iter().map(|(_, rejection)| rejection)
    }

    pub(crate) fn push(&mut self, input: usize, rejection: Rejection, keep: bool) {
        let position = (input, rejection.place.line.unwrap_or(0));
        let key = (rejection.place.column.clone(), rejection.reason);
        let group = self.groups.entry(key).or_insert_with(|| Counted {
            rows: 0,
            position,
            first: rejection.clone(),
        });
        group.rows += 1;
        if position < group.position {
            group.position = position;
            group.first = rejection.clone();
        }
        if keep {
            self.kept.push((position, rejection));
        }
    }

    pub(crate) fn add(&mut self, other: Self) {
        for (key, theirs) in other.groups {
            match self.groups.get_mut(&key) {
                None => {
                    self.groups.insert(key, theirs);
                }
                Some(mine) => {
                    mine.rows += theirs.rows;
                    if theirs.position < mine.position {
                        mine.position = theirs.position;
                        mine.first = theirs.first;
                    }
                }
            }
        }
        self.kept.extend(other.kept);
        self.kept.sort_by_key(|(position, _)| *position);
    }

    /// The first rejected row as an error.
    pub(crate) fn as_error(&self) -> Result<()> {
        let error = self.first_as_error();
        let hint = "correct the rows, or leave out `--strict` to go on without them";
        error.map_or(Ok(()), |error| Err(error.with_hint(hint)))
    }

    /// The first rejected row as an error without advice; `None` where there is none.
    pub(crate) fn first_as_error(&self) -> Option<Error> {
        let groups = self.groups();
        let group = groups.first()?;
        let rows: u64 = groups.iter().map(|group| group.rows).sum();
        let message = match rows {
            1 => format!("{}: `{}`", group.first.reason, group.first.value),
            _ => format!(
                "{}: `{}` ({rows} rows are rejected)",
                group.first.reason, group.first.value
            ),
        };
        Some(Error::data(message).at(group.first.place.clone()))
    }
}
