//! Where records and cells end in well-formed text with quotes, 64 bytes at a time.
//!
//! A byte is inside a quoted cell where an odd number of quotes stands before it. That holds as long as
//! every quote that opens stands at the start of a cell or doubles one before it; where one does not, nothing
//! is said, and the text is read quote by quote.

use super::{
    Dialect, QUOTE,
    marks::{Matches, Work, windows, with_matches},
};

/// What is carried from one window of 64 bytes to the next.
pub(super) struct Quotes {
    delimiter: u8,
    /// All ones inside a quoted cell.
    inside: u64,
    /// Whether the byte before the window is a quote, a delimiter or a newline, or there is none.
    may_open: u64,
    /// Whether the byte before the window is a quote.
    after_quote: u64,
    /// Whether two quotes stand side by side.
    pub(super) has_pairs: bool,
}

/// The delimiters and the newlines of a window that end cells.
pub(super) struct Ends {
    pub(super) delimiters: u64,
    pub(super) newlines: u64,
}

impl Quotes {
    /// Before the first byte of a record.
    pub(super) fn new(delimiter: u8) -> Self {
        Self { delimiter, inside: 0, may_open: 1, after_quote: 0, has_pairs: false }
    }

    /// The ends of cells in the next window; `None` where a quote stands in the middle of a cell.
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "inlined, it is compiled for the processor that was found"
    )]
    pub(super) fn ends(&mut self, window: &[u8; 64], matches: impl Matches) -> Option<Ends> {
        let quotes = matches.matches(window, QUOTE);
        // The bit of a quote that opens is set, that of one that closes is not.
        let inside = prefix_parity(quotes) ^ self.inside;
        let delimiters = matches.matches(window, self.delimiter) & !inside;
        let newlines = matches.matches(window, b'\n') & !inside;
        let before = quotes | delimiters | newlines;
        if quotes & inside & !(before << 1 | self.may_open) != 0 {
            return None;
        }
        self.has_pairs |= quotes & (quotes << 1 | self.after_quote) != 0;
        self.may_open = before >> 63;
        self.after_quote = quotes >> 63;
        self.inside = if inside >> 63 == 1 { u64::MAX } else { 0 };
        Some(Ends { delimiters, newlines })
    }

    /// Whether the bytes end outside a quoted cell.
    pub(super) fn is_closed(&self) -> bool {
        self.inside == 0
    }
}

impl Dialect {
    /// Behind the last complete record of `bytes`, which begin with one; `None` where that takes a reading quote
    /// by quote, or there is no complete record.
    pub(super) fn last_strict_end(self, bytes: &[u8]) -> Option<usize> {
        if self.backslash {
            return None;
        }
        with_matches(LastEnd { bytes, delimiter: self.delimiter })
    }
}

/// Finds the last end of a record outside quoted cells.
struct LastEnd<'a> {
    bytes: &'a [u8],
    delimiter: u8,
}

impl Work for LastEnd<'_> {
    type Output = Option<usize>;

    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "inlined, it is compiled for the processor that was found"
    )]
    fn run(self, matches: impl Matches) -> Option<usize> {
        let mut quotes = Quotes::new(self.delimiter);
        let mut end = None;
        windows(self.bytes, |from, window| {
            let newlines = quotes.ends(window, matches)?.newlines;
            if newlines != 0 {
                end = Some(from as usize + 64 - newlines.leading_zeros() as usize);
            }
            Some(())
        })?;
        end
    }
}

/// A bit for each place at and before which an odd number of bits is set.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "inlined, it is compiled for the processor that was found"
)]
fn prefix_parity(mut bits: u64) -> u64 {
    for shift in [1, 2, 4, 8, 16, 32] {
        bits ^= bits << shift;
    }
    bits
}
