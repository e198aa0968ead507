//! Rows to orders.
//!
//! | module | step |
//! |---|---|
//! | `reader` | which cells of a row make an order, and what is not one |
//! | `outcome` | what became of the deal of a row |
//! | `fast_path` | most rows, whose customer, date and amount are written as most are |
//! | `per_customer` | orders gathered into one value per customer |
//! | `all_rows` | orders collected as columns |
//! | `typed_rows` | the same out of typed columns |
//! | `runs` | lines of one order that follow one another |
//! | `repeated_ids` | whether an order may be in several rows |
//! | `line_amounts` | amounts of orders from their lines |

pub(crate) mod all_rows;
pub(crate) mod fast_path;
pub(crate) mod line_amounts;
pub(crate) mod outcome;
pub(crate) mod per_customer;
pub(crate) mod reader;
pub(crate) mod repeated_ids;
mod runs;
mod typed_rows;
