//! Published figures, each test naming its source.
//!
//! A test whose name ends in `needs_shared_data` reads `../shared` beside the checkout and says that it
//! was skipped where that folder is absent.

mod churn;
mod clv;
mod forecast_any_series;
mod forecast_ets;
mod forecast_theta;
mod segments;

use std::path::PathBuf;

/// The file or folder `path` of the shared data, or `None`, said on standard error, where there is none.
pub(crate) fn shared(path: &str) -> Option<PathBuf> {
    let found = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared").join(path);
    if found.exists() {
        return Some(found);
    }
    eprintln!("skipped: needs shared data `{path}`");
    None
}
