//! Trimming, the exporter's apostrophe, words for "nothing here", booleans.

use super::Parsed;

/// The cell without surrounding white space (no-break and other Unicode spaces included), without a byte
/// order mark, and without the apostrophe that Odoo and EspoCRM put before `=`, `+`, `-` and `@`.
pub(crate) fn clean(cell: &[u8]) -> &[u8] {
    cell
}

/// Whether the cell holds nothing: empty, or a text that says so, such as `не закрыта`, `N/A` or `—`.
pub(crate) fn is_missing(cell: &[u8]) -> bool {
    cell.is_empty()
}

/// Reads `Да`/`Нет`, `Yes`/`No`, `true`/`false`, `1`/`0`, `1.0`/`0.0`, `Y`/`N` in any letter case.
pub(crate) fn boolean(_cell: &[u8]) -> Parsed<bool> {
    Parsed::Missing
}
