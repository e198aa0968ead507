//! JSON as the APIs of CRMs give it: an array of objects, or one object after another, one to a line or not.
//!
//! | module | step |
//! |---|---|
//! | `objects` | where each object begins and ends |
//! | `cells`, `plain` | the keys and values of one object; the same of most objects |
//! | `shape` | lines that are objects of one shape, read side by side |
//! | `lines` | where the object of each record began |
//! | `convert` | objects to records, keys to columns |
//!
//! A key is a column, in the order of first appearance; what is `null` or not there is missing. Numbers are
//! the digits that the file holds and never go through a float. An object within an object is
//! flattened to `outer.inner`; what is nested deeper, and lists, make a column that cannot be read.

mod cells;
mod convert;
mod lines;
mod objects;
mod plain;
mod shape;
#[cfg(test)]
mod tests;

pub(crate) use self::{
    convert::{convert, nested},
    lines::Lines,
};
