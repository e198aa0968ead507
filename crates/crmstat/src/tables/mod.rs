//! Typed tables: orders, and the tables around them.
//!
//! [`Orders`] are in the order of customers' ids and time, so that every analysis walks a customer's
//! purchases in a row and nothing depends on the order of the file. [`Deals`] are all deals, open and lost ones
//! among them. [`Records`] hold any other table of
//! the CRM: activities, customers, products, stages, spend. Texts are codes of sorted labels.

mod column;
mod customers;
mod deals;
mod join;
mod orders;
mod records;
#[cfg(test)]
mod tests;

pub use column::{Column, Labels};
pub use customers::CustomerTable;
pub use deals::Deals;
pub use join::Join;
pub use orders::{Orders, OrdersQuery};
pub use records::{Matched, Records};
