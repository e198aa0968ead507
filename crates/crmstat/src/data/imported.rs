//! A result of an analysis or a table, with the account of the rows behind it.

use crate::{
    Result, Timestamp,
    data::{Currency, Decision, Ledger, Notice, Rejections},
};

/// A result, and the account of the rows that it came from.
#[derive(Clone, Debug)]
pub struct Imported<T> {
    /// The result.
    pub result: T,
    /// Where every row went.
    pub ledger: Ledger,
    /// The rows that could not be used.
    pub rejections: Rejections,
    /// What was decided on the way.
    pub decisions: Vec<Decision>,
    /// What changes the result and nobody has settled, the worst first.
    pub notices: Vec<Notice>,
    /// The first and the last accepted event.
    pub span: Option<(Timestamp, Timestamp)>,
    /// The currency of the amounts, where the export names it.
    pub currency: Option<Currency>,
}

impl<T> Imported<T> {
    /// The same account of another result.
    ///
    /// # Errors
    /// What `change` returns.
    pub fn try_map<U>(self, change: impl FnOnce(T) -> Result<U>) -> Result<Imported<U>> {
        Ok(Imported {
            result: change(self.result)?,
            ledger: self.ledger,
            rejections: self.rejections,
            decisions: self.decisions,
            notices: self.notices,
            span: self.span,
            currency: self.currency,
        })
    }

    /// The result, where no row was rejected.
    ///
    /// # Errors
    /// The first rejected row.
    pub fn complete(self) -> Result<T> {
        match self.rejections.first_as_error() {
            Some(error) => Err(error.with_hint("correct the rows, or use what was accepted")),
            None => Ok(self.result),
        }
    }
}
