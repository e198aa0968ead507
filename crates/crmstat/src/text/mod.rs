//! Words: what people read, in English and in Russian.

mod deal_notices;
mod ledger;
mod notices;
mod sentences;

#[cfg(test)]
pub(crate) use sentences::assert_paired;
pub(crate) use sentences::{Sentences, said};
