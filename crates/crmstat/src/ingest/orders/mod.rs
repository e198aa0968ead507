//! Rows to orders.
//!
//! | module | step |
//! |---|---|
//! | `reader` | which cells of a row make an order, and what is not one |
//! | `fast_path` | most rows, whose customer, date and amount are written as most are |
//! | `per_customer` | orders gathered into one value per customer |
//! | `all_rows` | orders collected as columns |
//! | `repeated_ids` | whether an order may be in several rows |
//! | `line_amounts` | amounts of orders from their lines |

pub(crate) mod all_rows;
pub(crate) mod fast_path;
pub(crate) mod line_amounts;
pub(crate) mod per_customer;
pub(crate) mod reader;
pub(crate) mod repeated_ids;
