//! Collections that the standard library has not: shaped by what reading ten million rows costs.
//!
//! | module | what it is |
//! |---|---|
//! | `short_text` | a text that is its own key, and cells of a buffer |
//! | `sharded_map` | values by text, gathered by all threads in one table |
//! | `interner` | texts to dense integers |
//! | `number_set` | small whole numbers, a bit each |
//! | `recent` | what was worked out for the cells of a column, by their bytes |
//! | `repeat` | whether a hash of many is there twice |
//! | `cached` | what follows from the rest of a value, worked out once |
//! | `ranking` | the order of floats by their bits |
//! | `write_cells` | values as the text of a cell |

pub(crate) mod cached;
pub(crate) mod interner;
pub(crate) mod number_set;
pub(crate) mod ranking;
pub(crate) mod recent;
pub(crate) mod repeat;
pub(crate) mod sharded_map;
pub(crate) mod short_text;
pub(crate) mod write_cells;
