//! Rows to orders.
//!
//! | module | step |
//! |---|---|
//! | `reader` | which cells of a row make an order, and what is not one |
//! | `outcome` | what became of the deal of a row |
//! | `amount` | what a row is worth |
//! | `discount` | whether discounts are money or shares of the price |
//! | `refunded` | whether a column holds what was given back |
//! | `fast_path` | most rows, whose customer, date and amount are written as most are |
//! | `typed_rows` | the same out of typed columns |
//! | `runs` | lines of one order that follow one another |
//! | `per_customer` | orders gathered into one value per customer |
//! | `all_rows` | orders collected as columns |
//! | `daily`, `daily_nodes`, `daily_cancelled` | orders added up by labels and day; those that were cancelled taken off |
//! | `customer_periods` | orders added up by customer, labels and period |
//! | `filter` | which texts are surely none of a set |
//! | `repeated_ids` | whether an order may be in several rows |
//! | `further_lines` | rows of an order behind the one that has its amount |
//! | `further_rows` | such rows as lines of their orders |
//! | `order_totals` | whether rows repeat the amount of their order |
//! | `line_amounts` | amounts of orders from their lines |
//! | `product_prices` | prices of rows from the table of products |

pub(crate) mod all_rows;
pub(crate) mod amount;
pub(crate) mod customer_periods;
pub(crate) mod daily;
mod daily_cancelled;
pub(crate) mod daily_nodes;
pub(crate) mod discount;
pub(crate) mod fast_path;
mod filter;
pub(crate) mod further_lines;
mod further_rows;
pub(crate) mod line_amounts;
pub(crate) mod order_totals;
pub(crate) mod outcome;
pub(crate) mod per_customer;
pub(crate) mod product_prices;
pub(crate) mod reader;
pub(crate) mod refunded;
pub(crate) mod repeated_ids;
mod runs;
#[cfg(test)]
mod tests;
mod typed_rows;
