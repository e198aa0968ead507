//! What is worked out once from the rest of a value.

use std::sync::OnceLock;

/// A part of a value that follows from its other parts and is worked out when first asked for. It takes no part
/// in comparisons, and a copy works it out again.
#[derive(Debug)]
pub(crate) struct Cached<T>(OnceLock<T>);

impl<T> Cached<T> {
    /// What `make` gives the first time.
    pub(crate) fn get_or(&self, make: impl FnOnce() -> T) -> &T {
        self.0.get_or_init(make)
    }
}

impl<T> Default for Cached<T> {
    fn default() -> Self {
        Self(OnceLock::new())
    }
}

impl<T> Clone for Cached<T> {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl<T> PartialEq for Cached<T> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}
