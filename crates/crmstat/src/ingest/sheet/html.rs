//! The table of an HTML page.

use std::io::Read;

use encoding_rs::Encoding;

use super::Converted;
use crate::{Error, Result};

/// The encoding that a page declares in a `<meta>` of its head.
pub(crate) fn declared_charset(_head: &[u8]) -> Option<&'static Encoding> {
    None
}

/// The table of the page in `text`.
pub(crate) fn convert(_name: &str, _text: impl Read) -> Result<Converted> {
    Err(Error::data("HTML is not read yet"))
}
