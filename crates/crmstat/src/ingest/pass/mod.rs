//! One pass over all inputs, block by block, and the account of it.
//!
//! | module | step |
//! |---|---|
//! | `input` | one file: opened, recognised, its formats decided, scanned by all threads |
//! | `batches` | the records of a block |
//! | `faults` | records that are not accepted, and why |
//! | `outcome` | what the rows together say of the outcome of their deals |
//! | `repeats` | rows that stand in several files, older versions of one deal |
//! | `selection` | rows that the caller asks for by what a column says |
//! | `row_sketch` | how many rows repeat another one |
//! | `tally` | what one thread has counted |
//! | `verdict` | what the whole of the inputs shows |

pub(crate) mod batches;
pub(crate) mod faults;
pub(crate) mod input;
mod outcome;
pub(crate) mod repeats;
pub(crate) mod row_sketch;
pub(crate) mod selection;
pub(crate) mod tally;
pub(crate) mod verdict;
