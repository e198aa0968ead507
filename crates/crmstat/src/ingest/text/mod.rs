//! Delimited text: its dialect, its records, its cells.
//!
//! A file is read once, in blocks of complete records (`blocks`), by one reader at a time under a lock;
//! the cells of a block (`cells`) are found in parallel by vector comparison (`marks`), and so is what is quoted
//! (`quotes`). A record may hold quoted newlines anywhere, so where a block may end is decided by the same
//! rules by which its cells are read, never guessed.

mod blocks;
mod cells;
mod dialect;
mod marks;
mod quotes;
mod spaces;

pub(crate) use blocks::{Block, Blocks, MAX_RECORD};
pub(crate) use cells::{Batch, Wanted};
pub(crate) use dialect::{Dialect, Layout};
pub(crate) use spaces::{SPACE, SpaceRuns};

/// The one quote that exports use.
const QUOTE: u8 = b'"';
